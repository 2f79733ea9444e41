package transform

// PXL301 to PXL303: what leads into guarded state and outlives the lock.

import (
	"fmt"
	"strings"

	"pyxlock/parser/ast"
)

// checkEscapes looks at members of locked classes for pointers into the state
// that another object keeps, and for what they return.
func checkEscapes(c *checking) {
	s := &solver{p: c.p}
	for _, f := range c.functions() {
		if c.p.exempt(f) || len(f.flow.stores) == 0 && len(f.flow.returns) == 0 {
			continue
		}
		s.at(f)
		for _, st := range f.flow.stores {
			c.kept(s, f, st)
		}
		if c.p.member(f) {
			for _, n := range f.flow.returns {
				c.returned(s, f, n)
			}
		}
	}
}

// kept reports a pointer into one object's state that another one keeps.
func (c *checking) kept(s *solver, f *function, st store) {
	sh := f.flow.nodes[st.value].shape
	if sh.kind != shapePointer && sh.kind != shapeUnknown || sh.returned {
		return
	}
	if f.flow.nodes[st.into].shape.kind != shapeObject {
		return // into a struct: buffers, and what C code is given
	}
	for _, from := range s.top(st.value) {
		if !c.p.guards(from.class) || f.sum.regions[from.region].root == nodeFresh {
			continue
		}
		for _, to := range s.top(st.into) {
			if to.region == from.region || to.class == nil {
				continue
			}
			if in := c.p.lockOf(to.class); in != nil && in.guard != "" {
				continue // it holds that object's lock
			}
			out := at(f.unit.source, st.span, codePointer, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s keeps a pointer into the state of a %s after its lock is released", to.class.name, from.class.name)
			out.Help = fmt.Sprintf("keep the %s and go through it, or let both share its lock: guard=… on %s", from.class.name, to.class.name)
			c.m.findings = append(c.m.findings, out)
			return
		}
	}
}

// returned reports guarded content that a member hands to its caller.
func (c *checking) returned(s *solver, f *function, n int32) {
	x := &f.flow.nodes[n]
	switch {
	case x.kind == nodeInside && x.shape.kind == shapePointer && !x.shape.constant:
		// Python gets a pointer only as a memoryview.
		if f.def.Kind == ast.Cdef {
			return
		}
		for _, r := range s.top(n) {
			if c.p.guards(r.class) && f.sum.regions[r.region].root == nodeParam && x.name != "" {
				if fd := c.p.field(r.class, x.name); fd != nil && fd.ctype != nil && fd.ctype.Memoryview {
					out := at(f.unit.source, f.def.Name.Span, codeBuffer, "", "")
					out.Warning = true
					out.Message = fmt.Sprintf("%s returns the memoryview %s, through which the state is used without the lock", f.name(), x.name)
					out.Help = "return a copy"
					c.m.findings = append(c.m.findings, out)
					return
				}
			}
		}
	case x.kind == nodeField && x.shape.container:
		for _, r := range s.top(n) {
			rg := &f.sum.regions[r.region]
			if rg.parent < 0 || f.sum.regions[rg.parent].root != nodeParam || !c.p.guards(rg.owner) || !c.p.grows(rg.owner, rg.name) {
				continue
			}
			out := at(f.unit.source, f.def.Name.Span, codeContainer, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s returns %s itself, which other members change under the lock", f.name(), rg.name)
			out.Help = "return a copy: list(self." + rg.name + ")"
			c.m.findings = append(c.m.findings, out)
			return
		}
	}
}

// grows reports whether something changes the content of a container that an
// attribute holds, once its object is made.
func (p *Project) grows(c *class, name string) bool {
	for _, b := range p.ancestry(c) {
		if b.fields[name] != nil {
			return p.model.grown[b][name]
		}
	}
	return false
}

// checkBuffers looks at locked classes that export their memory.
func checkBuffers(c *checking) {
	for _, f := range c.functions() {
		if f.def.Name.Name != "__getbuffer__" || !c.p.member(f) || c.p.exempt(f) {
			continue
		}
		counts := false
		st := c.p.stanceOn(f, 0, true)
		if st.touches && st.mode == write { // an export count keeps the memory where it is
			f.class.mod.funcs()
			counts = len(f.class.own.methods["__releasebuffer__"]) > 0
		}
		if counts || !st.touches {
			continue
		}
		out := at(f.unit.source, f.def.Name.Span, codeExport, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s hands out guarded memory, which is read and written through the buffer without the lock", strings.TrimSuffix(f.name(), ".__getbuffer__"))
		out.Help = "export a copy, or count the exports in __getbuffer__ and __releasebuffer__ and refuse to move the memory while there are any"
		c.m.findings = append(c.m.findings, out)
	}
}
