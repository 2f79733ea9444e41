"""What happens to the objects of twin.py, written down line by line.

    python scenarios.py

prints the name of each scenario and what came of it. test_twin.py compares what
the uncompiled and the compiled module print. No line depends on how long
something takes, on addresses, or on the order in which threads run.
"""

import faulthandler
import inspect
import os
import sys
import threading
import time

import slot
import twin

try:
    from probe import snapshot
except ImportError:
    from pyxlock._locks import snapshot

SCENARIOS = []
PATIENCE = 60


def scenario(function):
    SCENARIOS.append(function)
    return function


def eventually(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.001)


class Call:
    """function(*args, body) in a thread, where body stays until it is told."""

    def __init__(self, function, *args, then=None):
        self.entered = threading.Event()
        self.may_leave = threading.Event()
        self.then = then
        self.outcome = None
        self.thread = threading.Thread(target=self._run, args=(function, args), daemon=True)
        self.thread.start()

    def _run(self, function, args):
        try:
            self.outcome = repr(function(*args, self._body))
        except Exception as error:
            self.outcome = f"{type(error).__name__}: {error}"

    def _body(self):
        self.entered.set()
        if self.then is not None:
            return self.then()
        assert self.may_leave.wait(PATIENCE)

    def state(self):
        """Waits until it is known what the thread does: in, waits, or left."""

        def waits():
            # For so long that newcomers queue behind it, which compiled they do
            # after a millisecond only.
            return any(line[0] == self.thread.ident and line[1] == "waits" and line[5] > 0.03 for line in snapshot())

        eventually(lambda: self.entered.is_set() or waits() or not self.thread.is_alive(), "a state")
        if not self.thread.is_alive() and not self.entered.is_set():
            return f"left with {self.outcome}"
        return "in" if self.entered.is_set() else "waits"

    def is_in(self):
        assert self.entered.wait(PATIENCE), self.outcome
        return self

    def is_waiting(self):
        assert self.state() == "waits", self.state()
        return self

    def leave(self):
        self.may_leave.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "does not end"
        return self.outcome


def attempt(function, *args, **kwargs):
    try:
        return repr(function(*args, **kwargs))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def beside(holder, **calls):
    """What calls in other threads come to while the holder is in, and after."""
    holder.is_in()
    started = {}
    for name, call in calls.items():
        started[name] = Call(*call)
        print(" ", name, started[name].state())
    for call in started.values():
        call.may_leave.set()
    print("  then", holder.leave())
    for name, call in started.items():
        call.leave()
        print(" ", name, call.outcome)


def ways(counter, other):
    """Every way to come to a counter, each with a body."""
    return {
        "reading": (counter.reading,),
        "writing": (counter.writing,),
        "call": (counter,),
        "undecorated": (lambda body: (counter.set(7), body()),),
        "value": (lambda body: (counter.value, body()),),
        "set value": (lambda body: (setattr(counter, "value", 3), body()),),
        "len": (lambda body: (len(counter), body()),),
        "item": (lambda body: (counter[0], body()),),
        "less": (lambda body: (counter.less(other), body()),),
        "less of": (lambda body: (other.less(counter), body()),),
        "take": (counter.take, other),
        "take from": (other.take, counter),
        "both": (twin.Counter.both, counter, other),
        "both, turned": (twin.Counter.both, other, counter),
        "both, itself": (twin.Counter.both, counter, counter),
        "twice": (twin.twice, counter),
        "move": (lambda body: twin.move(counter, body=body),),
        "move to": (lambda body: twin.move(None, b=counter, body=body),),
        "no lock": (lambda body: (counter.glance(), body()),),
        "another": (other.writing,),
        "None": (twin.twice, None),
        "class": (lambda body: twin.Counter.made(body),),
    }


@scenario
def results():
    c, d = twin.Counter(5), twin.Counter(n=7)
    print(c.add(), c.add(3), c.add(k=2), c.get(), c.value, len(c), list(c), c.less(d), c.less(other=None))
    c.value = 2
    print(c.take(d), c.take(None), c.take(c), d.swap(c), c.get(), d.get(), list(c.steps()))
    print(twin.twice(4), twin.twice(c), twin.move(c, d), twin.move(a=None), twin.move(b=c, a=None))
    e = twin.Doubled(1)
    print(e.add(2), e.once(), e.previous(), e.get(), e.less(c), twin.Counter.made(lambda: "made"))


@scenario
def errors():
    c = twin.Counter(1)
    print(attempt(c.__getitem__, 5))
    print(attempt(c.writing, lambda: {}["missing"]))
    print(attempt(c.writing, lambda: c.reading(lambda: c.writing(lambda: "again"))))
    print(attempt(c.reading, lambda: c.writing(lambda: "upgraded")))
    print(snapshot())


@scenario
def documentation():
    print(twin.Counter.__doc__, twin.Counter.add.__doc__, twin.Counter.add.__name__, twin.twice.__doc__)
    print(list(inspect.signature(twin.Counter.take).parameters), list(inspect.signature(twin.move).parameters))


@scenario
def beside_a_reader():
    c, other = twin.Counter(1), twin.Counter(2)
    for name, call in ways(c, other).items():
        print(name)
        beside(Call(c.reading), **{name: call})


@scenario
def beside_a_writer():
    c, other = twin.Counter(1), twin.Counter(2)
    for name, call in ways(c, other).items():
        print(name)
        beside(Call(c.writing), **{name: call})


@scenario
def what_each_way_keeps_out():
    c, other = twin.Counter(1), twin.Counter(2)
    for name, call in ways(c, other).items():
        if name in ("undecorated", "value", "set value", "len", "item", "less", "less of", "no lock", "class"):
            continue  # their bodies come after the lock
        print(name)
        beside(Call(*call), reading=(c.reading,), writing=(c.writing,), reading_other=(other.reading,),
               writing_other=(other.writing,))


@scenario
def a_subclass_shares_the_lock():
    d = twin.Doubled(1)
    beside(Call(d.reading), add=(lambda body: (d.add(1), body()),), once=(lambda body: (d.once(), body()),),
           previous=(lambda body: (d.previous(), body()),))


@scenario
def items_are_held_together():
    c, d, doc = twin.Counter(1), twin.Doubled(2), twin.Document()
    leaf, orphan = twin.Element(doc), twin.Element()
    both = [c, leaf]
    for name, rows, counters, named in (
        ("a list", both, (d, c, 3), {}),
        ("a tuple", (orphan, leaf, None), (), {"one": c, "two": d, "three": 3}),
        ("a generator", (row for row in both), (), {}),
        ("a dict", {c: d}, (), {"one": doc}),
        ("nothing", None, (), {}),
    ):
        print(name)
        beside(Call(lambda body: type(twin.gather(rows, body, *counters, **named)[0]) is type(rows)),
               reading=(c.reading,), writing=(c.writing,), reading_other=(d.reading,), writing_other=(d.writing,),
               document=(doc.writing,), sibling=(lambda body: leaf.append(1, body),))
    print(attempt(twin.gather, (1 // n for n in (1, 0)), lambda: None), attempt(twin.gather, rows=[], body=len), snapshot())
    copied = twin.gather(both, lambda: both.clear())[0]
    print(len(copied), both)


@scenario
def the_class_is_the_object_of_a_class_method():
    c = twin.Counter(1)
    beside(Call(twin.Counter.made), made=(twin.Counter.made,), of_a_subclass=(twin.Doubled.made,), object=(c.writing,))


@scenario
def a_class_that_does_not_wait():
    s, t = slot.Slot(), slot.Slot()
    s.put(1)
    t.put(2)
    for hold in (lambda body: s.put(3, body), s.get):
        beside(Call(hold), get=(s.get,), put=(lambda body: s.put(4, body),),
               swap=(lambda body: (t.swap(s), body()),), other=(t.get,))
    print(s.get(), t.get(), s.get(lambda: s.put(5)), s.get())


@scenario
def a_guard_is_the_lock():
    d, e = twin.Document(), twin.Document()
    a, b, c, orphan = twin.Element(d), twin.Element(d), twin.Element(e), twin.Element()
    print(a.siblings(b), a.siblings(c), a.siblings(None), orphan.siblings(a))
    beside(Call(lambda body: a.append(1, body)), sibling=(lambda body: b.append(2, body),),
           document=(d.writing,), elsewhere=(lambda body: c.append(3, body),),
           orphan=(lambda body: orphan.append(4, body),), siblings=(lambda body: (a.siblings(c), body()),),
           cursor=(twin.Cursor(d).count,), cursor_elsewhere=(twin.Cursor(e).count,), no_document=(twin.Cursor().count,))
    print(len(d), len(e), twin.Cursor(d).count(), twin.Cursor().count())


@scenario
def a_reader_queues_behind_a_waiting_writer():
    c = twin.Counter(1)
    first = Call(c.reading).is_in()
    writer = Call(c.writing).is_waiting()
    late = Call(c.reading)
    print(late.state())
    first.leave()
    writer.is_in()
    print(late.state())
    writer.leave()
    late.is_in().leave()


@scenario
def two_upgrades():
    c = twin.Counter(1)
    go = threading.Event()
    first = Call(c.reading, then=lambda: (go.wait(PATIENCE), c.add(10))[1]).is_in()
    def body():
        go.set()
        eventually(lambda: any(line[1] == "waits" for line in snapshot()), "waits")
        return attempt(c.add, 1)
    print(c.reading(body))
    print(first.leave(), c.get())


@scenario
def a_cycle():
    for count in (2, 3):
        objects = [twin.Counter(5) for _ in range(count)]
        go = threading.Barrier(count)
        def crossing(i):
            return lambda: (go.wait(PATIENCE), attempt(objects[(i + 1) % count].get))[1]
        calls = [Call(objects[i].writing, then=crossing(i)) for i in range(count)]
        # Which of them closes the cycle is a matter of time.
        print(sorted(eval(call.leave()) for call in calls))


@scenario
def opposite_orders():
    a, b = twin.Counter(1), twin.Counter(1)
    def many(x, y):
        for _ in range(300):
            x.swap(y)
            x.take(y, None)
    threads = [threading.Thread(target=many, args=pair) for pair in ((a, b), (b, a), (a, b))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(snapshot())


@scenario
def no_update_is_lost():
    c, d = twin.Counter(), twin.Doubled()
    def many():
        for _ in range(500):
            c.add()
            d.add(1)
            c.value
    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(c.get(), d.get())


def main():
    for function in SCENARIOS:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        print("==", function.__name__, flush=True)
        faulthandler.dump_traceback_later(2 * PATIENCE, exit=True)
        function()
        assert snapshot() == [], snapshot()
    print("==", "uncompiled" if twin.__file__.endswith(".py") else "compiled", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
