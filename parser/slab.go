package parser

// slab.go allocates nodes and lists. A tree has very many small nodes that live
// and die together, so nodes of one type are cut from shared arrays, and a list
// is collected on a stack of the parser and then copied to its exact size.

import (
	"unsafe"

	"pyxlock/parser/ast"
)

// slab hands out zeroed values of one type.
type slab[T any] struct {
	free []T
	size int
}

func (s *slab[T]) new() *T {
	if len(s.free) == 0 {
		s.size = grow[T](s.size)
		s.free = make([]T, s.size)
	}
	v := &s.free[0]
	s.free = s.free[1:]
	return v
}

// grow is the length of the next array of T after one of size: arrays start
// small, for small files, and double up to a few pages.
func grow[T any](size int) int {
	const first, most = 1 << 10, 16 << 10
	var v T
	bytes := int(unsafe.Sizeof(v))
	return min(max(size*2, first/bytes, 2), max(most/bytes, 2))
}

// cut hands out short lists of one type.
type cut[T any] struct {
	free []T
	size int
}

// copy returns a copy of list, nil if it is empty.
func (c *cut[T]) copy(list []T) []T {
	n := len(list)
	if n == 0 {
		return nil
	}
	if n > len(c.free) {
		if n > 16 {
			return append([]T(nil), list...)
		}
		c.size = max(grow[T](c.size), 16)
		c.free = make([]T, c.size)
	}
	out := c.free[:n:n]
	c.free = c.free[n:]
	copy(out, list)
	return out
}

// nodes has a slab for each frequent type of node.
type nodes struct {
	name       slab[ast.Name]
	attribute  slab[ast.Attribute]
	subscript  slab[ast.Subscript]
	slice      slab[ast.Slice]
	call       slab[ast.Call]
	unary      slab[ast.Unary]
	binary     slab[ast.Binary]
	compare    slab[ast.Compare]
	collection slab[ast.Collection]
	paren      slab[ast.Paren]
	cast       slab[ast.Cast]
	str        slab[ast.Str]
	number     slab[ast.Number]
	constant   slab[ast.Const]
	exprStmt   slab[ast.ExprStmt]
	assign     slab[ast.Assign]
	simple     slab[ast.Simple]
	ifStmt     slab[ast.If]
	forStmt    slab[ast.For]
	suite      slab[ast.Suite]
	funcDef    slab[ast.FuncDef]
	params     slab[ast.Params]
	param      slab[ast.Param]
	ctype      slab[ast.CType]
	declarator slab[ast.Declarator]
	cvar       slab[ast.CVarDecl]
}

// lists has a stack on which each type of list is collected, and where the
// finished ones are cut from.
type lists struct {
	stmts       []ast.Stmt
	exprs       []ast.Expr
	args        []ast.Arg
	params      []*ast.Param
	declarators []*ast.Declarator
	clauses     []ast.CondClause

	cutStmts       cut[ast.Stmt]
	cutExprs       cut[ast.Expr]
	cutArgs        cut[ast.Arg]
	cutParams      cut[*ast.Param]
	cutDeclarators cut[*ast.Declarator]
	cutClauses     cut[ast.CondClause]
	cutIdents      cut[ast.Ident]
	cutStrings     cut[string]
}

// listMarks are the heights of the stacks.
type listMarks struct{ stmts, exprs, args, params, declarators, clauses int }

func (l *lists) marks() listMarks {
	return listMarks{len(l.stmts), len(l.exprs), len(l.args), len(l.params), len(l.declarators), len(l.clauses)}
}

func (l *lists) restore(m listMarks) {
	l.stmts, l.exprs, l.args = l.stmts[:m.stmts], l.exprs[:m.exprs], l.args[:m.args]
	l.params, l.declarators, l.clauses = l.params[:m.params], l.declarators[:m.declarators], l.clauses[:m.clauses]
}

// popExprs takes the expressions above mark off the stack.
func (l *lists) popExprs(mark int) []ast.Expr {
	out := l.cutExprs.copy(l.exprs[mark:])
	l.exprs = l.exprs[:mark]
	return out
}

func (l *lists) popStmts(mark int) []ast.Stmt {
	out := l.cutStmts.copy(l.stmts[mark:])
	l.stmts = l.stmts[:mark]
	return out
}

func (l *lists) popArgs(mark int) []ast.Arg {
	out := l.cutArgs.copy(l.args[mark:])
	l.args = l.args[:mark]
	return out
}

func (l *lists) popParams(mark int) []*ast.Param {
	out := l.cutParams.copy(l.params[mark:])
	l.params = l.params[:mark]
	return out
}

func (l *lists) popDeclarators(mark int) []*ast.Declarator {
	out := l.cutDeclarators.copy(l.declarators[mark:])
	l.declarators = l.declarators[:mark]
	return out
}

func (l *lists) popClauses(mark int) []ast.CondClause {
	out := l.cutClauses.copy(l.clauses[mark:])
	l.clauses = l.clauses[:mark]
	return out
}
