"""Writes wheels of what this interpreter's environment holds, with its bytecode.

The environments that pip makes for a build, and those of the tests, live for seconds,
and in each of them the first build compiles Cython and setuptools to bytecode. Wheels
that have it already spare that. What is in them is otherwise what was installed, with what
tools/lexicon.py and tools/utilities.py changed there: pip's own files are left out, and the
scripts, which it makes of the entry points again. The number of a build in their names makes
pip prefer them to others of the same version. A wheel that is there already, of another
interpreter, is added to.
Usage: bytecode.py DIRECTORY NAME...
"""

import base64
import compileall
import hashlib
import importlib.metadata
import importlib.util
import sys
import zipfile
from pathlib import Path

OF_PIP = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


def always_valid(pyc, source):
    """Return bytecode that is not held against its source, whose time is another once installed."""
    return pyc[:4] + (1).to_bytes(4, "little") + importlib.util.source_hash(source) + pyc[16:]


def of_pip(file):
    """Tell whether pip wrote a file when it installed the distribution."""
    return file.name in OF_PIP and file.parent.suffix == ".dist-info" and len(file.parts) == 2


def compiled(dist):
    """Have all of a distribution compiled, and return its files.

    Also what has bytecode: that goes by the second in which a file was written, and
    tools/lexicon.py changes one within the second in which pip wrote it.
    """
    for top in {file.parts[0] for file in dist.files if len(file.parts) > 1 and file.suffix == ".py"}:
        compileall.compile_dir(str(dist.locate_file(top)), quiet=2, force=True)
    sources = [file for file in dist.files if file.suffix == ".py"]
    made = [file.parent / "__pycache__" / Path(importlib.util.cache_from_source(file.name)).name for file in sources]
    return dict.fromkeys([*dist.files, *made])


def contents(dist):
    """Return the files of a distribution, by their names in a wheel."""
    files = {}
    for file in compiled(dist):
        path = Path(dist.locate_file(file))
        if ".." in file.parts or of_pip(file) or not path.exists():
            continue
        files[file.as_posix()] = path.read_bytes()
    for name in [n for n in files if n.endswith(".pyc")]:
        source = importlib.util.source_from_cache(name)
        if source in files:
            files[name] = always_valid(files[name], files[source])
        else:
            del files[name]
    return files


def name_of(dist, files):
    """Return the name of the wheel."""
    (info,) = [n[: -len("/WHEEL")] for n in files if n.endswith(".dist-info/WHEEL") and n.count("/") == 1]
    lines = files[info + "/WHEEL"].decode().splitlines()
    tags = [line.partition(": ")[2].split("-") for line in lines if line.startswith("Tag: ")]
    python, abi, platform = (".".join(dict.fromkeys(part)) for part in zip(*tags))
    return info, f"{info[: -len('.dist-info')]}-1-{python}-{abi}-{platform}.whl"


def write(directory, dist):
    """Write the wheel of a distribution."""
    files = contents(dist)
    info, name = name_of(dist, files)
    files.pop(info + "/RECORD", None)
    if (directory / name).exists():
        with zipfile.ZipFile(directory / name) as other:
            files = {**{n: other.read(n) for n in other.namelist() if n != info + "/RECORD"}, **files}
    record = ""
    for file, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{file},sha256={digest},{len(data)}\n"
    files[info + "/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    with zipfile.ZipFile(directory / name, "w") as wheel:
        for file, data in files.items():
            wheel.writestr(file, data)


def main():
    """Write a wheel for each name."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:]:
        write(directory, importlib.metadata.distribution(name))


if __name__ == "__main__":
    main()
