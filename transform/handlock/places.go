package handlock

// Locks at constant places: self.locks = (Lock(), Lock()), of which self.locks[0] is one lock and self.locks[1] another.

import (
	"strconv"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// display is a tuple or a list of locks that an object is made with.
type display struct {
	locks  int  // how many different ones; 0 where there are as many as a loop makes
	repeat bool // these over and over: [Lock()] * 2
	list   bool // items may be put in their place
	filled bool // there is one at least
}

// displays are the attributes of a module that hold such.
type displays struct {
	made map[string]map[string][]display // by attribute and class: what constructors assign
	// moved are the attributes that are assigned to, or the items of which are, in any other way; kept those that are
	// used for more than their items, so that somebody else may have the list.
	moved, kept map[string]bool
}

// Place returns which of the locks that an attribute of a class holds stands at an index.
//
// It is the same lock for an object each time if the attribute has one value, which has one lock at each place. So it is
// assigned at one place of the text, in a constructor, for the object that is made; each lock is made there; nothing else
// assigns to an attribute of this name, nor to an item; nobody outside the module can; and a list is not handed out.
func Place(h *Names, c *project.Class, attr string, index int) (lock int, ok bool) {
	x, ok := made(h, c, attr)
	switch {
	case !ok:
		return 0, false
	case x.repeat:
		return (index%x.locks + x.locks) % x.locks, true
	case x.locks == 0:
		return index, index >= 0
	case index < 0:
		return index + x.locks, index+x.locks >= 0
	default:
		return index, index < x.locks
	}
}

// Constant reports whether an attribute of a class holds the same locks for an object each time, one at least: of two
// threads that take each of them, one waits.
func Constant(h *Names, c *project.Class, attr string) bool {
	x, ok := made(h, c, attr)
	return ok && x.filled
}

// made is the only value that an attribute of a class has, where that is a tuple or a list of locks.
func made(h *Names, c *project.Class, attr string) (display, bool) {
	declarer := c.Declarer(attr)
	if declarer == nil || declarer.Mod != h.m || declarer.PxdDef != nil {
		return display{}, false
	}
	d := h.displays.Get(func() *displays { return displaysOf(h) })
	f := declarer.Field(attr)
	if d.moved[attr] || f == nil || f.Vis == ast.Public {
		return display{}, false
	}
	var found []display
	for class, made := range d.made[attr] {
		if k := h.m.Lookup([]string{class}); k != nil && project.Related(k, declarer) {
			found = append(found, made...)
		}
	}
	if len(found) != 1 || found[0].list && (d.kept[attr] || f.Vis != ast.Private) {
		return display{}, false
	}
	return found[0], true
}

// displaysOf looks through a module.
func displaysOf(h *Names) *displays {
	d := &displays{made: map[string]map[string][]display{}, moved: map[string]bool{}, kept: map[string]bool{}}
	for _, u := range h.m.Units {
		makes := map[*ast.Attribute]bool{}
		items := map[ast.Expr]bool{} // attributes of which nothing but items is used
		ast.Walk(u.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ClassDef:
				if n.Body != nil {
					syntax.EachStmt(n.Body.Stmts, func(st ast.Stmt) {
						if def, ok := st.(*ast.FuncDef); ok {
							d.constructor(h, u.File, n, def, makes)
						}
					})
				}
			case *ast.Subscript:
				if n.Access == ast.Read || n.Access == ast.Called {
					items[syntax.Bare(n.X)] = true
				}
			case *ast.For:
				items[syntax.Bare(n.Iter)] = true
			case *ast.Call:
				if syntax.IsNamed(n.Fun, "len") && len(n.Args) == 1 {
					items[syntax.Bare(n.Args[0].X)] = true
				}
			case *ast.Attribute:
				switch {
				case makes[n]:
				case n.Access != ast.Read && n.Access != ast.Called:
					d.moved[n.Attr.Name] = true
				case !items[n]:
					d.kept[n.Attr.Name] = true
				}
			}
			return true
		})
	}
	return d
}

// constructor notes the tuples and lists of locks that a constructor gives its object. What a function inside it
// assigns comes later, or more than once.
func (d *displays) constructor(h *Names, file *ast.File, c *ast.ClassDef, def *ast.FuncDef, makes map[*ast.Attribute]bool) {
	if !library.Construction()[def.Name.Name] && def.Name.Name != "__init__" || def.Body == nil || def.Params == nil || len(def.Params.List) == 0 {
		return
	}
	self, same := syntax.ParamName(def.Params.List[0]), true
	ast.Walk(def.Body, func(n ast.Node) bool {
		if x, ok := n.(*ast.Name); ok && x.Name == self {
			same = same && (x.Access == ast.Read || x.Access == ast.StoreThrough || x.Access == ast.Called)
		}
		return same
	})
	if !same {
		return
	}
	syntax.OwnNodes(def.Body, func(n ast.Node) bool {
		st, ok := n.(*ast.Assign)
		if !ok || len(st.Targets) != 1 || st.Op != "=" || st.Value == nil {
			return true
		}
		a, ok := st.Targets[0].(*ast.Attribute)
		if !ok || !syntax.IsNamed(a.X, self) {
			return true
		}
		if x, ok := displayOf(h, file, st.Value); ok {
			makes[a] = true
			if d.made[a.Attr.Name] == nil {
				d.made[a.Attr.Name] = map[string][]display{}
			}
			d.made[a.Attr.Name][c.Name.Name] = append(d.made[a.Attr.Name][c.Name.Name], x)
		}
		return true
	})
}

// displayOf is a tuple or list of locks that an expression makes.
func displayOf(h *Names, file *ast.File, e ast.Expr) (out display, ok bool) {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Collection:
		if e.Kind != "tuple" && e.Kind != "list" || len(e.Elems) == 0 {
			return out, false
		}
		for _, x := range e.Elems {
			if !makesAlone(h, file, x) {
				return out, false
			}
		}
		return display{locks: len(e.Elems), list: e.Kind == "list", filled: true}, true
	case *ast.Comp:
		return display{list: true, filled: turns(file, e)}, e.Kind == "list" && e.Elem != nil && makesAlone(h, file, e.Elem)
	case *ast.Binary: // the same locks again
		times, of := e.Y, e.X
		if _, number := syntax.Unparen(of).(*ast.Number); number {
			times, of = of, times
		}
		out, ok = displayOf(h, file, of)
		n, again := syntax.Unparen(times).(*ast.Number)
		out.repeat, out.filled = true, again && syntax.Text(file, n.Span) != "0"
		return out, ok && again && e.Op == "*" && out.locks > 0
	}
	return out, false
}

// turns reports whether a comprehension takes everything of what has something in it for certain.
func turns(file *ast.File, e *ast.Comp) bool {
	if len(e.Clauses) != 1 || e.Clauses[0].Target == nil {
		return false
	}
	call, ok := syntax.Unparen(e.Clauses[0].Iter).(*ast.Call)
	if !ok || !syntax.IsNamed(call.Fun, "range") || len(call.Args) != 1 {
		return false
	}
	n, ok := syntax.Unparen(call.Args[0].X).(*ast.Number)
	return ok && strings.Trim(syntax.Text(file, n.Span), "0") != ""
}

// makesAlone reports whether an expression makes a lock that one thread can hold, and that is no other lock's.
func makesAlone(h *Names, file *ast.File, e ast.Expr) bool {
	call, ok := syntax.Unparen(e).(*ast.Call)
	if !ok || call.Fun == nil {
		return false
	}
	typ := h.makes(call)
	return typ != "" && !several(file, call) && (typ != "Condition" || len(call.Args) == 0)
}

// Index is the number that an index is written as.
func Index(file *ast.File, e *ast.Subscript) (int, bool) {
	if len(e.Index) != 1 {
		return 0, false
	}
	x, sign := syntax.Unparen(e.Index[0]), 1
	if u, ok := x.(*ast.Unary); ok && u.Op == "-" {
		x, sign = syntax.Unparen(u.X), -1
	}
	if _, ok := x.(*ast.Number); !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(syntax.Text(file, x.Range()), 0, 32)
	return sign * int(n), err == nil
}
