package rules

// Where a function holds locks that people placed by hand.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/handlock"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// handHold is a stretch of a function in which such a lock is held.
type handHold struct {
	ast.Span
	// objects are what a critical section or one of our decorators locks, as
	// spelled; none for a lock that guards whatever its users agreed on.
	objects []string
	// lock is such a lock, as spelled; "" where a decorator or a guard of C++ holds it.
	lock string
}

// handHolds finds the locks of a function.
func (f *ruleFunc) handHolds() []handHold {
	var out []handHold
	whole := f.def.Span
	add := func(s ast.Span, lock ast.Expr, objects []ast.Expr) {
		h := handHold{Span: s, lock: f.spelled(lock)}
		for _, o := range objects {
			if u, ok := syntax.Unparen(o).(*ast.Unary); ok && u.Op == "&" || f.in.hands.IsLock(o) {
				h.objects = nil // a mutex: it guards what its users agreed on
				break
			}
			h.objects = append(h.objects, f.spelled(o))
		}
		out = append(out, h)
	}
	firstParam := ""
	if f.def.Params != nil && len(f.def.Params.List) > 0 {
		firstParam = syntax.ParamName(f.def.Params.List[0])
	}
	for _, d := range f.def.Decorators {
		e, args := d.Expr, []ast.Arg(nil)
		if call, ok := e.(*ast.Call); ok {
			e, args = call.Fun, call.Args
		}
		switch name := f.in.m.Scope.CythonAttr(e, true); name {
		case "critical_section", "read_lock", "write_lock":
			h := handHold{Span: whole}
			for _, a := range args {
				if s, ok := a.X.(*ast.Str); ok {
					h.objects = append(h.objects, s.Value)
				}
			}
			if len(h.objects) == 0 {
				h.objects = []string{firstParam}
			}
			out = append(out, h)
		case "no_lock":
		default:
			in, known := handlock.Inside(f.in.m, d.Expr)
			switch {
			case known && in.Attr != "":
				out = append(out, handHold{Span: whole, lock: firstParam + "." + in.Attr})
			case known || f.in.hands.IsLock(e):
				add(whole, in.Lock, nil)
			}
		}
	}
	if f.class != nil {
		if c := f.in.m.ClassByName[f.class.Name.Name]; c != nil && f.in.locks.Declared(c) != nil && firstParam != "" && decorator.Find(f.in.m, f.def.Decorators, "no_lock") == nil {
			out = append(out, handHold{Span: whole, objects: []string{firstParam}})
		}
	}
	taken := map[string]int32{}
	last := map[string]int32{}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.With:
			for _, it := range n.Items {
				if t, ok := decorator.Takes(f.in.m, it.X); ok {
					h := handHold{Span: n.Body.Span}
					for _, a := range t.Args() {
						h.objects = append(h.objects, f.spelled(a.X))
					}
					out = append(out, h)
				}
				if objects, ok := f.in.hands.With(it.X); ok {
					add(n.Body.Span, it.X, objects)
				}
			}
		case *ast.CVarDecl: // a C++ guard holds until it goes out of scope
			if n.Type != nil && library.GuardTypes()[syntax.LastPart(n.Type.Name)] {
				add(ast.Span{Pos: n.Pos, End: whole.End}, nil, nil)
			}
		case *ast.Assign:
			if call, ok := n.Value.(*ast.Call); ok {
				fun := call.Fun
				if s, ok := fun.(*ast.Subscript); ok {
					fun = s.X
				}
				if name, ok := fun.(*ast.Name); ok && library.GuardTypes()[name.Name] {
					add(ast.Span{Pos: n.Pos, End: whole.End}, nil, nil)
				}
			}
		case *ast.Call:
			if lc, ok := f.in.hands.Call(n); ok {
				s := f.spelled(lc.Lock)
				if _, was := taken[s]; lc.Take && !was {
					taken[s] = n.Pos
				} else if !lc.Take {
					last[s] = n.End
				}
			}
		}
		return true
	})
	for s, pos := range taken {
		end, ok := last[s]
		if !ok || end < pos {
			end = whole.End
		}
		out = append(out, handHold{Span: ast.Span{Pos: pos, End: end}, lock: s})
	}
	return out
}

// held reports whether a lock is held at an offset that guards an object. A
// critical section on "self" guards what is reached through self, too: that is
// what its author means by it. Without an object any lock will do.
func (f *ruleFunc) held(at int32, object ast.Expr) bool {
	f.prepare()
	s := f.spelled(object)
	for _, h := range f.holds {
		if !h.Contains(at) {
			continue
		}
		if len(h.objects) == 0 || object == nil {
			if ofModule(f, object) && (f.ofCaller(h.lock, callersDeep) || f.ofOneCall(h.lock)) {
				continue // others hold another one
			}
			return true
		}
		for _, o := range h.objects {
			if s == o || strings.HasPrefix(s, o+".") || strings.HasPrefix(s, o+"[") {
				return true
			}
		}
	}
	return false
}

// ofModule reports whether an expression is a variable of the module, or an attribute or item of one.
func ofModule(f *ruleFunc, object ast.Expr) bool {
	root := syntax.Root(object)
	return root != "" && f.in.globalNamed(f, root) != nil
}

// heldForAll reports whether a lock is held at an offset that may guard what all objects and
// functions of the module share: one of the module's own, or an object that is the module's. That
// of an object that the function is given, self above all, keeps nobody away who has another.
func (f *ruleFunc) heldForAll(at int32) bool { return f.heldFor(at, nil) }

// heldFor is heldForAll, of a variable of a function round this one, in, where that is not nil: all who share that have the same
// lock if it is in a variable of that function, or is given to it.
func (f *ruleFunc) heldFor(at int32, in *ruleFunc) bool {
	f.prepare()
	if f.inline && f.outer.heldFor(at, in) {
		return true
	}
	return slices.ContainsFunc(f.holds, func(h handHold) bool {
		if !h.Contains(at) {
			return false
		}
		if len(h.objects) == 0 {
			return f.lockOf(h.lock, in) || !f.ofOneObject(h.lock) && !f.ofOneCall(h.lock) && !f.ofCaller(h.lock, callersDeep)
		}
		return slices.ContainsFunc(h.objects, func(o string) bool {
			root, _, _ := strings.Cut(o, ".")
			return !f.isLocal(strings.TrimLeft(root, "*"))
		})
	})
}

// lockOf reports whether a lock is in a variable of a function round this one, or of one that is round that.
func (f *ruleFunc) lockOf(lock string, in *ruleFunc) bool {
	root := strings.TrimLeft(lock, "&")
	root = root[:strings.IndexAny(root+".", ".[")]
	if f.prepare(); in == nil || f.local[root] {
		return false
	}
	below := true
	for at := f.outer; at != nil; at = at.outer {
		below = below && at != in
		if at.prepare(); at.local[root] {
			return !below
		}
	}
	return false
}

// ofOneCall reports whether a lock is one that the function makes for itself.
func (f *ruleFunc) ofOneCall(lock string) bool {
	name := strings.TrimLeft(lock, "&")
	_, param := f.params[name]
	return f.local[name] && !param && len(f.values[name]) > 0 && !slices.ContainsFunc(f.values[name], func(v nameValue) bool {
		_, call := syntax.Bare(v.value).(*ast.Call)
		return !call || !f.in.makesLock(v.value)
	})
}

// ofOneObject reports whether a lock is an attribute of a method's object, and not of its class.
func (f *ruleFunc) ofOneObject(lock string) bool {
	root, rest, dotted := strings.Cut(strings.TrimLeft(lock, "&"), ".")
	if first := f.first(); !dotted || first == "" || root != first || f.in.m.PlainDecorator(f.def, "classmethod") {
		return false
	}
	name, _, _ := strings.Cut(rest, ".")
	shared := false
	syntax.EachStmt(f.class.Body.Stmts, func(st ast.Stmt) {
		if a, ok := st.(*ast.Assign); ok {
			shared = shared || slices.ContainsFunc(a.Targets, func(t ast.Expr) bool { n, ok := t.(*ast.Name); return ok && n.Name == name })
		}
	})
	return !shared
}

// callersDeep bounds how far a lock is followed to those who pass it.
const callersDeep = 8

// ofCaller reports whether a lock is what a function is given, or an attribute of that: who calls it may bring another
// one. One that only the module calls is given the same by all, as far as these calls show it.
func (f *ruleFunc) ofCaller(lock string, depth int) bool {
	lock = strings.TrimLeft(lock, "&")
	root := lock[:strings.IndexAny(lock+".", ".[")]
	if f.prepare(); !f.local[root] {
		return f.outer != nil && !f.global[root] && f.outer.ofCaller(lock, depth)
	}
	p := f.params[root]
	if p == nil || root == f.first() || len(f.values[root]) > 0 || depth == 0 {
		return false
	}
	if p.Default != nil {
		if k, ok := syntax.Unparen(p.Default).(*ast.Const); !ok || k.Name != "None" {
			return false // who passes none gets this one
		}
	}
	var calls []callSite
	if f.class == nil && f.outer == nil && (f.def.Kind == ast.Cdef && f.def.Visibility == ast.Private && !f.def.API || effects.PrivateName(f.name())) {
		calls = f.in.callsOf(f.name())
	}
	one := ""
	for _, k := range calls {
		x := argumentFor(f, k.call, p)
		name, ok := syntax.Bare(x).(*ast.Name)
		if k.f == nil || x == nil || !ok {
			return true
		}
		at := name.Name
		if k.f.isLocal(at) && k.f.ofCaller(at, depth-1) || one != "" && one != at {
			return true
		}
		one = at
	}
	return len(calls) == 0 && (f.class == nil || !effects.PrivateName(f.name()) && f.def.Kind != ast.Cdef)
}

// argumentFor is what a call gives a function for a parameter, nil where that is not told.
func argumentFor(f *ruleFunc, call *ast.Call, p *ast.Param) ast.Expr {
	if call == nil {
		return nil
	}
	for _, a := range call.Args {
		if a.Name.Name != "" && a.Name.Name == syntax.ParamName(p) {
			return a.X
		}
	}
	return syntax.Arg(call, slices.Index(f.def.Params.List, p))
}

// isLocal reports whether a name is one of the function's own, or of a function round it.
func (f *ruleFunc) isLocal(name string) bool {
	for at := f; at != nil; at = at.outer {
		at.prepare()
		if at.local[name] {
			return true
		}
	}
	return false
}
