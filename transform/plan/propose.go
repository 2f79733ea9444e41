package plan

// Proposing blocks: the statements that use an object whose lock nobody holds, and that a
// name stands for.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Proposal is a block that could stand round statements of one suite.
type Proposal struct {
	suite       *ast.Suite
	first, last int               // of the suite's statements
	names       [2][]string       // by mode
	uses        []effects.Use     // what it is for
	Effects     []*effects.Effect // and what that is to others
}

// Propose returns a block for a value that a function uses, nil where no name stands for
// that, or where a block could not stand.
func Propose(prog *effects.Program, f *effects.Function, v effects.Value) *Proposal {
	def := f.Def
	if def.Body.Inline || project.IsNogil(f.Mod, f.Class, def) || def.Suffix.Noexcept || library.NoLockMethods()[def.Name.Name] && def.Name.Name != "__cinit__" {
		return nil
	}
	if len(v.Effects) == 0 || v.Parts {
		return nil
	}
	if in := prog.Locks.Of(v.Effects[0].Class); in == nil || in.Kind == decorator.Mutex {
		return nil // what is called in the block might take it again
	}
	if crosses(prog, f, v) {
		return nil
	}
	list := v.Uses
	name, md := "", effects.Read
	for _, u := range list {
		n := nameIn(def.Body, u, v.Effects[0].Class)
		if n == "" || name != "" && name != n {
			return nil
		}
		name, md = n, max(md, u.Mode)
	}
	at := slices.MinFunc(list, func(a, b effects.Use) int { return cmp.Compare(a.Span.Pos, b.Span.Pos) }).Span.Pos
	p := &Proposal{suite: def.Body, uses: list, Effects: v.Effects}
	if !p.narrow(list) || !p.stands(prog, f.Mod, def, name, at) {
		return nil
	}
	p.names[md] = []string{name}
	return p
}

// crosses reports whether a block for a value of which nothing tells where it comes from would
// take its lock while the function, or its callers, hold an object that has the same one: two
// threads might do so the other way round.
func crosses(prog *effects.Program, f *effects.Function, v effects.Value) bool {
	if !slices.ContainsFunc(v.Effects, func(e *effects.Effect) bool {
		_, known := f.WayTo(e.Region)
		return f.Sum.Regions[e.Region].Root == effects.NodeUnknown && !known
	}) {
		return false
	}
	lock := prog.Locks.Shared(v.Effects[0].Class)
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		x := &f.Sum.Regions[e.Region]
		if x.Root != effects.NodeParam || x.Parent >= 0 || e.Kind == effects.OnPython || e.Held || slices.ContainsFunc(v.Uses, func(u effects.Use) bool { return u.Span == e.Span }) {
			continue
		}
		if in := prog.Locks.Of(e.Class); in != nil && in.Kind == decorator.RWLock && prog.Locks.Shared(e.Class) == lock {
			return true
		}
	}
	return false
}

// nameIn returns the name by which a place uses a value, an object of a class; "" where that
// is not one.
func nameIn(body *ast.Suite, u effects.Use, c *project.Class) string {
	var found []string
	add := func(e ast.Expr) {
		n, ok := syntax.Bare(e).(*ast.Name)
		switch {
		case !ok:
			found = append(found, "")
		case !slices.Contains(found, n.Name):
			found = append(found, n.Name)
		}
	}
	syntax.OwnNodes(body, func(n ast.Node) bool {
		s := n.Range()
		if s.End < u.Span.Pos || s.Pos > u.Span.End {
			return false
		}
		switch n := n.(type) {
		case *ast.Attribute:
			if !u.Call && s.Pos >= u.Span.Pos && s.End <= u.Span.End && (n.Attr.Name == u.Field || u.Field == "" && c.Field(n.Attr.Name) != nil) {
				add(n.X)
			}
		case *ast.Call:
			if !u.Call || s != u.Span {
				break
			}
			k := u.Arg
			if fun, ok := n.Fun.(*ast.Attribute); ok && u.Bound {
				if k == 0 {
					add(fun.X)
					break
				}
				k--
			}
			if k >= len(n.Args) || slices.ContainsFunc(n.Args[:k+1], func(a ast.Arg) bool { return a.Star != 0 || a.Name.Name != "" }) {
				found = append(found, "")
				break
			}
			add(n.Args[k].X)
		}
		return true
	})
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// narrow finds the smallest suite that has all places, and the statements in it that
// have them.
func (p *Proposal) narrow(list []effects.Use) bool {
	inside := func(s ast.Span) bool {
		for _, u := range list {
			if !s.Contains(u.Span.Pos) {
				return false
			}
		}
		return true
	}
	for {
		deeper := false
		for i, st := range p.suite.Stmts {
			if !inside(st.Range()) {
				continue
			}
			p.first, p.last = i, i
			if syntax.OpensScope(st) {
				return false
			}
			for _, s := range syntax.Suites(st) {
				if inside(s.Span) {
					p.suite, deeper = s, true
				}
			}
			if w, ok := st.(*ast.While); ok && !deeper && slices.ContainsFunc(list, func(u effects.Use) bool { return w.Cond.Range().Contains(u.Span.Pos) }) {
				return false // what it looks at changes from round to round
			}
			if !deeper {
				return true
			}
			break
		}
		if !deeper {
			break
		}
	}
	p.first, p.last = -1, -1
	for i, st := range p.suite.Stmts {
		if slices.ContainsFunc(list, func(u effects.Use) bool { return st.Range().Contains(u.Span.Pos) }) {
			if p.first < 0 {
				p.first = i
			}
			p.last = i
			if w, ok := st.(*ast.While); ok && slices.ContainsFunc(list, func(u effects.Use) bool { return w.Cond.Range().Contains(u.Span.Pos) }) {
				return false
			}
		}
	}
	return p.first >= 0
}

// stands reports whether a block can stand round the statements: the name has its value
// before the first use, and nothing among them has to stand elsewhere.
func (p *Proposal) stands(prog *effects.Program, m *project.Module, def *ast.FuncDef, name string, at int32) bool {
	if p.suite.Inline || !Local(def, name) || isC(prog, m, def, name) || inNogil(m, def, p.suite.Span) {
		return false
	}
	from := p.suite.Stmts[p.first].Range().Pos
	ok := true
	for _, st := range p.stmts() {
		switch st.(type) {
		case *ast.CVarDecl, *ast.CdefBlock, *ast.DefStmt, *ast.CondStmt:
			return false
		}
		syntax.OwnNodes(&ast.Suite{Span: st.Range(), Stmts: []ast.Stmt{st}}, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				if n.Name == name && n.Access != ast.Read && n.Access != ast.StoreThrough && n.Pos >= from && n.Pos < at {
					ok = false
				}
			case *ast.With:
				for _, it := range n.Items {
					ok = ok && !m.Releases(it.X)
				}
			case *ast.Comp:
				for _, c := range n.Clauses {
					if c.Target != nil && syntax.IsNamed(c.Target, name) {
						ok = false
					}
				}
			}
			return ok
		})
		if suspension(&ast.Suite{Span: st.Range(), Stmts: []ast.Stmt{st}}) != (ast.Span{}) {
			return false
		}
	}
	return ok
}

func (p *Proposal) stmts() []ast.Stmt { return p.suite.Stmts[p.first : p.last+1] }

func (p *Proposal) span() ast.Span {
	return ast.Span{Pos: p.suite.Stmts[p.first].Range().Pos, End: p.suite.Stmts[p.last].Range().End}
}

// Local reports whether a name is a variable of the function alone.
func Local(def *ast.FuncDef, name string) bool {
	b := blockResolver{b: &Block{With: &ast.With{}}, resolver: resolver{f: &Func{Def: def}}}
	return b.stays(name)
}

// isC reports whether a name is declared as something that is no object.
func isC(prog *effects.Program, m *project.Module, def *ast.FuncDef, name string) bool {
	found := false
	look := func(t *ast.CType, d *ast.Declarator) {
		sh := prog.Types.Of(m, t, d)
		found = found || sh.Kind != ctype.Object && sh.Kind != ctype.Unknown
	}
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
	return found
}

// inNogil reports whether a stretch of a function runs without the GIL.
func inNogil(m *project.Module, def *ast.FuncDef, s ast.Span) bool {
	found := false
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.With:
			for _, it := range n.Items {
				found = found || n.Body.Pos <= s.Pos && s.End <= n.Body.End && m.Releases(it.X)
			}
		case *ast.For:
			found = found || n.Iter != nil && n.Body.Pos <= s.Pos && s.End <= n.Body.End && m.Releases(n.Iter)
		}
		return true
	})
	return found
}

// Together puts proposals into one another's place where they meet: those of one suite
// that overlap become one block.
func Together(list []*Proposal) []*Proposal {
	var out []*Proposal
	for _, p := range list {
		for again := true; again; {
			again = false
			for i, o := range out {
				if o.suite == p.suite && o.first <= p.last && p.first <= o.last {
					p = o.with(p)
					out = slices.Delete(out, i, i+1)
					again = true
					break
				}
			}
		}
		out = append(out, p)
	}
	return out
}

func (p *Proposal) with(o *Proposal) *Proposal {
	n := &Proposal{suite: p.suite, first: min(p.first, o.first), last: max(p.last, o.last),
		uses: slices.Concat(p.uses, o.uses), Effects: slices.Concat(p.Effects, o.Effects)}
	for _, md := range []effects.Mode{effects.Write, effects.Read} {
		for _, name := range slices.Concat(p.names[md], o.names[md]) {
			if !slices.Contains(n.names[md], name) && !slices.Contains(n.names[effects.Write], name) {
				n.names[md] = append(n.names[md], name)
			}
		}
	}
	return n
}

// Has reports whether a proposal is for what an effect is about.
func (p *Proposal) Has(e *effects.Effect) bool {
	return slices.Contains(p.Effects, e) && slices.ContainsFunc(p.uses, func(u effects.Use) bool { return u.Span == e.Span })
}

// Header is the text of the statement.
func (p *Proposal) Header(cython string) string {
	var parts []string
	for _, md := range []effects.Mode{effects.Write, effects.Read} {
		if len(p.names[md]) > 0 {
			parts = append(parts, cython+"."+md.String()+"_lock("+strings.Join(p.names[md], ", ")+")")
		}
	}
	return "with " + strings.Join(parts, ", ") + ":"
}

// Pos is where the block would begin.
func (p *Proposal) Pos() int32 { return p.span().Pos }

// Write puts blocks into a file; those in others stand in them.
func Write(e *edit.Editor, list []*Proposal, cython string) {
	file := e.File
	unit := syntax.IndentUnit(file)
	for _, p := range list {
		s := p.span()
		depth := 0
		for _, o := range list {
			if t := o.span(); o != p && t.Pos <= s.Pos && s.End <= t.End {
				depth++
			}
		}
		at := syntax.LineStart(file, s.Pos)
		e.Head(at, []string{strings.Repeat(unit, depth) + syntax.IndentOf(file, s.Pos) + p.Header(cython)}, s.Pos)
		for ; at < s.End; at = syntax.NextLine(file, at) {
			if !syntax.InsideToken(file, at) && !syntax.Blank(file, at) {
				e.Indent(at, unit)
			}
			if syntax.NextLine(file, at) == at {
				break
			}
		}
	}
}

// OwnLine reports whether the statements of a proposal have their lines for themselves.
func (p *Proposal) OwnLine(file *ast.File) bool {
	s := p.span()
	before := syntax.Text(file, ast.Span{Pos: syntax.LineStart(file, s.Pos), End: s.Pos})
	after := syntax.Text(file, ast.Span{Pos: s.End, End: syntax.NextLine(file, s.End-1)})
	return strings.TrimSpace(before) == "" && !strings.HasPrefix(strings.TrimLeft(after, " \t"), ";")
}
