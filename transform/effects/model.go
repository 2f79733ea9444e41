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
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// NodeKind tells where a value comes from.
type NodeKind uint8

const (
	NodeNone      NodeKind = iota
	NodeParam              // parameter num
	NodeLocal              // any of from
	NodeField              // the object that attribute name of base refers to
	NodeInside             // a C value within base: a pointer, array, struct or view
	NodeCast               // base as another class
	NodeFresh              // an object made here
	NodeCall               // what call num returns
	NodeGlobal             // a module's variable
	NodeUnknown            // an object from somewhere; out of base, where that is known
	NodeStowed             // base, put into a C value of one's own
	NodeKept               // where an object keeps a pointer that comes from elsewhere, too; it leads nowhere by itself
	NodeMade               // C data that C code made: no state of anybody known
	NodeNothing            // None, or a variable before it is assigned to
	NodeItem               // an item of the tuple or list that call base returns
	NodeHistory            // where a history begins (heap.go)
	NodeAssigned           // an attribute gets a value; base is the history before it
	NodeCalled             // call num is made; base is the history before it
	NodeLent               // a pointer that object base gave in a capsule; no state of anybody known
	NodeContained          // some item of base, a container
	NodeClass              // a class
	NodeHolds              // lock num is taken; base is the history before it
	NodeLetsGo             // lock num is released; base is the history before it; what from has is kept
	NodeAsks               // lock num may have been taken; base is the history before it
	NodeAnswered           // that it has been is known from here on; base is the history before it
	NodeSame               // the two values of from are one object from here on; base is the history before it
	NodeInCall             // what is handed over runs as place num has it; base is the history before the call
	NodeAnswer             // what a call returns that may have taken the locks from num to pos
)

// Node is a value in a function. Node 0 is a value that leads to no state.
type Node struct {
	Name  string
	owner *project.Class // of a field: the class through which it was reached; of a class: itself
	Shape ctype.Shape
	From  []int32
	Num   int32
	Base  int32
	pos   int32 // of a fresh object or call: where it comes to be; of an assignment: where it is; of a cast: see KeptSince
	met   int32 // of a local: where two ways met, so that the others of there were what their from has at the same place
	Kind  NodeKind
	local bool // the address of a local pointer: who writes there changes the local
	// filled is true of a local that C code made lead into whatever else it was given, or that is what it returned: all
	// that its from has at once.
	filled bool
	// likely is true of a cast to what an object was made as, which no declaration tells.
	likely bool
	// captured is true of a local that a nested function may have given another value meanwhile.
	captured bool
	// history is, of a field, what has been assigned before it is read.
	history int32
}

// Reader is a parameter of a C function, or the object of a method, as the setting reads names
// them.
type Reader struct {
	Name  string // "gr_add", "Trie.lookup"; "" for none
	Param string // its name, where it has one
	First bool   // it is what the function is named after, for all that is known
	Out   bool   // it is the first that the function may write to
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
	Moves          // where a Python object goes on: a file's position
	SetsWithin     // an attribute of an object that has no known class, or no lock
	SetsItem       // one of an item that has a lock of its own
	PassesWritable // to a C function whose parameter is not const
	PassesConst
	PassesHandle  // a number that stands for what C code keeps
	PassesUnknown // to a C function that is not declared anywhere in sight
	CallsUnknown  // Python code that is not in sight
	ThroughCall   // a function of the project does it
	UsesUnread    // a member that a file which is not read may define
	MayCall       // an operation may be a function of the project
	Takes         // a block locks it
)

// action is one thing done to the objects that a node stands for.
type action struct {
	Node  int32
	class *project.Class // as which it is done; nil where that is not known
	Kind  EffectKind
	Mode  Mode
	sure  bool // nothing was assumed
	raw   bool // needs the caller to hold the lock
	takes bool // it is the taking of the object's lock, in a block
	// tested is true of a read that only decides which way to go.
	tested bool
	each   bool  // of a taking: by each thread of a parallel loop
	under  int32 // the block that it stands in; 0 for none
	// shallow is true for a store into a C value itself, not through what was
	// stowed in it.
	shallow bool
	Cause   Cause
	Name    string // the attribute or function
	*outOfSight
	Field  string // the attribute whose state it is; "" where that is not known
	behind bool   // it is done to what Field leads to
	itself bool   // C code has the object's own address, and with it those of all attributes
	Span   ast.Span
	// history is what has been done before: it tells which locks are held.
	history int32
}

// outOfSight is what is known of code that is not in sight; nil where nothing is. Many effects share it.
type outOfSight struct {
	says   string
	reader Reader
}

// Says is where a header says what the function does; "" where none does.
func (o *outOfSight) Says() string {
	if o == nil {
		return ""
	}
	return o.says
}

// Reader is what the setting reads would have to name for a write to be a read.
func (o *outOfSight) Reader() Reader {
	if o == nil {
		return Reader{}
	}
	return o.reader
}

// Call is a call of functions of the project: one, or the overrides of one.
type Call struct {
	Span    ast.Span
	Callees []*Function
	Args    []int32 // by the callee's parameters; 0 where nothing of interest
	none    []int32 // the parameters that get None
	// On is the class as which the receiver's method is looked up; nil where no override
	// can come in.
	On    *project.Class
	under int32 // the block that it stands in; 0 for none
	// inside is the block in which the function runs, within the function, that it stands in; 0 for none.
	inside int32
	// parallel tells that each thread of a parallel loop makes it.
	parallel bool
	handing  handing // for callees that hand their arguments out
	history  int32   // what has been assigned before
	// later tells that C code is given the function, to call it when it likes.
	later bool
	node  int32 // its value; 0 where that is a number
	made  []madeByParam
	// union stands for the callees where they are many.
	union *Function
	// anyOf tells that a pointer leads to one of the callees, which have no more in common than its type.
	anyOf bool
}

// handing is a point at which an object may become reachable by others.
type handing struct {
	node  int32
	pos   int32
	loops []int32 // the offsets at which the loops round it start, outermost first
	// stored is false where code that is not in sight may or may not keep it.
	stored bool
	// into is the object that it is stored in; 0 where that is not known.
	into  int32
	under int32 // the block that it stands in; 0 for none
	// ours is true where that is one of the function's own making: who gets that gets this, too.
	ours bool
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
	items   []item // of what is returned
	handed  []handing
	Params  []int32 // node of each parameter
	Stores  []Store
	unit    *project.Unit
	Blocks  []Block  // the with statements that take locks; the first is none
	Hand    ast.Span // the first lock placed by hand, zero where none
	Locks   []LockUse
	Yields  ast.Span // the first yield or await of its own
	// Releases is the first place of its own that releases the GIL.
	Releases ast.Span
	Python   []ast.Span
	// ends are the ends of the history where control leaves the function, yields where it waits at a yield.
	ends, yields []int32
	runs         []handed    // where functions are handed over, or called by those that got them
	globals      []globalUse // where variables of the module are used
	// assigns is true where an attribute that holds an object is assigned to.
	assigns bool
	// enters is true where a with statement gives a variable what an __enter__ returns, which is taken for what is entered.
	enters bool
	// content holds what containers of the function's own making were made with, by their
	// nodes, and puts what containers get after that.
	content map[int32][]int32
	puts    []put
	changed []int32 // containers that are changed
	// sameItems are nodes of items with earlier ones that are the same object (sameitems.go).
	sameItems map[int32]int32
	mayCalls  []mayCall
	through   []mayCall // by functions that are called (see usesThrough)
	uses      []use     // of parameters without a static type, in functions that are no methods
	loose     []loose   // uses of objects without a static type, in methods and under blocks
	onward    []loose   // those by functions that are given the objects (see usesThrough)
	// carries holds the objects that values lead to which are not these, got what values were got out of.
	carries map[int32][]carried
	got     map[int32]carried
	// makes holds what was called to get a value, a parameter, by that.
	makes map[int32]int32
}

// put is an item that a container gets, or unknownItem.
type put struct{ in, item int32 }

// LeadsInto returns the attribute that the value of node n leads into, "" where
// it may be any.
func (fl *Flow) LeadsInto(n int32) string {
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

// addresses reports whether a pointer may be the address of an object itself: <void*>self.
func (fl *Flow) addresses(n int32) bool {
	is := false
	whole := fl.eachSource(n, 32, func(x *Node) bool {
		is = is || (x.Kind == NodeCast || x.Kind == NodeInside && x.Name == "") && x.Shape.Kind != ctype.Object && fl.Nodes[x.Base].Shape.Kind == ctype.Object
		return is || x.Kind == NodeInside && x.Name != ""
	})
	return is || !whole
}

// eachSource visits a value, and whatever it may be another name of or lead from: what is cast, what it leads into, each
// of those that a variable may hold. It goes no further where ends says so, and reports whether
// these were at most as many as it may visit.
func (fl *Flow) eachSource(n int32, most int, ends func(x *Node) bool) bool {
	list := []int32{n}
	for i := 0; i < len(list); i++ {
		if i == most {
			return false
		}
		x := &fl.Nodes[list[i]]
		if ends(x) {
			continue
		}
		switch x.Kind {
		case NodeCast, NodeInside:
			list = append(list, x.Base)
		case NodeLocal:
			for _, from := range x.From {
				if from != 0 && !slices.Contains(list, from) {
					list = append(list, from)
				}
			}
		}
	}
	return true
}

// Store is what an assignment puts into an attribute. Value is 0 where that is
// nothing that is followed.
type Store struct {
	Value, Into int32
	Name        string // the attribute that receives it, "" where Into leads into it
	Span        ast.Span
	Nothing     bool // None or NULL
}

// Region is an object as a function knows it: a parameter, an object reached
// from one through attributes, or one of its own making.
type Region struct {
	Root   NodeKind // NodeParam, NodeFresh, NodeGlobal, NodeUnknown
	Num    int32    // parameter or node
	Parent int32    // the region that it is an attribute of; -1 for a root
	Name   string
	Owner  *project.Class // the class through which the parent was read
	depth  int32
	moved  uint8 // whether the attribute is assigned to before this is used
	ways   uint8 // whether that or one on the way is
	// Of an attribute of an object of the function's own making: whether it is one more name of objects that the function
	// knows by others and that have locks of their own; and whether it stands for another one as well.
	named, nameless bool
	locked          *lockedName
}

// Effect is an effect as a function's callers see it, with what it follows from.
type Effect struct { // by size: functions that elements are made in have hundreds
	Class *project.Class
	// Guarded is the class of an object that is locked for writing, where the effect is on what
	// guards, or may guard, that object: one lock is both's. It is nil otherwise.
	Guarded *project.Class
	Via     *Function // throughCall, mayCall: the callee, and its effect
	*outOfSight
	// locks are those that people placed and that are held, as a set of the summary's.
	locks lockSet
	// theirs are those of them that the function does not hold itself: what it calls takes them.
	theirs lockSet
	// freed are those of them that the function may have released for its caller by then.
	freed  lockSet
	Name   string
	Field  string
	Span   ast.Span
	Region int32
	// Under is the innermost block that stands round what takes a lock; 0 for none.
	Under int32
	next  int32
	Kind  EffectKind
	Mode  Mode
	Cause Cause
	Sure  bool
	Raw   bool
	// Maybe is true where only the operation tells what the object may be.
	Maybe bool
	// Asked is true where nothing is written, and a callee's decorator locks for writing.
	Asked bool
	// Held is true under a block of the function that holds the object.
	Held bool
	// Owned is true where it is done to an object that only this one leads to, even by a method of that object
	// which takes its lock.
	Owned bool
	// Shared is true of a write under a block that holds the object for reading only.
	Shared bool
	// Each is true where each thread of a parallel loop takes the lock of the object, so that who
	// waits for these threads must not hold it.
	Each bool
	// Behind is true where it is done to what Field leads to, C data or an object that has no
	// lock of its own, and not to Field itself.
	Behind bool
	// Itself is true where C code has the object's own address, and with it those of all its attributes.
	Itself bool
	// tested is true of a read by the function itself that only decides which way to go.
	tested bool
	// later is true of what a function does that C code is given to call when it likes.
	later bool
}

// alike reports whether two effects of one summary are the same.
func (e *Effect) alike(o *Effect) bool {
	return o.Region == e.Region && o.Class == e.Class && o.Kind == e.Kind && o.Mode == e.Mode && o.Sure == e.Sure && o.Raw == e.Raw && o.Maybe == e.Maybe && o.Asked == e.Asked && o.Guarded == e.Guarded && o.Held == e.Held && o.Each == e.Each && o.Under == e.Under && o.Field == e.Field && o.Behind == e.Behind && o.Itself == e.Itself && o.tested == e.tested && o.later == e.later && o.locks == e.locks && o.theirs == e.theirs && o.freed == e.freed
}

// foundKey is what tells effects of one summary apart. It has no gaps, so that it is hashed in one go.
type foundKey struct {
	class, guarded *project.Class
	locks, theirs  lockSet
	freed          lockSet
	region, under  int32
	is             uint64 // kind and mode, and a bit for each of the others
	field          string
}

// Writes reports whether the effect changes state, and is not only locked as if it did.
func (e *Effect) Writes() bool { return e.Mode == Write && !e.Asked }

func (e *Effect) key() foundKey {
	is := uint64(e.Kind) | uint64(e.Mode)<<8
	for i, b := range [...]bool{e.Sure, e.Raw, e.Maybe, e.Asked, e.Held, e.Each, e.Behind, e.Itself, e.tested, e.later} {
		if b {
			is |= 1 << (16 + i)
		}
	}
	return foundKey{e.Class, e.Guarded, e.locks, e.theirs, e.freed, e.Region, e.Under, is, e.Field}
}

// escape is a parameter that a function stores, and the region that it is stored in;
// -1 where that is not reached from a parameter.
type escape struct{ param, into int32 }

// Summary is what a function does. It only grows.
type Summary struct {
	Regions []Region
	out     handedOut
	places  placeTable // of regions, where there are many
	far     int        // how many regions are attributes of attributes
	Effects []Effect
	beyond  int     // how many effects are on what is further on
	returns []int32 // regions
	items   []item  // what is in the tuples and lists that are returned
	assigns []assigned
	always  map[place]bool // see assign
	escapes []escape
	// keeps tells which parameters have to be the caller's own containers, no copies.
	keeps map[int32]bool
	index placeTable // of effects, where there are many
	// shared tells for which parameters some caller passes objects that others
	// may know.
	shared map[int]bool
	// locks are those that people placed, as far as the function knows them by names.
	locks []heldLock
	ways  [][]step // to locks of values that may be several objects
	// leaves are the locks that it leaves taken, frees those that it releases for its callers, and yields those
	// that a generator holds at each of its yields.
	leaves, frees, yields lockSet
	// takes are the locks that it takes, or what it calls does; once those that their holder cannot take again.
	takes, once lockSet
	lockChanges int
	under       []calledUnder // where what it is given is called, by its parameters
	// waits is true where threads of a parallel loop may be waited for, in the function or in what it calls.
	waits  bool
	united *united // of a function that stands for many overrides
	// differs is what would be different under Assume.
	differs difference
}
