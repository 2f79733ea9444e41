package effects

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
	"pyxlock/transform/cache"
	"pyxlock/transform/ctype"
	"pyxlock/transform/decorator"
	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Function is a function with a body: a method of an extension type or Python
// class, or one at module level. Nested functions are part of theirs.
type Function struct {
	Mod      *project.Module
	Unit     *project.Unit
	Def      *ast.FuncDef
	Class    *project.Class // the extension type; nil otherwise
	PyClass  string         // the Python class's name
	Accessor Accessor

	once    sync.Once // builds flow
	Flow    *Flow
	Sum     Summary
	Callers []*Function
	queued  bool

	locksOnce sync.Once
	locks     OwnLocks // see Project.ownLocks
	entryOnce sync.Once
	entry     bool // see Project.member
	seenOnce  sync.Once
	seen      bool // see exposed
}

// Accessor tells the parts of a property apart.
type Accessor uint8

const (
	Plain Accessor = iota
	Getter
	Setter
	Deleter
)

// Name returns the function's name with its class's.
func (f *Function) Name() string {
	name := f.Def.Name.Name
	switch {
	case f.Class != nil:
		return f.Class.Name + "." + name
	case f.PyClass != "":
		return f.PyClass + "." + name
	}
	return name
}

// Exposed reports whether Python code can call the function.
func (f *Function) Exposed() bool {
	f.seenOnce.Do(func() { f.seen = !project.IsCdef(f.Mod, f.Class, f.Def) })
	return f.seen
}

// NodeKind tells where a value comes from.
type NodeKind uint8

const (
	NodeNone    NodeKind = iota
	NodeParam            // parameter num
	NodeLocal            // any of from
	NodeField            // the object that attribute name of base refers to
	NodeInside           // a C value within base: a pointer, array, struct or view
	NodeCast             // base as another class
	NodeFresh            // an object made here
	NodeCall             // what call num returns
	NodeGlobal           // a module's variable
	NodeUnknown          // an object from somewhere
	NodeStowed           // base, put into a C value of one's own
	NodeNothing          // None, or a variable before it is assigned to
)

// Node is a value in a function. Node 0 is a value that leads to no state.
type Node struct {
	Kind  NodeKind
	Num   int32
	Base  int32
	Name  string
	owner *project.Class // of a field: the class through which it was reached
	Shape ctype.Shape
	From  []int32
	local bool  // the address of a local pointer: who writes there changes the local
	pos   int32 // of a fresh object or call: where it comes to be
}

// EffectKind tells how much is known of what is done to an object.
type EffectKind uint8

const (
	OnState  EffectKind = iota // its C attributes, or what they point to
	OnValue                    // a container's own content
	OnPython                   // whatever Python code may do to it
)

// Cause says in what way an effect comes about.
type Cause uint8

const (
	Reads Cause = iota
	Writes
	Deletes
	StoresThrough
	ChangesContainer
	PassesWritable // to a C function whose parameter is not const
	PassesConst
	PassesHandle  // a number that stands for what C code keeps
	PassesUnknown // to a C function that is not declared anywhere in sight
	CallsUnknown  // Python code that is not in sight
	ThroughCall   // a function of the project does it
)

// action is one thing done to the objects that a node stands for.
type action struct {
	Node  int32
	class *project.Class // as which it is done; nil where that is not known
	Kind  EffectKind
	Mode  Mode
	sure  bool // nothing was assumed
	raw   bool // needs the caller to hold the lock
	// shallow is true for a store into a C value itself, not through what was
	// stowed in it.
	shallow bool
	Cause   Cause
	Name    string // the attribute or function
	Field   string // the attribute whose state it is; "" where that is not known
	Span    ast.Span
}

// Call is a call of functions of the project: one, or the overrides of one.
type Call struct {
	Span    ast.Span
	Callees []*Function
	Args    []int32 // by the callee's parameters; 0 where nothing of interest
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

// Flow is what one function does, by itself.
type Flow struct {
	Nodes   []Node
	Actions []action
	Calls   []Call
	Returns []int32
	handed  []handing
	Params  []int32 // node of each parameter
	Stores  []Store
	unit    *project.Unit
	Hand    ast.Span // the first lock placed by hand, zero where none
	Yields  ast.Span // the first yield or await of its own
	// Releases is the first place of its own that releases the GIL.
	Releases ast.Span
	Python   []ast.Span
}

// leadsInto returns the attribute that the value of node n leads into, "" where
// it may be any.
func (fl *Flow) leadsInto(n int32) string {
	for range 16 {
		x := &fl.Nodes[n]
		switch {
		case x.Kind == NodeInside && x.Name != "":
			return x.Name
		case x.Kind == NodeInside || x.Kind == NodeCast:
			n = x.Base
			continue
		case x.Kind == NodeLocal && len(x.From) == 1:
			n = x.From[0]
			continue
		}
		break
	}
	return ""
}

// Store is a pointer into one object's state that is put into another object.
type Store struct {
	Value, Into int32
	Name        string // the attribute that receives it
	Span        ast.Span
}

// Region is an object as a function knows it: a parameter, an object reached
// from one through attributes, or one of its own making.
type Region struct {
	Root   NodeKind // nodeParam, nodeFresh, nodeGlobal, nodeUnknown
	Num    int32    // parameter or node
	Parent int32    // the region that it is an attribute of; -1 for a root
	Name   string
	Owner  *project.Class // the class through which the parent was read
	depth  int32
}

// Effect is an effect as a function's callers see it, with what it follows from.
type Effect struct {
	Region int32
	Class  *project.Class
	Kind   EffectKind
	Mode   Mode
	Sure   bool
	Raw    bool

	Cause Cause
	Name  string
	Field string
	Span  ast.Span
	Via   *Function // throughCall: the callee, and its effect
	next  int32
}

// foundKey is what tells effects of one summary apart.
type foundKey struct {
	region    int32
	class     *project.Class
	kind      EffectKind
	mode      Mode
	sure, raw bool
	field     string
}

func (e *Effect) key() foundKey {
	return foundKey{e.Region, e.Class, e.Kind, e.Mode, e.Sure, e.Raw, e.Field}
}

// Summary is what a function does. It only grows.
type Summary struct {
	Regions []Region
	Effects []Effect
	returns []int32 // regions
	escapes map[int32]bool
	index   map[foundKey]struct{} // of effects, where there are many
	// shared tells for which parameters some caller passes objects that others
	// may know.
	shared map[int]bool
}

// Program is what the code of a project does, as far as it has been asked for.
type Program struct {
	Project *project.Project
	Locks   *decorator.Locks
	Types   *ctype.Types
	// readsOnly tells of which C functions the settings say that they only read.
	readsOnly func(name string) bool

	functions *cache.Cache[*project.Module, *Functions]
	Hands     *cache.Cache[*project.Module, *handlock.Names]
	model     modelState
	// Changes are nil before SettleFunctions.
	Changes *Changes
}

// New returns the model of a project with its locks.
func New(p *project.Project, locks *decorator.Locks, readsOnly func(name string) bool) *Program {
	g := &Program{Project: p, Locks: locks, readsOnly: readsOnly}
	g.Types = ctype.New(g.Guards)
	g.functions = cache.New(findFunctions)
	g.Hands = cache.New(handlock.New)
	return g
}

// modelState is what the fixed point has found.
type modelState struct {
	mu     sync.Mutex // held while solving
	solved map[*Function]bool
	// assume makes every extension type with C attributes count as locked.
	assume bool
	// derived holds the subclasses of each class, where the project is looked at
	// as a whole; nil otherwise.
	derived map[*project.Class][]*project.Class
}

// Assuming is assume with nothing solved, and puts back what there was.
func (p *Program) Assuming(do func()) {
	solved, changes := p.model.solved, p.Changes
	sums := make(map[*Function]Summary, len(solved))
	callers := make(map[*Function][]*Function, len(solved))
	for f := range solved {
		sums[f], callers[f] = f.Sum, f.Callers
	}
	p.Forget()
	p.Changes = nil
	p.Assume(do)
	p.Forget()
	for f, sum := range sums { // more than were looked at here, too
		f.Sum, f.Callers = sum, callers[f]
	}
	p.model.solved, p.Changes = solved, changes
}

// Assume calls do with a model that takes every class with state for locked. What
// is solved stays.
func (p *Program) Assume(do func()) {
	was := p.model.assume
	p.model.assume = true
	do()
	p.model.assume = was
}

// Forget drops the summaries of all functions.
func (p *Program) Forget() {
	for f := range p.model.solved { // also what is called in modules that are no inputs
		f.Sum, f.Callers = Summary{}, nil
	}
	p.model.solved = nil
}

// Functions holds a module's functions.
type Functions struct {
	byName map[string][]*Function
	ByDef  map[*ast.FuncDef]*Function
	All    []*Function
	pyInit map[string]*Function // __init__ of Python classes
	pySet  map[string]bool      // names of Python classes
	own    map[*project.Class]*Methods
}

// Funcs returns the functions of a module.
func (p *Program) Funcs(m *project.Module) *Functions { return p.functions.Get(m) }

// Own returns what the body of c defines.
func (p *Program) Own(c *project.Class) *Methods {
	if s := p.Funcs(c.Mod).own[c]; s != nil {
		return s
	}
	return &noMethods
}

func findFunctions(m *project.Module) *Functions {
	t := &Functions{
		byName: map[string][]*Function{},
		ByDef:  map[*ast.FuncDef]*Function{},
		pyInit: map[string]*Function{},
		pySet:  map[string]bool{},
		own:    map[*project.Class]*Methods{},
	}
	for _, u := range m.Units {
		t.collect(m, u, u.File.Body, nil, "", "")
	}
	return t
}

// collect finds the functions of a list of statements. property is the name of
// the property block that they stand in.
func (t *Functions) collect(m *project.Module, u *project.Unit, stmts []ast.Stmt, c *project.Class, py, property string) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.FuncDef:
			f := &Function{Mod: m, Unit: u, Def: st, Class: c, PyClass: py, Accessor: accessorOf(st, property)}
			t.ByDef[st] = f
			t.All = append(t.All, f)
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
			if known := m.ClassByName[st.Name.Name]; known != nil && known.Is(st) {
				t.collect(m, u, st.Body.Stmts, known, "", "")
			} else {
				t.pySet[st.Name.Name] = true
				t.collect(m, u, st.Body.Stmts, nil, st.Name.Name, "")
			}
		case *ast.PropertyDef:
			t.collect(m, u, st.Body.Stmts, c, py, st.Name.Name)
		case *ast.StructDef, *ast.CppClass, *ast.ExternBlock:
		default:
			for _, b := range syntax.Suites(st) {
				t.collect(m, u, b.Stmts, c, py, property)
			}
		}
	}
}

func accessorOf(f *ast.FuncDef, property string) Accessor {
	if property != "" {
		switch f.Name.Name {
		case "__set__":
			return Setter
		case "__del__":
			return Deleter
		}
		return Getter
	}
	for _, d := range f.Decorators {
		switch e := d.Expr.(type) {
		case *ast.Name:
			if e.Name == "property" || e.Name == "cached_property" {
				return Getter
			}
		case *ast.Attribute:
			switch e.Attr.Name {
			case "setter":
				return Setter
			case "deleter":
				return Deleter
			case "getter":
				return Getter
			}
		}
	}
	return Plain
}

// Methods is what a class's own body defines.
type Methods struct {
	Plain map[string][]*Function
	Props map[string][]*Function
}

var noMethods Methods

func (t *Functions) addMethod(f *Function, property string) {
	own := t.own[f.Class]
	if own == nil {
		own = &Methods{Plain: map[string][]*Function{}, Props: map[string][]*Function{}}
		t.own[f.Class] = own
	}
	name := f.Def.Name.Name
	switch {
	case property != "":
		own.Props[property] = append(own.Props[property], f)
	case f.Accessor != Plain:
		own.Props[name] = append(own.Props[name], f)
	default:
		own.Plain[name] = append(own.Plain[name], f)
	}
}

// members returns the methods or property parts called name of c: those of the
// nearest class that has any, and the overrides in subclasses of c that count:
// those in c's own module, or all of the project where it is looked at as a
// whole. Overrides that do not count are looked at where they are
// (rule_override.go).
func (p *Program) members(c *project.Class, name string, property bool) []*Function {
	of := func(a *project.Class) []*Function {
		if property {
			return p.Own(a).Props[name]
		}
		return p.Own(a).Plain[name]
	}
	var out []*Function
	for _, a := range c.Ancestry() {
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
	for _, s := range c.Mod.Classes {
		if s == c || len(of(s)) == 0 {
			continue
		}
		for _, a := range s.Ancestry()[1:] {
			if a == c {
				out = append(out, of(s)...)
				break
			}
		}
	}
	return out
}

// Derive notes which classes of the modules derive from which.
func (p *Program) Derive(mods []*project.Module) {
	p.model.derived = map[*project.Class][]*project.Class{}
	for _, m := range mods {
		for _, c := range m.Classes {
			for _, a := range c.Ancestry()[1:] {
				p.model.derived[a] = append(p.model.derived[a], c)
			}
		}
	}
}

// Guards reports whether c's state has a lock of its own.
func (p *Program) Guards(c *project.Class) bool {
	if c == nil {
		return false
	}
	if p.model.assume {
		return c.Def != nil && c.HasState()
	}
	return p.Locks.Of(c) != nil
}
