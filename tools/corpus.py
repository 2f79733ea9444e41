"""Fetches the corpus: pinned source packages whose Cython files tests read.

Usage: corpus.py DIR

Each package comes from the index that pip is configured with, is checked
against its hash, and is unpacked into DIR/NAME-VERSION; of its files only
Cython's, Python's, and headers are kept. What is there already is not fetched
again. pip itself cannot do this: "pip download" builds a source package's
metadata, which needs the package's own build tools.
"""

import hashlib
import os
import shutil
import sys
import tarfile
import tempfile

from pip._internal.commands import create_command

PACKAGES = """
cymem 2.0.16 a1f2f2bf8632f152867967a86dd58014064aa09bf9cb17ae297f4c33a8fc8b6e
cysignals 1.12.5 8f8ed409043d028b59d063dc4c069cbf12a750534757ce06f38eeac5ff368700
cytoolz 1.2.0 fdd8ded8a93e1be009577fccddaacf78aa21cbe7dc6ec53c229def0198a1ffa5
frozenlist 1.8.0 3ede829ed8d842f6cd48fc7081d7a41001a56f1f38603f9d49bf3020d59a31ad
gevent 26.9.0 4dd4703d71737a456c1c9df5cd43a82934e5b10c87549caa02495f487d1ef0b1
h5py 3.16.0 a0dbaad796840ccaa67a4c144a0d0c8080073c34c76d5a6941d6818678ef2738
lxml 6.1.3 45222d94ddd511536f3b2f7d9deae3b2339b4ce0f075f1ca25703b07cad9dd21
msgpack 1.2.4 475c44e12f2a5de766a8448783f149c9b33f3f49b88953c6cd739a77d93c732c
multidict 7.2.1 e8af3e6f1bdbc31fd762b094133b478b89988eaebc63cbe82b1d9e3bbd15cede
preshed 3.0.15 47c6ccd9e2b5639f5983a1645bb270e8812964c03f23e989ee7996c64691fdc8
python-flint 0.9.0 686b2907eedaf0c0842caefab29a5775d2e633fd5815b81e13b81ca2c6ad0a36
scikit-learn 1.9.1 629cada3e33e2b9bf376cdc7614a47a4140b8aedc1d836579e359736fbd82977
scipy 1.17.1 95d8e012d8cb8816c226aef832200b1d45109ed4464303e997c5b13122b297c0
uvloop 0.23.0 28d160f51ab4da3b187063652e643dea6831072add4adc1e6d62afbe73b6be27
"""

KEPT = (".pyx", ".pxd", ".pxi", ".py", ".h", ".hpp", ".in", ".tp")


def find_link(command, session, options, name, version):
    """Return the link to a version's source package."""
    finder = command._build_package_finder(options, session)
    for candidate in finder.find_all_candidates(name):
        link = candidate.link
        if not link.is_wheel and link.filename.endswith(".tar.gz") and str(candidate.version) == version:
            return link
    raise SystemExit(f"corpus: the index has no source package of {name} {version}")


def fetch(command, session, options, name, version, digest):
    """Download one source package and return its bytes, checked."""
    link = find_link(command, session, options, name, version)
    response = session.get(link.url_without_fragment)
    response.raise_for_status()
    if hashlib.sha256(response.content).hexdigest() != digest:
        raise SystemExit(f"corpus: {name} {version} is not the file that its hash says")
    return response.content


def unpack(content, target, kept):
    """Unpack what is of use from a source package, so that target is whole or absent."""
    parent = os.path.dirname(target)
    with tempfile.TemporaryDirectory(dir=parent) as scratch:
        archive = os.path.join(scratch, "archive")
        with open(archive, "wb") as file:
            file.write(content)
        tree = os.path.join(scratch, "tree")
        with tarfile.open(archive) as tar:
            for member in tar:
                # The archive's own top folder is replaced by target.
                _, _, name = member.name.partition("/")
                parts = name.split("/")
                if not member.isfile() or not name.endswith(kept) or ".." in parts:
                    continue
                path = os.path.join(tree, *parts)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with tar.extractfile(member) as source, open(path, "wb") as out:
                    shutil.copyfileobj(source, out)
        os.rename(tree, target)


def fetch_all(root, wanted, kept):
    """Fetch the packages that are not there yet: of each name, version and hash."""
    missing = [w for w in wanted if not os.path.isdir(os.path.join(root, f"{w[0]}-{w[1]}"))]
    if not missing:
        return
    command = create_command("download")
    options, _ = command.parse_args(["--quiet", "--no-deps", "--no-binary=:all:", "none"])
    with command.main_context():
        session = command.get_default_session(options)
        for name, version, digest in missing:
            content = fetch(command, session, options, name, version, digest)
            unpack(content, os.path.join(root, f"{name}-{version}"), kept)
            print(f"corpus: {name} {version}", file=sys.stderr, flush=True)


def main():
    """Fetch every package of the corpus that is not there yet."""
    root = os.path.abspath(sys.argv[1])
    os.makedirs(root, exist_ok=True)
    fetch_all(root, [line.split() for line in PACKAGES.strip().splitlines()], KEPT)


if __name__ == "__main__":
    main()
