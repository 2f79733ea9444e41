package c

// What classes inherit.

import "slices"

// maxClasses are as many as one class may inherit, or has in it; of more, nothing is known.
const maxClasses = 128

// line is a class and all that it inherits.
type line struct {
	defs  []ancestor
	sight bool // whether all of these are in sight
}

// ancestor is one definition of a class of a line.
type ancestor struct {
	in    *file
	isl   *island
	sight bool // whether all classes before it are in sight
}

// lineage calls each for the definitions of a class and of all that it inherits, until that says
// enough. It reports whether all of these are in sight.
func (f *file) lineage(class string, each func(g *file, isl *island) (enough bool)) (sight bool) {
	l, ok := f.lines[class]
	if !ok {
		l = lineOf(f, class)
		if cost := 1 + len(l.defs); f.reach != nil && cost <= f.lib.room {
			f.lib.room -= cost
			if f.lines == nil {
				f.lines = map[string]line{}
			}
			f.lines[class] = l
		}
	}
	for _, d := range l.defs {
		if each(d.in, d.isl) {
			return d.sight
		}
	}
	return l.sight
}

func lineOf(f *file, class string) line {
	list := []string{class}
	out := line{sight: true}
	for i := 0; i < len(list); i++ {
		found := false
		for _, g := range f.all() {
			defs := g.classes[list[i]]
			for j := range defs {
				found = true
				out.defs = append(out.defs, ancestor{g, &defs[j], out.sight})
				for _, b := range g.bases(&defs[j]) {
					if len(list) > maxClasses {
						out.sight = false
						return out
					}
					if !slices.Contains(list, b) {
						list = append(list, b)
					}
				}
			}
		}
		out.sight = out.sight && found
	}
	return out
}

// inherits reports whether a class is another, or inherits it.
func (f *file) inherits(class, base string) bool {
	if class == base {
		return true
	}
	found := false
	f.lineage(class, func(g *file, isl *island) bool {
		found = slices.Contains(g.bases(isl), base)
		return found
	})
	return found
}

// bases are the classes that the head of a class names.
func (g *file) bases(isl *island) []string {
	k := islandKey{isl.name, isl.body}
	out, ok := g.heads[k]
	if !ok {
		out = g.basesOf(isl)
		if g.heads == nil {
			g.heads = map[islandKey][]string{}
		}
		g.heads[k] = out
	}
	return out
}

func (g *file) basesOf(isl *island) []string {
	var out []string
	colon := false
	last := ""
	for i := isl.name + 1; i < isl.body; i++ {
		switch {
		case g.is(i, ":"):
			colon = true
		case !colon:
		case g.is(i, "<"):
			if end, ok := g.anglesTo(i, isl.body); ok {
				i = end - 1
			}
		case g.is(i, ","):
			out = append(out, last)
			last = ""
		case g.toks[i].kind == kIdent:
			if w := g.str(g.toks[i]); w != "public" && w != "private" && w != "protected" && w != "virtual" {
				last = w
			}
		}
	}
	if last != "" {
		out = append(out, last)
	}
	return out
}
