package parser

// cdef.go parses what cdef, cpdef and ctypedef introduce: variables, functions,
// blocks and typedefs. Types with a body are in aggregate.go.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// modifiers are the words between cdef and what it declares.
type modifiers struct {
	vis     ast.Visibility
	visSpan ast.Span
	api     bool
	first   int32 // offset of cdef or cpdef or, in a block without, of the first word
}

// cdef parses a statement that starts with cdef or cpdef.
func (p *parser) cdef(start int32, decs []*ast.Decorator) ast.Stmt {
	keyword, cpdef := p.tok.Off, p.tok.Kind == lex.Cpdef
	p.next()
	return p.cdefBody(start, decs, keyword, cpdef)
}

// cdefBody parses what follows cdef or cpdef, or stands in a block that needs
// neither; keyword is then -1.
func (p *parser) cdefBody(start int32, decs []*ast.Decorator, keyword int32, cpdef bool) ast.Stmt {
	first := keyword
	if first < 0 {
		first = p.tok.Off
	}
	mod := p.modifiers()
	mod.first = first
	switch p.tok.Kind {
	case lex.From, lex.Import:
		return p.externBlock(start, decs)
	case lex.Colon:
		return p.cdefBlock(start, decs, mod)
	case lex.Class:
		return p.cclass(start, decs, keyword, mod, false)
	case lex.Name:
		switch p.tok.Soft {
		case lex.Nogil, lex.Inline:
			if k := p.peek(1); k == lex.Colon {
				return p.cdefBlock(start, decs, mod)
			}
		case lex.Cppclass:
			return p.cppclass(start, decs, mod)
		case lex.Struct, lex.Union, lex.Packed:
			return p.structDef(start, mod, cpdef, false)
		case lex.Enum:
			return p.enumDef(start, mod, cpdef, false)
		case lex.Fused:
			if p.peek(1) == lex.Name {
				return p.fused(start, mod, false)
			}
		}
	}
	return p.funcOrVars(start, decs, keyword, cpdef, mod)
}

func (p *parser) modifiers() modifiers {
	var m modifiers
	switch p.tok.Soft {
	case lex.Public:
		m.vis = ast.Public
	case lex.Readonly:
		m.vis = ast.Readonly
	case lex.Extern:
		m.vis = ast.Extern
	}
	if m.vis != ast.Private {
		m.visSpan = ast.Span{Pos: p.tok.Off, End: p.tok.End}
		p.next()
	}
	m.api = p.gotSoft(lex.API)
	return m
}

// cdefBlock parses "cdef [public|nogil|…]:" and its declarations.
func (p *parser) cdefBlock(start int32, decs []*ast.Decorator, mod modifiers) ast.Stmt {
	b := &ast.CdefBlock{Decorators: decs, Visibility: mod.vis, VisSpan: mod.visSpan, API: mod.api}
	b.Nogil = p.gotSoft(lex.Nogil)
	b.Inline = p.gotSoft(lex.Inline)
	b.Body = p.block("after 'cdef'", ctx{cdef: true})
	b.Span = p.span(start)
	return b
}

// externBlock parses "cdef extern from X [namespace Y] [nogil]:" from "from" on.
func (p *parser) externBlock(start int32, decs []*ast.Decorator) ast.Stmt {
	b := &ast.ExternBlock{Decorators: decs}
	if p.got(lex.Import) && p.tok.Kind != lex.From {
		p.fail("expected 'from'")
	}
	p.next()
	switch p.tok.Kind {
	case lex.Star:
		p.next()
		b.Star = true
	case lex.String:
		b.Header = p.str()
	default:
		p.fail("expected the header's name or '*' after 'from'")
	}
	if p.gotSoft(lex.Namespace) {
		if p.tok.Kind != lex.String {
			p.fail("expected a string after 'namespace'")
		}
		b.Namespace = p.str()
	}
	var s ast.FuncSuffix
	p.signatureSuffix(&s)
	b.Nogil, b.WithGil = s.Nogil, s.WithGil
	b.Body = p.block("after the header of the extern block", ctx{cdef: true})
	if len(b.Body.Stmts) > 0 {
		if x, ok := b.Body.Stmts[0].(*ast.ExprStmt); ok {
			b.Verbatim = x.Span
		}
	}
	b.Span = p.span(start)
	return b
}

// funcOrVars parses a C function with a body, or a line of variables and
// function declarations.
func (p *parser) funcOrVars(start int32, decs []*ast.Decorator, keyword int32, cpdef bool, mod modifiers) ast.Stmt {
	inline := false
	for p.tok.Soft == lex.Inline {
		p.next()
		inline = true
	}
	typ := p.ctype(true)
	rules := declRules{named: true, value: true}
	d := p.declarator(rules)
	constant := p.gotSoft(lex.Const)
	if p.tok.Kind == lex.Arrow {
		p.errorAt(p.tok.Off, "expected no '->' in a cdef or cpdef signature; the return type stands before the name")
		p.next()
		p.test()
	}
	if constant {
		d.Suffix.Const = true
		d.Suffix.End = p.end
		if d.Suffix.Pos == 0 {
			d.Suffix.Pos = p.end - int32(len("const"))
		}
		d.End = p.end
	}
	if p.tok.Kind == lex.Colon {
		fn := d
		for fn.Inner != nil && !fn.Func || fn.Inner != nil && fn.Inner.Func {
			fn = fn.Inner
		}
		if !fn.Func {
			p.fail("expected '(' before ':' in a function signature")
		}
		f := p.nodes.funcDef.new()
		f.Decorators, f.Keyword, f.Kind = decs, mod.first, ast.Cdef
		if cpdef {
			f.Kind = ast.Cpdef
		}
		f.Inline, f.API, f.Visibility = inline, mod.api, mod.vis
		f.Return, f.Declarator, f.Name = typ, d, d.Name
		f.TypeParams, f.Params, f.Suffix = fn.TypeParams, fn.Params, fn.Suffix
		f.Body = p.block("after the function signature", ctx{})
		f.Body.List()
		f.Span = p.span(start)
		return f
	}
	mark := len(p.lists.declarators)
	p.lists.declarators = append(p.lists.declarators, d)
	for p.got(lex.Comma) && p.tok.Kind != lex.Newline {
		p.lists.declarators = append(p.lists.declarators, p.declarator(rules))
	}
	v := p.nodes.cvar.new()
	v.Decorators, v.Keyword, v.Cpdef, v.Inline = decs, keyword, cpdef, inline
	v.API, v.Visibility, v.VisSpan = mod.api, mod.vis, mod.visSpan
	v.Type = typ
	v.Declarators = p.lists.popDeclarators(mark)
	v.Span = p.span(start)
	p.declEnd("after the declaration")
	return v
}

// declEnd consumes the end of a declaration's line; one ";" may stand before it.
func (p *parser) declEnd(where string) {
	p.got(lex.Semi)
	p.lineEnd(where)
}

// ctypedef parses a ctypedef statement.
func (p *parser) ctypedef() ast.Stmt {
	start := p.tok.Off
	p.next()
	mod := p.modifiers()
	switch {
	case p.tok.Kind == lex.Class:
		return p.cclass(start, nil, start, mod, true)
	case p.tok.Soft == lex.Struct, p.tok.Soft == lex.Union, p.tok.Soft == lex.Packed:
		return p.structDef(start, mod, false, true)
	case p.tok.Soft == lex.Enum:
		return p.enumDef(start, mod, false, true)
	case p.tok.Soft == lex.Fused && p.peek(1) == lex.Name:
		return p.fused(start, mod, true)
	}
	t := &ast.CTypedef{Visibility: mod.vis, API: mod.api}
	t.Type = p.ctype(true)
	t.Declarator = p.declarator(declRules{named: true})
	t.Span = p.span(start)
	p.declEnd("after the ctypedef")
	return t
}

// defStmt parses "DEF NAME = value".
func (p *parser) defStmt() ast.Stmt {
	start := p.tok.Off
	p.next()
	d := &ast.DefStmt{Name: p.ident("a name after 'DEF'")}
	p.want(lex.Assign, "after the name")
	d.Value = p.testList()
	d.Span = p.span(start)
	p.declEnd("after the value")
	return d
}

// condStmt parses "IF … ELIF … ELSE".
func (p *parser) condStmt(c ctx) ast.Stmt {
	start := p.tok.Off
	s := &ast.CondStmt{}
	for {
		cl := ast.CondClause{}
		at := p.tok.Off
		isElse := p.tok.Kind == lex.ELSE
		p.next()
		if !isElse {
			cl.Cond = p.testList()
		}
		cl.Body = p.block("after the condition", c)
		cl.Span = p.span(at)
		s.Clauses = append(s.Clauses, cl)
		if isElse || p.tok.Kind != lex.ELIF && p.tok.Kind != lex.ELSE {
			break
		}
	}
	s.Span = p.span(start)
	return s
}
