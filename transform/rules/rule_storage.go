package rules

// PXL402: item storage, and sizes read before items, of containers that
// another thread can make shorter in between.

import (
	"fmt"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

const bytesHelp = "take a memoryview of it, which keeps its size (`cdef unsigned char[::1] view = …`), or copy it with `bytes(…)`"

func itemStorage(c *checking) {
	bytesOfAttributes(c)
	keptBytes(c)
	for _, f := range c.mentioning() {
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Call:
				if n.Fun == nil {
					return true
				}
				name := c.m.CName(n.Fun)
				if what := library.Storages()[name]; what != "" {
					x := syntax.Arg(n, 0)
					if x == nil || !unguarded(c, f, x, n.Pos) {
						return true
					}
					help := "copy it first (`tuple(…)`, PySequence_Tuple), or hold `with cython.critical_section(…)` on it while the pointer is in use"
					if name != "PySequence_Fast_ITEMS" {
						help = bytesHelp
					}
					f.finding(n.Span, finding.Storage,
						fmt.Sprintf("%s points at %s, which another thread can move by changing %s", name, what, f.spelled(x)), help).Cause = containerIn(c, f, x)
				} else if c.sizedBefore(f, n, name) {
					x := syntax.Arg(n, 0)
					if unguarded(c, f, x, n.Pos) {
						f.finding(n.Span, finding.Storage,
							fmt.Sprintf("%s checks no bounds, and another thread can shorten %s after its size was read", name, f.spelled(x)),
							fmt.Sprintf("iterate over a copy (`tuple(%s)`), index it in Cython (`%s[i]`, which checks), or hold `with cython.critical_section(%[1]s)` around the loop", f.spelled(x), f.spelled(x))).Cause = containerIn(c, f, x)
					}
				}
			case *ast.CVarDecl, *ast.Assign: // cdef char* p = data
				eachPointer(f, n, func(_ *ast.CType, e ast.Expr) { c.bytesOf(f, e) })
			case *ast.Attribute:
				if n.Attr.Name != "ob_item" {
					return true
				}
				if cast, ok := syntax.Unparen(n.X).(*ast.Cast); ok && cast.Type != nil && cast.Type.Name == "PyListObject" &&
					c.reach(f, cast.X, n.Pos) == shared && !f.held(n.Pos, cast.X) {
					f.finding(n.Span, finding.Storage,
						fmt.Sprintf("ob_item points at the list's items, which another thread can move by changing %s", f.spelled(cast.X)),
						"copy it first (`tuple(…)`), or hold `with cython.critical_section(…)` on it while the pointer is in use").Cause = containerIn(c, f, cast.X)
				}
			}
			return true
		})
	}
}

// eachPointer visits what a statement assigns to local pointers.
func eachPointer(f *ruleFunc, n ast.Node, visit func(*ast.CType, ast.Expr)) {
	switch n := n.(type) {
	case *ast.CVarDecl:
		for _, d := range n.Declarators {
			if d.Pointer == 1 && d.Default != nil {
				visit(n.Type, d.Default)
			}
		}
	case *ast.Assign:
		if t, ok := n.Targets[0].(*ast.Name); ok && n.Op == "=" && n.Value != nil && len(n.Targets) == 1 {
			if f.prepare(); f.local[t.Name] && syntax.Pointers(f.types[t.Name].d) == 1 {
				visit(f.types[t.Name].ctype, n.Value)
			}
		}
	}
}

// bytesOfAttributes reports pointers that are taken from an attribute that is a bytearray, or a variable of the module.
// Those of a locked class are guarded by that lock, which is the model's affair.
func bytesOfAttributes(c *checking) {
	names := map[string]bool{}
	for _, cl := range c.m.Classes {
		for _, fd := range cl.Fields {
			if fd.Ctype != nil && fd.Ctype.Name == "bytearray" && fd.Declarator.Pointer == 0 && c.locks.Of(cl) == nil {
				names[fd.Name] = true
			}
		}
	}
	for name, v := range c.globals() {
		if v.d != nil && v.d.Pointer == 0 && v.ctype != nil && v.ctype.Name == "bytearray" {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return
	}
	first := firstLetters(names)
	for _, f := range c.funcs() {
		if !namesOne(f.u.Src[f.def.Pos:f.def.End], names, first) {
			continue
		}
		told := map[int32]bool{}
		points := func(e ast.Expr) {
			switch x := syntax.Bare(e).(type) {
			case *ast.Attribute:
				if f.class == nil || !names[x.Attr.Name] || !syntax.IsNamed(syntax.Bare(x.X), f.first()) {
					return
				}
				if cl := c.m.ClassByName[f.class.Name.Name]; cl == nil || cl.Field(x.Attr.Name) == nil {
					return
				}
			case *ast.Name:
				if v := c.globalNamed(f, x.Name); v == nil || !names[x.Name] || v.d == nil {
					return
				}
			default:
				return
			}
			x := syntax.Bare(e)
			at := x.Range().Pos
			if !told[at] && c.reach(f, x, at) == shared && !f.held(at, x) {
				told[at] = true
				f.finding(e.Range(), finding.Storage,
					fmt.Sprintf("the pointer points at the bytearray's bytes, which another thread can move by changing %s", f.spelled(x)), bytesHelp).Cause = containerIn(c, f, x)
			}
		}
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			eachPointer(f, n, func(_ *ast.CType, e ast.Expr) { points(e) })
			switch n := n.(type) {
			case *ast.Cast:
				if n.Type != nil && syntax.Pointers(n.Type.Declarator) == 1 && chars[syntax.LastPart(n.Type.Name)] {
					points(n.X)
				}
			case *ast.Call:
				eachCharArgument(c, n, points)
			}
			return true
		})
	}
}

// chars are the types of C as pointers to which Cython hands out the bytes of an object.
var chars = map[string]bool{"char": true, "unsigned char": true, "signed char": true, "uint8_t": true, "uchar": true}

// eachCharArgument visits what a call passes to a function of C as a char pointer.
func eachCharArgument(c *checking, call *ast.Call, visit func(ast.Expr)) {
	name, ok := call.Fun.(*ast.Name)
	if !ok {
		return
	}
	decl, ok := c.m.CDecls().Funcs[name.Name]
	known := ""
	if n := c.m.CName(call.Fun); !strings.HasPrefix(strings.TrimLeft(n, "_"), "Py") { // Python's get the object
		known = library.KnownC()[n]
	}
	for i, a := range call.Args {
		switch {
		case ok && decl.Declarator.Params != nil && i < len(decl.Declarator.Params.List):
			if p := decl.Declarator.Params.List[i]; p.Type != nil && syntax.Pointers(p.Declarator) == 1 {
				visit(a.X)
			}
		case !ok && i < len(known):
			visit(a.X)
		}
	}
}

// bytesOf reports a pointer that is taken from a bytearray by assigning it.
func (c *checking) bytesOf(f *ruleFunc, e ast.Expr) {
	n, ok := syntax.Bare(e).(*ast.Name)
	if !ok {
		return
	}
	f.prepare()
	t := f.types[n.Name].ctype
	if t == nil || t.Name != "bytearray" || syntax.Pointers(f.types[n.Name].d) > 0 {
		return
	}
	if c.reach(f, n, n.Pos) != shared || f.held(n.Pos, n) {
		return
	}
	f.finding(e.Range(), finding.Storage,
		fmt.Sprintf("the pointer points at the bytearray's bytes, which another thread can move by changing %s", n.Name), bytesHelp).Cause = containerIn(c, f, n)
}

// sizedBefore reports whether a call reads an item unchecked, in a loop, of a
// container whose size the function read before.
func (c *checking) sizedBefore(f *ruleFunc, call *ast.Call, name string) bool {
	x := syntax.Arg(call, 0)
	if x == nil || !library.Unchecked()[name] {
		return false
	}
	f.prepare()
	if !f.inLoop(call.Pos) {
		return false
	}
	object := f.spelled(x)
	found := false
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		if found || n.Range().Pos >= call.Pos {
			return false
		}
		if k, ok := n.(*ast.Call); ok && k.Fun != nil && library.Sizes()[c.m.CName(k.Fun)] && f.spelled(syntax.Arg(k, 0)) == object {
			found = true
		}
		return true
	})
	return found
}
