package project

import (
	"fmt"
	"strings"
	"testing"
)

func TestSpells(t *testing.T) {
	var src strings.Builder
	for i := range 1000 { // more than the table begins with
		fmt.Fprintf(&src, "name%d name%d # lock_%d\n", i, i, i%10)
	}
	src.WriteString("cdef class PyList_GetItem(é): 'quoted'")
	s := &Source{Src: []byte(src.String())}
	for _, text := range []string{"name999", "lock_9", "ock_", "PyList_G", "cdef class", "quoted", "é"} {
		if !s.Spells(text) {
			t.Errorf("%q is not found", text)
		}
	}
	for _, text := range []string{"name1000", "lock_10", "cdef  class", "name0name0", "9\nlock"} {
		if s.Spells(text) {
			t.Errorf("%q is found", text)
		}
	}
	if n := strings.Count(string(s.Words()), "\n"); n != 1000+10+5 {
		t.Errorf("%d words", n)
	}
}
