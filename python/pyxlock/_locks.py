"""Re-entrant reader-writer locks for any object, in plain Python.

What runtime/pyxlock.pxd is to compiled code, with the same promises and the same
errors: readers share, a writer is alone; a thread gets again what it has; a wait
that would never end raises. Nothing is kept in or for an object: the locks are a
list of who holds what, and a queue of who waits, behind one mutex.

Python code may be interrupted almost anywhere, by a signal's handler or by a
finalizer, which may raise, and may itself lock something. So

- the mutex can be entered again by the thread that has it;
- each list is changed by single calls of C methods, and there is nothing else
  that would have to agree with it;
- what follows from a look at the lists counts only if nobody entered the mutex
  since (`_entries`); if somebody did, the look is taken once more;
- release() may be called again after it was interrupted.
"""

import os
from threading import Lock, RLock, get_ident
from time import monotonic

__all__ = ["READ", "WRITE", "Guard", "acquire", "release", "snapshot"]

READ = 1
WRITE = 2
_VERBS = {READ: "read", WRITE: "write"}

# In seconds.
_HUNGRY_AFTER = 0.001
_LONGEST_SLEEP = 1.0

# How often acquire() gives up what it has before it waits for anything else.
_ROUNDS = 4


class Guard:
    """An object that a call of this thread holds, or wants, in a mode."""

    nested = None  # whether the thread was interrupted while it had the mutex
    upgrade = False  # the thread reads the object and wants to write it
    gate = None  # of a waiter: locked until it should look again
    since = 0.0  # of a waiter
    gives_way = False  # of a waiter: its wait ends, with nothing held, where that closes a cycle

    def __init__(self, object, mode):
        self.object = object
        self.mode = mode
        self.thread = get_ident()

    def forget(self):
        """What was found out and done while it waited, or had the object: nothing, as if it were new."""
        self.upgrade = False
        self.gate = None
        self.gives_way = False

    def meets(self, other):
        """Whether another guard is about the same object, and one of them writes."""
        return self.object is other.object and (self.mode == WRITE or other.mode == WRITE)


# All of these only with the mutex.
_mutex = RLock()
_holds = []
_queue = []  # in order of arrival, upgrades in front
_entries = 0


def acquire(guards, blocking=True):
    """Locks what the guards want; they come in the order of their objects' ids.

    Waits while other threads are in the way, or raises RuntimeError, if waiting
    would never end or `blocking` is false. While it waits for one of several objects
    it holds none of the others: if one is in use, it gives up what it has, waits for
    that one, and asks for the rest (Hinnant, Dining Philosophers Rebooted, 2013,
    "smart"). After _ROUNDS it holds what it has while it waits for another, as long as
    nobody waits for it in a circle: then it gives all up once more.
    Belongs into the `try` whose `finally` calls release() with the same guards.
    """
    order = guards
    rounds = _ROUNDS
    while True:
        busy = _take(order, blocking, rounds)
        if busy is None:
            return
        release(guards)
        for guard in guards:
            guard.forget()
        order = [busy, *(guard for guard in guards if guard is not busy)]
        rounds = max(rounds - 1, 0)


def _take(guards, blocking, rounds):
    """Locks what the guards want, in this order; or returns one that is in use, not the first,
    if there are rounds left to wait for it otherwise, or waiting for it closes a cycle."""
    for guard in guards:
        guard.nested = _mutex._is_owned()
        with _mutex:
            if _admit(guard):
                continue
            if blocking and guard is not guards[0]:
                if rounds:
                    return guard
                guard.gives_way = True
            why = _enqueue(guard, blocking)
        if why == "gives way":
            return guard
        if why is not None:
            raise RuntimeError("pyxlock: " + _explain(guard, why))
        if not _sleep(guard):
            return guard
    return None


def release(guards):
    """Gives up what the guards hold or wait for."""
    global _entries
    with _mutex:
        _entries += 1
        for guard in reversed(guards):
            if guard in _holds:
                _holds.remove(guard)
            if _queue:
                if guard in _queue:
                    _queue.remove(guard)
                _wake(guard.object)
    # On Python 3.13 and 3.14 an interrupt can come between "with" and its body, or
    # in a loop in there, in a way that leaves the mutex locked.
    if guards[0].nested is False:
        while _mutex._is_owned():
            _mutex.release()


def snapshot():
    """Who holds and who waits, as the runtime's snapshot() has it.

    A list of tuples: thread identifier, "holds" or "waits", "read" or "write", id
    of the object, name of its type, seconds waited.
    """
    with _mutex:
        holds, queue = list(_holds), list(_queue)
    now = monotonic()
    return [
        (
            guard.thread,
            what,
            _VERBS[guard.mode],
            id(guard.object),
            _type_name(guard.object),
            now - guard.since if what == "waits" else 0.0,
        )
        for what, guards in (("holds", holds), ("waits", queue))
        for guard in guards
    ]


# ---- with the mutex ---------------------------------------------------------------


def _admit(guard, out_of_turn=False):
    """Makes the guard a hold if nobody is in its way; whether it did."""
    global _entries
    while True:
        _entries += 1
        entries = _entries
        free = not _holds and not _queue and guard.gate is None or _is_free(guard, out_of_turn)
        if free:
            _holds.append(guard)
        if entries == _entries:
            return free
        if free:
            _holds.remove(guard)


def _is_free(guard, out_of_turn):
    """Whether nobody is in the guard's way: no hold, and no hungry waiter ahead."""
    if guard.gate is not None and guard not in _queue:
        return False  # it does not wait any more
    own = 0
    free = True
    for hold in _holds:
        if hold.object is guard.object:
            if hold.thread == guard.thread:
                own = max(own, hold.mode)
            elif hold.mode == WRITE or guard.mode == WRITE:
                free = False
    if own >= guard.mode:
        return True  # what a thread has, it gets again
    guard.upgrade = own != 0
    if not free or guard.upgrade or out_of_turn:
        return free
    for ahead in _queue:
        if ahead is guard:
            break
        if ahead.meets(guard) and ahead.thread != guard.thread and _is_hungry(ahead):
            return False
    return True


def _is_hungry(waiter):
    """Whether it has waited so long that nobody may overtake it any more."""
    return waiter.upgrade or monotonic() - waiter.since >= _HUNGRY_AFTER


def _enqueue(guard, blocking):
    """Makes the guard a waiter. Or says why it must not wait: a list of waiters is
    a deadlock, "gives way" one as well, "upgrade" another thread's upgrade, "busy" that it is not to."""
    if guard.upgrade and any(
        other.upgrade and other.object is guard.object and other.thread != guard.thread for other in _queue
    ):
        return "upgrade"
    if not blocking:
        return "busy"
    guard.since = monotonic()
    guard.gate = Lock()
    guard.gate.acquire()
    if guard.upgrade:
        _queue.insert(0, guard)
    else:
        _queue.append(guard)
    _wake(guard.object)  # what was in the way may have gone before it queued
    return _deadlock(guard)


def _wake(object):
    """Wakes those who wait for the object and can go now: a writer, or readers.

    Who has waited long is let in right away. Others have to try for themselves
    when they run, and a thread that runs already may be faster: handing every lock
    to a sleeper would make all wait for the sleeper to get up.
    """
    readers = False
    for waiter in list(_queue):
        if waiter.object is not object:
            continue
        if waiter.mode == WRITE and readers:
            break
        readers = waiter.mode == READ
        if waiter in _holds:
            _grant(waiter)
        elif _is_hungry(waiter):
            if _admit(waiter):
                _grant(waiter)
            elif waiter in _queue:
                break
        elif _is_free(waiter, False):
            _signal(waiter)
            if not readers:
                break
        else:
            break


def _grant(waiter):
    """Ends the wait of a waiter that holds now what it wants, or gives way."""
    _signal(waiter)
    if waiter in _queue:
        _queue.remove(waiter)


def _signal(waiter):
    if waiter.gate.locked():
        waiter.gate.release()


def _deadlock(start):
    """The waiters of a cycle through the thread that begins to wait, or None.

    A reader that waits for the next in the cycle only because a writer queued
    before it is let in out of turn: what it wants is not held against it. Else, if
    the thread itself gives way, it is told so; the wait of another one that does ends.
    """
    while start in _queue:
        entries = _entries
        cycle = _find_cycle(start)
        polite = None
        for waiter, successor in zip(cycle, cycle[1:] + cycle[:1]):
            if waiter.mode == READ and not any(
                hold.thread == successor.thread and hold.meets(waiter) for hold in _holds
            ):
                polite = waiter
        if entries != _entries:
            continue
        if polite is not None:
            if _admit(polite, out_of_turn=True):
                _grant(polite)
            continue
        if start.gives_way and cycle:
            return "gives way"
        giving = next((waiter for waiter in cycle if waiter.gives_way), None)
        if giving is None:
            return cycle or None
        _grant(giving)
        _wake(giving.object)  # those behind may have waited only for it
    return None


def _find_cycle(start):
    """A shortest list of waiters, of which each waits for the next one's thread,
    and the last for that of the first, which is `start`; or an empty list."""
    seen = {start.thread}
    paths = [[start]]
    for path in paths:
        waiter = path[-1]
        for hold in _holds:
            if hold.object is not waiter.object or hold.thread == waiter.thread:
                continue
            if not (hold.meets(waiter) or _is_behind_writer(waiter)):
                continue
            if hold.thread == start.thread:
                return path
            if hold.thread not in seen:
                seen.add(hold.thread)
                paths += [path + [other] for other in _queue if other.thread == hold.thread]
    return []


def _is_behind_writer(waiter):
    """Whether it waits for all that a writer ahead waits for, which is all holders."""
    for ahead in _queue:
        if ahead is waiter:
            return False
        if ahead.object is waiter.object and ahead.mode == WRITE:
            return True
    return False


# ---- without ------------------------------------------------------------------------


def _sleep(waiter):
    """Sleeps until the waiter holds what it wants, or gave way; whether it holds it."""
    timeout = _HUNGRY_AFTER
    while True:
        # Never without a limit: a signal that comes just before the sleep does not
        # end it, and who was to wake this thread may have been interrupted.
        if not _pass(waiter.gate, timeout):
            timeout = min(10 * timeout, _LONGEST_SLEEP)
        with _mutex:
            if waiter in _holds or _admit(waiter):
                _grant(waiter)
                return True
            if waiter.gives_way and waiter not in _queue:
                return False


def _pass(gate, timeout):
    if not _mutex._is_owned():
        return gate.acquire(timeout=timeout)
    # This is code that interrupted its own thread in the mutex: the others need
    # that to go on. As threading.Condition does.
    state = _mutex._release_save()
    try:
        return gate.acquire(timeout=timeout)
    finally:
        _mutex._acquire_restore(state)


def _explain(guard, why):
    what = f"cannot {_VERBS[guard.mode]} an object of {type(guard.object)!r}: "
    if why == "busy":
        return what + "another thread uses it"
    if why == "upgrade":
        return f"deadlock: {what}this thread reads it, and so does another thread that waits to write it"
    chain = "".join(
        f"a thread that waits to {_VERBS[waiter.mode]} a '{_type_name(waiter.object)}', which waits for "
        for waiter in why[1:]
    )
    return f"deadlock: {what}this thread would wait for {chain}this thread"


def _type_name(object):
    """As the C code of an extension type has it."""
    return f"{type(object).__module__}.{type(object).__name__}"


def _after_fork_in_child():
    me = get_ident()
    _holds[:] = [guard for guard in _holds if guard.thread == me]
    _queue[:] = [guard for guard in _queue if guard.thread == me]
    for guard in list(_queue):
        _wake(guard.object)
    _mutex.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_mutex.acquire, after_in_parent=_mutex.release, after_in_child=_after_fork_in_child)
