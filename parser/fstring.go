package parser

// fstring.go parses runs of string literals and the fields of f-strings.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// str parses adjacent string literals.
func (p *parser) str() ast.Expr {
	s := p.nodes.str.new()
	first := p.tok
	mark := len(p.lists.exprs)
	for n := 0; ; n++ {
		switch p.tok.Kind {
		case lex.String:
			s.Bytes = s.Bytes || p.tok.Flags&lex.BytesLike != 0
			p.next()
			continue
		case lex.FStart:
			s.FStr = true
			p.next()
			p.fields(lex.FEnd)
			p.next()
			continue
		}
		if n == 1 && first.Kind == lex.String && first.Flags&lex.Escaped == 0 {
			s.Value = contents(p.text(first), first.Flags&lex.Triple != 0)
		}
		break
	}
	s.Fields = p.lists.popExprs(mark)
	s.Span = p.span(first.Off)
	return s
}

// contents strips the prefix and the quotes from a literal.
func contents(lit string, triple bool) string {
	for lit[0] != '\'' && lit[0] != '"' {
		lit = lit[1:]
	}
	if triple {
		return lit[3 : len(lit)-3]
	}
	return lit[1 : len(lit)-1]
}

// fields parses text and replacement fields up to end, which it leaves. The
// expressions go on the stack.
func (p *parser) fields(end lex.Kind) {
	p.enter()
	for {
		switch p.tok.Kind {
		case end:
			p.leave()
			return
		case lex.FMid:
			p.next()
		case lex.FLBrace:
			p.next()
			at := p.tok.Off
			var x ast.Expr
			if p.tok.Kind == lex.Yield {
				x = p.yield()
			} else {
				x = p.testList()
			}
			p.lists.exprs = append(p.lists.exprs, x)
			if p.tok.Kind == lex.ColonEq {
				p.failAt(at, "an assignment expression in an f-string needs parentheses")
			}
			p.got(lex.Assign)
			if p.got(lex.Bang) {
				p.ident("a conversion (r, s or a) after '!'")
			}
			if p.got(lex.FColon) {
				p.fields(lex.FRBrace)
			}
			p.want(lex.FRBrace, "after the f-string's field")
		default:
			p.fail("expected the end of the f-string")
		}
	}
}
