package report

// The formats of CI systems that have no published schema of their own.

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/transform"
)

func TestGitLab(t *testing.T) {
	rep, src := sample()
	rep.Findings = append(rep.Findings, rep.Findings[2]) // as it may be, in another place
	var b bytes.Buffer
	if err := GitLab(&b, rep.Findings, lookUp(src)); err != nil {
		t.Fatal(err)
	}
	var got []gitlabIssue
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	first := got[0]
	if first.Description != "PXL201: 50% of\n<it>: a, b\nhelp: do this" || first.CheckName != "PXL201" || first.Severity != "minor" || got[1].Severity != "major" {
		t.Errorf("%+v", first)
	}
	if d := cmp.Diff(gitlabPositions{gitlabPosition{1, 13}, gitlabPosition{1, 14}}, first.Location.Positions); d != "" || first.Location.Path != "a b.pyx" {
		t.Error(d, first.Location.Path)
	}
	seen := map[string]bool{}
	for _, i := range got {
		if i.Fingerprint == "" || seen[i.Fingerprint] {
			t.Errorf("%s: twice the fingerprint %q", i.Location.Path, i.Fingerprint)
		}
		seen[i.Fingerprint] = true
	}
	b.Reset()
	if err := GitLab(&b, nil, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}

// A fingerprint stays while numbers do not, and changes with all else.
func TestFingerprint(t *testing.T) {
	f := transform.Finding{Code: "PXL103", Scope: "C.f", Line: 3, Message: "reads n2 of x (line 12)"}
	same := f
	same.Line, same.Message = 99, "reads n2 of x (line 7)"
	if Fingerprint(f, "a.pyx") != Fingerprint(same, "a.pyx") {
		t.Error("it depends on lines")
	}
	for what, change := range map[string]func(f *transform.Finding){
		"code":    func(f *transform.Finding) { f.Code = "PXL106" },
		"scope":   func(f *transform.Finding) { f.Scope = "C.g" },
		"message": func(f *transform.Finding) { f.Message = "reads n3 of x (line 12)" },
	} {
		other := f
		if change(&other); Fingerprint(f, "a.pyx") == Fingerprint(other, "a.pyx") {
			t.Errorf("it does not depend on the %s", what)
		}
	}
	if Fingerprint(f, "a.pyx") == Fingerprint(f, "b.pyx") {
		t.Error("it does not depend on the file")
	}
	f.Gist, same.Gist, same.Message = "C has no lock", "C has no lock", "C has no lock, and g writes n"
	if Fingerprint(f, "a.pyx") != Fingerprint(same, "a.pyx") {
		t.Error("it depends on more than the gist")
	}
}

func TestJUnit(t *testing.T) {
	rep, src := sample()
	rep.Findings[0].Message += " ]]> \x1b[1m & \u202e"
	var b bytes.Buffer
	if err := JUnit(&b, []string{"clean.pyx", "a b.pyx"}, rep.Findings, lookUp(src), testTool); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); !strings.HasPrefix(s, "<?xml ") || strings.ContainsAny(s, "\x1b\u202e") {
		t.Errorf("%q", s)
	}
	var got junitSuites
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	tests := 0
	for _, s := range got.Suites {
		names = append(names, s.Name)
		tests += s.Tests
		if s.Tests != len(s.Cases) {
			t.Errorf("%s: %d tests, and %d cases", s.Name, s.Tests, len(s.Cases))
		}
	}
	if d := cmp.Diff([]string{"clean.pyx", "a b.pyx", "../up.pyx", "/abs.pyx", "nul.pyx", "whole.pyx", "gone.pyx"}, names); d != "" {
		t.Error(d)
	}
	if got.Tests != tests || got.Failures != len(rep.Findings) || tests != len(rep.Findings)+1 {
		t.Errorf("%d tests, %d failures", got.Tests, got.Failures)
	}
	if c := got.Suites[0].Cases; len(c) != 1 || c[0].Failure != nil {
		t.Errorf("a clean file: %+v", c)
	}
	first := got.Suites[1].Cases[0]
	if first.Name != "PXL201 1:13 C.f" || first.Line != 1 || first.Failure.Type != "warning" || !strings.HasSuffix(first.Failure.Text, "\nn.pxd:3:9: declared here\no.pxd: and there\nhelp: do this") {
		t.Errorf("%+v %+v", first, first.Failure)
	}
}
