package parser

// ctype.go parses C types: basic types, dotted names, templates, buffers,
// memoryviews and ctuples.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// ctype parses a base type. With nonempty set a name has to follow, so that a
// lone identifier is that name and not a type: ctype then consumes nothing and
// returns nil.
func (p *parser) ctype(nonempty bool) *ast.CType {
	start := p.tok.Off
	p.enter()
	defer p.leave()
	var t *ast.CType
	switch {
	case p.tok.Kind == lex.LParen:
		t = p.tupleType()
	case p.tok.Soft == lex.Const || p.tok.Soft == lex.Volatile:
		isConst := p.tok.Soft == lex.Const
		p.next()
		t = p.ctype(nonempty)
		if t == nil {
			t = p.nodes.ctype.new()
		}
		if isConst {
			t.Const = true
		} else {
			t.Volatile = true
		}
		t.Span = p.span(start)
		return t
	case p.tok.Soft.BasicType():
		t = p.basicType()
	case p.tok.Kind == lex.Name:
		if p.peek(1) != lex.Dot && nonempty && !p.typeBeforeName() {
			return nil
		}
		t = p.nodes.ctype.new()
		first := p.ident("a type")
		t.Name = first.Name
		t.Path = p.lists.cutIdents.copy([]ast.Ident{first})
		for p.got(lex.Dot) {
			t.Path = append(t.Path, p.ident("a name after '.'"))
		}
		if len(t.Path) > 1 {
			t.Name = dotted(t.Path)
		}
	default:
		p.fail("expected a type" + p.found())
	}
	for p.tok.Kind == lex.LBracket || p.tok.Kind == lex.Dot {
		if p.got(lex.Dot) {
			t.Path = append(t.Path, p.ident("a name after '.'"))
			t.Name = dotted(t.Path)
			continue
		}
		p.typeArgs(t)
	}
	t.Span = p.span(start)
	return t
}

// typeBeforeName reports whether the identifier here is a type that a name
// follows, rather than the name itself.
func (p *parser) typeBeforeName() bool {
	next := p.peekTok(1)
	switch next.Kind {
	case lex.Name, lex.Star, lex.StarStar, lex.LBracket, lex.Amp, lex.AmpAmp:
		return true
	case lex.LParen:
		after := p.peekTok(2)
		return after.Kind == lex.Star || after.Kind == lex.StarStar || after.Kind == lex.Amp || after.Soft == lex.CallConv
	}
	return false
}

func dotted(path []ast.Ident) string {
	var b strings.Builder
	for i, id := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(id.Name)
	}
	return b.String()
}

// basicType parses the words of a type like "unsigned long int complex".
func (p *parser) basicType() *ast.CType {
	t := p.nodes.ctype.new()
	t.Basic = true
	start := p.tok.Off
	words := 1
	if p.tok.Soft.Sign() {
		p.next()
		for ; p.tok.Soft.Sign(); words++ {
			p.next()
		}
		if p.tok.Soft.BasicType() && p.tok.Soft != lex.SpecialType {
			p.next()
			words++
		}
	} else {
		p.next()
	}
	if p.gotSoft(lex.Complex) {
		words++
	}
	span := p.span(start)
	t.Name = p.src[span.Pos:span.End]
	if words > 1 {
		t.Name = strings.Join(p.words(words), " ")
	}
	t.Path = p.lists.cutIdents.copy([]ast.Ident{{Span: span, Name: t.Name}})
	return t
}

// words are the texts of the last n tokens.
func (p *parser) words(n int) []string {
	var w []string
	for _, t := range p.toks[p.i-n : p.i] {
		w = append(w, p.text(t))
	}
	return w
}

// tupleType parses "(type, type)", or a type in parentheses.
func (p *parser) tupleType() *ast.CType {
	p.next()
	first := p.abstractType()
	if p.tok.Kind != lex.Comma {
		p.want(lex.RParen, "after the type")
		return first
	}
	t := p.nodes.ctype.new()
	t.Tuple = append(t.Tuple, first)
	for p.got(lex.Comma) && p.tok.Kind != lex.RParen {
		t.Tuple = append(t.Tuple, p.abstractType())
	}
	p.want(lex.RParen, "after the types of the tuple")
	return t
}

// abstractType parses a type that no name follows: in casts, sizeof, template
// arguments.
func (p *parser) abstractType() *ast.CType {
	t := p.ctype(false)
	switch p.tok.Kind {
	case lex.Star, lex.StarStar, lex.Amp, lex.AmpAmp, lex.LParen, lex.LBracket:
		t.Declarator = p.declarator(declRules{abstract: true})
		t.End = p.end
	}
	return t
}

// typeArgs parses "[…]" behind a type: axes, template arguments, or options of
// a buffer.
func (p *parser) typeArgs(t *ast.CType) {
	if k := p.peek(1); k == lex.Colon || k == lex.Int && p.peek(2) == lex.Colon {
		p.next()
		t.Memoryview = true
		at := p.tok.Off
		for _, x := range p.subscripts() {
			if _, ok := x.(*ast.Slice); !ok {
				p.failAt(at, "each axis of a memoryview needs a ':'")
			}
			t.Args = append(t.Args, x)
		}
		p.want(lex.RBracket, "after the axes of the memoryview")
		return
	}
	p.next()
	if t.Args == nil {
		t.Args = []ast.Node{}
	}
	for p.tok.Kind != lex.RBracket {
		start := p.tok.Off
		if p.tok.Kind == lex.Name && p.peek(1) == lex.Assign {
			a := &ast.Arg{Name: p.ident("")}
			p.next()
			if p.looksLikeExpr(p.i) {
				a.X = p.test()
			} else {
				at := p.tok.Off
				x := &ast.TypeExpr{Type: p.abstractType()}
				x.Span = p.span(at)
				a.X = x
			}
			a.Span = p.span(start)
			t.Args = append(t.Args, a)
		} else if p.looksLikeExpr(p.i) {
			t.Args = append(t.Args, p.test())
		} else {
			t.Args = append(t.Args, p.abstractType())
		}
		if !p.got(lex.Comma) {
			break
		}
	}
	p.closeWith(lex.RBracket, "in the type")
}

// looksLikeExpr reports whether an expression, rather than a C type that does
// not read as one, begins at token i. A plain name counts as an expression.
func (p *parser) looksLikeExpr(i int) bool {
	for {
		t := p.toks[i]
		if t.Kind == lex.LParen && p.toks[i+1].Soft.BasicType() {
			// A basic type in parentheses; "(int)" alone reads as an expression too.
			return !p.typeInParens(i + 1)
		}
		if t.Kind != lex.Name {
			return true
		}
		if t.Soft.BasicType() {
			return false
		}
		i++
		for p.toks[i].Kind == lex.Dot && p.toks[i+1].Kind == lex.Name {
			i += 2
		}
		switch p.toks[i].Kind {
		case lex.Name:
			return false
		case lex.Star, lex.StarStar, lex.Amp, lex.AmpAmp:
			switch p.toks[i+1].Kind {
			case lex.RParen, lex.RBracket, lex.Comma, lex.Star, lex.StarStar:
				return false
			}
			return true
		case lex.LParen:
			return p.toks[i+1].Kind != lex.Star
		case lex.LBracket:
			// It is what its first argument is: a template of types may nest.
			if p.toks[i+1].Kind == lex.RBracket {
				return false
			}
			i++
			continue
		}
		return true
	}
}

// typeInParens reports whether a ctuple type stands behind the "(" before token
// i, which begins with a basic type: one with more words than a name has.
func (p *parser) typeInParens(i int) bool {
	for ; ; i++ {
		t := p.toks[i]
		switch {
		case t.Soft.BasicType() && p.toks[i+1].Kind == lex.Name, t.Kind == lex.Star && p.toks[i+1].Kind != lex.Name:
			return true
		case t.Kind == lex.Name, t.Kind == lex.Comma, t.Kind == lex.Dot:
		default:
			return false
		}
	}
}
