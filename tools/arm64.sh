#!/usr/bin/env bash
# tools/arm64.sh DIR: what runtime/arm64_test.go needs of a system of that architecture, in
# DIR: the C library and Python's, as Debian has them. The system's own lists of packages stay
# as they are. Exits with 77, and the reason, where that cannot be had.
set -euo pipefail
dir=$(mkdir -p "$1" && cd "$1" && pwd)
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
	echo "no apt-get: make $dir a root with libpython3-dev for arm64 in another way"
	exit 77
}
[ ! -e "$dir/complete" ] || exit 0
mkdir -p "$dir"/apt/lists/partial "$dir"/apt/archives/partial
: >"$dir/apt/status"
cat >"$dir/apt/conf" <<END
Dir::State::lists "$dir/apt/lists";
Dir::State::status "$dir/apt/status";
Dir::Cache "$dir/apt";
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
END
export APT_CONFIG=$dir/apt/conf
apt-get update -qq
apt-get install -qq -y --no-install-recommends --download-only libpython3-dev >/dev/null
for package in "$dir"/apt/archives/*.deb; do
	dpkg-deb -x "$package" "$dir"
done
rm -rf "$dir/apt"
touch "$dir/complete"
