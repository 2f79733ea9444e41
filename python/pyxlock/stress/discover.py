"""The extension types of a module or a package, and the members that they expose.

This runs in the child: importing a module may print, crash, or take long. What it
finds is plain data, so that it can be sent:

    class:   {"path", "module", "name", "type", "parameters", "operators", "members", "bases"}
    member:  {"name", "kind", "parameters"}   kind: method, static, attribute
    parameters: a list of {"name", "optional", "annotation"}, or None where nothing says
"""

import importlib
import importlib.machinery
import inspect
import pkgutil
import re
import sys

from . import danger
from .operators import OPERATORS

HEAP, IMMUTABLE = 1 << 9, 1 << 8
# The slot wrappers of a type with specs look like those of any other.
METHODS = ("method_descriptor", "cython_function_or_method", "builtin_function_or_method", "classmethod_descriptor", "function")
ATTRIBUTES = ("getset_descriptor", "member_descriptor", "property")
TESTS = re.compile(r"(^|[._])(tests?|testing|conftest|__main__|setup|benchmarks?|docs?|examples?)($|[._])")


def modules(name, note):
    """Import a module, and those of its package; return them by name.

    What cannot be imported is noted. Tests and programs are left alone.
    """
    found = {name: importlib.import_module(name)}
    package = found[name]
    for info in pkgutil.walk_packages(getattr(package, "__path__", []), name + ".", onerror=lambda _: None):
        if TESTS.search(info.name[len(name) + 1 :]):
            continue
        try:
            found[info.name] = importlib.import_module(info.name)
        except BaseException as error:
            note(info.name, f"{type(error).__name__}: {error}")
    # A package may have imported others of its own under names that nothing lists.
    for other, module in list(sys.modules.items()):
        if other.startswith(name + ".") and module is not None and not TESTS.search(other[len(name) + 1 :]):
            found.setdefault(other, module)
    return found


def is_extension_module(module):
    """Tell whether a module is compiled."""
    path = getattr(module, "__file__", None) or ""
    return path.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))


def is_extension_type(cls):
    """Tell whether C made a type: a cdef class, not a class statement."""
    flags = cls.__flags__
    if not flags & HEAP:
        return True
    return bool(flags & IMMUTABLE) or "__pyx_vtable__" in vars(cls)


def path_of(cls, module, name):
    """Return a dotted path that leads to a class, as an import and as source; or None.

    A package may have a class under the name of the submodule that it comes from.
    """
    for home, rest in [(cls.__module__, cls.__qualname__), (module, name)]:
        if home not in sys.modules or not rest.isidentifier():
            continue
        top, *parts = f"{home}.{rest}".split(".")
        value = sys.modules.get(top)
        for part in parts:
            value = getattr(value, part, None)
        if value is cls:
            return f"{home}.{rest}"
    return None


def classes(found):
    """Return the extension types of modules, by path."""
    out = {}
    for module_name, module in found.items():
        for name, value in list(vars(module).items()):
            if not isinstance(value, type) or not is_extension_type(value):
                continue
            home = sys.modules.get(value.__module__)
            if not (value.__module__ in found or (is_extension_module(module) and home is None)):
                continue
            # Types that Cython makes for its own use, and exceptions.
            if value.__module__.startswith("_cython") or issubclass(value, BaseException):
                continue
            path = path_of(value, module_name, name)
            if path and path not in out:
                out[path] = value
    return out


def parameters_of(function, doc_name=None):
    """Return the parameters of a callable without the first, self, or None where nothing says."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError, AttributeError):
        signature = None
    if signature is not None:
        given = list(signature.parameters.values())
        if not all(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in given if p.name != "self"):
            return [
                {
                    "name": p.name,
                    "optional": p.default is not p.empty,
                    "annotation": "" if p.annotation is p.empty else str(getattr(p.annotation, "__name__", p.annotation)),
                }
                for p in given
                if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) or (p.kind is p.KEYWORD_ONLY and p.default is p.empty)
            ]
        if not given:
            return []
    return parameters_of_doc(getattr(function, "__doc__", None), doc_name or getattr(function, "__name__", ""))


def parameters_of_doc(doc, name):
    """Return the parameters of the signature that a docstring begins with, as Cython embeds it."""
    lines = (doc or "").strip().splitlines()
    match = lines and re.match(r"(?:[\w.]+\.)?(\w+)\((.*)\)(?:\s*->.*)?$", lines[0].strip())
    if not match or match.group(1) not in (name, "__init__", "__cinit__"):
        return None
    out = []
    for part in split(match.group(2)):
        if part in ("*", "/") or part.startswith("*"):
            continue
        left, equals, _ = part.partition("=")
        declared, colon, annotation = left.partition(":")
        words = declared.split()
        if not words:
            continue
        out.append({"name": words[-1].lstrip("*&"), "optional": bool(equals), "annotation": annotation.strip() or " ".join(words[:-1])})
    return out


def split(text):
    """Split at the commas that are in no bracket and no string."""
    out, depth, start, quote = [], 0, 0, ""
    for k, c in enumerate(text):
        if quote:
            quote = "" if c == quote and text[k - 1] != "\\" else quote
        elif c in "'\"":
            quote = c
        depth += 0 if quote else (c in "([{") - (c in ")]}")
        if c == "," and not depth and not quote:
            out.append(text[start:k].strip())
            start = k + 1
    return [p for p in [*out, text[start:].strip()] if p]


def without_self(parameters):
    """Leave the object itself out of a method's parameters, whatever its name."""
    return parameters[1:] if parameters else parameters


def members_of(cls, own):
    """Return the members that a class exposes, its own and those of bases that are extension types.

    Such a base need not have a name in its module, with @cython.internal.
    """
    out, homes = {}, {c.__module__ for c in own}
    for base in reversed(cls.__mro__):
        if base is object or base not in own and not (base.__module__ in homes and is_extension_type(base)):
            continue
        for name, value in vars(base).items():
            if name in danger.SPECIAL or name in OPERATORS_BY_METHOD:
                continue
            kind = type(value).__name__
            if kind in ATTRIBUTES:
                out[name] = {"name": name, "kind": "attribute", "parameters": []}
            elif kind in ("staticmethod", "classmethod", "classmethod_descriptor"):
                out[name] = {"name": name, "kind": "static", "parameters": parameters_of(getattr(cls, name))}
            elif kind in METHODS or callable(value) and name.startswith("__") and kind == "wrapper_descriptor":
                out[name] = {"name": name, "kind": "method", "parameters": without_self(parameters_of(value, name))}
    names = set(out) | set(dir(cls))
    return [m for n, m in sorted(out.items())], sorted(n for n in out if danger.dangerous(n, names))


OPERATORS_BY_METHOD = {o["method"] for o in OPERATORS}


def operators_of(cls):
    """Return the methods of operators that a class defines beyond what every object has."""
    out = []
    for method in sorted(OPERATORS_BY_METHOD):
        found = getattr(cls, method, None)
        if found is not None and found is not getattr(object, method, None):
            out.append(method)
    return out


def describe(path, cls, by_path):
    """Return a class as data."""
    members, dangerous = members_of(cls, set(by_path.values()))
    parameters = parameters_of(cls, cls.__name__)
    if parameters is None and "__init__" in vars(cls):
        parameters = parameters_of_doc(vars(cls)["__init__"].__doc__, "__init__")
        parameters = without_self(parameters)
    home, _, name = path.rpartition(".")
    return {
        "path": path,
        "module": home,
        "name": name,
        "parameters": parameters,
        "operators": operators_of(cls),
        "members": members,
        "dangerous": dangerous,
        "bases": [p for p, c in by_path.items() if c is not cls and issubclass(cls, c)],
    }


def functions_of(found):
    """Return the functions of compiled modules, as data."""
    out = []
    for module_name, module in found.items():
        if not is_extension_module(module):
            continue
        for name, value in sorted(vars(module).items()):
            if type(value).__name__ in METHODS and not name.startswith("__") and not danger.dangerous(name):
                if getattr(value, "__module__", module_name) == module_name:
                    out.append({"path": f"{module_name}.{name}", "module": module_name, "parameters": parameters_of(value)})
    return out


def discover(name, note):
    """Return the extension types of a module or package by path, what is said of each, and functions."""
    found = modules(name, note)
    by_path = classes(found)
    return by_path, [describe(p, c, by_path) for p, c in by_path.items()], functions_of(found)
