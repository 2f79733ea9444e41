"""What the wheels and the sdist hold."""

import email
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import types
import zipfile

import pytest
from conftest import DIST, ROOT, run, venv
from packaging.tags import parse_tag

pytestmark = pytest.mark.kept(".", "dist/")


def read(wheel):
    """Return the files of a wheel."""
    with zipfile.ZipFile(wheel) as z:
        return {i.filename: z.read(i) for i in z.infolist()}


def go_version():
    """Return the version that the program prints, from its source."""
    text = (ROOT / "cmd/pyxlock/version.go").read_text("utf-8")
    return re.search(r'const version = "(.*)"', text).group(1)


def test_contents(wheel):
    """The package, the lock and its checker, the program, and nothing else."""
    files = read(wheel)
    info = f"pyxlock-{go_version()}.dist-info/"
    package = {p.relative_to(ROOT / "python").as_posix() for p in (ROOT / "python/pyxlock").rglob("*.p*") if p.suffix in (".py", ".pyi", ".pxi")}
    package |= {"pyxlock/py.typed", "cython-stubs/__init__.pyi"}
    assert {"pyxlock/__init__.pyi", "pyxlock/setuptools.py", "pyxlock/__main__.py", "pyxlock/stress/__main__.py"} <= package
    names = {n for n in files if not n.startswith(info)}
    script = f"pyxlock-{go_version()}.data/scripts/pyxlock"
    assert names == package | {"pyxlock/__init__.pxd", "pyxlock_check.pxd", script + (".exe" if os.name == "nt" else "")}
    assert files["pyxlock/__init__.pxd"] == (ROOT / "runtime/pyxlock.pxd").read_bytes()
    assert files["pyxlock_check.pxd"] == (ROOT / "runtime/pyxlock_check.pxd").read_bytes()
    assert files[info + "licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_metadata(wheel):
    """The metadata is what the index shows."""
    files = read(wheel)
    info = f"pyxlock-{go_version()}.dist-info/"
    meta = email.message_from_bytes(files[info + "METADATA"])
    assert meta["Name"] == "pyxlock" and meta["Version"] == go_version()
    assert meta["License-Expression"] == "MIT"
    assert meta["Requires-Python"] == ">=3.8"
    assert all("extra ==" in needed for needed in meta.get_all("Requires-Dist"))
    assert "# pyxlock" in meta.get_payload()
    platform = email.message_from_bytes(files[info + "WHEEL"])
    assert platform["Root-Is-Purelib"] == "false"
    name = os.path.basename(wheel).split("-", 2)[2][: -len(".whl")]
    assert set(platform.get_all("Tag")) == set(map(str, parse_tag(name)))
    assert {t.interpreter for t in parse_tag(name)} == {"py3"}


def test_one_setting_makes_the_links():
    """With a home, URLs and the README's links lead there; without, there are none that lead nowhere."""
    spec = importlib.util.spec_from_file_location("hatch_metadata", ROOT / "python/hatch_metadata.py")
    hook = importlib.util.module_from_spec(spec)
    sys.modules.setdefault("hatchling.metadata.plugin.interface", types.SimpleNamespace(MetadataHookInterface=object))
    spec.loader.exec_module(hook)
    text = (ROOT / "README.md").read_text("utf-8")
    assert "](docs/" in text and "](CHANGELOG.md)" in text
    bare = hook.readme(text, "", "1.2")
    assert "](" not in bare and "doctest" not in bare and "CONTRIBUTING.md has the layout" in bare
    linked = hook.readme(text, "https://example.org/pyxlock", "1.2")
    found = re.findall(r"\]\(([^)]*)\)", linked)
    assert len(found) == len(re.findall(r"\]\(", text)) > 10
    for url in found:
        head, _, path = url.partition("/blob/v1.2/")
        assert head == "https://example.org/pyxlock" and (ROOT / path.partition("#")[0]).is_file()
    assert hook.urls("", "1.2") == {} and hook.urls("https://example.org/p", "1.2")["Issues"] == "https://example.org/p/issues"


def test_twine():
    """An index would take them."""
    twine = [ROOT / ".venv/python/bin/python", "-m", "twine", "check", "--strict"]
    run(*twine, *DIST.glob("pyxlock-*"))


def build(out, target=None, env=None, root=ROOT, check=True):
    """Build one wheel; return its path and what was printed."""
    python = ROOT / ".venv/python/bin/python"
    env = {**({"PYXLOCK_TARGET": target} if target else {}), **(env or {})}
    command = [python, "-m", "build", "--wheel", "--no-isolation", "-o", out, root]
    done = run(*command, env=env, check=check)
    return (*out.glob("*.whl"), None)[0], done.stdout


def test_reproducible(wheel, tmp_path):
    """The same sources, elsewhere and later, give the same bytes."""
    with tarfile.open(*DIST.glob("pyxlock-*.tar.gz")) as tar:
        tar.extractall(tmp_path)
    (root,) = tmp_path.glob("pyxlock-*")
    again, _ = build(tmp_path / "out", root=root)
    assert again.name == wheel.name
    digests = [hashlib.sha256(p.read_bytes()).hexdigest() for p in (wheel, again)]
    assert digests[0] == digests[1]


def test_reproducible_sdist(tmp_path):
    """The same sources give the same sdist, of which the files' times are not those of the checkout."""
    python = ROOT / ".venv/python/bin/python"
    run(python, "-m", "build", "--sdist", "--no-isolation", "-o", tmp_path, ROOT)
    (again,), (first,) = tmp_path.glob("*.tar.gz"), DIST.glob("pyxlock-*.tar.gz")
    assert again.read_bytes() == first.read_bytes()


def test_sbom():
    """The SBOM says of which version it is, and what is in the program."""
    bom = json.loads((DIST / "sbom.cdx.json").read_text("utf-8"))
    assert bom["bomFormat"] == "CycloneDX" and bom["metadata"]["component"]["version"] == go_version()
    assert {"std", "github.com/spf13/cobra"} <= {c["name"] for c in bom["components"]}


def test_cross(tmp_path):
    """One machine builds the wheels of others.

    The program is one that does nothing: for ours the compiler would have to go through
    all of Go's library. That ours has the right types on Windows, a test in
    internal/architecture says.
    """
    with tarfile.open(*DIST.glob("pyxlock-*.tar.gz")) as tar:
        tar.extractall(tmp_path)
    (root,) = tmp_path.glob("pyxlock-*")
    for source in (root / "cmd" / "pyxlock").glob("*.go"):
        source.unlink()
    (root / "cmd" / "pyxlock" / "version.go").write_text(f'package main\n\nconst version = "{go_version()}"\n\nfunc main() {{}}\n')
    path, _ = build(tmp_path / "out", "windows/amd64", root=root)
    assert path.name == f"pyxlock-{go_version()}-py3-none-win_amd64.whl"
    (name,) = [n for n in read(path) if "/scripts/" in n]
    assert name.endswith("/pyxlock.exe")
    assert read(path)[name][:2] == b"MZ"


def test_unknown_target(tmp_path):
    """A platform that is none is an error that names those there are."""
    path, text = build(tmp_path, "plan9/mips", check=False)
    assert path is None
    assert "PYXLOCK_TARGET='plan9/mips' is not one of linux/amd64" in text


def test_no_go(tmp_path):
    """Without Go the build says what is missing."""
    python = ROOT / ".venv/python/bin/python"
    path, text = build(tmp_path, env={"PATH": str(python.parent)}, check=False)
    assert path is None
    assert "building it needs Go" in text


def test_sdist(tmp_path):
    """The sdist holds what the Go build reads, and the Python package."""
    with tarfile.open(*DIST.glob("pyxlock-*.tar.gz")) as tar:
        names = {n.partition("/")[2] for n in tar.getnames()}
    listed = subprocess.run(
        ["go", "list", "-deps", "-json=Dir,Standard,Module,GoFiles,IgnoredGoFiles,EmbedFiles", "./cmd/pyxlock"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        encoding="utf-8",
    ).stdout
    want = {"go.mod", "go.sum", "pyproject.toml", "README.md", "LICENSE", "PKG-INFO", ".gitignore"}
    want |= {"python/hatch_build.py", "python/hatch_metadata.py"}
    for kind in "*.py", "*.pyi", "*.pxi", "py.typed":
        want |= {p.relative_to(ROOT).as_posix() for top in ("pyxlock", "cython-stubs") for p in (ROOT / "python" / top).rglob(kind)}
    decoder, at = json.JSONDecoder(), 0
    while at < len(listed):
        package, at = decoder.raw_decode(listed, at)
        at += len(listed[at:]) - len(listed[at:].lstrip())
        if package.get("Module", {}).get("Main", package.get("Module", {}).get("Path") == "pyxlock"):
            directory = os.path.relpath(package["Dir"], ROOT)
            elsewhere = [n for n in package.get("IgnoredGoFiles", []) if not n.endswith("_test.go")]  # other systems'
            for name in package.get("GoFiles", []) + elsewhere + package.get("EmbedFiles", []):
                want.add(os.path.normpath(os.path.join(directory, name)))
    assert names == want


@pytest.mark.skipif(shutil.which("go") is None, reason="needs Go")
def test_install_sdist(tmp_path):
    """pip installs the sdist where there is Go."""
    (sdist,) = DIST.glob("pyxlock-*.tar.gz")
    python = venv(tmp_path / "v")
    run(python, "-m", "pip", "install", "-q", sdist)
    assert run(python, "-m", "pyxlock", "version").stdout.startswith(f"pyxlock {go_version()} ")
