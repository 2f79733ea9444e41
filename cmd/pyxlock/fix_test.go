package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pyxlock/cmd/pyxlock/internal/config"
	"pyxlock/cmd/pyxlock/internal/inputs"
	"pyxlock/transform"
)

// words finds each "bad" in a file. A fix replaces it by what fix says, or none
// is given; every finding spans more than its word, so that neighbours meet.
func words(in *inputs.Set, path string, margin int32, fix string) func() (*transform.Report, error) {
	return func() (*transform.Report, error) {
		src, err := in.Disk.Read(path)
		if err != nil {
			return nil, err
		}
		rep := &transform.Report{}
		if strings.Contains(string(src), "(") {
			rep.Findings = append(rep.Findings, transform.Finding{Code: config.SyntaxError, Path: path, Line: 1, Column: 1, Message: "broken"})
		}
		for off := 0; ; off += 3 {
			n := strings.Index(string(src[off:]), "bad")
			if n < 0 {
				return rep, nil
			}
			off += n
			end := min(int32(off)+3+margin, int32(len(src)))
			rep.Findings = append(rep.Findings, transform.Finding{Code: "PXL101", Path: path, Fix: &transform.Fix{
				Edits: []transform.Edit{{Off: int32(off), End: end, New: fix + string(src[off+3:end])}},
			}})
		}
	}
}

func fixFile(t *testing.T, src string, margin int32, fix string) (string, int, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.pyx")
	if err := os.WriteFile(path, []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	in := &inputs.Set{Files: []inputs.File{{Path: path}}, Disk: inputs.NewDisk()}
	in.Bounds.Add(path)
	check := words(in, path, margin, fix)
	rep, err := check()
	if err != nil {
		t.Fatal(err)
	}
	var x fixes
	if _, err = x.apply(in, rep, check); err == nil {
		err = x.write(context.Background(), in)
	}
	got, _ := os.ReadFile(path)
	return string(got), x.count, err
}

func TestFixes(t *testing.T) {
	tests := []struct {
		name, src string
		margin    int32
		fix       string
		want      string
		count     int
	}{
		{"nothing", "good\n", 0, "ok", "good\n", 0},
		{"apart", "bad bad\nbad\n", 0, "ok", "ok ok\nok\n", 3},
		{"neighbours wait for a further round", "bad bad bad bad\n", 3, "ok", "ok ok ok ok\n", 4},
		{"that never ends", "bad\n", 0, "bad.bad", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, n, err := fixFile(t, tt.src, tt.margin, tt.fix)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if rounds := strings.Count(got, "."); rounds != 1<<fixRounds-1 {
					t.Errorf("%d fixes", rounds)
				}
				return
			}
			if got != tt.want || n != tt.count {
				t.Errorf("%q after %d fixes, want %q after %d", got, n, tt.want, tt.count)
			}
		})
	}
}

func TestAFixThatBreaksAFileIsNotWritten(t *testing.T) {
	got, _, err := fixFile(t, "bad\n", 0, "(")
	if err == nil || !strings.Contains(err.Error(), "a fix broke this file") || got != "bad\n" {
		t.Errorf("%q %v", got, err)
	}
}

func TestAFileThatSomebodyElseChangedIsNotFixed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.pyx")
	if err := os.WriteFile(path, []byte("bad\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	in := &inputs.Set{Files: []inputs.File{{Path: path}}, Disk: inputs.NewDisk()}
	in.Bounds.Add(path)
	check := words(in, path, 0, "ok")
	rep, _ := check()
	var x fixes
	_, err := x.apply(in, rep, check)
	err = errors.Join(err, os.WriteFile(path, []byte("mine\n"), 0o666))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.write(context.Background(), in); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "mine\n" {
		t.Errorf("%q", got)
	}
}
