#!/bin/sh
# Writes to build/bytecode wheels of Cython and setuptools with their bytecode, for the
# builds of the tests (tools/bytecode.py); once for what the environments hold, with a
# free-threaded interpreter for that one, too.
# Usage: tools/bytecode.sh
set -eu
cd "$(dirname "$0")/.."
ft=${PYXLOCK_FT_PYTHON:-$(command -v python3.14t || true)}
environments=cython-3.3
if [ -n "$ft" ]; then
	tools/venv.sh guide "$ft"
	environments="$environments guide"
fi
want=$(for name in $environments; do cat ".venv/$name/.pins" ".venv/$name/.sooner"; done; cat tools/bytecode.py tools/bytecode.sh)
[ "$(cat build/bytecode/.made 2>/dev/null || true)" != "$want" ] || exit 0
rm -rf build/bytecode build/bytecode.new
mkdir -p build/bytecode.new
for name in $environments; do
	".venv/$name/bin/python" tools/bytecode.py build/bytecode.new Cython setuptools
done
printf '%s\n' "$want" >build/bytecode.new/.made
mv build/bytecode.new build/bytecode
