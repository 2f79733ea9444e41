package effects

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/cache"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
	"sync"
)

// Functions with a body, and where each is found.

// Function is a function with a body: a method of an extension type or Python
// class, or one at module level. Nested functions are part of theirs.
type Function struct {
	Mod      *project.Module
	Unit     *project.Unit
	Def      *ast.FuncDef
	Class    *project.Class // the extension type; nil otherwise
	PyClass  string         // the Python class's name
	Accessor Accessor

	once    sync.Once // builds flow
	Flow    *Flow
	Sum     Summary
	Callers []*Function
	queued  bool
	solved  int32       // the number of the model that has its summary, see modelState
	unites  []*Function // the overrides for any of which it stands (manyoverrides.go); nil for a function of the source
	unions  []*Function // what stands for it among others

	locks cache.Value[*OwnLocks] // see Program.OwnLocks
	entry cache.Value[bool]      // see Program.Member
	seen  cache.Value[bool]      // see Exposed
	bound cache.Value[bool]      // see isBound

	result  cache.Value[*project.Class]   // see resultClass
	written cache.Value[*project.Class]   // see writtenClass
	likely  cache.Value[[]*project.Class] // see likelyResults
	leaves  cache.Value[bool]             // see mayLeaveIt

	address cache.Value[bool] // see returnsAddress
}

// Accessor tells the parts of a property apart.
type Accessor uint8

const (
	Plain Accessor = iota
	Getter
	Setter
	Deleter
)

// Name returns the function's name with its class's.
func (f *Function) Name() string {
	name := f.Def.Name.Name
	switch {
	case f.Class != nil:
		return f.Class.Name + "." + name
	case f.PyClass != "":
		return f.PyClass + "." + name
	}
	return name
}

// Exposed reports whether Python code can call the function.
func (f *Function) Exposed() bool {
	return f.seen.Get(func() bool { return !project.IsCdef(f.Mod, f.Class, f.Def) })
}

// IsBound reports whether the first parameter is the object that a method is called on.
func (f *Function) IsBound() bool {
	return f.Class != nil && f.bound.Get(func() bool {
		return !library.ImplicitStatic()[f.Def.Name.Name] && !f.Mod.PlainDecorator(f.Def, "staticmethod") && !f.Mod.PlainDecorator(f.Def, "classmethod")
	})
}

// Functions holds a module's functions.
type Functions struct {
	byName map[string][]*Function
	ByDef  map[*ast.FuncDef]*Function
	All    []*Function
	pyInit map[string]*Function       // __init__ of Python classes
	pySet  map[string]bool            // names of Python classes
	pyDefs map[string]*ast.ClassDef   // likewise
	pyVars map[string]map[string]bool // what their bodies assign to
	// variables are the names that the module assigns to.
	variables map[string]bool
	own       map[*project.Class]*Methods
	// defining holds the classes of the module that define a member of a name, in
	// their order.
	defining map[memberName][]*project.Class
}

// Methods is what a class's own body defines.
type Methods struct {
	Plain map[string][]*Function
	Props map[string][]*Function
}

var noMethods Methods

func findFunctions(m *project.Module) *Functions {
	t := &Functions{
		byName:    map[string][]*Function{},
		ByDef:     map[*ast.FuncDef]*Function{},
		pyInit:    map[string]*Function{},
		pySet:     map[string]bool{},
		pyDefs:    map[string]*ast.ClassDef{},
		pyVars:    map[string]map[string]bool{},
		variables: map[string]bool{},
		own:       map[*project.Class]*Methods{},
		defining:  map[memberName][]*project.Class{},
	}
	for _, u := range m.Units {
		t.collect(m, u, u.File.Body, nil, "", "")
		variablesOf(t.variables, u.File.Body)
	}
	for _, c := range m.Classes {
		own := t.own[c]
		if own == nil {
			continue
		}
		for name := range own.Plain {
			t.defining[memberName{name, false}] = append(t.defining[memberName{name, false}], c)
		}
		for name := range own.Props {
			t.defining[memberName{name, true}] = append(t.defining[memberName{name, true}], c)
		}
	}
	return t
}

// collect finds the functions of a list of statements. property is the name of
// the property block that they stand in.
func (t *Functions) collect(m *project.Module, u *project.Unit, stmts []ast.Stmt, c *project.Class, py, property string) {
	for _, st := range stmts {
		switch st := st.(type) {
		case *ast.FuncDef:
			f := &Function{Mod: m, Unit: u, Def: st, Class: c, PyClass: py, Accessor: accessorOf(st, property)}
			t.ByDef[st] = f
			t.All = append(t.All, f)
			switch {
			case c != nil:
				t.addMethod(f, property)
			case py != "":
				if st.Name.Name == "__init__" {
					t.pyInit[py] = f
				}
			default:
				t.byName[st.Name.Name] = append(t.byName[st.Name.Name], f)
			}
		case *ast.ClassDef:
			if st.Body == nil {
				continue
			}
			if known := m.ClassByName[st.Name.Name]; known != nil && known.Is(st) {
				t.collect(m, u, st.Body.Stmts, known, "", "")
			} else {
				t.pySet[st.Name.Name], t.pyDefs[st.Name.Name] = true, st
				names := map[string]bool{}
				variablesOf(names, st.Body.Stmts)
				t.pyVars[st.Name.Name] = names
				t.collect(m, u, st.Body.Stmts, nil, st.Name.Name, "")
			}
		case *ast.PropertyDef:
			t.collect(m, u, st.Body.Stmts, c, py, st.Name.Name)
		case *ast.StructDef, *ast.CppClass, *ast.ExternBlock:
		default:
			for b := range syntax.Suites(st) {
				t.collect(m, u, b.Stmts, c, py, property)
			}
		}
	}
}

func (t *Functions) addMethod(f *Function, property string) {
	own := t.own[f.Class]
	if own == nil {
		own = &Methods{Plain: map[string][]*Function{}, Props: map[string][]*Function{}}
		t.own[f.Class] = own
	}
	name := f.Def.Name.Name
	switch {
	case property != "":
		own.Props[property] = append(own.Props[property], f)
	case f.Accessor != Plain:
		own.Props[name] = append(own.Props[name], f)
	default:
		own.Plain[name] = append(own.Plain[name], f)
	}
}

func accessorOf(f *ast.FuncDef, property string) Accessor {
	if property != "" {
		switch f.Name.Name {
		case "__set__":
			return Setter
		case "__del__":
			return Deleter
		}
		return Getter
	}
	for _, d := range f.Decorators {
		switch e := d.Expr.(type) {
		case *ast.Name:
			if e.Name == "property" || e.Name == "cached_property" {
				return Getter
			}
		case *ast.Attribute:
			switch e.Attr.Name {
			case "setter":
				return Setter
			case "deleter":
				return Deleter
			case "getter":
				return Getter
			}
		}
	}
	return Plain
}

// memberName is the name of a method or of a property.
type memberName struct {
	name     string
	property bool
}

// Funcs returns the functions of a module.
func (p *Program) Funcs(m *project.Module) *Functions { return p.functions.Get(m) }

// Own returns what the body of c defines.
func (p *Program) Own(c *project.Class) *Methods {
	if s := p.Funcs(c.Mod).own[c]; s != nil {
		return s
	}
	return &noMethods
}
