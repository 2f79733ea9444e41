"""Compiles the Go program and puts it into the wheel, on PATH once installed.

PYXLOCK_TARGET=GOOS/GOARCH, as in linux/arm64, builds the wheel of another
platform; without it the wheel is for this one.
"""

import os
import re
import shutil
import subprocess
import sysconfig

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What a static program of Go 1.26 runs on, as wheel tags. The C library does
# not matter to it; the oldest macOS is Go's.
PLATFORMS = {
    "linux/amd64": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    "linux/arm64": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "darwin/amd64": "macosx_12_0_x86_64",
    "darwin/arm64": "macosx_12_0_arm64",
    "windows/amd64": "win_amd64",
    "windows/arm64": "win_arm64",
}


class GoBuildHook(BuildHookInterface):
    """Adds the program to a wheel, and the tag of the platform it is for."""

    def initialize(self, version, build_data):
        """Compile into build/wheel/GOOS-GOARCH."""
        go = shutil.which("go")
        if go is None:
            raise SystemExit(
                "pyxlock: building it needs Go (go.mod says which version), and there is no "
                "'go' on PATH: install Go, or install a wheel of pyxlock for this platform"
            )
        host = self.host(go)
        target = os.environ.get("PYXLOCK_TARGET") or host
        goos, slash, goarch = target.partition("/")
        if not slash or (target not in PLATFORMS and target != host):
            raise SystemExit(
                f"pyxlock: PYXLOCK_TARGET={target!r} is not one of {', '.join(PLATFORMS)}"
            )
        name = "pyxlock.exe" if goos == "windows" else "pyxlock"
        program = os.path.join(self.root, "build", "wheel", f"{goos}-{goarch}", name)
        # No VCS stamp: the same sources give the same bytes, from git or an sdist.
        flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
        env = dict(os.environ, CGO_ENABLED="0", GOOS=goos, GOARCH=goarch)
        try:
            subprocess.run(
                [go, "build", *flags, "-o", program, "./cmd/pyxlock"],
                cwd=self.root,
                env=env,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise SystemExit(
                f"pyxlock: go build failed for {target}; its messages are above"
            ) from error
        build_data["shared_scripts"][program] = name
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{PLATFORMS.get(target) or self.this_platform()}"

    @staticmethod
    def host(go):
        """Return GOOS/GOARCH of this machine, whatever GOOS and GOARCH are set to."""
        env = {k: v for k, v in os.environ.items() if k not in ("GOOS", "GOARCH")}
        out = subprocess.run(
            [go, "env", "GOHOSTOS", "GOHOSTARCH"],
            env=env,
            check=True,
            stdout=subprocess.PIPE,
            universal_newlines=True,
        ).stdout.split()
        return "/".join(out)

    @staticmethod
    def this_platform():
        """Return the tag of a platform that no wheels are made for."""
        return re.sub(r"[^0-9a-zA-Z]+", "_", sysconfig.get_platform())
