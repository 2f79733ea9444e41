"""Which blocks stand in one with statement: the locks of these are taken together.

Python enters `with write_lock(a), read_lock(b):` one after the other, and tells neither that
there is another one. The source does. It is believed only if it compiles to the very code
that runs; without one, each block is on its own.
"""

import ast
import builtins
import linecache

# By the id of a code object: the object, which keeps the id, and its statements.
_known = {}
_MOST = 4096

# How often a file is parsed again where another thread of the program got in the way.
_TRIES = 100


def statement(frame, takers):
    """The with statement that a frame is about to enter a block of, as a list of one thing for
    each block, the same list each time; None where it stands alone, or with anything but
    calls of takers."""
    code = frame.f_code
    known = _known.get(id(code))
    if known is None:
        if len(_known) >= _MOST:
            _known.clear()
        known = _known[id(code)] = (code, _statements(frame))
    functions = known[1].get(frame.f_lineno)
    if functions is None:
        return None
    for function in functions:
        if _value(function, frame) not in takers:
            return None
    return functions


def _statements(frame):
    """The statements with several calls in a frame's file, by the lines of their heads: for
    each a list of what is called."""
    code = frame.f_code
    try:
        tree = _parse("".join(linecache.getlines(code.co_filename, frame.f_globals)))
        found = {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.With) or len(node.items) < 2:
                continue
            calls = [item.context_expr for item in node.items]
            if all(isinstance(call, ast.Call) for call in calls):
                functions = [call.func for call in calls]
                for line in range(node.lineno, calls[-1].end_lineno + 1):
                    found[line] = functions
        if found and _has(compile(tree, code.co_filename, "exec", dont_inherit=True), code):
            return found
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
        pass
    return {}


def _parse(source):
    """The tree of a source. Python 3.11 counts the depth of a tree in one place for all threads
    and raises SystemError where another one began a tree meanwhile, as it can while the garbage
    of this one is collected. A lock of our own round it could close a circle with the locks that
    finalizers take."""
    for _ in range(_TRIES - 1):
        try:
            return ast.parse(source)
        except SystemError:
            pass
    return ast.parse(source)


def _has(whole, code):
    return whole == code or any(_has(part, code) for part in whole.co_consts if isinstance(part, type(code)))


def _value(function, frame):
    """What a name, or an attribute of one, stands for in a frame; None for anything else."""
    names = []
    while isinstance(function, ast.Attribute):
        names.append(function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        return None
    code = frame.f_code
    own = function.id in code.co_varnames or function.id in code.co_cellvars or function.id in code.co_freevars
    for scope in (frame.f_locals,) if own else (frame.f_globals, vars(builtins)):
        if function.id in scope:
            value = scope[function.id]
            break
    else:
        return None
    for name in reversed(names):
        value = getattr(value, name, None)
    return value
