// Package lex splits Cython source into tokens. The tokens are an array of
// fixed-size records that point into the source; whatever lies between two
// tokens (blanks, comments, line continuations, a byte order mark) is trivia,
// so tokens and gaps concatenated are the input.
package lex

// Tok is one token: the bytes [Off, End) of the source.
type Tok struct {
	Off, End int32
	Kind     Kind
	// Soft tells which contextual keyword a Name spells; None for other names.
	Soft Soft
	// Flags describe names and strings; see the Flag constants.
	Flags Flags
}

// Flags are facts about a token that the scanner learns for free.
type Flags uint8

const (
	NonASCII  Flags = 1 << iota // a Name with bytes outside ASCII
	Escaped                     // a String with a backslash in it
	BytesLike                   // a String with a b or c prefix
	Triple                      // a String or FStart with triple quotes
)

// Kind is the kind of a token.
type Kind uint8

// Newline ends a logical line and covers the line break. Indent and Dedent are
// empty and stand before the first token of their line. An f-string is FStart,
// then any of FMid (text) and fields, then FEnd; a field is FLBrace, ordinary
// tokens, optionally FColon with a format of FMid and fields, then FRBrace.
const (
	EOF Kind = iota
	Newline
	Indent
	Dedent
	Invalid // what the scanner has reported an error for
	Name
	Int
	Float
	Imag
	String
	FStart
	FMid
	FLBrace
	FRBrace
	FColon
	FEnd

	LParen
	RParen
	LBracket
	RBracket
	LBrace
	RBrace
	Comma
	Colon
	ColonEq
	Semi
	Dot
	Ellipsis
	At
	Arrow
	Question
	Bang
	Backquote
	Tilde
	Assign // =

	Plus
	Minus
	Star
	StarStar
	Slash
	SlashSlash
	Percent
	Pipe
	Caret
	Amp
	AmpAmp
	PipePipe
	Shl
	Shr
	Lt
	Gt
	Le
	Ge
	EqEq
	NotEq
	LtGt

	PlusEq
	MinusEq
	StarEq
	SlashEq
	PercentEq
	PipeEq
	CaretEq
	AmpEq
	AtEq
	ShlEq
	ShrEq
	StarStarEq
	SlashSlashEq

	And
	Assert
	Break
	Class
	Continue
	Def
	Del
	Elif
	Else
	Except
	Finally
	For
	From
	Global
	If
	Import
	In
	Is
	Lambda
	Nonlocal
	Not
	Or
	Pass
	Raise
	Return
	Try
	While
	With
	Yield
	// Keywords of Cython files only.
	Cdef
	Cimport
	Cpdef
	Ctypedef
	Include
	DEF
	IF
	ELIF
	ELSE

	NumKinds
)

// Soft is a contextual keyword: a name that means more in some places.
type Soft uint8

const (
	None Soft = iota
	API
	As
	Async
	Await
	By
	Case
	Const
	Cppclass
	Enum
	Exec
	Extern
	FalseLit
	Fused
	Gil
	Inline
	Match
	Namespace
	New
	Nogil
	Noexcept
	NoneLit
	NullLit
	Object
	Operator
	Packed
	Print
	Property
	Public
	Readonly
	Restrict
	Sizeof
	Struct
	Template
	TrueLit
	Type
	Union
	Volatile
	// Words that begin a basic C type.
	Complex // ends one
	basicFirst
	Void
	Char
	IntType
	FloatType
	Double
	Bint
	Short
	Long
	Signed
	Unsigned
	SpecialType // Py_ssize_t, size_t and the other one-word types
	basicLast
	CallConv // __stdcall, __cdecl, __fastcall
)

// BasicType reports whether the word begins a basic C type.
func (s Soft) BasicType() bool { return basicFirst < s && s < basicLast }

// Sign reports whether the word is one of short, long, signed and unsigned.
func (s Soft) Sign() bool { return Short <= s && s <= Unsigned }

var kindNames = [NumKinds]string{
	EOF: "end of file", Newline: "end of line", Indent: "indentation", Dedent: "dedentation",
	Invalid: "invalid text", Name: "name", Int: "number", Float: "number", Imag: "number",
	String: "string", FStart: "f-string", FMid: "f-string text", FLBrace: "{", FRBrace: "}",
	FColon: ":", FEnd: "end of f-string",
	LParen: "(", RParen: ")", LBracket: "[", RBracket: "]", LBrace: "{", RBrace: "}",
	Comma: ",", Colon: ":", ColonEq: ":=", Semi: ";", Dot: ".", Ellipsis: "...", At: "@",
	Arrow: "->", Question: "?", Bang: "!", Backquote: "`", Tilde: "~", Assign: "=",
	Plus: "+", Minus: "-", Star: "*", StarStar: "**", Slash: "/", SlashSlash: "//",
	Percent: "%", Pipe: "|", Caret: "^", Amp: "&", AmpAmp: "&&", PipePipe: "||",
	Shl: "<<", Shr: ">>", Lt: "<", Gt: ">", Le: "<=", Ge: ">=", EqEq: "==", NotEq: "!=", LtGt: "<>",
	PlusEq: "+=", MinusEq: "-=", StarEq: "*=", SlashEq: "/=", PercentEq: "%=", PipeEq: "|=",
	CaretEq: "^=", AmpEq: "&=", AtEq: "@=", ShlEq: "<<=", ShrEq: ">>=", StarStarEq: "**=", SlashSlashEq: "//=",
	And: "and", Assert: "assert", Break: "break", Class: "class", Continue: "continue", Def: "def",
	Del: "del", Elif: "elif", Else: "else", Except: "except", Finally: "finally", For: "for",
	From: "from", Global: "global", If: "if", Import: "import", In: "in", Is: "is", Lambda: "lambda",
	Nonlocal: "nonlocal", Not: "not", Or: "or", Pass: "pass", Raise: "raise", Return: "return",
	Try: "try", While: "while", With: "with", Yield: "yield",
	Cdef: "cdef", Cimport: "cimport", Cpdef: "cpdef", Ctypedef: "ctypedef", Include: "include",
	DEF: "DEF", IF: "IF", ELIF: "ELIF", ELSE: "ELSE",
}

// String is the token's own text for operators and keywords, else a word for
// the kind.
func (k Kind) String() string {
	if k < NumKinds {
		return kindNames[k]
	}
	return "?"
}

// Literal reports whether String gives the token's own text.
func (k Kind) Literal() bool { return k >= FLBrace && k != FEnd && k < NumKinds }
