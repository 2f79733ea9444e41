package transform

// Rule is one row of the table of findings. Each code has a page in
// docs/findings that `pyxlock explain CODE` prints.
type Rule struct {
	Code  string
	Title string
}

// The codes. A code never changes its meaning; a retired one is not reused.
const (
	codeSyntax       = "PXL001"
	codeArgument     = "PXL002"
	codeMisplaced    = "PXL003"
	codeContradict   = "PXL004"
	codeReason       = "PXL005"
	codeParameter    = "PXL006"
	codeUndecorated  = "PXL007"
	codeNothing      = "PXL008"
	codeDeclaration  = "PXL009"
	codeInclude      = "PXL010"
	codeCimport      = "PXL011"
	codePublic       = "PXL012"
	codeBaseLock     = "PXL102"
	codeYield        = "PXL201"
	codeNogil        = "PXL202"
	codeThree        = "PXL203"
	codeReentry      = "PXL204"
	codePickle       = "PXL205"
	codeField        = "PXL206"
	codeMixed        = "PXL207"
	codeNonblocking  = "PXL208"
	codeNeedsGIL     = "PXL209"
	codeMutexOperand = "PXL210"
)

// Rules lists every finding, ordered by code.
var rules = [...]Rule{
	{codeSyntax, "the file does not parse"},
	{codeArgument, "an argument that the decorator does not take"},
	{codeMisplaced, "a decorator on something that it cannot lock"},
	{codeContradict, "decorators that contradict each other"},
	{codeReason, "no_lock without a reason"},
	{codeParameter, "a lock on a parameter or path that does not exist"},
	{codeUndecorated, "an undecorated method where the class asks for decorators"},
	{codeNothing, "a lock that could never lock anything"},
	{codeDeclaration, "a declaration that cannot stand under a lock"},
	{codeInclude, "an included file that means different things"},
	{codeCimport, "a decorator's name used where it cannot be expanded"},
	{codePublic, "a public attribute that cannot become a locked property"},
	{codeBaseLock, "a subclass with another lock than its base"},
	{codeYield, "yield, await or async under a lock"},
	{codeNogil, "releasing the GIL in a critical section"},
	{codeThree, "more than two objects in one critical section"},
	{codeReentry, "a mutex taken twice by one thread"},
	{codePickle, "a mutex field that breaks pickling and copying"},
	{codeField, "a mutex field in a class that cannot have one"},
	{codeMixed, "two different locks in one function"},
	{codeNonblocking, "blocking=False with a lock that can only wait"},
	{codeNeedsGIL, "an operand that needs the GIL in a nogil function"},
	{codeMutexOperand, "an operand that has no mutex"},
}

// Rules returns the table of findings, ordered by code.
func Rules() []Rule { return rules[:] }
