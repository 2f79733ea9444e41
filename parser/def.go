package parser

// def.go parses Python functions and classes, decorators, and parameters.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// decorated parses decorators and the definition under them.
func (p *parser) decorated(c ctx) {
	start := p.tok.Off
	var decs []*ast.Decorator
	for p.tok.Kind == lex.At {
		d := &ast.Decorator{}
		at := p.tok.Off
		p.next()
		d.Expr = p.namedTest()
		d.Span = p.span(at)
		decs = append(decs, d)
		p.lineEnd("after the decorator")
	}
	switch {
	case p.tok.Kind == lex.Def, p.tok.Soft == lex.Async && p.peek(1) == lex.Def:
		p.add(p.def(start, decs))
	case p.tok.Kind == lex.Class && !c.cdef:
		p.add(p.class(start, decs))
	case p.tok.Kind == lex.Cdef, p.tok.Kind == lex.Cpdef:
		p.add(p.cdef(start, decs))
	case c.cdef || c.body == cppBody:
		p.add(p.cdefBody(start, decs, -1, false))
	default:
		p.fail("expected a function or a class after the decorator")
	}
}

// def parses "[async] def …".
func (p *parser) def(start int32, decs []*ast.Decorator) ast.Stmt {
	f := p.nodes.funcDef.new()
	f.Decorators = decs
	f.Keyword = p.tok.Off
	if p.gotSoft(lex.Async) {
		f.Async = true
		p.async++
	}
	p.next()
	f.Name = p.ident("a function name")
	if p.tok.Kind == lex.LBracket {
		f.TypeParams = p.typeParams()
	}
	if p.tok.Kind != lex.LParen {
		if p.tok.Kind == lex.Name {
			p.fail("expected '(' after the function's name; a C type needs cdef")
		}
		p.fail("expected '(' after the function's name")
	}
	f.Params = p.parenParams(paramRules{python: true, annotated: true})
	if p.got(lex.Arrow) {
		f.Arrow = p.test()
	}
	if p.tok.Soft == lex.Nogil || p.tok.Soft == lex.Noexcept || p.tok.Kind == lex.Except {
		p.fail("expected ':' after the function signature: '" + p.text(p.tok) + "' is for cdef functions")
	}
	f.Body = p.block("after the function signature", ctx{})
	f.Body.List()
	if f.Async {
		p.async--
	}
	f.Span = p.span(start)
	return f
}

// typeParams parses the "[T: bound = default, *Ts, **P]" of PEP 695.
func (p *parser) typeParams() ast.Span {
	start := p.tok.Off
	p.next()
	for p.tok.Kind != lex.RBracket {
		if !p.got(lex.Star) {
			p.got(lex.StarStar)
		}
		p.ident("a type parameter")
		if p.got(lex.Colon) {
			p.test()
		}
		if p.got(lex.Assign) {
			p.test()
		}
		if !p.got(lex.Comma) {
			break
		}
	}
	p.closeWith(lex.RBracket, "in the type parameters")
	return p.span(start)
}

// class parses a Python class.
func (p *parser) class(start int32, decs []*ast.Decorator) ast.Stmt {
	c := &ast.ClassDef{Decorators: decs, Keyword: p.tok.Off}
	p.next()
	c.Name = p.ident("a class name")
	if p.tok.Kind == lex.LBracket {
		c.TypeParams = p.typeParams()
	}
	if p.tok.Kind == lex.LParen {
		c.Bases = p.callArgs(p.tok.Off, nil)
	}
	c.Body = p.block("after the class header", ctx{})
	c.Span = p.span(start)
	return c
}

// paramRules says which forms of parameters are allowed.
type paramRules struct {
	python    bool // of a def or lambda: each one has a name
	annotated bool // "name: annotation"
}

// parenParams parses "(parameters)".
func (p *parser) parenParams(r paramRules) *ast.Params {
	p.enter()
	l := p.nodes.params.new()
	l.Lparen = p.tok.Off
	p.next()
	start := p.tok.Off
	l.List = p.paramList(lex.RParen, r)
	l.Span = ast.Span{Pos: start, End: start}
	if len(l.List) > 0 {
		l.Span.End = p.end
	}
	if p.tok.Kind != lex.RParen {
		p.fail("expected ',' or ')' after the parameter" + p.found())
	}
	l.Rparen = p.tok.Off
	p.next()
	p.leave()
	return l
}

// paramList parses parameters up to closer, which it leaves.
func (p *parser) paramList(closer lex.Kind, r paramRules) []*ast.Param {
	mark := len(p.lists.params)
	keywordOnly, slash, last := false, false, false
	for p.tok.Kind != closer {
		if last {
			p.fail("expected nothing after the last parameter" + p.found())
		}
		start := p.tok.Off
		var q *ast.Param
		switch p.tok.Kind {
		case lex.Star:
			q = p.nodes.param.new()
			p.next()
			if keywordOnly {
				p.failAt(start, "only one '*' is allowed in a parameter list")
			}
			keywordOnly = true
			q.Kind = ast.BareStar
			if p.tok.Kind == lex.Name {
				q.Kind = ast.Star
				p.starParam(q, r)
			}
		case lex.StarStar:
			q = p.nodes.param.new()
			p.next()
			q.Kind = ast.DoubleStar
			p.starParam(q, r)
			last = true
		case lex.Slash:
			switch {
			case !r.python:
				p.fail("expected a parameter, found '/'; only a def takes it")
			case slash || keywordOnly:
				p.fail("'/' must be the only one and stand before '*'")
			case len(p.lists.params) == mark:
				p.fail("expected a parameter before '/'")
			}
			slash = true
			q = p.nodes.param.new()
			p.next()
			q.Kind = ast.Slash
		case lex.Ellipsis:
			q = p.nodes.param.new()
			p.next()
			q.Kind = ast.Ellipsis
			last = true
		default:
			q = p.param(r)
			q.KeywordOnly = keywordOnly
		}
		q.Span = p.span(start)
		p.lists.params = append(p.lists.params, q)
		if !p.got(lex.Comma) {
			break
		}
	}
	return p.lists.popParams(mark)
}

// starParam parses the name and annotation of *args and **kwargs.
func (p *parser) starParam(q *ast.Param, r paramRules) {
	q.Name = p.ident("a parameter name")
	if r.annotated && p.got(lex.Colon) {
		q.Annotation = p.test()
	}
}

// param parses an ordinary parameter.
func (p *parser) param(r paramRules) *ast.Param {
	q := p.nodes.param.new()
	if !p.pure {
		q.Type = p.ctype(r.python)
	}
	switch p.tok.Kind {
	case lex.Name:
		switch p.peek(1) {
		case lex.LBracket, lex.LParen, lex.String:
			if p.pure {
				q.Name = p.ident("a parameter name")
				break
			}
			q.Declarator = p.declarator(declRules{})
			q.Name = q.Declarator.Name
		default:
			if p.tok.Soft == lex.CallConv {
				q.Declarator = p.declarator(declRules{})
				q.Name = q.Declarator.Name
				break
			}
			q.Name = p.ident("a parameter name")
		}
	case lex.Star, lex.StarStar, lex.Amp, lex.AmpAmp, lex.LParen, lex.LBracket:
		if p.pure {
			p.fail("expected a parameter name" + p.found())
		}
		q.Declarator = p.declarator(declRules{named: r.python})
		q.Name = q.Declarator.Name
	default:
		t := q.Type
		switch {
		case r.python:
			p.fail("expected a parameter name" + p.found())
		case !t.Basic && len(t.Path) == 1 && t.Args == nil && !t.Const && !t.Volatile && t.Declarator == nil:
			q.Name, q.Type = t.Path[0], nil
		}
	}
	if (p.tok.Kind == lex.Not || p.tok.Kind == lex.Or) && !p.pure {
		start := p.tok.Off
		if !r.python {
			p.errorAt(start, "'"+p.tok.Kind.String()+" None' is only allowed in a def")
		}
		q.Not, q.Or = p.tok.Kind == lex.Not, p.tok.Kind == lex.Or
		p.next()
		if !p.gotSoft(lex.NoneLit) {
			p.fail("expected 'None' after 'not' or 'or'")
		}
		q.NotNone = p.span(start)
	}
	if r.annotated && p.got(lex.Colon) {
		q.Annotation = p.test()
	}
	if p.got(lex.Assign) {
		q.Default = p.defaultValue()
	}
	return q
}
