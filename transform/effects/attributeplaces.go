package effects

// Where a module names attributes: one look at the module for all of them, and each is then looked for only in the
// statements in which it stands. Methods that name an attribute of their own object alone are not looked at for
// classes that have nothing to do with theirs: many classes may have an attribute of one name.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// attributePlaces are the stretches of a module, and those in which an attribute stands.
type attributePlaces struct {
	all []stretch
	of  map[string][]int32    // by its name, in their order, where it may be of any object
	own map[ownPlaces][]int32 // methods that name it of their own objects alone
	// paths are the functions whose decorators lock something by a path.
	paths []*Function
}

// ownPlaces are the methods of classes that derive from one, and name their own attribute.
type ownPlaces struct {
	name string
	root *project.Class
}

// stretch is a statement of a file, or one of a class, with the nodes that contain it.
type stretch struct {
	within []ast.Node
	node   ast.Node
}

// wherever returns the stretches in which an attribute of a class may stand, in their order.
func (a *attributePlaces) wherever(at attribute) []int32 {
	line := at.class.Ancestry()
	own := a.own[ownPlaces{at.name, line[len(line)-1]}]
	if len(line) == project.LongestLine { // what it derives from is not all there
		own = nil
		for k, list := range a.own {
			if k.name == at.name {
				own = append(own, list...)
			}
		}
	}
	if len(own) == 0 {
		return a.of[at.name]
	}
	out := slices.Concat(a.of[at.name], own)
	slices.Sort(out)
	return out
}

// visit visits the nodes of the stretches of m in which an attribute of a class may stand until do says false, and reports
// whether it never did.
func (a *attributePlaces) visit(p *Program, m *project.Module, at attribute, do func(spot) bool) bool {
	return !slices.ContainsFunc(a.wherever(at), func(i int32) bool {
		return !below(p, m, a.all[i].node, do, a.all[i].within...)
	})
}

// naming returns the modules whose code may name an attribute of a class: others than its own know it by its .pxd.
func naming(p *Program, at attribute) []*project.Module {
	if at.class.PxdDef == nil {
		return []*project.Module{at.class.Mod}
	}
	return p.Project.Lineage.UsingBeside(at.class.Mod, at.name)
}

func findAttributePlaces(p *Program, m *project.Module) *attributePlaces {
	out := &attributePlaces{of: map[string][]int32{}, own: map[ownPlaces][]int32{}}
	byDef := p.Funcs(m).ByDef
	for _, u := range m.Units {
		file := []ast.Node{u.File}
		for _, st := range u.File.Body {
			c, ok := st.(*ast.ClassDef)
			if !ok || c.Body == nil {
				out.note(stretch{file, st}, nil, nil, st)
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
			out.note(stretch{file, c}, nil, whole, head...)
			body := []ast.Node{u.File, c, c.Body}
			for _, st := range c.Body.Stmts {
				def, _ := st.(*ast.FuncDef)
				out.note(stretch{body, st}, byDef[def], whole, st)
			}
		}
	}
	for _, f := range p.Funcs(m).All {
		if slices.ContainsFunc(p.OwnLocks(f).Decs, func(d decorator.Lock) bool {
			return slices.ContainsFunc(d.Args(), func(a ast.Arg) bool {
				s, ok := a.X.(*ast.Str)
				return ok && strings.Contains(s.Value, ".")
			})
		}) {
			out.paths = append(out.paths, f)
		}
	}
	return out
}

// note notes a stretch, of a method f where that is known, with the attributes below some nodes. What stands in the head of
// a class has the whole of it looked at, and none of its statements once more.
func (a *attributePlaces) note(at stretch, f *Function, whole map[string]bool, below ...ast.Node) {
	i := int32(len(a.all))
	a.all = append(a.all, at)
	_, head := at.node.(*ast.ClassDef)
	self, basic := ownObject(f)
	var own []string              // named so far of the method's own object alone
	var assigned []*ast.Attribute // by the assignment that was met last
	nested := int32(0)            // where what may run at another time ends
	for _, root := range below {
		ast.Walk(root, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.Lambda, *ast.Comp, *ast.ClassDef, *ast.FuncDef:
				if n != root {
					nested = max(nested, n.Range().End)
				}
			case *ast.Assign:
				if assigned = assigned[:0]; self != "" && x.Op == "=" && x.Value != nil {
					for _, t := range x.Targets {
						if t, ok := t.(*ast.Attribute); ok {
							assigned = append(assigned, t)
						}
					}
				}
			case *ast.Attribute:
				if whole[x.Attr.Name] {
					return true
				}
				name := x.Attr.Name
				if self != "" && x.Pos >= nested && syntax.IsNamed(x.X, self) && (!x.Access.Rebinds() || slices.Contains(assigned, x)) {
					if !slices.Contains(own, name) {
						own = append(own, name)
					}
					return true
				}
				if list := a.of[name]; len(list) == 0 || list[len(list)-1] != i {
					a.of[name] = append(list, i)
				}
				if head && whole != nil {
					whole[name] = true
				}
			}
			return true
		})
	}
	for _, name := range own {
		if list := a.of[name]; len(list) == 0 || list[len(list)-1] != i {
			a.own[ownPlaces{name, basic}] = append(a.own[ownPlaces{name, basic}], i)
		}
	}
}

// ownObject returns the name of the object of a method, which is that of no other there, and the most basic class of it; ""
// where there is none.
func ownObject(f *Function) (string, *project.Class) {
	if f == nil || f.Class == nil || !f.IsBound() || f.Def.Body == nil || len(f.Def.Params.List) == 0 {
		return "", nil
	}
	self, line := syntax.ParamName(f.Def.Params.List[0]), f.Class.Ancestry()
	if self == "" || len(line) == project.LongestLine || syntax.Assigns(f.Def.Body, self) {
		return "", nil
	}
	return self, line[len(line)-1]
}
