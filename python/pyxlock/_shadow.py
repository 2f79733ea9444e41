"""The decorators for code that runs uncompiled.

They lock as compiled code does (docs/reference/decorators.md), but infer nothing
from what a function does, and leave attributes alone; docs/howto/pure-mode.md says
what follows from that.
"""

import functools
import inspect
import sys
import types

from ._block import Block, takers
from ._locks import acquire, release
from ._plan import MARK, NEVER_LOCK, ClassLock, Exemption, Plan, lock_of, misuse

_KINDS = ("rwlock", "critical_section", "mutex")

# Methods that have no self, without saying so.
_STATIC = frozenset({"__new__", "__class_getitem__", "__init_subclass__"})

# An attribute of functions that cython.cfunc is on.
_C_METHOD = "__pyxlock_cfunc__"

# An attribute of classes that no_lock is on.
_EXEMPT = "__pyxlock_exempt__"


def install():
    """Gives the decorators to the module `cython`, where that is imported.

    cython.cfunc and cython.cclass, which do nothing in uncompiled code, leave a mark
    from then on: a C method takes no lock of its own, and a C class shares the lock
    of its base. Once is enough; more often does no harm.
    """
    for name in ("cython", "Cython.Shadow"):
        module = sys.modules.get(name)
        if module is None:
            continue
        for decorator in (locked_class, read_lock, write_lock, no_lock):
            setattr(module, decorator.__name__, decorator)
        for name, mark in (("cfunc", _mark_c_method), ("cclass", _inherit_lock)):
            directive = getattr(module, name, None)
            if directive is not None and not isinstance(directive, _Directive):
                setattr(module, name, _Directive(directive, mark))


class _Directive:
    """A decorator of cython's own, and then what we do."""

    def __init__(self, directive, then):
        self._directive = directive
        self._then = then

    def __call__(self, *args):
        result = self._directive(*args)
        self._then(result)
        return result

    def __enter__(self):
        return self._directive.__enter__()

    def __exit__(self, *error):
        return self._directive.__exit__(*error)


# ---- classes -----------------------------------------------------------------------


def locked_class(*args, **options):
    """@cython.locked_class: a class whose methods lock their object.

    lock="rwlock", "critical_section" or "mutex"; blocking=True or False;
    guard="attribute"; undecorated="infer" or "error".
    """
    if len(args) > 1 or args and (options or isinstance(args[0], str)):
        raise misuse(
            "locked_class takes keyword arguments only",
            'write lock="rwlock", blocking=True, guard="name" or undecorated="infer"',
        )
    for name, value in options.items():
        _check_option(name, value)
    if args:
        return _lock_class(args[0])
    return lambda cls: _lock_class(cls, **options)


def _check_option(name, value):
    choices = {"lock": _KINDS, "undecorated": ("infer", "error")}.get(name)
    if choices is not None:
        if value not in choices:
            raise misuse(f"{name}={value!r}", f"{name} takes one of: " + ", ".join(f'"{c}"' for c in choices))
    elif name == "blocking":
        if value is not True and value is not False:
            raise misuse(f"blocking={value!r}", "blocking takes True or False")
    elif name == "guard":
        if not isinstance(value, str) or not value.isidentifier():
            raise misuse(f"guard={value!r}", 'guard takes the name of one attribute in quotes: guard="_doc"')
    else:
        raise misuse(f"locked_class has no argument {name}", "it takes lock, blocking, guard and undecorated")


def _lock_class(cls, lock=None, blocking=True, guard=None, undecorated="infer"):
    if not isinstance(cls, type):
        raise misuse("locked_class on a function", "it goes on a class; a function takes read_lock or write_lock")
    before = cls.__dict__.get(MARK)
    if before is not None and before.decorated:
        raise misuse(f"locked_class given twice for {cls.__name__}", "keep one of them")
    if _EXEMPT in cls.__dict__:
        raise _both(cls)
    base = _lock_of_base(cls)
    if base is None:
        kind = lock or "rwlock"
    else:
        kind = base.kind
        if lock not in (None, kind):
            raise misuse(
                f'{cls.__name__} asks for lock="{lock}", but its base {base.name} is locked with "{kind}"',
                "a subclass shares its base's lock: leave lock= out here, or change it on the base",
            )
        if guard not in (None, base.guard):
            raise misuse(
                f'{cls.__name__} asks for guard="{guard}", but the state that it inherits from {base.name} '
                "is guarded differently",
                "two locks for the same fields do not exclude each other: put guard= on the base, or leave it out",
            )
    if not blocking and kind != "rwlock":
        raise misuse(
            f'blocking=False with lock="{kind}", which can only wait', 'use lock="rwlock", or leave blocking out'
        )
    if base is not None:
        blocking = blocking and base.blocking
        guard = base.guard
    _lock_members(cls, ClassLock(cls.__name__, kind, blocking, guard, undecorated == "error", True))
    return cls


def _lock_of_base(cls):
    return next((base.__dict__[MARK] for base in cls.__mro__[1:] if MARK in base.__dict__), None)


def _inherit_lock(cls):
    """What cython.cclass is on derives from a locked class, perhaps, and then is one."""
    base = _lock_of_base(cls) if isinstance(cls, type) else None
    if base is not None and MARK not in cls.__dict__:
        _lock_members(cls, ClassLock(cls.__name__, base.kind, base.blocking, base.guard, False, False))


def _lock_members(cls, lock):
    before = cls.__dict__.get(MARK)
    locked = {}  # a function may have several names

    def member(function):
        if function not in locked:
            locked[function] = _lock_member(cls, function, lock, before)
        return locked[function]

    for name, value in list(cls.__dict__.items()):
        if isinstance(value, types.FunctionType):
            if name not in NEVER_LOCK and name not in _STATIC:
                setattr(cls, name, member(value))
        elif isinstance(value, property):
            for accessor, change in ((value.fget, "getter"), (value.fset, "setter"), (value.fdel, "deleter")):
                if accessor is not None:
                    value = getattr(value, change)(member(accessor))
            setattr(cls, name, value)
    setattr(cls, MARK, lock)


def _lock_member(cls, function, lock, before):
    if getattr(function, MARK, None) is None:
        if getattr(function, _C_METHOD, False) or not isinstance(function, types.FunctionType):
            return function
        if lock.must_decorate and function.__name__ != "__init__":
            raise misuse(
                f"{cls.__name__}.{function.__name__} has no lock decorator, and the class asks for one",
                'add @cython.read_lock, @cython.write_lock or @cython.no_lock("why")',
            )
        # What it does cannot be inferred here; so it is taken for a writer.
        function = _lock("write_lock", (), False, function)
    plan = getattr(function, MARK)
    if isinstance(plan, Plan) and plan.owner is before:
        plan.owner = lock
    return function


# ---- functions -----------------------------------------------------------------------


def read_lock(*names, **options):
    """@cython.read_lock: the function reads its first parameter's state.

    With arguments, that of the named parameters, or of what dotted paths from
    them lead to, instead; "*others" names the items of a parameter, "**named" the
    values of one that collects keyword arguments. With snapshot=True a generator
    runs to its end under the lock when it is called.

    with cython.read_lock(a, b): holds the objects themselves while the body runs.
    """
    return _lock_decorator("read_lock", names, **options)


def write_lock(*names, **options):
    """@cython.write_lock: the function changes its first parameter's state.

    With arguments, that of the named parameters, or of what dotted paths from
    them lead to, instead; "*others" names the items of a parameter, "**named" the
    values of one that collects keyword arguments. With snapshot=True a generator
    runs to its end under the lock when it is called.

    with cython.write_lock(a, b): holds the objects themselves while the body runs.
    """
    return _lock_decorator("write_lock", names, **options)


takers.update((read_lock, write_lock))


def no_lock(*reason):
    """@cython.no_lock("why"): the method, or nothing of the class, needs a lock."""
    if len(reason) != 1 or not isinstance(reason[0], str) or not reason[0].strip():
        raise misuse(
            "no_lock needs a reason",
            'write why it is safe: @cython.no_lock("reads only what __cinit__ set")',
        )
    return lambda function: _within(function, _exempt)


def _lock_decorator(decorator, names, snapshot=False, **unknown):
    if snapshot is not True and snapshot is not False:
        raise misuse(f"snapshot={snapshot!r}", "snapshot takes True or False")
    for name, value in unknown.items():
        raise misuse(
            f"{decorator} takes names in quotes, not {name}={value!r}",
            f'name parameters or dotted paths from them: @cython.{decorator}("self", "other")',
        )
    if len(names) == 1 and _decorable(names[0]):
        return _within(names[0], functools.partial(_lock, decorator, (), snapshot))
    if names and not snapshot and not any(isinstance(name, str) for name in names):
        return Block(decorator, names)
    for name in names:
        if not isinstance(name, str) or not name:
            raise misuse(
                f"{decorator} takes names in quotes, not {name!r}",
                f'name parameters or dotted paths from them: @cython.{decorator}("self", "other")',
            )
    return lambda function: _within(function, functools.partial(_lock, decorator, names, snapshot))


_ACCESSORS = (staticmethod, classmethod, property)


def _decorable(object):
    """Whether a lock can be put on it, rather than taken of it."""
    return isinstance(object, _ACCESSORS) or callable(object) and lock_of(object) is None


def _within(function, decorate):
    """Decorates a function; also one that staticmethod or the like is on already."""
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(decorate(function.__func__))
    if isinstance(function, property):
        accessors = {"getter": function.fget, "setter": function.fset, "deleter": function.fdel}
        accessors = {change: accessor for change, accessor in accessors.items() if accessor is not None}
        # The decorator stands on the last one.
        change = max(accessors, key=lambda change: inspect.unwrap(accessors[change]).__code__.co_firstlineno)
        return getattr(function, change)(decorate(accessors[change]))
    return decorate(function)


def _exempt(function):
    if isinstance(function, type):
        return _exempt_class(function)
    mark = getattr(function, MARK, None)
    if isinstance(mark, Plan):
        raise misuse(f"{mark.decorators[0]} on a function that no_lock exempts", "keep one of them")
    setattr(function, MARK, Exemption())
    return function


def _exempt_class(cls):
    before, base = cls.__dict__.get(MARK), _lock_of_base(cls)
    if before is not None and before.decorated:
        raise _both(cls)
    if base is not None:
        raise misuse(
            f"no_lock on {cls.__name__}, which shares the lock of its base {base.name}",
            "say it on each method that needs no lock",
        )
    if _EXEMPT in cls.__dict__:
        raise misuse(f"no_lock given twice for {cls.__name__}", "keep one of them")
    setattr(cls, _EXEMPT, True)
    return cls


def _both(cls):
    return misuse(
        f"no_lock on {cls.__name__}, which is a locked class",
        "keep one of them; a method of a locked class that needs no lock has its own no_lock",
    )


def _mark_c_method(function):
    if isinstance(function, types.FunctionType):
        setattr(function, _C_METHOD, True)


def _lock(decorator, names, snapshot, function):
    if isinstance(function, type) or not callable(function):
        raise misuse(
            f"{decorator} on a class" if isinstance(function, type) else f"{decorator} on {function!r}",
            "it goes on methods and functions; a class takes @cython.locked_class",
        )
    mark = getattr(function, MARK, None)
    if isinstance(mark, Exemption):
        raise misuse(f"{decorator} on a function that no_lock exempts", "keep one of them")
    if isinstance(mark, Plan):
        mark.add(decorator, names, snapshot)  # all that a function locks it takes together
        return function
    plan = Plan(function, snapshot)
    plan.add(decorator, names, snapshot)
    run = plan.gather if snapshot else function

    if plan.suspends:

        @functools.wraps(function)
        def stepwise(*args, **kwargs):
            args, kwargs, items = plan.items(args, kwargs)
            return plan.steps(function(*args, **kwargs), lambda: plan.guards(args, kwargs, items), _held)

        setattr(stepwise, MARK, plan)
        return stepwise

    @functools.wraps(function)
    def locked(*args, **kwargs):
        args, kwargs, items = plan.items(args, kwargs)
        guards, blocking = plan.guards(args, kwargs, items)
        if not guards:
            return run(*args, **kwargs)
        try:
            try:
                acquire(guards, blocking)
                return run(*args, **kwargs)
            finally:
                release(guards)
        except BaseException:
            release(guards)  # once more: a signal's handler may have raised in there
            raise

    setattr(locked, MARK, plan)
    return locked


def _held(taken, step, *args):
    """One step of a generator, with the locks that it takes."""
    guards, blocking = taken
    try:
        try:
            acquire(guards, blocking)
            return step(*args)
        finally:
            release(guards)
    except BaseException:
        release(guards)  # as in locked
        raise
