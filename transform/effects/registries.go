package effects

// Objects that functions find in variables of the module: a list that all register in, a
// dict by names, the current one. Whoever asks finds any of them there.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// variablesOf notes the names that statements of a module assign to.
func variablesOf(names map[string]bool, stmts []ast.Stmt) {
	for _, st := range stmts {
		if a, ok := st.(*ast.Assign); ok {
			for _, t := range a.Targets {
				if n, isName := syntax.Unparen(t).(*ast.Name); isName {
					names[n.Name] = true
				}
			}
		}
		if !syntax.OpensScope(st) {
			for b := range syntax.Suites(st) {
				variablesOf(names, b.Stmts)
			}
		}
	}
}

// variableNamed is what a variable of the module holds that is no C declaration, also where something is put into
// that; 0 for other names.
func variableNamed(b expressions, e *ast.Name) int32 {
	if e.Access.Rebinds() || !isVariable(b.builder, e.Name) {
		return 0
	}
	sh := ctype.Shape{Kind: ctype.Object}
	if t, ok := b.m.CDecls().Notes[e.Name]; ok {
		if sh = b.p.Types.OfNote(b.m, t); sh.Kind == ctype.Scalar {
			return 0
		}
		if sh.Kind != ctype.Object {
			sh = ctype.Shape{Kind: ctype.Object}
		}
	}
	return b.node(Node{Kind: NodeUnknown, Name: e.Name, Shape: sh})
}

// classVariable is what an attribute of a class holds that its body assigns, which is one for all its
// objects: "Node.all"; 0 for others.
func classVariable(b expressions, e *ast.Attribute) int32 {
	if fromLocal(b, e) || e.Access.Rebinds() {
		return 0
	}
	path := syntax.Dotted(e)
	if !isClassVariable(b.builder, path) {
		return 0
	}
	return b.node(Node{Kind: NodeUnknown, Name: strings.Join(path[len(path)-2:], "."), Shape: ctype.Shape{Kind: ctype.Object}})
}

// fromLocal reports whether a path starts at a local variable. Of a long one the part before the last
// name was asked about just before.
func fromLocal(b expressions, e *ast.Attribute) bool {
	local := false
	switch x := e.X.(type) {
	case *ast.Name:
		local = b.isLocal(x.Name)
	case *ast.Attribute:
		local = x == b.localPath
	}
	if local {
		b.localPath = e
	}
	return local
}

// isClassVariable reports whether a path leads to an attribute that a class's body assigns.
func isClassVariable(b *builder, path []string) bool {
	if len(path) < 2 || b.isLocal(path[0]) {
		return false
	}
	if c := b.m.Lookup(path[:len(path)-1]); c != nil {
		return assignsAttribute(c, path[len(path)-1])
	}
	return len(path) == 2 && b.p.Funcs(b.m).pyVars[path[0]][path[1]]
}

// Fills reports whether a function puts anything into what a variable of the module holds.
func Fills(f *Function, variable string) bool {
	return slices.ContainsFunc(f.Flow.puts, func(x put) bool {
		return fromVariable(f.Flow, x.in, variableDepth) == variable
	})
}

// Registers reports whether a function puts one of its parameters, or what calls a method of one, into what a
// variable of the module holds.
func Registers(f *Function, variable string) bool {
	return slices.ContainsFunc(f.Flow.puts, func(x put) bool {
		if x.item == unknownItem || fromVariable(f.Flow, x.in, variableDepth) != variable {
			return false
		}
		param := func(n int32) bool {
			num, items := paramOf(f.Flow, n)
			return num >= 0 && !items
		}
		return param(x.item) || slices.ContainsFunc(f.Flow.carriedBy(x.item, carriedDepth), func(c carried) bool { return c.via == ByCalling && param(c.node) })
	})
}

// Sets returns the variables of the module that a function sets to something that it is given, or that has that in it.
func Sets(f *Function) []string {
	var global, out []string
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		if n, ok := n.(*ast.Simple); ok && n.Keyword == "global" {
			for _, id := range n.Names {
				global = append(global, id.Name)
			}
		}
		return true
	})
	if len(global) == 0 {
		return nil
	}
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.Assign)
		if !ok || a.Value == nil {
			return true
		}
		for _, t := range a.Targets {
			if x, ok := syntax.Unparen(t).(*ast.Name); ok && slices.Contains(global, x.Name) &&
				slices.ContainsFunc(f.Def.Params.List, func(prm *ast.Param) bool { return prm.Name.Name != "" && syntax.Mentions(a.Value, prm.Name.Name) }) {
				out = append(out, x.Name)
			}
		}
		return true
	})
	return out
}

// assignsAttribute reports whether the body of a class assigns to a name.
func assignsAttribute(c *project.Class, name string) bool {
	names := map[string]bool{}
	for _, d := range c.Defs {
		if d.Body != nil {
			variablesOf(names, d.Body.Stmts)
		}
	}
	return names[name]
}

// isVariable reports whether a name is that of a variable of the module, and of nothing else.
func isVariable(b *builder, name string) bool {
	return b.p.Funcs(b.m).variables[name] && b.m.Scope.Names[name].Kind == project.BindOther
}

// variableDepth bounds through how many values a variable is looked for.
const variableDepth = 12

// fromVariable is the variable of the module out of which a value comes: what it holds, or an
// item of that, also where a function looks that up; "" where that is not known.
func fromVariable(fl *Flow, n int32, depth int) string {
	if n == 0 || depth == 0 {
		return ""
	}
	x := &fl.Nodes[n]
	switch x.Kind {
	case NodeGlobal:
		if x.Shape.Kind == ctype.Object {
			return x.Name
		}
	case NodeUnknown:
		if x.Name != "" || x.Base == 0 {
			return x.Name
		}
		return fromVariable(fl, x.Base, depth-1)
	case NodeCast, NodeContained, NodeItem:
		return fromVariable(fl, x.Base, depth-1)
	case NodeFresh: // list(table), sorted(table)
		for _, y := range fl.content[n] {
			if y == unknownItem || fl.Nodes[y].Kind == NodeNothing {
				continue
			}
			if name := fromVariable(fl, y, depth-1); name != "" {
				return name
			}
		}
	case NodeLocal:
		out := ""
		for _, y := range x.From {
			if y == 0 || fl.Nodes[y].Kind == NodeNothing {
				continue
			}
			name := fromVariable(fl, y, depth-1)
			if name == "" || out != "" && out != name {
				return ""
			}
			out = name
		}
		return out
	case NodeCall:
		for _, g := range fl.Calls[x.Num].Callees {
			if g.Flow == nil || g.Class != nil && g.Exposed() {
				continue
			}
			for _, r := range g.Flow.Returns {
				if name := fromVariable(g.Flow, r, depth-1); name != "" {
					return name
				}
			}
		}
	}
	return ""
}

// oneObject reports whether a value is what a variable holds, and no item of that.
func oneObject(fl *Flow, n int32) bool {
	for n := range fl.behind(n, variableDepth) {
		if x := &fl.Nodes[n]; x.Kind == NodeGlobal || x.Kind == NodeUnknown && x.Name != "" {
			return true
		}
	}
	return false
}

// isItem reports whether a value is in a container, or comes out of what a variable of the module holds.
func isItem(fl *Flow, n int32) bool {
	k := fl.Nodes[n].Kind
	return n != 0 && (k == NodeContained || k == NodeItem || fromVariable(fl, n, variableDepth) != "")
}

// Find is what a function does to an object that it finds in a variable of the module: an effect, of
// an object without a static type a use by the name of a member.
type Find struct {
	In       *Function
	Variable string
	One      bool // it is what the variable holds, and no item of that
	Effect   *Effect
	// Name is the member by which an object without a static type is used, Part how.
	Name string
	Part Accessor
}

// Finds are those of a function itself, which is solved.
func Finds(f *Function) []Find {
	var out []Find
	for i := range f.Sum.Effects {
		e := &f.Sum.Effects[i]
		x := &f.Sum.Regions[e.Region]
		if e.Raw || e.Kind == OnPython || x.Root != NodeUnknown && x.Root != NodeGlobal || x.Parent >= 0 || x.Num <= 0 {
			continue
		}
		if name := fromVariable(f.Flow, x.Num, variableDepth); name != "" {
			out = append(out, Find{In: f, Variable: name, One: syntax.IsNamed(Receiver(f, e.Span), name), Effect: e})
		}
	}
	for _, u := range f.Flow.loose {
		if slices.ContainsFunc(out, func(o Find) bool {
			return o.Name == u.name && o.Part == u.part && o.Variable == fromVariable(f.Flow, u.node, variableDepth)
		}) {
			continue
		}
		if name := fromVariable(f.Flow, u.node, variableDepth); name != "" {
			out = append(out, Find{In: f, Variable: name, One: oneObject(f.Flow, u.node), Name: u.name, Part: u.part, Effect: &Effect{Region: -1, Cause: MayCall, Name: u.name, Span: u.span}})
		}
	}
	return out
}

// Reached are functions, of which flows are made, and all that they call, and what these call.
func Reached(from ...*Function) []*Function {
	out := slices.Clone(from)
	seen := make(map[*Function]bool, len(from))
	for _, f := range from {
		seen[f] = true
	}
	for i := 0; i < len(out); i++ {
		for k := range out[i].Flow.Calls {
			for _, g := range out[i].Flow.Calls[k].Callees {
				if !seen[g] && g.Flow != nil {
					seen[g] = true
					out = append(out, g)
				}
			}
		}
	}
	return out
}
