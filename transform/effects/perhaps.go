package effects

// Attributes that nothing changes once their object is made but C functions of which no header says what they do: if
// these only read, no lock is needed.

import (
	"cmp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Perhaps returns the C functions that an attribute of a class is given to once its object is made, where no header says
// what these do and nothing else changes it. It returns none where something does, and where what the attribute has or
// leads to goes anywhere else: whoever has it there may change it.
func Perhaps(p *Program, c *project.Class, name string) []Reader {
	f := c.Field(name)
	if f == nil || f.Vis == ast.Public || p.Changes == nil {
		return nil
	}
	at := attribute{c.Declarer(name), name}
	if p.Types.OfField(f).Kind == ctype.Object || !p.Guards(at.class) || p.Changes.lent[at] {
		return nil
	}
	var out []Reader
	s := p.Solver()
	for _, f := range p.Changes.direct[at] {
		s.At(f)
		// A summary has one effect of several alike.
		for i := range f.Flow.Actions {
			x := &f.Flow.Actions[i]
			if x.Mode != Write || x.Kind == OnPython || x.takes || !mayBeIn(p, x, c, name) || !mayBeOf(s, x.Node, c) {
				continue
			}
			if !mayOnlyRead(x) {
				return nil
			}
			if !slices.Contains(out, x.Reader()) {
				out = append(out, x.Reader())
			}
		}
	}
	if len(out) == 0 || !(staying{p, map[variableOf]bool{}}).put(at) {
		return nil
	}
	slices.SortFunc(out, func(a, b Reader) int { // the functions came in no order
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Param, b.Param))
	})
	return out
}

// mayBeIn reports whether what an action is done to may be what an attribute of a class has.
func mayBeIn(p *Program, x *action, c *project.Class, name string) bool {
	if x.Field != "" && c.Field(x.Field) != nil {
		return x.Field == name
	}
	return mayReach(p, x.Cause, x.itself, c.Declarer(name), name)
}

// mayOnlyRead reports whether an action is that a C function is given something which it may only read. One that is named
// after what it does to that, list_append(list), does not.
func mayOnlyRead(x *action) bool {
	r := x.Reader()
	return (x.Cause == PassesWritable || x.Cause == PassesUnknown) && x.Says() == "" && r.Name != "" &&
		!((r.First || r.Out) && library.SoundsLikeWriting(r.Name)) && !library.SoundsLikeFilling(r.Name)
}

// mayBeOf reports whether a value is an object of a class that is not being made, or in its state.
func mayBeOf(s *Solver, n int32, c *project.Class) bool {
	made := func(region int32) bool {
		x := &s.sum.Regions[region]
		return x.Root == NodeParam && x.Parent < 0 && s.p.Constructs(s.f, int(x.Num))
	}
	for _, r := range s.Top(n) {
		x := &s.sum.Regions[r.Region]
		if x.Root == NodeFresh {
			continue
		}
		if project.Related(r.Class, c) && !made(r.Region) {
			return true
		}
		for ; x.Parent >= 0; x = &s.sum.Regions[x.Parent] {
			if project.Related(x.Owner, c) && !made(x.Parent) {
				return true
			}
		}
	}
	return false
}

// staying tells where what an attribute has goes.
type staying struct {
	p *Program
	// asked are the variables that have been asked about: of those that lead to each other, each stays where the others do.
	asked map[variableOf]bool
}

// put reports whether what an attribute has, and what that leads to, goes nowhere in sight but into calls of C
// functions, and of functions here of which the same is true: nobody keeps a pointer to it, returns one, exports it or makes a number of it.
func (s staying) put(at attribute) bool {
	shape := s.p.Types.OfField(at.class.FieldByName[at.name])
	visit := func(way spot) bool {
		x, ok := way.last().(*ast.Attribute)
		return !ok || x.Attr.Name != at.name || !way.nested && ofAnother(way.f, x, at.class) || way.f != nil && (ofOther(s.p, way.f, x, at.class) || s.there(way, shape))
	}
	return !slices.ContainsFunc(naming(s.p, at), func(m *project.Module) bool {
		return m.Broken() || !s.p.places.Get(m).visit(s.p, m, at, visit)
	})
}

// variable reports whether what a variable of a function is, or a parameter, goes nowhere, as far as the function tells.
func (s staying) variable(f *Function, name string, shape ctype.Shape) bool {
	v := variableOf{f, name}
	stays, known := s.asked[v]
	if known {
		return stays
	}
	s.asked[v] = true
	stays = localOf(f.Def, name) && shape.Kind != ctype.Object && below(s.p, f.Mod, f.Def, func(way spot) bool {
		x, ok := way.last().(*ast.Name)
		return !ok || x.Name != name || !way.nested && s.there(way, shape)
	})
	s.asked[v] = stays
	return stays
}

// param is variable for a parameter.
func (s staying) param(at parameter) bool {
	fl := s.p.FlowOf(at.f)
	return at.num < len(fl.Params) && s.variable(at.f, at.name(), fl.Nodes[fl.Params[at.num]].Shape)
}

// ofOther reports whether an attribute is one of an object that is declared to be of a class which has nothing to do with c.
func ofOther(p *Program, f *Function, x *ast.Attribute, c *project.Class) bool {
	r := &looking{&crossing{generator: generator{p: p, f: f, asked: map[*Function]bool{}}, carried: map[string]bool{}}, map[fieldKey]bool{}}
	if k := r.class(x.X); k != nil {
		return !project.Related(k, c)
	}
	n, ok := x.X.(*ast.Name)
	if !ok || r.param(n.Name) >= 0 || !localOf(f.Def, n.Name) {
		return false
	}
	made := r.values(n.Name) // x = Other(...)
	return len(made) > 0 && !slices.ContainsFunc(made, func(v ast.Expr) bool {
		call, ok := v.(*ast.Call)
		if !ok {
			return true
		}
		k := f.Mod.Lookup(syntax.Dotted(call.Fun))
		return k == nil || project.Related(k, c)
	})
}

// there reports whether a value goes nowhere from where it stands: it is assigned to, it is compared, it is a number,
// or what is called with it leaves it there.
func (s staying) there(way spot, sh ctype.Shape) bool {
	for {
		if sh.Kind == ctype.Scalar && !sh.Handle && !sh.Address {
			return true // a copy
		}
		e := way.last()
		way = way.up()
		switch n := way.last().(type) {
		case *ast.Paren:
		case *ast.Cast:
			sh = s.p.Types.Of(way.f.Mod, n.Type, nil)
			if sh.Kind != ctype.Pointer && sh.Kind != ctype.Record || sh.Axes > 0 || sh.View {
				return false
			}
		case *ast.Unary:
			if n.Op != "&" {
				return n.Op == "not"
			}
			sh = sh.Pointer(1, false)
		case *ast.Subscript:
			if n.X != e {
				return false
			}
			if sh.Kind != ctype.Pointer || sh.Axes > 0 {
				return false
			}
			sh = sh.Behind()
		case *ast.Attribute:
			if n.Access == ast.Called {
				return true // a method of a C++ object, which has its effect
			}
			sh, _ = s.p.Types.Member(sh, n.Attr.Name)
		case *ast.Compare, *ast.CondClause, *ast.While, *ast.ExprStmt, *ast.Sizeof:
			return true
		case *ast.Assign:
			if len(n.Targets) == 1 && n.Op == "=" && n.Value == e && sh.Kind == ctype.Pointer {
				x, ok := n.Targets[0].(*ast.Name)
				return ok && s.variable(way.f, x.Name, sh)
			}
			return slices.ContainsFunc(n.Targets, func(x ast.Expr) bool { return x == e })
		case *ast.Declarator:
			return n.Default == e && sh.Kind == ctype.Pointer && s.variable(way.f, n.Name.Name, sh)
		case *ast.Arg:
			call, ok := way.up().last().(*ast.Call)
			if !ok || toC(way.f, call) {
				return ok
			}
			given, ok := parametersGiven(s.p, way.f, call, n)
			return ok && !slices.ContainsFunc(given, func(at parameter) bool { return !s.param(at) })
		default:
			return false
		}
	}
}

// lets are functions of Python's API whose result, or what they fill, leads on to what they are given.
var lets = map[string]bool{"PyBuffer_FillInfo": true, "PyMemoryView_FromMemory": true, "PyMemoryView_FromBuffer": true, "PyCapsule_New": true, "PyLong_FromVoidPtr": true}

// toC reports whether a call is one of a C function that is declared, and is none of the project's.
func toC(f *Function, call *ast.Call) bool {
	path := syntax.Dotted(call.Fun)
	if len(path) > 1 && (slices.ContainsFunc(f.Def.Params.List, func(p *ast.Param) bool { return syntax.ParamName(p) == path[0] }) || syntax.Assigns(f.Def.Body, path[0])) {
		return false // an object of that name
	}
	if len(path) == 0 || lets[path[len(path)-1]] {
		return false
	}
	owner := f.Mod.Owner(path)
	if owner.Mod == nil { // a header of the library, perhaps, of which the .pxd is not in sight
		does := library.KnownC()[path[len(path)-1]]
		return does != "" && strings.Trim(does, "r") == ""
	}
	fun, ok := owner.Mod.CDecls().Funcs[owner.Name]
	return ok && fun.Extern
}
