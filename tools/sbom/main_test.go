package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocument checks that each module of the program is in it, with the hash of go.sum.
func TestDocument(t *testing.T) {
	program := filepath.Join(t.TempDir(), "pyxlock")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/pyxlock").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := document("1.2.3", []string{program, program})
	if err != nil {
		t.Fatal(err)
	}
	var got bom
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	listed, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}", "../../cmd/pyxlock").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, m := range strings.Fields(string(listed)) {
		want["pkg:golang/"+strings.ToLower(m)] = true
	}
	if len(want) < 5 || len(got.Components) != len(want)+1 {
		t.Errorf("%d modules and the standard library, %d components", len(want), len(got.Components))
	}
	for _, c := range got.Components {
		if c.Name != "std" && (!want[c.PURL] || len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 64) {
			t.Errorf("%+v", c)
		}
	}
	if len(got.Dependencies[0].DependsOn) != len(got.Components) || got.Metadata.Component.PURL != "pkg:pypi/pyxlock@1.2.3" {
		t.Errorf("%+v", got)
	}
}

func TestNoProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte("text"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := document("1", []string{path}); err == nil {
		t.Error("a text is no program")
	}
}
