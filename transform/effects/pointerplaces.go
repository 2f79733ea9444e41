package effects

// Places that hold pointers to functions, by their names: variables, parameters, attributes and members of structs. Which
// functions each is given tells what a call through it leads to, unless it is given something else as well.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// pointerPlace is what all places of one name are given.
type pointerPlace struct {
	values []takenAddress
	from   []string // other places
	// inC is true of members and variables of C code's own, unknown of what is given something that is not followed.
	inC, unknown bool
}

func (t *addressTakings) place(name string) *pointerPlace {
	p := t.places[name]
	if p == nil {
		p = &pointerPlace{}
		t.places[name] = p
	}
	return p
}

// ledBy are the functions that a place may lead to; ok is false where it is given something that is not followed.
func (a *addressTaken) ledBy(name string) (out pointees, ok bool) {
	list := []string{name}
	for i := 0; i < len(list); i++ {
		p := a.places[list[i]]
		if p == nil || p.unknown || len(p.values)+len(p.from) == 0 && !p.inC || len(list) > maxPlaces {
			return out, false
		}
		out.others = out.others || p.inC
		for _, v := range p.values {
			if v.f == nil {
				out.others = true
			} else if !slices.Contains(out.fs, v.f) {
				out.fs = append(out.fs, v.f)
			}
		}
		for _, from := range p.from {
			if !slices.Contains(list, from) {
				list = append(list, from)
			}
		}
	}
	return out, true
}

// maxPlaces bounds through how many places a pointer is followed.
const maxPlaces = 32

// assigned notes what the targets of an assignment get.
func (t *addressTakings) assignment(m *project.Module, st *ast.Assign, in *takingFunction) {
	for _, target := range st.Targets {
		if name := t.target(target); name != "" && st.Op == "=" && st.Value != nil {
			t.gives(m, name, st.Value, in)
		}
	}
}

// entries notes what the members of a struct get that a dict is assigned to.
func (t *addressTakings) entries(m *project.Module, e *ast.Collection, in *takingFunction) {
	for i := 0; i+1 < len(e.Elems); i += 2 {
		if _, star := e.Elems[i].(*ast.Starred); star {
			i-- // which takes one place
		} else if s, ok := syntax.Unparen(e.Elems[i]).(*ast.Str); ok && s.Value != "" {
			t.gives(m, s.Value, e.Elems[i+1], in)
		}
	}
}

// addListed adds what stands in lists and fits a pointer.
func (out *pointees) addListed(a *addressTaken, of signature) {
	for _, x := range a.listed {
		if x.f != nil && fits(of, x.as) && !slices.Contains(out.fs, x.f) {
			out.fs = append(out.fs, x.f)
		}
		out.others = out.others || x.f == nil
	}
}

// display notes what members of structs get from a dict, list or tuple.
func (t *addressTakings) display(m *project.Module, e *ast.Collection, in *takingFunction) {
	if e.Kind == "dict" {
		t.entries(m, e, in)
	} else {
		t.inList(m, e, in)
	}
}

// inList notes the C functions that stand in a list or tuple: "x.ops = [run, stop]" gives members what stands there.
func (t *addressTakings) inList(m *project.Module, e *ast.Collection, in *takingFunction) {
	for _, x := range e.Elems {
		fs, inC := t.namedBy(m, functionNamed(x), in)
		if inC {
			t.listed = append(t.listed, takenAddress{})
		}
		for _, f := range fs {
			if !f.Exposed() || f.Def.Kind == ast.Cpdef {
				t.listed = append(t.listed, takenAddress{f: f, as: definedShapes(t.p, f)})
			}
		}
	}
}

// target is the name of the place that is assigned to; "" where it is none of one name.
func (t *addressTakings) target(e ast.Expr) string {
	switch x := syntax.Unparen(e).(type) {
	case *ast.Name:
		t.given[x] = true
		return x.Name
	case *ast.Attribute:
		t.given[x] = true
		return x.Attr.Name
	case *ast.Subscript:
		return t.target(x.X)
	}
	return ""
}

// gives notes that a place is given a value.
func (t *addressTakings) gives(m *project.Module, name string, value ast.Expr, in *takingFunction) {
	p := t.place(name)
	switch x := functionNamed(value).(type) {
	case *ast.Const, *ast.Number:
		return
	case *ast.Cond:
		t.gives(m, name, x.Then, in)
		t.gives(m, name, x.Else, in)
	case *ast.Name:
		if fs, inC := t.namedBy(m, x, in); len(fs) > 0 || inC {
			p.gets(fs, inC)
		} else {
			p.leadsFrom(x.Name)
		}
	case *ast.Attribute:
		if fs, inC := t.namedBy(m, x, in); len(fs) > 0 || inC {
			p.gets(fs, inC)
		} else {
			p.leadsFrom(x.Attr.Name) // a method is noted with all of its name
		}
	case *ast.Subscript:
		if at := syntax.LastName(x.X); at != "" {
			p.leadsFrom(at)
		} else {
			p.unknown = true
		}
	default:
		p.unknown = true
	}
}

func (p *pointerPlace) gets(fs []*Function, inC bool) {
	for _, f := range fs {
		if f.Exposed() && f.Def.Kind != ast.Cpdef {
			p.unknown = true
		}
		p.values = append(p.values, takenAddress{f: f})
	}
	if inC {
		p.values = append(p.values, takenAddress{})
	}
}

func (p *pointerPlace) leadsFrom(name string) {
	if !slices.Contains(p.from, name) {
		p.from = append(p.from, name)
	}
}

// namedBy are the functions of a name that is none of a variable's.
func (t *addressTakings) namedBy(m *project.Module, e ast.Expr, in *takingFunction) (fs []*Function, inC bool) {
	path := syntax.Dotted(e)
	if path == nil || in.has(path[0]) {
		return nil, false
	}
	r := m.Owner(path)
	if r.Mod == nil {
		return nil, false
	}
	if fs = t.p.Funcs(r.Mod).byName[r.Name]; len(fs) > 0 {
		return fs, false
	}
	_, inC = r.Mod.CDecls().Funcs[r.Name]
	return nil, inC
}

// argument notes what a call does to places: it gives one of its name to a keyword, and may fill what it is given by reference.
func (t *addressTakings) argument(m *project.Module, call *ast.Call, in *takingFunction) {
	fs, _ := t.namedBy(m, call.Fun, in)
	for i := range call.Args {
		a := &call.Args[i]
		if a.Name.Name != "" {
			t.gives(m, a.Name.Name, a.X, in)
		}
		if name := syntax.LastName(a.X); name != "" && len(fs) == 0 {
			if _, direct := syntax.Unparen(a.X).(*ast.Call); !direct {
				t.place(name).unknown = true // by reference, to C++
			}
		}
	}
	path := syntax.Dotted(call.Fun)
	if path == nil || in.has(path[0]) {
		return
	}
	if r := m.Owner(path); r.Mod != nil {
		if d := r.Mod.CDecls().Types[r.Name]; d.Of != nil { // a struct, by position
			for _, held := range t.within(d.Of, 0) {
				t.place(held.name).unknown = true
			}
		}
	}
}

// methodsOf gives each place that is given something of a method's name those methods.
func (t *addressTakings) methodsOf(f *Function) {
	p := t.places[f.Def.Name.Name]
	if p == nil {
		p = t.place(f.Def.Name.Name)
	}
	p.values = append(p.values, takenAddress{f: f})
}
