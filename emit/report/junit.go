package report

// Findings as the XML of JUnit, which most CI systems show as tests that failed.

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes a test suite for each file, of those given and of those with findings: a
// test that failed for each finding, or one that passed where there is none. source is
// as for Text.
func JUnit(w io.Writer, files []string, list []transform.Finding, source func(path string) []byte, tool Tool) error {
	clean := func(s string) string { return terminal.Harmless([]byte(s)) }
	pos := &positions{source: source}
	out := junitSuites{Name: tool.Name}
	at := map[string]int{}
	suite := func(path string) *junitSuite {
		i, ok := at[path]
		if !ok {
			i = len(out.Suites)
			at[path] = i
			out.Suites = append(out.Suites, junitSuite{Name: clean(filepath.ToSlash(path))})
		}
		return &out.Suites[i]
	}
	for _, path := range files {
		suite(path)
	}
	for _, f := range list {
		s := suite(f.Path)
		a := pos.of(f)
		var text strings.Builder
		fmt.Fprintf(&text, "%s: %s %s", terminal.Place(filepath.ToSlash(f.Path), f.Line, f.Column), f.Code, f.Message)
		for _, r := range f.Related {
			fmt.Fprintf(&text, "\n%s: %s", terminal.Place(filepath.ToSlash(r.Path), r.Line, r.Column), r.Message)
		}
		if f.Help != "" {
			text.WriteString("\nhelp: " + f.Help)
		}
		name := fmt.Sprintf("%s %d:%d", f.Code, a.Line, a.Column)
		if f.Scope != "" {
			name += " " + f.Scope
		}
		s.Cases = append(s.Cases, junitCase{Name: clean(name), Class: s.Name, File: s.Name, Line: a.Line,
			Failure: &junitFailure{Message: clean(f.Message), Type: Severity(f), Text: clean(text.String())}})
		s.Failures++
		out.Failures++
	}
	for i := range out.Suites {
		s := &out.Suites[i]
		if len(s.Cases) == 0 {
			s.Cases = []junitCase{{Name: "check", Class: s.Name, File: s.Name}}
		}
		s.Tests = len(s.Cases)
		out.Tests += s.Tests
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}
