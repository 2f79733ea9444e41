package rules

// PXL502: what all threads share without its being a variable of the module: attributes of its Python classes, of
// modules that it imports and of objects in its variables, C variables of other modules, and containers that are
// the default of a parameter.

import (
	"bytes"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// sharedThings are such attributes and defaults.
type sharedThings struct {
	attrs     map[string]*globalVar // by the class, module or variable, and the attribute: "Job.count"
	defaults  map[*ast.Param]*globalVar
	classes   map[string]*sharedClass
	keys      map[*ast.ClassDef]string           // by what name classes has one: "Job", "make.Job" of a function's
	inner     map[*ast.FuncDef]map[string]string // what a function's classes and functions are called there: "Job" is "make.Job"
	functions map[string]bool                    // of the module
	own       map[string]bool                    // "Job.count": methods give their object one of its own
}

// sharedClass is a class of the module with what its body assigns.
type sharedClass struct {
	def   *ast.ClassDef
	attrs map[string]*globalVar
}

// assigned yields the X of each X.attr = …, X.attr += …, looking back from each "=".
func assigned(src []byte, yield func(x string)) {
	word := func(end int) int { // where the word starts that ends here
		for end > 0 && syntax.WordByte(src[end-1]) {
			end--
		}
		return end
	}
	last := 0 // where the one before ended
	for at := -1; ; {
		next := bytes.IndexByte(src[at+1:], '=')
		if next < 0 {
			return
		}
		if at += 1 + next; at+1 < len(src) && src[at+1] == '=' {
			continue
		}
		end := at
		if end > 0 && bytes.IndexByte([]byte("-+*/%&|^@<>"), src[end-1]) >= 0 {
			end--
			switch op := src[end]; {
			case op == '<' || op == '>':
				if end == 0 || src[end-1] != op {
					continue
				}
				end--
			case (op == '/' || op == '*') && end > 0 && src[end-1] == op:
				end--
			}
		}
		for end > 0 && (src[end-1] == ' ' || src[end-1] == '\t') {
			end--
		}
		dot := word(end) - 1
		if dot < 1 || dot == end-1 || src[dot] != '.' {
			continue
		}
		start := word(dot)
		if start == dot || start < last || src[start] >= '0' && src[start] <= '9' {
			continue
		}
		yield(string(src[start:dot]))
		last = at + 2
	}
}

// sharedBesides returns them, with what functions do to them.
func sharedBesides(c *bodies) *sharedThings {
	if c.shared != nil {
		return c.shared
	}
	s := &sharedThings{map[string]*globalVar{}, map[*ast.Param]*globalVar{}, map[string]*sharedClass{}, map[*ast.ClassDef]string{}, map[*ast.FuncDef]map[string]string{}, map[string]bool{}, map[string]bool{}}
	c.shared = s
	names := map[string]bool{}
	for _, u := range c.m.Units {
		s.collectIn(c, u, u.File.Body, nil, "", names)
		named := func(root string) {
			b, bound := c.m.Scope.Names[root]
			if _, v := c.globals()[root]; v || bound && (b.Kind == project.BindModule || b.Kind == project.BindImported) || s.functions[root] {
				names[root] = true
			}
		}
		assigned(u.Src, named)
		if u.Spells("setattr") {
			nextTo(u.Src, "setattr(", named)
		}
		if u.Spells("vars") {
			nextTo(u.Src, "vars(", named)
		}
		if u.Spells("__dict__") {
			before(u.Src, ".__dict__", named)
		}
		if u.Spells("__class__") || u.Spells("type") {
			names["type"], names["__class__"] = true, true
		}
		s.attributesSet(c, u, u.File.Body, nil, names)
	}
	defaults := func(f *ruleFunc) bool { // of a function within another, each call of that makes new ones
		return f.outer == nil && f.def.Params != nil && f.def.Kind != ast.Cdef && slices.ContainsFunc(f.def.Params.List, func(p *ast.Param) bool { return mutable(p.Default) })
	}
	var first *[256]bool
	if len(names) > 0 {
		first = firstLetters(names)
	}
	var concerned []*ruleFunc
	for _, f := range actors(c) {
		if first != nil && namesOne(f.u.Src[f.def.Pos:f.def.End], names, first) {
			concerned = append(concerned, f)
			s.ownOf(f)
		} else if defaults(f) {
			concerned = append(concerned, f)
		}
	}
	for _, f := range concerned {
		if defaults(f) {
			f.prepare()
			for _, p := range f.def.Params.List {
				if name := syntax.ParamName(p); mutable(p.Default) && len(f.values[name]) == 0 && mayBeDefault(c, f, p) {
					s.defaults[p] = &globalVar{name: name, u: f.u, node: p, inits: []ast.Expr{p.Default}, words: "the default of " + name + " in " + f.name() + ", which all calls share,"}
				}
			}
		}
		sharedChanges(c, f)
	}
	return s
}

// mutable reports whether the object that a default or an attribute of a class begins with can change: anything but a
// tuple and what has no parts. What a call makes is looked at by what is done with it later.
func mutable(e ast.Expr) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Collection:
		return e.Kind != "tuple"
	case *ast.Comp:
		return true
	case *ast.Call:
		return e.Fun != nil
	}
	return false
}

// mayBeDefault reports whether a function may be called without an argument for a parameter.
func mayBeDefault(c *bodies, f *ruleFunc, p *ast.Param) bool {
	if f.name()[0] != '_' || f.class != nil || f.outer != nil {
		return true
	}
	i := slices.Index(f.def.Params.List, p)
	calls := c.callsOf(f.name())
	return len(calls) == 0 || slices.ContainsFunc(calls, func(k callSite) bool {
		return k.call == nil || len(k.call.Args) <= i && !slices.ContainsFunc(k.call.Args, func(a ast.Arg) bool { return a.Name.Name == syntax.ParamName(p) })
	})
}

// collect notes what the body of a class assigns. The objects of an extension type have attributes of their own; its
// containers are shared.
func (s *sharedThings) collect(c *bodies, u *project.Unit, k *ast.ClassDef, key string, names map[string]bool) {
	cl := s.classes[key]
	if cl == nil {
		cl = &sharedClass{k, map[string]*globalVar{}}
		s.classes[key] = cl
	}
	s.keys[k] = key
	names[k.Name.Name] = true
	if c.m.ClassByName[key] == nil { // by which its methods name it
		names["cls"], names["__class__"], names["type"] = true, true, true
	}
	syntax.EachStmt(k.Body.Stmts, func(st ast.Stmt) {
		a, ok := st.(*ast.Assign)
		if !ok || a.Value == nil {
			return
		}
		eachTarget(a, func(t, value ast.Expr) {
			n, ok := t.(*ast.Name)
			if !ok || c.m.ClassByName[key] != nil && !mutable(value) {
				return
			}
			v := cl.attrs[n.Name]
			if v == nil {
				v = &globalVar{name: key + "." + n.Name, attr: n.Name, u: u, node: n, words: "the class attribute " + key + "." + n.Name}
				cl.attrs[n.Name] = v
				s.attrs[v.name] = v
				names[n.Name] = true
			}
			v.inits = append(v.inits, value)
		})
	})
}

// ownOf notes which attributes a method gives to its object.
func (s *sharedThings) ownOf(f *ruleFunc) {
	if f.class == nil || ofClass(f) {
		return
	}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.Assign); ok {
			eachTarget(a, func(t, _ ast.Expr) {
				if x, ok := t.(*ast.Attribute); ok && syntax.IsNamed(x.X, f.first()) {
					s.own[s.keys[f.class]+"."+x.Attr.Name] = true
				}
			})
		}
		return true
	})
}

// ofClass reports whether the first parameter of a method is the class.
func ofClass(f *ruleFunc) bool {
	switch f.name() {
	case "__new__", "__init_subclass__", "__class_getitem__":
		return true
	}
	return f.in.m.PlainDecorator(f.def, "classmethod")
}

// definer returns the class whose body assigns an attribute, by way of bases in the module.
func (s *sharedThings) definer(name, attr string, depth int) (string, bool) {
	k := s.classes[name]
	if k == nil || depth == 0 {
		return "", false
	}
	if k.attrs[attr] != nil {
		return name, true
	}
	if k.def.Bases != nil {
		for _, b := range k.def.Bases.Args {
			if n, ok := b.X.(*ast.Name); ok {
				if at, ok := s.definer(n.Name, attr, depth-1); ok {
					return at, true
				}
			}
		}
	}
	return "", false
}

// attrName returns which attribute of what an expression in a function is, "" where all threads need not share it.
// whole is true where it can be said of its being assigned to, not only of what it holds.
func attrName(c *bodies, f *ruleFunc, x *ast.Attribute) (name string, whole bool) {
	s := c.shared
	attr := x.Attr.Name
	ofClassNamed := func(class string) (string, bool) { return s.ofClassNamed(c, class, attr) }
	ofClassItself := func(class string) (string, bool) { return s.ofClass(c, class, attr) }
	isSelf := func(e ast.Expr) bool {
		return f.class != nil && f.first() != "" && syntax.IsNamed(syntax.Bare(e), f.first())
	}
	switch r := syntax.Bare(x.X).(type) {
	case *ast.Name:
		if isSelf(r) {
			if ofClass(f) {
				return ofClassItself(s.keys[f.class])
			}
			if name, _ = ofClassNamed(s.keys[f.class]); name == "" {
				return "", false
			}
			if class := name[:len(name)-len(attr)-1]; s.own[name] || s.own[s.keys[f.class]+"."+attr] || s.own[class+"."+attr] {
				return "", false
			}
			return name, false
		}
		if name, whole := s.ofInner(c, f, r, x); name != "" || f.isLocal(r.Name) {
			return name, whole
		}
		if s.functions[r.Name] {
			return r.Name + "." + attr, true
		}
		if s.classes[r.Name] != nil {
			return ofClassItself(r.Name)
		}
		if v := c.globals()[r.Name]; v != nil {
			return r.Name + "." + attr, plainObject(c, v)
		}
		b := c.m.Scope.Names[r.Name]
		return r.Name + "." + attr, (b.Kind == project.BindModule || b.Kind == project.BindImported) && c.m.Lookup([]string{r.Name}) == nil
	case *ast.Call, *ast.Attribute:
		switch of := classAskedOf(f, r); {
		case of == nil:
		case isSelf(of):
			return ofClassItself(s.keys[f.class])
		default:
			return s.ofSomeClass(f, of, attr)
		}
	}
	return "", false
}

// ofClassNamed returns which class an attribute belongs to that the body of a class, or of a base, assigns.
func (s *sharedThings) ofClassNamed(c *bodies, class, attr string) (name string, whole bool) {
	if at, ok := s.definer(class, attr, 8); ok {
		return at + "." + attr, c.m.ClassByName[at] == nil
	}
	return "", false
}

// ofClass is ofClassNamed, also of attributes that functions give to a class.
func (s *sharedThings) ofClass(c *bodies, class, attr string) (name string, whole bool) {
	if name, whole := s.ofClassNamed(c, class, attr); name != "" || c.m.ClassByName[class] != nil || s.classes[class] == nil {
		return name, whole
	}
	return class + "." + attr, true
}

// plainObject reports whether a variable holds an object of Python's, whose attributes have no lock of their class.
func plainObject(c *bodies, v *globalVar) bool {
	if v.d != nil && (v.ctype == nil || v.ctype.Name != "object") || c.silentGlobal(v) || containerKind(v) != "" || len(v.inits) == 0 {
		return false
	}
	return !slices.ContainsFunc(v.inits, func(e ast.Expr) bool {
		k, ok := syntax.Bare(e).(*ast.Call)
		if !ok {
			return !syntax.IsNothing(e)
		}
		p := syntax.Dotted(k.Fun)
		return len(p) == 0 || c.m.Lookup(p) != nil || c.shared.perThread(p)
	})
}

// perThread reports whether a class of the module is derived from threading.local.
func (s *sharedThings) perThread(path []string) bool {
	k := s.classes[path[0]]
	return len(path) == 1 && k != nil && k.def.Bases != nil && slices.ContainsFunc(k.def.Bases.Args, func(a ast.Arg) bool { return syntax.LastName(a.X) == "local" })
}

// sharedAttribute returns what an attribute in a function is, if it is shared: of what nothing is known yet where it is assigned to.
func sharedAttribute(c *bodies, f *ruleFunc, x *ast.Attribute, assigns bool) *globalVar {
	if c.shared == nil {
		return nil
	}
	name, whole := attrName(c, f, x)
	if name == "" || assigns && !whole {
		return nil
	}
	v := c.shared.attrs[name]
	if v == nil && assigns {
		path := syntax.Dotted(x)
		if len(path) == 0 { // type(self).made
			path = strings.Split(name, ".")
		}
		at, _, inC := project.Variable(c.m, path...)
		if inC && at.Extern {
			return nil
		}
		v = &globalVar{name: name, attr: x.Attr.Name, u: f.u, node: x, words: name + ", which all threads share,"}
		if inC {
			v.ctype, v.d = at.Type, at.Declarator
		}
		c.shared.attrs[name] = v
	}
	return v
}

// sharedChanges notes what a function does to such attributes and defaults.
func sharedChanges(c *bodies, f *ruleFunc) {
	f.prepare()
	holds := func(e ast.Expr, kind changeKind, node ast.Node, value, key ast.Expr) {
		var v *globalVar
		switch x := syntax.Bare(e).(type) {
		case *ast.Name:
			if v = c.shared.defaults[f.params[x.Name]]; v == nil {
				v = attributeKnownAs(c, f, x)
			}
		case *ast.Attribute:
			v = sharedAttribute(c, f, x, false)
		}
		if v != nil {
			v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value, key: key})
		}
	}
	target := func(t ast.Expr, node ast.Node, value ast.Expr, kind changeKind) {
		if x := namedInDict(t); x != nil {
			t = x
		}
		switch t := t.(type) {
		case *ast.Attribute:
			if v := sharedAttribute(c, f, t, true); v != nil && f.name() == "__init_subclass__" && syntax.IsNamed(syntax.Bare(t.X), f.first()) {
				v.inits = append(v.inits, value) // nobody else has the class yet
			} else if v != nil {
				v.changes = append(v.changes, globalChange{kind: kind, f: f, node: node, value: value})
			}
		case *ast.Subscript:
			var key ast.Expr
			if len(t.Index) == 1 {
				key = t.Index[0]
			}
			holds(t.X, stores, node, value, key)
		}
	}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		eachBound(n, target)
		if call, ok := n.(*ast.Call); ok {
			if x := setBy(f, call); x != nil {
				target(x, call, call.Args[2].X, rebinds)
			}
			if at, ok := call.Fun.(*ast.Attribute); ok && changesContainer(at.Attr.Name) {
				holds(at.X, stores, call, nil, nil)
			}
			if by := alteredBy(c, f, call); by.x != nil {
				holds(by.x, by.kind, call, nil, by.key())
			}
		}
		return true
	})
}
