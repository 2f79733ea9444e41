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
	if at := e.Range(); int(at.End-at.Pos) < len(o.name) {
		return false // of a long path each part is asked about
	}
	for rest := o.name; rest != ""; {
		switch x := syntax.Bare(e).(type) {
		case *ast.Name:
			return x.Name == rest
		case *ast.Attribute:
			var last bool
			if rest, last = strings.CutSuffix(rest, "."+x.Attr.Name); !last {
				return false
			}
			e = x.X
		default:
			return false
		}
	}
	return false
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
	seen := map[string]bool{}
	var another map[string]bool // found when somebody asks
	add := func(names []string, class *project.Class) {
		o := object{strings.Join(names, "."), class}
		if class == nil || !c.p.Guards(class) || seen[o.name] {
			return
		}
		if seen[o.name] = true; another == nil {
			another = givenAnother(f)
		}
		if !another[o.name] {
			out = append(out, o)
		}
	}
	if f.Class != nil && ownName(f) != "" && !c.p.Constructs(f, 0) && c.p.Locked(f.Class) {
		out, seen[ownName(f)] = append(out, object{ownName(f), f.Class}), true
	}
	held := heldParams(c, f)
	for i, prm := range f.Def.Params.List {
		if prm.Kind == ast.Positional && i < len(f.Flow.Params) && (i > 0 || f.Class == nil) && (!f.Exposed() || held[i]) {
			l := f.EntryLock(i, effects.Read)
			add([]string{syntax.ParamName(prm)}, l.OfClass())
		}
	}
	for d := range locksAtEntry(c.p, f) {
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

// heldParams are the parameters, by their numbers, that a function holds from its entry on.
func heldParams(c *checking, f *effects.Function) map[int]bool {
	out := map[int]bool{}
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		if x := &f.Sum.Regions[e.Region]; x.Root == effects.NodeParam && x.Parent < 0 && !out[int(x.Num)] && c.p.Holds(f, e) {
			out[int(x.Num)] = true
		}
	}
	return out
}

// givenAnother are the parameters to which a function gives another value, and the paths whose last attribute gets one.
func givenAnother(f *effects.Function) map[string]bool {
	out, params := map[string]bool{}, map[string]bool{}
	for _, p := range f.Def.Params.List {
		params[syntax.ParamName(p)] = true
	}
	ast.Walk(f.Def.Body, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && params[x.Name] && x.Access.Rebinds() {
			out[x.Name] = true
		}
		return true
	})
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if st, ok := n.(*ast.Assign); ok {
			for _, t := range st.Targets {
				if names := syntax.Dotted(syntax.Bare(t)); len(names) > 1 {
					out[strings.Join(names, ".")] = true
				}
			}
		}
		return true
	})
	return out
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
	inBlocks := map[string][]hold{} // by the names of what blocks hold
	for i := 1; i < len(f.Flow.Blocks); i++ {
		b := &f.Flow.Blocks[i]
		for k := range b.Locks {
			name := strings.Join(syntax.Dotted(syntax.Bare(b.Locks[k].Arg.X)), ".")
			inBlocks[name] = append(inBlocks[name], hold{f: f, mode: b.Locks[k].Mode, within: b.With.Body.Span})
		}
	}
	decs := map[string]effects.Mode{}
	for d, md := range locksAtEntry(c.p, f) {
		for name := range d.Spoken() {
			decs[name] = md
		}
		if len(d.Args()) == 0 {
			decs[ownName(f)] = md
		}
	}
	for _, o := range heldObjects(c, f) {
		h := hold{f: f, object: o, none: true}
		if f.Class != nil && o.name == ownName(f) {
			if !c.p.Member(f) {
				continue // its callers tell
			}
			var does bool
			h.mode, does = c.p.ModeOf(f)
			h.none = c.p.Exempt(f) || !does
		} else if md, named := decs[o.name]; named {
			h.mode, h.none = md, false
		}
		if h.none {
			for _, b := range inBlocks[o.name] {
				b.object = o
				out = append(out, b)
			}
		}
		if f.Exposed() || !h.none {
			out = append(out, h)
		}
	}
	return out
}
