package plan

// Where a proposed block stands: round which statements, and why it cannot.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// placing finds the place of one proposal.
type placing struct {
	*Proposal
	prog  *effects.Program
	f     *effects.Function
	name  string // of the object
	class *project.Class
	kind  decorator.Kind
}

// place finds it, or says why there is none.
func (p *placing) place() string {
	if why := p.narrow(); why != "" {
		return why
	}
	if why := p.named(); why != "" {
		return why
	}
	return p.stands()
}

// uses reports whether a stretch has one of the places.
func (p *placing) has(s ast.Span) bool {
	return slices.ContainsFunc(p.uses, func(u effects.Use) bool { return s.Contains(u.Span.Pos) })
}

// narrow finds the smallest suite that has all places, and the statements in it that
// have them.
func (p *placing) narrow() string {
	inside := func(s ast.Span) bool {
		return !slices.ContainsFunc(p.uses, func(u effects.Use) bool { return !s.Contains(u.Span.Pos) })
	}
	for deeper := true; deeper; {
		deeper = false
		for _, st := range p.suite.Stmts {
			if !inside(st.Range()) {
				continue
			}
			if syntax.OpensScope(st) {
				return "a function or class within this one uses it"
			}
			if _, ok := st.(*ast.CdefBlock); ok {
				break // which takes declarations only
			}
			for s := range syntax.Suites(st) {
				if inside(s.Span) {
					p.suite, deeper = s, true
				}
			}
			break
		}
	}
	p.first, p.last = -1, -1
	for i, st := range p.suite.Stmts {
		if !p.has(st.Range()) {
			continue
		}
		if p.first < 0 {
			p.first = i
		}
		p.last = i
	}
	if p.first < 0 {
		return "it is used outside the statements"
	}
	why := ""
	for _, st := range p.stmts() {
		syntax.EachStmt([]ast.Stmt{st}, func(st ast.Stmt) {
			if w, ok := st.(*ast.While); ok && why == "" && p.has(w.Cond.Range()) {
				why = p.round(w)
			}
		})
	}
	return why
}

// round says why a block cannot stand round a loop whose condition looks at the object: it may
// where the loop itself brings that about, and nobody else has to.
func (p *placing) round(w *ast.While) string {
	if syntax.Assigns(w.Cond, p.name) || syntax.Assigns(w.Body, p.name) {
		return fmt.Sprintf("the while tests a different %s in each iteration: make it \"while True\", with the test in a block at the top", p.name)
	}
	own := false
	ast.Walk(w.Cond, func(n ast.Node) bool {
		x, ok := n.(*ast.Name)
		own = own || ok && x.Name != p.name && Local(p.f.Def, x.Name) && syntax.Assigns(w.Body, x.Name)
		return !own
	})
	for _, u := range p.uses {
		own = own || u.Mode == effects.Write && !u.Call && w.Body.Contains(u.Span.Pos) && attributes(w.Cond, u.Field)
	}
	if !own {
		return "the while may wait until another thread changes the object, which under the lock it could not: make it \"while True\", with the test in a block at the top"
	}
	return ""
}

// attributes reports whether an expression looks at an attribute.
func attributes(e ast.Expr, name string) bool {
	found := false
	ast.Walk(e, func(n ast.Node) bool {
		a, ok := n.(*ast.Attribute)
		found = found || ok && a.Attr.Name == name
		return !found
	})
	return found
}

// named says what is wrong with the variable that stands for the object.
func (p *placing) named() string {
	def := p.f.Def
	if p.attr != "" {
		return p.attributeStays()
	}
	switch {
	case !Local(def, p.name):
		return p.name + " is not a local variable, or changes while it is used"
	case isC(p.prog, p.f.Mod, def, p.name):
		return p.name + " is not an object"
	}
	at := p.begins[p.name]
	why := ""
	for _, st := range p.stmts() {
		syntax.OwnNodes(only(st), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				if n.Name == p.name && n.Access != ast.Read && n.Access != ast.StoreThrough && n.Pos >= p.span().Pos && n.Pos < at {
					why = p.name + " becomes another object among the statements that use it"
				}
			case *ast.Comp:
				for _, c := range n.Clauses {
					if c.Target != nil && syntax.IsNamed(c.Target, p.name) {
						why = p.name + " is a variable of a comprehension, which cannot contain a block"
					}
				}
			}
			return why == ""
		})
	}
	return why
}

// only is a statement as a suite.
func only(st ast.Stmt) *ast.Suite { return &ast.Suite{Span: st.Range(), Stmts: []ast.Stmt{st}} }

// stands says what among the statements, or round them, is in a block's way.
func (p *placing) stands() string {
	if p.suite.Inline {
		return "the statements are on the line of a header"
	}
	for _, st := range p.stmts() {
		switch st := st.(type) {
		case *ast.CVarDecl:
			if !splits(p.f.Unit.File, st) {
				return "the declaration of " + syntax.DeclaredName(st.Declarators[0]).Name + " cannot be split"
			}
		case *ast.CdefBlock, *ast.DefStmt, *ast.CondStmt:
			return "a block of declarations is among the statements"
		}
		if suspension(only(st)) != (ast.Span{}) {
			return "it is used on both sides of a yield or await: use a block on each side, and keep in variables what passes from one to the other"
		}
	}
	here := p.around()
	releases := ast.Span{}
	for _, st := range p.stmts() {
		if at := releasesIn(p.f.Mod, only(st)); at != (ast.Span{}) {
			releases = at
		}
	}
	switch {
	case here.Parallel:
		return "it is used in a parallel loop, whose other locks would be taken there as well"
	case p.kind == decorator.CriticalSection && (here.Nogil || releases != ast.Span{}):
		return "a critical section does not hold without the GIL"
	case here.Nogil && p.attr != "":
		return fmt.Sprintf("it runs without the GIL: give %s a variable, of type %s", p.name, p.class.Name)
	case here.Nogil && !p.typed():
		return fmt.Sprintf("it runs without the GIL, where the type of %s cannot be tested: declare it as a %s", p.name, p.class.Name)
	case here.Nogil && p.prog.Guarding.Of(p.class) != "":
		return "it runs without the GIL, which reaching the guard takes"
	case parallels(p.f.Mod, p.stmts()):
		return "a parallel loop is among the statements, and its threads might wait for the lock"
	case p.kind == decorator.Mutex:
		return p.once()
	}
	return ""
}

// around tells in what surroundings the statements stand.
func (p *placing) around() Block {
	var found Block
	var walk func(stmts []ast.Stmt, in Block)
	walk = func(stmts []ast.Stmt, in Block) {
		for _, st := range stmts {
			inside := in
			switch st := st.(type) {
			case *ast.FuncDef, *ast.ClassDef:
				continue
			case *ast.With:
				for _, it := range st.Items {
					inside.enter(p.f.Mod, it.X)
				}
			case *ast.For:
				inside.enter(p.f.Mod, st.Iter)
			}
			for s := range syntax.Suites(st) {
				if s == p.suite {
					found = inside
				}
				walk(s.Stmts, inside)
			}
		}
	}
	top := Block{Nogil: project.IsNogil(p.f.Mod, p.f.Class, p.f.Def)}
	if found = top; p.suite != p.f.Def.Body {
		walk(p.f.Def.Body.Stmts, top)
	}
	return found
}

// parallels reports whether a parallel loop is among statements.
func parallels(m *project.Module, stmts []ast.Stmt) bool {
	found := false
	syntax.EachStmt(stmts, func(st ast.Stmt) {
		b := Block{}
		switch st := st.(type) {
		case *ast.With:
			for _, it := range st.Items {
				b.enter(m, it.X)
			}
		case *ast.For:
			b.enter(m, st.Iter)
		}
		found = found || b.Parallel
	})
	return found
}

// typed reports whether the variable is declared as an object of a locked class.
func (p *placing) typed() bool {
	found := false
	look := func(t *ast.CType, d *ast.Declarator) {
		sh := p.prog.Types.Of(p.f.Mod, t, d)
		found = found || sh.Kind == ctype.Object && sh.Class != nil && p.prog.Locks.Of(sh.Class) != nil
	}
	declarations(p.f.Def, p.name, look)
	return found
}

// once says why a mutex, which cannot be taken twice, cannot be taken here: nothing but C code
// may run under it, and the function may hold no other.
func (p *placing) once() string {
	s := p.span()
	within := func(at ast.Span) bool { return s.Contains(at.Pos) }
	fl := p.f.Flow
	switch {
	case slices.ContainsFunc(fl.Python, within) || slices.ContainsFunc(fl.Calls, func(c effects.Call) bool { return within(c.Span) }):
		return "what is called here might take the mutex again"
	case slices.ContainsFunc(p.uses, func(u effects.Use) bool {
		fd := p.class.Field(u.Field)
		return u.Mode == effects.Write && (fd == nil || p.prog.Types.OfField(fd).Kind == ctype.Object)
	}):
		return "an object that is freed may run code that takes the mutex again"
	case len(fl.Blocks) > 0 || len(p.prog.OwnLocks(p.f).Decs) > 0 || p.prog.Locked(p.f.Class) || slices.ContainsFunc(p.f.Sum.Effects, func(e effects.Effect) bool {
		return p.f.Sum.Regions[e.Region].Root == effects.NodeParam && e.Kind != effects.OnPython && p.prog.Guards(e.Class) &&
			!slices.ContainsFunc(p.Effects, func(o *effects.Effect) bool { return o.Region == e.Region })
	}):
		return "the function may hold another lock, and the two mutexes could be taken in opposite orders"
	}
	return ""
}

// declarations calls look with what declares a variable.
func declarations(def *ast.FuncDef, name string, look func(t *ast.CType, d *ast.Declarator)) {
	for _, prm := range def.Params.List {
		if syntax.ParamName(prm) == name && prm.Type != nil {
			look(prm.Type, prm.Declarator)
		}
	}
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		if v, ok := n.(*ast.CVarDecl); ok {
			for _, d := range v.Declarators {
				if syntax.DeclaredName(d).Name == name {
					look(v.Type, d)
				}
			}
		}
		return true
	})
}

// isC reports whether a name is declared as something that is no object.
func isC(prog *effects.Program, m *project.Module, def *ast.FuncDef, name string) bool {
	found := false
	declarations(def, name, func(t *ast.CType, d *ast.Declarator) {
		sh := prog.Types.Of(m, t, d)
		found = found || sh.Kind != ctype.Object && sh.Kind != ctype.Unknown
	})
	return found
}
