"""Tests of pyxlock.pxd through real Cython modules and real threads.

    python run.py DIRECTORY

DIRECTORY has the extension modules locktest, locktest_inline and
locktest_unmarked, which runtime_test.go builds from locktest.pyx. Prints "run
NAME" before and "ok NAME", "skip NAME: why" or "FAIL NAME" after each case. A
case that hangs prints all stacks and ends the process.
"""

import collections
import faulthandler
import gc
import importlib.util
import os
import random
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import traceback
import weakref

# How many times as much the cases do that run at random.
STRESS = int(os.environ.get("PYXLOCK_STRESS", "1"))
SANITIZED = "TSAN_OPTIONS" in os.environ
# A case that takes longer hangs (see limit); what it waits for, it waits for half as long.
SECONDS_PER_CASE = 480 * STRESS
PATIENCE = SECONDS_PER_CASE / 2
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

# How long loops in C are that are to run side by side: there must be time for
# a thread to start. With a GIL the threads take turns, by way of the system.
MANY = STRESS * (100000 if FREE_THREADED else 3000)

sys.path.insert(0, os.path.abspath(sys.argv[1]))
import locktest as lt  # noqa: E402

MODULES = os.path.abspath(sys.argv[1])

CASES = []


class Skip(Exception):
    pass


def limit():
    """How long the case that begins may take. Where others want the processor too, it gets as much
    less of it, and as much more time."""
    global PATIENCE
    try:
        crowd = os.getloadavg()[0] / (os.cpu_count() or 1)
    except (AttributeError, OSError):
        crowd = 1
    seconds = SECONDS_PER_CASE * max(1, crowd)
    PATIENCE = seconds / 2
    return seconds


def case(function):
    CASES.append(function)
    return function


class Object:
    """Something to lock."""


def eventually(condition, what):
    """Waits until condition() is true. How long that takes does not matter: what
    never happens is a case that hangs."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.001)


def waits(holder, obj):
    """Until the thread of a holder waits for obj; it may hold others."""
    eventually(lambda: any(line[:2] == (holder.thread.ident, "waits") for line in lines(obj)), "waits")


def lines(obj):
    """Who holds obj and who waits for it."""
    return [line for line in lt.snapshot() if line[3] == id(obj)]


class Holder:
    """A thread in lt.FUNCTION(ARGS..., body), where body stays until told."""

    def __init__(self, function, *args, then=None):
        self.entered = threading.Event()
        self.may_leave = threading.Event()
        self.left = threading.Event()
        self.error = None
        self.result = None
        self.then = then
        self.thread = threading.Thread(target=self._run, args=(function, args), daemon=True)

    def _run(self, function, args):
        try:
            self.result = function(*args, self._body)
        except BaseException as error:
            self.error = error
        finally:
            self.left.set()

    def _body(self):
        self.entered.set()
        if self.then is not None:
            return self.then(self)
        assert self.may_leave.wait(PATIENCE)

    def start(self):
        self.thread.start()
        return self

    def enter(self):
        """Starts it and waits until it is in."""
        self.start()
        return self.is_in()

    def is_in(self):
        assert self.entered.wait(PATIENCE), f"not in: {self.error!r}"
        return self

    def is_waiting(self):
        """It waits, has done so for long enough that newcomers queue behind it,
        and does not get in."""
        def long_enough():
            return self.entered.is_set() or self.left.is_set() or any(
                thread == self.thread.ident and what == "waits" and seconds >= 0.03
                for thread, what, _, _, _, seconds in lt.snapshot())
        eventually(long_enough, "waits")
        assert not self.entered.wait(0.02) and not self.left.is_set(), f"should wait: {self.error!r}"
        return self

    def waits(self):
        """Starts it and sees that it does not get in."""
        self.start()
        return self.is_waiting()

    def leave(self):
        self.may_leave.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        if self.error is not None:
            raise self.error
        return self.result

    def fails(self):
        self.may_leave.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        assert isinstance(self.error, RuntimeError), repr(self.error)
        return str(self.error)


def free(obj):
    """Nobody holds obj and nobody waits for it, seen from another thread."""
    Holder(lt.try_writing, obj, then=lambda _: None).start().leave()


def variant(name):
    """locktest as it was built with other macros, beside the ordinary one."""
    path = os.path.join(MODULES, name, "locktest.so")
    if not os.path.exists(path):
        raise Skip(f"there is no build with {name}")
    spec = importlib.util.spec_from_file_location("locktest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(text, *args):
    """Runs a Python script in a process of its own; what it prints."""
    run = subprocess.run([sys.executable, "-c", text, MODULES, *args], capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == 0, (run.returncode, run.stdout, run.stderr)
    return run.stdout.strip()


def raises(function, *args):
    try:
        function(*args)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("no RuntimeError")


def elsewhere(function, *args):
    """Runs function in another thread; result or exception."""
    out = []

    def target():
        try:
            out.append((True, function(*args)))
        except BaseException as error:
            out.append((False, error))

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    good, value = out[0]
    if not good:
        raise value
    return value


def together(*functions):
    """Runs the functions at the same time, each in a thread; their results."""
    barrier = threading.Barrier(len(functions))
    results = [None] * len(functions)
    errors = []

    def target(i, function):
        barrier.wait()
        try:
            results[i] = function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=target, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


class Worker:
    """A thread that stays, and does what it is told."""

    def __init__(self):
        self.todo = threading.Semaphore(0)
        self.done = threading.Event()
        self.job = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            self.todo.acquire()
            if self.job is None:
                return
            function, args = self.job
            try:
                self.result = function(*args)
            except BaseException as error:
                self.result = error
            self.done.set()

    def begin(self, function, *args):
        self.done.clear()
        self.job = function, args
        self.todo.release()

    def finish(self):
        assert self.done.wait(PATIENCE), "does not finish"
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result

    def run(self, function, *args):
        self.begin(function, *args)
        return self.finish()

    def end(self):
        self.job = None
        self.todo.release()
        self.thread.join()


def nothing():
    pass


def looks(obj, modes):
    """How obj looks to other threads while some thread holds it in these modes."""
    if "w" in modes:
        raises(elsewhere, lt.try_reading, obj, nothing)
    elif "r" in modes:
        elsewhere(lt.try_reading, obj, nothing)
        raises(elsewhere, lt.try_writing, obj, nothing)
    else:
        elsewhere(lt.try_writing, obj, nothing)


# ---- one object ------------------------------------------------------------------

@case
def readers_share():
    x = Object()
    holders = [Holder(lt.reading, x).enter() for _ in range(5)]
    for holder in holders:
        holder.leave()
    free(x)


@case
def a_writer_excludes_readers():
    x = Object()
    writer = Holder(lt.writing, x).enter()
    readers = [Holder(lt.reading, x).waits() for _ in range(3)]
    writer.leave()
    for reader in readers:
        reader.is_in()
    for reader in readers:
        reader.leave()
    free(x)


@case
def a_writer_excludes_writers():
    x = Object()
    writer = Holder(lt.writing, x).enter()
    other = Holder(lt.writing, x).waits()
    writer.leave()
    other.is_in().leave()
    free(x)


@case
def readers_exclude_a_writer():
    x = Object()
    readers = [Holder(lt.reading, x).enter() for _ in range(2)]
    writer = Holder(lt.writing, x).waits()
    readers[0].leave()
    writer.is_waiting()
    readers[1].leave()
    writer.is_in().leave()
    free(x)


@case
def reentry_in_every_mode():
    x = Object()
    for outer in (lt.reading, lt.writing, lt.try_reading, lt.try_writing):
        for inner in (lt.reading, lt.writing, lt.try_reading, lt.try_writing):
            for third in (lt.reading, lt.writing):
                assert outer(x, lambda: inner(x, lambda: third(x, lambda: 7))) == 7
                free(x)

    def deep(n):
        return n if n == 0 else (lt.reading, lt.writing)[n % 2](x, lambda: deep(n - 1))
    assert deep(100) == 0
    free(x)


@case
def inner_release_keeps_the_outer_lock():
    x = Object()

    def body():
        lt.writing(x, nothing)
        lt.reading(x, nothing)
        raises(elsewhere, lt.try_reading, x, nothing)
    lt.writing(x, body)

    def body():
        lt.reading(x, nothing)
        lt.writing(x, nothing)
        raises(elsewhere, lt.try_writing, x, nothing)
        elsewhere(lt.try_reading, x, nothing)
    lt.reading(x, body)
    free(x)


@case
def reentry_while_a_writer_waits():
    x = Object()
    again = threading.Event()

    def then(holder):
        assert again.wait(PATIENCE)
        lt.reading(x, nothing)
        lt.try_reading(x, nothing)
        lt.reading_nogil(x, nothing)
    reader = Holder(lt.reading, x, then=then).enter()
    writer = Holder(lt.writing, x).waits()
    again.set()
    reader.leave()
    writer.is_in().leave()
    free(x)


@case
def reentry_of_a_writer_while_others_wait():
    x = Object()
    again = threading.Event()

    def then(holder):
        assert again.wait(PATIENCE)
        lt.writing(x, lambda: lt.reading(x, lambda: lt.writing(x, nothing)))
    writer = Holder(lt.writing, x, then=then).enter()
    others = [Holder(f, x).waits() for f in (lt.writing, lt.reading)]
    again.set()
    writer.leave()
    for other in others:
        other.may_leave.set()
    for other in others:
        other.leave()
    free(x)


@case
def a_new_reader_queues_behind_a_waiting_writer():
    x = Object()
    first = Holder(lt.reading, x).enter()
    writer = Holder(lt.writing, x).waits()
    late = Holder(lt.reading, x).waits()
    first.leave()
    writer.is_in()
    late.is_waiting()
    writer.leave()
    late.is_in().leave()
    free(x)


@case
def upgrade_alone():
    x = Object()
    lt.reading(x, lambda: lt.writing(x, lambda: raises(elsewhere, lt.try_reading, x, nothing)))
    free(x)


@case
def upgrade_waits_for_the_other_readers():
    x = Object()
    upgraded = threading.Event()

    def then(holder):
        lt.writing(x, lambda: (upgraded.set(), raises(elsewhere, lt.try_reading, x, nothing)))
        elsewhere(lt.try_reading, x, nothing)
    other = Holder(lt.reading, x).enter()
    upgrader = Holder(lt.reading, x, then=then).enter()
    waits(upgrader, x)
    assert not upgraded.wait(0.05)
    other.leave()
    upgrader.leave()
    assert upgraded.is_set()
    free(x)


@case
def upgrade_passes_queued_writers():
    x = Object()
    go = threading.Event()
    order = []

    def then(holder):
        assert go.wait(PATIENCE)
        lt.writing(x, lambda: order.append("upgrade"))
    other = Holder(lt.reading, x).enter()
    upgrader = Holder(lt.reading, x, then=then).enter()
    writer = Holder(lt.writing, x, then=lambda _: order.append("writer")).waits()
    go.set()
    waits(upgrader, x)
    other.leave()
    upgrader.leave()
    writer.leave()
    assert order == ["upgrade", "writer"], order
    free(x)


@case
def second_upgrade_raises():
    x = Object()
    upgraded = threading.Event()
    first = Holder(lt.reading, x, then=lambda _: lt.writing(x, upgraded.set))

    def body():
        first.enter()
        waits(first, x)
        assert not upgraded.is_set()
        text = raises(lt.writing, x, nothing)
        assert "deadlock" in text and "write" in text and "Object" in text, text
        raises(lt.try_writing, x, nothing)
        # Still a reader, in the inner and the outer sense.
        lt.reading(x, nothing)
        assert not upgraded.is_set()
    lt.reading(x, body)
    first.leave()
    assert upgraded.is_set()
    free(x)


@case
def a_write_given_up_inside_a_read_lets_readers_in():
    x = Object()

    def both():
        raises(elsewhere, lt.try_reading, x, nothing)

    def read():
        elsewhere(lt.try_reading, x, nothing)
        raises(elsewhere, lt.try_writing, x, nothing)
    lt.read_then_downgrade(x, both, read)
    lt.write_released_out_of_order(x, read)
    # That function releases more often than it locks, which must do nothing.
    lt.writing(x, lambda: raises(elsewhere, lt.try_reading, x, nothing))
    free(x)


@case
def a_downgrade_wakes_waiting_readers():
    x = Object()
    waiting = Holder(lt.reading, x)
    lt.read_then_downgrade(x, waiting.waits, lambda: waiting.is_in().leave())
    free(x)


@case
def a_writer_gets_in_under_a_stream_of_readers():
    x = Object()
    done = threading.Event()

    def stream():
        # At least one of the readers is always in.
        while not done.is_set():
            lt.reading(x, lambda: time.sleep(0.002))
    threads = [threading.Thread(target=stream) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    for _ in range(5):
        lt.writing(x, nothing)
    done.set()
    for thread in threads:
        thread.join()
    free(x)


@case
def a_reader_gets_in_under_a_stream_of_writers():
    x = Object()
    done = threading.Event()

    def stream():
        while not done.is_set():
            lt.writing(x, lambda: time.sleep(0.002))
    threads = [threading.Thread(target=stream) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    for _ in range(5):
        lt.reading(x, nothing)
    done.set()
    for thread in threads:
        thread.join()
    free(x)


# How often each of a crowd may go on while a thread waits: the lock lets a thread
# that waited for 30 ms pass before all who come later, which is some hundred
# turns, and the system may stop it for some more before it even queues.
TURNS = 100000


def in_a_crowd(function, crowd):
    """A thread gets on with function(pair) while four threads do nothing but
    crowd(pair): long before these have done that TURNS times each."""
    pair = lt.Pair()
    done = threading.Event()
    turns = [0] * 4

    def busy(i):
        while not done.is_set() and turns[i] < limit[0]:
            crowd(pair)
            turns[i] += 1
    limit = [TURNS]
    threads = [threading.Thread(target=busy, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    most = 0
    worst = 0
    try:
        end = time.monotonic() + 0.5 * STRESS
        while time.monotonic() < end:
            before, start = list(turns), time.monotonic()
            limit[0] = max(before) + TURNS
            function(pair)
            most = max(most, *(now - then for now, then in zip(turns, before)))
            worst = max(worst, time.monotonic() - start)
            assert most < TURNS, "starves: it got in when the others had stopped"
            time.sleep(0.001)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    return f"(worst wait {worst * 1000:.1f} ms, {most} turns of another thread)"


@case
def a_writer_waits_for_a_bounded_time():
    return in_a_crowd(lambda pair: pair.add(1), lambda pair: pair.count_torn(1000))


@case
def a_reader_waits_for_a_bounded_time():
    return in_a_crowd(lambda pair: pair.count_torn(1), lambda pair: pair.add_nogil(1000))


@case
def a_writer_among_writers_waits_for_a_bounded_time():
    return in_a_crowd(lambda pair: pair.add_nogil(1), lambda pair: pair.add_nogil(1000))


@case
def an_upgrade_waits_for_a_bounded_time():
    return in_a_crowd(lambda pair: pair.add_upgrading(1), lambda pair: pair.count_torn(1000))


# ---- many holds, many threads ------------------------------------------------------

def release_orders(count):
    rng = random.Random(1)
    forward = list(range(count))
    yield forward[::-1]
    yield forward
    yield forward[1::2] + forward[::2]
    yield rng.sample(forward, count)


def mixed(count, seed):
    rng = random.Random(seed)
    return [rng.choice("rrw") for _ in range(count)]


@case
def many_holds_of_one_object_released_in_any_order():
    for modes in (["r"] * 24, ["w"] * 24, ["r"] + mixed(23, 1), ["w"] + mixed(23, 2)):
        for order in release_orders(24):
            x = Object()
            left = list(modes)

            def after(i):
                left[i] = ""
                held = collections.Counter(line[2][0] for line in lines(x))
                assert held == collections.Counter("".join(left)), (held, left)
                looks(x, left)
            lt.holding_each([(x, m) for m in modes], order, lambda: looks(x, modes), after)
            free(x)


@case
def waiters_get_in_when_the_last_of_many_holds_goes():
    for order in release_orders(50):
        x = Object()
        modes = ["w"] + mixed(49, 3)
        left = list(modes)
        reader, writer = Holder(lt.reading, x), Holder(lt.writing, x)

        def body():
            reader.waits()
            writer.waits()

        def after(i):
            left[i] = ""
            if "w" in left:
                assert not reader.entered.is_set()
            elif "r" in left:
                reader.is_in()
            assert not writer.entered.is_set()
        lt.holding_each([(x, m) for m in modes], order, body, after)
        reader.is_in()
        writer.is_waiting()
        reader.leave()
        writer.is_in().leave()
        free(x)


@case
def many_objects_released_in_any_order():
    for order in release_orders(50):
        objects = [Object() for _ in range(50)]
        modes = mixed(50, 4)
        left = list(modes)
        rng = random.Random(5)

        def after(i):
            left[i] = ""
            looks(objects[i], "")
            other = rng.randrange(50)
            looks(objects[other], left[other])
            # Again, and after a chunk is full of holes.
            lt.writing(objects[i], nothing)

        def body():
            for obj, mode in zip(objects, modes):
                looks(obj, mode)
        lt.holding_each(list(zip(objects, modes)), order, body, after)
        for obj in objects:
            free(obj)


@case
def threads_that_hold_many_objects_share_and_exclude():
    shared = [Object() for _ in range(24)]
    inside = threading.Barrier(3)

    def work(seed):
        own = [Object() for _ in range(24)]
        wants = [pair for o, s in zip(own, shared) for pair in ((o, "w"), (s, "r"))]
        for order in release_orders(48):
            lt.holding_each(wants, order, inside.wait, lambda i: None)
        return own
    for own in together(*[lambda i=i: work(i) for i in range(3)]):
        for obj in own:
            free(obj)
    for obj in shared:
        free(obj)


@case
def very_many_threads_share_and_exclude():
    # More than a block of records has, more than there are homes.
    for count in (70, 300):
        x = Object()
        readers = [Holder(lt.reading, x).start() for _ in range(count)]
        for reader in readers:
            reader.is_in()
        assert len(lines(x)) == count and lt.inside()[2] >= count
        writer = Holder(lt.writing, x).waits()
        for reader in readers[1:]:
            reader.leave()
        writer.is_waiting()
        readers[0].leave()
        writer.is_in()
        readers = [Holder(lt.reading, x).start() for _ in range(count)]
        eventually(lambda: sum(line[1] == "waits" for line in lines(x)) == count, "all wait")
        assert not any(reader.entered.is_set() for reader in readers)
        writer.leave()
        for reader in readers:
            reader.is_in()
        for reader in readers:
            reader.leave()
        free(x)


@case
def very_many_threads_lose_no_update():
    pair = lt.Pair()
    count, n = 100, 20 * STRESS
    results = together(*[lambda: pair.add(n)] * count, *[lambda: pair.count_torn(n)] * count)
    assert (pair.a, pair.b) == (count * n, count * n)
    assert not any(results[count:])


def sweep(workers, lock):
    """Writes until the records of idle threads are off the list. Another thread reads
    what is written: who has an object for himself looks at nobody. A machine that is
    slow may have taken some off before; lock() puts them back."""
    y = Object()
    reader = Worker()

    def swept():
        for _ in range(70):
            reader.run(lt.reading, y, nothing)
            lt.writing(y, nothing)
        return lt.inside()[2] <= 5
    eventually(lambda: lt.inside()[2] >= workers or lock(), "all are on the list")
    eventually(swept, "swept")
    reader.end()


@case
def idle_threads_come_back():
    x = Object()
    workers = [Worker() for _ in range(20)]
    for mode, function in (("r", lt.reading), ("w", lt.writing), ("r", lt.try_reading), ("w", lt.try_writing)):
        def lock(function=function):
            for worker in workers:
                worker.run(function, x, nothing)
        lock()
        sweep(20, lock)
        # They wait for a writer,
        if function in (lt.reading, lt.writing):
            holder = Holder(lt.writing, x).enter()
            for worker in workers:
                worker.begin(function, x, nothing)
            eventually(lambda: sum(line[1] == "waits" for line in lines(x)) == 20, "all wait")
            assert not any(worker.done.is_set() for worker in workers)
            holder.leave()
        else:
            holder = Holder(lt.writing, x).enter()
            for worker in workers:
                raises(worker.run, function, x, nothing)
            holder.leave()
            for worker in workers:
                worker.begin(nothing)
        for worker in workers:
            worker.finish()
        # and are seen by one.
        sweep(20, lock)
        workers[0].run(function, x, lambda: looks(x, mode))
    for worker in workers:
        worker.end()
    free(x)


@case
def a_thread_that_holds_is_not_taken_for_idle():
    x, y = Object(), Object()
    workers = [Worker() for _ in range(10)]
    for worker in workers:
        worker.run(lt.reading, x, nothing)
    for function, mode in ((lt.reading, "r"), (lt.writing, "w")):
        holder = Holder(function, x).enter()
        for _ in range(10):
            for _ in range(10):
                workers[0].run(lt.reading, y, nothing)
                for _ in range(7):
                    lt.writing(y, nothing)
            time.sleep(0.006)
            for worker in workers:
                worker.run(lt.reading, y, nothing)
            looks(x, mode)
        holder.leave()
    for worker in workers:
        worker.end()


@case
def stress_threads_that_idle_now_and_then():
    pair, other = lt.Pair(), lt.Pair()
    done = threading.Event()
    torn = []

    def reads():
        while not done.is_set():
            torn.append(pair.count_torn(20))
            time.sleep(0.004)

    def writes():
        n = 0
        while not done.is_set():
            pair.add(500)
            other.add(500)
            n += 500
        return n

    def ends():
        time.sleep(1 * STRESS)
        done.set()
    results = together(ends, *[reads] * 8, writes, writes)
    assert not any(torn) and pair.a == pair.b == other.a == other.b == sum(results[-2:])


# ---- None, try, errors --------------------------------------------------------------

@case
def none_locks_nothing():
    def body():
        elsewhere(lt.try_writing, None, nothing)
        return 5
    for function in (lt.writing, lt.reading, lt.try_writing, lt.try_reading, lt.writing_nogil):
        assert function(None, body) == 5
    assert lt.holding([], body) == 5
    assert lt.holding([(None, "w")], body) == 5
    assert lt.holding([(None, "w"), (None, "r")], body, False) == 5
    x = Object()
    lt.holding([(None, "w"), (x, "r"), (None, "r")], lambda: raises(elsewhere, lt.try_writing, x, nothing))
    free(x)


@case
def an_empty_guard_releases_nothing():
    x, held = Object(), []
    lt.releasing_unlocked(x, lambda: held.append(len(lines(x))))
    assert held == [0, 1, 1], held
    free(x)


@case
def try_raises_on_contention():
    x = Object()
    writer = Holder(lt.writing, x).enter()
    for function in (lt.try_reading, lt.try_writing, lt.try_writing_nogil):
        text = raises(function, x, nothing)
        assert "Object" in text, text
    assert "read" in raises(lt.try_reading, x, nothing)
    assert "write" in raises(lt.try_writing, x, nothing)
    writer.leave()
    reader = Holder(lt.reading, x).enter()
    raises(lt.try_writing, x, nothing)
    lt.try_reading(x, nothing)
    raises(lt.reading, x, lambda: lt.try_writing(x, nothing))
    waiting = Holder(lt.writing, x).waits()
    raises(lt.try_reading, x, nothing)
    reader.leave()
    waiting.leave()
    free(x)


@case
def try_in_every_situation():
    def situation(others, waits, own, reads, writes):
        """others: what another thread holds; waits: another one waits for, a
        writer that upgrades if "u"; own: what this thread has."""
        x = Object()
        threads = []
        if waits == "u":
            threads.append(Holder(lt.reading, x, then=lambda _: lt.writing(x, nothing)))
        elif others:
            threads.append(Holder({"r": lt.reading, "w": lt.writing}[others], x).enter())

        def look():
            if waits == "u":
                threads[0].enter()
                eventually(lambda: any(line[1] == "waits" for line in lines(x)), "waits")
            elif waits:
                threads.append(Holder({"r": lt.reading, "w": lt.writing}[waits], x).waits())
            before = lines(x)
            for good, functions in ((reads, (lt.try_reading, lambda o, body: lt.holding([(o, "r")], body, False))),
                                    (writes, (lt.try_writing, lt.try_writing_nogil,
                                              lambda o, body: lt.holding([(o, "w")], body, False)))):
                for function in functions:
                    called = []
                    if good:
                        function(x, lambda: called.append(1))
                    else:
                        raises(function, x, lambda: called.append(1))
                    assert called == [1] * good, (others, waits, own, function)
            # Nothing stays of those that were refused.
            assert [line[:4] for line in lines(x)] == [line[:4] for line in before]
        {"": lambda o, body: body(), "r": lt.reading, "w": lt.writing}[own](x, look)
        for thread in threads:
            thread.may_leave.set()
        for thread in threads:
            thread.leave()
        free(x)
    #         others waits own  reads  writes
    situation("", "", "", True, True)
    situation("r", "", "", True, False)
    situation("w", "", "", False, False)
    situation("r", "w", "", False, False)
    situation("w", "r", "", False, False)
    situation("w", "w", "", False, False)
    situation("", "", "r", True, True)
    situation("", "", "w", True, True)
    situation("", "w", "r", True, True)
    situation("", "w", "w", True, True)
    situation("", "r", "w", True, True)
    situation("r", "", "r", True, False)
    situation("r", "w", "r", True, False)
    situation("", "u", "r", True, False)


@case
def try_never_calls_the_body_when_it_raises():
    x = Object()
    writer = Holder(lt.writing, x).enter()
    called = []
    raises(lt.try_writing, x, lambda: called.append(1))
    raises(lt.holding, [(Object(), "w"), (x, "r")], lambda: called.append(1), False)
    assert not called
    writer.leave()


@case
def exceptions_release():
    x, y = Object(), Object()

    def fail():
        raise KeyError("body")
    for function in (lt.reading, lt.writing, lt.try_reading, lt.try_writing, lt.writing_nogil, lt.reading_nogil):
        try:
            function(x, fail)
        except KeyError as error:
            assert error.args == ("body",)
        else:
            raise AssertionError("no KeyError")
        free(x)
    try:
        lt.holding([(x, "w"), (y, "r")], fail)
    except KeyError:
        pass
    free(x)
    free(y)


@case
def keyboard_interrupts_release_exactly_once():
    x, y = Object(), Object()
    rng = random.Random(1)
    late = []
    old = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(function):
        """Runs function(inside) and interrupts it some time after inside is set."""
        inside, handled = threading.Event(), threading.Event()
        delay = rng.random() * 0.002

        def interrupt():
            assert inside.wait(PATIENCE)
            time.sleep(delay)
            os.kill(os.getpid(), signal.SIGINT)
            if not handled.wait(PATIENCE / 2):
                late.append(delay)
                os.kill(os.getpid(), signal.SIGINT)
        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            function(inside)
        except KeyboardInterrupt:
            handled.set()
            thread.join()
        else:
            raise AssertionError("no KeyboardInterrupt")
        assert not late, "the signal was only handled when another one came"

    def for_ever(inside):
        inside.set()
        while True:
            # It comes anywhere in these as well.
            lt.reading(x, nothing)
            lt.holding([(x, "r"), (y, "w")], nothing)
    try:
        for _ in range(20 * STRESS):
            for function in (lt.reading, lt.writing, lt.try_reading, lt.try_writing, lt.reading_nogil,
                             lt.writing_nogil, lambda o, body: lt.holding([(y, "w"), (o, "r")], body)):
                interrupted(lambda inside: function(x, lambda: for_ever(inside)))
                assert lines(x) == lines(y) == []
                free(x)
        # What was locked before the interrupted one stays so.
        for mode, function in (("r", lt.reading), ("w", lt.writing)):
            def body():
                interrupted(lambda inside: lt.reading(x, lambda: for_ever(inside)))
                looks(x, mode)
            function(x, body)
            free(x)
        # While it waits, with something held, in every way to wait.
        holder = Holder(lt.writing, x).enter()
        for _ in range(3 * STRESS):
            for function in (lt.reading, lt.writing, lt.reading_nogil, lt.writing_nogil,
                             lambda o, body: lt.holding([(o, "r"), (Object(), "w")], body)):
                def waits(inside):
                    lt.writing(y, lambda: (inside.set(), function(x, nothing)))
                interrupted(waits)
                free(y)
                assert len(lines(x)) == 1
                raises(lt.try_reading, x, nothing)
        holder.leave()
        # While it waits for an upgrade: it still reads.
        other = Holder(lt.reading, x).enter()

        def body():
            interrupted(lambda inside: (inside.set(), lt.writing(x, nothing)))
            elsewhere(lt.try_reading, x, nothing)
            assert len(lines(x)) == 2
        lt.reading(x, body)
        assert len(lines(x)) == 1
        other.leave()
        free(x)
    finally:
        signal.signal(signal.SIGINT, old)


@case
def finalizers_lock_inside_locked_bodies():
    x, y = Object(), Object()
    ran = []

    class Final:
        def __init__(self, *locks):
            self.locks = locks

        def __del__(self):
            for function, obj in self.locks:
                function(obj, lambda: ran.append(1))

    every = (lt.reading, lt.writing, lt.try_reading, lt.try_writing, lt.writing_nogil)
    for outer in (lt.reading, lt.writing):
        for inner in every:
            # Dropped in the body; the same object, and another one.
            del ran[:]
            outer(x, lambda: (Final((inner, x), (inner, y)), looks(x, "r" if outer is lt.reading else "w"))[1])
            assert ran == [1, 1]
            free(x)
            free(y)
            # By the garbage collector.
            def body():
                one = Final((inner, x), (inner, y))
                one.itself = one
                del one
                gc.collect()
            del ran[:]
            outer(x, body)
            assert ran == [1, 1], ran
            free(x)
            free(y)
    # An object that locks itself as it dies.
    class Dies:
        def __del__(self):
            lt.writing(self, lambda: lt.reading(self, lambda: ran.append(2)))
    del ran[:]
    lt.writing(x, lambda: Dies() and None)
    Dies()
    assert ran == [2, 2]
    # One that has to wait as it dies.
    holder = Holder(lt.writing, y).enter()
    threading.Timer(0.05, holder.may_leave.set).start()
    del ran[:]
    lt.writing(x, lambda: Final((lt.writing, y)) and None)
    assert ran == [1]
    holder.leave()
    free(x)
    free(y)


@case
def finalizers_run_while_their_thread_waits():
    # In the signal handler of a thread that waits.
    x, y, z = Object(), Object(), Object()
    ran = []

    class Final:
        def __del__(self):
            lt.writing(y, nothing)
            lt.writing(z, nothing)
            raises(lt.try_reading, x, nothing)
            ran.append(threading.get_ident())

    holder = Holder(lt.writing, x).enter()

    def handler(*_):
        Final()
        if len(ran) < 2:
            signal.setitimer(signal.ITIMER_REAL, 0.03)  # only now: on a busy machine this takes longer
        else:
            holder.may_leave.set()
    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.03)
        lt.writing(y, lambda: lt.reading(x, nothing))
        signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    holder.leave()
    assert len(ran) >= 2 and set(ran) == {threading.get_ident()}, ran
    for obj in (x, y, z):
        free(obj)


# ---- several objects -----------------------------------------------------------------

@case
def several_objects_are_held_together():
    x, y, z = Object(), Object(), Object()

    def body():
        raises(elsewhere, lt.try_reading, x, nothing)
        raises(elsewhere, lt.try_writing, y, nothing)
        elsewhere(lt.try_reading, y, nothing)
        raises(elsewhere, lt.try_reading, z, nothing)
    lt.holding([(x, "w"), (y, "r"), (z, "w")], body)
    for obj in (x, y, z):
        free(obj)


@case
def duplicates_merge_and_the_stronger_mode_wins():
    for modes in ("rw", "wr", "ww", "rrw", "rwr", "wrr", "wwrr"):
        x, y = Object(), Object()

        def body():
            raises(elsewhere, lt.try_reading, x, nothing)
            raises(elsewhere, lt.try_writing, y, nothing)
        lt.holding([(y, "r")] + [(x, m) for m in modes] + [(y, "r")], body)
        free(x)
        free(y)
    x = Object()
    lt.holding([(x, "r"), (x, "r")], lambda: elsewhere(lt.try_reading, x, nothing))
    free(x)


@case
def duplicates_do_not_deadlock_with_other_readers():
    # Taken one after the other, read then write would be an upgrade that waits
    # for the other reader, and so would refuse that one's upgrade.
    x = Object()
    reader = Holder(lt.reading, x, then=lambda h: (h.may_leave.wait(PATIENCE), lt.writing(x, nothing))).enter()
    both = Holder(lt.holding, [(x, "r"), (x, "w")]).waits()
    reader.leave()
    both.is_in().leave()
    free(x)


@case
def all_or_nothing():
    objects = [Object() for _ in range(4)]
    for taken in objects:
        holder = Holder(lt.writing, taken).enter()
        raises(lt.holding, [(o, "w") for o in objects] + [(None, "r")], nothing, False)
        for obj in objects:
            if obj is not taken:
                free(obj)
        holder.leave()
    lt.holding([(o, "w") for o in objects], nothing, False)
    for obj in objects:
        free(obj)


@case
def objects_are_taken_in_one_order():
    low, high = sorted((Object(), Object()), key=id)
    for wants in ([(low, "w"), (high, "w")], [(high, "w"), (low, "w")]):
        holder = Holder(lt.writing, low).enter()
        both = Holder(lt.holding, wants).waits()
        # It waits for the first and does not have the second yet.
        free(high)
        holder.leave()
        both.is_in().leave()


@case
def who_waits_for_one_of_several_holds_none_of_them():
    low, middle, high = sorted((Object() for _ in range(3)), key=id)
    for had, wanted in ((low, high), (high, low), (middle, low), (middle, high)):
        for outer, inner, mode in ((lt.writing, lt.writing, "w"), (lt.writing, lt.writing, "r"),
                                   (lt.reading, lt.writing, "w"), (lt.writing, lt.reading, "w")):

            def then(holder):
                assert holder.may_leave.wait(PATIENCE)
                free(low if had is not low else middle)
                inner(wanted, nothing)
            nested = Holder(outer, had, then=then).enter()
            several = Holder(lt.holding, [(o, mode) for o in (low, middle, high)]).waits()
            nested.leave()
            several.is_in().leave()
    # What it held from before it keeps.

    def several(holder):
        assert holder.may_leave.wait(PATIENCE)
        return raises(lt.holding, [(middle, "w"), (high, "w")], nothing)
    first = Holder(lt.writing, low, then=several).enter()
    other = Holder(lt.writing, middle, then=lambda _: lt.writing(low, nothing)).enter()
    eventually(lambda: any(line[1] == "waits" for line in lt.snapshot()), "waits")
    assert "deadlock" in first.leave()
    other.leave()
    for obj in (low, middle, high):
        free(obj)


@case
def who_wants_several_that_are_always_in_use_gives_way():
    objects = [Object(), Object()]
    holds, wants = 0, None

    def then(holder):
        assert holder.may_leave.wait(PATIENCE)
        if wants is not None:
            lt.writing(wants, nothing)
    single = Holder(lt.writing, objects[holds], then=then).enter()
    several = Holder(lt.holding, [(o, "w") for o in objects]).start()
    for _ in range(100):
        waits(several, objects[holds])
        if any(line[:2] == (several.thread.ident, "holds") for line in lines(objects[1 - holds])):
            break
        other = Holder(lt.writing, objects[1 - holds], then=then).enter()
        single.leave()
        single, holds = other, 1 - holds
    else:
        raise AssertionError("never holds one while it waits for the other")
    wants = objects[1 - holds]
    single.leave()
    several.is_in().leave()
    for obj in objects:
        free(obj)


@case
def opposite_orders_never_hang():
    x, y = lt.Pair(), lt.Pair()
    n = MANY
    together(lambda: lt.move(x, y, n), lambda: lt.move(y, x, n))
    assert (x.a, x.b, y.a, y.b) == (2 * n,) * 4, (x.a, x.b, y.a, y.b)


@case
def many_objects_in_random_orders():
    objects = [Object() for _ in range(5)]
    count = [0]

    def work(seed):
        rng = random.Random(seed)
        for _ in range(200):
            some = rng.sample(objects, 3)
            lt.holding([(o, rng.choice("rw")) for o in some], nothing)
        count[0] += 1
    together(*[lambda i=i: work(i) for i in range(4)])
    for obj in objects:
        free(obj)


# ---- any number of objects -------------------------------------------------------------

@case
def no_object_is_nothing_to_lock():
    for reads in (None, [], (), [None], (None, None)):
        for writes in (None, [], (), [None]):
            for module in (lt, variant("PYXLOCK_OFF")):
                assert module.holding_objects(reads, writes, lambda: 7) == 7
                assert module.holding_objects(reads, writes, lambda: 7, False) == 7


@case
def any_number_of_objects_is_held():
    for count in (1, 7, 8, 9, 1000):
        reads = [Object() for _ in range(count)]
        writes = tuple(Object() for _ in range(count))

        def body():
            for i in {0, count // 2, count - 1}:
                looks(reads[i], "r")
                looks(writes[i], "w")
        for blocking in (True, False):
            lt.holding_objects(reads, writes, body, blocking)
        lt.holding_objects(reads, None, lambda: looks(reads[-1], "r"))
        lt.holding_objects(None, writes, lambda: looks(writes[-1], "w"))
        for obj in (*reads, *writes):
            free(obj)


@case
def each_of_many_objects_is_held_once_in_the_stronger_mode():
    for count in (1, 3, 300):
        both, read, written = Object(), Object(), Object()
        # Taken one after the other, read then write would be an upgrade, and wait.
        reader = Holder(lt.reading, both).enter()
        holder = Holder(lt.holding_objects, [read, both, None, read] * count, [written, both] * count).waits()
        reader.leave()
        holder.is_in()
        looks(both, "w")
        looks(read, "r")
        looks(written, "w")
        held = sorted((line[2], line[3]) for line in lt.snapshot())
        assert held == sorted([("write", id(both)), ("read", id(read)), ("write", id(written))]), held
        holder.leave()
        for obj in (both, read, written):
            free(obj)


@case
def all_of_many_objects_or_nothing():
    objects = [Object() for _ in range(20)]
    for taken in objects:
        holder = Holder(lt.writing, taken).enter()
        raises(lt.holding_objects, objects[::2], objects[1::2], nothing, False)
        raises(lt.released_twice, objects[::2], objects[1::2])
        for obj in objects:
            if obj is not taken:
                free(obj)
        holder.leave()
    lt.holding_objects(objects[::2], objects[1::2], nothing, False)
    for obj in objects:
        free(obj)


@case
def without_room_nothing_is_held():
    objects = [Object() for _ in range(100)]
    for module in (lt, variant("PYXLOCK_STATS")):
        for room in (0, 1):
            module.set_room(room)
            try:
                for few in ([], objects[:8]):
                    assert module.holding_objects(few, None, lambda: 7) == 7
                if room:
                    assert module.holding_objects(objects, None, lambda: 7) == 7
                for lists in ((objects, None), (None, objects), (objects[:4], objects[4:9])):
                    for blocking in (True, False):
                        try:
                            module.holding_objects(*lists, nothing, blocking)
                        except MemoryError:
                            pass
                        else:
                            raise AssertionError("no MemoryError")
            finally:
                module.set_room(-1)
            for obj in objects:
                free(obj)


@case
def many_objects_are_released_whatever_ends_the_body():
    objects = [Object() for _ in range(30)]

    def fail():
        raise KeyError("body")
    for blocking in (True, False):
        try:
            lt.holding_objects(objects, None, fail, blocking)
        except KeyError:
            pass
        else:
            raise AssertionError("no KeyError")
        for obj in objects:
            free(obj)


@case
def many_objects_in_opposite_orders_never_hang():
    objects = [Object() for _ in range(40)]
    counts = [0] * 40

    def work(seed):
        rng = random.Random(seed)
        for _ in range(100):
            writes = rng.sample(range(40), 12)
            reads = rng.sample(range(40), 12)

            def body():
                for i in writes:
                    counts[i] += 1
            lt.holding_objects([objects[i] for i in reads], tuple(objects[i] for i in writes), body)
    together(*[lambda i=i: work(i) for i in range(4)])
    assert sum(counts) == 4 * 100 * 12, sum(counts)
    for obj in objects:
        free(obj)


@case
def many_objects_meet_single_ones():
    low, *others, high = sorted((Object() for _ in range(12)), key=id)
    # It has the highest; the one that wants all waits for it, and has no other.

    def then(holder):
        assert holder.may_leave.wait(PATIENCE)
        lt.writing(low, lambda: [lt.writing(o, nothing) for o in others])
    single = Holder(lt.writing, high, then=then).enter()
    many = Holder(lt.holding_objects, [*others, low], [high]).waits()
    single.leave()
    many.is_in().leave()
    for obj in (low, *others, high):
        free(obj)


@case
def where_no_body_releases_the_gil_many_objects_cost_nothing():
    if FREE_THREADED:
        raise Skip("there is no GIL")
    text = """if 1:
        import sys
        sys.path.insert(0, sys.argv[1])
        import locktest_unmarked as lt
        objects = [object() for _ in range(20)]
        lt.holding_objects(objects, None, lambda: None)
        lt.set_room(0)
        print(lt.holding_objects(objects, objects, lambda: len(lt.snapshot())))
    """
    assert script(text) == "0"


@case
def items_are_those_that_the_body_sees():
    a, b = Object(), Object()
    same = (a, b), frozenset((a, b)), (), None, 3, "ab", b"ab", {a: b}, Object(), range(3), memoryview(b"ab")
    for obj in same:
        found, used = lt.items(obj)
        assert used is obj
        assert list(found) == (list(obj) if isinstance(obj, (tuple, frozenset)) else []), (obj, found)
    for make in (list, set):
        obj = make((a, b))
        found, used = lt.items(obj)
        assert type(used) is make and used == obj and used is not obj and set(found) == {a, b}
    d = {1: a, 2: b}
    found, used = lt.items(d.values())
    assert found == [a, b] == used
    lazy = [(o for o in (a, b)), lt.generated(a, b), map(lambda o: o, (a, b)), filter(None, (a, b)), iter([a, b]), iter((a, b))]
    for obj in lazy:
        found, used = lt.items(obj)
        assert found == [a, b] and next(used) is a and list(used) == [b]


@case
def items_of_what_can_do_more_than_yield_are_left_alone():
    class File:
        left = 2

        def __iter__(self):
            return self

        def __next__(self):
            self.left -= 1
            return self.left

        def read(self):
            return self.left
    file = File()
    found, used = lt.items(file)
    assert found == () and used is file and file.left == 2


@case
def instances_of_subclasses_stay_what_they_are():
    a = Object()
    for base in (list, tuple, set, frozenset):
        made = type("Made", (base,), {})((a,))
        found, used = lt.items(made)
        assert used is made and list(found) == [a]


@case
def what_iterating_raises_comes_out():
    def broken():
        yield Object()
        raise KeyError("iterating")
    for obj in (broken(), map(int, ["1", "x"])):
        try:
            lt.items(obj)
        except (KeyError, ValueError):
            pass
        else:
            raise AssertionError("no error")


@case
def without_locks_everything_stays_as_it_is():
    off = variant("PYXLOCK_OFF")
    a = Object()
    for obj in ([a], (a,), {a}, iter([a]), None):
        found, used = off.items(obj)
        assert used is obj and found == ()
    assert off.holding_objects([a] * 20, [a], lambda: 7) == 7


# ---- deadlocks -----------------------------------------------------------------------

def crossing(first, second, count=2):
    """count threads, each holding one object and then wanting the next one's."""
    objects = [Object() for _ in range(count)]
    barrier = threading.Barrier(count)
    failures = []

    def work(i):
        def inner():
            barrier.wait()
            try:
                second(objects[(i + 1) % count], nothing)
            except RuntimeError as error:
                failures.append(str(error))
        first(objects[i], inner)
    together(*[lambda i=i: work(i) for i in range(count)])
    for obj in objects:
        free(obj)
    return failures


def named(text):
    """How many objects a message names; in the limited API a type that is not
    this thread's business is called object."""
    return text.count("Object") + text.count("'object'")


@case
def a_cycle_of_two_raises_in_one():
    for first, second in ((lt.writing, lt.writing), (lt.writing, lt.reading), (lt.reading, lt.writing),
                          (lt.writing_nogil, lt.writing_nogil)):
        failures = crossing(first, second)
        assert len(failures) == 1, failures
        assert "deadlock" in failures[0] and named(failures[0]) == 2, failures


@case
def a_cycle_of_many_raises_in_one():
    for count in (3, 7):
        failures = crossing(lt.writing, lt.writing, count)
        assert len(failures) == 1 and named(failures[0]) == count, failures


@case
def readers_that_cross_do_not_raise():
    assert crossing(lt.reading, lt.reading) == []


@case
def politeness_to_writers_makes_no_deadlock():
    # Two readers that cross, with a writer queued on each object: each reader
    # would wait behind a writer that waits for the other reader.
    x, y = Object(), Object()
    go = threading.Event()
    a = Holder(lt.reading, x, then=lambda _: (go.wait(PATIENCE), lt.reading(y, nothing))).enter()
    b = Holder(lt.reading, y, then=lambda _: (go.wait(PATIENCE), lt.reading(x, nothing))).enter()
    writers = [Holder(lt.writing, o, then=lambda _: None).waits() for o in (x, y)]
    go.set()
    a.leave()
    b.leave()
    for writer in writers:
        writer.leave()
    free(x)
    free(y)


@case
def politeness_is_resolved_when_a_writer_closes_the_cycle():
    # The reader waits politely first; the cycle is closed by a writer.
    x, y = Object(), Object()
    hold_y = Holder(lt.reading, y, then=lambda h: (h.may_leave.wait(PATIENCE), lt.writing(x, nothing))).enter()
    writer = Holder(lt.writing, y).waits()
    polite = Holder(lt.reading, x, then=lambda _: lt.reading(y, nothing)).enter()
    waits(polite, y)
    assert not polite.left.is_set()
    hold_y.may_leave.set()
    hold_y.leave()
    polite.leave()
    writer.leave()
    free(x)
    free(y)


@case
def a_cycle_through_the_queue_raises():
    # a holds x and waits for y behind a writer that waits for b, which wants x.
    x, y = Object(), Object()
    results = []

    def attempt(function, obj):
        try:
            function(obj, nothing)
        except RuntimeError as error:
            results.append(str(error))
    b = Holder(lt.reading, y, then=lambda h: (h.may_leave.wait(PATIENCE), attempt(lt.writing, x))).enter()
    queued = Holder(lt.writing, y, then=lambda _: None).waits()
    a = Holder(lt.writing, x, then=lambda _: attempt(lt.writing, y)).enter()
    waits(a, y)
    assert not a.left.is_set()
    b.leave()
    a.leave()
    queued.leave()
    assert len(results) == 1, results
    free(x)
    free(y)


@case
def an_upgrade_in_a_cycle_raises():
    # a reads x, b reads x; a, who writes y, wants to write x; b wants y.
    for b_first in (False, True):
        x, y = Object(), Object()
        results = []

        def attempt(obj):
            try:
                lt.writing(obj, nothing)
            except RuntimeError as error:
                results.append(str(error))

        def then_write(obj):
            return lambda holder: (holder.may_leave.wait(PATIENCE), attempt(obj))
        a = Holder(lambda body: lt.writing(y, lambda: lt.reading(x, body)), then=then_write(x)).enter()
        b = Holder(lt.reading, x, then=then_write(y)).enter()
        order = (b, a) if b_first else (a, b)
        order[0].may_leave.set()
        waits(order[0], y if b_first else x)
        assert not order[0].left.is_set()
        order[1].may_leave.set()
        for holder in order:
            holder.leave()
        assert len(results) == 1 and "deadlock" in results[0], results
        free(x)
        free(y)


@case
def rings_of_every_mix_of_modes():
    """Thread i holds object i and wants the next one: a deadlock if each of
    these pairs excludes one another, and nothing else is one."""
    modes = {"r": lt.reading, "w": lt.writing}
    rng = random.Random(1)

    def ring(holds, wants):
        count = len(holds)
        objects = [Object() for _ in range(count)]
        barrier = threading.Barrier(count)
        failures = []

        def work(i):
            def inner():
                barrier.wait()
                try:
                    modes[wants[i]](objects[(i + 1) % count], nothing)
                except RuntimeError as error:
                    failures.append(str(error))
            modes[holds[i]](objects[i], inner)
        together(*[lambda i=i: work(i) for i in range(count)])
        cycle = all("w" in wants[i] + holds[(i + 1) % count] for i in range(count))
        assert len(failures) == cycle, (holds, wants, failures)
        if cycle:
            assert named(failures[0]) == count, failures

    def letters(bits, count):
        return "".join("rw"[bits >> i & 1] for i in range(count))
    for count in (2, 3):
        for bits in range(4 ** count):
            ring(letters(bits, count), letters(bits >> count, count))
    for count in (4, 6):
        for _ in range(20 * STRESS):
            ring(letters(rng.randrange(2 ** count), count), letters(rng.randrange(2 ** count) | 5, count))


@case
def deadlocks_are_reported_where_there_is_a_cycle_and_nowhere_else():
    """Threads that hold some objects each then want one more, an upgrade among
    them, one after the other in the queues of few objects."""
    modes = {"r": lt.reading, "w": lt.writing}
    rng = random.Random(2)
    found = collections.Counter()
    for _ in range(150 * STRESS):
        count = rng.randrange(3, 6)
        objects = [Object() for _ in range(rng.randrange(2, 5))]
        holds = [{} for _ in range(count)]
        for o in range(len(objects)):
            if rng.random() < 0.5:
                holds[rng.randrange(count)][o] = "w"
            else:
                for t in rng.sample(range(count), rng.randrange(3)):
                    holds[t][o] = "r"
        wants = [(rng.randrange(len(objects)), rng.choice("rw")) for _ in range(count)]
        # For whom each thread has to wait.
        edges = []
        for t, (o, mode) in enumerate(wants):
            own = holds[t].get(o, "")
            edges.append(set() if own == "w" or own == mode else
                         {u for u in range(count) if u != t and "w" in mode + holds[u].get(o, "") and o in holds[u]})

        def reaches(start, goal):
            seen, todo = set(), [start]
            while todo:
                for u in edges[todo.pop()]:
                    if u == goal:
                        return True
                    if u not in seen:
                        seen.add(u)
                        todo.append(u)
            return False
        cycle = any(reaches(t, t) for t in range(count))
        barrier = threading.Barrier(count)
        failures = []

        def work(t):
            def inner():
                barrier.wait()
                try:
                    modes[wants[t][1]](objects[wants[t][0]], nothing)
                except RuntimeError as error:
                    failures.append((t, str(error)))
            some = [(objects[o], mode) for o, mode in holds[t].items()]
            lt.holding_each(some, list(range(len(some))), inner, lambda i: None)
        together(*[lambda t=t: work(t) for t in range(count)])
        assert bool(failures) == cycle, (holds, wants, failures)
        for t, text in failures:
            assert "deadlock" in text and reaches(t, t), (holds, wants, failures)
        found[cycle] += 1
    assert min(found.values()) >= 20 and len(found) == 2, found
    return f"({found[True]} with a cycle, {found[False]} without)"


def colliding(count):
    """Pairs that have one place in the filter, in the order of their addresses."""
    by_filter = collections.defaultdict(list)
    while True:
        for _ in range(2000):
            pair = lt.Pair()
            place = ((id(pair) & 0xFFFFFFFF) * 0x9E3779B9 & 0xFFFFFFFF) >> 21
            by_filter[place].append(pair)
            if len(by_filter[place]) == count:
                return sorted(by_filter[place], key=id)


def finish_programs(pairs, run):
    """run(program) in 4 threads; the programs. No update may be lost."""
    programs = [lt.Program(pairs, seed) for seed in range(4)]
    together(*[lambda p=p: run(p) for p in programs])
    assert sum(p.steps for p in programs) == sum(pair.a for pair in pairs) == sum(pair.b for pair in pairs)
    assert not any(p.torn for p in programs)
    for pair in pairs:
        free(pair)
    return programs


@case
def programs_that_keep_an_order_never_see_a_deadlock():
    steps = 0
    for pairs in (colliding(6), colliding(2), colliding(3) + colliding(3), [lt.Pair() for _ in range(4)]):
        pairs.sort(key=id)
        programs = finish_programs(pairs, lambda p: p.ordered(MANY // 3))
        assert not any(p.refused for p in programs), [p.refused for p in programs]
        steps += sum(p.steps for p in programs)
    assert steps > 10000
    return f"({steps} write locks)"


@case
def programs_in_any_order_finish():
    refused = steps = 0
    for pairs in (colliding(5), [lt.Pair(), lt.Pair()], [lt.Pair()], [lt.Pair() for _ in range(6)]):
        programs = finish_programs(pairs, lambda p: p.any_order(MANY // 3))
        refused += sum(p.refused for p in programs)
        steps += sum(p.steps for p in programs)
    assert refused > 0
    return f"({steps} write locks, {refused} refused)"


@case
def two_objects_of_one_place_in_the_filter_do_not_meet():
    x, y = colliding(2)
    for outer in (lt.reading, lt.writing):
        for inner in (lt.reading, lt.writing):
            holder = Holder(outer, x).enter()
            waiting = Holder(lt.writing, x).waits()
            before = lt.stats()["waits"]
            for _ in range(100):
                elsewhere(inner, y, nothing)
            elsewhere(lt.try_writing, y, nothing)
            assert lt.stats()["waits"] == before
            holder.leave()
            waiting.leave()
    assert crossing_of(x, y) == 0
    free(x)
    free(y)


def crossing_of(x, y):
    """Two threads hold an object each, and let go without wanting the other's."""
    barrier = threading.Barrier(2)
    failures = 0
    for _ in range(200):
        try:
            together(lambda: lt.writing(x, barrier.wait), lambda: lt.writing(y, barrier.wait))
        except RuntimeError:
            failures += 1
    return failures


@case
def nested_locks_in_opposite_orders_lose_nothing():
    x, y = lt.Pair(), lt.Pair()
    n = MANY
    together(lambda: lt.move_nested(x, y, n), lambda: lt.move_nested(y, x, n))
    assert (x.a, x.b, y.a, y.b) == (2 * n,) * 4


@case
def addresses_that_hash_alike_do_not_conflict():
    # More objects than the table has shards, many times over, all held.
    mine = [Object() for _ in range(1000)]
    yours = [Object() for _ in range(1000)]

    def nest(objects, i, body):
        if i == len(objects):
            return body()
        return lt.holding([(o, "w") for o in objects[i:i + 8]], lambda: nest(objects, i + 8, body), False)
    # 125 levels of Python and C frames each.
    nest(mine, 0, lambda: elsewhere(nest, yours, 0, nothing))
    for obj in (mine[0], mine[-1], yours[0], yours[-1]):
        free(obj)


# ---- the interpreter ------------------------------------------------------------------

@case
def nogil_callers_wait_and_raise():
    x = Object()
    writer = Holder(lt.writing_nogil, x).enter()
    waiting = [Holder(f, x).waits() for f in (lt.writing_nogil, lt.reading_nogil, lt.reading)]
    raises(lt.try_writing_nogil, x, nothing)
    writer.leave()
    for holder in waiting:
        holder.may_leave.set()
    for holder in waiting:
        holder.leave()
    free(x)


@case
def garbage_collection_runs_while_threads_wait():
    x = Object()
    writer = Holder(lt.writing, x).enter()
    waiting = [Holder(f, x).waits() for f in (lt.reading, lt.writing, lt.reading_nogil, lt.writing_nogil)]
    for _ in range(5):
        gc.collect()
    elsewhere(gc.collect)
    writer.leave()
    for holder in waiting:
        holder.may_leave.set()
    for holder in waiting:
        holder.leave()
    free(x)


@case
def garbage_collection_during_contention():
    pair = lt.Pair()
    done = threading.Event()

    def collect():
        while not done.is_set():
            gc.collect()
    collector = threading.Thread(target=collect)
    collector.start()
    n = 3000
    try:
        together(lambda: pair.add(n), lambda: pair.add_nogil(n), lambda: pair.count_torn(n))
    finally:
        done.set()
        collector.join()
    assert (pair.a, pair.b) == (2 * n, 2 * n)


@case
def a_waiter_gives_up_its_critical_sections():
    x, y = Object(), Object()
    waiting = Holder(lambda body: lt.in_critical_section(y, lambda: lt.writing(x, body)))

    def body():
        waiting.waits()
        lt.in_critical_section(y, nothing)
    lt.writing(x, body)
    waiting.is_in().leave()
    free(x)


@case
def a_signal_handler_that_raises_ends_the_wait():
    x, y = Object(), Object()

    class Alarm(Exception):
        pass

    def handler(*_):
        raise Alarm
    old = signal.signal(signal.SIGALRM, handler)
    try:
        for function in (lt.writing, lt.reading, lt.writing_nogil,
                         lambda o, body: lt.holding([(o, "w"), (y, "w")], body)):
            holder = Holder(lt.writing, x).enter()
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                function(x, nothing)
            except Alarm:
                pass
            else:
                raise AssertionError("no Alarm")
            free(y)
            holder.leave()
            free(x)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@case
def a_signal_handler_that_returns_lets_the_wait_go_on():
    x, y = Object(), Object()
    calls = []
    holder = Holder(lt.writing, x)

    def handler(*_):
        # May lock, too, what it likes.
        lt.writing(y, nothing)
        raises(lt.try_writing, x, nothing)
        calls.append(1)
        if len(calls) < 3:
            signal.setitimer(signal.ITIMER_REAL, 0.05)  # only now, as above
        else:
            holder.may_leave.set()
    old = signal.signal(signal.SIGALRM, handler)
    try:
        holder.enter()
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        lt.writing(x, nothing)
        assert len(calls) == 3, calls
        holder.leave()
        free(x)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@case
def a_stream_of_signals_takes_no_turn():
    """As a profiler sends them that samples by a timer."""
    old = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        return in_a_crowd(lambda pair: pair.add_nogil(1), lambda pair: pair.add_nogil(1000))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@case
def a_writer_that_gives_up_lets_readers_behind_it_in():
    x = Object()
    reader = Holder(lt.reading, x).enter()
    late = Holder(lt.reading, x)

    class Alarm(Exception):
        pass

    def handler(*_):
        raise Alarm
    old = signal.signal(signal.SIGALRM, handler)
    starter = threading.Timer(0.1, late.start)
    try:
        starter.start()
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            lt.writing(x, nothing)
        except Alarm:
            pass
        starter.join()
        late.is_in().leave()
        reader.leave()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def in_child(work):
    """Forks; the child ends with 0 if work() returns true. Its exit code."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            signal.alarm(int(PATIENCE))  # it hangs: how slow a machine is does not matter
            if work():
                code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


@case
def a_forked_child_does_not_wait_for_threads_it_does_not_have():
    x, y, z = Object(), Object(), Object()
    holders = [Holder(lt.writing, x).enter(), Holder(lt.reading, y).enter()]
    waiting = [Holder(lt.writing, y).waits(), Holder(lt.reading, x).waits()]

    def work():
        lt.writing(x, nothing)
        lt.writing(y, nothing)
        # What the forking thread holds stays held.
        text = raises(elsewhere, lt.try_reading, z, nothing)
        return "Object" in text and lt.reading(z, lambda: True)
    assert lt.writing(z, lambda: in_child(work)) == 0
    for holder in holders + waiting:
        holder.may_leave.set()
    for holder in holders + waiting:
        holder.leave()
    for obj in (x, y, z):
        free(obj)


@case
def forks_under_contention():
    pair = lt.Pair()
    done = threading.Event()

    def busy():
        while not done.is_set():
            pair.add_nogil(50)
    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            assert in_child(lambda: lt.writing(pair, lambda: True)) == 0
    finally:
        done.set()
        for thread in threads:
            thread.join()


def fork_inside(around, inside, after):
    """Forks in the body of around(body). The child calls inside() there, leaves
    the locked body, and calls after()."""
    pid = os.getpid()
    child = 0
    code = 1

    def body():
        nonlocal child
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            signal.alarm(int(PATIENCE))
            inside()
    try:
        around(body)
        if child == 0:
            after()
            code = 0
    except BaseException:
        if os.getpid() == pid:
            raise
        traceback.print_exc()
    finally:
        if os.getpid() != pid:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0, status


@case
def a_forked_child_holds_what_the_forking_thread_held():
    read, written, both, again, shared = mine = [Object() for _ in range(5)]
    theirs = [Object() for _ in range(6)]
    wants = [(read, "r"), (written, "w"), (both, "r"), (both, "w"), (again, "w"), (again, "w"), (again, "r"),
             (shared, "r")]

    def inside():
        assert len(lt.snapshot()) == len(wants), lt.snapshot()
        assert {line[0] for line in lt.snapshot()} == {threading.get_ident()}
        for obj in theirs:
            free(obj)
        for obj in (read, shared):
            looks(obj, "r")
        for obj in (written, both, again):
            looks(obj, "w")
        # An upgrade: the other readers are gone, and those who waited.
        lt.writing(read, nothing)
        lt.writing(shared, nothing)
        lt.reading(both, nothing)
        # Others wait for it, and find it in a cycle.
        waits = Holder(lt.writing, written).waits()
        cross = Holder(lt.writing, theirs[0], then=lambda _: lt.writing(again, nothing)).enter()
        eventually(lambda: any(line[1] == "waits" for line in lines(again)), "waits")
        assert "deadlock" in raises(lt.writing, theirs[0], nothing)
        gc.collect()
        in_the_child.extend([waits, cross])
        # A child of the child.
        assert in_child(lambda: looks(written, "w") is None and lt.writing(written, lambda: True)) == 0
    in_the_child = []

    def after():
        for holder in in_the_child:
            holder.leave()
        for obj in mine + theirs:
            free(obj)
        nothing_is_left()
        pair = lt.Pair()
        together(*[lambda: pair.add(500)] * 3, lambda: pair.add_upgrading(500))
        assert pair.a == pair.b == 2000

    # From a thread that is not the main one, too.
    for run in (lambda f, *args: f(*args), elsewhere):
        holders = [Holder((lt.reading, lt.writing)[i % 2], o).enter() for i, o in enumerate(theirs)]
        many = [(o, "r") for o in [shared] + theirs[::2] * 5]
        holders.append(Holder(lambda body: lt.holding_each(many, list(range(16)), body, lambda i: None)).enter())
        waiting = []

        def around(body):
            def locked():
                waiting.extend([Holder(lt.writing, theirs[0]).waits(), Holder(lt.reading, theirs[1]).waits(),
                                Holder(lt.writing, written).waits(), Holder(lt.writing, read).waits()])
                body()
            lt.holding_each(wants, [3, 6, 0, 2, 7, 5, 1, 4], locked, lambda i: None)
        run(fork_inside, around, inside, after)
        for holder in holders + waiting:
            holder.may_leave.set()
        for holder in holders + waiting:
            holder.leave()
        for obj in mine + theirs:
            free(obj)


@case
def forks_in_the_middle_of_lock_calls():
    pair, other = lt.Pair(), lt.Pair()
    done = threading.Event()

    def until_done(function):
        def loop():
            while not done.is_set():
                function()
        return loop

    def child():
        signal.alarm(int(PATIENCE))
        free(pair)
        free(other)
        before = pair.a, pair.b
        together(lambda: pair.add(100), lambda: pair.add_upgrading(100), lambda: pair.count_torn(100))
        return (pair.a - before[0], pair.b - before[1]) == (200, 200) and lt.inside()[0] == 0

    def forks():
        try:
            for _ in range(15 * STRESS):
                assert in_child(lambda: other_is_written() and child()) == 0
        finally:
            done.set()

    def other_is_written():
        # The fork may have come in the middle of a step.
        lt.writing(pair, nothing)
        return True
    together(forks, until_done(lambda: pair.add_nogil(50)), until_done(lambda: pair.add_upgrading(50)),
             until_done(lambda: pair.count_torn(50)), until_done(lambda: lt.move(pair, other, 50)))


@case
def a_thread_that_ends_gives_up_what_it_holds():
    x, y = Object(), Object()
    more = [Object() for _ in range(10)]
    for wants in ([(x, "r")], [(x, "w")], [(x, "r"), (x, "w"), (y, "w")], [(x, "w"), (x, "w"), (x, "r"), (y, "r")],
                  [(x, "r"), (y, "w")] + [(o, "w") for o in more] + [(x, "r")]):
        modes = collections.defaultdict(str)
        for obj, mode in wants:
            modes[obj] += mode
        foreign = lt.Foreign(wants)
        eventually(foreign.is_in, "in")
        for obj in modes:
            looks(obj, modes[obj])
        waiting = [Holder(lt.writing, obj).waits() for obj in list(modes)[:2]]
        readers = [Holder(lt.reading, obj).waits() for obj in list(modes)[:1]]
        assert foreign.end() == 0
        for holder in waiting:
            holder.is_in().leave()
        for holder in readers:
            holder.is_in().leave()
        for obj in modes:
            free(obj)
        nothing_is_left()


@case
def a_thread_that_ends_leaves_its_record_to_others():
    pair = lt.Pair()

    def some():
        for _ in range(1000 * STRESS):
            assert lt.foreign_threads(pair, 1, 2) == (2, 0)
        for _ in range(100 * STRESS):
            assert lt.foreign_threads(pair, 8, 2) == (16, 0)
        for _ in range(500 * STRESS):
            elsewhere(lt.reading, pair, nothing)
    some()
    before = lt.inside()[1]
    some()
    made = lt.inside()[1] - before
    # Those that chance to be the home of another thread's number are made once.
    assert made < 260, made
    return f"({made} records made for 2300 threads)"


@case
def a_thread_may_lock_while_it_ends():
    if SANITIZED:
        raise Skip("ThreadSanitizer has left by then")
    x = Object()
    for rounds in (1, 2, 3, 4):
        for threads in (1, 3, 8):
            for _ in range(5):
                assert lt.locks_at_thread_end(x, threads, rounds, False) == (threads * (rounds + 1), 0)
                free(x)
    # And end once more, with the lock; the system goes round four times.
    for rounds in (1, 2, 3):
        for threads in (1, 4):
            assert lt.locks_at_thread_end(x, threads, rounds, True) == (threads * (rounds + 1), 0)
            free(x)


@case
def threads_that_python_does_not_know():
    x = Object()
    assert lt.foreign_threads(x, 4, 5000) == (20000, 0)
    assert lt.foreign_try_write(x) == 0
    holder = Holder(lt.writing, x).enter()
    # The exception goes with the thread.
    assert lt.foreign_try_write(x) == -1
    holder.leave()
    assert lt.foreign_try_write(x) == 0


@case
def two_modules_share_one_table():
    import locktest_inline as other
    assert other is not lt and other.writing is not lt.writing
    for a, b in ((lt, other), (other, lt)):
        x = Object()
        holder = Holder(a.writing, x).enter()
        raises(b.try_reading, x, nothing)
        waiting = Holder(b.writing, x).waits()
        holder.leave()
        waiting.is_in()
        raises(a.try_writing, x, nothing)
        waiting.leave()
        # Re-entry through the other module.
        a.writing(x, lambda: b.writing(x, lambda: a.reading(x, nothing)))
        free(x)


UNMARKED = """
import sys, threading
sys.path.insert(0, sys.argv[1])
import locktest_unmarked as unmarked

def elsewhere(function, *args):
    out = []
    def target():
        try:
            out.append(function(*args))
        except RuntimeError as error:
            out.append(error)
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    return out[0]

x = type("X", (), {})()
before = unmarked.writing(x, lambda: elsewhere(unmarked.try_writing, x, lambda: 1))
if sys.argv[2] == "call":
    unmarked.releases_gil()
    print(type(before).__name__,
          type(unmarked.writing(x, lambda: elsewhere(unmarked.try_writing, x, lambda: 1))).__name__)
    sys.exit()
import locktest
without = unmarked.writing(x, lambda: elsewhere(locktest.try_writing, x, lambda: 1))
after = unmarked.writing(x, lambda: elsewhere(locktest.try_writing, x, lambda: 1))
print(type(before).__name__, type(without).__name__, type(after).__name__)
"""


@case
def modules_that_keep_the_gil_lock_once_another_does_not():
    for how, want in (("lock", "int int RuntimeError"), ("call", "int RuntimeError")):
        run = subprocess.run([sys.executable, "-c", UNMARKED, sys.argv[1], how], capture_output=True, text=True,
                             timeout=PATIENCE)
        if FREE_THREADED:
            want = want.replace("int", "RuntimeError")
        assert run.returncode == 0 and run.stdout.split() == want.split(), (run.stdout, run.stderr)


GREENLETS = """
import importlib, sys, threading
sys.path.insert(0, sys.argv[1])
import locktest
inline = importlib.import_module("locktest_inline")
nothing = lambda: None
x, y = locktest.Pair(), locktest.Pair()

def outcome(function, obj=x, body=nothing):
    try:
        function(obj, body)
        return "in"
    except RuntimeError as error:
        return "greenlet" if "another greenlet" in str(error) else "thread" if "another thread" in str(error) else error

def elsewhere(*args):
    out = []
    thread = threading.Thread(target=lambda: out.append(outcome(*args)))
    thread.start()
    thread.join()
    return out[0]

def imported_under_a_lock():
    # What was locked before is the main greenlet's, also what the fast path locked.
    global greenlet
    import greenlet
    assert outcome(locktest.reading) == outcome(locktest.writing) == "in"
    other = greenlet.greenlet(lambda: [outcome(f) for f in (locktest.reading, locktest.writing, inline.try_reading)])
    assert other.switch() == ["greenlet"] * 3
    assert elsewhere(locktest.try_reading) == "thread"
locktest.writing(y, lambda: locktest.writing(x, imported_under_a_lock))
assert outcome(locktest.writing) == outcome(locktest.reading) == "in"

modes = {"r": (locktest.reading, locktest.try_reading, inline.reading, locktest.reading_nogil),
         "w": (locktest.writing, locktest.try_writing, inline.writing, locktest.writing_nogil)}

def switch_under(first, second, begin, holds_more):
    # A greenlet holds x and is switched from; another one, or main, tries.
    seen = []
    def holder():
        def body():
            if holds_more:
                for _ in range(8):
                    seen.append(outcome(locktest.reading))
                    seen.append(outcome(first))
            back.switch()
            # Its own again, whatever others did meanwhile.
            seen.append(outcome(locktest.reading))
            seen.append(outcome(first))
        first(x, body)
        back.switch()
    def trier():
        seen.append(outcome(second))
        back.switch()
    back = greenlet.getcurrent()
    held = greenlet.greenlet(holder)
    held.switch()
    if begin == "main":
        result = outcome(second)
    else:
        greenlet.greenlet(trier).switch()
        result = seen.pop()
    held.switch()
    assert set(seen) == {"in"}, seen
    assert outcome(second) == elsewhere(second) == "in"
    return result

for a in "rw":
    for b in "rw":
        for first in modes[a]:
            for second in modes[b]:
                for begin in ("main", "greenlet"):
                    for holds_more in (False, True):
                        got = switch_under(first, second, begin, holds_more)
                        assert got == ("in" if a + b == "rr" else "greenlet"), (a, b, first, second, begin, got)

# Two that read: neither may become a writer, until the other one has left.
def reader():
    locktest.reading(x, lambda: main.switch(outcome(locktest.writing)))
main = greenlet.getcurrent()
one, two = greenlet.greenlet(reader), greenlet.greenlet(reader)
assert one.switch() == "in"
assert two.switch() == "greenlet"
assert elsewhere(locktest.try_writing) == "thread" and elsewhere(locktest.try_reading) == "in"
one.switch()
assert elsewhere(locktest.try_writing) == "thread"
two.switch()
assert elsewhere(locktest.try_writing) == "in"

# Greenlets of several threads, on which nothing is lost.
pair = locktest.Pair()
def work():
    hub = greenlet.getcurrent()
    def some():
        for _ in range(50):
            pair.add(10)
            hub.switch()
    many = [greenlet.greenlet(some) for _ in range(5)]
    for _ in range(50):
        for each in many: each.switch()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert pair.a == pair.b == 4 * 5 * 500, (pair.a, pair.b)
assert locktest.snapshot() == []
"""


@case
def greenlets_of_a_thread_exclude_each_other():
    if importlib.util.find_spec("greenlet") is None:
        raise Skip("greenlet is not installed")
    script(GREENLETS)


GEVENT = """
import sys, threading
sys.path.insert(0, sys.argv[1])
import locktest
import gevent, gevent.event
x, pair = locktest.Pair(), locktest.Pair()

def outcome(function):
    try:
        function(x, lambda: None)
        return "in"
    except RuntimeError as error:
        return "greenlet" if "another greenlet" in str(error) else "thread" if "another thread" in str(error) else error

# One switches under a lock, by waiting; another one of the thread tries meanwhile.
for first in (locktest.reading, locktest.writing):
    for second in (locktest.reading, locktest.writing, locktest.try_reading, locktest.try_writing):
        held, tried = gevent.event.Event(), gevent.event.Event()
        def hold():
            first(x, lambda: (held.set(), tried.wait()))
        def attempt():
            held.wait()
            seen.append(outcome(second))
            seen.extend(hub.threadpool.apply(lambda: [outcome(locktest.try_writing)]))
            tried.set()
        hub, seen = gevent.get_hub(), []
        gevent.joinall([gevent.spawn(hold), gevent.spawn(attempt)], raise_error=True)
        reads = first is locktest.reading and second in (locktest.reading, locktest.try_reading)
        assert seen == ["in" if reads else "greenlet", "thread"], (first, second, seen)
        assert outcome(locktest.writing) == "in"

# Threads with a hub each: nothing is lost.
def work():
    def some():
        for _ in range(50):
            pair.add(10)
            gevent.sleep(0)
    gevent.joinall([gevent.spawn(some) for _ in range(5)], raise_error=True)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert pair.a == pair.b == 4 * 5 * 500, (pair.a, pair.b)
assert locktest.snapshot() == []
print(getattr(sys, "_is_gil_enabled", lambda: True)())
"""


@case
def greenlets_of_gevent_exclude_each_other():
    if importlib.util.find_spec("gevent") is None:
        raise Skip("gevent is not installed")
    # It has not declared that it does without the GIL, and brings that back.
    assert script(GEVENT) == "True"
    if FREE_THREADED:
        run = subprocess.run([sys.executable, "-X", "gil=0", "-c", GEVENT, MODULES], capture_output=True, text=True,
                             timeout=PATIENCE)
        assert (run.returncode, run.stdout.strip()) == (0, "False"), (run.returncode, run.stdout, run.stderr)


START_AT_ONCE = """
import sys, threading
sys.path.insert(0, sys.argv[1])
import locktest, locktest_inline
barrier = threading.Barrier(8)
x = locktest.Pair()
def work(module):
    barrier.wait()
    for _ in range(200):
        module.writing(x, step)
count = 0
def step():
    global count
    n = count
    for _ in range(20): pass
    count = n + 1
threads = [threading.Thread(target=work, args=((locktest, locktest_inline)[i % 2],)) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
assert count == 1600, count
assert sum(name.startswith("_pyxlock") for name in vars(sys)) == 1
"""


@case
def modules_that_start_at_once_agree():
    for _ in range(3):
        run = subprocess.run([sys.executable, "-c", START_AT_ONCE, sys.argv[1]], capture_output=True, text=True,
                             timeout=PATIENCE)
        assert run.returncode == 0, run.stderr


SHUTDOWN = """
import sys, threading, time
sys.path.insert(0, sys.argv[1])
import locktest
x, y = locktest.Pair(), locktest.Pair()
def hold(obj, mode):
    mode(obj, lambda: time.sleep(100))
class AtEnd:
    def __del__(self):
        locktest.writing(y, lambda: None)
sys.at_end = AtEnd()
for args in ((x, locktest.writing), (x, locktest.writing), (x, locktest.reading), (x, locktest.writing_nogil)):
    threading.Thread(target=hold, args=args, daemon=True).start()
time.sleep(0.2)
"""


@case
def python_ends_while_daemon_threads_hold_and_wait():
    run = subprocess.run([sys.executable, "-c", SHUTDOWN, sys.argv[1]], capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == 0, (run.returncode, run.stderr)


SUBINTERPRETERS = """
import os, sys, threading, time
sys.path.insert(0, sys.argv[1])
first, other = sys.argv[2:4]
try:
    import _interpreters as interpreters        # 3.13
except ImportError:
    import _xxsubinterpreters as interpreters   # 3.12
PREPARE = '''
import os, sys
sys.path.insert(0, %r)
import subtest
def nothing(): pass
def attempt(function, obj):
    try:
        function(obj, nothing)
    except RuntimeError as error:
        return str(error)
    return "in"
'''
def run(id, text, **shared):
    failed = interpreters.run_string(id, PREPARE % sys.argv[1] + text, shared)
    assert failed is None, failed
exec(PREPARE % sys.argv[1])
if other == "locktest":
    import locktest
else:
    locktest = subtest
one, two = interpreters.create(), interpreters.create()

# A small integer is one object for all interpreters.
obj, second = 7, 8
def lock_in_sub(): run(one, "subtest.writing(7, nothing)")
def lock_in_main(): locktest.writing(obj, nothing)
for lock in (lock_in_main, lock_in_sub) if first == "main" else (lock_in_sub, lock_in_main):
    lock()

def say(fd): os.write(fd, b"x")
def hear(fd): assert os.read(fd, 1) == b"x"
def held_in(id, mode):
    "A thread of the interpreter that holds 7 until told."
    (r, w), (r2, w2) = os.pipe(), os.pipe()
    text = "subtest.%s(7, lambda: (os.write(w, b'x'), os.read(r2, 1)))" % mode
    thread = threading.Thread(target=run, args=(id, text), kwargs={"w": w, "r2": r2})
    thread.start()
    hear(r)
    return lambda: (say(w2), thread.join())

for id, elsewhere in ((one, two), (two, one)):
    leave = held_in(id, "writing")
    assert "uses it" in attempt(locktest.try_reading, obj), 1
    run(elsewhere, "assert 'uses it' in attempt(subtest.try_reading, 7)")
    run(elsewhere, "assert len(subtest.snapshot()) == 1")
    leave()
    leave = held_in(id, "reading")
    assert attempt(locktest.try_reading, obj) == "in"
    assert "uses it" in attempt(locktest.try_writing, obj)
    run(elsewhere, "assert attempt(subtest.try_reading, 7) == 'in' != attempt(subtest.try_writing, 7)")
    leave()
    assert attempt(locktest.try_writing, obj) == "in"

# One waits for the other,
def waits(): return any(line[1] == "waits" for line in locktest.snapshot())
def until_waits():
    end = time.monotonic() + 200
    while not waits():
        assert time.monotonic() < end
        time.sleep(0.001)
def body():
    thread = threading.Thread(target=run, args=(one, "subtest.writing(7, nothing)"))
    thread.start()
    until_waits()
    assert "uses it" in run_attempt(two)
    return thread
def run_attempt(id):
    # In a thread of its own: what a thread holds it holds in all interpreters.
    r, w = os.pipe()
    text = "os.write(w, attempt(subtest.try_reading, 7).encode() + b'.')"
    thread = threading.Thread(target=run, args=(id, text), kwargs={"w": w})
    thread.start()
    thread.join()
    return os.read(r, 1000).decode()
locktest.writing(obj, body).join()
# and both for each other.
r, w = os.pipe()
def body():
    thread = threading.Thread(target=run, args=(one, '''
os.write(w, subtest.writing(8, lambda: attempt(subtest.writing, 7)).encode() + b'.')
'''), kwargs={"w": w})
    thread.start()
    until_waits()
    text = attempt(locktest.writing, second)
    assert "deadlock" in text, text
    return thread
locktest.writing(obj, body).join()
assert os.read(r, 1000) == b"in."
for id in (one, two):
    interpreters.destroy(id)
assert attempt(locktest.try_writing, obj) == "in" and locktest.snapshot() == []
print("all", sum(name.startswith("_pyxlock") for name in vars(sys)))
"""


@case
def subinterpreters_share_one_table():
    if sys.version_info < (3, 12):
        raise Skip("needs Python 3.12")
    if not os.path.exists(os.path.join(MODULES, "subtest.so")):
        raise Skip("the limited API has a table for each interpreter")
    for first in ("main", "sub"):
        for other in ("locktest", "subtest"):
            assert script(SUBINTERPRETERS, first, other) == "all 1", (first, other)


OTHER_ABI = """
import sys, warnings
sys.path.insert(0, sys.argv[1])
import locktest, locktest_inline
setattr(sys, "_pyxlock_abi1", object())
if sys.argv[2] == "error":
    warnings.simplefilter("error")
    for _ in range(2):
        try:
            locktest.writing(sys, lambda: None)
        except RuntimeWarning:
            print("raised")
    warnings.simplefilter("ignore")
    print(locktest.writing(sys, lambda: 5))
    sys.exit()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter(sys.argv[2])
    for _ in range(10):
        locktest.writing(sys, lambda: None)
        locktest.reading_nogil(sys, lambda: None)
print(*[w.category.__name__ for w in caught])
"""


@case
def modules_of_another_abi_are_warned_of():
    assert script(OTHER_ABI, "always") == "RuntimeWarning"
    assert script(OTHER_ABI, "default") == "RuntimeWarning"
    assert script(OTHER_ABI, "ignore") == ""
    assert script(OTHER_ABI, "error").split() == ["raised", "raised", "5"]
    assert script(OTHER_ABI.replace("_pyxlock_abi1", "_pyxlock_other"), "always") == ""


SWITCHED_OFF = """
import sys
sys.path.insert(0, sys.argv[1] + "/PYXLOCK_OFF")
import locktest
assert locktest.OFF
locktest.writing(sys, lambda: locktest.reading(sys, lambda: None))
locktest.releases_gil()
print(locktest.snapshot(), locktest.stats(), locktest.inside())
locktest.dump()
print(*[name for name in vars(sys) if "pyxlock" in name])
"""


@case
def switched_off_nothing_is_locked():
    off = variant("PYXLOCK_OFF")
    assert off.OFF and not lt.OFF
    x, y = Object(), Object()
    every = [off.reading, off.writing, off.try_reading, off.try_writing, off.reading_nogil, off.writing_nogil,
             off.try_writing_nogil, lambda o, body: off.holding([(o, "w"), (y, "r"), (None, "w")], body, False)]
    for outer in every:
        for inner in every:
            assert outer(x, lambda: elsewhere(inner, x, lambda: 7)) == 7
        # Neither does it mind others' locks, nor they it.
        assert outer(x, lambda: elsewhere(lt.try_writing, x, lambda: 7)) == 7
        assert lt.writing(x, lambda: elsewhere(outer, x, lambda: 7)) == 7
    off.read_then_downgrade(x, nothing, nothing)
    off.write_released_out_of_order(x, nothing)
    assert script(SWITCHED_OFF).splitlines() in (["[] {} (0, 0, 0)"], ["[] {} (0, 0, 0)", ""])


# ---- for people who debug --------------------------------------------------------------

@case
def a_snapshot_lists_holds_and_waits():
    x, y = Object(), Object()
    me = threading.get_ident()
    name = ("Object", "object")  # the latter in the limited API
    assert lines(x) == lines(y) == []

    def body():
        assert lines(x) == [(me, "holds", "write", id(x), "", 0.0)], lines(x)
        assert lines(y) == [(me, "holds", "read", id(y), "", 0.0)], lines(y)
        start = time.monotonic()
        waiting = Holder(lt.reading, x).waits()
        hold, wait = sorted(lines(x), key=lambda line: line[1])
        assert hold[:4] == (me, "holds", "write", id(x)) and hold[4] in name and hold[5] == 0, hold
        assert wait[:4] == (waiting.thread.ident, "waits", "read", id(x)) and wait[4] in name, wait
        assert 0.03 <= wait[5] <= time.monotonic() - start + 0.1, wait
        later = [line for line in lines(x) if line[1] == "waits"]
        assert later[0][5] >= wait[5]
        return waiting
    waiting = lt.holding([(x, "w"), (y, "r")], body)
    waiting.is_in()
    assert lines(x) == [(waiting.thread.ident, "holds", "read", id(x), "", 0.0)], lines(x)
    assert lines(y) == []
    waiting.leave()
    assert lines(x) == []
    # An upgrade that waits is a hold and a wait.
    other = Holder(lt.reading, x).enter()
    upgrader = Holder(lt.reading, x, then=lambda _: lt.writing(x, nothing)).enter()
    eventually(lambda: len(lines(x)) == 3, "three lines")
    assert sorted(line[:3] for line in lines(x)) == sorted(
        [(other.thread.ident, "holds", "read"), (upgrader.thread.ident, "holds", "read"),
         (upgrader.thread.ident, "waits", "write")])
    other.leave()
    upgrader.leave()
    # A hold counts as often as it was taken; threads that Python does not know
    # have a number too.
    foreign = lt.Foreign([(x, "r")] * 7 + [(x, "r"), (y, "w")])
    eventually(foreign.is_in, "in")
    assert len(lines(x)) == 8 and len(lines(y)) == 1 and len({line[0] for line in lines(x)}) == 1
    foreign.end()
    assert lines(x) == lines(y) == []


class ErrorsTo:
    """Standard error of the process goes to a file meanwhile."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        sys.stderr.flush()
        self.old = os.dup(2)
        os.dup2(self.file.fileno(), 2)

    def __exit__(self, *_):
        os.dup2(self.old, 2)
        os.close(self.old)


@case
def a_dump_prints_the_snapshot():
    x = Object()
    holder = Holder(lt.writing, x).enter()
    waiting = Holder(lt.reading, x).waits()
    with tempfile.TemporaryFile("w+") as file:
        with ErrorsTo(file):
            lt.dump()
        file.seek(0)
        text = file.read().splitlines()
    assert len(text) == 2 and all(line.startswith("pyxlock: thread ") for line in text), text
    assert f"{holder.thread.ident:#x} holds to write {id(x):#x}" in text[0].lower(), text
    assert f"{waiting.thread.ident:#x} waits to read {id(x):#x}" in text[1].lower(), text
    holder.leave()
    waiting.leave()


@case
def snapshots_and_dumps_under_contention():
    pair = lt.Pair()
    done = threading.Event()

    def until_done(function):
        def loop():
            while not done.is_set():
                function(100)
        return loop
    threads = [threading.Thread(target=until_done(function)) for function in
               (pair.add, pair.add_nogil, pair.add_upgrading, pair.add_upgrading) + (pair.count_torn,) * 4]
    for thread in threads:
        thread.start()
    try:
        idents = {thread.ident for thread in threads}
        count = waits = 0
        with open(os.devnull, "w") as nowhere, ErrorsTo(nowhere):
            begun = time.monotonic()
            # On a busy machine it may take a while until one of them is seen in its lock.
            while time.monotonic() < begun + (0.7 * STRESS if count else PATIENCE):
                for thread, what, mode, obj, name, seconds in lt.snapshot():
                    assert thread in idents and obj == id(pair) and mode in ("read", "write"), (thread, obj, mode)
                    assert what == "waits" and 0 <= seconds < 60 and name or what == "holds" and seconds == 0
                    count += 1
                    waits += what == "waits"
                lt.dump()
                assert lt.stats()["longest_wait"] >= 0
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert pair.a == pair.b
    assert count > 0
    return f"({count} lines, {waits} waits)"


@case
def stats_count_waits_and_deadlocks():
    x = Object()
    keys = {"reads", "writes", "upgrades", "waits", "deadlocks", "longest_wait"}
    assert set(lt.stats()) == keys

    def grown(function):
        before = lt.stats()
        function()
        after = lt.stats()
        assert after["longest_wait"] >= before["longest_wait"]
        assert (after["reads"], after["writes"]) == (before["reads"], before["writes"])  # not compiled in
        return after["waits"] - before["waits"], after["deadlocks"] - before["deadlocks"]

    def no_wait():
        lt.writing(x, lambda: (lt.reading(x, nothing), raises(elsewhere, lt.try_writing, x, nothing)))
        lt.reading(x, lambda: elsewhere(lt.reading, x, nothing))

    def one_wait():
        holder = Holder(lt.writing, x).enter()
        waiting = Holder(lt.reading, x).waits()
        time.sleep(0.1)
        holder.leave()
        waiting.leave()

    def a_cycle():
        assert len(crossing(lt.writing, lt.writing)) == 1

    def a_refused_upgrade():
        first = Holder(lt.reading, x, then=lambda _: lt.writing(x, nothing))

        def body():
            first.enter()
            eventually(lambda: any(line[1] == "waits" for line in lines(x)), "waits")
            raises(lt.writing, x, nothing)
        lt.reading(x, body)
        first.leave()
    assert grown(no_wait) == (0, 0)
    # free() at the end of crossing waits for nobody.
    assert grown(one_wait) == (1, 0)
    assert lt.stats()["longest_wait"] >= 0.1
    assert grown(a_cycle) == (1, 1)
    assert grown(a_refused_upgrade) == (1, 1)
    # The counters of threads that ended stay.
    assert grown(lambda: together(one_wait)) == (1, 0)


@case
def stats_count_locks_exactly_where_that_is_compiled_in():
    counting = variant("PYXLOCK_STATS")
    x, y = Object(), Object()

    def grown(function):
        before = lt.stats()
        function()
        after = counting.stats()
        return tuple(after[key] - before[key] for key in ("reads", "writes", "upgrades"))

    def nest(*functions):
        if functions:
            functions[0](x, lambda: nest(*functions[1:]))
    r, w = counting.reading, counting.writing
    for functions, want in (((r,), (1, 0, 0)), ((w,), (0, 1, 0)), ((r, r, r), (3, 0, 0)), ((w, r, w), (1, 2, 0)),
                            ((r, w), (1, 1, 1)), ((r, r, w, w, r), (3, 2, 1)), ((counting.try_reading,), (1, 0, 0)),
                            ((counting.try_writing_nogil, counting.reading_nogil), (1, 1, 0)),
                            ((lt.reading, lt.writing), (0, 0, 0)), ((lt.reading, w), (0, 1, 1))):
        assert grown(lambda: nest(*functions)) == want, (functions, want)
    assert grown(lambda: counting.holding([(x, "r"), (y, "w"), (x, "w"), (None, "r"), (y, "r")], nothing)) == (0, 2, 0)
    assert grown(lambda: counting.holding([(x, "r"), (y, "w")], nothing, False)) == (1, 1, 0)
    # Those that fail do not count; those that waited do.
    holder = Holder(lt.writing, x).enter()
    assert grown(lambda: raises(counting.try_reading, x, nothing)) == (0, 0, 0)
    assert grown(lambda: raises(counting.holding, [(x, "r"), (y, "w")], nothing, False))[0] == 0
    waiting = Holder(counting.reading, x).waits()
    assert grown(lambda: (holder.leave(), waiting.leave())) == (1, 0, 0)
    # In threads at once, by what each did.
    pair = counting.Pair()
    n = MANY // 10
    results = []
    grew = grown(lambda: results.extend(together(
        lambda: pair.add(n), lambda: pair.add_nogil(n), lambda: pair.count_torn(n), lambda: pair.add_upgrading(n),
        lambda: pair.add_upgrading(n))))
    refused = results[3] + results[4]
    assert grew == (3 * n + refused, 4 * n, 2 * n), (grew, n, refused)
    free(x)
    free(y)


# ---- stress ----------------------------------------------------------------------------

@case
def addresses_are_reused():
    # Objects die as soon as their locks are gone; others take their addresses.
    seen = set()
    reused = 0

    def work():
        nonlocal reused
        for _ in range(3000):
            x = Object()
            reused += id(x) in seen
            seen.add(id(x))
            lt.writing(x, lambda: lt.reading(x, nothing))
            gone = weakref.ref(x)
            del x
            assert gone() is None
    together(work, work, work)
    assert reused > 0
    # Dying inside its own lock is the caller's affair; the lock does not keep it.
    x = Object()
    free(x)


@case
def a_lock_keeps_nothing_alive():
    for function in (lt.reading, lt.writing, lt.try_reading, lt.try_writing, lt.reading_nogil,
                     lambda o, body: lt.holding([(o, "w")], body)):
        x = Object()
        before = sys.getrefcount(x)
        function(x, nothing)
        assert sys.getrefcount(x) == before
        gone = weakref.ref(x)
        del x
        gc.collect()
        assert gone() is None


@case
def objects_die_as_soon_as_the_last_thread_lets_go():
    count, rounds = 3, 300 * STRESS
    barrier = threading.Barrier(count)
    current = [None]
    dead, addresses = [], set()

    def work(i):
        rng = random.Random(i)
        for _ in range(rounds):
            if i == 0:
                current[0] = lt.Pair()
                addresses.add(id(current[0]))
            barrier.wait()
            pair = current[0]
            barrier.wait()
            if i == 0:
                current[0] = None
                gone = weakref.ref(pair)
            rng.choice((lambda: pair.add(3), lambda: pair.add_upgrading(3), lambda: pair.count_torn(3)))()
            del pair
            barrier.wait()
            if i == 0:
                dead.append(gone() is None)
    together(*[lambda i=i: work(i) for i in range(count)])
    assert all(dead) and len(dead) == rounds
    # (The last lambdas of the others may live a moment longer.)
    assert len(addresses) < rounds


@case
def stress_writers_lose_no_update():
    pair = lt.Pair()
    n = MANY
    together(*[lambda: pair.add(n)] * 2, *[lambda: pair.add_nogil(n)] * 2)
    assert (pair.a, pair.b) == (4 * n, 4 * n), (pair.a, pair.b)


@case
def stress_readers_see_no_torn_pair():
    pair = lt.Pair()
    n = MANY
    results = together(lambda: pair.add(n), lambda: pair.add_nogil(n),
                       lambda: pair.count_torn(n), lambda: pair.count_torn(n))
    assert results[2:] == [0, 0], results
    assert (pair.a, pair.b) == (2 * n, 2 * n), (pair.a, pair.b)


@case
def stress_upgrades_lose_no_update():
    pair = lt.Pair()
    n = MANY
    results = together(*[lambda: pair.add_upgrading(n)] * 3, lambda: pair.count_torn(n))
    assert results[3] == 0, results
    assert (pair.a, pair.b) == (3 * n, 3 * n), (pair.a, pair.b)


@case
def stress_without_locks_would_fail():
    """Not a test of the lock but of the tests: the window is really open."""
    if not FREE_THREADED:
        raise Skip("needs free threading")
    pair = lt.Pair()
    n = 2000000
    for _ in range(20):
        together(lambda: lt.unlocked(pair, n), lambda: lt.unlocked(pair, n))
        if pair.b % n:
            return
    raise Skip("the machine is too busy to run two threads at once")


def nothing_is_left():
    """After a case nobody holds anything, and every write and wait has taken
    its part out of the filter again."""
    def clean():
        return lt.inside()[0] == 0 and lt.snapshot() == []
    eventually(clean, f"nothing is left: {lt.inside()} {lt.snapshot()}")


def main():
    failed = 0
    only = set(sys.argv[2:])
    for function in CASES:
        name = function.__name__
        if only and name not in only:
            continue
        print("run", name, flush=True)
        faulthandler.dump_traceback_later(limit(), exit=True)
        start = time.perf_counter()
        try:
            note = function()
            if not failed:
                nothing_is_left()
        except Skip as skip:
            print(f"skip {name}: {skip}", flush=True)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            print("FAIL", name, flush=True)
            failed += 1
        else:
            print(f"ok {name} {time.perf_counter() - start:.2f}s {note or ''}", flush=True)
        faulthandler.cancel_dump_traceback_later()
    print("done", flush=True)
    sys.stdout.flush()
    # Threads of failed cases may still hang; they must not keep the process.
    os._exit(1 if failed else 0)


if __name__ == "__main__":
    main()
