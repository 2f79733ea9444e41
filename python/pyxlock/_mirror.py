"""The mirror: build/src.pyxlock, where a build keeps its rewritten sources.

A file of the project has its copy at the same path below the mirror, so that
packages, include directories and relative includes come out as they were.
"""

import os
import shlex
import subprocess
import sys
import threading

from pyxlock._binary import NotFound, find

# The dot keeps those who collect packages out: "find" with namespaces takes every
# directory with a name that could be imported.
DIR = os.path.join("build", "src.pyxlock")
MODULES = (".pyx", ".py")
CYTHON = (".pyx", ".pxd", ".pxi")
GENERATED = (".c", ".cpp")
NOT_SOURCES = ("build", "dist", "node_modules", "site-packages", "venv")


class Mirror:
    """The mirror of the project in the current directory."""

    def __init__(self):
        """Start with nothing rewritten."""
        self._roots = set()
        self._sources = set()
        self._path = {}  # where cimport looks, in order
        self._declared = False  # for Cython, that no module needs the GIL
        self._seen = None
        self._lock = threading.Lock()

    def rewrite(self, sources, include_path=()):
        """Bring the mirror up to date for modules and what they may cimport.

        All trees are given to one run: which lock a method needs depends on
        the whole project. A finding ends the build. There is no run where none
        of the files has changed since the last one.
        """
        with self._lock:
            self._sources.update(s for s in sources if os.path.isfile(s))
            self._path.update(dict.fromkeys(include_path))
            self._roots |= trees(sources, include_path)
            if any(inside(s) and not os.path.isfile(copy_of(s)) for s in self._sources):
                self._seen = None
            while True:
                # A build may write sources while it runs, as late as for each extension.
                roots, files = present(self._roots)
                seen = self._command(roots), files, len(self._sources)
                if not roots or seen == self._seen:
                    return
                forget()
                more = needed(self._sources, list(self._path)).difference(files)
                if not more:
                    break
                self._roots |= more
            code = run(seen[0]).returncode
            if code:
                what = "findings" if code == 1 else "error"
                raise SystemExit(f"pyxlock: nothing is built: see the {what} above")
            self._seen = seen
            _rewritten.update((os.path.realpath(s), state(s)) for s in self._sources)
            prune()
            forget()

    def declare(self, *directives):
        """Note whether the build tells Cython of all modules that they need no GIL."""
        if directives and all(d and d.get("freethreading_compatible") for d in directives):
            self._declared = True

    def _command(self, roots):
        """Return how to rewrite some files and directories."""
        # What is built may be generated, and what is excluded is so for check.
        settings = configuration() or {}
        if settings.get("exclude") or settings.get("extend-exclude"):
            roots = sorted({*roots, *filter(None, map(inside, self._sources))})
        command = ["rewrite", *roots, "-o", DIR, "--root", ".", "--source-map"]
        command += ["--no-respect-gitignore", "--force-exclude=false"]
        if self._declared:
            command.append("--freethreading-compatible")
        outside = [d for d in self._path if inside(d) is None and os.path.isdir(d)]
        if outside:
            # Flags replace what is configured.
            outside += settings.get("include-path", [])
        for directory in dict.fromkeys(outside):
            command += ["-I", directory]
        return command + shlex.split(os.environ.get("PYXLOCK_FLAGS", ""))


_rewritten = {}  # the modules that this process has rewritten, as they were then


def was_rewritten(path):
    """Tell whether this process has rewritten a module as it is, or any in a directory."""
    real = os.path.realpath(path)
    if os.path.isdir(real):
        return any(within(module, real) for module in _rewritten)
    return real in _rewritten and _rewritten[real] == state(real)


def rewritten():
    """Return the modules that this process has rewritten."""
    return list(_rewritten)


def state(path):
    """Return what tells whether a file has changed, or None where it is not there."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size


def configuration():
    """Return [tool.pyxlock] of the project's pyproject.toml, or None without one."""
    try:
        with open("pyproject.toml", "rb") as file:
            if b"pyxlock" not in file.read():
                return None
    except OSError:
        return None
    from setuptools.config.pyprojecttoml import load_file

    return load_file("pyproject.toml").get("tool", {}).get("pyxlock")


def run(arguments, **options):
    """Run the program and return what subprocess.run returns."""
    try:
        return subprocess.run([find(), *arguments], **options)
    except NotFound as error:
        raise SystemExit(str(error)) from None


def inside(path):
    """Return a path from the project's directory, or None for one outside of it."""
    try:
        relative = os.path.relpath(os.path.abspath(path))
        if relative.startswith(os.pardir):
            relative = os.path.relpath(os.path.realpath(path), os.path.realpath(os.curdir))
    except ValueError:  # another drive
        return None
    if relative.split(os.sep, 1)[0] == os.pardir or within(relative, DIR):
        return None
    return relative


def within(path, directory):
    """Tell whether a normal path is a directory or below it."""
    return path == directory or path.startswith(directory + os.sep)


def copy_of(path):
    """Return where a file or directory is in the mirror, or None where it is not."""
    relative = inside(path)
    return None if relative is None else os.path.normpath(os.path.join(DIR, relative))


def original(path):
    """Return the source of a file in the mirror, or None for any other file.

    Of a generated C file, which may also be in another build directory, it is
    the module it was made from.
    """
    _, found, relative = os.path.normpath(path).rpartition(DIR + os.sep)
    if not found:
        return None
    stem, extension = os.path.splitext(relative)
    names = [stem + e for e in MODULES] if extension in GENERATED else [relative]
    for name in names:
        if os.path.isfile(os.path.join(DIR, name + ".map")):
            return name
    return None


def trees(sources, include_path=()):
    """Return the directories and files that concern modules of the project.

    These are the packages that the modules are in, or else their directories,
    and the directories of include_path that hold Cython files. The rest that
    Cython reads for a module is in needed. The project's
    own directory is not searched as a whole: it also holds virtual
    environments and build directories.
    """
    found = set()
    for source in filter(None, map(inside, sources)):
        top = directory = os.path.dirname(source)
        while directory and is_package(directory):
            top, directory = directory, os.path.dirname(directory)
        if not top:
            found.update(cython_files(os.curdir))
            found.add(source)
        else:
            if is_package(top) or holds_cython(top):
                found.add(top)
            if source.endswith(".py"):
                found.add(source)  # it need not speak of cython
    for directory in filter(None, map(inside, include_path)):
        if directory != os.curdir:
            if holds_cython(directory):
                found.add(directory)
            continue
        found.update(cython_files(directory))
        for entry in os.scandir(directory):
            if entry.is_dir() and is_package(entry.name) and holds_cython(entry.name):
                found.add(entry.name)
    return {p for p in found if p.endswith(MODULES) or not any(p != d and within(p, d) for d in found)}


def needed(sources, include_path):
    """Return the project's files that Cython reads for modules, and what makes their packages.

    The trees of the modules need not have them: a module cimports from other
    packages, and includes what lies anywhere.
    """
    try:
        from Cython.Build.Dependencies import create_dependency_tree
        from Cython.Compiler.Errors import CompileError, InternalError
    except ImportError:
        return set()
    tree = create_dependency_tree(quiet=True)
    tree.context.include_directories = [*include_path, *tree.context.include_directories]
    found = set()
    for source in sources:
        try:
            files = {source} | tree.all_dependencies(source)
        except (CompileError, InternalError, OSError):
            files = {source}  # for Cython to complain of, when it compiles this
        found.update(filter(None, map(inside, (f for f in files if f.endswith(MODULES + CYTHON)))))
    packages = {os.path.dirname(f) for f in found}
    while packages:
        found.update(f for d in packages for f in initializers(d))
        packages = {os.path.dirname(d) for d in packages if d and is_package(d)}
    return found


def present(roots):
    """Return the roots that hold sources, and what tells whether one has changed."""
    there, files = [], {}
    for root in sorted(roots):
        paths = [root]
        if os.path.isdir(root):
            paths = walk(root)
        before = len(files)
        for path in paths:
            if path.endswith(MODULES + CYTHON):
                now = state(path)
                if now is not None:  # a link to nowhere, or just removed
                    files[path] = now
        if len(files) > before:
            there.append(root)
    return there, files


def is_package(directory):
    """Tell whether Cython takes a directory for a package."""
    return bool(initializers(directory))


def initializers(directory):
    """Return the files that make a directory a package."""
    if not directory:
        return []
    names = [os.path.join(directory, "__init__" + e) for e in (".py", ".pyx", ".pxd")]
    return list(filter(os.path.isfile, names))


def cython_files(directory):
    """Return the Cython files right in a directory."""
    if not os.path.isdir(directory):
        return []
    names = [n for n in os.listdir(directory) if n.endswith(CYTHON)]
    return [os.path.normpath(os.path.join(directory, n)) for n in names]


def holds_cython(directory):
    """Tell whether there are Cython files in a directory or below it."""
    return any(path.endswith(CYTHON) for path in walk(directory))


def walk(top):
    """Yield the files of a directory that is rewritten."""
    for directory, directories, names in os.walk(top):
        directories[:] = [d for d in directories if not left_out(directory, d)]
        yield from (os.path.join(directory, n) for n in names)


def left_out(parent, name):
    """Tell whether rewrite leaves a directory out, as exclude.go of cmd/pyxlock has it."""
    if name == "__pycache__" or name.startswith(".") or name.endswith(".pyxlock"):
        return True
    usual = name in NOT_SOURCES or name.endswith(".egg-info")
    return usual and not is_package(os.path.join(parent, name))


def prune():
    """Remove what was made from sources that are gone, or cimport finds it."""
    for directory, _, names in os.walk(DIR):
        for name in names:
            output, extension = os.path.splitext(os.path.join(directory, name))
            if extension != ".map" or os.path.exists(os.path.relpath(output, DIR)):
                continue
            stale = [output, output + ".map"]
            stem, extension = os.path.splitext(output)
            if extension in MODULES:
                stale += [stem + e for e in GENERATED]
            for path in filter(os.path.exists, stale):
                os.remove(path)


def forget():
    """Have Cython look again at files that it has met in this process."""
    dependencies = sys.modules.get("Cython.Build.Dependencies")
    if dependencies is not None:
        from Cython.Utils import clear_function_caches

        clear_function_caches()
        dependencies._dep_tree = None
