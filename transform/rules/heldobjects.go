package rules

// The objects with a lock that a function knows by a name while it holds that lock: its own object, other parameters,
// and what attributes lead to.

import (
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// object is an object that a function knows by a name: "self", "other", "self.record". The zero value is none.
type object struct {
	name  string
	class *project.Class
}

// is reports whether an expression is the object's name.
func (o object) is(e ast.Expr) bool {
	return o.name != "" && strings.Join(syntax.Dotted(syntax.Bare(e)), ".") == o.name
}

// root is the name that the object's begins with.
func (o object) root() string {
	root, _, _ := strings.Cut(o.name, ".")
	return root
}

// heldObjects are those whose lock a function holds, somewhere or all the time, by its class, by a decorator, by a block or by
// its callers. A name that is given another value stands for no one object, and what is being made nobody else has.
func heldObjects(c *checking, f *effects.Function) []object {
	var out []object
	add := func(names []string, class *project.Class) {
		o := object{strings.Join(names, "."), class}
		if class != nil && c.p.Guards(class) && !slices.ContainsFunc(out, func(x object) bool { return x.name == o.name }) && !givenAnother(f, names) {
			out = append(out, o)
		}
	}
	if f.Class != nil && ownName(f) != "" && !c.p.Constructs(f, 0) && c.p.Locked(f.Class) {
		out = append(out, object{ownName(f), f.Class})
	}
	for i, prm := range f.Def.Params.List {
		if prm.Kind == ast.Positional && i < len(f.Flow.Params) && (i > 0 || f.Class == nil) && (!f.Exposed() || holdsParam(c, f, i)) {
			l := f.EntryLock(i, effects.Read)
			add([]string{syntax.ParamName(prm)}, l.OfClass())
		}
	}
	for _, d := range c.p.OwnLocks(f).Decs {
		for _, path := range slices.Sorted(maps.Keys(d.Spoken())) {
			if names := strings.Split(path, "."); len(names) > 1 {
				add(names, classBehind(f, names))
			}
		}
	}
	for i := 1; i < len(f.Flow.Blocks); i++ {
		for k := range f.Flow.Blocks[i].Locks {
			l := &f.Flow.Blocks[i].Locks[k]
			if names := syntax.Dotted(syntax.Bare(l.Arg.X)); len(names) > 0 && l.Arg.Star == 0 {
				add(names, l.OfClass())
			}
		}
	}
	return out
}

// holdsParam reports whether a function holds a parameter from its entry on.
func holdsParam(c *checking, f *effects.Function, num int) bool {
	return slices.ContainsFunc(f.Sum.Effects, func(e effects.Effect) bool {
		x := &f.Sum.Regions[e.Region]
		return x.Root == effects.NodeParam && int(x.Num) == num && x.Parent < 0 && c.p.Holds(f, &e)
	})
}

// givenAnother reports whether a function gives a name, or the last attribute of a path, another value.
func givenAnother(f *effects.Function, names []string) bool {
	if len(names) == 1 {
		return slices.ContainsFunc(f.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == names[0] }) && syntax.Assigns(f.Def.Body, names[0])
	}
	return anyIn(f.Def.Body, func(n ast.Node) bool {
		st, ok := n.(*ast.Assign)
		return ok && slices.ContainsFunc(st.Targets, func(t ast.Expr) bool { return slices.Equal(syntax.Dotted(syntax.Bare(t)), names) })
	})
}

// classBehind is the class of the object that a path of attributes leads to from a parameter of a function, as declared;
// nil where that is not known.
func classBehind(f *effects.Function, names []string) *project.Class {
	i := slices.IndexFunc(f.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == names[0] })
	if i < 0 || i >= len(f.Flow.Params) {
		return nil
	}
	root := f.EntryLock(i, effects.Read)
	class := root.OfClass()
	for _, name := range names[1:] {
		var field *project.Field
		if class != nil {
			field = class.Field(name)
		}
		if class = nil; field != nil {
			class = field.Class()
		}
	}
	return class
}

// hold is an object that a function holds, in a mode: at all places, or within a block.
type hold struct {
	f *effects.Function
	object
	mode   effects.Mode
	within ast.Span // zero for all places
	none   bool     // that it knows the object, and holds nothing
}

// at reports whether it is held at a place.
func (h hold) at(pos int32) bool {
	return !h.none && (h.within == ast.Span{} || h.within.Contains(pos))
}

// holdsOf returns what a function holds by itself of the objects that heldObjects has, and, of functions that Python code
// can call, those that it does not hold.
func holdsOf(c *checking, f *effects.Function) []hold {
	var out []hold
	for _, o := range heldObjects(c, f) {
		h := hold{f: f, object: o, none: true}
		switch {
		case f.Class != nil && o.name == ownName(f):
			if !c.p.Member(f) {
				continue // its callers tell
			}
			var does bool
			h.mode, does = c.p.ModeOf(f)
			h.none = c.p.Exempt(f) || !does
		default:
			for _, d := range c.p.OwnLocks(f).Decs {
				if d.Spoken()[o.name] || len(d.Args()) == 0 && (d.Name == "read_lock" || d.Name == "write_lock") && o.name == ownName(f) {
					h.mode, h.none = modeOf(d), false
				}
			}
		}
		if h.none {
			for i := 1; i < len(f.Flow.Blocks); i++ {
				b := &f.Flow.Blocks[i]
				for k := range b.Locks {
					if o.is(b.Locks[k].Arg.X) {
						out = append(out, hold{f: f, object: o, mode: b.Locks[k].Mode, within: b.With.Body.Span})
					}
				}
			}
		}
		if f.Exposed() || !h.none {
			out = append(out, h)
		}
	}
	return out
}
