package plan

// Proposed blocks as text.

import (
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

func (p *Proposal) stmts() []ast.Stmt { return p.suite.Stmts[p.first : p.last+1] }

func (p *Proposal) span() ast.Span {
	return ast.Span{Pos: p.suite.Stmts[p.first].Range().Pos, End: p.suite.Stmts[p.last].Range().End}
}

// Together puts proposals into one another's place where they meet: those of one suite
// that overlap become one block. Where they cannot, what one locks is found among the statements
// of another one: it stands in there, with a lock of another kind of object, or is left.
func Together(list []*Proposal) (out, left []*Proposal) {
next:
	for _, p := range merge(list) {
		for again := true; again; {
			again = false
			for i, o := range out {
				if o.suite != p.suite || o.first > p.last || p.first > o.last {
					continue
				}
				both := o.with(p)
				if !both.whole() || o.Behind() || p.Behind() {
					if o.surrounds(p) || p.surrounds(o) {
						continue
					}
					left = append(left, p)
					continue next
				}
				p = both
				out = slices.Delete(out, i, i+1)
				again = true
				break
			}
		}
		out = append(out, p)
	}
	out, nested := apart(out)
	out, crossed := uncrossed(out)
	return out, slices.Concat(left, nested, crossed)
}

// uncrossed leaves out the blocks that stand in one of another suite which holds what another variable has, with the same lock: two
// threads might take the two in opposite orders. (What the same variable has by then is another object, or that one.)
func uncrossed(list []*Proposal) (out, left []*Proposal) {
	for _, p := range list {
		if slices.ContainsFunc(list, func(o *Proposal) bool {
			return o != p && o.suite != p.suite && o.span().Contains(p.Pos()) && !p.sameName(o) && slices.ContainsFunc(p.locks, func(c *project.Class) bool { return slices.Contains(o.locks, c) })
		}) {
			left = append(left, p)
		} else {
			out = append(out, p)
		}
	}
	return out, left
}

// sameName reports whether another block takes what one of the same variables has.
func (p *Proposal) sameName(o *Proposal) bool {
	for name := range p.begins {
		if _, ok := o.begins[name]; ok {
			return true
		}
	}
	return false
}

// surrounds reports whether another block may stand in this one, of the same suite.
func (p *Proposal) surrounds(o *Proposal) bool {
	return !p.Behind() && !o.Behind() && p.first <= o.first && o.last <= p.last && (p.first < o.first || o.last < p.last) && p.kinds[0] == decorator.RWLock &&
		!slices.ContainsFunc(o.locks, func(c *project.Class) bool { return slices.Contains(p.locks, c) }) &&
		!slices.ContainsFunc(o.stmts(), func(st ast.Stmt) bool { _, ok := st.(*ast.CVarDecl); return ok })
}

func (p *Proposal) with(o *Proposal) *Proposal {
	n := &Proposal{suite: p.suite, first: min(p.first, o.first), last: max(p.last, o.last), kinds: slices.Concat(p.kinds, o.kinds), locks: slices.Concat(p.locks, o.locks),
		uses: slices.Concat(p.uses, o.uses), Effects: slices.Concat(p.Effects, o.Effects), begins: maps.Clone(p.begins)}
	for name, at := range o.begins {
		if was, ok := n.begins[name]; !ok || at < was {
			n.begins[name] = at
		}
	}
	for _, md := range []effects.Mode{effects.Write, effects.Read} {
		for _, name := range slices.Concat(p.names[md], o.names[md]) {
			if !slices.Contains(n.names[md], name) && !slices.Contains(n.names[effects.Write], name) {
				n.names[md] = append(n.names[md], name)
			}
		}
	}
	return n
}

// whole reports whether one statement can take all that a proposal locks: each has its value
// when the block begins, and one kind of lock takes them all.
func (p *Proposal) whole() bool {
	ok := !slices.ContainsFunc(p.kinds, func(k decorator.Kind) bool { return k != p.kinds[0] }) &&
		(p.kinds[0] != decorator.CriticalSection || len(p.begins) <= 2)
	for _, st := range p.stmts() {
		syntax.OwnNodes(only(st), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Name:
				at, locked := p.begins[n.Name]
				ok = ok && !(locked && n.Pos < at && n.Access.Rebinds())
			case *ast.CVarDecl:
				for _, d := range n.Declarators {
					_, locked := p.begins[syntax.DeclaredName(d).Name]
					ok = ok && !(locked && d.Default != nil)
				}
			}
			return ok
		})
	}
	return ok
}

// FoundUnderAnother says why a proposal was left.
const FoundUnderAnother = "it is found among statements that need another object's lock, and taking one lock under another may be in the wrong order: find it first"

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

// Write puts blocks into a file; those in others stand in them. A declaration that a block
// comes to stand round is taken apart: it stays before the block, and its value is assigned
// in it.
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
		indent := strings.Repeat(unit, depth) + syntax.IndentOf(file, s.Pos)
		var head []string
		for _, st := range p.stmts() {
			if d, ok := st.(*ast.CVarDecl); ok {
				head = append(head, indent+split(e, d))
			}
		}
		e.Head(at, append(head, syntax.Wrap(indent+p.Header(cython), unit)...), s.Pos)
		for ; at < s.End; at = syntax.NextLine(file, at) {
			if !syntax.InsideToken(file, at) && !syntax.Blank(file, at) && !e.Deleted[at] {
				e.Indent(at, unit)
			}
			if syntax.NextLine(file, at) == at {
				break
			}
		}
	}
}

// splits reports whether a declaration can be taken apart: what it declares gets its value by
// an assignment as well.
func splits(file *ast.File, st *ast.CVarDecl) bool {
	if len(st.Decorators) > 0 || st.Type == nil || !syntax.AloneOnLine(file, st.Span) {
		return false
	}
	given := false
	for _, d := range st.Declarators {
		if d.Ref || d.Refref || d.Inner != nil || d.Default != nil && (st.Type.Const && d.Pointer == 0 || len(d.Arrays) > 0) {
			return false
		}
		given = given || d.Default != nil
	}
	return given || syntax.Line(file, st.Pos) == syntax.Line(file, st.End-1)
}

// split leaves the assignments of a declaration in its place, and returns the declaration.
func split(e *edit.Editor, st *ast.CVarDecl) string {
	file := e.File
	if !slices.ContainsFunc(st.Declarators, func(d *ast.Declarator) bool { return d.Default != nil }) {
		at := syntax.LineStart(file, st.Pos)
		line := strings.TrimSpace(syntax.Text(file, ast.Span{Pos: at, End: syntax.NextLine(file, at)}))
		e.DeleteLines(st.Span)
		return line
	}
	var names []string
	from, sep := st.Pos, ""
	for _, d := range st.Declarators {
		if d.Default == nil {
			names = append(names, syntax.Text(file, d.Span))
			continue
		}
		value := d.Default.Range()
		text := strings.TrimRight(syntax.Text(file, ast.Span{Pos: d.Pos, End: value.Pos}), " \t\\\r\n")
		names = append(names, strings.TrimRight(strings.TrimSuffix(text, "="), " \t"))
		e.Replace(ast.Span{Pos: from, End: value.Pos}, sep+syntax.DeclaredName(d).Name+" = ")
		from, sep = value.End, "; "
	}
	if from < st.End {
		e.Replace(ast.Span{Pos: from, End: st.End}, "")
	}
	return syntax.Text(file, ast.Span{Pos: st.Pos, End: st.Declarators[0].Pos}) + strings.Join(names, ", ")
}

// OwnLine reports whether the statements of a proposal have their lines for themselves.
func (p *Proposal) OwnLine(file *ast.File) bool {
	s := p.span()
	before := syntax.Text(file, ast.Span{Pos: syntax.LineStart(file, s.Pos), End: s.Pos})
	after := syntax.Text(file, ast.Span{Pos: s.End, End: syntax.NextLine(file, s.End-1)})
	return strings.TrimSpace(before) == "" && !strings.HasPrefix(strings.TrimLeft(after, " \t"), ";")
}
