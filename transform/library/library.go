package library

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// table has the facts; its comments say what each means.
//
//go:embed table.tsv
var table string

// row is what is known of one name in a section.
type row struct {
	name  string
	facts []string
}

// sections are the rows by section. Files without locks need none.
var sections = sync.OnceValue(func() map[string][]row { return parse(table) })

// parse reads a table.
func parse(table string) map[string][]row {
	out := map[string][]row{}
	section := ""
	for line := range strings.Lines(table) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "#\t"):
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			section = line[1 : len(line)-1]
		default:
			name, facts, _ := strings.Cut(line, "\t")
			out[section] = append(out[section], row{name, strings.Split(facts, "\t")})
		}
	}
	return out
}

// names returns what tells the names that have a fact, in any of some sections.
func names(fact string, in ...string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		out := map[string]bool{}
		for _, s := range in {
			for _, r := range sections()[s] {
				if slices.Contains(r.facts, fact) {
					out[r.name] = true
				}
			}
		}
		return out
	})
}

// values returns what tells what a fact says of the names in a section that have it.
func values(fact, in string) func() map[string]string {
	return sync.OnceValue(func() map[string]string {
		out := map[string]string{}
		for _, r := range sections()[in] {
			if v, ok := r.value(fact); ok {
				out[r.name] = v
			}
		}
		return out
	})
}

func (r row) value(fact string) (string, bool) {
	for _, f := range r.facts {
		if v, ok := strings.CutPrefix(f, fact); ok && strings.HasPrefix(v, "=") {
			return v[1:], true
		}
	}
	return "", false
}

// Types.
var (
	ExactTypes  = names("exact", "type")     // builtin types of which a variable has no object of a subclass
	ObjectTypes = names("object", "type")    // builtin types whose fields hold a reference
	CTypes      = names("c", "type")         // C types whose names tell nothing by their spelling
	CScalars    = names("number", "type")    // C numbers that are declared outside the project
	Addresses   = names("address", "type")   // of these, those that are made for addresses
	BufferTypes = names("buffer", "type")    // have a C pointer as an attribute of theirs
	Atoms       = names("atom", "type")      // numbers and texts
	Containers  = names("container", "type") // have content of their own to change
	Sharing     = names("shares", "type")    // of these, those whose slices share their items
	Immutable   = names("immutable", "type") // types whose items cannot be replaced
	LockTypes   = names("lock", "type")      // C types and constructors of locks
	GuardTypes  = names("guard", "type")     // C++ classes whose objects hold a lock while they live
	NativeLocks = names("native", "type")    // of the locks, those for which a thread waits while it is attached
	AgainLocks  = names("again", "type")     // of the locks, those that their holder may take once more
	// ObjectGlobals are C declarations that hold a Python object.
	ObjectGlobals = names("reference", "type")
)

// Special methods.
var (
	Construction   = names("construction", "special") // make an object, or take it apart
	NoLockMethods  = names("no-lock", "special")      // nobody else has the object then
	ImplicitStatic = names("static", "special")       // have no self, without saying so
	// Binops are arithmetic methods whose left operand need not be self with
	// c_api_binop_methods.
	Binops              = names("either-side", "special")
	ReadingDunders      = names("reads", "special")     // of containers, that change nothing
	ContentMethods      = names("content", "special")   // of containers, that use their items
	KeyMethods          = names("key", "special")       // of containers, that take a key first
	InheritedFromObject = names("inherited", "special") // every object has them from its type
	// InsteadOf are what is called of classes that have not the one that is asked for.
	InsteadOf = values("else", "special")
)

// Operators, and the special methods that they call.
var (
	BinaryMethods  = values("binary", "operator") // without the underscores
	UnaryMethods   = values("unary", "operator")
	CompareMethods = values("compare", "operator")
	// Mirrored are the comparisons that say the same with the operands exchanged.
	Mirrored       = values("mirrored", "operator")
	BuiltinMethods = values("calls", "function")
	// ItemMethods are what functions call of what is in their arguments, ShownBy what they do where that is a
	// collection of Python's own.
	ItemMethods = values("items", "function")
	ShownBy     = values("shows", "function")
	// PeerMethods are those of operators whose operands are of one kind: not the power, and
	// not those for a left operand that does not know the right one.
	PeerMethods = sync.OnceValue(peerMethods)
	// PowerMethods take an exponent, or by how many bits.
	PowerMethods = names("exponent", "special")
)

// Methods.
var (
	Changers     = names("changes", "method")  // by which Python's containers, arrays and buffers change
	Keepers      = names("keeps", "method")    // of builtin types, that change nothing
	Movers       = names("moves", "method")    // tell a Python object where to go on
	Advancers    = names("advances", "method") // have an iterator or a generator go on, or end it
	ViewMethods  = names("view", "method")     // of memoryviews
	Mutators     = names("mutates", "method")  // change a container
	ReadMethods  = names("reads", "method")    // read a container and keep nothing of it
	Fillers      = names("into", "method")     // write to the buffer that they are given, and keep nothing of it
	MakerMethods = names("makes", "method")    // whose result is a new object
	Consumers    = names("consumes", "method") // only look at what they are given
	LogMethods   = names("logs", "method")     // of loggers, that write what they are given
	CountsIn     = names("counts", "method")   // change a collections.Counter, in several steps
	HashMethods  = names("hashes", "method")   // of dicts and sets, that hash their first argument and compare it
	// CarriedBy tells what the results of functions have to do with what these are given.
	CarriedBy  = values("carries", "function")
	Iterating  = names("iterates", "method") // that go over what they are given
	CppReaders = names("reads", "cpp")
	CppSizes   = names("size", "cpp") // those of them that mean the same in any class
	CppWriters = names("writes", "cpp")
	CppCopies  = names("copies", "cpp") // methods of containers that only look at what they are given, or copy that
)

// NumPy's arrays.
var (
	ArrayReaders   = names("reads", "array")   // methods that change nothing, and return something new
	ArrayViews     = names("shares", "array")  // methods and attributes that are arrays with the same items
	ArrayChangers  = names("changes", "array") // methods that change the array
	ArrayFillers   = names("fills", "array")   // functions of numpy that write to their first argument
	ArrayFunctions = sync.OnceValue(arrayFunctions)
)

// arrayFunctions are functions of numpy that return something new, and how many of their arguments they only read.
func arrayFunctions() map[string]int {
	out := map[string]int{}
	for name, n := range values("function", "array")() {
		out[name], _ = strconv.Atoi(n) // a test reads the table
	}
	return out
}

// Functions.
var (
	// PureBuiltins change nothing that they are given. The value tells what they
	// return: a new object or nothing of interest.
	PureBuiltins = sync.OnceValue(pureBuiltins)
	// Builtins are further functions of Python's own, which may do anything and know no C attributes.
	Builtins = names("builtin", "function")
	// CallsLater keep the function that they are given, and call it when something has happened.
	CallsLater = names("later", "function", "method")
	// GoesOverLater says in which module a function is that goes over what it is given, or calls it, when
	// somebody goes over what it returns, or calls that.
	GoesOverLater = values("lazy", "function")
	// Alters and Arranges say in which module a function is that changes the container that it is given first: in one
	// operation, as a method would, or in several steps.
	Alters   = values("alters", "function")
	Arranges = values("arranges", "function")
	// CallsApart have another thread call the function that they are given.
	CallsApart = names("apart", "function", "method")
	// TellsThreads are functions whose result is another one in each thread.
	TellsThreads = names("thread", "function")
	// KnownC tells what C functions that are declared outside the project do with
	// their arguments: r reads, w writes; the last letter goes for the rest. An
	// upper-case letter is also what is returned.
	KnownC         = values("args", "c")
	There          = names("there", "c")               // return no NULL to who may use Python's objects
	MakesMemory    = names("memory", "c")              // return a pointer to something that they made
	APIMutators    = names("mutates", "c")             // change their first argument
	Makers         = names("makes", "function", "c")   // whose result is a new object
	Getters        = names("reaches", "function", "c") // whose result was reached through their first argument
	Readers        = names("reads", "function", "c")   // read a container and keep nothing of it
	Sizes          = names("size", "function", "c")    // return how many items there are
	Viewers        = names("views", "function")        // whose result shares the memory of their argument
	Asks           = names("asks", "function", "c")    // call a special method of their first argument, or call it
	Drops          = names("drops", "c")               // let a reference go: the last one runs __del__
	ByKey          = names("by-key", "c")              // find an item by its key
	Unchecked      = names("unchecked", "c")           // read an item by index and check nothing
	ContainerSteps = values("steps", "c")              // take one step through a container of a kind
	Storages       = values("storage", "c")            // return a pointer into a container
	Unwrap         = names("unwraps", "c")             // return a pointer that another object put into a capsule
	Once           = names("once", "c")                // run a function, their second argument, once for each flag, their first
	// LockCalls are C functions that take a lock as their first argument, and whether
	// they take or release it.
	LockCalls   = sync.OnceValue(lockCalls)
	LockEvery   = names("every", "c")     // of these, the ones whose other arguments are locks as well
	LockIdent   = names("ident", "c")     // the ones whose second argument is the number of a thread
	LockShared  = names("shared", "c")    // the ones that others may hold for reading at the same time
	LockTries   = values("tries", "c")    // the ones that may come back without it, and whether they answer zero or nonzero if they have it
	LockNative  = names("native", "c")    // the ones that wait while the thread is attached
	GuardMakers = names("construct", "c") // return a guard of their first argument
	Lenders     = sync.OnceValue(lenders)
)

func pureBuiltins() map[string]bool {
	out := names("fresh", "function")()
	for n := range names("pure", "function")() {
		out[n] = false
	}
	return out
}

func peerMethods() map[string]bool {
	out := map[string]bool{"__richcmp__": true}
	for _, m := range CompareMethods() {
		out[m] = true
	}
	for op, m := range BinaryMethods() {
		if op == "**" {
			continue
		}
		out["__"+m+"__"], out["__i"+m+"__"] = true, true
	}
	return out
}

func lockCalls() map[string]bool {
	out := map[string]bool{}
	for n, does := range values("lock", "c")() {
		out[n] = does == "take"
	}
	return out
}

// Lender is a C function that returns a borrowed reference.
type Lender struct {
	Container int    // which argument holds the item; -1 where there is none to look at
	What      string // who else holds a reference, where container is -1
	Instead   string
}

func lenders() map[string]Lender {
	out := map[string]Lender{}
	for _, r := range sections()["c"] {
		if from, ok := r.value("lends"); ok {
			n, err := strconv.Atoi(from)
			if err != nil {
				panic(fmt.Sprintf("table.tsv: %s lends %q", r.name, from)) // a test reads the table
			}
			l := Lender{Container: n}
			l.What, _ = r.value("owner")
			l.Instead, _ = r.value("instead")
			out[r.name] = l
		}
	}
	return out
}

// threaded are C libraries that one thread uses, by how the names of their functions begin.
var threaded = values("of", "thread")

// OfOneThread returns the C library that a function is of which one thread uses at a time; "" for others.
func OfOneThread(function string) string {
	for n := range function {
		before := function[:n]
		if lib, ok := threaded()[before]; ok && (!unicode.IsLower(rune(before[n-1])) || unicode.IsUpper(rune(function[n]))) {
			return lib
		}
	}
	return ""
}

// MovesToThread reports whether a function, by its name, has another thread use such a library from then on.
func MovesToThread(function string) bool {
	name := strings.ToLower(strings.ReplaceAll(function, "_", ""))
	return strings.Contains(name, "makecurrent") || strings.Contains(name, "makecontextcurrent")
}

// ChangesFirst reports whether a function, by its module and its name there, changes the container that it is given first,
// and whether in several steps: heapq's heappush, list.append, and shuffle of whatever makes random numbers.
func ChangesFirst(module string, path []string) (changes, inSteps bool) {
	switch last := len(path) - 1; {
	case last < 0:
		return false, false
	case path[last] == "shuffle" && (last > 0 || module == Arranges()[path[last]]):
		return true, true
	case last == 0:
		if at, ok := Arranges()[path[0]]; ok {
			return at == module, true
		}
		at, ok := Alters()[path[0]]
		return ok && at == module, false
	default: // list.append(x, 1)
		return last == 1 && (module == "builtins" || module == "collections") && Makers()[path[0]] && Mutators()[path[1]], false
	}
}
