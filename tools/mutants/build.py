"""Builds annotated packages, with checks and without, so that any one of their locks can be taken away at run time.

Usage: build.py PYXLOCK DIR PYTHON [--plain] [NAME...]

PYTHON is the interpreter that the modules are compiled for. Of each package of packages.toml
DIR/NAME gets

  source     as it was published
  annotated  with what "pyxlock annotate --in-place" proposes
  checked    rewritten with --locking=check and built
  plain      rewritten with --locking=on, and built if --plain is given
  mutants.json  the locks that can be taken away or weakened, the places that use state, and the bases of classes
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys

import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import corpus

CYTHON = os.path.join(os.path.dirname(sys.executable), "cython")
CCACHE = [c for c in [shutil.which("ccache")] if c]

# A call that takes locks, with the place where it is.
TAKES = re.compile(r'pyxlock_check\.((?:try_)?(?:read|write|acquire|acquire_objects))\((.*?), (b"l00[^"]*")\)')
TAKES_PLAIN = re.compile(r"pyxlock\.((?:try_)?(?:read|write|acquire|acquire_objects))\((&?_pyxlock_[^;\n]*?)\)(?=\s*(?:;|\n|$))")
GIVES = re.compile(r"pyxlock(?:_check)?\.(release|release_all|release_objects)\b")
USES = re.compile(r"pyxlock_check\.(using|using_by|using_new|use|use_by)\b")
WANTS = re.compile(r"pyxlock\.want_(read|write)\(&\w+\[(\d+)\]")
CLASS = re.compile(r"^\s*cdef\s+(?:public\s+|api\s+)*class\s+([\w.]+)\s*\(\s*([\w.]+)", re.MULTILINE)
PLACE = re.compile(r'b"([rwRWMC][0-9a-f]{2}[.:nN][:so]\d+:[^"]*)"')


def run(command, **more):
    """Run a command; where it fails, say what it said, and end."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, **more)
    if done.returncode:
        raise SystemExit(f"mutants: {' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done


class Python:
    """What compilers have to know of an interpreter."""

    def __init__(self, path):
        """Ask it."""
        said = run([path, "-c", "import sysconfig as s; print(s.get_config_var('EXT_SUFFIX')); print(s.get_paths()['include'])"])
        self.path = path
        self.suffix, self.include = said.stdout.split()


def functions(text):
    """Return what a place calls the function, and where it is: name, line, file."""
    line, _, name, file = text[5:].split(":", 3)
    return name, int(line), file


def named(name, line, lines):
    """Return the name by which a function is called: a property for its __get__."""
    owner, _, last = name.rpartition(".")
    if last in ("__get__", "__set__", "__del__"):
        for text in reversed(lines[: line - 1]):
            if m := re.match(r"\s*property\s+(\w+)\s*:", text):
                return f"{owner}.{m[1]}"
    return name


def locks(text):
    """Yield (place, k, mode) of the locks that a rewritten file takes."""
    seen, start = set(), 0
    for m in TAKES.finditer(text):
        kind, place = m[1].removeprefix("try_"), m[3][2:-1]
        if kind in ("read", "write"):
            wants = {0: kind}
        elif kind == "acquire":
            wants = {}
            for w in WANTS.finditer(text, start, m.start()):
                wants[int(w[2])] = w[1]
        else:
            _, reads, writes = m[2].split(", ", 1)[0], *re.split(r", (?=\S+$)", m[2].split(", ", 1)[1])
            wants = {k: mode for k, mode, given in ((0, "write", writes), (1, "read", reads)) if given != "None"}
        start = m.end()
        for k, mode in wants.items():
            if (place, k) not in seen:
                seen.add((place, k))
                yield place, k, mode


def schemata(tree, other):
    """Have the lock calls of a checked tree ask for the mutant, and those of the plain tree of the same."""
    found, uses, bases = [], set(), {}
    for path in sorted(glob.glob(os.path.join(glob.escape(tree), "**", "*.p[xy]*"), recursive=True)):
        name = os.path.relpath(path, tree)
        twin = os.path.join(other, name)
        if not path.endswith((".pyx", ".pxd", ".pxi", ".py")) or os.path.basename(path).startswith("pyxlock") or not os.path.exists(twin):
            continue
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        with open(twin, encoding="utf-8", newline="") as file:
            plain = file.read()
        bases.update((m[1].rpartition(".")[2], m[2].rpartition(".")[2]) for m in CLASS.finditer(text) if m[2] != "object")
        if "pyxlock" not in text:
            continue
        found += locks(text)
        uses.update(m[1] for m in PLACE.finditer(text))
        places = [(m[1], m[3]) for m in TAKES.finditer(text)]
        calls = [m[1] for m in TAKES_PLAIN.finditer(plain)]
        if [p[0] for p in places] != calls:
            raise SystemExit(f"mutants: {name}: the checked build takes {len(places)} locks, the plain one {len(calls)}")
        rest = iter(places)
        plain = TAKES_PLAIN.sub(lambda m, rest=rest: f"pyxlock_mutant.{m[1]}({m[2]}, {next(rest)[1]})", plain)
        for target, changed in ((path, text), (twin, plain)):
            if target == path:
                changed = re.sub(r"pyxlock_check\.(?=(?:try_)?(?:read|write|acquire|acquire_objects)\()", "pyxlock_mutant.", changed)
            changed = GIVES.sub(r"pyxlock_mutant.\1", changed)
            changed = USES.sub(r"pyxlock_mutant.\1", changed)
            changed = re.sub(r"cimport pyxlock_check\b", "cimport pyxlock_check, pyxlock_mutant", changed)
            if target == twin:
                changed = re.sub(r"cimport pyxlock\b(?!_)", "cimport pyxlock, pyxlock_mutant", changed)
            with open(target, "w", encoding="utf-8", newline="") as file:
                file.write(changed)
    return found, sorted(uses), bases


class Package:
    """A package that is built."""

    def __init__(self, row, root, pyxlock, python, others):
        """Take its row of packages.toml."""
        self.row, self.pyxlock, self.python, self.others = row, pyxlock, python, others
        self.tree = os.path.join(root, f"{row['name']}-{row['version']}")
        self.root = os.path.join(root, row["name"])

    def path(self, *parts):
        """Return a path below its directory."""
        return os.path.join(self.root, *parts)

    def annotated(self):
        """Make the annotated tree anew."""
        target = self.path("annotated")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.tree, target)
        for path in glob.glob(os.path.join(target, "**", "*.pyx"), recursive=True):
            for suffix in (".c", ".cpp"):
                if os.path.exists(path[:-4] + suffix):  # what the authors' Cython made of it
                    os.unlink(path[:-4] + suffix)
        for path in glob.glob(os.path.join(target, "**", "*.p[xy]*"), recursive=True):
            with open(path, "rb") as file:
                lines = file.readlines()
            kept = [line for line in lines if not any(line.strip() == d.encode() for d in self.row.get("drop", []))]
            if kept != lines:
                with open(path, "wb") as file:
                    file.writelines(kept)
        run([self.pyxlock, "annotate", "--quiet", "--in-place", *self.headers([]), self.row["source"]], cwd=target)

    def rewritten(self, kind, locking):
        """Make a rewritten tree anew."""
        target, out = self.path(kind), self.path("out")
        shutil.rmtree(target, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(self.path("annotated"), target)
        # annotate and check look for headers in all of the tree, builds where they are told to.
        headers = self.headers(os.path.join(self.path("annotated"), i) for i in self.row.get("include", []))
        run([self.pyxlock, "rewrite", "--quiet", f"--locking={locking}", "--layout=aligned", *headers, self.row["source"], "-o", out], cwd=self.path("annotated"))
        shutil.copytree(out, os.path.join(target, self.row["source"]), dirs_exist_ok=True)
        shutil.rmtree(out)

    def headers(self, paths):
        """Return the flags that tell pyxlock of directories with headers, and of the library's."""
        return [x for path in [*paths, *self.library("include")] for x in ("--header-path", path)]

    def library(self, part):
        """Return a directory of the library that is not fetched, or nothing where none is wanted."""
        return [os.path.join(os.environ[self.row["library"]], part)] if "library" in self.row else []

    def modules(self):
        """Return the modules: name and file."""
        given = self.row["modules"]
        if isinstance(given, dict):
            return given
        top = self.path("annotated", self.row["source"])
        files = sorted(f for pattern in given for f in glob.glob(pattern, root_dir=top, recursive=True))
        return {f[:-4].replace(os.sep, "."): f for f in files}

    def build(self, kinds):
        """Make both trees, and compile those of these kinds."""
        os.makedirs(self.root, exist_ok=True)
        self.annotated()
        self.rewritten("checked", "check")
        self.rewritten("plain", "on")
        places, uses, bases = schemata(self.top("checked"), self.top("plain"))
        mutants = []
        for place, k, mode in places:
            name, line, file = functions(place)
            with open(self.path("annotated", file), encoding="utf-8") as source:
                name = named(name, line, source.readlines())
            for what in ["strip"] + ["weaken"] * (mode == "write"):
                mutants.append({"what": what, "k": k, "place": place, "mode": mode, "function": name, "line": line, "file": file})
        for kind in kinds:
            self.compile(kind)
        data = {
            "name": f"{self.row['name']} {self.row['version']}",
            "paths": {k: [self.top(k), *(o.top("source") for o in self.others)] for k in ("checked", "plain")},
            "mutants": mutants,
            "uses": uses,
            "bases": bases,
        }
        with open(self.path("mutants.json"), "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)
        print(f"mutants: {data['name']}: {len(mutants)} mutants", file=sys.stderr, flush=True)

    def needed(self):
        """Build a package that another one needs, as it is."""
        target = self.path("source")
        if not os.path.isdir(target):
            shutil.copytree(self.tree, target)
            self.compile("source")

    def top(self, kind):
        """Return the directory that is on the path."""
        return os.path.normpath(self.path(kind, self.row["source"]))

    def includes(self):
        """Return the flags for headers."""
        return [f"-I{i}" for i in [*(os.path.join(self.tree, i) for i in self.row.get("include", [])), *self.library("include")]]

    def objects(self):
        """Compile the package's own C, once."""
        out = []
        for pattern in self.row.get("c", []):
            for path in sorted(glob.glob(os.path.join(self.tree, pattern))):
                target = self.path("objects", os.path.relpath(path, self.tree).replace(os.sep, "_") + ".o")
                out.append(target)
                if not os.path.exists(target):
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    compiler = "gcc" if path.endswith(".c") else "g++"
                    run([*CCACHE, compiler, "-c", "-O1", "-fPIC", "-w", *self.includes(), path, "-o", target])
        return out

    def compile(self, kind):
        """Compile the modules of a tree, in place."""
        top = self.top(kind)
        library = self.path(f"libmutant-{kind}.so")
        flags = self.includes() + self.row.get("flags", []) + [f for path in self.library("lib") for f in (f"-L{path}", f"-Wl,-rpath,{path}")]
        for other in self.others:
            flags += other.includes()
        mutating = kind != "source"
        if mutating:
            run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, os.path.join(HERE, "mutant.c"), "-lpthread"])
            with open(os.path.join(HERE, "pyxlock_mutant.pxd"), encoding="utf-8") as file:
                text = file.read()
            if kind == "plain":
                text = text.replace("cimport pyxlock_check  # with checks\n", "")
                flags.append("-DMUTANT_PLAIN")
            with open(os.path.join(top, "pyxlock_mutant.pxd"), "w", encoding="utf-8") as file:
                file.write(text)
            flags += [f"-I{HERE}"]
        objects = self.objects()
        cplus = self.row.get("cplus", False)
        for name, source in self.modules().items():
            generated = os.path.join(top, source[:-4] + (".cpp" if cplus else ".c"))
            command = [CYTHON, *self.row.get("cython", []), *["--cplus"] * cplus, "-X", "freethreading_compatible=True", "-I", "."]
            for other in self.others:
                command += ["-I", other.top("source")]
            run([*command, "-w", top, "--module-name", name, source, "-o", generated])
            target = os.path.join(top, source[:-4] + self.python.suffix)
            if "." not in name or os.path.basename(source)[:-4] != name.rpartition(".")[2] or name.count(".") != source.count("/"):
                target = os.path.join(top, *name.split(".")) + self.python.suffix
            made = generated + ".o"
            compiler = "g++" if cplus else "gcc"
            # -g0: the checks are long texts, and -O0 is what compiles fast.
            run([*CCACHE, compiler, "-c", "-O0", "-fPIC", "-w", f"-I{self.python.include}", *flags, generated, "-o", made])
            links = [library, f"-Wl,-rpath,{self.root}"] if mutating else []
            linker = "g++" if cplus or any(o.endswith((".cc.o", ".cpp.o")) for o in objects) else "gcc"
            run([linker, "-shared", "-o", target, made, *objects, *links, *[f for f in flags if f.startswith(("-l", "-L", "-Wl"))]])


def main():
    """Build what was named, or all."""
    pyxlock, root, python, *names = [a for a in sys.argv[1:] if a != "--plain"]
    kinds = ("checked", "plain") if "--plain" in sys.argv else ("checked",)
    pyxlock, root = os.path.abspath(pyxlock), os.path.abspath(root)
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(HERE, "packages.toml"), "rb") as file:
        table = tomllib.load(file)
    python = Python(python)
    needed = {row["name"]: row for row in table["needed"]}
    for row in table["package"]:
        if names and row["name"] not in names:
            continue
        if "library" in row and not os.environ.get(row["library"]):
            print(f"mutants: {row['name']}: skipped: {row['library']} names no directory with include and lib", file=sys.stderr)
            continue
        rows = [row, *(needed[n] for n in row.get("needs", []))]
        corpus.fetch_all(root, [(r["name"], r["version"], r["hash"]) for r in rows], ("",))
        others = [Package(r, root, pyxlock, python, []) for r in rows[1:]]
        for other in others:
            other.needed()
        site = os.path.join(root, "site")
        for requirement in row.get("requires", []):
            if not glob.glob(os.path.join(site, requirement.replace("==", "-") + ".dist-info")):
                run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, requirement])
        Package(row, root, pyxlock, python, others).build(kinds)


if __name__ == "__main__":
    main()
