package rules

// PXL301 to PXL304: what leads into guarded state and outlives the lock.

import (
	"fmt"
	"math"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// checkEscapes looks for pointers into the state of one object that another one keeps, and for what functions hand out of
// the state of objects.
func checkEscapes(c *checking) {
	if !c.p.Locks.Concerned(c.m.Stem) {
		return // no lock in sight
	}
	s := c.p.Solver()
	movers, known := map[*project.Field]*moving{}, helpers{}
	for _, f := range c.functions() {
		if c.p.Exempt(f) {
			continue
		}
		ready := false
		look := func() *effects.Solver { // most functions have no pointers
			if !ready {
				s.At(f)
				ready = true
			}
			return s
		}
		states := &statesOf{checking: c, f: f, look: look}
		addressesOf(states, movers, known)
		givenToUsers(*states)
		if len(f.Flow.Stores) == 0 && len(f.Flow.Returns) == 0 && len(f.Flow.Calls) == 0 && !f.Flow.Puts() {
			handsOutParts(states)
			continue
		}
		for _, st := range f.Flow.Stores {
			if maybePointer(f, st.Value) {
				keptByStore(states, st)
			}
		}
		for i := range f.Flow.Calls {
			keptBy(c, look, f, &f.Flow.Calls[i])
		}
		before := len(c.Findings)
		if f.Exposed() {
			for _, n := range f.Flow.Returns {
				returned(states, n)
			}
		}
		if len(c.Findings) == before {
			viewsOf(states)
			handsContainersOn(states)
		}
		if len(c.Findings) == before {
			handsOutParts(states)
		}
	}
}

// keptByStore looks at what is stored in an attribute, or in an array of pointers that one holds; in no struct: buffers, and what
// C code is given. An array of an object that keeps the owner beside it is PXL111's.
func keptByStore(states *statesOf, st effects.Store) {
	c, f := states.checking, states.f
	if f.Flow.Nodes[st.Into].Shape.Kind == ctype.Object {
		s := states.look()
		c.kept(s, f, keeping{value: st.Value, into: s.Top(st.Into), name: st.Name, span: st.Span})
		return
	}
	name := f.Flow.LeadsInto(st.Into)
	if st.Name != "" || name == "" || f.Flow.Nodes[st.Value].Shape.Kind != ctype.Pointer {
		return
	}
	s := states.look()
	into := s.Top(st.Into)
	if !slices.ContainsFunc(into, func(r effects.Ref) bool { return r.Class != nil && toldOfOwner(c, r.Class, name) }) {
		c.kept(s, f, keeping{value: st.Value, into: into, name: name, span: st.Span})
	}
}

// maybePointer reports whether a value may be a pointer, by its shape.
func maybePointer(f *effects.Function, n int32) bool {
	sh := f.Flow.Nodes[n].Shape
	return n != 0 && (sh.Kind == ctype.Pointer || sh.Kind == ctype.Unknown || sh.Kind == ctype.Scalar && !sh.Handle)
}

// keeping is an attribute that gets a value, at the place where that is known.
type keeping struct {
	value int32
	into  []effects.Ref // what the attribute is of, in the function that has the value
	name  string
	span  ast.Span
	by    *effects.Function // that is called, and stores its parameter; nil for the function itself
}

// keptBy reports pointers into an object's state that a call gives to a function which stores them in another object,
// such as one that makes it. Whether an object that keeps another beside the pointer shares its lock is PXL111's question.
func keptBy(c *checking, look func() *effects.Solver, f *effects.Function, call *effects.Call) {
	for i, arg := range call.Args {
		if arg == 0 || !maybePointer(f, arg) {
			continue
		}
		s := look()
		if !slices.ContainsFunc(alternatives(f, arg), func(a alternative) bool {
			return slices.ContainsFunc(keepers(s, f, a.node), func(r effects.Ref) bool { return c.p.Guards(r.Class) })
		}) {
			continue
		}
		for _, g := range call.Callees {
			for _, st := range storing(g, i, 4) {
				into := []effects.Ref{{Region: -1, Class: st.class}}
				if st.into >= 0 {
					if st.into >= len(call.Args) || call.Args[st.into] == 0 {
						continue
					}
					into = s.Top(call.Args[st.into])
				}
				if hasOwner(c, st.class, st.name) {
					continue
				}
				if c.kept(s, f, keeping{arg, into, st.name, call.Span, g}) {
					break // it goes to several attributes of one object
				}
			}
		}
	}
}

// storedParam is an attribute in which a function, or one that it calls, stores a parameter.
type storedParam struct {
	class *project.Class
	name  string
	into  int // the parameter that the attribute is of, -1 of an object of its own making
}

// storing finds where a function stores one of its parameters.
func storing(g *effects.Function, param, depth int) []storedParam {
	var out []storedParam
	is := func(n int32) bool {
		x := origin(g, n)
		return x.Kind == effects.NodeParam && int(x.Num) == param
	}
	object := func(n int32) (into int, class *project.Class, ok bool) {
		switch x := origin(g, n); x.Kind {
		case effects.NodeFresh:
			return -1, x.Shape.Class, x.Shape.Class != nil
		case effects.NodeParam:
			return int(x.Num), x.Shape.Class, x.Shape.Class != nil
		}
		return 0, nil, false
	}
	for _, st := range g.Flow.Stores {
		if into, class, ok := object(st.Into); ok && is(st.Value) && !returnedByC(g, st.Value) && class.Field(st.Name) != nil {
			out = append(out, storedParam{class, st.Name, into})
		}
	}
	if depth == 0 {
		return out
	}
	for i := range g.Flow.Calls {
		call := &g.Flow.Calls[i]
		for k, arg := range call.Args {
			if arg == 0 || !is(arg) {
				continue
			}
			for _, h := range call.Callees {
				for _, st := range storing(h, k, depth-1) {
					if st.into >= 0 {
						if st.into >= len(call.Args) || call.Args[st.into] == 0 {
							continue
						}
						into, class, ok := object(call.Args[st.into])
						if !ok {
							continue
						}
						st.into, st.class = into, class
					}
					out = append(out, st)
				}
			}
		}
	}
	return out
}

// hasOwner reports whether objects of a class keep an object beside a pointer, into whose state that leads.
func hasOwner(c *checking, class *project.Class, pointer string) bool {
	return c.p.Guarding.Owners != nil && slices.ContainsFunc(c.p.Guarding.Owners.Into(class), func(pt effects.Pointing) bool { return pt.Pointer == pointer })
}

// toldOfOwner reports whether PXL111 looks at an array or a container of pointers: those into the state of the object beside it.
func toldOfOwner(c *checking, class *project.Class, pointer string) bool {
	return c.p.Guarding.Owners != nil && slices.ContainsFunc(c.p.Guarding.Owners.Into(class), func(pt effects.Pointing) bool {
		return pt.Pointer == pointer && !told301(c, keptPointer{pt.Class, pointer}, pt)
	})
}

// kept reports a pointer into one object's state that another one keeps.
func (c *checking) kept(s *effects.Solver, f *effects.Function, st keeping) bool {
	for _, value := range alternatives(f, st.value) {
		if c.keptAs(s, f, st, value) {
			return true
		}
	}
	return false
}

// alternative is one of the values that a value may be.
type alternative struct {
	node int32
	// met is the first of the values on the way to it where several may come from: of a loop, it is what a round before has
	// left then.
	met int32
}

// alternatives are the values that a value may be.
func alternatives(f *effects.Function, n int32) []alternative {
	var out []alternative
	seen := map[int32]bool{}
	var find func(a alternative)
	find = func(a alternative) {
		if seen[a.node] {
			return
		}
		seen[a.node] = true
		at := a.node
		for f.Flow.Nodes[at].Kind == effects.NodeCast {
			at = f.Flow.Nodes[at].Base
		}
		x := &f.Flow.Nodes[at]
		if x.Kind != effects.NodeLocal || len(x.From) == 0 || len(seen) > 64 {
			out = append(out, a)
			return
		}
		for _, n := range x.From {
			find(alternative{n, min(at, a.met)})
		}
	}
	find(alternative{n, math.MaxInt32})
	return out
}

// keptAs is kept for one of the values that the pointer may have.
func (c *checking) keptAs(s *effects.Solver, f *effects.Function, st keeping, is alternative) bool {
	value := is.node
	if !maybePointer(f, value) || returnedByC(f, value) {
		return false
	}
	sh := f.Flow.Nodes[value].Shape
	number := sh.Kind == ctype.Scalar // an address
	field := origin(f, value).Name
	since := f.Flow.KeptSince(value)
	for _, from := range keepers(s, f, value) {
		if !c.p.Guards(from.Class) || f.Sum.Regions[from.Region].Root == effects.NodeFresh && !s.Leaves(from.Region) {
			continue
		}
		for _, to := range st.into {
			if to.Region == from.Region && !anew(f, from.Region, is) || to.Class == nil {
				continue
			}
			in := c.p.Locks.Of(to.Class)
			if in != nil && in.Guard != "" && !c.p.Changes.Moves(from.Class, field) {
				continue // it holds that object's lock, and the memory stays where it is
			}
			fd := to.Class.Field(st.name)
			if fd == nil {
				continue // a Python attribute
			}
			if moved(s, f, field, from.Region, since, st.span) {
				continue
			}
			if number && !effects.FollowsAddress(c.p, fd) {
				continue // nobody goes there
			}
			if fs := c.p.Types.OfField(fd); !number && fs.Kind != ctype.Pointer && (fs.Kind != ctype.Unknown || sh.Kind != ctype.Pointer) || c.p.Types.PlainArray(fs) {
				continue // a copy
			}
			out := project.FindingAt(f.Unit.Source, st.span, finding.Pointer, "", "")
			out.Warning = true
			out.Message = fmt.Sprintf("%s stores a pointer into the state of some %s in %s.%s, where it outlives the lock", f.Name(), from.Class.Name, to.Class.Name, st.name)
			out.Help = fmt.Sprintf("keep the %s and go through it, or let both share its lock: guard=… on %s%s", from.Class.Name, to.Class.Name, unfit(c, to.Class, st.name))
			if st.by != nil {
				out.Message = fmt.Sprintf("%s gives a pointer into the state of some %s to %s, which stores it in %s.%s, where it outlives the lock", f.Name(), from.Class.Name, st.by.Name(), to.Class.Name, st.name)
			}
			if in != nil && in.Guard != "" {
				out.Message = fmt.Sprintf("%s stores %s.%s in %s.%s, and it is assigned to later: the copy then leads to memory that is gone", f.Name(), from.Class.Name, field, to.Class.Name, st.name)
				out.Help = fmt.Sprintf("keep the %s and an index, and go through it each time", from.Class.Name)
			}
			// Whatever it points into, and with which attributes, that class has to keep its owner in one way.
			holder := to.Class.Declarer(st.name)
			out.Cause = fmt.Sprintf("%s in %s, shared lock %v", holder.Name, holder.Mod.Stem, in != nil && in.Guard != "")
			c.Findings = append(c.Findings, out)
			return true
		}
	}
	return false
}

// keepers are the objects into which a value leads.
func keepers(s *effects.Solver, f *effects.Function, n int32) []effects.Ref {
	if x := &f.Flow.Nodes[n]; x.Kind == effects.NodeKept {
		n = x.Base
	}
	return s.Top(n)
}

// anew reports whether an object is made anew after a value came to be one that leads into it: in the next round of a loop.
func anew(f *effects.Function, region int32, is alternative) bool {
	x := &f.Sum.Regions[region]
	return x.Root == effects.NodeFresh && x.Parent < 0 && x.Num > is.met
}

// unfit tells what is in the way of sharing the lock of the object that a class keeps beside a
// pointer.
func unfit(c *checking, class *project.Class, pointer string) string {
	if c.p.Guarding.Owners == nil {
		return ""
	}
	for _, pt := range c.p.Guarding.Owners.Into(class) {
		if pt.Pointer == pointer {
			if why, _ := c.p.Guarding.Unfit(c.p.Funcs(pt.Class.Mod).All, pt.Class, pt.Owner); why != "" {
				return ", which does not work as the code stands: " + why
			}
		}
	}
	return ""
}

// returnedByC reports whether a pointer comes from a C function: then it leads
// to what that made, as far as anybody can tell.
func returnedByC(f *effects.Function, n int32) bool {
	type value struct {
		f *effects.Function
		n int32
	}
	seen := map[value]bool{}
	var made func(f *effects.Function, n int32) (some, all bool)
	made = func(f *effects.Function, n int32) (some, all bool) {
		x := &f.Flow.Nodes[n]
		switch {
		case x.Shape.Returned:
			return true, true
		case seen[value{f, n}]:
			return false, true // that value is being looked at
		}
		seen[value{f, n}] = true
		each := func(g *effects.Function, list []int32) {
			for _, from := range list {
				if g.Flow.Nodes[from].Kind == effects.NodeNothing {
					continue
				}
				s, a := made(g, from)
				some, all = some || s, all && a
			}
		}
		switch all = true; x.Kind {
		case effects.NodeCast:
			return made(f, x.Base)
		case effects.NodeLocal:
			each(f, x.From)
			return some, all
		case effects.NodeCall:
			some = len(f.Flow.Calls[x.Num].Callees) == 0
			for _, g := range f.Flow.Calls[x.Num].Callees {
				all = all && len(g.Flow.Returns) > 0
				each(g, g.Flow.Returns)
			}
			return some, all
		}
		return false, false
	}
	some, all := made(f, n)
	return some && all
}

// moved reports whether a function gives an attribute of an object another value after it was read for a place where its
// value is kept, or since it got that value: that was handed over.
func moved(s *effects.Solver, f *effects.Function, name string, region, since int32, kept ast.Span) bool {
	end := kept.End
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok && a.Pos <= kept.Pos && kept.End <= a.End {
			end = a.End
		}
		return true
	})
	read, written := -1, -1
	for i := range f.Flow.Actions {
		e := &f.Flow.Actions[i]
		if e.Name != name || e.Cause != effects.Writes && e.Cause != effects.Reads || !slices.ContainsFunc(s.Top(e.Node), func(r effects.Ref) bool { return r.Region == region }) {
			continue
		}
		switch {
		case e.Cause == effects.Writes && since != 0 && e.Span.Pos == since:
			read, written = i, i
		case e.Cause == effects.Writes:
			written = i
		case e.Span.Pos < end:
			read = i
		}
	}
	return written > read
}

// returned reports guarded content that a function hands to its caller.
func returned(states *statesOf, n int32) {
	c, f := states.checking, states.f
	sh := f.Flow.Nodes[n].Shape
	switch {
	case sh.Kind == ctype.Pointer && !sh.Constant: // Python gets a pointer only as a memoryview
		x := origin(f, n)
		if x.Kind != effects.NodeInside || x.Name == "" {
			return
		}
		for _, r := range states.look().Top(n) {
			if !c.p.Guards(r.Class) || !sh.View && sh.Axes == 0 && !isView(r.Class.Field(x.Name)) {
				continue
			}
			if st := states.ofRegion(r.Region, r.Class, x.Name); st != nil && !letsGo(c, f, st) {
				c.handsOutView(f, f.Def.Name.Span, fmt.Sprintf(returnsMemory, st.name()))
				return
			}
		}
	case sh.Container:
		handsContainer(states, n, f.Def.Name.Span, "returns %s itself, which callers then use")
	}
}

// containersOf is the cause of findings about containers that a class hands out, by whatever way: whether it hands out
// copies is one decision.
func containersOf(owner *project.Class, name string) string {
	owner = owner.Declarer(name)
	return fmt.Sprintf("containers of %s in %s", owner.Name, owner.Mod.Stem)
}

// containerOf is the cause of findings about what is done with one container.
func containerOf(owner *project.Class, name string) string {
	return name + " of " + containersOf(owner, name)
}

// containerIn is the cause of findings about what a function does with a container that others change: one lock is
// for all that is done with an attribute of one class, or a variable of the module, or in one function with another.
func containerIn(c *checking, f *ruleFunc, x ast.Expr) string {
	switch x := syntax.Bare(x).(type) {
	case *ast.Attribute:
		if f.class == nil || !syntax.IsNamed(x.X, f.first()) {
			break
		}
		if cl := c.m.ClassByName[f.class.Name.Name]; cl != nil && cl.Declarer(x.Attr.Name) != nil {
			return containerOf(cl, x.Attr.Name)
		}
	case *ast.Name:
		if c.globalNamed(f, x.Name) != nil {
			return fmt.Sprintf("%s of %s", x.Name, c.m.Stem)
		}
	}
	return fmt.Sprintf("%s in %s of %s, %d", f.spelled(x), f.name(), f.u.Path, f.def.Pos)
}

// origin follows a value back through casts, slices and locals that stand for
// one thing.
func origin(f *effects.Function, n int32) *effects.Node {
	for range 16 {
		x := &f.Flow.Nodes[n]
		switch {
		case x.Kind == effects.NodeCast, x.Kind == effects.NodeKept, x.Kind == effects.NodeInside && x.Name == "" && x.Shape.Kind == ctype.Pointer:
			n = x.Base
		case x.Kind == effects.NodeLocal && len(x.From) == 1:
			n = x.From[0]
		default:
			return x
		}
	}
	return &f.Flow.Nodes[n]
}

// checkBuffers looks at locked classes that export their memory.
func checkBuffers(c *checking) {
	if !c.p.Locks.Concerned(c.m.Stem) {
		return // no lock in sight
	}
	for _, f := range c.functions() {
		if f.Def.Name.Name != "__getbuffer__" || !c.p.Member(f) || c.p.Exempt(f) {
			continue
		}
		if c.countsExports(f) || !c.exportsState(f) {
			continue
		}
		out := project.FindingAt(f.Unit.Source, f.Def.Name.Span, finding.Export, "", "")
		out.Warning = true
		out.Message = fmt.Sprintf("%s hands out guarded memory, which others use without the lock and which may move while they do", f.Name())
		out.Help = "export a copy, or count the exports in __getbuffer__ and __releasebuffer__ and refuse to move the memory while there are any"
		lock := c.p.Locks.Shared(f.Class)
		out.Cause = fmt.Sprintf("the memory of %s in %s", lock.Name, lock.Mod.Stem)
		c.Findings = append(c.Findings, out)
	}
}

// countsExports reports whether __getbuffer__ writes to the object and there is
// a __releasebuffer__ to take that back: what it counts keeps the memory where
// it is.
func (c *checking) countsExports(f *effects.Function) bool {
	if st := c.p.StanceOn(f, 0, true); !st.Touches || st.Mode != effects.Write {
		return false
	}
	return slices.ContainsFunc(f.Class.Ancestry(), func(k *project.Class) bool {
		return len(c.p.Own(k).Plain["__releasebuffer__"]) > 0
	})
}

// exportsState reports whether __getbuffer__ hands out state that other
// functions change once the object is made.
func (c *checking) exportsState(f *effects.Function) bool {
	uses := map[string]bool{}
	for i := range f.Sum.Effects {
		if e := &f.Sum.Effects[i]; effects.OnSelf(f, e) {
			uses[e.Field] = true
		}
	}
	return (uses[""] || c.changesOf(f, uses)) && !c.exportsCopy(f)
}

// changesOf reports whether a function other than f writes to one of the
// attributes of its class.
func (c *checking) changesOf(f *effects.Function, attrs map[string]bool) bool {
	p := c.p
	for g := range p.Solved {
		if g == f || g.Class == f.Class && g.Def.Name.Name == "__releasebuffer__" {
			continue
		}
		change := false
		p.EachWrite(g, func(e *effects.Effect) {
			if !slices.ContainsFunc(f.Class.Ancestry(), func(k *project.Class) bool { return slices.Contains(e.Class.Ancestry(), k) }) {
				return
			}
			change = change || attrs[e.Field] || e.Class.Field(e.Field) == nil
		})
		if change {
			return true
		}
	}
	return false
}

// exportsCopy reports whether all that a __getbuffer__ exports are local objects
// of Python's: copies, which the buffer keeps.
func (c *checking) exportsCopy(f *effects.Function) bool {
	r := c.ruleFunc(f.Def)
	if r == nil {
		return false
	}
	r.prepare()
	seen, copies := false, true
	memory := func(x ast.Expr) {
		n, ok := syntax.Bare(x).(*ast.Name)
		seen = true
		copies = copies && ok && r.local[n.Name] && r.params[n.Name] == nil && r.types[n.Name].ctype != nil && r.types[n.Name].ctype.Name == "bytes"
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Call:
			if x := syntax.Arg(n, 2); x != nil && c.m.CName(n.Fun) == "PyBuffer_FillInfo" {
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
