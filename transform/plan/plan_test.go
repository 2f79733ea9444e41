package plan

import (
	"strings"
	"testing"

	"pyxlock/internal/memory"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
)

func TestPlans(t *testing.T) {
	p := project.New(memory.Files{"m.pyx": `
cimport cython
@cython.locked_class
cdef class C:
    cdef long n
    cdef C child
    def get(self):
        return self.n
    def set(self, C other):
        other.n = self.n
    @cython.write_lock("self.child")
    def deep(self):
        self.child.n = 1
    @cython.read_lock
    def lies(self):
        self.n = 1
    @cython.write_lock("nobody")
    def wrong(self):
        pass
        self.n = 1
    def yields(self):
        yield lambda: self.n
`}, project.Options{})
	prog := effects.New(p, decorator.New(p, decorator.RWLock), func(string, string) bool { return false })
	pl := New(prog)
	m := p.Module("m")
	want := map[string]string{
		"get": "read self", "set": "read self, write other", "deep": "write self.child", "lies": "", "wrong": "", "yields": "",
	}
	for _, fun := range prog.Funcs(m).All {
		f := &Func{Unit: fun.Unit, Def: fun.Def, Class: fun.Class, Locks: decorator.On(m, fun.Def.Decorators)}
		pl.Plan(m, f)
		var holds []string
		if f.Plan != nil {
			for _, h := range f.Plan.Holds {
				holds = append(holds, h.Mode.String()+" "+strings.Join(h.Path, "."))
			}
		}
		name := fun.Def.Name.Name
		if got := strings.Join(holds, ", "); got != want[name] {
			t.Errorf("%s holds %q, want %q", name, got, want[name])
		}
		if refused := name == "lies" || name == "wrong" || name == "yields"; pl.Of(m).Failed[fun.Def] != refused {
			t.Errorf("%s: failed is %v", name, !refused)
		}
	}
	var codes []string
	for _, f := range pl.Of(m).Findings {
		codes = append(codes, f.Code)
	}
	if got := strings.Join(codes, " "); got != "PXL101 PXL006 PXL201" {
		t.Errorf("findings: %s", got)
	}
	if len(pl.Of(m).Inferred) < 2 {
		t.Errorf("inferred: %+v", pl.Of(m).Inferred)
	}
}
