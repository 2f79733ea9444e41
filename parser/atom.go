package parser

// atom.go parses what operators work on: names, literals, displays, and the
// calls, subscripts and attributes behind them.

import (
	"golang.org/x/text/unicode/norm"

	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// name is the identifier that a Name token stands for.
func (p *parser) name(t lex.Tok) string {
	s := p.src[t.Off:t.End]
	if t.Flags&lex.NonASCII != 0 {
		s = norm.NFKC.String(s)
	}
	return s
}

// postfix parses an atom and the trailers behind it.
func (p *parser) postfix() ast.Expr {
	start := p.tok.Off
	x := p.atom()
	switch p.tok.Kind {
	case lex.Dot, lex.LParen, lex.LBracket:
		return p.trailers(x, start)
	}
	return x
}

func (p *parser) trailers(x ast.Expr, start int32) ast.Expr {
	for chain := 0; ; chain++ {
		if chain > maxChain {
			p.fail("this expression has too many operators")
		}
		switch p.tok.Kind {
		case lex.Dot:
			p.next()
			a := p.nodes.attribute.new()
			a.X = x
			a.Attr = p.ident("an attribute name after '.'")
			a.Span = p.span(start)
			x = a
		case lex.LParen:
			x = p.callArgs(start, x)
		case lex.LBracket:
			x = p.index(start, x)
		default:
			return x
		}
	}
}

// index parses "[…]" behind x.
func (p *parser) index(start int32, x ast.Expr) ast.Expr {
	p.enter()
	p.next()
	s := p.nodes.subscript.new()
	s.X = x
	s.Index = p.subscripts()
	p.want(lex.RBracket, "after the index")
	s.Span = p.span(start)
	p.leave()
	return s
}

// subscripts parses the list between "[" and "]".
func (p *parser) subscripts() []ast.Expr {
	mark := len(p.lists.exprs)
	for {
		p.lists.exprs = append(p.lists.exprs, p.subscriptElem())
		if !p.got(lex.Comma) || p.tok.Kind == lex.RBracket {
			return p.lists.popExprs(mark)
		}
	}
}

func (p *parser) subscriptElem() ast.Expr {
	start := p.tok.Off
	var lo ast.Expr
	if p.tok.Kind != lex.Colon {
		lo = p.namedTest()
		if p.tok.Kind != lex.Colon {
			return lo
		}
	}
	s := p.nodes.slice.new()
	s.Lo = lo
	p.next()
	s.Hi = p.sliceBound()
	if p.got(lex.Colon) {
		s.Step = p.sliceBound()
	}
	s.Span = p.span(start)
	return s
}

func (p *parser) sliceBound() ast.Expr {
	switch p.tok.Kind {
	case lex.Colon, lex.Comma, lex.RBracket:
		return nil
	}
	return p.test()
}

// callArgs parses "(args)" behind fun, which is nil for the bases of a class.
func (p *parser) callArgs(start int32, fun ast.Expr) *ast.Call {
	p.enter()
	c := p.nodes.call.new()
	c.Fun = fun
	c.Lparen = p.tok.Off
	p.next()
	mark := len(p.lists.args)
	keywords := false
	for p.tok.Kind != lex.RParen {
		at := p.tok.Off
		a := ast.Arg{}
		switch p.tok.Kind {
		case lex.Star:
			p.next()
			a.Star = 1
			a.X = p.test()
		case lex.StarStar:
			p.next()
			a.Star = 2
			a.X = p.test()
			keywords = true
		case lex.Name:
			if p.peek(1) == lex.Assign {
				a.Name = p.ident("")
				p.next()
				a.X = p.test()
				keywords = true
				break
			}
			fallthrough
		default:
			a.X = p.namedTest()
			if p.atComp() {
				a.X = p.comp("generator", at, a.X, nil)
			} else if p.tok.Kind == lex.Assign {
				p.failAt(at, "expected a name before '='")
			}
			if keywords {
				p.errorAt(at, "a positional argument follows a keyword argument")
			}
		}
		a.Span = p.span(at)
		p.lists.args = append(p.lists.args, a)
		if !p.got(lex.Comma) {
			break
		}
	}
	c.Args = p.lists.popArgs(mark)
	if p.tok.Kind != lex.RParen {
		p.fail("expected ',' or ')' after the argument" + p.found())
	}
	c.Rparen = p.tok.Off
	p.next()
	c.Span = p.span(start)
	if fun != nil {
		setCalled(fun)
		if len(c.Args) == 1 && p.isAddress(fun) {
			setAddress(c.Args[0].X)
		}
	}
	p.leave()
	return c
}

// atComp reports whether a comprehension's "for" stands here.
func (p *parser) atComp() bool {
	return p.tok.Kind == lex.For || p.tok.Soft == lex.Async && p.peek(1) == lex.For
}

func (p *parser) atom() ast.Expr {
	t := p.tok
	switch t.Kind {
	case lex.Name:
		p.next()
		switch t.Soft {
		case lex.NoneLit, lex.TrueLit, lex.FalseLit, lex.NullLit:
			c := p.nodes.constant.new()
			c.Span = ast.Span{Pos: t.Off, End: t.End}
			c.Name = p.text(t)
			return c
		}
		n := p.nodes.name.new()
		n.Span = ast.Span{Pos: t.Off, End: t.End}
		n.Name = p.name(t)
		return n
	case lex.Int, lex.Float, lex.Imag:
		p.next()
		n := p.nodes.number.new()
		n.Span = ast.Span{Pos: t.Off, End: t.End}
		return n
	case lex.String, lex.FStart:
		return p.str()
	case lex.LParen:
		return p.parens()
	case lex.LBracket:
		return p.listDisplay()
	case lex.LBrace:
		return p.braces()
	case lex.Ellipsis:
		p.next()
		c := p.nodes.constant.new()
		c.Span = ast.Span{Pos: t.Off, End: t.End}
		c.Name = "Ellipsis"
		return c
	case lex.Backquote:
		return p.backquote()
	}
	p.fail("expected an expression" + p.found())
	return nil
}

// parens parses a parenthesised expression, tuple, generator or yield.
func (p *parser) parens() ast.Expr {
	start := p.tok.Off
	p.enter()
	defer p.leave()
	p.next()
	if p.got(lex.RParen) {
		c := p.nodes.collection.new()
		c.Kind, c.Parens = "tuple", true
		c.Span = p.span(start)
		return c
	}
	var x ast.Expr
	at := p.tok.Off
	if p.tok.Kind == lex.Yield {
		x = p.yield()
	} else {
		x = p.namedTest()
		if p.atComp() {
			g := p.comp("generator", at, x, nil)
			p.want(lex.RParen, "after the generator expression")
			g.Span = p.span(start)
			return g
		}
	}
	if p.tok.Kind == lex.Comma {
		mark := len(p.lists.exprs)
		p.lists.exprs = append(p.lists.exprs, x)
		for p.got(lex.Comma) && p.tok.Kind != lex.RParen {
			p.lists.exprs = append(p.lists.exprs, p.namedTest())
		}
		c := p.nodes.collection.new()
		c.Kind, c.Parens = "tuple", true
		c.Elems = p.lists.popExprs(mark)
		p.closeWith(lex.RParen, "in the tuple")
		c.Span = p.span(start)
		return c
	}
	n := p.nodes.paren.new()
	n.X = x
	p.closeWith(lex.RParen, "after the expression")
	n.Span = p.span(start)
	return n
}

// closeWith consumes the bracket that closes a display.
func (p *parser) closeWith(k lex.Kind, where string) {
	if p.tok.Kind != k {
		p.fail("expected ',' or '" + k.String() + "' " + where + p.found())
	}
	p.next()
}

func (p *parser) listDisplay() ast.Expr {
	start := p.tok.Off
	p.enter()
	defer p.leave()
	p.next()
	mark := len(p.lists.exprs)
	for p.tok.Kind != lex.RBracket {
		at := p.tok.Off
		x := p.namedTest()
		if len(p.lists.exprs) == mark && p.atComp() {
			c := p.comp("list", at, x, nil)
			p.want(lex.RBracket, "after the list comprehension")
			c.Span = p.span(start)
			return c
		}
		p.lists.exprs = append(p.lists.exprs, x)
		if !p.got(lex.Comma) {
			break
		}
	}
	c := p.nodes.collection.new()
	c.Kind = "list"
	c.Elems = p.lists.popExprs(mark)
	p.closeWith(lex.RBracket, "in the list")
	c.Span = p.span(start)
	return c
}

// braces parses a dict or set display or comprehension.
func (p *parser) braces() ast.Expr {
	start := p.tok.Off
	p.enter()
	defer p.leave()
	p.next()
	mark := len(p.lists.exprs)
	kind := ""
	if p.tok.Kind == lex.RBrace {
		kind = "dict"
	}
	for p.tok.Kind != lex.RBrace {
		at := p.tok.Off
		var x, value ast.Expr
		if p.tok.Kind == lex.StarStar {
			if kind == "set" {
				p.fail("expected no '**' in a set")
			}
			kind = "dict"
			p.next()
			s := &ast.Starred{Stars: 2, X: p.expr(precPipe)}
			s.Span = p.span(at)
			x = s
		} else {
			x = p.namedTest()
			switch {
			case kind == "dict" || kind == "" && p.tok.Kind == lex.Colon:
				kind = "dict"
				p.want(lex.Colon, "after the key in the dict")
				value = p.test()
			default:
				kind = "set"
			}
		}
		if len(p.lists.exprs) == mark && p.atComp() {
			c := p.comp(kind, at, x, value)
			p.want(lex.RBrace, "after the comprehension")
			c.Span = p.span(start)
			return c
		}
		p.lists.exprs = append(p.lists.exprs, x)
		if value != nil {
			p.lists.exprs = append(p.lists.exprs, value)
		}
		if !p.got(lex.Comma) {
			break
		}
	}
	c := p.nodes.collection.new()
	c.Kind = kind
	c.Elems = p.lists.popExprs(mark)
	p.closeWith(lex.RBrace, "in the "+kind)
	c.Span = p.span(start)
	return c
}

// comp parses the clauses of a comprehension whose element is x (and value).
// The caller widens the span over the brackets.
func (p *parser) comp(kind string, start int32, x, value ast.Expr) *ast.Comp {
	c := &ast.Comp{Kind: kind, Elem: x, Value: value}
	for {
		at := p.tok.Off
		var cl ast.CompClause
		switch {
		case p.atComp():
			cl.Async = p.gotSoft(lex.Async)
			p.next()
			h := p.forHeader(false)
			cl.Target, cl.Iter, cl.From, cl.Step = h.target, h.iter, h.from, h.step
		case p.tok.Kind == lex.If:
			p.next()
			cl.Iter = p.expr(precOr)
		default:
			c.Span = p.span(start)
			return c
		}
		cl.Span = p.span(at)
		c.Clauses = append(c.Clauses, cl)
	}
}

// backquote parses Python 2's `x`, which is repr(x).
func (p *parser) backquote() ast.Expr {
	start := p.tok.Off
	p.enter()
	p.next()
	u := p.nodes.unary.new()
	u.Op = "`"
	at := p.tok.Off
	u.X = p.tupleRest(at, p.test())
	p.want(lex.Backquote, "after the expression")
	u.Span = p.span(start)
	p.leave()
	return u
}

// yield parses "yield [from] x".
func (p *parser) yield() ast.Expr {
	start := p.tok.Off
	p.enter()
	p.next()
	y := &ast.Yield{}
	if p.got(lex.From) {
		y.From = true
		y.X = p.test()
	} else if !endsList[p.tok.Kind] {
		y.X = p.testList()
	}
	y.Span = p.span(start)
	p.leave()
	return y
}
