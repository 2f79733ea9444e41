package report

// Findings as JSON, for programs. docs/reference/check.schema.json describes it.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"unicode/utf16"
	"unicode/utf8"

	"pyxlock/emit/terminal"
	"pyxlock/parser/ast"
	"pyxlock/transform"
)

// Tool says which program a report is from.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// jsonVersion changes when a field changes its meaning or goes; further fields
// may come without.
const jsonVersion = 1

type jsonReport struct {
	Version  int               `json:"version"`
	Tool     Tool              `json:"tool"`
	Findings []jsonFinding     `json:"findings"`
	Summary  transform.Summary `json:"summary"`
}

type jsonFinding struct {
	Code     string `json:"code"`
	Title    string `json:"title"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	area
	Message string        `json:"message"`
	Help    *string       `json:"help"`
	Related []jsonRelated `json:"related"`
	Scope   string        `json:"scope"`
	Group   int           `json:"group"`
	Fix     *jsonFix      `json:"fix"`
}

type jsonRelated struct {
	Path    string `json:"path"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

type jsonFix struct {
	Message string     `json:"message"`
	Edits   []jsonEdit `json:"edits"`
}

type jsonEdit struct {
	area
	New string `json:"new"`
}

// JSON writes a report as one JSON object. source is as for Findings.
func JSON(w io.Writer, rep *transform.Report, source func(path string) []byte, tool Tool) error {
	pos := &positions{source: source}
	out := jsonReport{Version: jsonVersion, Tool: tool, Findings: []jsonFinding{}, Summary: summary(rep.Summary)}
	titles := Titles()
	group := transform.GroupNumbers(rep.Findings)
	for i, f := range rep.Findings {
		j := jsonFinding{
			Code:     f.Code,
			Title:    titles[f.Code],
			Severity: Severity(f),
			Path:     filepath.ToSlash(f.Path),
			area:     pos.of(f),
			Message:  f.Message,
			Related:  []jsonRelated{},
			Scope:    f.Scope,
			Group:    group[i],
		}
		if f.Help != "" {
			j.Help = &f.Help
		}
		for _, r := range f.Related {
			j.Related = append(j.Related, jsonRelated{filepath.ToSlash(r.Path), max(r.Line, 1), max(r.Column, 1), r.Message})
		}
		if f.Fix != nil {
			j.Fix = &jsonFix{Message: f.Fix.Message, Edits: []jsonEdit{}}
			for _, e := range f.Fix.Edits {
				j.Fix.Edits = append(j.Fix.Edits, jsonEdit{pos.span(f.Path, ast.Span{Pos: e.Off, End: e.End}), e.New})
			}
		}
		out.Findings = append(out.Findings, j)
	}
	return writeJSON(w, out)
}

// summary returns a summary with forward slashes in its paths, and with empty
// lists where there is nothing.
func summary(s transform.Summary) transform.Summary {
	s.Exempt = append([]transform.Exemption{}, s.Exempt...)
	for i := range s.Exempt {
		s.Exempt[i].Path = filepath.ToSlash(s.Exempt[i].Path)
	}
	s.Assumed = append([]transform.Assumption{}, s.Assumed...)
	for i := range s.Assumed {
		s.Assumed[i].Path = filepath.ToSlash(s.Assumed[i].Path)
	}
	s.Claims = append([]transform.Claim{}, s.Claims...)
	for i := range s.Claims {
		c := &s.Claims[i]
		c.Path = filepath.ToSlash(c.Path)
		c.For, c.Against = append([]string{}, c.For...), append([]string{}, c.Against...)
	}
	return s
}

// writeJSON writes a value as JSON in which nothing acts where it is printed: what
// would is escaped, and so is what a log could take for a command.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeJSON(b.Bytes()))
	return err
}

// escapeJSON escapes within the strings of JSON what would act. Outside of them
// none of it stands.
func escapeJSON(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/64)
	for len(text) > 0 {
		c := text[0]
		if c < utf8.RuneSelf && c != 0x7f {
			if c == '#' && (bytes.HasPrefix(text, []byte("##[")) || bytes.HasPrefix(text, []byte("##vso["))) {
				out = append(out, `\u0023`...)
			} else {
				out = append(out, c)
			}
			text = text[1:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		switch {
		case !terminal.Acts(r):
			out = append(out, text[:n]...)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}

// Severity names how bad a finding is, as JSON and SARIF do.
func Severity(f transform.Finding) string {
	switch {
	case f.Note:
		return "note"
	case f.Warning:
		return "warning"
	}
	return "error"
}

// Titles returns the title of each code.
func Titles() map[string]string {
	t := map[string]string{}
	for _, r := range transform.Rules() {
		t[r.Code] = r.Title
	}
	return t
}
