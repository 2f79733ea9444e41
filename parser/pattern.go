package parser

// pattern.go parses the patterns of match statements.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// patterns parses the pattern of a case: one, or several that form a sequence.
func (p *parser) patterns() ast.Expr {
	start := p.tok.Off
	x := p.starPattern()
	if p.tok.Kind != lex.Comma {
		return x
	}
	s := &ast.Pattern{Parts: []ast.Expr{x}}
	for p.got(lex.Comma) && p.tok.Kind != lex.Colon && p.tok.Kind != lex.If {
		s.Parts = append(s.Parts, p.starPattern())
	}
	s.Span = p.span(start)
	return s
}

// starPattern parses a pattern or "*name".
func (p *parser) starPattern() ast.Expr {
	if p.tok.Kind == lex.Star {
		return p.capture(1)
	}
	return p.pattern()
}

// capture parses "*name" or "**name".
func (p *parser) capture(stars int) ast.Expr {
	start := p.tok.Off
	p.next()
	s := &ast.Starred{Stars: stars, X: p.captureName()}
	s.Span = p.span(start)
	return s
}

// captureName parses a name that a pattern binds; "_" binds nothing.
func (p *parser) captureName() *ast.Name {
	n := p.nodes.name.new()
	id := p.ident("a name to capture")
	n.Span, n.Name = id.Span, id.Name
	if n.Name != "_" {
		n.Access = ast.Write
	}
	return n
}

// pattern parses "a | b as name".
func (p *parser) pattern() ast.Expr {
	p.enter()
	defer p.leave()
	start := p.tok.Off
	x := p.closedPattern()
	if p.tok.Kind == lex.Pipe {
		or := &ast.Pattern{Parts: []ast.Expr{x}}
		for p.got(lex.Pipe) {
			or.Parts = append(or.Parts, p.closedPattern())
		}
		or.Span = p.span(start)
		x = or
	}
	if p.gotSoft(lex.As) {
		as := &ast.Pattern{Parts: []ast.Expr{x, p.captureName()}}
		as.Span = p.span(start)
		x = as
	}
	return x
}

func (p *parser) closedPattern() ast.Expr {
	start := p.tok.Off
	switch p.tok.Kind {
	case lex.LBrace:
		return p.mappingPattern()
	case lex.LBracket:
		return p.sequencePattern(lex.RBracket)
	case lex.LParen:
		return p.sequencePattern(lex.RParen)
	case lex.Name:
		switch p.tok.Soft {
		case lex.NoneLit, lex.TrueLit, lex.FalseLit, lex.NullLit:
			return p.atom()
		}
		if k := p.peek(1); k != lex.Dot && k != lex.LParen {
			return p.captureName()
		}
		x := p.atom()
		for p.got(lex.Dot) {
			a := p.nodes.attribute.new()
			a.X = x
			a.Attr = p.ident("an attribute name after '.'")
			a.Span = p.span(start)
			x = a
		}
		if p.tok.Kind == lex.LParen {
			return p.classPattern(start, x)
		}
		return x
	case lex.Int, lex.Float, lex.Imag, lex.Plus, lex.Minus, lex.String, lex.FStart:
		return p.expr(precAdd)
	}
	p.fail("expected a pattern" + p.found())
	return nil
}

// sequencePattern parses "[…]" or "(…)"; one pattern in parentheses is itself.
func (p *parser) sequencePattern(closer lex.Kind) ast.Expr {
	start := p.tok.Off
	p.enter()
	defer p.leave()
	p.next()
	s := &ast.Pattern{}
	comma := false
	for p.tok.Kind != closer {
		s.Parts = append(s.Parts, p.starPattern())
		if !p.got(lex.Comma) {
			break
		}
		comma = true
	}
	p.closeWith(closer, "in the pattern")
	if closer == lex.RParen && len(s.Parts) == 1 && !comma {
		if _, ok := s.Parts[0].(*ast.Starred); ok {
			p.failAt(start, "a starred pattern in parentheses needs a ',' behind it")
		}
		paren := p.nodes.paren.new()
		paren.X = s.Parts[0]
		paren.Span = p.span(start)
		return paren
	}
	s.Span = p.span(start)
	return s
}

func (p *parser) mappingPattern() ast.Expr {
	start := p.tok.Off
	p.enter()
	defer p.leave()
	p.next()
	s := &ast.Pattern{}
	for p.tok.Kind != lex.RBrace {
		if p.tok.Kind == lex.StarStar {
			s.Parts = append(s.Parts, p.capture(2))
		} else {
			s.Parts = append(s.Parts, p.expr(precAdd))
			p.want(lex.Colon, "after the key in the pattern")
			s.Parts = append(s.Parts, p.pattern())
		}
		if !p.got(lex.Comma) {
			break
		}
	}
	p.closeWith(lex.RBrace, "in the pattern")
	s.Span = p.span(start)
	return s
}

// classPattern parses "(a, k=b)" behind a class.
func (p *parser) classPattern(start int32, class ast.Expr) ast.Expr {
	p.enter()
	defer p.leave()
	p.next()
	s := &ast.Pattern{Parts: []ast.Expr{class}}
	for p.tok.Kind != lex.RParen {
		if p.tok.Kind == lex.Name && p.peek(1) == lex.Assign {
			p.next()
			p.next()
		}
		s.Parts = append(s.Parts, p.pattern())
		if !p.got(lex.Comma) {
			break
		}
	}
	p.closeWith(lex.RParen, "in the pattern")
	s.Span = p.span(start)
	return s
}
