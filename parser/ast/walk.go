package ast

// walk.go visits trees.

// Walk calls visit for n and, where that returns true, for everything under it
// in source order. It visits every node: statements, suites, clauses (as
// *CondClause, *Handler, *WithItem, *Case, *CompClause), decorators,
// parameters, types, declarators, arguments, and the fields of f-strings.
// Identifiers and import clauses are parts of their nodes and not visited.
func Walk(n Node, visit func(Node) bool) {
	if list, ok := listedIn(n); ok {
		for i := 0; i < len(list); {
			if visit(list[i].Node) {
				i++
			} else {
				i = int(list[i].next)
			}
		}
		return
	}
	if n != nil && visit(n) {
		children(n, visit)
	}
}

// children walks what is directly under a node.
func children(n Node, visit func(Node) bool) {
	w := walker(visit)
	switch n := n.(type) {
	// Expressions come first: they are by far the most.
	case *Name, *Const, *Number, *Placeholder, *BadExpr:
	case *Attribute:
		w.expr(n.X)
	case *Call:
		w.expr(n.Fun)
		for i := range n.Args {
			Walk(&n.Args[i], visit)
		}
	case *Arg:
		w.expr(n.X)
	case *Subscript:
		w.expr(n.X)
		w.exprs(n.Index)
	case *Binary:
		// Chains of operators are deep on the left.
		w.expr(n.X)
		w.expr(n.Y)
	case *Unary:
		w.expr(n.X)
	case *Compare:
		w.exprs(n.Xs)
	case *Str:
		w.exprs(n.Fields)
	case *Collection:
		w.exprs(n.Elems)
	case *Paren:
		w.expr(n.X)
	case *Slice:
		w.expr(n.Lo)
		w.expr(n.Hi)
		w.expr(n.Step)
	case *Cond:
		w.expr(n.Then)
		w.expr(n.If)
		w.expr(n.Else)
	case *Lambda:
		w.params(n.Params)
		w.expr(n.Body)
	case *Walrus:
		w.expr(n.Target)
		w.expr(n.Value)
	case *Yield:
		w.expr(n.X)
	case *Cast:
		w.ctype(n.Type)
		w.expr(n.X)
	case *Sizeof:
		w.ctype(n.Type)
		w.expr(n.X)
	case *New:
		w.ctype(n.Type)
		w.call(n.Call)
	case *Starred:
		w.expr(n.X)
	case *Comp:
		w.expr(n.Elem)
		w.expr(n.Value)
		for i := range n.Clauses {
			Walk(&n.Clauses[i], visit)
		}
	case *CompClause:
		w.loop(n.From, n.Target, n.Iter, n.Step)
	case *TypeExpr:
		w.ctype(n.Type)
	case *Pattern:
		w.exprs(n.Parts)

	case *File:
		w.stmts(n.Body)
	case *Suite:
		w.stmts(n.Stmts)
	case *ExprStmt:
		w.expr(n.X)
	case *Assign:
		if n.Annotation != nil && len(n.Targets) > 0 {
			w.expr(n.Targets[0])
			w.expr(n.Annotation)
			w.exprs(n.Targets[1:])
		} else {
			w.exprs(n.Targets)
		}
		w.expr(n.Value)
	case *Simple:
		w.exprs(n.Exprs)
	case *If:
		w.clauses(n.Clauses)
	case *CondClause:
		w.expr(n.Cond)
		w.suite(n.Body)
	case *For:
		w.loop(n.From, n.Target, n.Iter, n.Step)
		w.suite(n.Body)
		w.suite(n.Else)
	case *While:
		w.expr(n.Cond)
		w.suite(n.Body)
		w.suite(n.Else)
	case *Try:
		w.suite(n.Body)
		for i := range n.Handlers {
			Walk(&n.Handlers[i], visit)
		}
		w.suite(n.Else)
		w.suite(n.Finally)
	case *Handler:
		w.expr(n.Type)
		w.expr(n.As)
		w.suite(n.Body)
	case *With:
		for i := range n.Items {
			Walk(&n.Items[i], visit)
		}
		w.suite(n.Body)
	case *WithItem:
		w.expr(n.X)
		w.expr(n.Target)
	case *Match:
		w.expr(n.Subject)
		for i := range n.Cases {
			Walk(&n.Cases[i], visit)
		}
	case *Case:
		w.expr(n.Pattern)
		w.expr(n.Guard)
		w.suite(n.Body)
	case *Del:
		w.exprs(n.Targets)
	case *TypeAlias:
		w.expr(n.Value)
	case *Import, *FromImport, *Bad:
	case *Include:
		if n.Path != nil {
			Walk(n.Path, visit)
		}

	case *FuncDef:
		w.decorators(n.Decorators)
		if n.Kind == Def {
			w.params(n.Params)
			w.expr(n.Arrow)
		} else {
			w.ctype(n.Return)
			w.declarator(n.Declarator)
		}
		w.suite(n.Body)
	case *Params:
		for _, p := range n.List {
			Walk(p, visit)
		}
	case *Param:
		w.ctype(n.Type)
		w.declarator(n.Declarator)
		w.expr(n.Annotation)
		w.expr(n.Default)
	case *Decorator:
		w.expr(n.Expr)
	case *ClassDef:
		w.decorators(n.Decorators)
		w.call(n.Bases)
		w.suite(n.Body)
	case *PropertyDef:
		w.decorators(n.Decorators)
		w.suite(n.Body)
	case *CVarDecl:
		w.decorators(n.Decorators)
		w.ctype(n.Type)
		for _, d := range n.Declarators {
			Walk(d, visit)
		}
	case *CType:
		// In "const (int, double)[:]" and the like the order is the source's too.
		for _, t := range n.Tuple {
			Walk(t, visit)
		}
		for _, a := range n.Args {
			Walk(a, visit)
		}
		w.declarator(n.Declarator)
	case *Declarator:
		w.declarator(n.Inner)
		arraysFirst := true
		for _, dim := range n.Arrays {
			arraysFirst = arraysFirst && (dim == nil || !n.Func || dim.Range().Pos < n.Params.Lparen)
		}
		if arraysFirst {
			w.exprs(n.Arrays)
		}
		if n.Func {
			w.params(n.Params)
			w.expr(n.Suffix.ExceptValue)
		}
		if !arraysFirst {
			w.exprs(n.Arrays)
		}
		w.expr(n.Default)
	case *CdefBlock:
		w.decorators(n.Decorators)
		w.suite(n.Body)
	case *ExternBlock:
		w.decorators(n.Decorators)
		w.expr(n.Header)
		w.expr(n.Namespace)
		w.suite(n.Body)
	case *StructDef:
		w.suite(n.Body)
	case *EnumItem:
		w.expr(n.Value)
	case *TypeItem:
		w.ctype(n.Type)
	case *CppClass:
		w.decorators(n.Decorators)
		for _, t := range n.Bases {
			Walk(t, visit)
		}
		w.suite(n.Body)
	case *CTypedef:
		w.ctype(n.Type)
		w.declarator(n.Declarator)
	case *DefStmt:
		w.expr(n.Value)
	case *CondStmt:
		w.clauses(n.Clauses)
	}
}

// walker has a method for each kind of child that may be absent, because a nil
// pointer in a Node is not a nil Node.
type walker func(Node) bool

func (w walker) expr(x Expr) {
	if x != nil {
		Walk(x, w)
	}
}

func (w walker) exprs(list []Expr) {
	for _, x := range list {
		if x != nil {
			Walk(x, w)
		}
	}
}

func (w walker) stmts(list []Stmt) {
	for _, s := range list {
		Walk(s, w)
	}
}

func (w walker) suite(s *Suite) {
	if s != nil {
		Walk(s, w)
	}
}

func (w walker) clauses(list []CondClause) {
	for i := range list {
		Walk(&list[i], w)
	}
}

func (w walker) decorators(list []*Decorator) {
	for _, d := range list {
		Walk(d, w)
	}
}

func (w walker) params(l *Params) {
	if l != nil {
		Walk(l, w)
	}
}

func (w walker) ctype(t *CType) {
	if t != nil {
		Walk(t, w)
	}
}

func (w walker) declarator(d *Declarator) {
	if d != nil {
		Walk(d, w)
	}
}

func (w walker) call(c *Call) {
	if c != nil {
		Walk(c, w)
	}
}

// loop visits the header of a loop. The target of "for a < i <= b" is the i
// that the range holds.
func (w walker) loop(from bool, target, iter, step Expr) {
	inRange := false
	if c, ok := iter.(*Compare); from && ok {
		for _, x := range c.Xs {
			inRange = inRange || x == target
		}
	}
	if !inRange {
		w.expr(target)
	}
	w.expr(iter)
	w.expr(step)
}
