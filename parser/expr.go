package parser

// expr.go parses operators: one loop over a table of precedences, with
// Cython's prefix forms (casts, address-of, sizeof) at the level of unary minus.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// Precedences of the binary operators, loosest first. "not" is a prefix that
// stands between "and" and the comparisons.
const (
	precOr = iota + 1
	precAnd
	precNot
	precCompare
	precPipe
	precCaret
	precAmp
	precShift
	precAdd
	precMul
)

var precedence = [lex.NumKinds]uint8{
	lex.Or: precOr, lex.And: precAnd,
	lex.In: precCompare, lex.Not: precCompare, lex.Is: precCompare, lex.Lt: precCompare, lex.Gt: precCompare,
	lex.Le: precCompare, lex.Ge: precCompare, lex.EqEq: precCompare, lex.NotEq: precCompare, lex.LtGt: precCompare,
	lex.Pipe: precPipe, lex.Caret: precCaret, lex.Amp: precAmp, lex.Shl: precShift, lex.Shr: precShift,
	lex.Plus: precAdd, lex.Minus: precAdd,
	lex.Star: precMul, lex.At: precMul, lex.Slash: precMul, lex.SlashSlash: precMul, lex.Percent: precMul,
}

// namedTest parses "test [:= test]".
func (p *parser) namedTest() ast.Expr {
	start := p.tok.Off
	x := p.test()
	if p.tok.Kind != lex.ColonEq {
		return x
	}
	if _, ok := x.(*ast.Name); !ok {
		p.errorAt(start, "the target of ':=' must be a name")
	}
	p.next()
	setTarget(x, ast.Write)
	w := &ast.Walrus{Target: x, Value: p.test()}
	w.Span = p.span(start)
	return w
}

// test parses a conditional expression, a lambda, or anything tighter.
func (p *parser) test() ast.Expr {
	if p.tok.Kind == lex.Lambda {
		return p.lambda()
	}
	start := p.tok.Off
	x := p.expr(precOr)
	if p.tok.Kind != lex.If {
		return x
	}
	p.next()
	p.enter()
	c := &ast.Cond{Then: x}
	c.If = p.expr(precOr)
	p.want(lex.Else, "in the conditional expression")
	c.Else = p.test()
	c.Span = p.span(start)
	p.leave()
	return c
}

func (p *parser) lambda() ast.Expr {
	start := p.tok.Off
	p.next()
	p.enter()
	l := &ast.Lambda{}
	l.Params = p.nodes.params.new()
	l.Params.Lparen, l.Params.Rparen = -1, -1
	at := p.tok.Off
	l.Params.List = p.paramList(lex.Colon, paramRules{python: true})
	l.Params.Span = ast.Span{Pos: at, End: max(p.end, at)}
	if len(l.Params.List) == 0 {
		l.Params.Span.End = at
	}
	p.want(lex.Colon, "after the lambda's parameters")
	l.Body = p.test()
	l.Span = p.span(start)
	p.leave()
	return l
}

// expr parses operators that bind at least as tightly as min.
func (p *parser) expr(min uint8) ast.Expr {
	start := p.tok.Off
	var x ast.Expr
	switch {
	case p.tok.Kind == lex.Not && min <= precNot:
		p.next()
		p.enter()
		u := p.nodes.unary.new()
		u.Op = "not"
		u.X = p.expr(precNot)
		u.Span = p.span(start)
		x = u
		p.leave()
	case p.tok.Kind == lex.Star && min <= precCompare:
		p.next()
		s := &ast.Starred{Stars: 1, X: p.expr(precPipe)}
		s.Span = p.span(start)
		x = s
	default:
		x = p.unary()
	}
	chain := 0
	for {
		k := p.tok.Kind
		prec := precedence[k]
		if prec < min || prec == 0 {
			return x
		}
		if prec == precCompare {
			if k == lex.Not && p.peek(1) != lex.In {
				return x
			}
			x = p.comparison(start, x)
			continue
		}
		if chain++; chain > maxChain {
			p.fail("this expression has too many operators")
		}
		p.next()
		b := p.nodes.binary.new()
		b.Op = k.String()
		b.X = x
		b.Y = p.expr(prec + 1)
		b.Span = p.span(start)
		x = b
	}
}

// comparison parses the rest of a chain of comparisons whose first operand is x.
func (p *parser) comparison(start int32, x ast.Expr) ast.Expr {
	c := p.nodes.compare.new()
	mark := len(p.lists.exprs)
	p.lists.exprs = append(p.lists.exprs, x)
	var ops [8]string
	list := ops[:0]
	for precedence[p.tok.Kind] == precCompare {
		op := p.tok.Kind.String()
		switch p.tok.Kind {
		case lex.Not:
			if p.peek(1) != lex.In {
				p.fail("expected 'in' after 'not'")
			}
			p.next()
			op = "not in"
		case lex.Is:
			if p.peek(1) == lex.Not {
				p.next()
				op = "is not"
			}
		}
		p.next()
		list = append(list, op)
		at := p.tok.Off
		var y ast.Expr
		if p.got(lex.Star) {
			s := &ast.Starred{Stars: 1, X: p.expr(precPipe)}
			s.Span = p.span(at)
			y = s
		} else {
			y = p.expr(precPipe)
		}
		p.lists.exprs = append(p.lists.exprs, y)
	}
	c.Ops = p.lists.cutStrings.copy(list)
	c.Xs = p.lists.popExprs(mark)
	c.Span = p.span(start)
	return c
}

// unary parses prefix operators and what they apply to.
func (p *parser) unary() ast.Expr {
	switch p.tok.Kind {
	case lex.Name:
		switch p.tok.Soft {
		case lex.None:
		case lex.Sizeof:
			if p.peek(1) == lex.LParen {
				return p.sizeof()
			}
		case lex.New:
			if p.peek(1) == lex.Name {
				return p.newExpr()
			}
		case lex.Await:
			if p.async > 0 {
				return p.await()
			}
		}
	case lex.Plus, lex.Minus, lex.Tilde:
		return p.prefix()
	case lex.Amp:
		if !p.pure {
			x := p.prefix()
			setAddress(x.(*ast.Unary).X)
			return x
		}
	case lex.Lt:
		if !p.pure {
			return p.castExpr()
		}
	}
	return p.power(p.postfix())
}

func (p *parser) prefix() ast.Expr {
	start := p.tok.Off
	p.enter()
	u := p.nodes.unary.new()
	u.Op = p.tok.Kind.String()
	p.next()
	u.X = p.unary()
	u.Span = p.span(start)
	p.leave()
	return u
}

// power parses "** factor" after x.
func (p *parser) power(x ast.Expr) ast.Expr {
	if p.tok.Kind != lex.StarStar {
		return x
	}
	p.next()
	p.enter()
	b := p.nodes.binary.new()
	b.Op = "**"
	b.X = x
	b.Y = p.unary()
	b.Span = p.span(x.Range().Pos)
	p.leave()
	return b
}

func (p *parser) await() ast.Expr {
	start := p.tok.Off
	p.next()
	p.enter()
	u := p.nodes.unary.new()
	u.Op = "await"
	u.X = p.postfix()
	u.Span = p.span(start)
	p.leave()
	return p.power(u)
}

// castExpr parses "<type>x" and "<type?>x".
func (p *parser) castExpr() ast.Expr {
	start := p.tok.Off
	p.next()
	p.enter()
	c := p.nodes.cast.new()
	c.Type = p.abstractType()
	c.Checked = p.got(lex.Question)
	p.want(lex.Gt, "after the type of the cast")
	c.X = p.unary()
	c.Span = p.span(start)
	p.leave()
	return c
}

func (p *parser) sizeof() ast.Expr {
	start := p.tok.Off
	p.next()
	p.enter()
	s := &ast.Sizeof{}
	p.want(lex.LParen, "after 'sizeof'")
	if p.looksLikeExpr(p.i) {
		s.X = p.test()
	} else {
		s.Type = p.abstractType()
	}
	p.want(lex.RParen, "after the operand of 'sizeof'")
	s.Span = p.span(start)
	p.leave()
	return p.power(p.trailers(s, start))
}

// newExpr parses C++ "new T(args)".
func (p *parser) newExpr() ast.Expr {
	start := p.tok.Off
	p.next()
	n := &ast.New{Type: p.ctype(false)}
	if p.tok.Kind != lex.LParen {
		p.fail("expected '(' after the type of 'new'")
	}
	n.Call = p.callArgs(p.tok.Off, nil)
	n.Span = p.span(start)
	return p.power(p.trailers(n, start))
}

// testList parses "test, test, …"; more than one, or a trailing comma, make a
// tuple.
func (p *parser) testList() ast.Expr {
	start := p.tok.Off
	return p.tupleRest(start, p.test())
}

// tupleRest parses the rest of a tuple without parentheses whose first element
// is x, or returns x where no comma follows.
func (p *parser) tupleRest(start int32, x ast.Expr) ast.Expr {
	if p.tok.Kind != lex.Comma {
		return x
	}
	mark := len(p.lists.exprs)
	p.lists.exprs = append(p.lists.exprs, x)
	for p.got(lex.Comma) {
		if endsList[p.tok.Kind] {
			break
		}
		p.lists.exprs = append(p.lists.exprs, p.test())
	}
	c := p.nodes.collection.new()
	c.Kind = "tuple"
	c.Elems = p.lists.popExprs(mark)
	c.Span = p.span(start)
	return c
}

// endsList marks tokens before which a list may end with a comma.
var endsList = [lex.NumKinds]bool{
	lex.RParen: true, lex.RBracket: true, lex.RBrace: true, lex.FRBrace: true, lex.Colon: true,
	lex.FColon: true, lex.Bang: true, lex.Assign: true, lex.Newline: true, lex.EOF: true, lex.Semi: true,
	lex.In: true, lex.PlusEq: true, lex.MinusEq: true,
}
