package lex

// keyword.go tells keywords and contextual keywords from other names.

// keywordLens has, for each first byte, one bit per length that some keyword
// with that first byte has: most names are told apart by one look here.
var keywordLens = func() (m [256]uint32) {
	for _, w := range []string{
		"and", "api", "as", "assert", "async", "await", "bint", "break", "by", "case", "cdef", "char",
		"cimport", "class", "complex", "const", "continue", "cpdef", "cppclass", "ctypedef", "DEF",
		"def", "del", "double", "elif", "ELIF", "else", "ELSE", "enum", "except", "exec", "extern",
		"False", "finally", "float", "for", "from", "fused", "gil", "global", "if", "IF", "import",
		"in", "include", "inline", "int", "is", "lambda", "long", "match", "namespace", "new",
		"noexcept", "nogil", "None", "nonlocal", "not", "NULL", "object", "operator", "or", "packed",
		"pass", "print", "property", "ptrdiff_t", "public", "Py_hash_t", "Py_ssize_t", "Py_tss_t",
		"Py_UCS4", "Py_UNICODE", "raise", "readonly", "restrict", "return", "short", "signed",
		"size_t", "sizeof", "ssize_t", "struct", "template", "True", "try", "type", "union",
		"unsigned", "void", "volatile", "while", "with", "yield", "__cdecl", "__fastcall", "__stdcall",
	} {
		m[w[0]] |= 1 << len(w)
	}
	return m
}()

// lookup classifies a name.
func lookup(w string, pure bool) (Kind, Soft) {
	if len(w) > 10 || keywordLens[w[0]]>>len(w)&1 == 0 {
		return Name, None
	}
	switch w {
	case "and":
		return And, None
	case "assert":
		return Assert, None
	case "break":
		return Break, None
	case "class":
		return Class, None
	case "continue":
		return Continue, None
	case "def":
		return Def, None
	case "del":
		return Del, None
	case "elif":
		return Elif, None
	case "else":
		return Else, None
	case "except":
		return Except, None
	case "finally":
		return Finally, None
	case "for":
		return For, None
	case "from":
		return From, None
	case "global":
		return Global, None
	case "if":
		return If, None
	case "import":
		return Import, None
	case "in":
		return In, None
	case "is":
		return Is, None
	case "lambda":
		return Lambda, None
	case "nonlocal":
		return Nonlocal, None
	case "not":
		return Not, None
	case "or":
		return Or, None
	case "pass":
		return Pass, None
	case "raise":
		return Raise, None
	case "return":
		return Return, None
	case "try":
		return Try, None
	case "while":
		return While, None
	case "with":
		return With, None
	case "yield":
		return Yield, None

	case "as":
		return Name, As
	case "async":
		return Name, Async
	case "await":
		return Name, Await
	case "case":
		return Name, Case
	case "exec":
		return Name, Exec
	case "False":
		return Name, FalseLit
	case "match":
		return Name, Match
	case "None":
		return Name, NoneLit
	case "print":
		return Name, Print
	case "True":
		return Name, TrueLit
	case "type":
		return Name, Type
	}
	if pure {
		return Name, None
	}
	switch w {
	case "cdef":
		return Cdef, None
	case "cimport":
		return Cimport, None
	case "cpdef":
		return Cpdef, None
	case "ctypedef":
		return Ctypedef, None
	case "include":
		return Include, None
	case "DEF":
		return DEF, None
	case "IF":
		return IF, None
	case "ELIF":
		return ELIF, None
	case "ELSE":
		return ELSE, None

	case "api":
		return Name, API
	case "by":
		return Name, By
	case "const":
		return Name, Const
	case "cppclass":
		return Name, Cppclass
	case "enum":
		return Name, Enum
	case "extern":
		return Name, Extern
	case "fused":
		return Name, Fused
	case "gil":
		return Name, Gil
	case "inline":
		return Name, Inline
	case "namespace":
		return Name, Namespace
	case "new":
		return Name, New
	case "nogil":
		return Name, Nogil
	case "noexcept":
		return Name, Noexcept
	case "NULL":
		return Name, NullLit
	case "object":
		return Name, Object
	case "operator":
		return Name, Operator
	case "packed":
		return Name, Packed
	case "property":
		return Name, Property
	case "public":
		return Name, Public
	case "readonly":
		return Name, Readonly
	case "restrict":
		return Name, Restrict
	case "sizeof":
		return Name, Sizeof
	case "struct":
		return Name, Struct
	case "template":
		return Name, Template
	case "union":
		return Name, Union
	case "volatile":
		return Name, Volatile
	case "complex":
		return Name, Complex
	case "void":
		return Name, Void
	case "char":
		return Name, Char
	case "int":
		return Name, IntType
	case "float":
		return Name, FloatType
	case "double":
		return Name, Double
	case "bint":
		return Name, Bint
	case "short":
		return Name, Short
	case "long":
		return Name, Long
	case "signed":
		return Name, Signed
	case "unsigned":
		return Name, Unsigned
	case "Py_UNICODE", "Py_UCS4", "Py_hash_t", "Py_ssize_t", "ssize_t", "size_t", "ptrdiff_t", "Py_tss_t":
		return Name, SpecialType
	case "__stdcall", "__cdecl", "__fastcall":
		return Name, CallConv
	}
	return Name, None
}
