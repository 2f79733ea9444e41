package parser

// declarator.go parses C declarators: names with pointers, arrays, parameters
// and what may follow these.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// declRules says which forms of declarator are allowed.
type declRules struct {
	abstract bool // there must be no name
	named    bool // there must be a name
	value    bool // "= value" may follow
}

// declarator parses a declarator.
func (p *parser) declarator(r declRules) *ast.Declarator {
	p.enter()
	start := p.tok.Off
	var d *ast.Declarator
	switch p.tok.Kind {
	case lex.LParen:
		d = p.nodes.declarator.new()
		if next := p.peekTok(1); next.Kind == lex.RParen || next.Kind == lex.Name && next.Soft != lex.CallConv {
			p.funcSuffix(d)
			break
		}
		p.next()
		d.Inner = p.declarator(declRules{abstract: r.abstract, named: r.named})
		d.Name = d.Inner.Name
		p.want(lex.RParen, "after the declarator")
	case lex.Star, lex.StarStar:
		stars := 1
		if p.tok.Kind == lex.StarStar {
			stars = 2
		}
		p.next()
		for p.tok.Soft == lex.Const || p.tok.Soft == lex.Restrict || p.tok.Soft == lex.Volatile {
			p.next()
		}
		d = p.declarator(r)
		d.Pointer += stars
	case lex.Amp:
		p.next()
		d = p.declarator(r)
		d.Ref = true
	case lex.AmpAmp:
		p.next()
		d = p.declarator(r)
		d.Refref = true
	default:
		d = p.directDeclarator(r)
	}
	for {
		switch p.tok.Kind {
		case lex.LBracket:
			p.arraySuffix(d)
			continue
		case lex.LParen:
			if d.Func {
				outer := p.nodes.declarator.new()
				outer.Inner, outer.Name = d, d.Name
				d.Span = p.span(start)
				d = outer
			}
			p.funcSuffix(d)
			continue
		}
		break
	}
	d.Span = ast.Span{Pos: start, End: max(p.end, start)}
	p.leave()
	return d
}

// directDeclarator parses the name of a declarator with its C name and value,
// or nothing.
func (p *parser) directDeclarator(r declRules) *ast.Declarator {
	d := p.nodes.declarator.new()
	p.gotSoft(lex.CallConv)
	switch p.tok.Kind {
	case lex.Name:
		if r.abstract {
			return d
		}
	case lex.Star, lex.StarStar, lex.Amp, lex.AmpAmp:
		return p.declarator(r)
	default:
		if r.named {
			p.fail("expected a name" + p.found())
		}
		return d
	}
	operator := p.tok.Soft == lex.Operator
	d.Name = p.ident("a name")
	if operator && p.operatorName(d) {
		d.Name.End = p.end
	}
	if p.tok.Kind == lex.String {
		d.CName = ast.Span{Pos: p.tok.Off, End: p.tok.End}
		p.next()
	}
	if r.value && p.tok.Kind == lex.Assign {
		p.next()
		d.Default = p.defaultValue()
	}
	return d
}

// operatorName parses the operator behind C++'s "operator".
func (p *parser) operatorName(d *ast.Declarator) bool {
	start := p.tok.Off
	switch k := p.tok.Kind; k {
	case lex.LParen:
		// "operator()(…)", but not a function that is called "operator".
		if k := p.peek(2); p.peek(1) != lex.RParen || k != lex.LParen && k != lex.LBracket {
			return false
		}
		p.next()
		p.next()
	case lex.LBracket:
		if p.peek(1) != lex.RBracket {
			return false
		}
		p.next()
		p.next()
	case lex.Name:
		p.next()
		d.Operator = p.src[start:p.end]
		d.Name.Name = "operator " + d.Operator
		return true
	case lex.Plus, lex.Minus, lex.Pipe, lex.Amp:
		p.next()
		if p.tok.Kind == k && p.tok.Off == p.end {
			p.next()
		}
	default:
		if k < lex.Comma || k > lex.SlashSlashEq {
			return false
		}
		p.next()
	}
	if p.tok.Kind == lex.Assign && p.tok.Off == p.end && p.peek(1) == lex.LParen {
		p.next()
	}
	d.Operator = p.src[start:p.end]
	d.Name.Name = "operator" + d.Operator
	return true
}

// defaultValue parses the value behind "=": an expression, or "*" or "?" where
// a declaration only announces one.
func (p *parser) defaultValue() ast.Expr {
	switch {
	case p.tok.Kind == lex.Question, p.tok.Kind == lex.Star && endsDefault[p.peek(1)]:
		d := &ast.Placeholder{Span: ast.Span{Pos: p.tok.Off, End: p.tok.End}}
		p.next()
		return d
	}
	return p.test()
}

var endsDefault = [lex.NumKinds]bool{lex.Comma: true, lex.RParen: true, lex.Newline: true, lex.EOF: true}

// arraySuffix parses "[dimension]", or the type parameters of a C++ function.
func (p *parser) arraySuffix(d *ast.Declarator) {
	start := p.tok.Off
	p.next()
	mark := len(p.lists.exprs)
	var dim ast.Expr
	if p.tok.Kind != lex.RBracket {
		dim = p.testList()
	}
	p.lists.exprs = p.lists.exprs[:mark]
	p.want(lex.RBracket, "after the array's dimension")
	if p.tok.Kind == lex.LParen && d.Name.End > 0 && d.Inner == nil && !d.Func {
		d.TypeParams = p.span(start)
		return
	}
	d.Arrays = append(d.Arrays, dim)
}

// funcSuffix parses "(parameters)" and what may follow: nogil, noexcept,
// except, with gil.
func (p *parser) funcSuffix(d *ast.Declarator) {
	d.Func = true
	d.Params = p.parenParams(paramRules{annotated: true})
	p.signatureSuffix(&d.Suffix)
}

func (p *parser) signatureSuffix(s *ast.FuncSuffix) {
	start := p.tok.Off
	for first := true; ; first = false {
		switch {
		case p.tok.Soft == lex.Nogil:
			p.next()
			s.Nogil = true
		case p.tok.Soft == lex.Noexcept:
			p.next()
			s.Noexcept = true
		case p.tok.Kind == lex.With:
			p.next()
			if !p.gotSoft(lex.Gil) {
				p.fail("expected 'gil' after 'with'")
			}
			s.WithGil = true
		case p.tok.Kind == lex.Except:
			p.next()
			p.exceptValue(s)
		default:
			if !first {
				s.Span = p.span(start)
			}
			return
		}
	}
}

// exceptValue parses what follows "except" in a signature.
func (p *parser) exceptValue(s *ast.FuncSuffix) {
	switch p.tok.Kind {
	case lex.Star:
		p.next()
		s.ExceptStar = true
	case lex.Plus:
		p.next()
		s.ExceptPlus = true
		switch {
		case p.tok.Kind == lex.Star:
			s.ExceptValue = &ast.Placeholder{Span: ast.Span{Pos: p.tok.Off, End: p.tok.End}}
			p.next()
		case p.tok.Kind == lex.Name && p.tok.Soft != lex.Nogil:
			s.ExceptValue = p.postfix()
		}
	case lex.Question:
		p.next()
		s.ExceptCheck = true
		s.ExceptValue = p.test()
	default:
		s.ExceptValue = p.test()
	}
}
