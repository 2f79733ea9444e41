"""Where the program is that belongs to this package."""

import os
import shutil
import sys
import sysconfig
from importlib import metadata

NAME = "pyxlock.exe" if os.name == "nt" else "pyxlock"


class NotFound(Exception):
    """There is no program; the message says where it was looked for."""


def find():
    """Return the path of the program.

    PYXLOCK in the environment names it. Else it is where the installer says
    that it put it, which holds for any prefix and in pip's build environments;
    else where scripts go; else on PATH.
    """
    named = os.environ.get("PYXLOCK")
    if named:
        found = shutil.which(named) if os.path.dirname(named) else _on_path(named)
        if found is None:
            raise NotFound(f"pyxlock: PYXLOCK={named} is not a program that can be run")
        return found
    looked = []
    for path in _places():
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        looked.append(path)
    found = _on_path(NAME)
    if found is None:
        raise NotFound(
            f"pyxlock: the program {NAME} was not found at {', '.join(dict.fromkeys(looked))}, nor "
            "on PATH: reinstall pyxlock, or set PYXLOCK to the program"
        )
    return found


def _on_path(name):
    """Return a program of a directory on PATH, or None.

    The current directory, and what is relative to it, is a tree that may be
    a stranger's; shutil.which would look there, on Windows always.
    """
    for directory in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if os.path.isabs(directory):
            found = shutil.which(os.path.join(directory, name))
            if found is not None:
                return found
    return None


def _places():
    """Yield where the program may be, the surest place first."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # "python -m" has the current directory among what it imports from.
    tree = os.path.realpath(os.curdir)
    path = [p for p in sys.path if p and os.path.realpath(p) != tree]
    for dist in metadata.distributions(name="pyxlock", path=[here, *path]):
        for file in dist.files or ():
            if file.name == NAME:
                yield os.path.normpath(str(dist.locate_file(file)))
    for scheme in (None, _user_scheme()):
        path = sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts")
        yield os.path.join(path, NAME)
    # pip install --target puts scripts below the target.
    yield os.path.join(here, "bin", NAME)


def _user_scheme():
    """Return the name of the scheme of pip install --user."""
    if hasattr(sysconfig, "get_preferred_scheme"):  # Python 3.10
        return sysconfig.get_preferred_scheme("user")
    if os.name == "nt":
        return "nt_user"
    if sys.platform == "darwin" and getattr(sys, "_framework", ""):
        return "osx_framework_user"
    return "posix_user"
