package rules

// PXL301, PXL302, PXL303: whose guarded state it is that an expression names: that of the function's own object, of another
// parameter, of what a path leads to, or of a local variable.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// heldState is an attribute of an object that has a lock, as a function knows that object.
type heldState struct {
	field  *project.Field
	class  *project.Class // as which the function knows the object
	region int32
	of     string // what the object is called; "" where it has no name
	own    bool   // it is the function's own object
	param  int    // in a function that is called: the parameter that the object is, -1 for another one
}

// name tells which attribute of which object it is: of the function's own one the attribute alone.
func (st *heldState) name() string { return st.field.Name + st.owner() }

// owner is what follows the name of the attribute, before "itself" or alone.
func (st *heldState) owner() string {
	switch {
	case st.own:
		return ""
	case st.of == "":
		return " of some " + st.class.Name
	}
	return " of " + st.of
}

// statesOf finds out what expressions of one function name.
type statesOf struct {
	*checking
	f    *effects.Function
	look func() *effects.Solver
	// made is true where what a constructor hands out of its own object counts, too.
	made    bool
	at      map[ast.Span][]int32 // the nodes of objects of which attributes are named, by place; nil before somebody asked
	missing map[regionField]bool // see untold; nil before somebody asked
	last    *heldState           // what field found last
	// called is true of a function whose callers hand out what it returns: whether others have the object, and who holds its
	// lock, is asked there.
	called bool
}

// regionField is an attribute of an object.
type regionField struct {
	region int32
	name   string
}

// nodes are the objects of which an expression names an attribute.
func (s *statesOf) nodes(x *ast.Attribute) []int32 {
	if s.at == nil {
		s.at = map[ast.Span][]int32{}
		for i := range s.f.Flow.Actions {
			if e := &s.f.Flow.Actions[i]; (e.Cause == effects.Reads || e.Cause == effects.Writes) && e.Kind == effects.OnState {
				s.at[e.Span] = append(s.at[e.Span], e.Node)
			}
		}
	}
	return s.at[x.Span]
}

// declared is the attribute that an expression names, of whatever object with a lock; nil for another one.
func (s *statesOf) declared(e ast.Expr) *project.Field {
	x, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok {
		return nil
	}
	for _, n := range s.nodes(x) {
		if c := s.f.Flow.Nodes[n].Shape.Class; s.p.Guards(c) {
			return c.Field(x.Attr.Name)
		}
	}
	return nil
}

// field is the attribute that an expression names of an object whose lock is what keeps others from it.
func (s *statesOf) field(x *ast.Attribute) *project.Field {
	if s.last = s.attribute(x); s.last == nil {
		return nil
	}
	return s.last.field
}

// attribute is what an expression names of an object whose lock is what keeps others from it; nil where it names none.
func (s *statesOf) attribute(e ast.Expr) *heldState {
	x, ok := syntax.Bare(e).(*ast.Attribute)
	if !ok {
		return nil
	}
	for _, n := range s.nodes(x) {
		if st := s.ofNode(n, x.Attr.Name, syntax.Text(s.f.Unit.File, x.X.Range())); st != nil {
			return st
		}
	}
	return nil
}

// ofNode is an attribute of one of the objects that a value may be.
func (s *statesOf) ofNode(n int32, name, spelled string) *heldState {
	c := s.f.Flow.Nodes[n].Shape.Class
	if !s.p.Guards(c) {
		return nil
	}
	if s.called {
		return s.paramOf(n, c, name)
	}
	for _, r := range s.look().Top(n) {
		if st := s.ofRegion(r.Region, c, name); st != nil {
			if st.of == "" {
				st.of = spelled
			}
			return st
		}
	}
	return nil
}

// paramOf is an attribute of what may be an object that the function's caller gave it.
func (s *statesOf) paramOf(n int32, class *project.Class, name string) *heldState {
	st := &heldState{field: class.Field(name), class: class, region: -1, param: -1}
	switch x := origin(s.f, n); {
	case st.field == nil || x.Kind == effects.NodeFresh:
		return nil
	case x.Kind == effects.NodeParam:
		st.param = int(x.Num)
	}
	return st
}

// spelled is how a function spells the object that a value is where it uses an attribute of it; "" where it does not.
func (s *statesOf) spelled(n int32, name string) string {
	for i := range s.f.Flow.Actions {
		if e := &s.f.Flow.Actions[i]; e.Node == n && e.Name == name && e.Cause == effects.Reads {
			if of, ok := strings.CutSuffix(syntax.Text(s.f.Unit.File, e.Span), "."+name); ok {
				return of
			}
		}
	}
	return ""
}

// ofRegion is an attribute of an object that others may have, too, and of which nobody is told that its lock is missing.
func (s *statesOf) ofRegion(region int32, class *project.Class, name string) *heldState {
	fd := class.Field(name)
	if fd == nil || !s.p.Guards(class) || s.f.Replaced(region) || !s.shared(region) || s.lacksLock(region, name) {
		return nil
	}
	return &heldState{field: fd, class: class, region: region, of: called(s.f, region), own: s.itself(region)}
}

// itself reports whether a region is the object that a method is called on.
func (s *statesOf) itself(region int32) bool {
	x := &s.f.Sum.Regions[region]
	return x.Root == effects.NodeParam && x.Parent < 0 && x.Num == 0 && s.f.Class != nil &&
		(s.p.Member(s.f) || !s.f.Exposed() || library.NoLockMethods()[s.f.Def.Name.Name])
}

// shared reports whether others have an object of which the function hands out an attribute: it is not being made, and what
// the function makes does not stay its own.
func (s *statesOf) shared(region int32) bool {
	x := &s.f.Sum.Regions[region]
	switch {
	case x.Root == effects.NodeFresh:
		return effects.GetsKnown(s.look(), region)
	case x.Root != effects.NodeParam || x.Parent >= 0:
		return true
	}
	def := s.f.Def.Name.Name
	if !library.Construction()[def] && s.p.Constructs(s.f, int(x.Num)) {
		return false
	}
	return s.made || !s.itself(region) || !s.f.Exposed() || s.p.Member(s.f)
}

// lacksLock reports whether PXL103 tells that the lock is missing where the function uses an attribute of an object.
func (s *statesOf) lacksLock(region int32, name string) bool {
	if s.missing == nil {
		s.missing = map[regionField]bool{}
		for _, e := range missingIn(s.checking, s.f) {
			s.missing[regionField{e.Region, fieldOf(e)}] = true
		}
	}
	if len(s.missing) == 0 {
		return false
	}
	// One lock guards it with what leads to it where they share that.
	for x := &s.f.Sum.Regions[region]; ; x = &s.f.Sum.Regions[region] {
		if s.missing[regionField{region, name}] {
			return !slices.ContainsFunc(s.f.Sum.Effects, func(e effects.Effect) bool { return e.Region == region && e.Held && fieldOf(&e) == name })
		}
		if x.Parent < 0 {
			return false
		}
		if in := s.p.Locks.Of(x.Owner); in == nil || in.Guard != x.Name {
			return false
		}
		region, name = x.Parent, x.Name
	}
}
