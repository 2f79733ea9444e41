package effects

// Attributes that hold objects of one class and of none of its subclasses: whatever is assigned to them calls that class.
// No override comes in where their methods are called.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// exactClass returns the class that the objects in an attribute are of, no subclass; nil where they may be others. All
// places in sight that assign to an attribute of that name are asked, whatever object it is there an attribute of.
func exactClass(p *Program, at attribute) *project.Class {
	c, fd := at.class, at.class.FieldByName[at.name]
	if fd.Vis == ast.Public || fd.Conditional || fd.Class() == nil || c.Def == nil || c.Extern || mayShow(p, c) || !p.Project.Lineage.InScope(c.Mod) {
		return nil
	}
	out := &made{p: p, at: at, fits: true}
	for _, m := range naming(p, at) {
		if m.Broken() {
			return nil
		}
		places := p.places.Get(m)
		for _, i := range places.wherever(at) {
			if out.look(m, places.all[i].node); !out.fits {
				return nil
			}
		}
	}
	if out.class == nil || out.class.Def == nil || out.class.Extern || !slices.Contains(out.class.Ancestry(), fd.Class()) {
		return nil
	}
	return out.class
}

// made is what is assigned to an attribute.
type made struct {
	p     *Program
	at    attribute
	class *project.Class
	fits  bool
}

// look looks at the assignments in a stretch of a module.
func (k *made) look(m *project.Module, root ast.Node) {
	var around []*ast.FuncDef
	known := map[*ast.Attribute]bool{}
	ast.Walk(root, func(n ast.Node) bool {
		for len(around) > 0 && !around[len(around)-1].Contains(n.Range().Pos) {
			around = around[:len(around)-1]
		}
		switch n := n.(type) {
		case *ast.FuncDef:
			around = append(around, n)
		case *ast.Assign:
			for _, t := range n.Targets {
				if x, ok := t.(*ast.Attribute); ok && n.Op == "=" && n.Value != nil && x.Attr.Name == k.at.name && (k.another(m, around, x) || k.value(m, around, n.Value)) {
					known[x] = true
				}
			}
		case *ast.Attribute:
			if n.Attr.Name == k.at.name && n.Access.Rebinds() && !known[n] {
				k.fits = false
			}
		}
		return k.fits
	})
}

// another reports whether an attribute is one of the object whose method uses it, which is none that has the attribute.
func (k *made) another(m *project.Module, around []*ast.FuncDef, x *ast.Attribute) bool {
	return len(around) == 1 && ofAnother(k.p.Funcs(m).ByDef[around[0]], x, k.at.class)
}

// value reports whether a value is an object of the class of all others, or none.
func (k *made) value(m *project.Module, around []*ast.FuncDef, e ast.Expr) bool {
	if syntax.IsNothing(e) {
		return true
	}
	call, ok := syntax.Unparen(e).(*ast.Call)
	if !ok || len(around) == 0 {
		return false
	}
	on := syntax.Dotted(call.Fun)
	if len(on) > 1 && on[len(on)-1] == "__new__" {
		if on = on[:len(on)-1]; len(call.Args) == 0 || call.Args[0].Star != 0 || !slices.Equal(syntax.Dotted(call.Args[0].X), on) {
			return false
		}
	}
	if len(on) == 0 || slices.ContainsFunc(around, func(def *ast.FuncDef) bool { return localName(def, on[0]) }) {
		return false
	}
	c := m.Lookup(on)
	if c == nil || k.class != nil && k.class != c {
		return false
	}
	k.class = c
	return true
}

// exactly returns the class of which a value is that was just read from such an attribute; nil where it may be of another.
func exactly(b *builder, n int32) *project.Class {
	x := &b.flow.Nodes[n]
	if x.Kind != NodeField || x.owner == nil || x.owner.Declarer(x.Name) == nil {
		return nil
	}
	return b.p.exact.Get(attribute{x.owner.Declarer(x.Name), x.Name})
}
