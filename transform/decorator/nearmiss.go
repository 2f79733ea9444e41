package decorator

// Near misses: names that are almost those of the lock decorators. Cython refuses
// some of them and runs others into a NameError, and says of none what was meant;
// a reader takes each of them for a lock.

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/edit"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// guess is what a misspelt name may have been meant for.
type guess struct {
	names    []string // the closest; several where they are equally close
	distance int      // letters that differ
}

// guesses returns the lock decorators that a name comes closest to; none where it
// is one, where it is a name of Cython's, or where it does not resemble any.
func guesses(name string) guess {
	if len(name) < 5 || len(name) > 16 || !saysLock(name) || Names[name] || cythonNames[name] {
		return guess{}
	}
	return closest(name, lockNamesSorted)
}

// nearArgument asks whether an unknown argument of locked_class was meant for
// another, where it comes close to one.
func nearArgument(name string) string {
	if g := closest(name, []string{"lock", "blocking", "guard", "undecorated"}); len(g.names) == 1 {
		return "did you mean " + g.names[0] + "? "
	}
	return ""
}

// saysLock reports whether three letters of "lock" stand in a name in order,
// which is quickly seen and holds for few names.
func saysLock(name string) bool {
	for _, letters := range [...]string{"loc", "lok", "lck", "ock"} {
		found := 0
		for i := 0; i < len(name) && found < len(letters); i++ {
			if name[i]|0x20 == letters[found] {
				found++
			}
		}
		if found == len(letters) {
			return true
		}
	}
	return false
}

var lockNamesSorted = slices.Sorted(maps.Keys(Names))

// closest returns those of the candidates that a name comes close to.
func closest(name string, candidates []string) guess {
	parts := syntax.Words(name)
	// "unlocked_class" is no way of writing its opposite.
	negated := len(parts) > 0 && (parts[0] == "no" || parts[0] == "not" || parts[0] == "non" || strings.HasPrefix(parts[0], "un"))
	spelt := strings.Join(parts, "")
	slices.Reverse(parts)
	turned := strings.Join(parts, "")
	var out guess
	for _, c := range candidates {
		letters := strings.ReplaceAll(c, "_", "")
		if negated && !strings.HasPrefix(letters, "no") {
			continue
		}
		limit := 2
		if len(letters) < 7 {
			limit = 1
		}
		d := min(within(limit, spelt, letters), within(limit, stem(spelt), stem(letters)), within(limit, stem(turned), stem(letters)))
		switch {
		case d > limit || len(out.names) > 0 && d > out.distance:
		case len(out.names) > 0 && d == out.distance:
			out.names = append(out.names, c)
		default:
			out = guess{[]string{c}, d}
		}
	}
	return out
}

// stem takes the endings off "lock".
func stem(s string) string {
	for _, form := range [...]string{"locked", "locking", "locks"} {
		s = strings.ReplaceAll(s, form, "lock")
	}
	return s
}

// Nearest returns the one of the candidates that a misspelt word comes closest to; ""
// where none is close, or several are as close.
func Nearest(word string, candidates []string) string {
	best, least, tie := "", len(word)/3+1, false
	for _, c := range candidates {
		switch d := distance(word, c); {
		case c == "" || d > least || d > len(c)/2:
		case d == least && best != "":
			tie = true
		default:
			best, least, tie = c, d, false
		}
	}
	if tie {
		return ""
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to make one word of another.
func distance(a, b string) int { return within(len(a)+len(b), a, b) }

// within is distance, or more than the limit where it is more, which is seen sooner.
func within(limit int, a, b string) int {
	if d := len(a) - len(b); max(d, -d) > limit {
		return limit + 1
	}
	var rows [3][]int
	var room [len(rows)][32]int // names are short, and this is asked of many
	for i := range rows {
		if len(b) < len(room[i]) {
			rows[i] = room[i][:len(b)+1]
		} else {
			rows[i] = make([]int, len(b)+1)
		}
	}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range row {
		last[j] = j
	}
	least := 0 // in the last row
	for i := 1; i <= len(a); i++ {
		row[0] = i
		lowest := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			lowest = min(lowest, row[j])
		}
		if lowest > limit && least > limit { // a row is made of the two before it
			return limit + 1
		}
		least = lowest
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// decorates reports whether a file has a lock decorator or a near miss, as its
// words alone tell. Comments and strings count: what is written there may be code
// in a file that does not parse.
func decorates(src []byte) bool {
	ours := func(name string) bool { return Names[name] || missed(name) }
	return decorated(src, ours) || imported(src, ours)
}

// misses reports whether a file has a near miss, as its words alone tell. spelt
// says that a word of the file is almost one of the names. Who imports what does
// not even spell "lock", and decorates nothing with it, is left to Cython.
func misses(src []byte, spelt bool) bool {
	return decorated(src, missed) || spelt && imported(src, missed)
}

func missed(name string) bool { return len(guesses(name).names) > 0 }

// decorated asks about what stands behind each "@", until a name will do.
func decorated(src []byte, will func(string) bool) bool {
	s := project.Scanner{Src: src}
	for at := 0; ; at++ {
		i := bytes.IndexByte(src[at:], '@')
		if i < 0 {
			return false
		}
		at += i
		if will(s.LastOf(at + 1)) {
			return true
		}
	}
}

// imported asks about the names in "cython.name" and "from cython import name",
// until one will do.
func imported(src []byte, will func(string) bool) bool {
	s := project.Scanner{Src: src}
	found := false
	s.Each('y', 1, "cython", func(at int) {
		if found || at > 0 && syntax.WordByte(src[at-1]) {
			return
		}
		end := s.Gap(at + len("cython"))
		switch {
		case end < len(src) && src[end] == '.':
			found = will(string(s.Identifier(s.Gap(end + 1))))
		case s.Word(end, "cimport"):
			found = slices.ContainsFunc(listed(s.Logical(end+len("cimport"))), will)
		case s.Word(end, "import"):
			found = slices.ContainsFunc(listed(s.Logical(end+len("import"))), will)
		}
	})
	return found
}

// listed returns the names in an import's list.
func listed(list string) []string {
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		if f := strings.Fields(part); len(f) > 0 {
			out = append(out, f[0])
		}
	}
	return out
}

// NoLock reports whether a decorator or the item of a with statement is no lock,
// whatever it is called: cython has the critical section and our decorators, and
// what is misspelt locks nothing.
func NoLock(m *project.Module, e ast.Expr) bool {
	e = syntax.Unparen(e)
	if attr := m.Scope.CythonAttr(e, false); attr != "" {
		return attr != "critical_section"
	}
	n, ok := e.(*ast.Name)
	if !ok {
		return false
	}
	if attr := m.CythonAlias(n.Name); attr != "" { // of ours under another name: not expanded
		return attr != "critical_section"
	}
	g := guesses(n.Name)
	return len(g.names) > 0 && g.distance < 2 && unbound(m, n.Name)
}

// unbound reports whether nothing in the module can give a name a meaning.
func unbound(m *project.Module, name string) bool {
	if _, bound := m.Scope.Names[name]; bound || strings.HasSuffix(m.Stem, ".pxi") {
		return false // who includes the file may bind it
	}
	for _, star := range m.Scope.Stars {
		if star.Level > 0 || len(star.Path) != 1 || star.Path[0] != "cython" {
			return false
		}
	}
	return !slices.ContainsFunc(m.Units, func(u *project.Unit) bool { return u.Bare(name) })
}

// NearMisses finds the misspelt lock decorators of a module, each where it stands.
func (p *Locks) NearMisses(m *project.Module) []finding.Finding {
	var out []finding.Finding
	for _, u := range m.Units {
		if p.Spells(u.Source) {
			out = append(out, nearMissesIn(m, u)...)
		}
	}
	return out
}

func nearMissesIn(m *project.Module, u *project.Unit) []finding.Finding {
	var out []finding.Finding
	// renames says that another name in its place is all that is needed.
	miss := func(span ast.Span, msg, prefix string, g guess, renames bool) {
		if len(g.names) == 0 {
			return
		}
		f := project.FindingAt(u.Source, span, finding.NearMiss, msg, fmt.Sprintf("did you mean %s%s?", prefix, strings.Join(g.names, " or "+prefix)))
		if renames && len(g.names) == 1 && g.distance < 2 {
			f.Fix = &finding.Fix{Message: "write " + g.names[0], Edits: []edit.Edit{{Off: span.Pos, End: span.End, New: g.names[0], Blame: -1}}}
		}
		out = append(out, f)
	}
	ofDecorator := map[ast.Node]bool{}
	ast.Walk(&ast.Suite{Span: u.File.Span, Stmts: u.File.Body}, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Decorator:
			e := n.Expr
			if c, ok := e.(*ast.Call); ok {
				e = c.Fun
			}
			e = syntax.Unparen(e)
			ofDecorator[e] = true
			id, ok := e.(*ast.Name)
			if !ok {
				return true
			}
			g := guesses(id.Name)
			if b := m.Scope.Names[id.Name]; b.Kind == project.BindAttr && b.Attr == id.Name {
				miss(id.Span, "there is no cython."+id.Name, "@", g, true)
			} else if len(g.names) > 0 && g.distance < 2 && unbound(m, id.Name) { // far ones may come from where nobody looked
				miss(id.Span, "nothing is called "+id.Name+" here", "@", g, true)
			}
		case *ast.Attribute:
			if name := m.Scope.CythonAttr(n, false); name != "" {
				prefix := syntax.Text(u.File, n.X.Range()) + "."
				miss(n.Attr.Span, "there is no "+prefix+name, "@"+prefix, guesses(name), ofDecorator[n])
			}
		case *ast.FromImport:
			if n.Star || !syntax.FromCython(n) {
				return true
			}
			for _, nm := range n.Names {
				if len(nm.Path) == 1 {
					miss(nm.Path[0].Span, "there is no cython."+nm.Path[0].Name, "", guesses(nm.Path[0].Name), true)
				}
			}
		}
		return true
	})
	return out
}
