package effects

// Where a module names attributes: one look at the module for all of them, and each is then looked for only in the
// statements in which it stands.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// attributePlaces are the stretches of a module, and those in which an attribute stands, by its name, in their order.
type attributePlaces struct {
	all []stretch
	of  map[string][]int32
}

// stretch is a statement of a file, or one of a class, with the nodes that contain it.
type stretch struct {
	within []ast.Node
	node   ast.Node
}

func findAttributePlaces(m *project.Module) *attributePlaces {
	out := &attributePlaces{of: map[string][]int32{}}
	for _, u := range m.Units {
		file := []ast.Node{u.File}
		for _, st := range u.File.Body {
			c, ok := st.(*ast.ClassDef)
			if !ok || c.Body == nil {
				out.note(stretch{file, st}, nil, st)
				continue
			}
			head := []ast.Node{}
			for _, d := range c.Decorators {
				head = append(head, d)
			}
			if c.Bases != nil {
				head = append(head, c.Bases)
			}
			whole := map[string]bool{}
			out.note(stretch{file, c}, whole, head...)
			body := []ast.Node{u.File, c, c.Body}
			for _, st := range c.Body.Stmts {
				out.note(stretch{body, st}, whole, st)
			}
		}
	}
	return out
}

// note notes a stretch with the attributes below some nodes. What stands in the head of a class has the whole of it
// looked at, and none of its statements once more.
func (a *attributePlaces) note(at stretch, whole map[string]bool, below ...ast.Node) {
	i := int32(len(a.all))
	a.all = append(a.all, at)
	_, head := at.node.(*ast.ClassDef)
	for _, root := range below {
		ast.Walk(root, func(n ast.Node) bool {
			x, ok := n.(*ast.Attribute)
			if !ok || whole[x.Attr.Name] {
				return true
			}
			if list := a.of[x.Attr.Name]; len(list) == 0 || list[len(list)-1] != i {
				a.of[x.Attr.Name] = append(list, i)
			}
			if head && whole != nil {
				whole[x.Attr.Name] = true
			}
			return true
		})
	}
}
