package parser

// suite.go parses files, blocks, and picks the production of each statement.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// ctx is what a statement has to know of the block it stands in.
type ctx struct {
	// cdef is set in blocks whose lines are C declarations without "cdef".
	cdef bool
	// body is set where the lines are members of a type.
	body body
}

// file parses all statements of a file.
func (p *parser) file() []ast.Stmt {
	p.statements(ctx{})
	return p.lists.popStmts(0)
}

// statements parses statements up to the end of the block onto the stack.
func (p *parser) statements(c ctx) {
	for {
		switch p.tok.Kind {
		case lex.EOF, lex.Dedent:
			return
		case lex.Newline:
			p.next()
			continue
		case lex.Indent:
			start := p.tok.Off
			p.errorAt(start, "unexpected indentation")
			p.next()
			p.skipIndented()
			p.addBad(ast.Span{Pos: start, End: max(p.end, start)})
			continue
		}
		m := p.mark()
		opaque := len(p.opaque)
		if !p.attempt(c) {
			p.opaque = p.opaque[:opaque]
			p.recoverFrom(m, c)
		}
	}
}

// add appends a statement to the block that is being parsed.
func (p *parser) add(s ast.Stmt) { p.lists.stmts = append(p.lists.stmts, s) }

// statement parses one statement, or the simple statements of one line, with
// the line end.
func (p *parser) statement(c ctx) {
	start := p.tok.Off
	if c.body != statementBody {
		p.member(c)
		return
	}
	switch p.tok.Kind {
	case lex.At:
		p.decorated(c)
		return
	case lex.Cdef, lex.Cpdef:
		p.add(p.cdef(start, nil))
		return
	case lex.Ctypedef:
		p.add(p.ctypedef())
		return
	case lex.DEF:
		p.add(p.defStmt())
		return
	case lex.IF:
		p.add(p.condStmt(c))
		return
	}
	if c.cdef && p.tok.Kind != lex.Pass && p.tok.Kind != lex.String {
		p.add(p.cdefBody(start, nil, -1, false))
		return
	}
	switch p.tok.Kind {
	case lex.Def:
		p.add(p.def(start, nil))
	case lex.Class:
		p.add(p.class(start, nil))
	case lex.If:
		p.add(p.ifStmt())
	case lex.While:
		p.add(p.whileStmt())
	case lex.For:
		p.add(p.forStmt(start, false))
	case lex.Try:
		p.add(p.tryStmt())
	case lex.With:
		p.add(p.withStmt(start, false))
	case lex.Include:
		p.add(p.include())
	case lex.Elif, lex.Else, lex.ELIF, lex.ELSE:
		p.fail("'" + p.tok.Kind.String() + "' without an if, loop or try above it")
	case lex.Except, lex.Finally:
		p.fail("'" + p.tok.Kind.String() + "' without a try above it")
	case lex.Name:
		if p.tok.Soft != lex.None && p.softStatement(c) {
			return
		}
		p.simpleLine()
	default:
		p.simpleLine()
	}
}

// softStatement parses the statement that a contextual keyword introduces, or
// returns false where the word is just a name.
func (p *parser) softStatement(c ctx) bool {
	start := p.tok.Off
	switch p.tok.Soft {
	case lex.Async:
		switch p.peek(1) {
		case lex.Def:
			p.add(p.def(start, nil))
			return true
		case lex.For:
			p.next()
			p.add(p.forStmt(start, true))
			return true
		case lex.With:
			p.next()
			p.add(p.withStmt(start, true))
			return true
		}
	case lex.Match:
		if p.looksLikeMatch() {
			p.add(p.matchStmt(c))
			return true
		}
	case lex.Property:
		if p.peek(1) == lex.Name && p.peek(2) == lex.Colon {
			p.next()
			s := &ast.PropertyDef{Name: p.ident("the property's name")}
			s.Body = p.block("after the property's name", c)
			s.Span = p.span(start)
			p.add(s)
			return true
		}
	}
	return false
}

// block parses ":" and the statements under it. where says what the ":" follows
// ("after the condition").
func (p *parser) block(where string, c ctx) *ast.Suite {
	p.enter()
	s := p.nodes.suite.new()
	s.Colon = p.want(lex.Colon, where)
	mark := len(p.lists.stmts)
	start := p.tok.Off
	if p.tok.Kind == lex.Newline {
		p.openBlock()
		start = p.tok.Off
		p.statements(c)
		p.got(lex.Dedent)
	} else {
		s.Inline = true
		if c.body != statementBody {
			p.member(c)
		} else {
			p.simpleLine()
		}
	}
	s.Stmts = p.lists.popStmts(mark)
	s.Span = p.span(start)
	p.leave()
	return s
}

// openBlock consumes the line end after a ":" and the indentation.
func (p *parser) openBlock() {
	p.next()
	if p.tok.Kind != lex.Indent {
		p.fail("expected an indented block")
	}
	p.next()
}

// simpleLine parses the simple statements of one line and the line end.
func (p *parser) simpleLine() {
	for {
		p.add(p.simple())
		if !p.got(lex.Semi) {
			break
		}
		if p.atLineEnd() {
			break
		}
	}
	p.lineEnd("after the statement")
}

// lineEnd consumes the end of a line.
func (p *parser) lineEnd(where string) {
	if p.tok.Kind == lex.Newline {
		p.next()
		return
	}
	if p.tok.Kind != lex.EOF {
		p.fail("expected the end of the line " + where + p.found())
	}
}
