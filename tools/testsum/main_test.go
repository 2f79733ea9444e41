package main

import (
	"strings"
	"testing"
)

// A package that ends in the middle of tests: they are named, with what they said.
func TestUnfinished(t *testing.T) {
	var out strings.Builder
	newSummary(&out).read(strings.NewReader(`{"Time":"2026-01-01T00:00:00Z","Action":"run","Package":"p","Test":"TestA"}
{"Time":"2026-01-01T00:00:00Z","Action":"run","Package":"p","Test":"TestA/case"}
{"Time":"2026-01-01T00:00:00Z","Action":"run","Package":"p","Test":"TestB"}
{"Time":"2026-01-01T00:00:01Z","Action":"output","Package":"p","Test":"TestA/case","Output":"panic: test timed out\n"}
{"Time":"2026-01-01T00:00:01Z","Action":"pass","Package":"p","Test":"TestB","Elapsed":1}
{"Time":"2026-01-01T00:01:00Z","Action":"output","Package":"p","Output":"FAIL\tp\t60s\n"}
{"Time":"2026-01-01T00:01:00Z","Action":"fail","Package":"p","Elapsed":60}
`))
	want := "HAD NOT ENDED: p TestA, after 60s\nHAD NOT ENDED: p TestA/case, after 60s\npanic: test timed out\nFAIL\tp\t60s\n"
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}
