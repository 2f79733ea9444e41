"""Prints the names of Cython's module `cython`, one a line.

Usage: PYTHON cythonnames.py, with the Python of an environment that has Cython.

These are its directives, its types and functions, and what Cython's compiler adds to
them: none of them is a misspelt lock decorator. transform/decorator/cythonnames.go holds those
of the pinned versions, and its test runs this. Types that are made from other types,
as `p_const_char` is, are left out: there are hundreds, and they resemble nothing.
"""

import re

import Cython.Shadow
from Cython.Compiler import CythonScope, Main, Options
from Cython.Compiler.ParseTreeTransforms import InterpretCompilerDirectives

context = Main.Context.from_options(Options.CompilationOptions())
names = set(vars(Cython.Shadow))
names.update(Options.directive_types, Options.get_directive_defaults(), Options.directive_scopes)
names.update(CythonScope.create_cython_scope(context).entries)
for table in (
    "unop_method_nodes",
    "binop_method_nodes",
    "special_methods",
    "valid_cython_submodules",
):
    names.update(getattr(InterpretCompilerDirectives, table, ()))
first = {name.partition(".")[0] for name in names}
for name in sorted(first):
    if name.isidentifier() and not re.match(r"_|p{1,3}_|const_", name):
        print(name)
