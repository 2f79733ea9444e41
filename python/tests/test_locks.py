"""The uncompiled locks do what the C runtime does: its own cases, run on them."""

import faulthandler
import gc
import importlib.util
import os
import sys
import threading
from pathlib import Path

import pytest

from pyxlock import _locks

TESTS = Path(__file__).parent
RUNTIME = TESTS.parents[1] / "runtime" / "test" / "run.py"

# What is about C code, its tables, or threads that Python does not know.
NOT_HERE = {
    "idle_threads_come_back",
    "two_objects_of_one_place_in_the_filter_do_not_meet",
    "addresses_that_hash_alike_do_not_conflict",
    "nogil_callers_wait_and_raise",
    "a_waiter_gives_up_its_critical_sections",
    "a_thread_that_ends_gives_up_what_it_holds",
    "a_thread_that_ends_leaves_its_record_to_others",
    "a_thread_may_lock_while_it_ends",
    "threads_that_python_does_not_know",
    "two_modules_share_one_table",
    "modules_that_keep_the_gil_lock_once_another_does_not",
    "modules_that_start_at_once_agree",
    "python_ends_while_daemon_threads_hold_and_wait",
    "subinterpreters_share_one_table",
    "modules_of_another_abi_are_warned_of",
    "switched_off_nothing_is_locked",
    "a_dump_prints_the_snapshot",
    "snapshots_and_dumps_under_contention",
    "stats_count_waits_and_deadlocks",
    "stats_count_locks_exactly_where_that_is_compiled_in",
    # A guard of uncompiled code is an object, and empty until it is given to acquire().
    "an_empty_guard_releases_nothing",
    # Uncompiled code has one way for any number of objects; test_twin.py compares it
    # with the compiled one.
    "any_number_of_objects_is_held",
    "each_of_many_objects_is_held_once_in_the_stronger_mode",
    "all_of_many_objects_or_nothing",
    "many_objects_are_released_whatever_ends_the_body",
    "many_objects_in_opposite_orders_never_hang",
    "many_objects_meet_single_ones",
    "where_no_body_releases_the_gil_many_objects_cost_nothing",
    "items_are_those_that_the_body_sees",
    "items_of_what_can_do_more_than_yield_are_left_alone",
    "instances_of_subclasses_stay_what_they_are",
    "what_iterating_raises_comes_out",
}
if not hasattr(os, "waitstatus_to_exitcode"):  # Python 3.8: the cases use it
    NOT_HERE |= {
        "a_forked_child_does_not_wait_for_threads_it_does_not_have",
        "forks_under_contention",
        "a_forked_child_holds_what_the_forking_thread_held",
        "forks_in_the_middle_of_lock_calls",
    }


def load_cases():
    sys.path.insert(0, str(TESTS / "plain"))
    argv, sys.argv = sys.argv, ["run.py", str(TESTS / "plain")]
    try:
        spec = importlib.util.spec_from_file_location("runtime_cases", RUNTIME)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.argv = argv

    module.MANY = 3000
    # A case collects garbage all the time. What pytest has loaded is none, and to look at it
    # would be nearly all of that.
    gc.freeze()
    return module


cases = load_cases()


def test_the_cases_that_are_left_out_exist():
    assert NOT_HERE <= {case.__name__ for case in cases.CASES}


@pytest.mark.parametrize(
    "case", [case for case in cases.CASES if case.__name__ not in NOT_HERE], ids=lambda case: case.__name__
)
def test_runtime_case(case):
    faulthandler.dump_traceback_later(cases.limit(), exit=True)
    try:
        case()
        cases.nothing_is_left()
    except cases.Skip as skip:
        pytest.skip(str(skip))
    finally:
        faulthandler.cancel_dump_traceback_later()


def test_what_interrupts_a_lock_call_may_wait_itself(monkeypatch):
    """A finalizer or signal handler runs after the look that finds an object free,
    and waits; meanwhile another thread takes the object."""
    lt = cases.lt
    x, y = cases.Object(), cases.Object()
    order = []

    def in_other_thread(_):
        order.append("other is in")
        holds_y.may_leave.set()
        cases.eventually(lambda: any(line[1] == "waits" for line in cases.lines(x)), "the main thread waits")
        order.append("other leaves")

    holds_y = cases.Holder(lt.writing, y).enter()
    takes_x = cases.Holder(lt.writing, x, then=in_other_thread)
    is_free = _locks._is_free
    interrupts = iter([lambda: lt.writing(y, lambda: order.append("interrupt"))])

    def interrupted(guard, out_of_turn):
        free = is_free(guard, out_of_turn)
        if guard.object is x and guard.thread == threading.get_ident():
            for interrupt in interrupts:
                assert free
                takes_x.start()
                interrupt()
        return free

    monkeypatch.setattr(_locks, "_is_free", interrupted)
    lt.writing(x, lambda: order.append("main is in"))
    holds_y.leave()
    takes_x.leave()
    assert order[0] == "other is in" and order[-2:] == ["other leaves", "main is in"]
    cases.nothing_is_left()
