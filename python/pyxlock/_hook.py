"""What setuptools calls for every project that builds where pyxlock is installed.

It does nothing unless pyproject.toml has [tool.pyxlock], or setup.py used
pyxlock.setuptools.cythonize. Then build_ext compiles rewritten sources, whether
or not setup.py calls cythonize; source distributions hold the originals; and
wheels hold .pxd files that another package can cimport.
"""

import contextlib
import filecmp
import os

from pyxlock._mirror import MODULES, Mirror, configuration, copy_of, inside, original, was_rewritten
from pyxlock._stale import refuse_old_command, refuse_stale


def finalize(dist):
    """Wrap the commands of a distribution (setuptools.finalize_distribution_options)."""
    # Where cythonize has rewritten modules, but none of what it made is to be built,
    # what is may be old.
    ours = any(map(original, sources_of(dist.ext_modules))) or was_rewritten(os.curdir)
    if configuration() is None and not ours:
        return
    dist.pyxlock_mirror = Mirror()
    plain = dist.get_command_class

    # The class may come from setup(), from pyproject.toml or from a plugin, and
    # it is only known when it is asked for.
    def get_command_class(command):
        cls = plain(command)
        mixin = MIXINS.get(command)
        if mixin is None or issubclass(cls, mixin):
            return cls
        return type(cls.__name__, (mixin, cls), {"__module__": cls.__module__})

    dist.get_command_class = get_command_class


def sources_of(extensions):
    """Return the sources of extensions."""
    return [s for e in extensions or () for s in getattr(e, "sources", ())]


def rewrite_for(build_ext):
    """Bring the mirror up to date for the extensions that a command builds."""
    extensions = build_ext.extensions or []
    sources = sources_of(extensions)
    if any(map(original, sources)):
        return  # cythonize did, and knew more of the modules
    modules = [s for s in sources if s.endswith(MODULES)]
    if modules:
        mirror = build_ext.distribution.pyxlock_mirror
        mirror.declare(getattr(build_ext, "cython_directives", None))
        mirror.declare(*(getattr(e, "cython_directives", None) for e in extensions))
        mirror.rewrite(modules, include_path_of(build_ext))


def include_path_of(build_ext):
    """Return the directories where the extensions of a command look for files."""
    path = [*getattr(build_ext, "cython_include_dirs", ()), *build_ext.include_dirs]
    for extension in build_ext.extensions or []:
        path += [*getattr(extension, "cython_include_dirs", ()), *extension.include_dirs]
    return path


class BuildExt:
    """build_ext that gives Cython the rewritten sources.

    Whoever calls Cython's cythonize meanwhile calls ours: a command of the
    project, as early as in finalize_options, or Cython's build_ext.
    """

    def finalize_options(self):
        """Set the options."""
        with cythonize_replaced(self.distribution.pyxlock_mirror):
            super().finalize_options()

    def run(self):
        """Build all."""
        rewrite_for(self)
        self.refuse_stale([(getattr(e, "name", ""), sources_of([e])) for e in self.extensions or ()])
        modules = [s for s in sources_of(self.extensions) if s.endswith(MODULES)]
        refuse_old_command(self, modules, include_path_of(self))
        with cythonize_replaced(self.distribution.pyxlock_mirror):
            super().run()

    def build_extension(self, ext):
        """Build one, with what setup.py may have set anew since cythonize."""
        self.refuse_stale([(ext.name, ext.sources)])
        if any(map(original, ext.sources)):
            from pyxlock.setuptools import complete

            complete(ext, ext.sources)
        super().build_extension(ext)

    def swig_sources(self, sources, *others):
        """Look at what is compiled, which other methods may have changed."""
        self.refuse_stale([(getattr(others[0], "name", "") if others else "", sources)])
        return super().swig_sources(sources, *others)

    def refuse_stale(self, named):
        """End the build if C has none of the locks of its source."""
        refuse_stale(self.distribution.pyxlock_mirror, named, include_path_of(self))

    def get_source_files(self):
        """Name the sources that people edit, with the .pxd and .pxi they need."""
        names = []
        for name in super().get_source_files():
            source = original(name) or name
            names += [source, *companions(source)]
        return list(dict.fromkeys(names))


class BuildPy:
    """build_py that installs rewritten .pxd and .pxi files.

    A .pxd with lock decorators in it is one that nobody can cimport.
    """

    def copy_file(self, infile, outfile, *args, **options):
        """Copy a file of a package."""
        return super().copy_file(self.rewritten(infile), outfile, *args, **options)

    def get_output_mapping(self):
        """Tell what strict editable installs link to."""
        return {to: self.rewritten(file) for to, file in super().get_output_mapping().items()}

    def rewritten(self, file):
        """Return the file to install in the place of one of the project's."""
        file = os.fspath(file)
        if not file.endswith((".pxd", ".pxi")):
            return file
        rewrite_for(self.get_finalized_command("build_ext"))
        copy = copy_of(file)
        if copy is None or not os.path.isfile(copy) or filecmp.cmp(file, copy, shallow=False):
            return file
        return copy


MIXINS = {"build_ext": BuildExt, "build_py": BuildPy}


@contextlib.contextmanager
def cythonize_replaced(mirror):
    """Put ours in the place of Cython's cythonize."""
    try:
        import Cython.Build
        from Cython.Build import Dependencies
    except ImportError:
        yield
        return
    from pyxlock.setuptools import as_list, complete, expand_and_compile

    plain = Dependencies.cythonize

    def cythonize(module_list, *args, **options):
        extensions = expand_and_compile(mirror, plain, module_list, *args, **options)
        given = as_list(module_list)
        if len(given) == len(extensions):
            # Cython's build_ext takes over the sources of the result alone.
            for before, after in zip(given, extensions):
                if not isinstance(before, str):
                    complete(before, after.sources)
        return extensions

    Cython.Build.cythonize = Dependencies.cythonize = cythonize
    try:
        yield
    finally:
        Cython.Build.cythonize = Dependencies.cythonize = plain


def companions(source):
    """Return the project's .pxd and .pxi files that a module needs."""
    if not source.endswith(MODULES) or not os.path.isfile(source):
        return []
    try:
        from Cython.Build.Dependencies import create_dependency_tree
    except ImportError:
        return []
    files = create_dependency_tree(quiet=True).all_dependencies(source)
    files = {original(f) or f for f in files if f.endswith((".pxd", ".pxi"))}
    return sorted(filter(None, map(inside, files)))
