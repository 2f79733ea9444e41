package parser

// simple.go parses statements of one line: assignments, imports, return, raise
// and the like.

import (
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// simple parses one simple statement without its line end.
func (p *parser) simple() ast.Stmt {
	start := p.tok.Off
	switch p.tok.Kind {
	case lex.Pass, lex.Break, lex.Continue:
		return p.keyword(start)
	case lex.Return:
		s := p.keyword(start)
		if !p.endOfSimple() {
			s.Exprs = p.one(p.testList())
		}
		s.Span = p.span(start)
		return s
	case lex.Raise:
		s := p.keyword(start)
		mark := len(p.lists.exprs)
		if !p.endOfSimple() {
			p.push(p.test())
			if p.got(lex.From) {
				p.push(p.test())
			} else {
				for i := 0; i < 2 && p.got(lex.Comma); i++ {
					p.push(p.test())
				}
			}
		}
		s.Exprs = p.lists.popExprs(mark)
		s.Span = p.span(start)
		return s
	case lex.Assert:
		s := p.keyword(start)
		mark := len(p.lists.exprs)
		p.push(p.test())
		if p.got(lex.Comma) {
			p.push(p.test())
		}
		s.Exprs = p.lists.popExprs(mark)
		s.Span = p.span(start)
		return s
	case lex.Global, lex.Nonlocal:
		s := p.keyword(start)
		s.Names = append(s.Names, p.ident("a name"))
		for p.got(lex.Comma) && p.tok.Kind == lex.Name {
			s.Names = append(s.Names, p.ident("a name"))
		}
		s.Span = p.span(start)
		return s
	case lex.Del:
		return p.del()
	case lex.Import, lex.Cimport:
		return p.importStmt()
	case lex.From:
		return p.fromImport()
	case lex.Yield:
		s := p.nodes.exprStmt.new()
		s.X = p.yield()
		s.Span = p.span(start)
		return s
	case lex.Name:
		switch p.tok.Soft {
		case lex.Print, lex.Exec:
			if p.startsPrinted() {
				return p.printStmt()
			}
		case lex.Type:
			if k := p.peek(2); p.peek(1) == lex.Name && (k == lex.Assign || k == lex.LBracket) {
				return p.typeAlias()
			}
		}
	}
	return p.exprOrAssign()
}

// keyword consumes a keyword and makes a Simple of it.
func (p *parser) keyword(start int32) *ast.Simple {
	s := p.nodes.simple.new()
	s.Keyword = p.text(p.tok)
	p.next()
	s.Span = p.span(start)
	return s
}

func (p *parser) endOfSimple() bool { return p.atLineEnd() || p.tok.Kind == lex.Semi }

// push puts an expression on the stack of the list that is being collected.
func (p *parser) push(x ast.Expr) { p.lists.exprs = append(p.lists.exprs, x) }

// one is a list of one expression.
func (p *parser) one(x ast.Expr) []ast.Expr {
	p.push(x)
	return p.lists.popExprs(len(p.lists.exprs) - 1)
}

func (p *parser) del() ast.Stmt {
	start := p.tok.Off
	p.next()
	d := &ast.Del{}
	mark := len(p.lists.exprs)
	for {
		x := p.test()
		setTarget(x, ast.Delete)
		p.push(x)
		if !p.got(lex.Comma) || p.endOfSimple() {
			break
		}
	}
	d.Targets = p.lists.popExprs(mark)
	d.Span = p.span(start)
	return d
}

// startsPrinted reports whether Python 2's print or exec statement stands here:
// whether what follows the word can only be its operand.
func (p *parser) startsPrinted() bool {
	t := p.peekTok(1)
	switch t.Kind {
	case lex.Tilde, lex.Backquote, lex.Ellipsis:
		return true
	case lex.LBracket:
		// "print [x for x in y]": a list, where an index could not stand.
		return p.bracketsHoldList(p.i + 1)
	case lex.Not:
		return p.peek(2) != lex.In
	case lex.Shr:
		return true
	case lex.Lt:
		// "print <type>x": a cast, where a comparison could not go on.
		i := p.i + 2
		for p.toks[i].Kind == lex.Name || p.toks[i].Kind == lex.Dot || p.toks[i].Kind == lex.Star {
			i++
		}
		return p.toks[i].Kind == lex.Gt && p.toks[i-1].Kind == lex.Star
	}
	return p.startsOperand(t)
}

// startsOperand reports whether a token that follows a name can only begin
// another operand, so that the name must have been a keyword.
func (p *parser) startsOperand(t lex.Tok) bool {
	switch t.Kind {
	case lex.Name:
		return t.Soft != lex.As
	case lex.Int, lex.Float, lex.Imag, lex.String, lex.FStart, lex.LBrace, lex.Lambda:
		return true
	}
	return false
}

// bracketsHoldList reports whether the brackets that open at token i can only be
// a list: they are empty or hold a comprehension.
func (p *parser) bracketsHoldList(i int) bool {
	if p.toks[i+1].Kind == lex.RBracket {
		return true
	}
	for depth := 0; ; i++ {
		switch p.toks[i].Kind {
		case lex.LParen, lex.LBracket, lex.LBrace, lex.FLBrace:
			depth++
		case lex.RParen, lex.RBracket, lex.RBrace, lex.FRBrace:
			if depth--; depth == 0 {
				return false
			}
		case lex.For:
			if depth == 1 {
				return true
			}
		case lex.Newline, lex.EOF:
			return false
		}
	}
}

// printStmt parses print and exec as Python 2 has them.
func (p *parser) printStmt() ast.Stmt {
	start := p.tok.Off
	exec := p.tok.Soft == lex.Exec
	s := p.keyword(start)
	mark := len(p.lists.exprs)
	if exec {
		p.push(p.expr(precPipe))
		if p.got(lex.In) {
			p.push(p.test())
			if p.got(lex.Comma) {
				p.push(p.test())
			}
		}
	} else {
		p.got(lex.Shr)
		for !p.endOfSimple() {
			p.push(p.test())
			if !p.got(lex.Comma) {
				break
			}
		}
	}
	s.Exprs = p.lists.popExprs(mark)
	s.Span = p.span(start)
	return s
}

// typeAlias parses "type X[T] = value".
func (p *parser) typeAlias() ast.Stmt {
	start := p.tok.Off
	p.next()
	t := &ast.TypeAlias{Name: p.ident("a name after 'type'")}
	if p.tok.Kind == lex.LBracket {
		p.typeParams()
	}
	p.want(lex.Assign, "after the type's name")
	t.Value = p.test()
	t.Span = p.span(start)
	return t
}

// augmented marks the operators of augmented assignments.
var augmented = [lex.NumKinds]bool{
	lex.PlusEq: true, lex.MinusEq: true, lex.StarEq: true, lex.SlashEq: true, lex.PercentEq: true,
	lex.PipeEq: true, lex.CaretEq: true, lex.AmpEq: true, lex.AtEq: true, lex.ShlEq: true, lex.ShrEq: true,
	lex.StarStarEq: true, lex.SlashSlashEq: true,
}

// exprOrAssign parses an expression statement or an assignment.
func (p *parser) exprOrAssign() ast.Stmt {
	start := p.tok.Off
	x := p.testList()
	switch {
	case p.tok.Kind == lex.Assign:
		return p.assign(start, x, nil)
	case p.tok.Kind == lex.Colon:
		switch x.(type) {
		case *ast.Name, *ast.Attribute, *ast.Subscript, *ast.Paren:
			p.next()
			note := p.test()
			if p.tok.Kind == lex.Assign {
				return p.assign(start, x, note)
			}
			a := p.nodes.assign.new()
			a.Targets = p.one(x)
			a.Op = "="
			a.Annotation = note
			a.Span = p.span(start)
			return a
		}
	case augmented[p.tok.Kind]:
		a := p.nodes.assign.new()
		a.Op = p.tok.Kind.String()
		setTarget(x, ast.Aug)
		a.Targets = p.one(x)
		p.next()
		a.Value = p.rightSide()
		a.Span = p.span(start)
		return a
	}
	s := p.nodes.exprStmt.new()
	s.X = x
	s.Span = p.span(start)
	return s
}

// assign parses "= value" or "= b = value" behind the first target.
func (p *parser) assign(start int32, x, annotation ast.Expr) ast.Stmt {
	a := p.nodes.assign.new()
	a.Op = "="
	a.Annotation = annotation
	mark := len(p.lists.exprs)
	for p.got(lex.Assign) {
		if s, ok := x.(*ast.Starred); ok {
			p.errorAt(s.Pos, "a starred target must stand in a list or tuple")
		}
		setTarget(x, ast.Write)
		p.push(x)
		x = p.rightSide()
	}
	a.Targets = p.lists.popExprs(mark)
	a.Value = x
	a.Span = p.span(start)
	return a
}

func (p *parser) rightSide() ast.Expr {
	if p.tok.Kind == lex.Yield {
		return p.yield()
	}
	return p.testList()
}

// ---- imports -------------------------------------------------------------

func (p *parser) importStmt() ast.Stmt {
	start := p.tok.Off
	s := &ast.Import{Cimport: p.tok.Kind == lex.Cimport}
	p.next()
	for {
		at := p.tok.Off
		n := ast.ImportName{Path: p.modulePath()}
		if p.gotSoft(lex.As) {
			n.As = p.ident("a name after 'as'")
		}
		n.Span = p.span(at)
		s.Names = append(s.Names, n)
		if len(n.Path) == 1 && n.Path[0].Name == "cython" {
			p.modules = append(p.modules, bound(n))
		}
		if !p.got(lex.Comma) {
			break
		}
	}
	s.Span = p.span(start)
	return s
}

// bound is the name that an import of a single name binds.
func bound(n ast.ImportName) string {
	if n.As.Name != "" {
		return n.As.Name
	}
	return n.Path[0].Name
}

func (p *parser) modulePath() []ast.Ident {
	path := p.lists.cutIdents.copy([]ast.Ident{p.ident("a module name")})
	for p.got(lex.Dot) {
		path = append(path, p.ident("a name after '.'"))
	}
	return path
}

func (p *parser) fromImport() ast.Stmt {
	start := p.tok.Off
	p.next()
	s := &ast.FromImport{}
	for p.tok.Kind == lex.Dot || p.tok.Kind == lex.Ellipsis {
		s.Level += int(p.tok.End - p.tok.Off)
		p.next()
	}
	if s.Level == 0 || p.tok.Kind == lex.Name {
		s.Module = p.modulePath()
	}
	s.Cimport = p.tok.Kind == lex.Cimport
	if p.tok.Kind != lex.Import && p.tok.Kind != lex.Cimport {
		p.fail("expected 'import' or 'cimport'" + p.found())
	}
	p.next()
	if p.got(lex.Star) {
		s.Star = true
		s.Span = p.span(start)
		return s
	}
	open := p.tok.Off
	parens := p.got(lex.LParen)
	for {
		at := p.tok.Off
		n := ast.ImportName{Path: p.lists.cutIdents.copy([]ast.Ident{p.ident("a name to import")})}
		if p.gotSoft(lex.As) {
			n.As = p.ident("a name after 'as'")
		}
		n.Span = p.span(at)
		s.Names = append(s.Names, n)
		if n.Path[0].Name == "address" && s.Level == 0 && len(s.Module) == 1 && s.Module[0].Name == "cython" {
			p.address = append(p.address, bound(n))
		}
		if !p.got(lex.Comma) || parens && p.tok.Kind == lex.RParen {
			break
		}
	}
	if parens {
		p.closeWith(lex.RParen, "in the import")
		s.Parens = p.span(open)
	}
	s.Span = p.span(start)
	return s
}

func (p *parser) include() ast.Stmt {
	start := p.tok.Off
	p.next()
	if p.tok.Kind != lex.String {
		p.fail("expected a file name after 'include'")
	}
	s := &ast.Include{}
	s.Path = p.str().(*ast.Str)
	s.Span = p.span(start)
	p.declEnd("after the file name")
	return s
}
