package rules

// Who else can get at an object: what a function made itself belongs to its
// thread until it hands it on; what came in through a parameter, an attribute
// or a global may be in other threads' hands.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

type reach uint8

const (
	unknown reach = iota // a call's result, say
	private              // made here, or immutable
	shared
)

// reach tells who can get at the object of e, which f evaluates at an offset.
func (c *bodies) reach(f *ruleFunc, e ast.Expr, at int32) reach {
	if e == nil {
		return unknown
	}
	switch e := e.(type) {
	case *ast.Paren:
		return c.reach(f, e.X, at)
	case *ast.Cast:
		if e.Type != nil && library.Immutable()[e.Type.Name] && syntax.Pointers(e.Type.Declarator) == 0 {
			return private
		}
		return c.reach(f, e.X, at)
	case *ast.Name:
		return c.reachName(f, e.Name, at)
	case *ast.Attribute:
		if c.immutableField(f, e) {
			return private
		}
		r := c.reach(f, e.X, at)
		if r == shared && c.settledField(e.Attr.Name) {
			return private
		}
		return r
	case *ast.Subscript:
		if syntax.HasSlice(e.Index) {
			return private // a copy
		}
		return c.reach(f, e.X, at)
	case *ast.Call:
		name := c.m.CName(e.Fun)
		if library.Getters()[name] {
			return c.reach(f, syntax.Arg(e, 0), at)
		}
		if library.Makers()[name] {
			if _, ok := syntax.Unparen(e.Fun).(*ast.Name); ok || syntax.LastPart(name) != "copy" {
				return private
			}
		}
		if fun, ok := e.Fun.(*ast.Attribute); ok && library.MakerMethods()[fun.Attr.Name] {
			return private
		}
	case *ast.Collection, *ast.Comp, *ast.Str, *ast.Number, *ast.Const, *ast.Lambda:
		return private
	case *ast.Binary:
		if e.Op == "and" || e.Op == "or" {
			return either(c.reach(f, e.X, at), c.reach(f, e.Y, at))
		}
		return private // list + list
	case *ast.Cond:
		return either(c.reach(f, e.Then, at), c.reach(f, e.Else, at))
	case *ast.Walrus:
		return c.reach(f, e.Value, at)
	}
	return unknown
}

func either(a, b reach) reach {
	switch {
	case a == shared || b == shared:
		return shared
	case a == unknown || b == unknown:
		return unknown
	}
	return private
}

// immutableField reports whether x.name is an attribute of this method's class
// whose type has no replaceable items.
func (c *bodies) immutableField(f *ruleFunc, e *ast.Attribute) bool {
	n, ok := syntax.Bare(e.X).(*ast.Name)
	if !ok || f.class == nil || n.Name != f.first() {
		return false
	}
	cl := c.m.ClassByName[f.class.Name.Name]
	for depth := 0; cl != nil && depth < 8; depth++ {
		if fd := cl.FieldByName[e.Attr.Name]; fd != nil {
			return fd.Ctype != nil && library.Immutable()[fd.Ctype.Name]
		}
		cl = cl.Base()
	}
	return false
}

// atBirth reports whether a method runs while nobody else has its object.
func atBirth(f *ruleFunc) bool {
	switch f.name() {
	case "__cinit__", "__init__", "__dealloc__", "__del__":
		return f.class != nil
	}
	return false
}

// reachKey is a name at a place, for which the answer is remembered: names that
// are assigned to each other in a loop would be asked for without end.
type reachKey struct {
	f    *ruleFunc
	name string
	at   int32
}

func (c *bodies) reachName(f *ruleFunc, name string, at int32) reach {
	key := reachKey{f, name, at}
	if r, ok := c.reached[key]; ok {
		return r
	}
	if c.reached == nil {
		c.reached = map[reachKey]reach{}
	}
	c.reached[key] = private // while it is being looked for, it adds nothing
	r := c.findReach(f, name, at)
	c.reached[key] = r
	return r
}

func (c *bodies) findReach(f *ruleFunc, name string, at int32) reach {
	f.prepare()
	if !f.local[name] {
		if f.outer != nil && !f.global[name] {
			for o := f.outer; o != nil; o = o.outer {
				if o.prepare(); o.local[name] {
					return unknown
				}
			}
		}
		v := c.globals()[name]
		switch {
		case v == nil:
			return unknown
		case v.ctype != nil && library.Immutable()[v.ctype.Name]:
			return private
		case len(v.changes) > 0:
			return shared
		}
		return private // nobody changes it
	}
	if t := f.types[name].ctype; t != nil && library.Immutable()[t.Name] && syntax.Pointers(f.types[name].d) == 0 {
		return private
	}
	values, param := f.reaching(name, at)
	var out reach
	first := true
	merge := func(r reach) {
		if first {
			out, first = r, false
		} else {
			out = either(out, r)
		}
	}
	if param {
		p := f.params[name]
		switch {
		case p.Kind == ast.Star || p.Kind == ast.DoubleStar:
			merge(private)
		case name == f.first() && atBirth(f):
			merge(private)
		default:
			merge(c.reachArgument(f, p))
		}
	}
	for _, v := range values {
		if k, ok := v.value.(*ast.Const); ok && (k.Name == "None" || k.Name == "NULL") {
			continue
		}
		if v.value == nil || v.pos == at {
			merge(unknown)
			continue
		}
		r := c.reach(f, v.value, v.pos)
		if v.item && r == private {
			r = unknown // an item of a new list can be an old object
		}
		merge(r)
	}
	if out == private && c.escapes(f, name, at) {
		return shared
	}
	return out
}

// escapes reports whether a local object was stored, before an offset, where
// others find it.
func (c *bodies) escapes(f *ruleFunc, name string, at int32) bool {
	found := false
	is := func(e ast.Expr) bool {
		n, ok := syntax.Bare(e).(*ast.Name)
		return ok && n.Name == name
	}
	from := int32(-1) // where the object was made
	for _, v := range f.values[name] {
		if v.pos < at && v.pos > from && f.block(v.pos).Contains(at) {
			from = v.pos
		}
	}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		r := n.Range()
		if found || r.Pos >= at || r.End <= from {
			return false
		}
		switch n := n.(type) {
		case *ast.Assign:
			same := is(n.Value)
			for _, t := range n.Targets {
				same = same || is(t)
			}
			if !same || n.Value == nil {
				return true
			}
			for _, t := range n.Targets {
				switch t := t.(type) {
				case *ast.Name:
					found = found || f.global[t.Name]
				case *ast.Attribute:
					found = found || !is(t.X) && c.reach(f, t.X, t.Pos) == shared
				case *ast.Subscript:
					found = found || !is(t.X) && c.reach(f, t.X, t.Pos) == shared
				}
			}
		case *ast.Yield:
			found = found || n.X != nil && is(n.X)
		case *ast.Call:
			var into ast.Expr
			args := n.Args
			if fun, ok := n.Fun.(*ast.Attribute); ok && library.Mutators()[fun.Attr.Name] {
				into = fun.X
			} else if n.Fun != nil && library.APIMutators()[c.m.CName(n.Fun)] && len(args) > 0 {
				into, args = args[0].X, args[1:]
			}
			for _, a := range args {
				if into != nil && is(a.X) && c.reach(f, into, n.Pos) == shared {
					found = true
				}
			}
		}
		return true
	})
	return found
}

// reachArgument tells who can get at what is passed for a parameter. Others
// can, unless the function is this module's own and each call passes something
// new.
func (c *bodies) reachArgument(f *ruleFunc, p *ast.Param) reach {
	name := f.name()
	if f.class != nil || f.outer != nil || f.def.Kind != ast.Cdef || f.def.Visibility != ast.Private || f.def.API {
		return shared
	}
	if _, ok := c.m.Declared[name]; ok {
		return shared
	}
	calls := c.callsOf(name)
	if len(calls) == 0 {
		return shared
	}
	i := 0
	for f.def.Params.List[i] != p {
		i++
	}
	for _, k := range calls {
		if k.f == nil || k.call == nil {
			return shared
		}
		if i >= len(k.call.Args) && p.Default != nil {
			continue
		}
		if x := syntax.Arg(k.call, i); x == nil || c.reach(k.f, x, k.call.Pos) != private {
			return shared
		}
	}
	return private
}

// callSite is one mention of a function; call is nil where it is not called.
type callSite struct {
	f    *ruleFunc
	call *ast.Call
}

// callsOf returns where the module's functions mention a function.
func (c *bodies) callsOf(name string) []callSite {
	if c.calls == nil {
		c.calls = map[string][]callSite{}
		for _, f := range c.funcs() {
			called := map[*ast.Name]bool{}
			syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Call:
					if fun, ok := n.Fun.(*ast.Name); ok {
						called[fun] = true
						c.calls[fun.Name] = append(c.calls[fun.Name], callSite{f, n})
					}
				case *ast.Name:
					if !called[n] {
						c.calls[n.Name] = append(c.calls[n.Name], callSite{f, nil})
					}
				}
				return true
			})
		}
	}
	return c.calls[name]
}
