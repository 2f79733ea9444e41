package rules

// Where a function holds locks that people placed by hand.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// handHold is a stretch of a function in which such a lock is held.
type handHold struct {
	ast.Span
	// objects are what a critical section or one of our decorators locks, as
	// spelled; none for a lock that guards whatever its users agreed on.
	objects []string
}

// handHolds finds the locks of a function.
func (f *ruleFunc) handHolds() []handHold {
	var out []handHold
	whole := f.def.Span
	add := func(s ast.Span, objects []ast.Expr) {
		h := handHold{Span: s}
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
			if f.in.hands.IsLock(e) {
				add(whole, nil)
			}
		}
	}
	if f.class != nil {
		if c := f.in.m.ClassByName[f.class.Name.Name]; c != nil && f.in.locks.Declared(c) != nil && firstParam != "" && decorator.Find(f.in.m, f.def.Decorators, "no_lock") == nil {
			out = append(out, handHold{whole, []string{firstParam}})
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
					add(n.Body.Span, objects)
				}
			}
		case *ast.CVarDecl: // a C++ guard holds until it goes out of scope
			if n.Type != nil && library.GuardTypes()[syntax.LastPart(n.Type.Name)] {
				add(ast.Span{Pos: n.Pos, End: whole.End}, nil)
			}
		case *ast.Assign:
			if call, ok := n.Value.(*ast.Call); ok {
				fun := call.Fun
				if s, ok := fun.(*ast.Subscript); ok {
					fun = s.X
				}
				if name, ok := fun.(*ast.Name); ok && library.GuardTypes()[name.Name] {
					add(ast.Span{Pos: n.Pos, End: whole.End}, nil)
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
		out = append(out, handHold{Span: ast.Span{Pos: pos, End: end}})
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
