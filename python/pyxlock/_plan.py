"""What a function locks at its entry: which of its arguments, and in which mode.

The rules, and the words of the errors, are those of the compiler (transform/plan/plan.go).
"""

import inspect
import sys
import unicodedata

from ._items import items, stand_in
from ._locks import READ, WRITE, Guard

# A class's lock, a function's plan, and an exemption are kept in this attribute of
# the class or function.
MARK = "__pyxlock__"

# Methods that take no lock, and get none.
NEVER_LOCK = frozenset({"__cinit__", "__dealloc__", "__del__"})

# More guards than this, each the guard of another, are a mistake.
_LONGEST_CHAIN = 4


def misuse(message, help):
    """The error for a decorator that is used wrongly: what is wrong, what to do."""
    return TypeError(f"{message}: {help}")


class ClassLock:
    """The lock of a class and of those that derive from it."""

    def __init__(self, name, kind, blocking, guard, must_decorate, decorated):
        self.name = name
        self.kind = kind
        # What is asked for and what is taken: only an rwlock is shared.
        self.modes = {READ: READ if kind == "rwlock" else WRITE, WRITE: WRITE}
        self.blocking = blocking
        self.guard = guard  # the attribute whose object is the lock, or None
        self.must_decorate = must_decorate
        self.decorated = decorated  # locked_class stands on this class itself


class Exemption:
    """Stands on a function that no_lock exempts."""


class Plan:
    """The locks of one function. Its decorators add to it, one after the other."""

    def __init__(self, function, snapshot=False):
        self.function = function
        self.snapshot = snapshot  # a generator runs to its end under the lock
        self.name = getattr(function, "__name__", repr(function))
        self.owner = None  # the ClassLock of the class whose method it is
        self.decorators = []  # their names
        self._bare = False  # one of them names no parameter
        self._named = False  # one of them does
        self._wants = []
        self._collections = []  # those whose items are locked
        try:
            self._parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            raise misuse(
                f"{self.name} does not tell its parameters", "put the lock under the decorator that hides them"
            ) from None
        self._refuse_suspension()
        self._operands = [
            self._want(READ, index)
            for index, parameter in enumerate(self._parameters)
            if index > 0 and not _collects(parameter)
        ]

    def _refuse_suspension(self):
        function = inspect.unwrap(self.function)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise misuse(
                f"async def {self.name} cannot hold a lock: it is suspended between its steps",
                'lock in the plain methods that it calls, and mark it @cython.no_lock("why")',
            )
        self.suspends = inspect.isgeneratorfunction(function) and not self.snapshot
        if self.snapshot and not inspect.isgeneratorfunction(function):
            raise misuse(
                f"snapshot=True on {self.name}, which yields nothing", "it goes on a generator: leave it out"
            )

    def gather(self, *args, **kwargs):
        """Runs a generator to its end, and returns an iterator over what it yielded."""
        gathered = []
        generator = self.function(*args, **kwargs)
        while True:
            try:
                gathered.append(next(generator))
            except StopIteration as stop:
                if stop.value is not None:
                    raise misuse(
                        f"{self.name} returns a value, and a snapshot gives back only the items",
                        "leave snapshot out and write an iterator class whose __next__ locks one step, or mark it "
                        '@cython.no_lock("why")',
                    ) from None
                return iter(gathered)

    def steps(self, generator, taken, held):
        """Runs a generator; each step is made by held, with the locks that taken finds."""
        step, value = generator.send, None
        while True:
            try:
                item = held(taken(), step, value)
            except StopIteration as stop:
                return stop.value
            try:
                value = yield item
                step = generator.send
            except GeneratorExit:
                held(taken(), generator.close)
                raise
            except BaseException as error:
                step, value = generator.throw, error

    def add(self, decorator, names, snapshot=False):
        """Takes up one decorator; no names stand for the first parameter."""
        if snapshot is not self.snapshot:
            raise misuse(
                f"of the locks of {self.name}, some say snapshot=True and some do not",
                "say it on each: all of them are held while the body runs",
            )
        if self.name in NEVER_LOCK and "." in getattr(self.function, "__qualname__", ""):
            raise misuse(
                f"{decorator} on {self.name}",
                "nobody else holds the object then, so it takes no lock: remove the decorator",
            )
        mode = WRITE if decorator == "write_lock" else READ
        if names:
            for name in names:
                if name.startswith("*"):
                    self._collections.append(self._collection(mode, name))
                else:
                    self._wants.append(self._path(mode, name))
            self._named = True
        else:
            if self._bare:
                raise misuse(
                    f"{self.name} has two decorators that both lock its first parameter",
                    "keep one of them; write_lock excludes readers too",
                )
            self._wants.append(self._first(mode))
            self._bare = True
        self.decorators.append(decorator)

    def _first(self, mode):
        if not self._parameters or self._parameters[0].kind not in _POSITIONAL:
            raise misuse(
                f"{self.name} has no first parameter to lock",
                'give the object a parameter of its own, lock where it has a name, or say @cython.no_lock("why")',
            )
        return self._want(mode, 0)

    def _want(self, mode, index, attributes=()):
        return _Want(mode, index, self._parameters[index], attributes, self.name == "__init__")

    def _path(self, mode, path):
        first, *attributes = unicodedata.normalize("NFKC", path).split(".")
        if not all(part.isidentifier() for part in (first, *attributes)):
            raise misuse(f'"{path}" is not a name or dotted path', "write a parameter, or parameter.attribute")
        for index, parameter in enumerate(self._parameters):
            if parameter.name == first:
                if _collects(parameter):
                    stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
                    raise misuse(
                        f'"{path}" is a collection of arguments, which has no lock', f'"{stars}{first}" locks its items'
                    )
                return self._want(mode, index, attributes)
        names = ", ".join(parameter.name for parameter in self._parameters if not _collects(parameter))
        raise misuse(f'{self.name} has no parameter "{first}"', f"its parameters are: {names or '(none)'}")

    def _collection(self, mode, path):
        name = unicodedata.normalize("NFKC", path.lstrip("*"))
        stars = path[: len(path) - len(path.lstrip("*"))]
        first, dot, _ = name.partition(".")
        if dot and first.isidentifier() and len(stars) <= 2:
            raise misuse(
                f'"{path}" names an attribute of the items, and only the items themselves can be locked',
                f'write "{stars}{first}"; a class whose state another object guards says so itself, with guard=',
            )
        if len(stars) > 2 or not name.isidentifier():
            raise misuse(
                f'"{path}" is not a name with one or two stars',
                'write "*args" for the items of a parameter, "**kwargs" for the values of a collection of keyword '
                "arguments",
            )
        for index, parameter in enumerate(self._parameters):
            if parameter.name != name:
                continue
            keywords = parameter.kind is parameter.VAR_KEYWORD
            if keywords and stars == "*":
                raise misuse(f'the items of "{name}" are names; the objects are its values', f'write "**{name}"')
            if stars == "**" and not keywords:
                raise misuse(
                    f'"{name}" is not a collection of keyword arguments',
                    f'one star stands for the items of a parameter: "*{name}"',
                )
            return _Collection(mode, index, parameter, self._parameters)
        names = ", ".join(parameter.name for parameter in self._parameters)
        raise misuse(f'{self.name} has no parameter "{name}"', f"its parameters are: {names or '(none)'}")

    def items(self, args, kwargs):
        """The items that a call with these arguments locks, as pairs of mode and
        object, and the arguments that it has to use, so that it uses those items."""
        found = []
        for collection in self._collections:
            args, kwargs, some = collection.find(args, kwargs)
            found += [(collection.mode, item) for item in some]
        return args, kwargs, found

    def guards(self, args, kwargs, items=()):
        """What a call with these arguments locks, in order, and whether it waits."""
        owner = self.owner
        blocking = owner is None or owner.blocking
        wants = self._wants
        if not self._named and owner is not None and self._operands:
            wants = wants + self._operands
        guards = {}  # by the ids of the objects, which they keep

        add = _adding(guards)

        for want in wants:
            object, lock = want.find(args, kwargs)
            if object is None:
                continue
            mode = want.mode
            if lock is not None:
                if owner is None or want.index:  # of self, the class that has the method says
                    blocking = blocking and lock.blocking
                mode = lock.modes[mode]
            add(object, mode)
        blocking = _add_items(items, add) and blocking
        return sorted(guards.values(), key=_place), blocking


def guards_of(items):
    """What pairs of mode and object lock, in order, and whether that waits."""
    guards = {}
    blocking = _add_items(items, _adding(guards))
    return sorted(guards.values(), key=_place), blocking


def _adding(guards):
    def add(object, mode):
        guard = guards.get(id(object))
        if guard is None:
            guards[id(object)] = Guard(object, mode)
        else:
            guard.mode = max(guard.mode, mode)

    return add


def _add_items(items, add):
    """Adds those that are instances of locked classes; says whether all of these wait."""
    blocking = True
    for mode, item in items:
        lock = lock_of(item)
        if lock is None:
            continue
        object = _lock_object(item, getattr)
        if object is not None:
            blocking = blocking and lock.blocking
            add(object, lock.modes[mode])
    return blocking


def _place(guard):
    """Where a guard comes in the order that all threads keep."""
    return id(guard.object)


_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _collects(parameter):
    return parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


class _Want:
    """One object that a function locks: a parameter, and attributes from it on."""

    __slots__ = ("mode", "index", "attributes", "_constructs", "_name", "_default")

    def __init__(self, mode, index, parameter, attributes, constructs):
        self.mode = mode
        self.attributes = attributes
        self._constructs = constructs  # the function is an __init__
        self.index = index if parameter.kind in _POSITIONAL else sys.maxsize
        self._name = None if parameter.kind is parameter.POSITIONAL_ONLY else parameter.name
        self._default = None if parameter.default is parameter.empty else parameter.default

    def find(self, args, kwargs):
        """The object to lock, or None, and the ClassLock that it comes under."""
        if self.index < len(args):
            value = args[self.index]
        else:
            # If it is missing, the function itself will say so.
            value = kwargs.get(self._name, self._default)
        for attribute in self.attributes:
            if value is None:
                return None, None
            value = self._attribute(value, attribute)
        lock = lock_of(value)
        if lock is None:
            # Of a class method, the class.
            if self.index == 0 and not self.attributes and isinstance(value, type):
                return value, None
            return None, None
        return _lock_object(value, self._attribute), lock

    def _attribute(self, object, name):
        if self._constructs:
            return getattr(object, name, None)  # as C attributes are before they are set
        return getattr(object, name)


def _lock_object(object, attribute):
    """The object whose lock guards another's state: itself, or what guard= leads to."""
    for _ in range(_LONGEST_CHAIN):
        link = lock_of(object)
        if link is None or link.guard is None:
            break
        object = attribute(object, link.guard)
    return object


class _Collection:
    """A parameter whose items are locked."""

    __slots__ = ("mode", "_index", "_parameter", "_named")

    def __init__(self, mode, index, parameter, parameters):
        self.mode = mode
        self._index = index if parameter.kind in _POSITIONAL else sys.maxsize
        self._parameter = parameter
        if parameter.kind is parameter.VAR_POSITIONAL:
            self._index = index
        # Names of arguments that **kwargs does not collect.
        self._named = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}

    def find(self, args, kwargs):
        """The arguments that a call has to use, and the items of this one."""
        parameter, name = self._parameter, self._parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            return args, kwargs, args[self._index :]
        if parameter.kind is parameter.VAR_KEYWORD:
            return args, kwargs, [value for key, value in kwargs.items() if key not in self._named]
        if self._index < len(args):
            value = args[self._index]
            found = items(value)
            return (*args[: self._index], stand_in(value, found), *args[self._index + 1 :]), kwargs, found
        default = () if parameter.default is parameter.empty else parameter.default
        by_name = parameter.kind is not parameter.POSITIONAL_ONLY
        value = kwargs.get(name, default) if by_name else default
        found = items(value)
        used = stand_in(value, found)
        if used is not value and by_name:
            kwargs = {**kwargs, name: used}
        return args, kwargs, found


def lock_of(object):
    """The lock of an object's class, or None."""
    return getattr(type(object), MARK, None)
