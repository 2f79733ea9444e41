// Command pyxlock expands @cython.locked_class, @cython.read_lock and
// @cython.write_lock into plain Cython.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"pyxlock/emit"
)

// Exit codes.
const (
	exitClean       = 0
	exitDifferences = 1 // findings or differences
	exitUsage       = 2 // usage, configuration, input or output
)

// exit ends a command with a code after it has said what there is to say.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() {
	if os.Getenv("GOGC") == "" {
		// A run is short and its memory is mostly what it parsed: collect less often.
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(2 << 30)
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program without the process round it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	out, errs := emit.NewCleaner(stdout), emit.NewCleaner(stderr)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if failed := out.Flush(); failed != nil {
		err = failed // nobody has seen what there was to see
	}
	defer errs.Flush()
	var code exit
	switch {
	case err == nil:
		return exitClean
	case errors.As(err, &code):
		return int(code)
	}
	io.WriteString(errs, said(err))
	return exitUsage
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
or I/O.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newRewrite(), newPreview(), newCheck(), newAnnotate(), newCython(), newExplain(), newLocate(), newVersion())
	return root
}
