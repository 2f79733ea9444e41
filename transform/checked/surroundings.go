package checked

// Where a use stands: in which function, whether it is evaluated whenever its statement is,
// and whether the GIL is there.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/handlock"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// surroundings are those of one use.
type surroundings struct {
	name        string       // of the function
	def         *ast.FuncDef // the innermost
	class       *project.Class
	simple      ast.Stmt // the statement, where another may come before it on its line
	conditional bool     // it need not be evaluated, or more than once
	nogil       bool
	inString    bool // in a field of an f-string
	unevaluated bool // of sizeof and the like
	noexcept    bool // an exception cannot leave the function
	noLock      bool // no_lock exempts it
	leads       bool // an item of a with statement begins with it
	otherLock   bool // a lock that people placed is held there
}

func (f *finder) surroundings(a *ast.Attribute) *surroundings {
	at := &surroundings{}
	gil := false // known, whatever comes further out
	inside, lambda := false, false
	var child ast.Node = a
	for n := f.parents[child]; n != nil; child, n = n, f.parents[n] {
		if at.def != nil {
			break
		}
		if st, ok := n.(ast.Stmt); ok && !inside {
			inside = true
			at.simple = simple(st)
		}
		switch n := n.(type) {
		case *ast.Binary:
			at.conditional = at.conditional || (n.Op == "and" || n.Op == "or") && child == ast.Node(n.Y)
		case *ast.Cond:
			at.conditional = at.conditional || child != ast.Node(n.If)
		case *ast.Compare:
			at.conditional = at.conditional || child != ast.Node(n.Xs[0]) && child != ast.Node(n.Xs[1])
		case *ast.Comp, *ast.CompClause:
			at.conditional = true
		case *ast.Lambda:
			at.conditional, lambda = true, true
		case *ast.Str:
			at.inString = true
		case *ast.Sizeof:
			at.unevaluated = true
		case *ast.Call:
			switch f.m.Scope.CythonAttr(n.Fun, false) {
			case "typeof", "sizeof", "declare":
				at.unevaluated = at.unevaluated || child != ast.Node(n.Fun)
			}
		case *ast.Simple:
			at.conditional = at.conditional || n.Keyword == "assert" && len(n.Exprs) > 1 && child == ast.Node(n.Exprs[1])
		case *ast.Decorator, *ast.Param:
			at.unevaluated = true // at another time, in another place
		case *ast.CType, *ast.Declarator:
			if d, ok := n.(*ast.Declarator); !ok || d.Default == nil || child != ast.Node(d.Default) {
				at.unevaluated = true // an array's size, say
			}
		case *ast.With:
			if child == ast.Node(n.Body) {
				at.otherLock = at.otherLock || f.taken(n)
			}
			if !gil && child == ast.Node(n.Body) {
				at.nogil, gil = f.gil(n, at.nogil)
			}
		case *ast.WithItem:
			at.leads = n.Pos == a.Pos
		case *ast.For:
			if !gil && child == ast.Node(n.Body) && f.m.Releases(n.Iter) {
				at.nogil, gil = true, true
			}
		case *ast.FuncDef:
			at.def = n
		}
	}
	f.function(at, at.def, gil || lambda)
	return at
}

// gil says what a with statement does about the GIL, and whether that settles it.
func (f *finder) gil(w *ast.With, was bool) (nogil, known bool) {
	for _, it := range w.Items {
		if syntax.IsNamed(it.X, "gil") || f.m.Scope.CythonAttr(it.X, false) == "gil" {
			return false, true
		}
		if f.m.Releases(it.X) {
			return true, true
		}
	}
	return was, false
}

// taken reports whether a with statement takes a lock that people placed.
func (f *finder) taken(w *ast.With) bool {
	if decorator.Block(f.m, w) {
		return false
	}
	for _, it := range w.Items {
		if _, ok := f.Hands(f.m).With(it.X); ok {
			return true
		}
	}
	return false
}

// function adds what the function says, and those round it.
func (f *types) function(at *surroundings, def *ast.FuncDef, settled bool) {
	if def == nil {
		at.name = "<module>"
		return
	}
	at.name = def.Name.Name
	nested := false
	for n := f.parents[ast.Node(def)]; n != nil; n = f.parents[n] {
		switch n := n.(type) {
		case *ast.FuncDef:
			at.name = n.Name.Name + "." + at.name
			nested = true
		case *ast.ClassDef:
			at.name = n.Name.Name + "." + at.name
			if c := f.m.ClassByName[n.Name.Name]; c != nil && c.Is(n) && !nested {
				at.class = c
			}
		}
	}
	if !settled {
		at.nogil = at.nogil || project.IsNogil(f.m, at.class, def) && !def.Suffix.WithGil
	}
	at.noexcept = def.Suffix.Noexcept || library.NoLockMethods()[def.Name.Name] && def.Name.Name != "__cinit__"
	if d, ok := f.m.DeclarationOf(at.class, def); ok {
		at.noexcept = at.noexcept || d.Declarator.Suffix.Noexcept
	}
	at.noLock = decorator.Exemption(f.m, def) != nil
	at.otherLock = at.otherLock || handlock.Decorated(f.m, def)
}

// exempt reports whether a use is one of the object that the function makes or takes apart.
func (at *surroundings) exempt(m *project.Module, x ast.Expr) bool {
	if at.class == nil || at.def == nil || !library.NoLockMethods()[at.def.Name.Name] || len(at.def.Params.List) == 0 {
		return false
	}
	return syntax.IsNamed(syntax.Bare(x), syntax.ParamName(at.def.Params.List[0]))
}

// simple returns a statement that may follow another one on its line, or nil.
func simple(st ast.Stmt) ast.Stmt {
	switch st.(type) {
	case *ast.Assign, *ast.ExprStmt, *ast.Simple, *ast.Del:
		return st
	}
	return nil
}

// chain returns the whole of what a use begins: a.x, a.x[i].y, a.x.f(…), &a.x; nil where its
// value is not all that is wanted of it.
func (f *finder) chain(a *ast.Attribute) ast.Expr {
	var top ast.Expr = a
	for {
		switch n := f.parents[top].(type) {
		case *ast.Attribute:
			top = n
		case *ast.Subscript:
			if n.X != top {
				return f.whole(top)
			}
			top = n
		case *ast.Call:
			if n.Fun != top {
				return f.whole(top)
			}
			top = n
		case *ast.Unary:
			if n.Op != "&" {
				return f.whole(top)
			}
			return n
		default:
			return f.whole(top)
		}
	}
}

// whole returns a chain that is read.
func (f *finder) whole(top ast.Expr) ast.Expr {
	switch t := top.(type) {
	case *ast.Attribute:
		if t.Access != ast.Read {
			return nil
		}
	case *ast.Subscript:
		if t.Access != ast.Read {
			return nil
		}
	}
	return top
}
