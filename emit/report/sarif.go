package report

// Findings as SARIF 2.1.0, for code scanning services. Why its structs are
// written here: docs/decisions/0005-sarif-by-hand.md.

import (
	"io"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"pyxlock/parser/ast"
	"pyxlock/transform"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// sourceRoot stands for the directory that paths are relative to.
	sourceRoot = "%SRCROOT%"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Bases      map[string]sarifBase `json:"originalUriBaseIds"`
	ColumnKind string               `json:"columnKind"`
	Results    []sarifResult        `json:"results"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifBase struct {
	Description sarifText `json:"description"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifRule struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Short sarifText  `json:"shortDescription"`
	Help  *sarifText `json:"help,omitempty"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Related      []sarifLocation    `json:"relatedLocations,omitempty"`
	Fixes        []sarifFix         `json:"fixes,omitempty"`
	Suppressions []sarifSuppression `json:"suppressions"` // where one result has it all must
	Properties   *sarifProperties   `json:"properties,omitempty"`
}

// sarifProperties says which results are one thing to do.
type sarifProperties struct {
	Group int `json:"group"`
}

type sarifLocation struct {
	Physical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	} `json:"physicalLocation"`
	Message *sarifText `json:"message,omitempty"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
	EndLine     int `json:"endLine,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

type sarifFix struct {
	Description sarifText     `json:"description"`
	Changes     []sarifChange `json:"artifactChanges"`
}

type sarifChange struct {
	Artifact     sarifArtifact      `json:"artifactLocation"`
	Replacements []sarifReplacement `json:"replacements"`
}

type sarifReplacement struct {
	Deleted  sarifRegion `json:"deletedRegion"`
	Inserted *sarifText  `json:"insertedContent,omitempty"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification,omitempty"`
}

// SARIF writes a report as a SARIF 2.1.0 log with one run. source is as for
// Findings, page returns the page of a code in Markdown, "" for none.
func SARIF(w io.Writer, rep *transform.Report, source func(path string) []byte, page func(code string) string, tool Tool) error {
	s := &sarif{pos: positions{source: source}, index: map[string]int{}}
	run := sarifRun{
		// Where the directory lies is left to the reader: a log is then the same
		// whatever machine it is written on.
		Bases:      map[string]sarifBase{sourceRoot: {sarifText{Text: "The directory that pyxlock was started in."}}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	run.Tool.Driver = sarifDriver{Name: tool.Name, Version: tool.Version}
	for i, r := range transform.Rules() {
		rule := sarifRule{ID: r.Code, Name: pascal(r.Title), Short: sarifText{Text: r.Title}}
		if p := page(r.Code); p != "" {
			rule.Help = &sarifText{Text: p, Markdown: p}
		}
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
		s.index[r.Code] = i
	}
	group := transform.GroupNumbers(rep.Findings)
	for i, f := range rep.Findings {
		r := s.result(f)
		r.Properties = &sarifProperties{group[i]}
		run.Results = append(run.Results, r)
	}
	for _, f := range rep.Suppressed {
		r := s.result(f.Finding)
		kind := "inSource"
		if f.Known {
			kind = "external"
		}
		r.Suppressions = []sarifSuppression{{Kind: kind, Justification: f.Reason}}
		run.Results = append(run.Results, r)
	}
	return writeJSON(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// sarif is a log being written.
type sarif struct {
	pos   positions
	index map[string]int // of the rules
}

func (s *sarif) result(f transform.Finding) sarifResult {
	text := f.Message
	if f.Help != "" {
		text += "\nhelp: " + f.Help
	}
	r := sarifResult{
		RuleID:    f.Code,
		RuleIndex: -1, // what the format has for a rule that is not listed
		Level:     Severity(f),
		Message:   sarifText{Text: text},
		Locations: []sarifLocation{sarifPlace(f.Path, nil, "")},

		Suppressions: []sarifSuppression{},
	}
	if i, ok := s.index[f.Code]; ok {
		r.RuleIndex = i
	}
	if f.Line > 0 {
		region := sarifRegionOf(s.pos.of(f))
		r.Locations[0].Physical.Region = &region
	}
	for _, rel := range f.Related {
		var region *sarifRegion
		if rel.Line > 0 {
			region = &sarifRegion{StartLine: rel.Line, StartColumn: max(rel.Column, 0)}
		}
		r.Related = append(r.Related, sarifPlace(rel.Path, region, rel.Message))
	}
	if f.Fix != nil && len(f.Fix.Edits) > 0 {
		change := sarifChange{Artifact: sarifFile(f.Path)}
		for _, e := range f.Fix.Edits {
			rep := sarifReplacement{Deleted: sarifRegionOf(s.pos.span(f.Path, ast.Span{Pos: e.Off, End: e.End}))}
			if e.New != "" {
				rep.Inserted = &sarifText{Text: e.New}
			}
			change.Replacements = append(change.Replacements, rep)
		}
		r.Fixes = []sarifFix{{Description: sarifText{Text: f.Fix.Message}, Changes: []sarifChange{change}}}
	}
	return r
}

func sarifRegionOf(a area) sarifRegion {
	return sarifRegion{StartLine: a.Line, StartColumn: a.Column, EndLine: a.EndLine, EndColumn: a.EndColumn}
}

func sarifPlace(path string, region *sarifRegion, message string) sarifLocation {
	var l sarifLocation
	l.Physical.Artifact = sarifFile(path)
	l.Physical.Region = region
	if message != "" {
		l.Message = &sarifText{Text: message}
	}
	return l
}

// sarifFile names a file: below the directory of the run relative to it, else
// by its whole path, since no relative URI may climb out of its base.
func sarifFile(file string) sarifArtifact {
	if filepath.IsLocal(file) {
		return sarifArtifact{URI: (&url.URL{Path: filepath.ToSlash(filepath.Clean(file))}).String(), Base: sourceRoot}
	}
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: path.Join("/", filepath.ToSlash(file))}).String()}
}

// pascal turns a title into a name: "a mutex taken twice" is AMutexTakenTwice.
func pascal(title string) string {
	var b strings.Builder
	words := strings.FieldsFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, w := range words {
		b.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	return b.String()
}
