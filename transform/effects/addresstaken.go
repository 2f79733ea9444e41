package effects

// Functions whose address is taken, in all modules that know each other: what a pointer to a function may lead to. And the types of
// such pointers that come from elsewhere: C code returns or fills them, or they are cast from something else.

import (
	"maps"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// pointees are what a pointer may lead to.
type pointees struct {
	fs []*Function
	// others is true where that is also code which is not in sight.
	others bool
}

// prototypeKey is a prototype by where it stands.
type prototypeKey struct {
	mod *project.Module
	to  *ast.Declarator
	// group is the number of the modules from which the pointer may come.
	group int
}

// pointeesOf are what a pointer that is called in a module may lead to. inC is true of one that is C code's own; place is
// the name of what holds it, "" where that has none.
func pointeesOf(p *Program, m *project.Module, to *ctype.Prototype, inC bool, place string) pointees {
	group := p.Project.Lineage.Acquainted().Group(m)
	all := p.addressed.Get(group)
	out, ok := all.ledBy(place)
	if ok {
		n := prototypeShapes(p, to.Mod, to.Declarator)
		out.addListed(all, n)
		out.fs = slices.DeleteFunc(out.fs, func(f *Function) bool { return !n.more && len(f.Def.Params.List) != len(n.params) })
	} else {
		out = p.pointees.Get(prototypeKey{to.Mod, to.Declarator, group})
	}
	out.others = out.others || inC || len(out.fs) == 0 || all.unread || !p.Project.Lineage.InScope(m)
	return out
}

func findPointees(p *Program, key prototypeKey) pointees {
	all := p.addressed.Get(key.group)
	params := prototypeShapes(p, key.mod, key.to)
	out := pointees{others: all.unread}
	for _, x := range all.taken {
		switch {
		case !x.loose && !fits(params, x.as):
		case x.f == nil:
			out.others = true
		case !slices.Contains(out.fs, x.f) && (!x.loose || len(x.as.params) == len(params.params)):
			out.fs = append(out.fs, x.f)
		}
	}
	return out
}

// signature is what a function takes.
type signature struct {
	params []ctype.Shape
	more   bool // any further ones
}

// prototypeShapes is the signature of a prototype.
func prototypeShapes(p *Program, m *project.Module, d *ast.Declarator) signature {
	var out signature
	if d.Params == nil {
		return out
	}
	for _, prm := range d.Params.List {
		if prm.Kind == ast.Ellipsis {
			out.more = true
			break
		}
		if prm.Type != nil && prm.Type.Name == "void" && syntax.Pointers(prm.Declarator) == 0 && prm.Name.Name == "" && syntax.Pointers(prm.Type.Declarator) == 0 {
			break // f(void)
		}
		sh := paramShape(p, m, prm)
		if _, bound := m.Scope.Names[prm.Name.Name]; sh.Kind == ctype.Unknown && prm.Type == nil && prm.Declarator == nil && !bound && len(m.Scope.Stars) == 0 {
			sh = ctype.Shape{Kind: ctype.Object} // it is the parameter's name
		}
		out.params = append(out.params, sh)
	}
	return out
}

// definedShapes is the signature of a function with a body.
func definedShapes(p *Program, f *Function) signature {
	var out signature
	for i, prm := range f.Def.Params.List {
		switch {
		case prm.Kind != ast.Positional:
			out.more = true
		case i == 0 && f.IsBound():
			out.params = append(out.params, ctype.Shape{Kind: ctype.Object, Class: f.Class})
		case prm.Type != nil:
			out.params = append(out.params, p.Types.Of(f.Mod, prm.Type, prm.Declarator))
		case prm.Annotation != nil:
			out.params = append(out.params, ctype.Shape{})
		default:
			out.params = append(out.params, ctype.Shape{Kind: ctype.Object})
		}
	}
	return out
}

// fits reports whether a pointer of one signature may lead to what has another one. Without a cast both are the same to Cython.
func fits(a, b signature) bool {
	return len(a.params) == len(b.params) && a.more == b.more && slices.EqualFunc(a.params, b.params, alikeShapes)
}

// alikeShapes reports whether two parameters may be declared as the same type.
func alikeShapes(a, b ctype.Shape) bool {
	switch {
	case a.Kind == ctype.Unknown || b.Kind == ctype.Unknown:
		return true
	case a.Kind != b.Kind || a.Depth != b.Depth || a.Elem != b.Elem && a.Elem != ctype.Unknown && b.Elem != ctype.Unknown || a.Struct != b.Struct && a.Struct != nil && b.Struct != nil:
		return false
	case a.Class == nil || b.Class == nil:
		return a.Class == b.Class
	}
	return a.Class.Name == b.Class.Name || project.Related(a.Class, b.Class)
}

// addressTaken are the functions of the scope whose address is taken.
type addressTaken struct {
	taken  []takenAddress
	places map[string]*pointerPlace
	// listed are those that stand in a list or tuple, from which any member of a struct may be made by its position.
	listed []takenAddress
	// unread is true where one of the modules does not parse.
	unread bool
}

// takenAddress is a function whose address is taken, or what is not in sight: a C function, a pointer that C code has, one
// that is made in no way which is known.
type takenAddress struct {
	f  *Function // nil for what is not in sight
	as signature // of the pointer that it becomes
	// loose is true where it becomes no pointer to a function: a void *, a number.
	loose bool
}

// addressTakings finds them.
type addressTakings struct {
	*addressTaken
	// done are the names and attributes that have been looked at with the cast round them.
	done map[ast.Expr]bool
	// methods are the attributes that are read, by their names.
	methods map[string][]methodRead
	*functionHolders
	// held is true where a struct has pointers to functions, or a pointer leads to one.
	held bool
	// given are the places whose values have been looked at.
	given map[ast.Expr]bool
}

// findAddressTaken looks for them in a group of modules that know each other. A pointer that goes from one group to another, in a
// capsule or as a number, is cast from something else where it arrives, and counts as one that comes from elsewhere.
func findAddressTaken(p *Program, group int) *addressTaken {
	all := p.Project.Lineage.Acquainted().Modules(group)
	t := &addressTakings{addressTaken: &addressTaken{places: map[string]*pointerPlace{}}, functionHolders: newFunctionHolders(p), given: map[ast.Expr]bool{}, done: map[ast.Expr]bool{}, methods: map[string][]methodRead{}}
	for _, m := range all {
		if m.Broken() {
			t.unread = t.unread || slices.ContainsFunc(m.Units, func(u *project.Unit) bool { return !u.InPxd() })
			continue
		}
		t.declared(m)
	}
	for _, m := range all {
		if !m.Broken() {
			for _, u := range m.Units {
				t.walk(m, u.File, nil)
			}
		}
	}
	for _, m := range all {
		for _, f := range p.Funcs(m).All {
			if f.Class == nil {
				continue
			}
			for _, read := range t.methods[f.Def.Name.Name] {
				if !f.Exposed() || read.ofClass && f.Def.Kind == ast.Cpdef {
					t.function(f, read.as)
				}
			}
			if !f.Exposed() || f.Def.Kind == ast.Cpdef {
				t.methodsOf(f)
			}
		}
	}
	return t.addressTaken
}

// function notes a function, as what it becomes by a cast: nil where there is none.
func (t *addressTakings) function(f *Function, as *castTo) {
	if f.Def.Body == nil {
		return
	}
	x := takenAddress{f: f}
	if as == nil {
		x.as = definedShapes(t.p, f)
	} else {
		x.as, x.loose = as.as, as.loose
	}
	t.note(x)
}

func (t *addressTakings) note(x takenAddress) { t.taken = append(t.taken, x) }

// castTo is what a cast makes of a function.
type castTo struct {
	as    signature
	loose bool
}

// holding notes pointers in structs that come from elsewhere.
func (t *addressTakings) holding(list []heldPointer) {
	for _, h := range list {
		t.foreign(h.to)
		t.place(h.name).inC = true
	}
}

// foreign notes pointers that come from elsewhere.
func (t *addressTakings) foreign(to ...*ctype.Prototype) {
	for _, to := range to {
		t.note(takenAddress{as: prototypeShapes(t.p, to.Mod, to.Declarator)})
	}
}

// declared looks at what a module declares of C: structs, variables, and functions that return or fill pointers to functions.
func (t *addressTakings) declared(m *project.Module) {
	c := m.CDecls()
	for _, name := range slices.Sorted(maps.Keys(c.Types)) {
		if d := c.Types[name]; d.Of != nil && (d.Of.Extern || d.Kind == "union") {
			t.holding(t.within(d.Of, 0))
		}
		if d := c.Types[name]; d.Of != nil && d.Of.Extern {
			for _, st := range d.Of.Def.Body.Stmts {
				if st, ok := st.(*ast.CVarDecl); ok {
					for _, x := range st.Declarators {
						t.place(syntax.DeclaredName(x).Name).inC = true
					}
				}
			}
		}
	}
	for _, d := range c.Types {
		t.held = t.held || d.Of != nil && len(t.within(d.Of, 0)) > 0 || d.Typedef != nil && t.p.Types.Of(m, d.Typedef.Type, d.Typedef.Declarator).Func != nil
	}
	for _, name := range slices.Sorted(maps.Keys(c.Vars)) {
		if v := c.Vars[name]; v.Extern {
			t.place(name).inC = true
			t.made(t.p.Types.Of(m, v.Type, v.Declarator))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Funcs)) {
		f := c.Funcs[name]
		if !f.Extern {
			continue
		}
		t.made(returnShape(t.p, m, f.Type, f.Declarator))
		if f.Declarator.Params == nil {
			continue
		}
		for _, prm := range f.Declarator.Params.List {
			if sh := paramShape(t.p, m, prm); sh.Kind == ctype.Pointer && !sh.ReadOnly() {
				t.made(sh)
			}
		}
	}
}

// made notes that a value comes from code that is not in sight.
func (t *addressTakings) made(sh ctype.Shape) {
	if sh.Func != nil {
		t.foreign(sh.Func)
	}
	t.holding(t.within(sh.Struct, 0))
}

// walk looks at what is below a node of a function, or of the module.
func (t *addressTakings) walk(m *project.Module, root ast.Node, in *takingFunction) {
	ast.Walk(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDef:
			offered := project.OfferedToC(m, nil, n)
			for _, prm := range n.Params.List {
				t.place(syntax.ParamName(prm)).unknown = true
				if sh := paramShape(t.p, m, prm); offered && sh.Struct != nil {
					t.made(sh) // C code, or a module that knows the function from its header, may get or set what is in there
				}
			}
			if sh := returnShape(t.p, m, n.Return, n.Declarator); offered && sh.Struct != nil {
				t.made(sh)
			}
			if n != root {
				t.walk(m, n, &takingFunction{def: n, outer: in})
				return false
			}
		case *ast.Assign:
			t.assignment(m, n, in)
		case *ast.Collection:
			t.display(m, n, in)
		case *ast.FromImport:
			for _, x := range n.Names {
				if x.As.Name != "" { // two names of one place
					t.place(x.As.Name).leadsFrom(x.Path[0].Name)
					t.place(x.Path[0].Name).leadsFrom(x.As.Name)
				}
			}
		case *ast.CVarDecl:
			for _, d := range n.Declarators {
				if d.Default != nil {
					t.gives(m, syntax.DeclaredName(d).Name, d.Default, in)
				}
			}
			if n.Visibility == ast.Public || n.API { // C code may set it
				for _, d := range n.Declarators {
					if !d.Func || d.Inner != nil {
						t.made(t.p.Types.Of(m, n.Type, d))
						t.place(syntax.DeclaredName(d).Name).inC = true
					}
				}
			}
		case *ast.Name:
			if n.Access.Rebinds() && !t.given[n] {
				t.place(n.Name).unknown = true
			}
			if (n.Access == ast.Read || n.Access == ast.AddressOf) && !t.done[n] && !in.has(n.Name) {
				t.named(m, []string{n.Name}, nil)
			}
		case *ast.Attribute:
			if n.Access.Rebinds() && !t.given[n] {
				t.place(n.Attr.Name).unknown = true
			}
			if (n.Access == ast.Read || n.Access == ast.AddressOf) && !t.done[n] {
				t.attribute(m, n, in, nil)
			}
		case *ast.Cast:
			t.cast(m, n, in)
		case *ast.Call:
			if t.held {
				t.passes(m, n, in)
			}
			t.argument(m, n, in)
		}
		return true
	})
}

// methodRead is an attribute that is read, which may be a method.
type methodRead struct {
	ofClass bool // by the name of a class
	as      *castTo
}

func (t *addressTakings) attribute(m *project.Module, e *ast.Attribute, in *takingFunction, as *castTo) {
	path := syntax.Dotted(e)
	if path != nil && !in.has(path[0]) && t.named(m, path, as) {
		return
	}
	read := methodRead{path != nil && m.Lookup(path[:len(path)-1]) != nil, as}
	if list := t.methods[e.Attr.Name]; as != nil || !slices.Contains(list, read) {
		t.methods[e.Attr.Name] = append(list, read)
	}
}

// named notes a function by its dotted name, and reports whether there is one.
func (t *addressTakings) named(m *project.Module, path []string, as *castTo) bool {
	r := m.Owner(path)
	if r.Mod == nil {
		return false
	}
	if fs := t.p.Funcs(r.Mod).byName[r.Name]; len(fs) > 0 {
		for _, f := range fs {
			if !f.Exposed() || f.Def.Kind == ast.Cpdef {
				t.function(f, as)
			}
		}
		return true
	}
	f, ok := r.Mod.CDecls().Funcs[r.Name]
	if ok && as != nil {
		t.note(takenAddress{as: as.as, loose: as.loose})
	} else if ok {
		t.foreign(&ctype.Prototype{Mod: r.Mod, Type: f.Type, Declarator: f.Declarator})
	}
	return ok
}

// cast looks at a cast to a pointer to a function, or to a struct that has some: of what is neither, it may lead anywhere.
func (t *addressTakings) cast(m *project.Module, e *ast.Cast, in *takingFunction) {
	sh := t.p.Types.Of(m, e.Type, nil)
	as := &castTo{loose: true}
	if sh.Func != nil {
		as = &castTo{as: prototypeShapes(t.p, sh.Func.Mod, sh.Func.Declarator)}
	}
	switch x := functionNamed(e.X).(type) {
	case *ast.Name:
		if t.done[x] = true; !in.has(x.Name) {
			t.named(m, []string{x.Name}, as)
		}
	case *ast.Attribute:
		t.done[x] = true
		t.attribute(m, x, in, as)
	}
	holds := t.within(sh.Struct, 0)
	if sh.Func == nil && len(holds) == 0 {
		return
	}
	ty := typing{p: t.p, m: m, local: func(name string) (ctype.Shape, bool) { return in.shape(t.p, m, name) }}
	if sh.Func != nil {
		if !t.isPointer(ty, e.X, as.as) {
			t.foreign(sh.Func)
		}
		return
	}
	if of := ty.of(e.X); of.Struct != sh.Struct && !makesMemory(e.X) && !syntax.IsNothing(e.X) {
		t.holding(holds)
	}
}

// isPointer reports whether an expression is a pointer to a function, or to none.
func (t *addressTakings) isPointer(ty typing, e ast.Expr, as signature) bool {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Cond:
		return t.isPointer(ty, x.Then, as) && t.isPointer(ty, x.Else, as)
	case *ast.Unary:
		if x.Op == "&" {
			return t.isFunction(ty, x.X)
		}
	}
	if n, ok := syntax.Unparen(e).(*ast.Const); ok {
		return n.Name == "NULL" || n.Name == "None"
	}
	if t.isFunction(ty, e) {
		return true
	}
	of := ty.of(e)
	return of.Func != nil && of.Kind == ctype.Scalar && fits(prototypeShapes(t.p, of.Func.Mod, of.Func.Declarator), as)
}

// isFunction reports whether an expression names a function, or a method of an object.
func (t *addressTakings) isFunction(ty typing, e ast.Expr) bool {
	path := syntax.Dotted(e)
	if path != nil {
		if _, local := ty.local(path[0]); !local {
			if r := ty.m.Owner(path); r.Mod != nil {
				_, inC := r.Mod.CDecls().Funcs[r.Name]
				return inC || len(t.p.Funcs(r.Mod).byName[r.Name]) > 0
			}
			if len(path) > 1 && ty.m.Lookup(path[:len(path)-1]) != nil {
				return true
			}
		}
	}
	x, ok := syntax.Unparen(e).(*ast.Attribute)
	if !ok {
		return false
	}
	c := ty.of(x.X).Class
	return c != nil && c.Field(x.Attr.Name) == nil
}

// passes looks at what is given to C code that may fill it.
func (t *addressTakings) passes(m *project.Module, e *ast.Call, in *takingFunction) {
	path := syntax.Dotted(e.Fun)
	if path == nil || in.has(path[0]) {
		return
	}
	name := path[len(path)-1]
	if name == "memset" || name == "free" || name == "PyMem_Free" {
		return
	}
	if r := m.Owner(path); r.Mod != nil {
		if _, ok := r.Mod.CDecls().Funcs[r.Name]; !ok || len(t.p.Funcs(r.Mod).byName[r.Name]) > 0 {
			return
		}
	} else if library.KnownC()[name] == "" {
		return
	}
	ty := typing{p: t.p, m: m, local: func(name string) (ctype.Shape, bool) { return in.shape(t.p, m, name) }}
	for i := range e.Args {
		if sh := ty.of(e.Args[i].X); sh.Kind == ctype.Pointer && !sh.ReadOnly() {
			t.made(sh)
		}
	}
}

// makesMemory reports whether an expression is memory that was just made.
func makesMemory(e ast.Expr) bool {
	call, ok := syntax.Bare(e).(*ast.Call)
	return ok && library.MakesMemory()[syntax.LastName(call.Fun)]
}

// takingFunction is a function in which addresses are taken, with what its names are.
type takingFunction struct {
	def    *ast.FuncDef
	outer  *takingFunction
	names  map[string]bool
	shapes map[string]ctype.Shape
}

// has reports whether a name is a variable of the function, or of one round it.
func (f *takingFunction) has(name string) bool {
	if f == nil {
		return false
	}
	if f.names == nil {
		f.names = map[string]bool{}
		if f.def.Body != nil {
			f.names = ownNames(f.def.Body)
			syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
				if d, ok := n.(*ast.CVarDecl); ok {
					for _, x := range d.Declarators {
						f.names[syntax.DeclaredName(x).Name] = true
					}
				}
				return true
			})
		}
		for _, prm := range f.def.Params.List {
			f.names[syntax.ParamName(prm)] = true
		}
	}
	return f.names[name] || f.outer.has(name)
}

// shape is what a variable of the function is declared to be.
func (f *takingFunction) shape(p *Program, m *project.Module, name string) (ctype.Shape, bool) {
	if f == nil {
		return ctype.Shape{}, false
	}
	if f.shapes == nil {
		f.shapes = map[string]ctype.Shape{}
		method := p.Funcs(m).ByDef[f.def]
		for i, prm := range f.def.Params.List {
			switch {
			case i == 0 && method != nil && method.IsBound():
				f.shapes[syntax.ParamName(prm)] = ctype.Shape{Kind: ctype.Object, Class: method.Class}
			case prm.Type != nil:
				f.shapes[syntax.ParamName(prm)] = p.Types.Of(m, prm.Type, prm.Declarator)
			}
		}
		if f.def.Body == nil {
			return ctype.Shape{}, f.has(name)
		}
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			if d, ok := n.(*ast.CVarDecl); ok {
				for _, x := range d.Declarators {
					f.shapes[syntax.DeclaredName(x).Name] = p.Types.Of(m, d.Type, x)
				}
			}
			return true
		})
	}
	if sh, ok := f.shapes[name]; ok {
		return sh, true
	}
	if f.has(name) {
		sh, _ := f.outer.shape(p, m, name)
		return sh, true
	}
	return ctype.Shape{}, false
}
