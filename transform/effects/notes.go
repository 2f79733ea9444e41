package effects

import (
	"fmt"
	"pyxlock/parser/ast"
	"pyxlock/parser/c"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
	"slices"
	"strings"
)

// What is done to values, as it is noted down: uses of state, and objects that
// are handed on to others.

// notes take down what a function does to its values.
type notes struct {
	variables
	m *project.Module
	// under is the block that the walk is in; 0 for none.
	under int32
	// parallel tells that several threads of a loop are there at once.
	parallel bool
	// nogil counts the statements round the walk that release the GIL.
	nogil int
	// withs are the locks of the with statements that the walk is in, guards those of C++ guards by
	// the variables that hold them, heapGuards the ones that have to be deleted, and kept those of
	// what contextlib calls an ExitStack.
	withs      []int32
	guards     map[string][]int32
	heapGuards []string
	// guardAnswers are the answers of attempts by which guards were made.
	guardAnswers map[string]int32
	// starts are where functions inside the function begin that are only called.
	starts map[*ast.FuncDef]int32
	// results are what functions inside the function and lambdas return, returned those of the one that is walked, and lambdaOf the
	// lambdas by the values that stand for them.
	results  map[ast.Node][]int32
	returned []int32
	lambdaOf map[int32]*ast.Lambda
	// lambdaStarts are where lambdas begin that are arguments.
	lambdaStarts map[*ast.Lambda]int32
	// atOnce is true in the arguments of what calls the functions that it is given before it returns.
	atOnce bool
	// together is the history before locks that a loop takes in an order of their own; 0 outside of such loops.
	together int32
	// newLock is true where an attribute is given a lock that was just made.
	newLock bool
	// boundLocks are the variables that hold a method by which a lock is taken or released.
	boundLocks map[string]*ast.Attribute
	kept       map[string][]int32
	isStacks   map[string]bool
	// handMade is true where the module has locks that people placed.
	handMade bool
	// itemsMade are the items of containers that the walk has come upon (sameitems.go).
	itemsMade map[itemAt]madeItem
	// sameHere are expressions that are one object where the walk is.
	sameHere [][2]ast.Expr
	// answered are what calls return that may have taken locks.
	answered map[*ast.Call]int32
	// nested counts the functions and lambdas that the walk is in, below its own.
	nested int
	// inside is the block in which the function within the function runs that is walked; 0 for none.
	inside int32
	// bodies are where the flow has what functions inside the function do.
	bodies  map[*ast.FuncDef]bodyOf
	later   int  // functions inside it that are walked and may run when it is over
	raising bool // what an exception is made of is walked
	// shallow is the variable whose own place is assigned to: p in "p[i] = v".
	shallow *ast.Name
	end     int32 // of the assignment that is being walked: what it hands out it has made before
}

func (b *notes) effect(n int32, class *project.Class, kind EffectKind, md Mode, sure bool, c Cause, name string, span ast.Span) {
	if n == 0 || b.shape(n).Lock {
		return
	}
	field, behind := b.fieldOf(n, kind, name)
	whole := c == PassesUnknown && b.shape(n).Kind == ctype.Object // name is that of a function
	if whole {
		field, behind = "", false
	}
	b.flow.Actions = append(b.flow.Actions, action{Node: n, class: class, Kind: kind, Mode: md, sure: sure,
		raw: kind != OnPython, under: b.under, Cause: c, Name: name, Field: field, behind: behind || c == StoresThrough, itself: kind == OnState && field == "" && b.flow.addresses(n) || whole, Span: span, history: b.history()})
}

// fieldOf returns the attribute that an effect reaches, "" where it may be any, and whether
// it reaches what that leads to.
func (b *notes) fieldOf(n int32, kind EffectKind, name string) (field string, behind bool) {
	if in := b.flow.LeadsInto(n); in != "" {
		return in, true
	}
	if sh := b.shape(n); sh.Class == nil && sh.Kind != ctype.Object && sh.Kind != ctype.Unknown {
		return "", true
	}
	if kind == OnState && b.shape(n).Class != nil {
		return name, false
	}
	return "", false
}

// handOut notes that the objects of a node may be seen by others from here on:
// they are stored somewhere.
func (b *notes) handOut(n int32, at int32) { b.hands(n, 0, at, true) }

// handOutInto hands a value out by storing it in an object, unless that is the one that the value is a part
// of already. Of an object of our own making those have it who get that one.
func (b *notes) handOutInto(value, into, at int32) {
	if own := b.origin(value); own == b.origin(into) {
		// A variable may hold any of several values: the same one in one statement, if nobody else changes it.
		if x := &b.flow.Nodes[own]; x.Kind == NodeParam || x.Kind == NodeLocal && !x.captured {
			return
		}
	}
	for n := into; ; {
		x := b.flow.Nodes[n]
		switch x.Kind {
		case NodeFresh:
			first := len(b.flow.handed)
			b.hands(value, into, at, true)
			for i := first; i < len(b.flow.handed); i++ {
				b.flow.handed[i].ours = true
			}
			return
		case NodeLocal:
			if len(x.From) == 1 {
				n = x.From[0]
				continue
			}
		case NodeCast:
			n = x.Base
			continue
		}
		break
	}
	b.hands(value, into, at, true)
}

// byHand notes a lock that a person placed.
func (b *notes) byHand(s ast.Span) {
	if b.flow.Hand == (ast.Span{}) {
		b.flow.Hand = s
	}
}

// python notes a place at which any Python code may run: it may assign to attributes.
func (b *notes) python(span ast.Span) {
	b.set(historySlot, b.node(Node{Kind: NodeCalled, Base: b.history(), Num: unseenCode}))
	if b.nested == 0 {
		b.flow.Python = append(b.flow.Python, span)
	}
}

func (b *notes) suspends(s ast.Span) {
	if b.nested == 0 && b.flow.Yields == (ast.Span{}) {
		b.flow.Yields = s
	}
}

// rawObject hands an object to C code that may know its attributes.
func (b *notes) rawObject(n int32, name string, span ast.Span) {
	if sh := b.shape(n); n != 0 && sh.Kind == ctype.Object && sh.Class != nil {
		b.effect(n, sh.Class, OnState, Write, false, PassesUnknown, name, span)
	}
}

// opaque hands an object to code that is not in sight.
func (b *notes) opaque(n int32, name string, span ast.Span) {
	if n == 0 {
		return
	}
	sh := b.shape(n)
	if sh.Kind != ctype.Object && sh.Kind != ctype.Unknown {
		b.passTo(n, false, name, span)
		return
	}
	b.hands(n, 0, span.End, false)
	b.put(n, unknownItem) // where it is a container, it may get others
	switch {
	case sh.Container:
		b.effect(n, nil, OnValue, Write, false, CallsUnknown, name, span)
	case b.flow.Nodes[n].Kind != NodeField:
		b.effect(n, sh.Class, OnPython, Write, false, CallsUnknown, name, span)
	}
}

// passTo passes a C value to a function that may write to it.
func (b *notes) passTo(n int32, sure bool, name string, span ast.Span) {
	sh := b.shape(n)
	switch {
	case sh.Handle:
		b.effect(n, nil, OnState, Write, false, PassesHandle, name, span)
	case sh.Kind == ctype.Scalar:
	case sh.Kind == ctype.Object:
		b.opaque(n, name, span)
	case sh.ReadOnly():
		b.effect(n, nil, OnState, Read, true, PassesConst, name, span)
	case sh.Returned && strings.HasSuffix(strings.ToLower(name), "free"):
		// What a function returned and another frees was made for the caller.
	case sh.Kind == ctype.Pointer:
		c := PassesUnknown
		if sure {
			c = PassesWritable
		}
		b.effect(n, nil, OnState, Write, sure, c, name, span)
	default: // perhaps a pointer
		b.effect(n, nil, OnState, Write, false, PassesUnknown, name, span)
	}
}

// passAs passes a C value to a function of which a header may say what it does to it.
// reader is what the setting reads would call the function.
func (b *notes) passAs(n int32, does c.Answer, sure bool, name string, reader Reader, span ast.Span) {
	before := len(b.flow.Actions)
	if k := b.shape(n).Kind; does.Does == c.Reads && k != ctype.Object && k != ctype.Scalar {
		b.effect(n, nil, OnState, Read, true, PassesConst, name, span)
	} else {
		b.passTo(n, sure, name, span)
		if does.Shallow && k != ctype.Object && k != ctype.Scalar {
			for i := before; i < len(b.flow.Actions); i++ {
				b.flow.Actions[i].shallow = true
			}
			b.effect(n, nil, OnState, Read, true, PassesConst, name, span)
		}
	}
	b.told(before, does, reader)
}

// told notes by which header the actions from one on are known to be what they are, or what the
// setting reads would have to name where none says.
func (b *notes) told(from int, does c.Answer, reader Reader) {
	known := &outOfSight{reader: reader}
	if does.Does != c.Unknown {
		known = &outOfSight{says: fmt.Sprintf("%s:%d", does.Place.Path, does.Place.Line)}
	}
	for i := from; i < len(b.flow.Actions); i++ {
		b.flow.Actions[i].outOfSight = known
	}
}

// passPlaces passes an array of pointers as "const T **": it may be written to, and what
// its pointers lead to is read. A header may say more.
func (b *notes) passPlaces(n int32, does c.Answer, name string, reader Reader, span ast.Span) {
	if does.Does == c.Reads {
		b.passAs(n, does, true, name, reader, span)
		return
	}
	before := len(b.flow.Actions)
	b.effect(n, nil, OnState, Read, true, PassesConst, name, span)
	if x := &b.flow.Nodes[n]; x.Kind == NodeInside && b.shape(x.Base).Pointers {
		n = x.Base
	}
	b.effect(n, nil, OnState, Write, false, PassesUnknown, name, span)
	b.flow.Actions[len(b.flow.Actions)-1].shallow = true
	b.told(before, does, reader)
}

func (b *notes) unknownArgs(args passed, name string, span ast.Span, inC bool) {
	args.each(func(n int32) {
		if inC {
			b.passTo(n, false, name, span)
		} else {
			b.opaque(n, name, span)
		}
	})
}

// storedThrough notes a store through a value that a local or an attribute holds.
func (b *notes) storedThrough(n int32, name string, span ast.Span, del bool) {
	if n == 0 || del && b.shape(n).Kind != ctype.Pointer { // "del p" of a pointer deletes what it points to
		return
	}
	if b.inC(n) {
		b.effect(n, nil, OnState, Write, true, StoresThrough, name, span)
	}
}

// stored notes a store to a place within a C value, whatever expression that is:
// "(p + 1)[0] = v", "f(x).y = v". What is reached through a name or an attribute
// has been noted there by then.
func (b *notes) stored(n int32, a ast.Access, name string, span ast.Span) {
	if isStore(a) && b.inC(n) {
		b.effect(n, nil, OnState, Write, true, StoresThrough, name, span)
	}
}

// dereferenced notes that what a pointer of an object's leads to is read. Where people placed locks these
// guard it at that place, and not only where the pointer is read. What leads into an object of the function's own making may
// have been taken before others had that.
func (b *notes) dereferenced(n int32, a ast.Access, span ast.Span) {
	if isStore(a) || a == ast.Called || !b.inC(n) || !b.handMade && !b.flow.leadsIntoNew(n) {
		return
	}
	if in := b.flow.LeadsInto(n); in != "" || !b.handMade {
		b.effect(n, nil, OnState, Read, true, Reads, in, span)
	}
}

// leadsIntoNew reports whether a value may lead into an object of the function's own making.
func (fl *Flow) leadsIntoNew(n int32) bool {
	found := false
	fl.eachSource(n, 8, func(x *Node) bool {
		found = found || x.Kind == NodeFresh && x.Shape.Class != nil
		return found || x.Kind != NodeLocal && x.Kind != NodeCast && x.Kind != NodeInside
	})
	return found
}

// shallowly marks the effects of a store to a place of x's own, where x is the
// variable that is assigned to a place of.
func (b *notes) shallowly(x ast.Expr, do func()) {
	before := len(b.flow.Actions)
	do()
	if b.shallow != nil && rootName(x) == b.shallow {
		for i := before; i < len(b.flow.Actions); i++ {
			b.flow.Actions[i].shallow = true
		}
	}
}

// rootName is the name that attributes and items are taken of, nil where it is none.
func rootName(e ast.Expr) *ast.Name {
	for {
		switch x := syntax.Unparen(e).(type) {
		case *ast.Name:
			return x
		case *ast.Attribute:
			e = x.X
		case *ast.Subscript:
			e = x.X
		default:
			return nil
		}
	}
}

// isStore reports whether an access changes a place or goes through it to one.
func isStore(a ast.Access) bool {
	switch a {
	case ast.Write, ast.Aug, ast.ForTarget, ast.Delete, ast.StoreThrough:
		return true
	}
	return false
}

// hands is handOut for objects that may or may not be stored; into is what they are
// stored in, where that is known.
func (b *notes) hands(n, into, at int32, stored bool) {
	if n == 0 || b.shape(n).Kind == ctype.Scalar || b.flow.KeptSince(n) != 0 { // the memory alone
		return
	}
	out := append([]int32{n}, b.elements(n)...)
	if !b.atOnce { // who has a function inside the function comes by that to what the function uses
		for _, x := range slices.Clone(out) {
			for _, c := range b.flow.carriedBy(x, carriedDepth) {
				if c.via == ByCalling {
					out = append(out, c.node)
				}
			}
		}
	}
	for _, x := range out {
		b.flow.handed = append(b.flow.handed, handing{node: x, pos: max(at, b.end), loops: b.loopStarts(), stored: stored, into: into, under: b.under})
	}
}
