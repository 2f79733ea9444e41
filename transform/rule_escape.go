package transform

// PXL301 to PXL304: what leads into guarded state and outlives the lock.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
)

// checkEscapes looks at members of locked classes for pointers into the state
// that another object keeps, and for what they return.
func checkEscapes(c *checking) {
	if !c.p.locks.concerned(c.m.stem) {
		return // no lock in sight
	}
	s := c.p.solver()
	for _, f := range c.functions() {
		if c.p.exempt(f) || len(f.flow.stores) == 0 && len(f.flow.returns) == 0 {
			continue
		}
		s.at(f)
		for _, st := range f.flow.stores {
			c.kept(s, f, st)
		}
		if c.p.member(f) {
			before := len(c.findings)
			for _, n := range f.flow.returns {
				c.returned(s, f, n)
			}
			if len(c.findings) == before {
				c.wrapped(f)
			}
		}
	}
}

// kept reports a pointer into one object's state that another one keeps.
func (c *checking) kept(s *solver, f *function, st store) {
	sh := f.flow.nodes[st.value].shape
	if sh.kind != shapePointer && sh.kind != shapeUnknown || returnedByC(f, st.value, 0) {
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
			field := origin(f, st.value).name
			if in := c.p.locks.lockOf(to.class); in != nil && in.guard != "" && !c.p.moves(from.class, field) {
				continue // it holds that object's lock, and the memory stays where it is
			}
			fd := to.class.field(st.name)
			if fd == nil {
				continue // a Python attribute
			}
			if moved(s, f, origin(f, st.value).name, from.region) {
				continue
			}
			if k := c.p.types.fieldShape(fd).kind; k != shapePointer && (k != shapeUnknown || sh.kind != shapePointer) {
				continue // a copy
			}
			out := at(f.unit.source, st.span, codePointer, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s stores a pointer into the state of some %s in %s.%s, where it outlives the lock", f.name(), from.class.name, to.class.name, st.name)
			out.Help = fmt.Sprintf("keep the %s and go through it, or let both share its lock: guard=… on %s", from.class.name, to.class.name)
			if in := c.p.locks.lockOf(to.class); in != nil && in.guard != "" {
				out.Message = fmt.Sprintf("%s stores %s.%s in %s.%s, and it is assigned to later: the copy then leads to memory that is gone", f.name(), from.class.name, field, to.class.name, st.name)
				out.Help = fmt.Sprintf("keep the %s and an index, and go through it each time", from.class.name)
			}
			c.findings = append(c.findings, out)
			return
		}
	}
}

// returnedByC reports whether a pointer comes from a C function: then it leads
// to what that made, as far as anybody can tell.
func returnedByC(f *function, n int32, depth int) bool {
	x := &f.flow.nodes[n]
	if x.shape.returned {
		return true
	}
	if depth > 8 {
		return false
	}
	switch x.kind {
	case nodeCast:
		return returnedByC(f, x.base, depth+1)
	case nodeLocal:
		some := false
		for _, from := range x.from {
			if f.flow.nodes[from].kind == nodeNothing {
				continue
			}
			if !returnedByC(f, from, depth+1) {
				return false
			}
			some = true
		}
		return some
	case nodeCall:
		for _, g := range f.flow.calls[x.num].callees {
			if len(g.flow.returns) == 0 {
				return false
			}
			for _, r := range g.flow.returns {
				if !returnedByC(g, r, depth+1) {
					return false
				}
			}
		}
		return true
	}
	return false
}

// moved reports whether a function gives an attribute of an object another
// value: what it held was handed over.
func moved(s *solver, f *function, name string, region int32) bool {
	for i := range f.flow.effects {
		e := &f.flow.effects[i]
		if e.cause == writes && e.name == name && slices.ContainsFunc(s.top(e.node), func(r ref) bool { return r.region == region }) {
			return true
		}
	}
	return false
}

// returned reports guarded content that a member hands to its caller.
func (c *checking) returned(s *solver, f *function, n int32) {
	sh := f.flow.nodes[n].shape
	switch {
	case sh.kind == shapePointer && !sh.constant:
		// Python gets a pointer only as a memoryview.
		if f.def.Kind == ast.Cdef {
			return
		}
		x := origin(f, n)
		if x.kind != nodeInside || x.name == "" {
			return
		}
		for _, r := range s.top(n) {
			if c.p.guards(r.class) && f.sum.regions[r.region].root == nodeParam && (sh.view || isView(r.class.field(x.name))) {
				c.handsOutView(f, f.def.Name.Span, x.name)
				return
			}
		}
	case sh.container:
		x := origin(f, n)
		if x.kind != nodeField {
			return
		}
		for _, r := range s.top(n) {
			rg := &f.sum.regions[r.region]
			if rg.parent < 0 || f.sum.regions[rg.parent].root != nodeParam || !c.p.guards(rg.owner) || !c.p.grows(rg.owner, rg.name) || letsGo(f, rg.name) {
				continue
			}
			how := "list"
			if fd := rg.owner.field(rg.name); fd != nil && fd.ctype != nil && fd.ctype.Name != "object" {
				how = fd.ctype.Name
			}
			out := at(f.unit.source, f.def.Name.Span, codeContainer, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s returns %s itself, which its callers then use without the lock under which others change it", f.name(), rg.name)
			out.Help = fmt.Sprintf("return a copy: %s(%s)", how, pathOf(f, r.region))
			c.findings = append(c.findings, out)
			return
		}
	}
}

// origin follows a value back through casts, slices and locals that stand for
// one thing.
func origin(f *function, n int32) *node {
	for range 16 {
		x := &f.flow.nodes[n]
		switch {
		case x.kind == nodeCast, x.kind == nodeInside && x.name == "" && x.shape.kind == shapePointer:
			n = x.base
		case x.kind == nodeLocal && len(x.from) == 1:
			n = x.from[0]
		default:
			return x
		}
	}
	return &f.flow.nodes[n]
}

// letsGo reports whether a function gives an attribute another value and
// returns what it was before: the object does not have that any more.
func letsGo(f *function, name string) bool {
	rebinds := false
	for i := range f.flow.effects {
		e := &f.flow.effects[i]
		rebinds = rebinds || e.cause == writes && e.name == name
	}
	if !rebinds {
		return false
	}
	direct := false
	eachReturn(f, func(x ast.Expr) {
		a, ok := bare(x).(*ast.Attribute)
		direct = direct || ok && a.Attr.Name == name
	})
	return !direct
}

func eachReturn(f *function, visit func(x ast.Expr)) {
	own(f.def.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.Simple); ok && r.Keyword == "return" {
			for _, x := range r.Exprs {
				visit(x)
			}
		}
		return true
	})
}

// wrapped reports a member that returns its memoryview as an object that shares
// its memory.
func (c *checking) wrapped(f *function) {
	if len(f.def.Params.List) == 0 {
		return
	}
	self := paramName(f.def.Params.List[0])
	eachReturn(f, func(x ast.Expr) {
		call, ok := unparen(x).(*ast.Call)
		if !ok || call.Fun == nil || !viewers[c.m.cName(call.Fun)] {
			return
		}
		a, ok := bare(arg(call, 0)).(*ast.Attribute)
		if !ok {
			return
		}
		if on, ok := bare(a.X).(*ast.Name); !ok || on.Name != self {
			return
		}
		if fd := f.class.field(a.Attr.Name); isView(fd) && !c.p.types.fieldShape(fd).constant {
			c.handsOutView(f, call.Span, a.Attr.Name)
		}
	})
}

func (c *checking) handsOutView(f *function, span ast.Span, name string) {
	out := at(f.unit.source, span, codeBuffer, "", "")
	out.Warning = true
	out.Message = fmt.Sprintf("%s returns the memory of %s itself, which its callers then read and write without the lock", f.name(), name)
	out.Help = "return a copy"
	c.findings = append(c.findings, out)
}

// isView reports whether an attribute is a memoryview.
func isView(fd *field) bool {
	if fd == nil {
		return false
	}
	if fd.ctype != nil {
		return fd.ctype.Memoryview
	}
	s, ok := fd.annotation.(*ast.Subscript)
	return ok && slices.ContainsFunc(s.Index, func(i ast.Expr) bool {
		_, slice := i.(*ast.Slice)
		return slice
	})
}

// checkBuffers looks at locked classes that export their memory.
func checkBuffers(c *checking) {
	if !c.p.locks.concerned(c.m.stem) {
		return // no lock in sight
	}
	for _, f := range c.functions() {
		if f.def.Name.Name != "__getbuffer__" || !c.p.member(f) || c.p.exempt(f) {
			continue
		}
		if c.countsExports(f) || !c.exportsState(f) {
			continue
		}
		out := at(f.unit.source, f.def.Name.Span, codeExport, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s hands out guarded memory, which others use without the lock and which may move meanwhile", f.name())
		out.Help = "export a copy, or count the exports in __getbuffer__ and __releasebuffer__ and refuse to move the memory while there are any"
		c.findings = append(c.findings, out)
	}
}

// countsExports reports whether __getbuffer__ writes to the object and there is
// a __releasebuffer__ to take that back: what it counts keeps the memory where
// it is.
func (c *checking) countsExports(f *function) bool {
	if st := c.p.stanceOn(f, 0, true); !st.touches || st.mode != write {
		return false
	}
	return slices.ContainsFunc(f.class.ancestry(), func(k *class) bool {
		return len(c.p.own(k).methods["__releasebuffer__"]) > 0
	})
}

// exportsState reports whether __getbuffer__ hands out state that other
// functions change once the object is made.
func (c *checking) exportsState(f *function) bool {
	uses := map[string]bool{}
	for i := range f.sum.effects {
		if e := &f.sum.effects[i]; onSelf(f, e) {
			uses[e.field] = true
		}
	}
	return (uses[""] || c.changesOf(f, uses)) && !c.exportsCopy(f)
}

// changesOf reports whether a function other than f writes to one of the
// attributes of its class.
func (c *checking) changesOf(f *function, attrs map[string]bool) bool {
	p := c.p
	for g := range p.eachSolved {
		if g == f || g.class == f.class && g.def.Name.Name == "__releasebuffer__" {
			continue
		}
		change := false
		p.eachWrite(g, func(e *found) {
			if !slices.ContainsFunc(f.class.ancestry(), func(k *class) bool { return slices.Contains(e.class.ancestry(), k) }) {
				return
			}
			change = change || attrs[e.field] || e.class.field(e.field) == nil
		})
		if change {
			return true
		}
	}
	return false
}

// exportsCopy reports whether all that a __getbuffer__ exports are local objects
// of Python's: copies, which the buffer keeps.
func (c *checking) exportsCopy(f *function) bool {
	i := slices.IndexFunc(c.funcs(), func(r *ruleFunc) bool { return r.def == f.def })
	if i < 0 {
		return false
	}
	r := c.funcs()[i]
	r.prepare()
	seen, copies := false, true
	memory := func(x ast.Expr) {
		n, ok := bare(x).(*ast.Name)
		seen = true
		copies = copies && ok && r.local[n.Name] && r.params[n.Name] == nil && r.types[n.Name].ctype != nil && r.types[n.Name].ctype.Name == "bytes"
	}
	own(f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if x := arg(n, 2); x != nil && c.m.cName(n.Fun) == "PyBuffer_FillInfo" {
				memory(x)
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				if a, ok := t.(*ast.Attribute); ok && a.Attr.Name == "buf" && n.Value != nil {
					memory(n.Value)
				}
			}
		}
		return true
	})
	return seen && copies
}
