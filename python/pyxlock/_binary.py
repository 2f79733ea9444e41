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
        found = shutil.which(named)
        if found is None:
            raise NotFound(f"pyxlock: PYXLOCK={named} is no program that can be run")
        return found
    looked = []
    for path in _places():
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        looked.append(path)
    found = shutil.which(NAME)
    if found is None:
        raise NotFound(
            f"pyxlock: the program {NAME} was not found at {', '.join(dict.fromkeys(looked))}, nor "
            "on PATH: reinstall pyxlock, or set PYXLOCK to the program"
        )
    return found


def _places():
    """Yield where the program may be, the surest place first."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for dist in metadata.distributions(name="pyxlock", path=[here, *sys.path]):
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
