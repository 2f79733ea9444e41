package rules

import (
	"pyxlock/transform/finding"
)

// Rule is one row of the table of findings. Each code has a page in
// docs/findings that `pyxlock explain CODE` prints.
type Rule struct {
	Code  string
	Title string
	// words are spelled in every module that the rule can say something about;
	// none means any module.
	words []string
	// check looks for what the rule is about; nil where reading the decorators
	// and planning the locks finds it.
	check func(*checking)
	// builds is true where a rewrite warns of it as well: what is neither locked
	// nor reported would be a race that nobody knows of.
	builds bool
}

// handWords are spelled in every module with locks that people placed, unless
// these are called something else altogether.
var handWords = []string{"lock", "utex", "phil", "critical_section", "synchronized", "semaphore"}

// lockedWords are spelled where a class of the module may be locked.
var lockedWords = []string{"cdef class", "cclass"}

// Rules lists every finding, ordered by code.
var rules = [...]Rule{
	{Code: finding.SyntaxError, Title: "the file does not parse"},
	{Code: finding.Argument, Title: "an argument that the decorator does not take"},
	{Code: finding.Misplaced, Title: "a decorator on something that it cannot lock"},
	{Code: finding.Contradict, Title: "decorators that contradict each other"},
	{Code: finding.Reason, Title: "no_lock without a reason"},
	{Code: finding.Parameter, Title: "a lock on a parameter or path that does not exist"},
	{Code: finding.Undecorated, Title: "an undecorated method where the class asks for decorators"},
	{Code: finding.Nothing, Title: "a lock that could never lock anything"},
	{Code: finding.Include, Title: "an included file that means different things in different modules"},
	{Code: finding.Cimport, Title: "a decorator's name used where it cannot be expanded"},
	{Code: finding.Public, Title: "a public attribute that cannot become a locked property"},
	{Code: finding.Vague, Title: "a suppression comment that says too little"},
	{Code: finding.Unused, Title: "a suppression that suppresses nothing"},
	{Code: finding.NearMiss, Title: "a lock decorator that is misspelt"},
	{Code: finding.Unread, Title: "an include that is not read"},
	{Code: finding.Assigned, Title: "a lock on a path that the function assigns first"},
	{Code: finding.ReadWrites, Title: "a read lock on what is written"},
	{Code: finding.BaseLock, Title: "a subclass with a different lock from its base's"},
	{Code: finding.Missing, Title: "guarded state used without its object's lock", check: checkMissing, builds: true},
	{Code: finding.ReadMayWrite, Title: "a read lock on what may be written"},
	{Code: finding.Function, Title: "a function that uses guarded state without a lock"},
	{Code: finding.UnlockedHelper, Title: "a C method that needs the lock is called without it"},
	{Code: finding.Override, Title: "an override that needs more of a lock than its callers take", check: checkOverrides, builds: true},
	{Code: finding.Base, Title: "a base class that uses a locked class's state without a lock", check: checkBases, builds: true},
	{Code: finding.LeftOut, Title: "a method without the lock that its class's other methods hold"},
	{Code: finding.Steps, Title: "an exempt generator that uses guarded state between its steps", check: checkSteps, builds: true, words: []string{"no_lock"}},
	{Code: finding.Owner, Title: "a pointer into an object whose lock nobody takes", check: checkOwners, words: lockedWords},
	{Code: finding.GuardMoves, Title: "a guard that is assigned while others may wait for it", check: checkGuardMoves, builds: true},
	{Code: finding.Iterator, Title: "a C iterator into a container that changes between its steps", check: checkIterators, words: []string{"next"}},
	{Code: finding.Prototype, Title: "a prototype with less const than its header", check: checkPrototypes, words: []string{"extern"}},
	{Code: finding.Replaced, Title: "a pointer into what its owner has replaced", check: checkReplaced, words: lockedWords},
	{Code: finding.Readers, Title: "a writer that the setting reads calls a reader", check: checkReaders, words: []string{"extern"}},
	{Code: finding.Guardless, Title: "a guard that some objects do not have", check: checkGuardless, words: []string{"guard"}},
	{Code: finding.Yield, Title: "yield, await or async under a lock"},
	{Code: finding.Nogil, Title: "releasing the GIL in a critical section", check: checkSections, words: []string{"critical_section"}},
	{Code: finding.Three, Title: "more than two objects in one critical section"},
	{Code: finding.Reentry, Title: "a mutex taken twice by one thread"},
	{Code: finding.Pickle, Title: "a mutex field that breaks pickling and copying"},
	{Code: finding.Field, Title: "a mutex field in a class that cannot have one"},
	{Code: finding.Mixed, Title: "two different locks in one function"},
	{Code: finding.Nonblocking, Title: "blocking=False with a lock that can only wait"},
	{Code: finding.NeedsGIL, Title: "an operand that needs the GIL in a nogil function"},
	{Code: finding.MutexOperand, Title: "an operand that has no mutex"},
	{Code: finding.Suspended, Title: "a critical section that may be suspended between a read and a write", check: checkSuspension, words: lockedWords},
	{Code: finding.Upgrade, Title: "a read lock that must become a write lock"},
	{Code: finding.Order, Title: "locks taken in a circle"},
	{Code: finding.TwoLocks, Title: "two different locks for the same state", check: checkTwoLocks, words: handWords},
	{Code: finding.Release, Title: "a lock that is not released on every path", check: unreleased, words: []string{"release", "nlock", "Leave", "unset_lock"}},
	{Code: finding.Parallel, Title: "a block that the threads of a parallel loop cannot each take", check: checkParallel, builds: true},
	{Code: finding.CannotRaise, Title: "a lock that fails in a function that cannot raise"},
	{Code: finding.LazyLock, Title: "a lock that is made on first use, or replaced", check: lazyLocks, words: []string{"ock", "utex", "emaphore", "ondition"}},
	{Code: finding.Threads, Title: "a parallel loop whose threads write under one lock", check: checkThreads, words: []string{"prange", "parallel"}, builds: true},
	{Code: finding.Dying, Title: "a lock that an object takes as it dies", check: checkDealloc, words: []string{"__dealloc__", "__del__", "eakref"}},
	{Code: finding.Attached, Title: "a native lock that an attached thread waits for", check: nativeWaits, words: []string{"lock", "utex", "CriticalSection"}},
	{Code: finding.Waiting, Title: "a wait under a lock for what another member brings", check: checkWaits, words: lockedWords},
	{Code: finding.Pointer, Title: "a pointer into guarded state that another object keeps", check: checkEscapes},
	{Code: finding.Buffer, Title: "a memoryview of guarded state that is handed out"},
	{Code: finding.Container, Title: "a guarded container that is handed out"},
	{Code: finding.Export, Title: "guarded memory exported as a buffer", check: checkBuffers, words: []string{"__getbuffer__"}},
	{Code: finding.Later, Title: "guarded state used by what is handed out to run later", check: checkLater, words: lockedWords},
	{Code: finding.Across, Title: "a pointer into guarded memory that is kept while a callback runs", check: checkAcross, words: lockedWords},
	{Code: finding.Borrowed, Title: "a borrowed reference to an item that another thread can drop", check: borrowed, words: []string{
		"PyList_G", "PyDict_GetItem", "PyDict_SetDefault", "PyWeakref_G", "PyImport_AddModule", "PySequence_Fast_GET_ITEM", "PyCell_GET", "PySys_GetObject", "PyType_Lookup", "PyFunction_Get", "PyODict_GetItem", "PyObject", "void"}},
	{Code: finding.Storage, Title: "item storage used while another thread can change it", check: itemStorage, words: []string{
		"PySequence_Fast_", "PyList_GET_ITEM", "PyByteArray_A", "ob_item", "bytearray"}},
	{Code: finding.DictNext, Title: "PyDict_Next without the dict locked", check: dictNext, words: []string{"PyDict_Next", "PySet_Next"}},
	{Code: finding.Claim, Title: "a claim to need no GIL that the module does not live up to"},
	{Code: finding.Global, Title: "a mutable module global", check: mutableGlobals},
	{Code: finding.Flag, Title: "a flag for which an atomic would do", check: checkFlags, words: []string{"bint"}},
	{Code: finding.Unlocked, Title: "a mutable class without a lock"},
}

// Rules returns the table of findings, ordered by code.
func Rules() []Rule { return rules[:] }
