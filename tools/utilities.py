"""Has this environment's Cython read its files of utility code sooner.

Each process of Cython reads the files of C code that it puts into modules, for a module of two
lines ModuleSetupCode.c and some others: 20,000 lines, each of which goes through three regular
expressions. It keeps what came of a file in a table, which what is added to Cython's Builtin.py
here fills from a literal. Some of that code are templates, of which Cython 3.3 then makes 3,700
texts, for each attribute of each exception of Python's: those are in another literal. Whether the
first is what Cython reads is seen at once; where it is not, Cython stays as it is, and this fails.
The second is what Cython made of them by itself. Little of what Cython makes of a module becomes
garbage before the end, and Python looks for it after each 700 objects: that is done less often.
tools/venv.sh runs it in each environment that has Cython; tools/bytecode.py hands the file
on to the environments of builds.
Usage: utilities.py
"""

import ast
import os
import py_compile
import subprocess
import sys
from pathlib import Path

import Cython
from Cython.Compiler.Code import UtilityCodeBase

MARK = "  # added by tools/utilities.py of pyxlock, for its tests\n"
FILL = "from . import Code; Code.UtilityCodeBase._utility_cache.update(%s)" + MARK
# As in internal/golden/compile.py, where many modules are compiled in one process.
COLLECT = "import gc; gc.set_threshold(200_000, 20, 100)" + MARK

# In place of Code.sub_tempita, which fills in a template, and leaves in the context what the
# template defines: what follows of the same piece of code may use it. What is not in the table goes
# to Cython's own function. Names that begin with underscores are Tempita's, for what it says of errors.
# A text without braces is no template. The empty lines before a text, up to a thousand, are counted.
SUBSTITUTE = """\
def _question(context, file, name):
    return f"{file}:{name} {[(k, v) for k, v in context.items() if not k.startswith('__')]}"
def _prepared(substitute, texts):
    def sub_tempita(s, context, file=None, name=None):
        if not s:
            return None
        if "{{" not in s and "}}" not in s:
            return s
        answers = texts.get(s)
        answer = answers.get(_question(context, file, name)) if answers else None
        if answer is None:
            return substitute(s, context, file, name)
        lines, text, defined = answer
        context.update(defined)
        return "\\n" * lines + text
    return sub_tempita
"""
USE = "Code.sub_tempita = _prepared(Code.sub_tempita, %s)\n"

# Prints the table: what Cython asks for when it is imported.
RECORD = SUBSTITUTE + """\
from Cython.Compiler import Code
texts, substitute = {}, Code.sub_tempita
def sub_tempita(s, context, file=None, name=None):
    before, question = dict(context), _question(context, file, name)
    text = substitute(s, context, file, name)
    if s and ("{{" in s or "}}" in s):
        kept = text.lstrip("\\n")
        defined = {k: v for k, v in context.items() if not k.startswith("__") and (k not in before or before[k] is not v)}
        texts.setdefault(s, {})[question] = len(text) - len(kept), kept, defined
    elif (s or None) != text:
        raise ValueError(f"Tempita changes {file}:{name}, which has no braces")
    return text
Code.sub_tempita = sub_tempita
from Cython.Compiler import Builtin
print(ascii(texts))
"""


def read(folder):
    """Return what Cython reads from its files."""
    table = {}
    for name in sorted(path.name for path in folder.iterdir() if path.suffix in (".c", ".cpp", ".pyx", ".pxd")):
        UtilityCodeBase._utility_cache.clear()
        try:
            UtilityCodeBase.load_utilities_from_file(name)
        except ValueError:
            continue  # nothing but a .pxd for another one
        table.update(UtilityCodeBase._utility_cache)
    return table


def without(text):
    """Return the text of Builtin.py without what was added to it."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.endswith(MARK))


def recorded():
    """Return the texts that Cython, as it is, makes of templates when it starts."""
    done = subprocess.run([sys.executable, "-c", RECORD], stdout=subprocess.PIPE, check=True, encoding="ascii")
    return ast.literal_eval(done.stdout)


def added(text, table, texts):
    """Return the text of Builtin.py that fills the table before it asks for the first utility."""
    begin, first, rest = text.partition("\nfrom .")
    if not first:
        raise ValueError("Builtin.py imports nothing of Cython's")
    substitute = (SUBSTITUTE + USE % ascii(texts)).replace("\n", MARK)
    return begin + "\n" + COLLECT + FILL % repr(table) + substitute + first[1:] + rest


def write(path, text):
    """Write a file that others may be reading."""
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    os.replace(new, path)


def main():
    """Fill the table in Builtin.py, once."""
    top = Path(Cython.__file__).parent
    builtin = top / "Compiler" / "Builtin.py"
    table, original = read(top / "Utility"), without(builtin.read_text("utf-8"))
    write(builtin, original)
    text = added(original, table, recorded())
    before, after = FILL.split("%s")
    line = next(line for line in text.splitlines(keepends=True) if line.startswith(before) and line.endswith(after))
    found = ast.literal_eval(line.removeprefix(before).removesuffix(after))
    if found != table or len(table) < 20 or without(text) != original:
        write(builtin, original)
        return "utilities.py: Cython stays as it is: the table is not what it reads"
    write(builtin, text)
    py_compile.compile(str(builtin))  # where programs may not, each would compile the literal
    return 0


if __name__ == "__main__":
    sys.exit(main())
