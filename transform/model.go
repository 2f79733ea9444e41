package transform

// The model: what each function of a project does to whose guarded state.
//
// The guarded state of an extension type is its C attributes, inherited ones
// included, and what they point to. A function's body is read once and becomes
// a flow: values (nodes), what is done to them (effects), and calls. From flows
// a fixed point over the call graph derives a summary for each function: what
// it does to its parameters and to what is reached from them. The analysis does
// not follow the order of statements, except that an object made here is
// nobody else's until it is handed out. What it cannot see counts as a write.
//
// The shape of it, summaries of a function's effect on what its parameters
// reach, is that of Whaley and Rinard's compositional pointer and escape
// analysis (OOPSLA 1999), kept field-insensitive within one object.

import (
	"sync"

	"pyxlock/parser/ast"
)

// function is a function with a body: a method of an extension type or Python
// class, or one at module level. Nested functions are part of theirs.
type function struct {
	mod      *module
	unit     *unit
	def      *ast.FuncDef
	class    *class // the extension type; nil otherwise
	pyClass  string // the Python class's name
	accessor accessor

	once    sync.Once // builds flow
	flow    *flow
	sum     summary
	callers []*function
	queued  bool

	locksOnce sync.Once
	locks     ownLocks // see Project.ownLocks
	entryOnce sync.Once
	entry     bool // see Project.member
	seenOnce  sync.Once
	seen      bool // see exposed
}

// accessor tells the parts of a property apart.
type accessor uint8

const (
	plain accessor = iota
	getter
	setter
	deleter
)

// name returns the function's name with its class's.
func (f *function) name() string {
	name := f.def.Name.Name
	switch {
	case f.class != nil:
		return f.class.name + "." + name
	case f.pyClass != "":
		return f.pyClass + "." + name
	}
	return name
}

// exposed reports whether Python code can call the function.
func (f *function) exposed() bool {
	f.seenOnce.Do(func() { f.seen = !isCdef(f.mod, f.class, f.def) })
	return f.seen
}

// nodeKind tells where a value comes from.
type nodeKind uint8

const (
	nodeNone    nodeKind = iota
	nodeParam            // parameter num
	nodeLocal            // any of from
	nodeField            // the object that attribute name of base refers to
	nodeInside           // a C value within base: a pointer, array, struct or view
	nodeCast             // base as another class
	nodeFresh            // an object made here
	nodeCall             // what call num returns
	nodeGlobal           // a module's variable
	nodeUnknown          // an object from somewhere
	nodeStowed           // base, put into a C value of one's own
	nodeNothing          // None, or a variable before it is assigned to
)

// node is a value in a function. Node 0 is a value that leads to no state.
type node struct {
	kind  nodeKind
	num   int32
	base  int32
	name  string
	owner *class // of a field: the class through which it was reached
	shape shape
	from  []int32
	local bool  // the address of a local pointer: who writes there changes the local
	pos   int32 // of a fresh object or call: where it comes to be
}

// effectKind tells how much is known of what is done to an object.
type effectKind uint8

const (
	onState  effectKind = iota // its C attributes, or what they point to
	onValue                    // a container's own content
	onPython                   // whatever Python code may do to it
)

// cause says in what way an effect comes about.
type cause uint8

const (
	reads cause = iota
	writes
	deletes
	storesThrough
	changesContainer
	passesWritable // to a C function whose parameter is not const
	passesConst
	passesHandle  // a number that stands for what C code keeps
	passesUnknown // to a C function that is not declared anywhere in sight
	callsUnknown  // Python code that is not in sight
	throughCall   // a function of the project does it
)

// effect is one thing done to the objects that a node stands for.
type effect struct {
	node  int32
	class *class // as which it is done; nil where that is not known
	kind  effectKind
	mode  mode
	sure  bool // nothing was assumed
	raw   bool // needs the caller to hold the lock
	// shallow is true for a store into a C value itself, not through what was
	// stowed in it.
	shallow bool
	cause   cause
	name    string // the attribute or function
	field   string // the attribute whose state it is; "" where that is not known
	span    ast.Span
}

// call is a call of functions of the project: one, or the overrides of one.
type call struct {
	span    ast.Span
	callees []*function
	args    []int32 // by the callee's parameters; 0 where nothing of interest
	hand    bool    // under a lock that was placed by hand
	handing handing // for callees that hand their arguments out
}

// handing is a point at which an object may become reachable by others.
type handing struct {
	node  int32
	pos   int32
	loops []int32 // the offsets at which the loops round it start, outermost first
	// stored is false where code that is not in sight may or may not keep it.
	stored bool
}

// from returns the offset from which on an object that came to be at an offset
// is shared: the next round of a loop comes after this one.
func (h *handing) from(made int32) int32 {
	for _, l := range h.loops {
		if l > made {
			return l
		}
	}
	return h.pos
}

// flow is what one function does, by itself.
type flow struct {
	nodes   []node
	effects []effect
	calls   []call
	returns []int32
	handed  []handing
	params  []int32 // node of each parameter
	stores  []store
	unit    *unit
	hand    ast.Span // the first lock placed by hand, zero where none
	yields  ast.Span // the first yield or await of its own
	// releases is the first place of its own that releases the GIL.
	releases ast.Span
	python   []ast.Span
}

// leadsInto returns the attribute that the value of node n leads into, "" where
// it may be any.
func (fl *flow) leadsInto(n int32) string {
	for range 16 {
		x := &fl.nodes[n]
		switch {
		case x.kind == nodeInside && x.name != "":
			return x.name
		case x.kind == nodeInside || x.kind == nodeCast:
			n = x.base
			continue
		case x.kind == nodeLocal && len(x.from) == 1:
			n = x.from[0]
			continue
		}
		break
	}
	return ""
}

// store is a pointer into one object's state that is put into another object.
type store struct {
	value, into int32
	name        string // the attribute that receives it
	span        ast.Span
}

// region is an object as a function knows it: a parameter, an object reached
// from one through attributes, or one of its own making.
type region struct {
	root   nodeKind // nodeParam, nodeFresh, nodeGlobal, nodeUnknown
	num    int32    // parameter or node
	parent int32    // the region that it is an attribute of; -1 for a root
	name   string
	owner  *class // the class through which the parent was read
	depth  int32
}

// found is an effect as a function's callers see it, with what it follows from.
type found struct {
	region int32
	class  *class
	kind   effectKind
	mode   mode
	sure   bool
	raw    bool

	cause cause
	name  string
	field string
	span  ast.Span
	via   *function // throughCall: the callee, and its effect
	next  int32
}

// foundKey is what tells effects of one summary apart.
type foundKey struct {
	region    int32
	class     *class
	kind      effectKind
	mode      mode
	sure, raw bool
	field     string
}

func (e *found) key() foundKey {
	return foundKey{e.region, e.class, e.kind, e.mode, e.sure, e.raw, e.field}
}

// summary is what a function does. It only grows.
type summary struct {
	regions []region
	effects []found
	returns []int32 // regions
	escapes map[int32]bool
	index   map[foundKey]struct{} // of effects, where there are many
	// shared tells for which parameters some caller passes objects that others
	// may know.
	shared map[int]bool
}

// program is what the code of a project does, as far as it has been asked for.
type program struct {
	proj  *proj
	locks *lockFacts
	types *ctypes
	// readsOnly tells of which C functions the settings say that they only read.
	readsOnly func(name string) bool

	functions *cache[*module, *functionsOf]
	hands     *cache[*module, *handNames]
	model     modelState
}

// newProgram returns the model of a project with its locks.
func newProgram(p *proj, locks *lockFacts, readsOnly func(name string) bool) *program {
	g := &program{proj: p, locks: locks, readsOnly: readsOnly}
	g.types = newCtypes(g.guards)
	g.functions = newCache(findFunctions)
	g.hands = newCache(newHandNames)
	return g
}

// modelState is what the fixed point has found.
type modelState struct {
	mu     sync.Mutex // held while solving
	solved map[*function]bool
	// assume makes every extension type with C attributes count as locked, and
	// tells apart which attributes are written.
	assume bool
	// derived holds the subclasses of each class, where the project is looked at
	// as a whole; nil otherwise.
	derived map[*class][]*class
	// written holds the attributes that are written once an object is made, by
	// the class that declares them; nil before settleFunctions.
	written map[*class]map[string]bool
	// assigned holds those that get another value, pointers that go elsewhere
	// among them.
	assigned map[*class]map[string]bool
	// grown holds those whose container is changed in place.
	grown map[*class]map[string]bool
}

// assuming is assume with nothing solved, and puts back what there was.
func (p *program) assuming(do func()) {
	s := &p.model
	solved, written, grown, assigned := s.solved, s.written, s.grown, s.assigned
	sums := make(map[*function]summary, len(solved))
	callers := make(map[*function][]*function, len(solved))
	for f := range solved {
		sums[f], callers[f] = f.sum, f.callers
	}
	p.forget()
	s.written = nil
	p.assume(do)
	p.forget()
	for f, sum := range sums { // more than were looked at here, too
		f.sum, f.callers = sum, callers[f]
	}
	s.solved, s.written, s.grown, s.assigned = solved, written, grown, assigned
}

// assume calls do with a model that takes every class with state for locked. What
// is solved stays.
func (p *program) assume(do func()) {
	was := p.model.assume
	p.model.assume = true
	do()
	p.model.assume = was
}

// forget drops the summaries of all functions.
func (p *program) forget() {
	for f := range p.model.solved { // also what is called in modules that are no inputs
		f.sum, f.callers = summary{}, nil
	}
	p.model.solved = nil
}

// functionsOf holds a module's functions.
type functionsOf struct {
	byName map[string][]*function
	byDef  map[*ast.FuncDef]*function
	all    []*function
	pyInit map[string]*function // __init__ of Python classes
	pySet  map[string]bool      // names of Python classes
	own    map[*class]*methodSet
}

// funcs returns the functions of a module.
func (p *program) funcs(m *module) *functionsOf { return p.functions.get(m) }

// own returns what the body of c defines.
func (p *program) own(c *class) *methodSet {
	if s := p.funcs(c.mod).own[c]; s != nil {
		return s
	}
	return &noMethods
}

func findFunctions(m *module) *functionsOf {
	t := &functionsOf{
		byName: map[string][]*function{},
		byDef:  map[*ast.FuncDef]*function{},
		pyInit: map[string]*function{},
		pySet:  map[string]bool{},
		own:    map[*class]*methodSet{},
	}
	for _, u := range m.units {
		t.collect(m, u, u.file.Body, nil, "", "")
	}
	return t
}

// collect finds the functions of a list of statements. property is the name of
// the property block that they stand in.
func (t *functionsOf) collect(m *module, u *unit, stmts []ast.Stmt, c *class, py, property string) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.FuncDef:
			f := &function{mod: m, unit: u, def: st, class: c, pyClass: py, accessor: accessorOf(st, property)}
			t.byDef[st] = f
			t.all = append(t.all, f)
			switch {
			case c != nil:
				t.addMethod(f, property)
			case py != "":
				if st.Name.Name == "__init__" {
					t.pyInit[py] = f
				}
			default:
				t.byName[st.Name.Name] = append(t.byName[st.Name.Name], f)
			}
		case *ast.ClassDef:
			if st.Body == nil {
				continue
			}
			if known := m.classes[st.Name.Name]; known != nil && known.is(st) {
				t.collect(m, u, st.Body.Stmts, known, "", "")
			} else {
				t.pySet[st.Name.Name] = true
				t.collect(m, u, st.Body.Stmts, nil, st.Name.Name, "")
			}
		case *ast.PropertyDef:
			t.collect(m, u, st.Body.Stmts, c, py, st.Name.Name)
		case *ast.StructDef, *ast.CppClass, *ast.ExternBlock:
		default:
			for _, b := range suites(st) {
				t.collect(m, u, b.Stmts, c, py, property)
			}
		}
	}
}

func accessorOf(f *ast.FuncDef, property string) accessor {
	if property != "" {
		switch f.Name.Name {
		case "__set__":
			return setter
		case "__del__":
			return deleter
		}
		return getter
	}
	for _, d := range f.Decorators {
		switch e := d.Expr.(type) {
		case *ast.Name:
			if e.Name == "property" || e.Name == "cached_property" {
				return getter
			}
		case *ast.Attribute:
			switch e.Attr.Name {
			case "setter":
				return setter
			case "deleter":
				return deleter
			case "getter":
				return getter
			}
		}
	}
	return plain
}

// methodSet is what a class's own body defines.
type methodSet struct {
	methods map[string][]*function
	props   map[string][]*function
}

var noMethods methodSet

func (t *functionsOf) addMethod(f *function, property string) {
	own := t.own[f.class]
	if own == nil {
		own = &methodSet{methods: map[string][]*function{}, props: map[string][]*function{}}
		t.own[f.class] = own
	}
	name := f.def.Name.Name
	switch {
	case property != "":
		own.props[property] = append(own.props[property], f)
	case f.accessor != plain:
		own.props[name] = append(own.props[name], f)
	default:
		own.methods[name] = append(own.methods[name], f)
	}
}

// members returns the methods or property parts called name of c: those of the
// nearest class that has any, and the overrides in subclasses of c that count:
// those in c's own module, or all of the project where it is looked at as a
// whole. Overrides that do not count are looked at where they are
// (rule_override.go).
func (p *program) members(c *class, name string, property bool) []*function {
	of := func(a *class) []*function {
		if property {
			return p.own(a).props[name]
		}
		return p.own(a).methods[name]
	}
	var out []*function
	for _, a := range c.ancestry() {
		if fs := of(a); len(fs) > 0 {
			out = append(out, fs...)
			break
		}
	}
	if p.model.derived != nil {
		for _, s := range p.model.derived[c] {
			out = append(out, of(s)...)
		}
		return out
	}
	for _, s := range c.mod.order {
		if s == c || len(of(s)) == 0 {
			continue
		}
		for _, a := range s.ancestry()[1:] {
			if a == c {
				out = append(out, of(s)...)
				break
			}
		}
	}
	return out
}

// derive notes which classes of the modules derive from which.
func (p *program) derive(mods []*module) {
	p.model.derived = map[*class][]*class{}
	for _, m := range mods {
		for _, c := range m.order {
			for _, a := range c.ancestry()[1:] {
				p.model.derived[a] = append(p.model.derived[a], c)
			}
		}
	}
}

// guards reports whether c's state has a lock of its own.
func (p *program) guards(c *class) bool {
	if c == nil {
		return false
	}
	if p.model.assume {
		return c.def != nil && c.hasState()
	}
	return p.locks.lockOf(c) != nil
}
