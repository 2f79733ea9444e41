"""Types of the module `cython` for code that imports pyxlock: what Cython says, and the
lock decorators.

Cython's own types are in Cython.Shadow, which type checkers do not come to from the module
`cython` alone. docs/howto/pure-mode.md says what they find with these.
"""

import builtins as _py
from collections.abc import Callable as _Callable
from types import TracebackType as _TracebackType
from typing import Any as _Any
from typing import Literal as _Literal
from typing import TypeAlias as _TypeAlias
from typing import TypeVar as _TypeVar
from typing import overload as _overload

from Cython import __version__ as __version__
from Cython import load_ipython_extension as load_ipython_extension
from Cython.Shadow import *

_Function = _TypeVar("_Function", bound=_Callable[..., _Any])
_Class = _TypeVar("_Class", bound=type)
_Definition = _TypeVar("_Definition", bound=_Callable[..., _Any] | type)

# ---- locks

class _Lock:
    """A decorator with arguments, or what a with statement holds."""

    def __call__(self, function: _Function, /) -> _Function: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: _TracebackType | None,
        /,
    ) -> None: ...

@_overload
def locked_class(cls: _Class, /) -> _Class: ...
@_overload
def locked_class(
    *,
    lock: _Literal["rwlock", "critical_section", "mutex"] = ...,
    blocking: _py.bool = ...,
    guard: _py.str = ...,
    undecorated: _Literal["infer", "error"] = ...,
) -> _Callable[[_Class], _Class]: ...
@_overload
def read_lock(function: _Function, /) -> _Function: ...
@_overload
def read_lock(*names: _py.object, snapshot: _py.bool = ...) -> _Lock: ...
@_overload
def write_lock(function: _Function, /) -> _Function: ...
@_overload
def write_lock(*names: _py.object, snapshot: _py.bool = ...) -> _Lock: ...
def no_lock(reason: _py.str, /) -> _Callable[[_Definition], _Definition]: ...

# ---- Decorators of Cython's that go with them, which are typed since Cython 3.2.

def cclass(cls: _Class, /) -> _Class: ...  # type: ignore[no-redef]
def cfunc(function: _Function, /) -> _Function: ...  # type: ignore[no-redef]
def ccall(function: _Function, /) -> _Function: ...  # type: ignore[no-redef]

# ---- C types, as annotations. Pyright cannot work out those of Cython.Shadow, and for
# Cython 3.0 mypy does not look there.

bint: _TypeAlias = _py.bool  # type: ignore[no-redef]
char: _TypeAlias = _py.int  # type: ignore[no-redef]
schar: _TypeAlias = _py.int  # type: ignore[no-redef]
uchar: _TypeAlias = _py.int  # type: ignore[no-redef]
short: _TypeAlias = _py.int  # type: ignore[no-redef]
ushort: _TypeAlias = _py.int  # type: ignore[no-redef]
int: _TypeAlias = _py.int  # type: ignore[no-redef]
uint: _TypeAlias = _py.int  # type: ignore[no-redef]
long: _TypeAlias = _py.int  # type: ignore[no-redef]
ulong: _TypeAlias = _py.int  # type: ignore[no-redef]
longlong: _TypeAlias = _py.int  # type: ignore[no-redef]
ulonglong: _TypeAlias = _py.int  # type: ignore[no-redef]
Py_hash_t: _TypeAlias = _py.int  # type: ignore[no-redef]
Py_ssize_t: _TypeAlias = _py.int  # type: ignore[no-redef]
size_t: _TypeAlias = _py.int  # type: ignore[no-redef]
float: _TypeAlias = _py.float  # type: ignore[no-redef]
double: _TypeAlias = _py.float  # type: ignore[no-redef]
longdouble: _TypeAlias = _py.float  # type: ignore[no-redef]
complex: _TypeAlias = _py.complex  # type: ignore[no-redef]
floatcomplex: _TypeAlias = _py.complex  # type: ignore[no-redef]
doublecomplex: _TypeAlias = _py.complex  # type: ignore[no-redef]
longdoublecomplex: _TypeAlias = _py.complex  # type: ignore[no-redef]

# What else there is in other releases.
def __getattr__(name: _py.str) -> _Any: ...
