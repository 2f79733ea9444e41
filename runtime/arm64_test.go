package runtime

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pyxlock/internal/steps"
)

// TestThreadsOnArm64 runs test/threads.c as ARM's machine code, in an emulator. That shows that
// the code for this machine is right where it differs (the thread's number, pauses, atomic operations,
// sizes), not that its orders are strong enough: the emulator runs on this machine,
// and runtime/weak is for that.
func TestThreadsOnArm64(t *testing.T) {
	t.Parallel()
	root := os.Getenv("PYXLOCK_ARM64_ROOT")
	if root == "" {
		t.Skip("SKIPPED: no root of an arm64 system: make arm64, or set PYXLOCK_ARM64_ROOT")
	}
	gcc := compiler(t, "aarch64-linux-gnu-gcc")
	emulator := ""
	for _, name := range []string{"qemu-aarch64", "qemu-aarch64-static"} {
		if path, err := exec.LookPath(name); err == nil {
			emulator = path
			break
		}
	}
	if emulator == "" {
		t.Skip("SKIPPED: no qemu-aarch64: apt-get install qemu-user")
	}
	libraries, _ := filepath.Glob(filepath.Join(root, "usr/lib/aarch64-linux-gnu/libpython3.*.so"))
	if len(libraries) == 0 {
		t.Fatalf("%s has no library of Python for arm64", root)
	}
	name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(libraries[0]), "lib"), ".so")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pyxlock.h"), cCode(pxd))
	for _, variant := range []struct{ name, flags string }{
		{"Plain", "-O2"},
		{"Atomics", "-O2 -march=armv8.1-a"}, // instructions in place of loops
		{"Jitter", "-O1 -DTHREADS_JITTER"},
	} {
		t.Run(variant.name, func(t *testing.T) {
			exe := filepath.Join(t.TempDir(), "threads")
			include := filepath.Join(root, "usr/include")
			args := append(strings.Fields(variant.flags), "--sysroot="+root, "-std=c99", "-Wall", "-Wextra", "-Werror",
				"-I"+dir, "-isystem", filepath.Join(include, name), "-isystem", include, "test/threads.c", "-o", exe,
				"-Wl,-export-dynamic", "-l"+name, "-lpthread")
			if out, err := command(t, gcc, args...); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			// -e: the emulator cannot make threads in the child of a process that has some.
			cmd := steps.Command(t.Name(), "threads.c", time.Hour, emulator, "-L", root, exe, "-e")
			if variant.name == "Jitter" {
				cmd.Args = append(cmd.Args, "-j")
			}
			cmd.Env = append(os.Environ(), "PYTHONHOME="+filepath.Join(root, "usr"))
			if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("ok:")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
