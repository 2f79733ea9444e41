package report

// The formats that other programs read, against their published schemas and
// against texts whose positions are easy to get wrong.

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"pyxlock/emit/terminal"
	"pyxlock/parser/ast"
	"pyxlock/transform"
)

var testTool = Tool{"pyxlock", "0.0.0"}

// sample is a report with one of everything.
func sample() (*transform.Report, map[string]string) {
	src := map[string]string{
		"a b.pyx":   "\ufeffx = f('日本', y)\r\n  # 100%\r\nlast",
		"../up.pyx": "a\n",
		"/abs.pyx":  "a\n",
		"nul.pyx":   "\xff\xfe = y\n",
	}
	in := func(path, what string) transform.Finding {
		off := at(src[path], what)
		l, c := (&positions{source: func(string) []byte { return []byte(src[path]) }}).at(int(off))
		return transform.Finding{Code: "PXL201", Path: path, Message: "message", Line: l, Column: c,
			Span: ast.Span{Pos: off, End: off + int32(len(what))}}
	}
	all := in("a b.pyx", "y")
	all.Message, all.Help, all.Warning = "50% of\n<it>: a, b", "do this", true
	all.Related = []transform.Related{{Path: "n.pxd", Line: 3, Column: 9, Message: "declared here"}, {Path: "o.pxd", Message: "and there"}}
	all.Fix = &transform.Fix{Message: "do it", Edits: []transform.Edit{
		{Off: all.Span.Pos, End: all.Span.Pos, New: "z, "},
		{Off: all.Span.Pos, End: all.Span.End, New: ""},
		{Off: int32(len(src["a b.pyx"])), End: int32(len(src["a b.pyx"])), New: "\n"},
	}}
	all.Scope, all.Cause = "C.f", "one cause"
	again := in("../up.pyx", "a")
	again.Cause = all.Cause
	lines := in("a b.pyx", "f('日本', y)\r\n  # 100%\r\n")
	rep := &transform.Report{
		Findings: []transform.Finding{
			all, lines, again, in("/abs.pyx", "a"), in("nul.pyx", "y"),
			{Code: "PXL010", Path: "whole.pyx", Message: "no place"},
			{Code: "PXL999", Path: "gone.pyx", Line: 7, Column: 2, Span: ast.Span{Pos: 90, End: 91}, Message: "no source"},
		},
		Suppressed: []transform.Suppressed{{Finding: in("/abs.pyx", "a"), Reason: "because"}},
		Summary: transform.Summary{
			Files: 4, Lines: 6, Classes: 3, Locked: 2, Fields: 5,
			Exempt: []transform.Exemption{{Name: "Class.method", Path: "a b.pyx", Line: 3, Reason: "an 'int', read once"}},
			Claims: []transform.Claim{
				{Path: "a b.pyx", Line: 1, For: []string{"2 classes are locked"}, Against: []string{"1 finding in the module"}},
				{Path: "../up.pyx", Line: 1},
			},
			Assumed: []transform.Assumption{{Name: "Class.step", Path: "a b.pyx", Line: 2}},
		},
	}
	rep.Summary.Methods.Read, rep.Summary.Methods.Write, rep.Summary.Methods.None = 7, 8, 9
	return rep, src
}

func (p *positions) at(off int) (int, int) {
	p.open("any")
	return p.position(off)
}

func lookUp(src map[string]string) func(string) []byte {
	return func(path string) []byte {
		if s, ok := src[path]; ok {
			return []byte(s)
		}
		return nil
	}
}

// valid checks a document against the schema in a file.
func valid(t *testing.T, schema string, document []byte) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, document)
	}
}

// TestJSONSchemaIsComplete checks a report against the schema as if this let no
// further fields in: each field that is written is described.
func TestJSONSchemaIsComplete(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "check.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	var closed func(v any)
	closed = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, ok := v["properties"].(map[string]any); ok {
				v["unevaluatedProperties"] = false
			}
			for name, x := range v {
				if name != "area" { // part of others
					closed(x)
				}
			}
		case []any:
			for _, x := range v {
				closed(x)
			}
		}
	}
	closed(schema)
	strict := filepath.Join(t.TempDir(), "strict.json")
	if data, err = json.Marshal(schema); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(strict, data, 0o666); err != nil {
		t.Fatal(err)
	}
	rep, src := sample()
	var b bytes.Buffer
	if err := JSON(&b, rep, lookUp(src), testTool); err != nil {
		t.Fatal(err)
	}
	valid(t, strict, b.Bytes())
}

func TestJSON(t *testing.T) {
	rep, src := sample()
	schema := filepath.Join("..", "..", "docs", "reference", "check.schema.json")
	var b bytes.Buffer
	if err := JSON(&b, rep, lookUp(src), testTool); err != nil {
		t.Fatal(err)
	}
	valid(t, schema, b.Bytes())
	var got jsonReport
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	help := "do this"
	want := jsonFinding{
		Code: "PXL201", Title: "yield, await or async under a lock", Severity: "warning", Path: "a b.pyx",
		area: area{1, 13, 1, 14}, Message: "50% of\n<it>: a, b", Help: &help,
		Related: []jsonRelated{{"n.pxd", 3, 9, "declared here"}, {"o.pxd", 1, 1, "and there"}},
		Scope:   "C.f", Group: 1,
		Fix: &jsonFix{"do it", []jsonEdit{
			{area{1, 13, 1, 13}, "z, "}, {area{1, 13, 1, 14}, ""}, {area{3, 5, 3, 5}, "\n"},
		}},
	}
	if d := cmp.Diff(want, got.Findings[0], cmp.AllowUnexported(jsonFinding{}, jsonEdit{})); d != "" {
		t.Error(d)
	}
	var areas []area
	var groups []int
	for _, f := range got.Findings[1:] {
		areas = append(areas, f.area)
		groups = append(groups, f.Group)
	}
	if d := cmp.Diff([]int{2, 1, 3, 4, 5, 6}, groups); d != "" {
		t.Error(d)
	}
	wantAreas := []area{{1, 5, 2, 9}, {1, 1, 1, 2}, {1, 1, 1, 2}, {1, 6, 1, 7}, {1, 1, 1, 1}, {7, 2, 7, 2}}
	if d := cmp.Diff(wantAreas, areas); d != "" {
		t.Error(d)
	}

	wantSummary := rep.Summary
	wantSummary.Claims = []transform.Claim{wantSummary.Claims[0], {Path: "../up.pyx", Line: 1, For: []string{}, Against: []string{}}}
	if d := cmp.Diff(wantSummary, got.Summary); d != "" {
		t.Error(d)
	}
	if rep.Summary.Claims[1].For != nil {
		t.Error("JSON changed the report")
	}

	b.Reset()
	if err := JSON(&b, &transform.Report{}, nil, testTool); err != nil {
		t.Fatal(err)
	}
	valid(t, schema, b.Bytes())
	if !strings.Contains(b.String(), `"findings": []`) {
		t.Error(b.String())
	}
}

func TestSARIF(t *testing.T) {
	rep, src := sample()
	page := func(code string) string {
		if code == "PXL201" {
			return "# a <page>\n"
		}
		return ""
	}
	schema := filepath.Join("testdata", "sarif-schema-2.1.0.json")
	var b bytes.Buffer
	if err := SARIF(&b, rep, lookUp(src), page, testTool); err != nil {
		t.Fatal(err)
	}
	valid(t, schema, b.Bytes())
	var got sarifLog
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	run := got.Runs[0]
	rules := run.Tool.Driver.Rules
	for i, r := range run.Results {
		if r.RuleIndex >= 0 && rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("result %d has rule %s, and the index of %s", i, r.RuleID, rules[r.RuleIndex].ID)
		}
		if (r.RuleIndex < 0) != (r.RuleID == "PXL999") {
			t.Errorf("result %d has rule %s, and the index %d", i, r.RuleID, r.RuleIndex)
		}
	}
	file := sarifArtifact{URI: "a%20b.pyx", Base: sourceRoot}
	first := run.Results[0]
	if d := cmp.Diff(sarifResult{
		RuleID: "PXL201", RuleIndex: first.RuleIndex, Level: "warning",
		Message: sarifText{Text: "50% of\n<it>: a, b\nhelp: do this"},
		Locations: []sarifLocation{
			sarifPlace("a b.pyx", &sarifRegion{1, 13, 1, 14}, ""),
		},
		Related: []sarifLocation{
			sarifPlace("n.pxd", &sarifRegion{StartLine: 3, StartColumn: 9}, "declared here"),
			sarifPlace("o.pxd", nil, "and there"),
		},
		Fixes: []sarifFix{{sarifText{Text: "do it"}, []sarifChange{{file, []sarifReplacement{
			{sarifRegion{1, 13, 1, 13}, &sarifText{Text: "z, "}},
			{sarifRegion{1, 13, 1, 14}, nil},
			{sarifRegion{3, 5, 3, 5}, &sarifText{Text: "\n"}},
		}}}}},
		Suppressions: []sarifSuppression{},
		Properties:   &sarifProperties{1},
	}, first); d != "" {
		t.Error(d)
	}
	if r := rules[first.RuleIndex]; r.Name != "YieldAwaitOrAsyncUnderALock" || r.Help.Markdown != "# a <page>\n" {
		t.Errorf("%+v", r)
	}
	if a := run.Results[0].Locations[0].Physical.Artifact; a != file {
		t.Errorf("%+v", a)
	}
	up := run.Results[2].Locations[0].Physical.Artifact
	if !strings.HasPrefix(up.URI, "file:///") || !strings.HasSuffix(up.URI, "/up.pyx") || up.Base != "" || strings.Contains(up.URI, "..") {
		t.Errorf("%+v", up)
	}
	if a := run.Results[3].Locations[0].Physical.Artifact; a.URI != "file:///abs.pyx" && filepath.Separator == '/' {
		t.Errorf("%+v", a)
	}
	if r := run.Results[5].Locations[0].Physical.Region; r != nil {
		t.Errorf("a whole file has the region %+v", r)
	}
	last := run.Results[len(run.Results)-1]
	if d := cmp.Diff([]sarifSuppression{{"inSource", "because"}}, last.Suppressions); d != "" {
		t.Error(d)
	}

	b.Reset()
	if err := SARIF(&b, &transform.Report{}, nil, page, testTool); err != nil {
		t.Fatal(err)
	}
	valid(t, schema, b.Bytes())
}

func TestGitHub(t *testing.T) {
	rep, src := sample()
	rep.Findings[2].Path = "a,b:c%.pyx"
	var b bytes.Buffer
	if err := GitHub(&b, rep.Findings, lookUp(src)); err != nil {
		t.Fatal(err)
	}
	want := `::warning file=a b.pyx,line=1,col=13,endLine=1,endColumn=14,title=PXL201::50%25 of%0A<it>: a, b%0An.pxd:3:9: declared here%0Ao.pxd: and there%0Ahelp: do this
::error file=a b.pyx,line=1,endLine=2,title=PXL201::message
::error file=a%2Cb%3Ac%25.pyx,line=1,col=1,endLine=1,endColumn=1,title=PXL201::message
::error file=/abs.pyx,line=1,col=1,endLine=1,endColumn=2,title=PXL201::message
::error file=nul.pyx,line=1,col=6,endLine=1,endColumn=7,title=PXL201::message
::error file=whole.pyx,line=1,col=1,endLine=1,endColumn=1,title=PXL010::no place
::error file=gone.pyx,line=7,col=2,endLine=7,endColumn=2,title=PXL999::no source
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestPositions(t *testing.T) {
	tests := []struct {
		src  string
		off  int
		l, c int
	}{
		{"", 0, 1, 1},
		{"", 5, 1, 1},
		{"ab", 2, 1, 3},
		{"ab\n", 3, 2, 1},
		{"ab\r\n", 4, 2, 1},
		{"ab\r", 3, 2, 1},
		{"a\nb", 3, 2, 2},
		{"\ufeffa", 0, 1, 1},
		{"\ufeffa", 3, 1, 1},
		{"\ufeffa", 4, 1, 2},
		{"é\xff日x", 6, 1, 4},
	}
	for _, tt := range tests {
		p := positions{source: func(string) []byte { return []byte(tt.src) }}
		if l, c := p.at(tt.off); l != tt.l || c != tt.c {
			t.Errorf("%q, %d: %d:%d, want %d:%d", tt.src, tt.off, l, c, tt.l, tt.c)
		}
	}
}

func TestJSONIsExactAndHarmless(t *testing.T) {
	text := "a\x1b\u0085\u202e\u200b\u2028\x7f\U000e0041\ufeff é😀 ##[x] ##vso[y] \n\t\"\\"
	var b bytes.Buffer
	if err := writeJSON(&b, text); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got != text {
		t.Errorf("%q, %v\n%s", got, err, b.String())
	}
	if s := strings.TrimSuffix(b.String(), "\n"); terminal.Harmless([]byte(s)) != s || !strings.Contains(s, "é😀") {
		t.Errorf("%s", s)
	}
	b.Reset()
	if err := writeJSON(&b, "\xff"); err != nil || !utf8.Valid(b.Bytes()) {
		t.Errorf("%q %v", b.String(), err)
	}
}

func TestGitHubCannotBeBrokenOut(t *testing.T) {
	f := transform.Finding{Code: "PXL001", Path: "a::b,c\n\r%0A\x1b.pyx", Line: 1, Message: "x::y%0A\r\n::add-mask::z\x1b[1m%"}
	var b bytes.Buffer
	if err := GitHub(&b, []transform.Finding{f}, nil); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a%3A%3Ab%2Cc%0A%0D%250A�.pyx,line=1,col=1,endLine=1,endColumn=1,title=PXL001::x::y%250A�%0A:�add-mask::z�[1m%25\n"
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
}

func TestPositionsOnOneLine(t *testing.T) {
	src := "\ufeff" + strings.Repeat("é", 50) + "\n" + strings.Repeat("日x", 50)
	p := positions{source: func(string) []byte { return []byte(src) }}
	p.open("m")
	r := rand.New(rand.NewSource(1))
	for range 2000 {
		off := r.Intn(len(src) + 1)
		fresh := positions{source: p.source}
		fresh.open("m")
		l1, c1 := p.position(off)
		if l2, c2 := fresh.position(off); l1 != l2 || c1 != c2 {
			t.Fatalf("%d: %d:%d, want %d:%d", off, l1, c1, l2, c2)
		}
	}
}
