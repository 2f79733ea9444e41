package parser

// aggregate.go parses types with a body: extension classes, structs, enums,
// fused types and C++ classes.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// body says what the lines of a block are, where they are not statements.
type body uint8

const (
	statementBody body = iota
	structBody
	enumBody
	fusedBody
	cppBody
)

// member parses one line of the body of a struct, enum, fused type or C++ class.
func (p *parser) member(c ctx) {
	start := p.tok.Off
	switch p.tok.Kind {
	case lex.Pass, lex.String:
		p.simpleLine()
		return
	case lex.IF:
		p.add(p.condStmt(c))
		return
	case lex.DEF:
		p.add(p.defStmt())
		return
	}
	switch c.body {
	case enumBody:
		p.enumLine()
	case fusedBody:
		t := &ast.TypeItem{Type: p.abstractType()}
		t.Span = p.span(start)
		p.add(t)
		p.declEnd("after the type")
	case cppBody:
		switch {
		case p.tok.Kind == lex.At:
			p.decorated(c)
		case p.tok.Kind == lex.Ctypedef:
			p.add(p.ctypedef())
		case p.tok.Soft == lex.Cppclass, p.tok.Soft == lex.Struct, p.tok.Soft == lex.Union:
			p.add(p.cppclass(start, nil, modifiers{}))
		default:
			p.add(p.cdefBody(start, nil, -1, false))
		}
	default:
		p.add(p.cdefBody(start, nil, -1, false))
	}
}

// cclass parses a cdef class from "class" on.
func (p *parser) cclass(start int32, decs []*ast.Decorator, keyword int32, mod modifiers, typedef bool) ast.Stmt {
	if keyword < 0 {
		keyword = p.tok.Off
	}
	c := &ast.ClassDef{Decorators: decs, Keyword: keyword, CClass: true, Visibility: mod.vis, API: mod.api, Typedef: typedef}
	p.next()
	c.Name = p.ident("a class name")
	for p.got(lex.Dot) {
		c.Module = append(c.Module, c.Name)
		c.Name = p.ident("a class name after '.'")
	}
	if len(c.Module) > 0 && p.gotSoft(lex.As) {
		c.As = p.ident("a name after 'as'")
	}
	if p.tok.Kind == lex.LParen {
		c.Bases = p.callArgs(p.tok.Off, nil)
	}
	if p.tok.Kind == lex.LBracket {
		c.Options = p.classOptions()
	}
	if p.tok.Kind == lex.Colon {
		c.Body = p.block("after the class header", ctx{})
		c.Span = p.span(start)
		return c
	}
	c.Span = p.span(start)
	if p.tok.Kind == lex.Newline || p.tok.Kind == lex.Semi || p.tok.Kind == lex.EOF {
		p.declEnd("")
		if p.tok.Kind == lex.Indent {
			p.failAt(c.End, "expected ':' after the class header")
		}
		return c
	}
	p.fail("expected ':' after the class header")
	return nil
}

// classOptions parses "[object X, type Y, check_size Z]".
func (p *parser) classOptions() ast.Span {
	start := p.tok.Off
	p.next()
	for p.tok.Kind == lex.Name {
		switch p.text(p.tok) {
		case "object", "type", "check_size":
		default:
			p.fail("expected 'object', 'type' or 'check_size'")
		}
		p.next()
		p.ident("a name")
		if !p.got(lex.Comma) {
			break
		}
	}
	p.closeWith(lex.RBracket, "in the class options")
	return p.span(start)
}

// structDef parses a struct or union from "packed", "struct" or "union" on.
func (p *parser) structDef(start int32, mod modifiers, cpdef, typedef bool) ast.Stmt {
	s := &ast.StructDef{Typedef: typedef, Cpdef: cpdef, Visibility: mod.vis, API: mod.api}
	if p.gotSoft(lex.Packed) {
		s.Packed = true
		if p.tok.Soft != lex.Struct {
			p.fail("expected 'struct' after 'packed'")
		}
	}
	s.Kind = p.text(p.tok)
	p.next()
	s.Name = p.ident("the name of the " + s.Kind)
	s.Options = p.cname()
	p.optBody(&s.Body, structBody, s.Kind)
	s.Span = p.span(start)
	return s
}

// cname parses an optional '"c_name"'.
func (p *parser) cname() ast.Span {
	if p.tok.Kind != lex.String {
		return ast.Span{}
	}
	span := ast.Span{Pos: p.tok.Off, End: p.tok.End}
	p.next()
	return span
}

// optBody parses ":" and a body, or the line end of a forward declaration.
func (p *parser) optBody(to **ast.Suite, b body, what string) {
	if p.tok.Kind == lex.Colon {
		*to = p.block("", ctx{body: b})
		return
	}
	end := p.end
	if p.tok.Kind != lex.Newline && p.tok.Kind != lex.EOF && p.tok.Kind != lex.Semi {
		p.fail("expected ':' after the header of the " + what)
	}
	p.declEnd("")
	if p.tok.Kind == lex.Indent {
		p.failAt(end, "expected ':' after the header of the "+what)
	}
}

// enumDef parses an enum from "enum" on.
func (p *parser) enumDef(start int32, mod modifiers, cpdef, typedef bool) ast.Stmt {
	s := &ast.StructDef{Kind: "enum", Typedef: typedef, Cpdef: cpdef, Visibility: mod.vis, API: mod.api}
	p.next()
	if p.tok.Kind == lex.Class || p.tok.Soft == lex.Struct && p.peek(1) == lex.Name {
		p.next()
		s.ScopedEnum = true
	}
	if p.tok.Kind == lex.Name {
		s.Name = p.ident("")
		s.Options = p.cname()
	}
	if p.tok.Kind == lex.LParen {
		at := p.tok.Off
		p.next()
		p.ctype(false)
		p.want(lex.RParen, "after the enum's type")
		if s.Options.Pos > 0 {
			at = s.Options.Pos
		}
		s.Options = p.span(at)
	}
	if p.tok.Kind != lex.Colon {
		p.fail("expected ':' after the header of the enum")
	}
	s.Body = p.block("", ctx{body: enumBody})
	s.Span = p.span(start)
	return s
}

// enumLine parses the items on one line of an enum.
func (p *parser) enumLine() {
	for {
		e := &ast.EnumItem{}
		start := p.tok.Off
		e.Name = p.ident("the name of an enum item")
		e.CName = p.cname()
		if p.got(lex.Assign) {
			e.Value = p.test()
		}
		e.Span = p.span(start)
		p.add(e)
		if !p.got(lex.Comma) || p.atLineEnd() {
			break
		}
	}
	p.declEnd("after the enum item")
}

// fused parses a fused type from "fused" on.
func (p *parser) fused(start int32, mod modifiers, typedef bool) ast.Stmt {
	s := &ast.StructDef{Kind: "fused", Typedef: typedef, Visibility: mod.vis, API: mod.api}
	p.next()
	s.Name = p.ident("the name of the fused type")
	s.Body = p.block("after the fused type's name", ctx{body: fusedBody})
	s.Span = p.span(start)
	return s
}

// cppclass parses a C++ class from "cppclass" (or, nested, "struct") on.
func (p *parser) cppclass(start int32, decs []*ast.Decorator, mod modifiers) ast.Stmt {
	c := &ast.CppClass{Decorators: decs, Visibility: mod.vis}
	p.next()
	c.Name = p.ident("the name of the C++ class")
	c.CName = p.cname()
	if p.got(lex.LBracket) {
		for {
			c.Templates = append(c.Templates, p.ident("a template parameter"))
			if p.got(lex.Assign) {
				p.want(lex.Star, "after '='")
			}
			if !p.got(lex.Comma) {
				break
			}
		}
		p.closeWith(lex.RBracket, "in the template parameters")
	}
	if p.got(lex.LParen) {
		for {
			c.Bases = append(c.Bases, p.ctype(false))
			if !p.got(lex.Comma) {
				break
			}
		}
		p.closeWith(lex.RParen, "in the base classes")
	}
	c.Nogil = p.gotSoft(lex.Nogil)
	p.optBody(&c.Body, cppBody, "C++ class")
	c.Span = p.span(start)
	return c
}
