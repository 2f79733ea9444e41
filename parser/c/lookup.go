package c

// Who is meant by a name: all declarations of a function or a macro, or of a method in its class and in
// those that it inherits.

// maxDefs are as many declarations as one name may have, overloads and the branches of #if included.
const maxDefs = 256

// lookup is the node of a name in a file and what that includes, nil where there is none.
func (l *Library) lookup(f *file, name string) *node {
	if n, ok := f.nodes[name]; ok {
		return n
	}
	var defs []*def
	bodies, plain := false, false
	local := false // a macro's meaning depends on who uses it
	for _, g := range f.all() {
		for _, isl := range g.funcs[name] {
			d := &def{file: g, home: g, isl: isl, static: g.has(isl, "static")}
			defs = append(defs, d)
			bodies = bodies || isl.body >= 0
			plain = plain || isl.body < 0
		}
		for _, i := range g.index.macros[name] {
			m := &g.text.macros[i]
			if !m.takes && len(m.toks) == 0 { // an include guard, or an attribute
				continue
			}
			local = true
			defs = append(defs, &def{file: g, home: f, macro: m})
		}
	}
	if plain && !bodies {
		defs = append(defs, l.inSources(name)...)
	}
	n := l.nodeOf(name, defs, f, local)
	f.nodes[name] = n
	return n
}

// nodeOf is the node of some declarations, one for all who mean the same.
func (l *Library) nodeOf(name string, defs []*def, f *file, local bool) *node {
	if len(defs) == 0 {
		return nil
	}
	many := len(defs) > maxDefs
	if many {
		defs = defs[:maxDefs]
	}
	key := l.key[:0]
	for _, d := range defs {
		at := l.stands(d)
		key = append(key, byte(at), byte(at>>8), byte(at>>16), byte(at>>24))
	}
	key = append(append(key, 0), name...)
	if local {
		key = append(append(key, 0), f.path...)
	}
	l.key = key
	n := l.solver.nodes[string(key)]
	if n == nil {
		n = &node{name: name, defs: defs, many: many, callers: map[*node]bool{}}
		l.solver.nodes[string(key)] = n
	}
	return n
}

// standing is where a declaration stands.
type standing struct {
	file *file
	at   int
}

// stands is the number of the place where a declaration stands, from 1.
func (l *Library) stands(d *def) uint32 {
	if d.stands == 0 {
		p := standing{d.file, d.at()}
		if l.places[p] == 0 {
			l.places[p] = uint32(len(l.places)) + 1
		}
		d.stands = l.places[p]
	}
	return d.stands
}

// at is where a declaration stands in its file.
func (d *def) at() int {
	if d.macro != nil {
		return int(d.macro.pos)
	}
	return int(d.file.toks[d.isl.name].pos)
}

// has reports whether a word stands before the name of a declaration.
func (g *file) has(isl island, word string) bool {
	for i := isl.start; i < isl.name; i++ {
		if g.is(i, word) {
			return true
		}
	}
	return false
}

// method is the node of a class's method, nil where it has none of that name; sure is
// false where a base is not in sight that may have one.
func (l *Library) method(f *file, class, name string) (n *node, sure bool) {
	key := methodKey{class, name}
	if m, ok := f.methods[key]; ok {
		return m.n, m.sure
	}
	n, sure = l.methodIn(f, class, name, map[string]bool{})
	if f.reach != nil && l.room > 0 {
		l.room--
		f.methods[key] = looked{n, sure}
	}
	return n, sure
}

// methodKey is what a method is looked up by, and looked is what came of it.
type (
	methodKey struct{ class, name string }
	looked    struct {
		n    *node
		sure bool
	}
)

func (l *Library) methodIn(f *file, class, name string, seen map[string]bool) (n *node, sure bool) {
	if seen[class] {
		return nil, true
	}
	if len(seen) > maxClasses {
		return nil, false
	}
	seen[class] = true
	key := class + "::" + name
	if m := f.methods[methodKey{class, name}]; m.n != nil {
		return m.n, m.sure
	}
	var defs []*def
	bodies, classes := false, 0
	sure = true
	var bases []string
	for _, g := range f.all() {
		list := g.classes[class]
		for i := range list {
			classes++
			in := g.membersOf(&list[i])
			for _, isl := range in.funcs[name] {
				defs = append(defs, g.methodDef(isl, class))
				bodies = bodies || isl.body >= 0
			}
			bases = append(bases, g.bases(&list[i])...)
		}
		for _, isl := range g.funcs[key] {
			if d := g.methodDef(isl, class); isl.body >= 0 {
				defs = append(defs, d)
				bodies = true
			}
		}
	}
	if classes == 0 {
		return nil, false
	}
	if len(defs) == 0 {
		for _, b := range bases {
			m, ok := l.methodIn(f, b, name, seen)
			sure = sure && ok
			if m != nil {
				return m, ok
			}
		}
		return nil, sure
	}
	if !bodies {
		for _, g := range l.definitions(key) {
			for _, isl := range g.funcs[key] {
				if isl.body >= 0 {
					defs = append(defs, g.methodDef(isl, class))
				}
			}
		}
	}
	n = l.nodeOf(key, defs, f, false)
	f.methods[methodKey{class, name}] = looked{n, true}
	return n, true
}

func (g *file) methodDef(isl island, class string) *def {
	d := &def{file: g, home: g, isl: isl, method: class, static: g.has(isl, "static")}
	if g.is(isl.name, "operator") && g.has(isl, "friend") { // both operands are parameters
		d.method = ""
	}
	virtual, final := g.has(isl, "virtual"), false
	for i := g.matchTo(isl.params, isl.end); i < isl.end && !g.is(i, "{") && !g.is(i, ";") && !g.is(i, ":") && !g.is(i, "->"); i++ {
		if g.is(i, "const") {
			d.konst = true
		}
		virtual = virtual || g.is(i, "override")
		final = final || g.is(i, "final")
	}
	exact := g.is(isl.name-1, "~") // who asks for a destructor knows the class
	d.open = virtual && !final && !d.konst && !exact
	d.other = virtual && !final && d.konst && !exact
	return d
}

// mentions reports whether a class, or one that it inherits, may have a member of a name; also
// where one of them is not in sight.
func (l *Library) mentions(f *file, class, name string) bool {
	found := false
	sight := f.lineage(class, func(g *file, isl *island) bool {
		found = g.membersOf(isl).mentions(name, 0)
		return found
	})
	return found || !sight
}
