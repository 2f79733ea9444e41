package parser

// compound.go parses if, while, for, with, try and match.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

func (p *parser) ifStmt() ast.Stmt {
	start := p.tok.Off
	s := p.nodes.ifStmt.new()
	mark := len(p.lists.clauses)
	for {
		cl := ast.CondClause{}
		at := p.tok.Off
		isElse := p.tok.Kind == lex.Else
		p.next()
		where := "after 'else'"
		if !isElse {
			cl.Cond = p.namedTest()
			where = "after the condition"
		}
		cl.Body = p.block(where, ctx{})
		cl.Span = p.span(at)
		p.lists.clauses = append(p.lists.clauses, cl)
		if isElse || p.tok.Kind != lex.Elif && p.tok.Kind != lex.Else {
			break
		}
	}
	s.Clauses = p.lists.popClauses(mark)
	s.Span = p.span(start)
	return s
}

func (p *parser) whileStmt() ast.Stmt {
	start := p.tok.Off
	p.next()
	s := &ast.While{Cond: p.namedTest()}
	s.Body = p.block("after the condition", ctx{})
	s.Else = p.elseBlock()
	s.Span = p.span(start)
	return s
}

// elseBlock parses an optional "else:".
func (p *parser) elseBlock() *ast.Suite {
	if !p.got(lex.Else) {
		return nil
	}
	return p.block("after 'else'", ctx{})
}

// forStmt parses a loop from "for" on.
func (p *parser) forStmt(start int32, async bool) ast.Stmt {
	p.next()
	s := p.nodes.forStmt.new()
	s.Async = async
	h := p.forHeader(true)
	s.Target, s.Iter, s.From, s.Step = h.target, h.iter, h.from, h.step
	s.Body = p.block("after the loop's header", ctx{})
	s.Else = p.elseBlock()
	s.Span = p.span(start)
	return s
}

// loop is the header of a loop or of a comprehension's clause.
type loop struct {
	target, iter, step ast.Expr
	from               bool
}

// forHeader parses what follows "for". A list may stand behind "in" if list is
// set.
func (p *parser) forHeader(list bool) loop {
	start := p.tok.Off
	x := p.targets(start)
	if p.got(lex.In) {
		setTarget(x, ast.ForTarget)
		h := loop{target: x}
		if list {
			h.iter = p.testList()
		} else {
			h.iter = p.expr(precOr)
		}
		return h
	}
	if p.pure {
		p.fail("expected 'in' after the loop's target" + p.found())
	}
	h := loop{from: true}
	low := x
	if p.got(lex.From) {
		h.target = x
		low = p.expr(precPipe)
	}
	c := p.nodes.compare.new()
	var ops [2]string
	ops[0] = p.relation(h.target != nil)
	v := p.nodes.name.new()
	v.Span = ast.Span{Pos: p.tok.Off, End: p.tok.End}
	v.Name = p.ident("the loop's variable").Name
	ops[1] = p.relation(true)
	high := p.expr(precPipe)
	c.Span = p.span(low.Range().Pos)
	c.Ops = p.lists.cutStrings.copy(ops[:])
	c.Xs = p.lists.cutExprs.copy([]ast.Expr{low, v, high})
	if h.target == nil {
		h.target = v
	}
	setTarget(h.target, ast.ForTarget)
	v.Access = ast.ForTarget
	h.iter = c
	if p.gotSoft(lex.By) {
		h.step = p.expr(precPipe)
	}
	return h
}

// relation parses "<", "<=", ">" or ">=" of a C-style range.
func (p *parser) relation(ranged bool) string {
	switch p.tok.Kind {
	case lex.Lt, lex.Le, lex.Gt, lex.Ge:
		op := p.tok.Kind.String()
		p.next()
		return op
	}
	if ranged {
		p.fail("expected '<', '<=', '>' or '>=' in the range of the loop" + p.found())
	}
	p.fail("expected 'in' after the loop's target" + p.found())
	return ""
}

// targets parses the targets of a loop.
func (p *parser) targets(start int32) ast.Expr {
	x := p.target()
	if p.tok.Kind != lex.Comma {
		return x
	}
	mark := len(p.lists.exprs)
	p.push(x)
	for p.got(lex.Comma) && p.tok.Kind != lex.In {
		p.push(p.target())
	}
	c := p.nodes.collection.new()
	c.Kind = "tuple"
	c.Elems = p.lists.popExprs(mark)
	c.Span = p.span(start)
	return c
}

func (p *parser) target() ast.Expr {
	start := p.tok.Off
	if p.got(lex.Star) {
		s := &ast.Starred{Stars: 1, X: p.expr(precPipe)}
		s.Span = p.span(start)
		return s
	}
	return p.expr(precPipe)
}

// withStmt parses a with statement from "with" on.
func (p *parser) withStmt(start int32, async bool) ast.Stmt {
	p.next()
	s := &ast.With{Async: async}
	open := p.tok.Off
	parens := p.tok.Kind == lex.LParen && p.parensHoldItems()
	if parens {
		p.next()
	}
	template := p.tok.Soft == lex.Template && p.peek(1) == lex.LBracket
	for {
		at := p.tok.Off
		item := ast.WithItem{X: p.test()}
		if p.gotSoft(lex.As) {
			item.Target = p.target()
			setTarget(item.Target, ast.Write)
		}
		item.Span = p.span(at)
		s.Items = append(s.Items, item)
		if !p.got(lex.Comma) || parens && p.tok.Kind == lex.RParen {
			break
		}
	}
	if parens {
		p.closeWith(lex.RParen, "after the context managers")
		s.Parens = p.span(open)
	}
	s.Body = p.block("after the context managers", ctx{cdef: template})
	s.Span = p.span(start)
	return s
}

// parensHoldItems reports whether the "(" here encloses all items of a with
// statement, rather than being part of the first one: "as" or "," stands
// directly in it and ":" behind it.
func (p *parser) parensHoldItems() bool {
	depth, items := 0, false
	for i := p.i; ; i++ {
		switch t := p.toks[i]; t.Kind {
		case lex.LParen, lex.LBracket, lex.LBrace, lex.FLBrace:
			depth++
		case lex.RParen, lex.RBracket, lex.RBrace, lex.FRBrace:
			if depth--; depth == 0 {
				return items && p.toks[i+1].Kind == lex.Colon
			}
		case lex.Comma:
			items = items || depth == 1
		case lex.Name:
			items = items || depth == 1 && t.Soft == lex.As
		case lex.For, lex.Yield, lex.ColonEq:
			if depth == 1 {
				return false
			}
		case lex.Newline, lex.EOF:
			return false
		}
	}
}

func (p *parser) tryStmt() ast.Stmt {
	start := p.tok.Off
	p.next()
	s := &ast.Try{Body: p.block("after 'try'", ctx{})}
	for p.tok.Kind == lex.Except {
		at := p.tok.Off
		p.next()
		h := ast.Handler{Star: p.got(lex.Star)}
		if p.tok.Kind != lex.Colon {
			h.Type = p.test()
			switch {
			case p.gotSoft(lex.As):
				h.As = p.test()
			case p.tok.Kind == lex.Comma:
				h.Type, h.As = p.exceptList(h.Type)
			}
			if h.As != nil {
				setTarget(h.As, ast.Write)
			}
		} else if h.Star {
			p.fail("expected an exception type after 'except*'")
		}
		h.Body = p.block("after 'except'", ctx{})
		h.Span = p.span(at)
		if len(s.Handlers) > 0 && s.Handlers[0].Star != h.Star {
			p.errorAt(at, "'except' and 'except*' cannot be mixed in one 'try'")
		}
		s.Handlers = append(s.Handlers, h)
	}
	if p.tok.Kind == lex.Else {
		s.Else = p.elseBlock()
	}
	if p.got(lex.Finally) {
		s.Finally = p.block("after 'finally'", ctx{})
	}
	if len(s.Handlers) == 0 && s.Finally == nil && s.Else == nil {
		p.fail("expected 'except' or 'finally' after the 'try' block")
	}
	s.Span = p.span(start)
	return s
}

// exceptList parses what a comma behind the first exception introduces: Python
// 2's "except E, target", or Python 3.14's list without parentheses.
func (p *parser) exceptList(first ast.Expr) (typ, target ast.Expr) {
	start := first.Range().Pos
	list := p.tupleRest(start, first).(*ast.Collection)
	if p.gotSoft(lex.As) {
		return list, p.test()
	}
	if len(list.Elems) == 2 {
		return first, list.Elems[1]
	}
	return list, nil
}

// ---- match ---------------------------------------------------------------

// looksLikeMatch reports whether the word "match" here introduces a match
// statement: whether its line ends with ":" and a block follows.
func (p *parser) looksLikeMatch() bool {
	switch p.peek(1) {
	case lex.Assign, lex.Dot, lex.Comma, lex.Colon, lex.Newline, lex.EOF, lex.RParen, lex.Semi:
		return false
	}
	for i := p.i + 1; ; i++ {
		switch p.toks[i].Kind {
		case lex.Newline:
			return p.toks[i-1].Kind == lex.Colon && p.toks[i+1].Kind == lex.Indent
		case lex.EOF:
			return false
		}
	}
}

func (p *parser) matchStmt(c ctx) ast.Stmt {
	start := p.tok.Off
	p.next()
	s := &ast.Match{}
	at := p.tok.Off
	s.Subject = p.tupleRest(at, p.namedTest())
	p.want(lex.Colon, "after the subject of 'match'")
	p.openBlock()
	for p.tok.Kind != lex.Dedent && p.tok.Kind != lex.EOF {
		at := p.tok.Off
		if !p.gotSoft(lex.Case) {
			p.fail("expected 'case'" + p.found())
		}
		k := ast.Case{Pattern: p.patterns()}
		if p.got(lex.If) {
			k.Guard = p.namedTest()
		}
		k.Body = p.block("after the pattern", c)
		k.Span = p.span(at)
		s.Cases = append(s.Cases, k)
	}
	p.got(lex.Dedent)
	s.Span = p.span(start)
	return s
}
