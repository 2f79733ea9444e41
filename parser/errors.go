package parser

// errors.go reports errors, and gets the parser back on its feet after one.
//
// A production that cannot go on calls fail, which unwinds to the innermost
// statement. That statement becomes *ast.Bad together with the block under it,
// if it has one; the block's own errors are still reported.

import (
	"sort"
	"strconv"
	"unicode/utf8"

	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// Error is a syntax error. Line and Column are counted from 1, Column in
// characters.
type Error struct {
	Line, Column int
	Off          int32
	Msg          string
}

// Error gives "line:column: message".
func (e Error) Error() string {
	return strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Column) + ": " + e.Msg
}

// bailout unwinds the parser to the innermost statement.
type bailout struct{}

// fail reports an error at the current token and unwinds.
func (p *parser) fail(msg string) {
	p.failAt(p.here(), msg)
}

// failAt reports an error at an offset and unwinds.
func (p *parser) failAt(off int32, msg string) {
	p.errorAt(off, msg)
	panic(bailout{})
}

// errorAt reports an error and goes on.
func (p *parser) errorAt(off int32, msg string) {
	p.errors = append(p.errors, lex.Error{Off: off, Msg: msg})
}

// here is where an error at the current token is reported: at the end of a line
// that is right after its last token, not after its comment.
func (p *parser) here() int32 {
	if p.tok.Kind == lex.Newline || p.tok.Kind == lex.EOF {
		return p.end
	}
	return p.tok.Off
}

// found tells what stands at the current token.
func (p *parser) found() string {
	switch k := p.tok.Kind; {
	case k == lex.Invalid:
		return ""
	case k == lex.Name:
		return ", found '" + p.text(p.tok) + "'"
	case k.Literal():
		return ", found '" + k.String() + "'"
	case k == lex.Dedent || k == lex.Indent:
		return ""
	default:
		return ", found " + k.String()
	}
}

// maxDepth bounds how deep blocks, brackets and prefix operators nest, so that
// no input exhausts the stack. Real files stay below 50.
const maxDepth = 1000

// maxChain bounds how many operators follow each other on one level, because
// each makes the tree one level deeper.
const maxChain = 20000

// enter counts one level of recursion; leave undoes it.
func (p *parser) enter() {
	p.depth++
	if p.depth > maxDepth {
		p.fail("this is nested too deeply")
	}
}

func (p *parser) leave() { p.depth-- }

// mark is what a failed statement has to restore.
type mark struct {
	i     int
	depth int
	async int
	muted int
	errs  int
	lists listMarks
}

func (p *parser) mark() mark {
	return mark{p.i, p.depth, p.async, p.muted, len(p.errors), p.lists.marks()}
}

// attempt parses one statement line and reports whether that worked.
func (p *parser) attempt(c ctx) (ok bool) {
	defer func() {
		if !ok {
			if r := recover(); r != nil {
				if _, mine := r.(bailout); !mine {
					panic(r)
				}
			}
		}
	}()
	p.statement(c)
	return true
}

// recoverFrom makes a Bad statement of what began at m, skips the rest of its
// line and its block, and leaves the parser at the next statement.
func (p *parser) recoverFrom(m mark, c ctx) {
	p.depth, p.async, p.muted = m.depth, m.async, m.muted
	p.lists.restore(m.lists)
	first := p.toks[m.i]
	p.dropEchoes(m, first)
	if p.i == m.i && p.tok.Kind > lex.Dedent {
		p.next()
	}
	p.skipLine(m.i)
	p.skipBlock(m.i, c)
	for p.i > m.i && continuesCompound[p.tok.Kind] && p.toks[p.i-1].Kind <= lex.Dedent {
		at := p.i
		p.next()
		p.skipLine(at)
		p.skipBlock(at, c)
	}
	p.addBad(ast.Span{Pos: first.Off, End: max(p.end, first.Off)})
}

// dropEchoes drops the parser's error of the failed statement if the scanner
// has already reported one in it: that is its cause.
func (p *parser) dropEchoes(m mark, first lex.Tok) {
	if len(p.errors) <= m.errs {
		return
	}
	last := p.errors[len(p.errors)-1]
	n := sort.Search(len(p.lexErrors), func(i int) bool { return p.lexErrors[i].Off >= first.Off })
	if n < len(p.lexErrors) && p.lexErrors[n].Off <= max(last.Off, p.tok.Off) {
		p.errors = p.errors[:len(p.errors)-1]
	}
}

// addBad appends a Bad statement.
func (p *parser) addBad(span ast.Span) {
	p.lists.stmts = append(p.lists.stmts, &ast.Bad{Span: span})
	if p.muted == 0 {
		p.opaque = append(p.opaque, span)
	}
}

// continuesCompound marks the keywords of clauses that belong to a statement
// above. After a broken statement they are part of it.
var continuesCompound = [lex.NumKinds]bool{
	lex.Elif: true, lex.Else: true, lex.Except: true, lex.Finally: true, lex.ELIF: true, lex.ELSE: true,
}

// hasBlock marks the keywords of statements whose line a block follows.
var hasBlock = [lex.NumKinds]bool{
	lex.Def: true, lex.Class: true, lex.If: true, lex.While: true, lex.For: true, lex.Try: true,
	lex.With: true, lex.Cdef: true, lex.Cpdef: true, lex.Ctypedef: true, lex.IF: true, lex.At: true,
	lex.Elif: true, lex.Else: true, lex.Except: true, lex.Finally: true, lex.ELIF: true, lex.ELSE: true,
}

// skipLine moves behind the end of the current logical line, unless the parser
// already stands at the start of one after token from.
func (p *parser) skipLine(from int) {
	if p.i > from && p.toks[p.i-1].Kind <= lex.Dedent {
		return
	}
	for p.tok.Kind != lex.Newline && p.tok.Kind != lex.EOF {
		p.next()
	}
	p.got(lex.Newline)
}

// skipBlock skips the block that may follow the failed line which starts at
// token from. Where the line looks like the header of a block, the block is
// parsed for its errors; elsewhere its indentation is part of the failure.
func (p *parser) skipBlock(from int, c ctx) {
	if p.tok.Kind != lex.Indent {
		return
	}
	header := hasBlock[p.toks[from].Kind] || p.i >= 2 && p.toks[p.i-2].Kind == lex.Colon
	p.next()
	if header {
		p.parseMuted(p.bodyCtx(from, c))
		return
	}
	p.skipIndented()
}

// skipIndented skips what is left of a block that nothing is known of.
func (p *parser) skipIndented() {
	for level := 1; level > 0 && p.tok.Kind != lex.EOF; p.next() {
		switch p.tok.Kind {
		case lex.Indent:
			level++
		case lex.Dedent:
			level--
		}
	}
}

// bodyCtx guesses what the block under the failed header that starts at token
// from holds.
func (p *parser) bodyCtx(from int, c ctx) ctx {
	switch p.toks[from].Kind {
	case lex.Cdef, lex.Cpdef, lex.Ctypedef:
	case lex.IF, lex.ELIF, lex.ELSE:
		return c
	default:
		if !c.cdef && c.body == statementBody {
			return ctx{}
		}
	}
	for _, t := range p.toks[from:] {
		switch {
		case t.Kind == lex.Class, t.Kind == lex.LParen:
			return ctx{}
		case t.Soft == lex.Struct, t.Soft == lex.Union, t.Soft == lex.Packed:
			return ctx{body: structBody}
		case t.Soft == lex.Enum:
			return ctx{body: enumBody}
		case t.Soft == lex.Fused:
			return ctx{body: fusedBody}
		case t.Soft == lex.Cppclass:
			return ctx{body: cppBody}
		case t.Kind == lex.Newline, t.Kind == lex.EOF:
			return ctx{cdef: true}
		}
	}
	return ctx{}
}

// parseMuted parses statements up to the end of the block for their errors only.
func (p *parser) parseMuted(c ctx) {
	m := p.lists.marks()
	p.muted++
	if p.depth++; p.depth > maxDepth {
		p.skipIndented()
	} else {
		p.statements(c)
		p.got(lex.Dedent)
	}
	p.depth--
	p.muted--
	p.lists.restore(m)
}

// report merges the scanner's errors with the parser's.
func (p *parser) report(f *ast.File) []Error {
	if len(p.lexErrors)+len(p.errors) == 0 {
		return nil
	}
	all := append(append([]lex.Error(nil), p.lexErrors...), p.errors...)
	sort.SliceStable(all, func(i, j int) bool { return all[i].Off < all[j].Off })
	var out []Error
	for i, e := range all {
		if i > 0 && all[i-1].Off == e.Off {
			continue
		}
		next := Error{Off: e.Off, Msg: e.Msg}
		if n := len(out); n > 0 && sameLine(f, out[n-1], e.Off) {
			// A line may hold very many errors; count its characters once.
			next.Line = out[n-1].Line
			next.Column = out[n-1].Column + utf8.RuneCount(f.Src[out[n-1].Off:e.Off])
		} else {
			next.Line, next.Column = Position(f, e.Off)
		}
		out = append(out, next)
	}
	return out
}

// sameLine reports whether off lies on the line of an earlier error.
func sameLine(f *ast.File, e Error, off int32) bool {
	return e.Line == len(f.Lines) || off < f.Lines[e.Line]
}
