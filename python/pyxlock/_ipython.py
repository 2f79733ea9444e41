"""%%cython in IPython and Jupyter, for cells with lock decorators: %load_ext pyxlock."""

import subprocess

from pyxlock._binary import find


def load(shell):
    """Have %%cython expand the decorators of a cell before it is compiled."""
    from Cython.Build.IpythonMagic import CythonMagics

    magics = CythonMagics(shell)

    def cython(line, cell):
        """Compile a cell, as Cython's %%cython does, with its locks."""
        done = expand(cell)
        if done is not None:
            return magics.cython(line, done)

    shell.register_magic_function(cython, "cell", "cython")


def expand(cell):
    """Return a cell with its locks, or None where they are refused; then it is said why.

    The lock comes with the cell: it is compiled by itself.
    """
    command = [find(), "rewrite", "--runtime=inline", "--layout=aligned", "--stdin-filename=cell.pyx", "-"]
    done = subprocess.run(command, input=cell.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    print(done.stderr.decode(errors="replace"), end="")
    return done.stdout.decode() if done.returncode == 0 else None
