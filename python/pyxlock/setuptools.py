"""pyxlock in a setuptools build: cythonize, with the lock decorators expanded.

    from pyxlock.setuptools import cythonize

takes the place of "from Cython.Build import cythonize". It rewrites the sources
into build/src.pyxlock and has Cython compile them there; what Cython and Python
then say cites the files that people edit.
"""

import contextlib
import copy
import os
import sys
import tempfile
import threading

from pyxlock._mirror import DIR, MODULES, Mirror, copy_of, original, run

__all__ = ["cythonize"]


def cythonize(module_list, exclude=None, *args, **options):
    """Do what Cython.Build.cythonize does, for sources with lock decorators.

    The arguments and the result are Cython's. A finding of pyxlock, and an error
    of Cython, end the build with their messages and exit status 1.
    """
    from Cython.Build.Dependencies import cythonize as compile_modules

    return expand_and_compile(Mirror(), compile_modules, module_list, exclude, *args, **options)


def expand_and_compile(mirror, compile_modules, module_list, exclude=None, *args, **options):
    """Rewrite modules and give their copies to Cython's cythonize."""
    from Cython.Compiler.Errors import CompileError

    patterns = as_list(module_list)
    sources = sources_of(patterns)
    if not any(map(copy_of, sources)):
        return compile_modules(module_list, exclude, *args, **options)
    include_path = list(options.get("include_path") or ["."])
    mirror.declare(options.get("compiler_directives"))
    mirror.declare(*(getattr(p, "cython_directives", None) for p in patterns))
    mirror.rewrite(sources, include_path)
    options["include_path"] = mirrored_path(include_path)
    try:
        with errors_located(), workers_brief():
            extensions = compile_modules(
                [mapped(p) for p in patterns],
                [x for p in as_list(exclude) for x in (p, mapped(p))],
                *args,
                **options,
            )
    except CompileError as error:
        name = original(str(error)) or str(error)
        raise SystemExit(f"pyxlock: Cython did not compile {name}: see its errors above") from None
    made = [s for e in extensions for s in e.sources if original(s)]
    locate_c(made)
    lay_beside(made)
    for extension in extensions:
        complete(extension, extension.sources)
    return extensions


def as_list(patterns):
    """Return what cythonize takes for modules as the list it stands for."""
    if patterns is None:
        return []
    if isinstance(patterns, str) or not hasattr(patterns, "__iter__"):
        return [patterns]
    return list(patterns)


def sources_of(patterns):
    """Return the files that Cython would compile."""
    from Cython.Build.Dependencies import extended_iglob

    files = []
    for pattern in patterns:
        names = [pattern] if isinstance(pattern, str) else getattr(pattern, "sources", [])
        for name in names:
            if isinstance(pattern, str) or name.endswith(MODULES):
                files += extended_iglob(name)
    return [f for f in files if f.endswith(MODULES)]


def mapped(pattern):
    """Return a pattern or an extension as it is in the mirror.

    What matches no file stays, so that Cython complains of the name that it was
    given; so does what is outside of the project.
    """
    if isinstance(pattern, str):
        return (sources_of([pattern]) and copy_of(pattern)) or pattern
    if not any(s.endswith(MODULES) for s in getattr(pattern, "sources", [])):
        return pattern
    pattern = copy.copy(pattern)
    pattern.sources = [mapped(s) if s.endswith(MODULES) else s for s in pattern.sources]
    return pattern


def mirrored_path(include_path):
    """Return the directories where Cython looks: the mirror first."""
    copies = [copy_of(d) for d in include_path]
    path = [d for d in copies if d and os.path.isdir(d)] + [DIR]
    return list(dict.fromkeys(path + include_path))


def complete(extension, sources):
    """Let the C compiler, and incremental builds, find what is beside the originals.

    In the mirror Cython saw no headers, which for it are dependencies of a
    module and tell where else to look for includes.
    """
    from Cython.Build.Dependencies import create_dependency_tree, resolve_depends

    tree = create_dependency_tree(quiet=True)
    externs, includes, quoted = [], [], []
    for source in sources:
        module = original(source)
        if module is None:
            continue
        quoted += [os.path.dirname(module) or os.curdir, os.path.dirname(source)]
        for file in sorted(tree.all_dependencies(os.path.join(DIR, module))):
            _, headers, directories = tree.cimports_externs_incdirs(original(file) or file)
            externs += headers
            includes += [os.path.relpath(d) if os.path.isabs(d) else d for d in directories]
    if not quoted:
        return
    # Headers that Cython generates are beside its C, in the mirror.
    copies = map(copy_of, extension.include_dirs)
    includes += [d for d in copies if d and os.path.isdir(d)]
    add(extension, "include_dirs", includes)
    headers = resolve_depends(externs, [*extension.include_dirs, os.curdir])
    add(extension, "depends", sorted(headers))
    if sys.platform == "win32":
        add(extension, "include_dirs", quoted)
    else:
        # For #include "x.h" alone, as it is when the C is beside the header:
        # with -I a string.h there would hide the system's.
        add(extension, "extra_compile_args", ["-iquote" + d for d in quoted])


def add(extension, attribute, items):
    """Append what is not there yet, to a new list: several may share the old one."""
    setattr(extension, attribute, list(dict.fromkeys([*getattr(extension, attribute), *items])))


def locate_c(files):
    """Make generated C, and so tracebacks, cite the original files and lines."""
    files = sorted(set(files))
    for start in range(0, len(files), 200):  # a command line has a limit
        if run(["locate", "--c", *files[start : start + 200]]).returncode:
            raise SystemExit("pyxlock: the generated C could not be translated: see the error above")


def lay_beside(files):
    """Put a copy of C whose lines are traced beside its source.

    Cython.Coverage reads there which lines there are, and without the mirror the C is there.
    In a build_dir it would be neither way.
    """
    for file in sorted(set(files)):
        place = os.path.relpath(file, DIR)
        if place.startswith(os.pardir):
            continue
        with open(file, "rb") as made:
            text = made.read()
        if not traces_lines(text):
            continue
        try:
            with open(place, "rb") as old:
                if not old.readline(100).startswith(b"/* Generated by Cython"):
                    continue
                old.seek(0)
                if old.read() == text:
                    continue
        except OSError:
            pass
        with open(place, "wb") as copied:
            copied.write(text)


def traces_lines(c):
    """Tell whether C was made with linetrace."""
    return any(line.lstrip().startswith(b"__Pyx_TraceLine(") for line in c.splitlines())


@contextlib.contextmanager
def workers_brief():
    """Have the processes that Cython starts (nthreads) print tracebacks of crashes alone.

    They print one of each error as well, which shows Cython's own code.
    """
    from Cython.Build import Dependencies

    theirs = getattr(Dependencies, "cythonize_one_helper", None)
    if theirs:
        Dependencies.cythonize_one_helper = compile_one
    try:
        yield
    finally:
        if theirs:
            Dependencies.cythonize_one_helper = theirs


def compile_one(arguments):
    """Do what Cython's cythonize_one_helper does in a process of its own."""
    import traceback

    from Cython.Build.Dependencies import cythonize_one
    from Cython.Compiler.Errors import CompileError

    try:
        return cythonize_one(*arguments)
    except CompileError:
        raise  # its message has been printed
    except Exception:
        traceback.print_exc()
        raise


_redirected = threading.Lock()
_messages = None  # what Cython writes to standard error


@contextlib.contextmanager
def errors_located():
    """Have what is written to standard error meanwhile cite the original files.

    It goes to one file for the life of the process, and is shown at the end:
    processes that Cython starts may outlive this, and keep what they were given.
    """
    global _messages
    with _redirected:
        if _messages is None:
            _messages = tempfile.TemporaryFile(buffering=0)
        start = _messages.seek(0, os.SEEK_END)
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(_messages.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            _messages.seek(start)
            text = _messages.read()
            sys.stdout.flush()
            if text and run(["locate", "-"], input=text, stdout=2).returncode:
                os.write(2, text)
