// Package parser turns Cython source into the tree of package ast.
//
// It is a recursive-descent parser with an operator-precedence core over the
// token array of package lex. It accepts what Cython's own parser accepts, and
// a little more where Cython refuses by meaning rather than by form. Statements
// that do not parse become *ast.Bad and parsing goes on with the next one.
//
//	parser.go      entry points, token cursor
//	errors.go      errors, recovery
//	slab.go        allocation of nodes and lists
//	suite.go       blocks and statement dispatch
//	compound.go    if, while, for, with, try, match
//	simple.go      one-line statements, assignments, imports
//	def.go         def, class, decorators, parameters
//	cdef.go        cdef, cpdef, ctypedef, extern blocks
//	aggregate.go   struct, enum, fused, cppclass, cdef class
//	ctype.go       C types
//	declarator.go  C declarators
//	expr.go        operators
//	atom.go        names, literals, displays, calls, subscripts
//	fstring.go     string literals and their fields
//	pattern.go     match patterns
//	access.go      what is done to each name, attribute and subscript
package parser

import (
	"math"
	"sync"

	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// Options says what is parsed.
type Options struct {
	Name string // goes into the tree; the parser opens no file
	Pure bool   // a .py file: no cdef, no casts, no C types
}

// tokens is the memory of those of files that are parsed.
var tokens = sync.Pool{New: func() any { return new([]lex.Tok) }}

// Parse parses a file. The tree is never nil; it is complete if there are no
// errors. Errors are in source order.
func Parse(src []byte, opt Options) (*ast.File, []Error) {
	f := &ast.File{Name: opt.Name, Src: src, Pure: opt.Pure}
	if len(src) >= math.MaxInt32 {
		f.Lines = []int32{0}
		f.Opaque = []ast.Span{{}}
		return f, []Error{{Line: 1, Column: 1, Msg: "the file is too large"}}
	}
	f.Span.End = int32(len(src))
	text := string(src)
	toks := tokens.Get().(*[]lex.Tok)
	scan := lex.ScanInto(*toks, text, opt.Pure)
	defer func() {
		*toks = scan.Toks
		tokens.Put(toks)
	}()
	f.Lines = lex.Lines(src)
	f.Multiline, f.Joins = scan.Multiline, scan.Joins
	p := &parser{src: text, toks: scan.Toks, pure: opt.Pure, lexErrors: scan.Errors}
	p.tok = p.toks[0]
	f.Body = p.file()
	f.Opaque = p.opaque
	return f, p.report(f)
}

// Position gives the line and column of an offset, both counted from 1; columns
// count characters.
func Position(f *ast.File, off int32) (line, col int) {
	return lex.Position(f.Src, f.Lines, off)
}

// parser is the state of one Parse.
type parser struct {
	src  string
	toks []lex.Tok
	i    int     // index of tok
	tok  lex.Tok // the current token
	// end is where the last token before tok ends that is no Newline, Indent or
	// Dedent: the end of the node that was just parsed.
	end   int32
	pure  bool
	async int // enclosing async defs; await is a keyword in them
	depth int // of recursion; see enter

	lexErrors []lex.Error
	errors    []lex.Error
	opaque    []ast.Span
	muted     int // of blocks that are parsed for their errors only

	// address holds names under which the file knows cython.address, and modules
	// the names of the cython module itself.
	address, modules []string

	nodes nodes
	lists lists
}

// next moves to the next token.
func (p *parser) next() {
	if p.tok.Kind > lex.Dedent {
		p.end = p.tok.End
	}
	if p.i+1 < len(p.toks) {
		p.i++
		p.tok = p.toks[p.i]
	}
}

// peek is the kind of the token n places after the current one.
func (p *parser) peek(n int) lex.Kind {
	if p.i+n < len(p.toks) {
		return p.toks[p.i+n].Kind
	}
	return lex.EOF
}

// peekTok is the token n places after the current one.
func (p *parser) peekTok(n int) lex.Tok {
	if p.i+n < len(p.toks) {
		return p.toks[p.i+n]
	}
	return p.toks[len(p.toks)-1]
}

// got consumes the current token if it is of kind k.
func (p *parser) got(k lex.Kind) bool {
	if p.tok.Kind == k {
		p.next()
		return true
	}
	return false
}

// gotSoft consumes the current token if it is the contextual keyword w.
func (p *parser) gotSoft(w lex.Soft) bool {
	if p.tok.Soft == w {
		p.next()
		return true
	}
	return false
}

// want consumes a token of kind k and returns its offset, or fails; where says
// where it was expected ("after the condition").
func (p *parser) want(k lex.Kind, where string) int32 {
	if p.tok.Kind != k {
		p.fail("expected '" + k.String() + "'" + sep(where))
	}
	off := p.tok.Off
	p.next()
	return off
}

func sep(where string) string {
	if where == "" {
		return ""
	}
	return " " + where
}

// span runs from start to the end of the last token.
func (p *parser) span(start int32) ast.Span { return ast.Span{Pos: start, End: p.end} }

// text is the text of a token.
func (p *parser) text(t lex.Tok) string { return p.src[t.Off:t.End] }

// atLineEnd reports whether no token is left on the logical line.
func (p *parser) atLineEnd() bool { return p.tok.Kind <= lex.Dedent }

// ident consumes a name; what says what was expected ("a module name").
func (p *parser) ident(what string) ast.Ident {
	if p.tok.Kind != lex.Name {
		p.fail("expected " + what + p.found())
	}
	id := ast.Ident{Span: ast.Span{Pos: p.tok.Off, End: p.tok.End}, Name: p.name(p.tok)}
	p.next()
	return id
}
