package effects

// Calls through pointers to functions: "cdef step_method step = <step_method>self.buffer.step", and then step(self.buffer).
// Where the function gives such a variable one value, that is what is called. Of an attribute it is any of those that are
// assigned to it, where all of these are functions in sight.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/parser/c"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// throughPointer calls what a C variable of the function leads to, where that is known.
func throughPointer(b calls, name string, sh ctype.Shape, e *ast.Call) (int32, bool) {
	if sh.Kind == ctype.Object {
		return 0, false
	}
	switch to := pointedTo(b.f.Def, name).(type) {
	case *ast.Attribute:
		if path := syntax.Dotted(to); path != nil && !b.isLocal(path[0]) && b.m.Owner(path).Mod != nil {
			return b.namedCall(path, e), true
		}
		n := b.exprs.expr(to.X)
		class := b.shape(n).Class
		if n == 0 || class == nil {
			return 0, false
		}
		if fs := b.members(class, to.Attr.Name, false); len(fs) > 0 && !anyExposed(fs) {
			return b.callFunctions(fs, 0, false, e), true // its object is an argument
		}
	case *ast.Name:
		if r := b.m.Owner([]string{to.Name}); !b.isLocal(to.Name) && r.Mod != nil {
			_, inC := r.Mod.CDecls().Funcs[r.Name]
			if fs := b.p.Funcs(r.Mod).byName[r.Name]; inC || len(fs) > 0 && !anyExposed(fs) {
				return b.namedCall([]string{to.Name}, e), true
			}
		}
	}
	return 0, false
}

// pointed is a function that an attribute points to: a method of a class, or a function of a module.
type pointed struct {
	class *project.Class
	mod   *project.Module
	name  string
}

// throughAttribute calls what the attribute of a class points to that an object has: where that is known, some functions, and
// else what may change whatever it is given.
func throughAttribute(b calls, class *project.Class, name string, e *ast.Call) int32 {
	if fs := pointedAt(b, class, name); len(fs) > 0 {
		return b.callFunctions(fs, 0, false, e)
	}
	if to := b.p.Types.OfField(class.Field(name)).Func; to != nil {
		return throughPrototype(b, to, false, name, e)
	}
	args := b.passed(e.Args)
	before := len(b.flow.Actions)
	if !b.p.readsOnly(name, "") {
		args.each(func(n int32) { b.rawObject(n, name, e.Span) })
	}
	out := b.unknownCall(args, name, e.Span, true)
	b.told(before, c.Answer{}, Reader{Name: name})
	return out
}

// pointedAt are the functions that the attribute of a class may point to; none where it may be something else.
func pointedAt(b calls, class *project.Class, name string) []*Function {
	if f := class.Field(name); f == nil || f.Vis != ast.Private {
		return nil
	}
	var fs []*Function
	for _, to := range b.p.pointers.Get(attribute{class.Declarer(name), name}) {
		var list []*Function
		if to.class != nil {
			list = b.members(to.class, to.name, false)
		} else {
			list = b.p.Funcs(to.mod).byName[to.name]
		}
		if len(list) == 0 || anyExposed(list) { // a C function, or what Python code may put in its place
			return nil
		}
		for _, f := range list {
			if !slices.Contains(fs, f) {
				fs = append(fs, f)
			}
		}
	}
	return fs
}

// findPointers finds what an attribute points to; nil where it may be something that is not known.
func findPointers(p *Program, at attribute) []pointed {
	var out []pointed
	for _, m := range naming(p, at) {
		if m.Broken() {
			return nil
		}
		left := 0 // assignments that no function makes
		places := p.places.Get(m)
		for _, i := range places.wherever(at) {
			ast.Walk(places.all[i].node, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Attribute:
					if n.Attr.Name == at.name && n.Access.Rebinds() {
						left++
					}
				case *ast.Unary:
					if x, ok := syntax.Bare(n.X).(*ast.Attribute); ok && n.Op == "&" && x.Attr.Name == at.name {
						left = -1 << 20
					}
				case *ast.Arg: // C++ may take a reference to it
					if x, ok := syntax.Bare(n.X).(*ast.Attribute); ok && x.Attr.Name == at.name {
						left = -1 << 20
					}
				case *ast.FuncDef:
					if f := p.Funcs(m).ByDef[n]; f != nil && n.Body != nil {
						left -= assignsPointers(f, at, &out)
					}
				}
				return true
			})
		}
		if left != 0 {
			return nil
		}
	}
	return out
}

// assignsPointers returns how many of a function's assignments to an attribute's name are known, to objects that do not
// have that attribute or of nothing or a function, which it adds to what is known.
func assignsPointers(f *Function, at attribute, known *[]pointed) int {
	n := 0
	ast.Walk(f.Def.Body, func(node ast.Node) bool {
		st, ok := node.(*ast.Assign)
		if !ok || len(st.Targets) != 1 || st.Op != "=" || st.Value == nil {
			return true
		}
		x, ok := st.Targets[0].(*ast.Attribute)
		if !ok || x.Attr.Name != at.name {
			return true
		}
		if ofAnother(f, x, at.class) || syntax.IsNothing(st.Value) {
			n++
		} else if to, ok := pointsTo(f, functionNamed(st.Value)); ok {
			n++
			if !slices.Contains(*known, to) {
				*known = append(*known, to)
			}
		}
		return true
	})
	return n
}

// pointsTo is the function that an expression names: a method of the object of the method that it stands in, or a function of
// a module.
func pointsTo(f *Function, e ast.Expr) (pointed, bool) {
	path := syntax.Dotted(e)
	if len(path) == 0 || bindsElsewhere(f.Def.Body, path[0], e) {
		return pointed{}, false
	}
	if slices.ContainsFunc(f.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == path[0] }) {
		own := f.Class != nil && f.IsBound() && len(path) == 2 && syntax.ParamName(f.Def.Params.List[0]) == path[0]
		if !own || f.Class.Field(path[1]) != nil {
			return pointed{}, false
		}
		return pointed{class: f.Class, name: path[1]}, true
	}
	r := f.Mod.Owner(path)
	if r.Mod == nil {
		return pointed{}, false
	}
	return pointed{mod: r.Mod, name: r.Name}, true
}

// bindsElsewhere reports whether a name is bound below a node, where it is not an expression: taking a function's address does
// not bind it.
func bindsElsewhere(in ast.Node, name string, e ast.Expr) bool {
	found := false
	ast.Walk(in, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		found = found || ok && x.Name == name && x.Access.Rebinds() && ast.Expr(x) != e
		return !found
	})
	return found
}

// functionNamed is an expression without casts, and without that its address is taken.
func functionNamed(e ast.Expr) ast.Expr {
	e = syntax.Bare(e)
	if x, ok := e.(*ast.Unary); ok && x.Op == "&" {
		e = syntax.Bare(x.X)
	}
	return e
}

// anyExposed reports whether Python code may put something else into the place of one of some functions.
func anyExposed(fs []*Function) bool {
	for _, f := range fs {
		if f.Exposed() {
			return true
		}
	}
	return false
}

// pointedTo returns the one value that a function gives a variable which it declares in C, without casts; nil where it gives
// it several, or somebody may by its address or a reference.
func pointedTo(def *ast.FuncDef, name string) ast.Expr {
	var value ast.Expr
	declared, values := false, 0
	gives := func(e ast.Expr) {
		values++
		value = functionNamed(e)
	}
	ast.Walk(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Declarator:
			if n.Name.Name == name {
				declared = true
				if n.Default != nil {
					gives(n.Default)
				}
			}
		case *ast.Assign:
			if len(n.Targets) == 1 && n.Op == "=" && n.Value != nil && syntax.IsNamed(n.Targets[0], name) {
				gives(n.Value)
				values-- // its target is counted
			}
		case *ast.Name:
			if n.Name == name && n.Access.Rebinds() {
				values++
			}
		case *ast.Unary:
			if n.Op == "&" && syntax.IsNamed(n.X, name) {
				values = 2
			}
		case *ast.Arg: // C++ may take a reference to it
			if syntax.IsNamed(syntax.Bare(n.X), name) {
				values = 2
			}
		}
		return true
	})
	if !declared || values != 1 {
		return nil
	}
	return value
}
