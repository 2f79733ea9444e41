package c

// Members of classes: which there are, and of what type.

import (
	"maps"
	"slices"
	"strings"
)

// record is the members of a class, in all its definitions; nil where it is not known.
func (f *file) record(name string) []*index {
	var out []*index
	for _, g := range f.all() {
		list := g.classes[name]
		for i := range list {
			out = append(out, g.membersOf(&list[i]))
		}
		if len(list) == 0 {
			for _, isl := range g.types[name] { // typedef struct { … } name
				if x := g.anonymous(isl); x != nil {
					out = append(out, x)
				}
			}
		}
	}
	return out
}

// anonymous is the members of a struct that has no name but that of a typedef.
func (g *file) anonymous(isl island) *index {
	for i := isl.start; i < min(isl.end, isl.start+6); i++ {
		if g.is(i, "{") {
			isl.body = i
			if x := g.members[islandKey{isl.name, i}]; x != nil {
				return x
			}
			return g.indexBody(islandKey{isl.name, i}, i, isl.end)
		}
	}
	return nil
}

// islandKey names an island of a file.
type islandKey struct{ name, body int }

func (g *file) membersOf(isl *island) *index {
	k := islandKey{isl.name, isl.body}
	if x := g.members[k]; x != nil {
		return x
	}
	return g.indexBody(k, isl.body, isl.end)
}

func (g *file) indexBody(k islandKey, brace, end int) *index {
	x := &index{file: g}
	x.scan(g.text, brace+1, max(brace+1, g.matchTo(brace, end)-1))
	g.members[k] = x
	return x
}

// field is the type of a member of a class; unknown where definitions differ.
func (f *file) field(rec, name string) ctype {
	if rec == "" || name == "" {
		return ctype{}
	}
	key := rec + "." + name
	if t, ok := f.fieldTypes[key]; ok {
		return t
	}
	t := f.findField(rec, name)
	f.fieldTypes[key] = t
	return t
}

func (f *file) findField(rec, name string) ctype {
	var out ctype
	found := false
	for _, x := range f.record(rec) {
		t, ok := x.member(name, 0)
		if found && t.scalar() && out.scalar() { // of two widths
			t.narrow = t.narrow && out.narrow
			out.narrow = t.narrow
		}
		if !ok || found && t != out {
			return ctype{}
		}
		out, found = t, true
	}
	return out
}

// maxAnonymous is how deep structs without names in structs are looked at.
const maxAnonymous = 8

// member is the type of a member that a class body declares.
func (x *index) member(name string, depth int) (ctype, bool) {
	if x.typed == nil {
		x.typed = map[string]ctype{}
		for i := range x.fields {
			x.declarators(&x.fields[i], depth)
		}
	}
	t, ok := x.typed[name]
	return t, ok
}

// declarators notes the types of what one declaration declares, unless another before it has.
func (x *index) declarators(isl *island, depth int) {
	g := x.file
	note := func(name string, t ctype) {
		if _, ok := x.typed[name]; !ok && name != "" {
			x.typed[name] = t
		}
	}
	if isl.body >= 0 { // a struct or union without a name
		if depth < maxAnonymous {
			in := g.membersOf(isl)
			in.member("", depth+1)
			for name, t := range in.typed {
				note(name, t)
			}
		}
		return
	}
	// Declarators after the first share its words up to the first pointer.
	var head, p phrase
	first := true
	flush := func() {
		t, n := g.of(p)
		if first {
			head = p
			for i, w := range p {
				if w == "*" || w == "&" || w == n && i > 0 {
					head = p[:i]
					break
				}
			}
			first = false
		}
		note(n, t)
	}
	for i := isl.start; i < isl.end && len(head) <= maxPhrase; {
		if g.is(i, ",") || g.is(i, ";") || g.is(i, ":") && !g.is(i, "::") || g.is(i, "=") {
			if len(p) > 0 {
				flush()
			}
			if g.is(i, ":") || g.is(i, "=") { // up to the next declarator
				for i < isl.end && !g.is(i, ",") && !g.is(i, ";") {
					if g.is(i, "{") || g.is(i, "(") {
						i = g.matchTo(i, isl.end)
					} else {
						i++
					}
				}
			}
			p = slices.Clone(head)
			i++
			continue
		}
		if g.is(i, "{") { // struct { … } x: of a type that has no name
			i = g.matchTo(i, isl.end)
			p = append(p, "?")
			continue
		}
		var w string
		if w, i = g.word(i, isl.end); w != "" {
			p = append(p, strings.Fields(w)...)
		}
	}
}

// constItems reports whether operator[] of a class, where the object is const, returns what is
// const, too, or a copy.
func (f *file) constItems(class string) bool {
	out, ok := f.indexed[class]
	if !ok {
		if f.indexed == nil {
			f.indexed = map[string]bool{}
		}
		out = f.findConstItems(class)
		f.indexed[class] = out
	}
	return out
}

func (f *file) findConstItems(class string) bool {
	found := false
	for _, g := range f.all() {
		for _, isl := range g.classes[class] {
			for i := isl.body; i < isl.end; i++ {
				if !g.is(i, "operator") || !g.is(i+1, "[") || !g.is(i+3, "(") {
					continue
				}
				behind := g.matchTo(i+3, isl.end)
				if !g.is(behind, "const") {
					continue
				}
				j := i
				konst, reaches := false, false
				for ; j > isl.body && !g.is(j, ";") && !g.is(j, "}") && !g.is(j, ":"); j-- {
					konst = konst || g.is(j, "const")
					reaches = reaches || g.is(j, "&") || g.is(j, "*")
				}
				if reaches && !konst {
					return false
				}
				found = true
			}
		}
	}
	return found
}

// mentions reports whether a name stands in what a class declares, method bodies aside.
func (x *index) mentions(name string, depth int) bool {
	if x.named == nil {
		x.named = map[string]bool{}
		g := x.file
		in := func(isl *island) {
			for i := isl.start; i < isl.end && isl.body < 0; i++ {
				if g.toks[i].kind == kIdent {
					x.named[g.str(g.toks[i])] = true
				}
			}
		}
		for i := range x.fields {
			in(&x.fields[i])
			switch {
			case x.fields[i].body < 0:
			case depth >= maxAnonymous:
				x.named[""] = true
			default:
				inner := g.membersOf(&x.fields[i])
				inner.mentions("", depth+1)
				maps.Copy(x.named, inner.named)
			}
		}
		for _, list := range x.funcs {
			for i := range list {
				in(&list[i])
			}
		}
	}
	return x.named[name] || x.named[""] // more than was looked at
}
