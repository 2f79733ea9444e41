package report

// Findings as GitHub's workflow commands, which show them beside the changed
// lines of a pull request.

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// GitHub writes one workflow command a finding, in the order given. source is
// as for Findings.
func GitHub(w io.Writer, list []transform.Finding, source func(path string) []byte) error {
	var b bytes.Buffer
	pos := &positions{source: source}
	// A command is one line of its own; ":" and "," end a property.
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	// A name keeps its line breaks, which are escaped: it has to be the file's.
	name := func(path string) string {
		return property.Replace(strings.Map(func(r rune) rune {
			if r != '\r' && r != '\n' && terminal.Acts(r) {
				return terminal.Shown
			}
			return r
		}, filepath.ToSlash(path)))
	}
	for _, f := range list {
		a := pos.of(f)
		level := Severity(f)
		if f.Note {
			level = "notice"
		}
		fmt.Fprintf(&b, "::%s file=%s,line=%d", level, name(f.Path), a.Line)
		if a.Line == a.EndLine {
			fmt.Fprintf(&b, ",col=%d,endLine=%d,endColumn=%d", a.Column, a.EndLine, a.EndColumn)
		} else {
			// The runner refuses columns where the lines differ.
			fmt.Fprintf(&b, ",endLine=%d", a.EndLine)
		}
		text := f.Message
		for _, r := range f.Related {
			text += "\n" + terminal.Place(filepath.ToSlash(r.Path), r.Line, r.Column) + ": " + r.Message
		}
		if f.Help != "" {
			text += "\nhelp: " + f.Help
		}
		fmt.Fprintf(&b, ",title=%s::%s\n", property.Replace(f.Code), data.Replace(terminal.Harmless([]byte(text))))
	}
	_, err := w.Write(b.Bytes())
	return err
}
