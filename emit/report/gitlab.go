package report

// Findings as a code quality report of GitLab, in the format of Code Climate.

import (
	"fmt"
	"io"
	"path/filepath"

	"pyxlock/transform"
)

type gitlabIssue struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path      string          `json:"path"`
		Positions gitlabPositions `json:"positions"`
	} `json:"location"`
}

type gitlabPositions struct {
	Begin gitlabPosition `json:"begin"`
	End   gitlabPosition `json:"end"`
}

type gitlabPosition struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// GitLab writes a JSON array with an issue for each finding, in the order given. source
// is as for Text. A fingerprint is that of Fingerprint with a number, since GitLab shows
// of issues with one fingerprint only one.
func GitLab(w io.Writer, list []transform.Finding, source func(path string) []byte) error {
	pos := &positions{source: source}
	out := []gitlabIssue{}
	seen := map[string]int{}
	for _, f := range list {
		a := pos.of(f)
		path := filepath.ToSlash(filepath.Clean(f.Path))
		print := Fingerprint(f, path)
		seen[print]++
		i := gitlabIssue{Description: f.Code + ": " + f.Message, CheckName: f.Code, Severity: "major",
			Fingerprint: fmt.Sprintf("%s-%d", print, seen[print])}
		if f.Help != "" {
			i.Description += "\nhelp: " + f.Help
		}
		switch {
		case f.Note:
			i.Severity = "info"
		case f.Warning:
			i.Severity = "minor"
		}
		i.Location.Path = path
		i.Location.Positions = gitlabPositions{gitlabPosition{a.Line, a.Column}, gitlabPosition{a.EndLine, a.EndColumn}}
		out = append(out, i)
	}
	return writeJSON(w, out)
}
