"""tools/bytecode.py makes wheels whose bytecode is that of their sources."""

import importlib.metadata
import importlib.util
import marshal
import os
import py_compile
import zipfile

import pytest
from conftest import BYTECODE, ROOT

pytestmark = pytest.mark.kept("tools/bytecode.py")


def values(pyc):
    """Run bytecode; return what it leaves."""
    left = {}
    exec(marshal.loads(pyc[16:]), left)
    return left


def test_changed_within_a_second(tmp_path):
    """Bytecode of what a file was when it was written is not taken, as tools/lexicon.py changes one."""
    spec = importlib.util.spec_from_file_location("bytecode_tool", ROOT / "tools" / "bytecode.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    module, info = tmp_path / "pack" / "m.py", tmp_path / "pack-1.dist-info"
    module.parent.mkdir()
    info.mkdir()
    (info / "RECORD").write_text("pack/m.py,,\npack-1.dist-info/RECORD,,\n")
    module.write_text("n = 1\n")
    written = module.stat()
    py_compile.compile(str(module))
    module.write_text("n = 22\n")
    os.utime(module, (written.st_atime, written.st_mtime))
    files = tool.contents(importlib.metadata.PathDistribution(info))
    (pyc,) = [data for name, data in files.items() if name.endswith(".pyc")]
    assert values(pyc)["n"] == 22


def test_of_cython():
    """So is that of the scanner's tables, which tools/lexicon.py has changed."""
    wheels = sorted(BYTECODE.glob("cython-*.whl"))
    assert wheels, "tools/python.sh makes them"
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as files:
            module = "Cython/Compiler/Lexicon.py"
            name = importlib.util.cache_from_source(module)
            if name not in files.namelist():
                continue  # of another interpreter alone
            code = marshal.loads(files.read(name)[16:])
            assert {"make_lexicon", "make_lexicon_of_all_letters"} <= set(code.co_names)
            assert "tools/lexicon.py" in files.read(module).decode("utf-8")
