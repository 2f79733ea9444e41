// Command pyxlock expands @cython.locked_class, @cython.read_lock and
// @cython.write_lock into plain Cython.
package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/terminal"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// A run is short and its memory is mostly what it parsed: collect for the first time
		// at some 180 MB, which a check of 100,000 lines comes to once. Most of what there is by then
		// is still in use: collecting at 16 and 70 MB was a fifth of the time of annotate, and saved
		// nothing. Behind that, what headers and bodies of C leave is garbage: a run takes at most
		// 180 MB and one and three quarters of what is in use.
		debug.SetGCPercent(75)
		defer runtime.KeepAlive(make([]byte, 240<<20)) // nobody touches it, so that it is no memory
		debug.SetMemoryLimit(2 << 30)
	}
	process()
}

// process is the program: a run, and the way in which the process ends.
func process() {
	ctx, signals := console.Interruptible(context.Background())
	signals.End(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program without the process round it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	s := console.NewStreams(stdout, stderr)
	out, errs := terminal.NewCleaner(&s.Out), terminal.NewCleaner(&s.Err)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	// The streams remember what could not be written.
	_ = out.Flush()
	_ = errs.Flush()
	var code console.Exit
	switch {
	case err == nil:
		return s.End(console.Clean, nil)
	case errors.As(err, &code):
		return s.End(int(code), nil)
	}
	if why, ok := context.Cause(ctx).(console.Stopped); ok && !errors.Is(err, why) {
		err = why // what it stopped has failed in its own words
	}
	if pe, ok := err.(*fs.PathError); ok {
		err = fspath.Plain(pe) // people know the file, and not the system call
	}
	return s.End(console.Usage, err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "pyxlock",
		Short: "Locks for Cython's extension types on free-threaded Python",
		Long: `pyxlock expands @cython.locked_class, @cython.read_lock and @cython.write_lock
into plain Cython before cython runs.

  pyxlock preview src/                  what the build will compile, as a diff
  pyxlock rewrite src/ -o build/src     a tree that is ready for cython
  pyxlock rewrite matrix.pyx            one file to standard output
  pyxlock rewrite --in-place src/       replace the decorators for good
  pyxlock check src/                    what is not safe on free-threaded Python

Exit codes: 0 done and clean, 1 findings or differences, 2 usage, configuration
or I/O, also if standard output cannot be written. A signal ends it as usual
(130 for Ctrl-C in a shell), with no file half written.`,
		Version:       versions(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.DisplayName}} {{.Version}}\n")
	root.AddCommand(newRewrite(), newPreview(), newCheck(), newAnnotate(), newCython(), newExplain(), newLocate(), newVersion())
	return root
}
