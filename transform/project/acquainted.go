package project

// Modules of the scope that know each other, by their words alone: one cimports or includes the other, both do so with a third
// one, or both are of one package and declare pointers to functions of the same C code, for all that their words tell. What one
// of them declares no other one can name.

import "bytes"

// Acquaintances are the groups of modules of a scope that know each other.
type Acquaintances struct {
	l      *Lineage
	groups [][]string // stems, in order
	of     map[string]int
}

// Group returns the number of a module's group: of one that is not in the scope, that of all modules.
func (a *Acquaintances) Group(m *Module) int {
	if n, ok := a.of[m.Stem]; ok {
		return n
	}
	return len(a.groups) - 1
}

// Modules returns the modules of a group, in order, without those that are parts of others, which include them. Two groups have
// no module in common, but for the last one, which has all.
func (a *Acquaintances) Modules(group int) []*Module {
	return a.l.whole(a.groups[group])
}

// Acquainted groups the modules of the scope.
func (l *Lineage) Acquainted() *Acquaintances { return l.known.Get(l.findAcquainted) }

func (l *Lineage) findAcquainted() *Acquaintances {
	all := l.inScope().all()
	joined := newJoins(len(all))
	first := map[string]int{} // by what ties modules together
	tie := func(i int, key string) {
		if at, ok := first[key]; ok {
			joined.join(at, i)
		} else {
			first[key] = i
		}
	}
	number := map[string]int{}
	for i, stem := range all {
		number[stem] = i
		tie(i, stem)
		for _, path := range l.p.ModuleFiles(stem) {
			tie(i, l.p.canonical(path))
		}
		refs := l.p.References(stem)
		for _, cimported := range refs.Stems {
			tie(i, cimported)
		}
		for _, path := range refs.Includes {
			tie(i, l.p.canonical(path))
		}
	}
	l.eachSource(func(stem string, src *Source) bool {
		if i, ok := number[stem]; ok && declaresCPointers(src.Src) {
			tie(i, "pointers to functions\x00"+l.p.packageRoot(stem))
		}
		return true
	})
	out := &Acquaintances{l: l, of: map[string]int{}}
	group := map[int]int{}
	for i, stem := range all {
		n, ok := group[joined.root(i)]
		if !ok {
			n = len(out.groups)
			group[joined.root(i)] = n
			out.groups = append(out.groups, nil)
		}
		out.groups[n] = append(out.groups[n], stem)
		out.of[stem] = n
	}
	out.groups = append(out.groups, all)
	return out
}

// declaresCPointers reports whether a file may declare pointers to functions of C code's own. Those whose type has a name have it
// from a module that they cimport.
func declaresCPointers(src []byte) bool {
	if !bytes.Contains(src, []byte("extern")) {
		return false
	}
	for rest := src; ; {
		i := bytes.IndexByte(rest, '*')
		if i < 0 {
			return false
		}
		before := bytes.TrimRight(rest[:i], " \t")
		rest = rest[i+1:]
		if !bytes.HasSuffix(before, []byte("(")) {
			continue
		}
		end := bytes.IndexAny(rest, "()")
		if end >= 0 && rest[end] == ')' && bytes.HasPrefix(bytes.TrimLeft(rest[end+1:], " \t"), []byte("(")) {
			return true
		}
	}
}

// joins are numbers that are brought together in sets, each of which has one of them for its root (Tarjan and van Leeuwen,
// "Worst-case Analysis of Set Union Algorithms", Journal of the ACM, 1984: path halving).
type joins []int

func newJoins(n int) joins {
	j := make(joins, n)
	for i := range j {
		j[i] = i
	}
	return j
}

func (j joins) root(i int) int {
	for j[i] != i {
		j[i] = j[j[i]]
		i = j[i]
	}
	return i
}

func (j joins) join(a, b int) { j[j.root(a)] = j.root(b) }
