package removal

import "testing"

// TestAsStrong tells programs that lock as much from those that lock less.
func TestAsStrong(t *testing.T) {
	was := "pyxlock.read(&g, self)\nreturn self.n\npyxlock.write(&g, a)\n"
	for _, c := range []struct {
		name, is string
		want     bool
	}{
		{"the same", was, true},
		{"a write lock for a read lock", "pyxlock.write(&g, self)\nreturn self.n\npyxlock.write(&g, a)\n", true},
		{"a read lock for a write lock", "pyxlock.read(&g, self)\nreturn self.n\npyxlock.read(&g, a)\n", false},
		{"no lock", "return self.n\npyxlock.write(&g, a)\n", false},
		{"another object", "pyxlock.read(&g, other)\nreturn self.n\npyxlock.write(&g, a)\n", false},
		{"one more", was + "pyxlock.read(&g, b)\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := AsStrong(map[string]string{"m.pyx": was}, map[string]string{"m.pyx": c.is}); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestExplained tells what pyxlock's explanation of a function accounts for.
func TestExplained(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  Outcome
	}{
		{"a callee", []string{"self.tree: reads it: not locked here, since what it calls locks it"}, Callee},
		{"inferred", []string{"self: writes to it: locked for writing, as inferred"}, Same},
		{"nothing", nil, ""},
		{"not locked", []string{"self: writes to it: NOT LOCKED"}, ""},
		{"one of two is not locked", []string{"a: writes to it: NOT LOCKED", "b: reads it: its callers hold the lock"}, ""},
		{"weaker", []string{"self: writes to it: locked for reading, as decorated"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := explained(c.lines); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

// TestNeeded tells what a lock was for.
func TestNeeded(t *testing.T) {
	reads := []string{"self: reads it: locked for writing, as decorated"}
	for _, c := range []struct {
		name      string
		w         Weakening
		explained []string
		want      bool
	}{
		{"read, and no lock", Weakening{Kind: NoDecorator, Objects: []string{"self"}}, reads, true},
		{"read, and a read lock", Weakening{Kind: ReadForWrite, Objects: []string{"self"}}, reads, false},
		{"written, and a read lock", Weakening{Kind: ReadForWrite, Objects: []string{"self"}}, []string{"self: may write to it: locked for writing, as decorated"}, true},
		{"another object", Weakening{Kind: NoDecorator, Objects: []string{"other"}}, reads, false},
		{"an object without a name", Weakening{Kind: BlockLeftOut, Objects: []string{"local"}}, []string{"an object: reads it: locked for reading, in a block"}, true},
		{"a class", Weakening{Kind: NoClassLock}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.w.needed(c.explained); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}
