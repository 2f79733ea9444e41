package c

// What the words of a declaration say of a type: how many pointers, const where.

import (
	"slices"
	"strings"
)

type base uint8

const (
	baseUnknown base = iota
	baseScalar
	baseRecord
	baseVoid
	baseFunc
)

// ctype is a type, as far as it matters here. Levels are numbered from the inside: 0 is
// what all pointers lead to in the end.
type ctype struct {
	base   base
	rec    string // the class, or a name that was not found
	arg    string // the only argument of a template, if it is a name
	ptr    int8
	consts uint16 // by level
	array  bool   // the outermost level is an array: the variable has it in itself
	ref    bool   // the outermost level is a reference
	narrow bool   // a number that has no room for a pointer
}

func (t ctype) constAt(level int8) bool { return t.consts&(1<<level) != 0 }

// pointed is t with one level more.
func (t ctype) pointed(isArray bool) ctype {
	if t.ptr >= 14 {
		return ctype{}
	}
	if isArray && t.constAt(t.ptr) { // an array of const is const
		t.consts |= 1 << (t.ptr + 1)
	}
	t.ptr++
	t.array = isArray
	return t
}

// within is t as a member of an object that is const, or not.
func (t ctype) within(konst bool) ctype {
	if !konst || t == (ctype{}) || t.ref {
		return t
	}
	t.consts |= 1 << t.ptr
	if t.array {
		t.consts |= 1 << (t.ptr - 1)
	}
	return t
}

// smart are classes whose objects stand for pointers to what their argument names, without
// const where they are const themselves.
var smart = set("unique_ptr", "shared_ptr", "scoped_ptr", "auto_ptr", "intrusive_ptr")

// threads are the words of a variable that each thread has for itself, or that C itself lets threads share.
var threads = set("thread_local", "_Thread_local", "__thread", "_Atomic", "atomic_int", "atomic_uint", "atomic_long", "atomic_ulong", "atomic_llong",
	"atomic_ullong", "atomic_bool", "atomic_flag", "atomic_size_t", "atomic_uintptr_t", "atomic_intptr_t")

// element is what *x is of.
func (t ctype) element() ctype {
	if t.ptr == 0 {
		return ctype{}
	}
	t.consts &^= 1 << t.ptr
	t.ptr--
	t.array, t.ref = false, false
	return t
}

// decay is t as a parameter.
func (t ctype) decay() ctype {
	t.array = false
	return t
}

// scalar reports whether a value leads nowhere.
func (t ctype) scalar() bool { return t.ptr == 0 && (t.base == baseScalar || t.base == baseFunc) }

// flat reports whether t leads to numbers and to nothing else.
func (t ctype) flat() bool { return t.ptr <= 1 && t.base == baseScalar }

// pointer reports whether a value is one, or an array.
func (t ctype) pointer() bool { return t.ptr > 0 }

// readOnly reports whether nothing can be written through a parameter of the type.
func (t ctype) readOnly() bool {
	if t.ptr == 0 {
		return t.base == baseScalar || t.base == baseFunc || t.base == baseRecord
	}
	for i := range t.ptr {
		if !t.constAt(i) {
			return false
		}
	}
	return true
}

var scalarWords = set("char", "short", "int", "long", "float", "double", "signed", "unsigned", "_Bool", "bool", "__int128", "_Complex", "wchar_t", "char16_t", "char32_t", "char8_t", "__int64", "_Float16")

// numbers are types of the standard headers.
var numbers = set("size_t", "ssize_t", "ptrdiff_t", "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t",
	"intptr_t", "uintptr_t", "intmax_t", "uintmax_t", "time_t", "off_t", "clock_t", "mode_t", "pid_t", "Py_ssize_t", "Py_hash_t", "Py_UCS4", "uint", "ulong", "ushort", "uchar")

// qualifiers and storage classes tell nothing here, but for const.
var qualifiers = set("const", "volatile", "restrict", "__restrict", "__restrict__", "static", "inline", "__inline", "__inline__", "extern", "register", "constexpr",
	"mutable", "virtual", "explicit", "friend", "typename", "_Noreturn", "thread_local", "_Thread_local", "__thread", "__extension__", "auto", "consteval", "__const", "_Atomic", "__volatile__")

// declWords cannot be names.
var declWords = func() map[string]bool {
	out := set("struct", "union", "class", "enum", "void", "return", "if", "while", "for", "switch", "sizeof", "else", "do", "case", "goto", "delete", "new", "typedef")
	for _, more := range []map[string]bool{scalarWords, qualifiers} {
		for w := range more {
			out[w] = true
		}
	}
	return out
}()

func set(words ...string) map[string]bool {
	out := map[string]bool{}
	for _, w := range words {
		out[w] = true
	}
	return out
}

// phrase is the words of one declaration, in which brackets with what is in them are one
// word each: "[]", "()", "<>".
type phrase []string

// maxPhrase are as many words as a declaration may have; of more nothing is known.
const maxPhrase = 512

// of returns the type that a phrase declares, and the name that it gives, "" for none.
func (f *file) of(p phrase) (ctype, string) { return f.typeOf(p, 0) }

func (f *file) typeOf(p phrase, depth int) (ctype, string) {
	if depth > 16 || len(p) > maxPhrase {
		return ctype{}, ""
	}
	first := slices.IndexFunc(p, func(w string) bool { return w == "*" || w == "&" || w == "&&" || w == "[]" || w == "()" })
	if first < 0 {
		first = len(p)
	}
	t := ctype{}
	var idents []string
	builtin, tagged, constant, auto := false, false, false, false
	arg := ""
	for i := 0; i < first; i++ {
		switch w := p[i]; {
		case w == "const" || w == "__const" || w == "constexpr":
			constant = true
		case w == "auto":
			auto = true
		case w == "struct" || w == "union" || w == "class" || w == "enum":
			tagged = true
			if w == "enum" {
				t.base, t.narrow = baseScalar, true
			}
		case w == "::" || w[0] == '<' && len(w) > 1 || qualifiers[w] || w == "...":
			if w[0] == '<' && len(idents) > 0 {
				arg = strings.Trim(w, "<>")
			}
			if w == "::" && len(idents) > 0 && !builtin { // of a namespace
				idents = idents[:len(idents)-1]
			}
		case scalarWords[w]:
			builtin = true
			t.base = baseScalar
			t.narrow = !slices.Contains(p[:first], "long") && w != "__int64" && w != "__int128" || slices.Contains(p[:first], "double")
		case w == "void":
			builtin = true
			t.base = baseVoid
		case letter(w[0]):
			idents = append(idents, w)
		default:
			return ctype{}, ""
		}
	}
	name := ""
	named := first < len(p) && p[first] == "[]" || first == len(p) // the name stands before it, if anywhere
	if builtin {
		if named && len(idents) > 0 {
			name = idents[len(idents)-1]
		}
	} else {
		if named && len(idents) >= 2 {
			name = idents[len(idents)-1]
			idents = idents[:len(idents)-1]
		}
		if auto && len(idents) == 1 && named { // of any type
			name, idents = idents[0], nil
		}
		if len(idents) == 0 && first == len(p) || len(idents) == 0 && !auto {
			return ctype{}, name
		}
		if len(idents) == 0 {
			idents = []string{"auto"}
		}
		word := idents[len(idents)-1]
		switch {
		case t.base == baseScalar: // an enum
		case tagged:
			t.base, t.rec = baseRecord, word
		default:
			t = f.named(word, depth)
			if t.ptr == 0 && t.base != baseScalar {
				t.arg = arg
			}
		}
	}
	if constant {
		level := t.ptr
		for level > 0 && level == t.ptr && t.array {
			t.consts |= 1 << level
			level--
		}
		t.consts |= 1 << level
	}
	arrays := 0
	function := false // it is one, and a pointer to it is no more
	for _, w := range p[first:] {
		if w == "*" || w == "&" || w == "&&" {
			for ; arrays > 0; arrays-- { // a pointer to them
				t = t.pointed(true)
			}
		}
		switch {
		case function && (w == "*" || w == "&" || w == "&&" || w == "^"):
			function = false
		case w == "*" || w == "^":
			t = t.pointed(false)
		case w == "&" || w == "&&":
			t = t.pointed(false)
			t.ref = true
		case w == "const" || w == "__const":
			t.consts |= 1 << t.ptr
		case w == "[]":
			arrays++
		case w == "()":
			t, function = ctype{base: baseFunc}, true
		case w == "::" || w[0] == '<' && len(w) > 1 || w == "..." || qualifiers[w]:
		case letter(w[0]):
			name = w
		default:
			return ctype{}, ""
		}
	}
	for range arrays {
		t = t.pointed(true)
	}
	return t, name
}

// named is the type that a name stands for in a file. One that leads to itself is not known.
func (f *file) named(name string, depth int) ctype {
	if t, ok := f.typeNames[name]; ok {
		return t
	}
	f.typeNames[name] = ctype{rec: name}
	t := f.findNamed(name, depth)
	f.typeNames[name] = t
	return t
}

func (f *file) findNamed(name string, depth int) ctype {
	var out ctype
	found := false
	for _, g := range f.all() {
		for _, isl := range g.types[name] {
			t := g.definedBy(isl, depth+1)
			if t == (ctype{rec: name}) { // typedef lib::T T
				continue
			}
			if found && t != out {
				if !t.scalar() || !out.scalar() {
					return ctype{rec: name}
				}
				t.narrow = t.narrow && out.narrow // int on one machine, long on another
			}
			out, found = t, true
		}
		if !found && len(g.classes[name]) > 0 {
			out, found = ctype{base: baseRecord, rec: name}, true
		}
	}
	if out.scalar() && fixedWidth(name) {
		out.narrow = true
	}
	if !found {
		if numbers[name] {
			return ctype{base: baseScalar, narrow: fixedWidth(name)}
		}
		return ctype{rec: name}
	}
	return out
}

// fixedWidth reports whether the name of a number says that it has at most 32 bits.
func fixedWidth(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(name), "_t")
	for _, w := range []string{"int32", "int16", "int8", "ucs4"} {
		if strings.HasSuffix(name, w) {
			return true
		}
	}
	return false
}

// definedBy is the type of a typedef.
func (g *file) definedBy(isl island, depth int) ctype {
	if depth > 16 {
		return ctype{}
	}
	name := g.str(g.toks[isl.name])
	if isl.keyword == "using" {
		t, _ := g.typeOf(g.phrase(isl.name+2, isl.end-1), depth)
		return t
	}
	var p phrase
	own := false // behind the first name: of several, each has pointers of its own
	for i := isl.start + 1; i < isl.end; {
		switch {
		case g.is(i, "{"):
			if !slices.Contains(p, "enum") && len(p) > 0 && (p[len(p)-1] == "struct" || p[len(p)-1] == "union") {
				p = append(p, name) // one without a name has that of the typedef
			} else if len(p) > 0 && p[len(p)-1] == "enum" {
				p = append(p, name)
			}
			i = g.matchTo(i, isl.end)
			continue
		case g.is(i, ",") || g.is(i, ";"):
			if own {
				t, _ := g.typeOf(p, depth)
				return t
			}
			if j := slices.IndexFunc(p, func(w string) bool { return w == "*" }); j >= 0 {
				p = p[:j]
			} else if len(p) > 0 {
				p = p[:len(p)-1]
			}
			i++
			continue
		}
		w, next := g.word(i, isl.end)
		own = own || i <= isl.name && isl.name < next
		i = next
		p = append(p, strings.Fields(w)...)
	}
	return ctype{}
}

// phrase is the words between two tokens.
func (t *text) phrase(from, to int) phrase {
	var p phrase
	for i := from; i < to; {
		var w string
		if w, i = t.word(i, to); w != "" {
			p = append(p, strings.Fields(w)...)
		}
	}
	return p
}

// word returns the word at token i, "" for what says nothing, and where the next one begins.
func (t *text) word(i, to int) (string, int) { return t.wordIn(i, to, 0) }

// wordIn is word for what stands in some declarators.
func (t *text) wordIn(i, to, depth int) (string, int) {
	k := t.toks[i]
	switch {
	case k.kind >= kIf:
		return "", i + 1
	case k.kind == kIdent:
		w := t.str(k)
		if attributes[w] && t.is(i+1, "(") {
			return "", t.matchTo(i+1, to)
		}
		return w, i + 1
	case t.is(i, "["):
		end := t.matchTo(i, to)
		if t.is(i+1, "[") { // [[attribute]]
			return "", end
		}
		return "[]", end
	case t.is(i, "("):
		return t.within(i, to, depth)
	case t.is(i, "<"):
		if end, ok := t.anglesTo(i, to); ok {
			last := end - 2
			for j := i + 1; j < end-1; j++ {
				if t.toks[j].kind != kIdent && !t.is(j, "::") {
					return "<>", end
				}
			}
			if last > i && t.toks[last].kind == kIdent {
				return "<" + t.str(t.toks[last]) + ">", end
			}
			return "<>", end
		}
	}
	return t.str(k), i + 1
}

// lastOf is the last part of a qualified name.
func lastOf(name string) string {
	if i := strings.LastIndex(name, "::"); i >= 0 {
		return name[i+2:]
	}
	return name
}
