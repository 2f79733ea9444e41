package runtime

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestThreadSanitizedPython runs test/run.py on an interpreter that is itself
// built with ThreadSanitizer (configure --disable-gil --with-thread-sanitizer),
// so that what Python objects do to each other is seen as well. Needs
// PYXLOCK_TSAN_PYTHON; takes minutes.
func TestThreadSanitizedPython(t *testing.T) {
	p, err := inspect(os.Getenv("PYXLOCK_TSAN_PYTHON"))
	if err != nil || !p.freeThreaded {
		t.Skip("SKIPPED: no free-threaded Python with ThreadSanitizer: set PYXLOCK_TSAN_PYTHON")
	}
	// The sanitizer's library is the compiler's, and there can be only one.
	out, err := exec.Command(p.exe, "-c", "import sysconfig; print(sysconfig.get_config_var('CC'))").Output()
	if err != nil {
		t.Fatal(err)
	}
	cc := compiler(t, strings.Fields(string(out))[0])
	cython := cython(t)
	dir := t.TempDir()
	var jobs []func()
	for name, flags := range map[string]string{
		"locktest":          "-DPYXLOCK_RELEASES_GIL",
		"locktest_inline":   "-DPYXLOCK_RELEASES_GIL",
		"locktest_unmarked": "-DNDEBUG",
	} {
		jobs = append(jobs, func() {
			source := filepath.Join(dir, name+".c")
			if out, err := command(t, cython, "-m", "cython", "-I", ".", "--module-name", name, "-o", source,
				filepath.Join("test", "locktest.pyx")); err != nil {
				t.Errorf("%v\n%s", err, out)
			} else if out, err := command(t, cc, "-shared", "-fPIC", "-O1", "-g", "-fsanitize=thread", flags,
				"-I"+p.include, source, "-o", filepath.Join(dir, name+".so")); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	inParallel(jobs...)
	if t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.exe, filepath.Join("test", "run.py"), dir)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1",
		"TSAN_OPTIONS=exitcode=0 die_after_fork=0 handle_segv=0 history_size=4 log_path="+filepath.Join(dir, "report"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "report.*"))
	if err != nil {
		t.Fatal(err)
	}
	expected := 0
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		for _, report := range strings.Split(string(text), "==================\n") {
			switch {
			case strings.Contains(report, "locktest_") && strings.Contains(report, "unlocked"):
				expected++ // the case without locks: ThreadSanitizer does look
			case strings.Contains(report, "in PyThread_tss_delete"):
				// Python ends, and daemon threads had asked for their state: both accesses are its own.
			case strings.Contains(report, "pyxlock_") || strings.Contains(report, "8locktest"):
				t.Errorf("%s", report)
			}
		}
	}
	if expected == 0 {
		t.Error("ThreadSanitizer did not even see the race of stress_without_locks_would_fail")
	}
}
