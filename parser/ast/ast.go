// Package ast is the tree of a Cython file: typed nodes, each a span of the
// file's own bytes. Nothing here prints; a rewriter splices the source.
//
// Every node's span [Pos, End) holds the node's own tokens and no trivia at
// either end. A File's statements do not cover blank lines and comments: those
// lie between statements and belong to nobody.
package ast

// Span is a half-open range of byte offsets into the source.
type Span struct{ Pos, End int32 }

// Range returns the span itself, so that every node which embeds a Span is a Node.
func (s Span) Range() Span { return s }

// Contains reports whether off lies inside the span.
func (s Span) Contains(off int32) bool { return s.Pos <= off && off < s.End }

// Node is anything with a place in the source.
type Node interface{ Range() Span }

// File is one parsed source file.
type File struct {
	Span
	Name  string  // as given to the parser; used in messages only
	Src   []byte  // the input, unchanged; offsets index it
	Lines []int32 // byte offset at which each line starts; Lines[0] == 0; a final line break starts no line
	Body  []Stmt
	// Opaque holds, in order, the spans of statements that recovery skipped (the
	// Bad statements). It is empty when the file parsed.
	Opaque []Span
	// Multiline holds, in order, the spans of tokens that contain a line break:
	// triple-quoted strings (an f-string from its prefix to its closing quote)
	// and strings continued by a backslash. Text in them is data.
	Multiline []Span
	// Joins holds, in order, the offset of every line start that continues the
	// logical line before it (inside brackets, after a backslash, or inside a
	// Multiline token).
	Joins []int32
	// Pure is true for .py files: no cdef, no casts.
	Pure bool
}

// Ident is one name as written.
type Ident struct {
	Span
	Name string // NFKC-normalised when it is not ASCII
}

// ---- statements ----------------------------------------------------------

// Stmt is a statement. Its span runs from its first token (a decorator's "@"
// where it has decorators) to its last token, without the newline.
type Stmt interface {
	Node
	stmt()
}

// Suite is the body of a compound statement.
type Suite struct {
	Span // from the first statement's first token to the last statement's last
	// Colon is the offset of the ":" that opens the suite.
	Colon int32
	// Inline is true where the statements stand on the header's own line.
	Inline bool
	Stmts  []Stmt
	nodes  *nodes // see List; nil where they are not kept
}

// Decorator is one "@expr" line.
type Decorator struct {
	Span // from "@" to the end of the expression
	Expr Expr
}

// Visibility is the storage class of a cdef declaration.
type Visibility uint8

const (
	Private Visibility = iota
	Public
	Readonly
	Extern
)

// FuncKind tells how a function was introduced.
type FuncKind uint8

const (
	Def FuncKind = iota
	Cdef
	Cpdef
)

// FuncDef is a function with a body: def, async def, cdef or cpdef.
// A C function without a body is a FuncDecl inside CVarDecl.
type FuncDef struct {
	Span
	Decorators []*Decorator
	Keyword    int32 // offset of "async", "def", "cdef" or "cpdef"; in a block that needs none, of the first word
	Kind       FuncKind
	Async      bool
	// Modifiers that stand between cdef and the type: inline, public, api, extern.
	Inline     bool
	API        bool
	Visibility Visibility
	Return     *CType      // cdef and cpdef; nil where none is written
	Declarator *Declarator // cdef and cpdef: the whole declarator; nil for def
	Name       Ident
	TypeParams Span // "[T]" of a PEP 695 def or a C++ template; zero where none
	Params     *Params
	Arrow      Expr // def: the return annotation
	Suffix     FuncSuffix
	Body       *Suite
}

// FuncSuffix is what may follow a C function's parameters.
type FuncSuffix struct {
	Span        // zero where nothing follows
	Nogil       bool
	WithGil     bool
	Noexcept    bool
	ExceptStar  bool // except *
	ExceptPlus  bool // except + [name | *]
	ExceptCheck bool // except? value
	ExceptValue Expr // value of except, except? or except +
	Const       bool // C++ const method
}

// Params is a parameter list, without its parentheses.
type Params struct {
	Span
	Lparen, Rparen int32 // offsets of the parentheses; -1 for a lambda
	List           []*Param
}

// ParamKind tells an ordinary parameter from the starred and separator forms.
type ParamKind uint8

const (
	Positional ParamKind = iota // also what stands after "*" or before "/"
	Star                        // *args
	DoubleStar                  // **kwargs
	BareStar                    // *
	Slash                       // /
	Ellipsis                    // ... in a C prototype (varargs)
)

// Param is one parameter.
type Param struct {
	Span
	Kind        ParamKind
	KeywordOnly bool
	Type        *CType      // C type before the name; nil where untyped
	Declarator  *Declarator // pointer, array and function parts round the name; nil for a plain name
	// Name is zero where a prototype names only the type. A lone identifier
	// ("f(x)") is taken as the name: only Cython's symbol table could tell.
	Name       Ident
	Not, Or    bool // "not None", "or None"
	NotNone    Span // the words "not None" or "or None"; zero where absent
	Annotation Expr
	Default    Expr // nil where none; *Placeholder for "*" and "?" of cdef and .pxd
}

// ClassDef is a Python class or, with CClass, a cdef class with a body.
type ClassDef struct {
	Span
	Decorators []*Decorator
	Keyword    int32 // offset of "class", "cdef" or "ctypedef"
	CClass     bool  // cdef class
	Visibility Visibility
	API        bool
	Typedef    bool // ctypedef class
	Name       Ident
	Module     []Ident // "cdef extern class pkg.mod.Name": pkg, mod; nil elsewhere
	As         Ident   // "cdef extern class pkg.mod.Name as X"; zero where absent
	TypeParams Span
	Bases      *Call  // the arguments in parentheses, Fun nil; nil where none
	Options    Span   // "[object X, type Y]" of a cdef class; zero where absent
	Body       *Suite // nil for a forward declaration "cdef class X"
}

// PropertyDef is the old "property name:" block of a cdef class.
type PropertyDef struct {
	Span
	Decorators []*Decorator
	Name       Ident
	Body       *Suite
}

// CVarDecl is one "cdef type declarators" line: variables, attributes, C
// function declarations without a body. "cdef:" blocks hold them in a CdefBlock.
type CVarDecl struct {
	Span
	Decorators []*Decorator
	// Keyword is the offset of cdef or cpdef; -1 inside a block that needs none.
	Keyword     int32
	Cpdef       bool
	Inline      bool
	API         bool
	Visibility  Visibility
	VisSpan     Span // the word public, readonly or extern; zero where absent
	Type        *CType
	Declarators []*Declarator
}

// CdefBlock is "cdef:", "cdef public:", "cdef nogil:" and the like.
type CdefBlock struct {
	Span
	Decorators []*Decorator
	Visibility Visibility
	VisSpan    Span
	Inline     bool
	API        bool
	Nogil      bool
	WithGil    bool
	Body       *Suite
}

// ExternBlock is "cdef extern from X [namespace Y] [nogil|with gil|except…]:".
type ExternBlock struct {
	Span
	Decorators []*Decorator
	Header     Expr // the string; nil for "*" and for "cdef extern:"
	Star       bool
	Namespace  Expr
	Nogil      bool
	WithGil    bool
	Verbatim   Span // the verbatim C string, where it has one
	Body       *Suite
}

// StructDef is a struct, union, packed struct or fused type.
type StructDef struct {
	Span
	Typedef    bool
	Kind       string // "struct", "union", "enum", "fused"
	Packed     bool
	Cpdef      bool
	ScopedEnum bool // enum class / enum struct
	Visibility Visibility
	API        bool
	Name       Ident
	Options    Span   // '"cname"' or an enum's base type; zero where absent
	Body       *Suite // CVarDecl per member; enum items are EnumItem; fused members TypeItem; nil for a forward declaration
}

// EnumItem is one line of an enum, or one entry of a one-line list.
type EnumItem struct {
	Span
	Name  Ident
	CName Span
	Value Expr
}

// TypeItem is one member of a fused type.
type TypeItem struct {
	Span
	Type *CType
}

// CppClass is a "cppclass" block or forward declaration.
type CppClass struct {
	Span
	Decorators []*Decorator
	Visibility Visibility
	Name       Ident
	CName      Span
	Templates  []Ident
	Bases      []*CType
	Nogil      bool
	Body       *Suite
}

// CTypedef is "ctypedef type declarator".
type CTypedef struct {
	Span
	Visibility Visibility
	API        bool
	Type       *CType
	Declarator *Declarator
}

// DefStmt is "DEF NAME = value".
type DefStmt struct {
	Span
	Name  Ident
	Value Expr
}

// CondStmt is "IF c: … ELIF c: … ELSE: …".
type CondStmt struct {
	Span
	Clauses []CondClause
}

// CondClause is one arm of IF or if; Cond is nil for else.
type CondClause struct {
	Span // from its keyword to the end of its body
	Cond Expr
	Body *Suite
}

// Include is "include 'file'".
type Include struct {
	Span
	Path *Str
}

// Import is "import a.b as c, …" or "cimport …".
type Import struct {
	Span
	Cimport bool
	Names   []ImportName
}

// ImportName is one clause of an import.
type ImportName struct {
	Span
	Path []Ident // a.b.c for import; one name for from-import
	As   Ident   // zero where absent
}

// FromImport is "from .a.b import x as y, …" or "from … cimport …".
type FromImport struct {
	Span
	Cimport bool
	Level   int // number of leading dots
	Module  []Ident
	Names   []ImportName
	Star    bool
	Parens  Span // "( … )" round the names; zero where absent
}

// ExprStmt is an expression that stands alone, a docstring included.
type ExprStmt struct {
	Span
	X Expr
}

// Assign is "a = b = value", "a op= value" or "a: T [= value]".
type Assign struct {
	Span
	Targets    []Expr
	Op         string // "=" or the augmented operator ("+=")
	Annotation Expr
	Value      Expr // nil for a bare annotation
}

// Del is "del a, b".
type Del struct {
	Span
	Targets []Expr
}

// Simple is a statement with at most a list of expressions: pass, break,
// continue, return, raise, assert, global, nonlocal, print, exec.
type Simple struct {
	Span
	Keyword string
	Exprs   []Expr  // raise a from b: a, b; assert a, b; return x
	Names   []Ident // global, nonlocal
}

// TypeAlias is the PEP 695 "type X[T] = value".
type TypeAlias struct {
	Span
	Name  Ident
	Value Expr
}

// If is "if … elif … else".
type If struct {
	Span
	Clauses []CondClause
}

// While is "while c: … else: …".
type While struct {
	Span
	Cond Expr
	Body *Suite
	Else *Suite
}

// For is "for t in x:", "async for", and Cython's "for a < i <= b:" and
// "for i from a <= i < b:", whose bounds are in Iter as written.
type For struct {
	Span
	Async  bool
	From   bool // a C-style range; Iter holds a Compare
	Target Expr // of "for a < i <= b" it is the i in Iter
	Iter   Expr
	Step   Expr // "by step" of a C-style range
	Body   *Suite
	Else   *Suite
}

// With is "with a as b, c:", "async with", "with nogil:", "with gil:".
type With struct {
	Span
	Async  bool
	Parens Span // "( … )" round the items; zero where absent
	Items  []WithItem
	Body   *Suite
}

// WithItem is one manager; X of "with nogil" is the Name nogil.
type WithItem struct {
	Span
	X      Expr
	Target Expr
}

// Try is try, its handlers, else and finally.
type Try struct {
	Span
	Body     *Suite
	Handlers []Handler
	Else     *Suite
	Finally  *Suite
}

// Handler is one except or except* clause.
type Handler struct {
	Span
	Star bool
	Type Expr
	As   Expr // Cython also takes an expression target
	Body *Suite
}

// Match is "match subject:".
type Match struct {
	Span
	Subject Expr
	Cases   []Case
}

// Case is one case block; its pattern is an expression tree.
type Case struct {
	Span
	Pattern Expr
	Guard   Expr
	Body    *Suite
}

// Bad is a statement that recovery skipped; its error is in the error list.
type Bad struct{ Span }

func (*FuncDef) stmt()     {}
func (*ClassDef) stmt()    {}
func (*PropertyDef) stmt() {}
func (*CVarDecl) stmt()    {}
func (*CdefBlock) stmt()   {}
func (*ExternBlock) stmt() {}
func (*StructDef) stmt()   {}
func (*EnumItem) stmt()    {}
func (*TypeItem) stmt()    {}
func (*CppClass) stmt()    {}
func (*CTypedef) stmt()    {}
func (*DefStmt) stmt()     {}
func (*CondStmt) stmt()    {}
func (*Include) stmt()     {}
func (*Import) stmt()      {}
func (*FromImport) stmt()  {}
func (*ExprStmt) stmt()    {}
func (*Assign) stmt()      {}
func (*Del) stmt()         {}
func (*Simple) stmt()      {}
func (*TypeAlias) stmt()   {}
func (*If) stmt()          {}
func (*While) stmt()       {}
func (*For) stmt()         {}
func (*With) stmt()        {}
func (*Try) stmt()         {}
func (*Match) stmt()       {}
func (*Bad) stmt()         {}

// ---- C types and declarators ---------------------------------------------

// CType is a base type as written, without its declarator: qualifiers, a
// dotted name, template arguments, memoryview or buffer axes. Only where no
// name can follow (see Declarator) does it end with the declarator's "*".
type CType struct {
	Span
	Const, Volatile bool
	// Name is the dotted name ("unsigned long", "np.ndarray", "vector"); the
	// words of a basic type are joined by one space.
	Name string
	// Path is the dotted name's parts; one part for a basic type.
	Path  []Ident
	Basic bool // int, long, "unsigned char", void, bint, …
	// Args holds template arguments and buffer options "[…]"; each is a *CType,
	// an expression, or an *Arg for "ndim=2". nil where there are no brackets.
	Args []Node
	// Memoryview is true for T[:], T[:, ::1].
	Memoryview bool
	// Tuple holds the parts of a ctuple type "(int, double)".
	Tuple []*CType
	// Stars counts "*" that the parser had to take with the type because no
	// declarator follows (inside casts, sizeof and template arguments);
	// Declarator holds such a type's full abstract declarator.
	Declarator *Declarator
}

// Declarator is a name with pointers, arrays and parameters round it.
type Declarator struct {
	Span
	Name  Ident // the declared name, also where it stands in Inner; zero where abstract
	CName Span  // '"c_name"'; zero where absent
	// Pointer counts "*" and "**" before the name at this level; Ref "&"; Refref "&&".
	Pointer int
	Ref     bool
	Refref  bool
	// Operator is the operator's text for C++ "operator+"; Name.Name is then "operator+".
	Operator string
	Arrays   []Expr // one entry a dimension; a nil entry for []
	// Func is true for a function declarator; Params and Suffix are then set.
	Func       bool
	Params     *Params
	Suffix     FuncSuffix
	TypeParams Span
	// Inner is the parenthesised declarator of "int (*f)(int)".
	Inner *Declarator
	// Default is "= value" (or *Placeholder for "= *" and "= ?").
	Default Expr
}

// ---- expressions ---------------------------------------------------------

// Expr is an expression.
type Expr interface {
	Node
	expr()
}

// Access tells what is done to the place that an Attribute, Subscript or Name
// denotes.
type Access uint8

const (
	Read         Access = iota
	Write               // a.x = v, also through tuple unpacking, with … as, walrus, import-like targets
	Aug                 // a.x += v
	Delete              // del a.x
	ForTarget           // for a.x in …
	AddressOf           // &a.x, &a.x[i], cython.address(a.x)
	StoreThrough        // a.x[i] = v, a.x[i] += v, del a.x[i], a.x.y = v: each name, attribute and subscript that the target is reached through
	Called              // a.x(…)
)

// Rebinds reports whether the place may hold something else afterwards, by itself or through its address. What
// it held may have changed after StoreThrough, too, but is still there.
func (a Access) Rebinds() bool { return a != Read && a != StoreThrough && a != Called }

// Name is a bare name.
type Name struct {
	Span
	Name   string
	Access Access
}

// Attribute is x.name.
type Attribute struct {
	Span
	X      Expr
	Attr   Ident
	Access Access
}

// Subscript is x[index, …].
type Subscript struct {
	Span
	X      Expr
	Index  []Expr // slices are Slice
	Access Access
}

// Slice is a:b:c inside a subscript.
type Slice struct {
	Span
	Lo, Hi, Step Expr
}

// Call is f(args). For a class's bases Fun is nil.
type Call struct {
	Span
	Fun            Expr
	Lparen, Rparen int32
	Args           []Arg
}

// Arg is one argument; Star is 1 for *x and 2 for **x.
type Arg struct {
	Span
	Star int
	Name Ident // keyword; zero where positional
	X    Expr
}

// Unary is "-x", "+x", "~x", "not x", "&x", "*x" (C dereference or star target), "await x".
type Unary struct {
	Span
	Op string
	X  Expr
}

// Binary is an arithmetic, bitwise or boolean operation.
type Binary struct {
	Span
	Op   string // "and" and "or" included
	X, Y Expr
}

// Compare is a chain a < b <= c; Ops has one entry fewer than Xs.
type Compare struct {
	Span
	Ops []string // "not in" and "is not" with one space
	Xs  []Expr
}

// Cond is "a if c else b".
type Cond struct {
	Span
	Then, If, Else Expr
}

// Lambda is "lambda params: body".
type Lambda struct {
	Span
	Params *Params
	Body   Expr
}

// Walrus is "name := value".
type Walrus struct {
	Span
	Target Expr
	Value  Expr
}

// Yield is "yield x" and "yield from x".
type Yield struct {
	Span
	From bool
	X    Expr
}

// Cast is "<type>x" and "<type?>x".
type Cast struct {
	Span
	Type    *CType
	Checked bool
	X       Expr
}

// Sizeof is sizeof(type or expression).
type Sizeof struct {
	Span
	Type *CType // nil where X is set
	X    Expr
}

// New is C++ "new T(args)".
type New struct {
	Span
	Type *CType
	Call *Call
}

// Collection is a tuple, list, set or dict display. Dict entries alternate key,
// value; a "**x" entry is a Starred with Stars 2 and takes one place.
type Collection struct {
	Span
	Kind   string // "tuple", "list", "set", "dict"
	Parens bool   // tuple in parentheses
	Elems  []Expr
}

// Starred is *x or **x inside a display, call-like list or target.
type Starred struct {
	Span
	Stars int
	X     Expr
}

// Paren is a parenthesised expression that is no tuple.
type Paren struct {
	Span
	X Expr
}

// Comp is a comprehension or generator expression.
type Comp struct {
	Span
	Kind    string // "list", "set", "dict", "generator"
	Elem    Expr
	Value   Expr // dict value
	Clauses []CompClause
}

// CompClause is one "for" or "if" of a comprehension; Target is nil for "if".
type CompClause struct {
	Span
	Async  bool
	Target Expr
	Iter   Expr // or the condition
	From   bool // a C-style range, as in For
	Step   Expr
}

// Str is a run of adjacent string literals. Fields of f-strings are in Fields.
type Str struct {
	Span
	Bytes  bool // b"…" or c'…'
	FStr   bool
	Fields []Expr
	// Value is the text of a plain, one-literal string without escapes; "" where
	// it is not that simple.
	Value string
}

// Number is a numeric literal.
type Number struct{ Span }

// Const is None, True, False, NULL, Ellipsis ("...").
type Const struct {
	Span
	Name string
}

// Placeholder is "*" or "?" where a default value is only announced.
type Placeholder struct{ Span }

// TypeExpr is a C type where an expression may stand: template arguments,
// cython.declare(…) never (that is an expression), "T[:]" never.
type TypeExpr struct {
	Span
	Type *CType
}

// Pattern is a match pattern that no expression form covers: "a | b", "x as y",
// "Cls(a, k=b)", "{…, **rest}", "[a, *rest]"; Parts in source order.
type Pattern struct {
	Span
	Parts []Expr
}

// BadExpr stands where recovery skipped an expression.
type BadExpr struct{ Span }

func (*Name) expr()        {}
func (*Attribute) expr()   {}
func (*Subscript) expr()   {}
func (*Slice) expr()       {}
func (*Call) expr()        {}
func (*Unary) expr()       {}
func (*Binary) expr()      {}
func (*Compare) expr()     {}
func (*Cond) expr()        {}
func (*Lambda) expr()      {}
func (*Walrus) expr()      {}
func (*Yield) expr()       {}
func (*Cast) expr()        {}
func (*Sizeof) expr()      {}
func (*New) expr()         {}
func (*Collection) expr()  {}
func (*Starred) expr()     {}
func (*Paren) expr()       {}
func (*Comp) expr()        {}
func (*Str) expr()         {}
func (*Number) expr()      {}
func (*Const) expr()       {}
func (*Placeholder) expr() {}
func (*TypeExpr) expr()    {}
func (*Pattern) expr()     {}
func (*BadExpr) expr()     {}
