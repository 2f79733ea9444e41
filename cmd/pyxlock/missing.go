package main

// Headers of C that a run looked for and did not find, has nowhere to look for, or has found
// where others do not look.

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// sayMissing names them once, with how much is not known for that. A build that names
// directories gets a warning: its output is another where the headers are found.
func sayMissing(w io.Writer, s *config.Settings, p *transform.Project) {
	missing := p.MissingHeaders()
	if s.Verbose {
		sayNotUnderstood(w, p.NotUnderstood())
	}
	if s.Quiet || len(missing) == 0 {
		return
	}
	var names []string
	functions := 0
	for _, m := range missing {
		names = append(names, terminal.Path(m.Header))
		functions += len(m.Names)
	}
	what := console.Count(len(missing), "header")
	if s.HeaderUse == config.HeadersOfBuild {
		what = "warning: " + what
	}
	more := ""
	if n := len(names); n > 4 {
		names, more = names[:3], fmt.Sprintf(" and %d more", n-3)
	}
	fmt.Fprintf(w, "pyxlock: %s not found: %s%s: what %s to the state counts as a write; --header-path=DIR and --pkg-config=NAME say where they are\n",
		what, strings.Join(names, ", "), more, does(functions))
}

// sayNotUnderstood lists the declarations that count as unknown since pyxlock cannot read them.
func sayNotUnderstood(w io.Writer, list []transform.HeaderPlace) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "pyxlock: %s not understood: unless a prototype says const, what is passed there counts as written:\n", console.CountOf(len(list), "C declaration is", "C declarations are"))
	for _, p := range list {
		fmt.Fprintf(w, "  %s:%d: %s\n", terminal.Path(p.Path), p.Line, terminal.Printable([]byte(p.What)))
	}
}

// sayUnread tells a build that names no headers that these might say more.
func sayUnread(w io.Writer, s *config.Settings, list []transform.Inferred, of func(path string) bool) {
	if s.Quiet || s.HeaderUse != config.HeadersOfBuild || s.Headers.Read != nil {
		return
	}
	n := 0
	for _, in := range list {
		if in.Unknown && of(in.Path) {
			n++
		}
	}
	if n == 0 {
		return
	}
	fmt.Fprintf(w, "pyxlock: %s, since nothing says what the C functions do that the state is passed to; their headers may, if the build names them (headers = [\"DIR\"] in [tool.pyxlock], or --header-path=DIR)\n",
		console.CountOf(n, "lock is for writing", "locks are for writing"))
}

// saySystem tells in which directories of the system headers are that were not found: nothing looks there
// unless it is told to, so that what is proposed is the same everywhere.
func saySystem(w io.Writer, s *config.Settings, missing []transform.MissingHeader) {
	if s.Quiet {
		return
	}
	var names []string
	for _, m := range missing {
		names = append(names, m.Header)
	}
	dirs := inputs.OfSystem(names)
	if len(dirs) == 0 {
		return
	}
	var flags []string
	for _, d := range dirs {
		flags = append(flags, shellWord("--header-path="+d))
	}
	fmt.Fprintf(w, "pyxlock: this system has such headers, by which more methods may be seen to only read: %s, or --pkg-config=NAME, which check and builds need then as well\n",
		strings.Join(flags, " "))
}

// sayProject tells which directories of the project annotate has believed: builds do not look there
// unless they are told to, and would ask about the same functions.
func sayProject(w io.Writer, s *config.Settings, dirs []string) {
	if s.Quiet || len(dirs) == 0 {
		return
	}
	var list []string
	for _, d := range dirs {
		list = append(list, strconv.Quote(terminal.Path(d)))
	}
	fmt.Fprintf(w, "pyxlock: read locks depend on headers of the project, which builds read only if told to: put headers = [%s] into [tool.pyxlock] of its pyproject.toml; otherwise they warn about these locks (PXL104)\n",
		strings.Join(list, ", "))
}

func does(functions int) string {
	if functions == 1 {
		return "1 function of theirs does"
	}
	return fmt.Sprintf("%d functions of theirs do", functions)
}
