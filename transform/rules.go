package transform

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

// SyntaxError is the code of findings in files that do not parse.
const SyntaxError = "PXL001"

// The codes. A code never changes its meaning; a retired one is not reused.
const (
	codeSyntax         = SyntaxError
	codeArgument       = "PXL002"
	codeMisplaced      = "PXL003"
	codeContradict     = "PXL004"
	codeReason         = "PXL005"
	codeParameter      = "PXL006"
	codeUndecorated    = "PXL007"
	codeNothing        = "PXL008"
	codeDeclaration    = "PXL009"
	codeInclude        = "PXL010"
	codeCimport        = "PXL011"
	codePublic         = "PXL012"
	codeVague          = "PXL013"
	codeUnused         = "PXL014"
	codeNearMiss       = "PXL015"
	codeUnread         = "PXL016"
	codeReadWrites     = "PXL101"
	codeBaseLock       = "PXL102"
	codeMissing        = "PXL103"
	codeReadMayWrite   = "PXL104"
	codeFunction       = "PXL105"
	codeUnlockedHelper = "PXL106"
	codeOverride       = "PXL107"
	codeBase           = "PXL108"
	codeLeftOut        = "PXL109"
	codeSteps          = "PXL110"
	codeYield          = "PXL201"
	codeNogil          = "PXL202"
	codeThree          = "PXL203"
	codeReentry        = "PXL204"
	codePickle         = "PXL205"
	codeField          = "PXL206"
	codeMixed          = "PXL207"
	codeNonblocking    = "PXL208"
	codeNeedsGIL       = "PXL209"
	codeMutexOperand   = "PXL210"
	codeSuspended      = "PXL211"
	codeUpgrade        = "PXL212"
	codeOrder          = "PXL213"
	codeTwoLocks       = "PXL214"
	codeRelease        = "PXL215"
	codePointer        = "PXL301"
	codeBuffer         = "PXL302"
	codeContainer      = "PXL303"
	codeExport         = "PXL304"
	codeBorrowed       = "PXL401"
	codeStorage        = "PXL402"
	codeDictNext       = "PXL403"
	codeClaim          = "PXL501"
	codeGlobal         = "PXL502"
	codeFlag           = "PXL503"
)

// handWords are spelled in every module with locks that people placed, unless
// these are called something else altogether.
var handWords = []string{"lock", "utex", "phil", "critical_section", "synchronized", "semaphore"}

// lockedWords are spelled where a class of the module may be locked.
var lockedWords = []string{"cdef class", "cclass"}

// Rules lists every finding, ordered by code.
var rules = [...]Rule{
	{Code: codeSyntax, Title: "the file does not parse"},
	{Code: codeArgument, Title: "an argument that the decorator does not take"},
	{Code: codeMisplaced, Title: "a decorator on something that it cannot lock"},
	{Code: codeContradict, Title: "decorators that contradict each other"},
	{Code: codeReason, Title: "no_lock without a reason"},
	{Code: codeParameter, Title: "a lock on a parameter or path that does not exist"},
	{Code: codeUndecorated, Title: "an undecorated method where the class asks for decorators"},
	{Code: codeNothing, Title: "a lock that could never lock anything"},
	{Code: codeDeclaration, Title: "a declaration that cannot stand under a lock"},
	{Code: codeInclude, Title: "an included file that means different things"},
	{Code: codeCimport, Title: "a decorator's name used where it cannot be expanded"},
	{Code: codePublic, Title: "a public attribute that cannot become a locked property"},
	{Code: codeVague, Title: "a suppression comment that says too little"},
	{Code: codeUnused, Title: "a suppression that suppresses nothing"},
	{Code: codeNearMiss, Title: "a lock decorator that is misspelt"},
	{Code: codeUnread, Title: "an include that is not read"},
	{Code: codeReadWrites, Title: "a read lock on what is written"},
	{Code: codeBaseLock, Title: "a subclass with another lock than its base"},
	{Code: codeMissing, Title: "guarded state used without its object's lock", check: checkMissing, builds: true},
	{Code: codeReadMayWrite, Title: "a read lock on what may be written"},
	{Code: codeFunction, Title: "a function that uses guarded state without a lock"},
	{Code: codeUnlockedHelper, Title: "a C method that needs the lock is called without it"},
	{Code: codeOverride, Title: "an override that needs more of a lock than its callers take", check: checkOverrides, builds: true},
	{Code: codeBase, Title: "a base class that uses a locked class's state without a lock", check: checkBases, builds: true},
	{Code: codeLeftOut, Title: "a method without the lock that its class's other methods hold", check: checkHandLocks, words: handWords},
	{Code: codeSteps, Title: "an exempt generator that uses guarded state between its steps", check: checkSteps, builds: true, words: []string{"no_lock"}},
	{Code: codeYield, Title: "yield, await or async under a lock"},
	{Code: codeNogil, Title: "releasing the GIL in a critical section"},
	{Code: codeThree, Title: "more than two objects in one critical section"},
	{Code: codeReentry, Title: "a mutex taken twice by one thread"},
	{Code: codePickle, Title: "a mutex field that breaks pickling and copying"},
	{Code: codeField, Title: "a mutex field in a class that cannot have one"},
	{Code: codeMixed, Title: "two different locks in one function"},
	{Code: codeNonblocking, Title: "blocking=False with a lock that can only wait"},
	{Code: codeNeedsGIL, Title: "an operand that needs the GIL in a nogil function"},
	{Code: codeMutexOperand, Title: "an operand that has no mutex"},
	{Code: codeSuspended, Title: "a critical section that may be suspended between a look and a write", check: checkSuspension, words: lockedWords},
	{Code: codeUpgrade, Title: "a read lock that has to become a write lock"},
	{Code: codeOrder, Title: "locks of several classes taken in a circle"},
	{Code: codeTwoLocks, Title: "two different locks for the same state", check: checkTwoLocks, words: handWords},
	{Code: codeRelease, Title: "a lock that is not released on every way out", check: unreleased, words: []string{"release", "nlock", "Leave", "unset_lock"}},
	{Code: codePointer, Title: "a pointer into guarded state that another object keeps", check: checkEscapes, words: lockedWords},
	{Code: codeBuffer, Title: "a memoryview of guarded state that is handed out"},
	{Code: codeContainer, Title: "a guarded container that is handed out"},
	{Code: codeExport, Title: "guarded memory exported as a buffer", check: checkBuffers, words: []string{"__getbuffer__"}},
	{Code: codeBorrowed, Title: "a borrowed reference to an item that another thread can drop", check: borrowed, words: []string{
		"PyList_G", "PyDict_GetItem", "PyDict_SetDefault", "PyWeakref_G", "PyImport_AddModule", "PySequence_Fast_GET_ITEM", "PyCell_GET"}},
	{Code: codeStorage, Title: "item storage used while another thread can change it", check: itemStorage, words: []string{
		"PySequence_Fast_", "PyList_GET_ITEM", "PyByteArray_A", "ob_item", "bytearray"}},
	{Code: codeDictNext, Title: "PyDict_Next without the dict locked", check: dictNext, words: []string{"PyDict_Next", "PySet_Next"}},
	{Code: codeClaim, Title: "a claim to need no GIL that the module does not keep"},
	{Code: codeGlobal, Title: "a mutable module global", check: mutableGlobals},
	{Code: codeFlag, Title: "a flag for which an atomic would do", check: checkFlags, words: []string{"bint"}},
}

// Rules returns the table of findings, ordered by code.
func Rules() []Rule { return rules[:] }
