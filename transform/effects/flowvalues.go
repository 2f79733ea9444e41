package effects

// Flows of calls with classes and functions that are values: one of several classes makes an
// object, C code calls a function back.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// classNamed is the class that a name of the module is, 0 where it is none with a body.
func classNamed(b expressions, e *ast.Name) int32 {
	if e.Access != ast.Read {
		return 0
	}
	c := b.m.Lookup([]string{e.Name})
	if c == nil || c.Def == nil {
		return 0
	}
	return b.node(Node{Kind: NodeClass, owner: c, Shape: ctype.Shape{Kind: ctype.Object}})
}

// constructOne makes an object of the class that a value is, or of one of those that it may
// be; ok is false where it may be anything else.
func constructOne(b calls, n int32, args passed, span ast.Span) (made int32, ok bool) {
	list := classesIn(b, n, 8)
	for _, c := range list {
		made = b.either(made, b.constructAny(c, args, span))
	}
	return made, len(list) > 0
}

// classesIn are the classes that a value may be, nil where it may be something else.
func classesIn(b calls, n int32, depth int) []*project.Class {
	if c := b.classOf(n); c != nil {
		return []*project.Class{c}
	}
	x := &b.flow.Nodes[n]
	if n == 0 || depth == 0 || x.Kind != NodeLocal {
		return nil
	}
	var out []*project.Class
	for _, from := range x.From {
		list := classesIn(b, from, depth-1)
		if list == nil {
			return nil
		}
		for _, c := range list {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// calledBack has a function that is passed to C code be called with the objects that are
// passed beside it as void *: C code gives them back to it.
func calledBack(b calls, e *ast.Call) {
	var objects int32
	for i := range e.Args {
		c, ok := syntax.Unparen(e.Args[i].X).(*ast.Cast)
		if !ok || c.Type == nil || c.Type.Name != "void" {
			continue
		}
		if n := b.expr(c); n != 0 && b.flow.Nodes[n].Kind == NodeInside && b.flow.Nodes[n].Name == "" && b.shape(b.flow.Nodes[n].Base).Kind == ctype.Object {
			objects = b.either(objects, n)
		}
	}
	if objects == 0 {
		return
	}
	for i := range e.Args {
		x := syntax.Bare(e.Args[i].X)
		if u, ok := x.(*ast.Unary); ok && u.Op == "&" {
			x = syntax.Bare(u.X)
		}
		name, ok := x.(*ast.Name)
		if !ok || b.isLocal(name.Name) {
			continue
		}
		r := b.m.Owner([]string{name.Name})
		if r.Mod == nil {
			continue
		}
		for _, f := range b.p.Funcs(r.Mod).byName[r.Name] {
			if f.Class != nil || f.Exposed() {
				continue
			}
			args := make([]int32, len(f.Def.Params.List))
			for k, prm := range f.Def.Params.List {
				sh := b.p.Types.Of(f.Mod, prm.Type, prm.Declarator)
				if sh.Kind == ctype.Pointer && prm.Type != nil && prm.Type.Name == "void" || sh.Kind == ctype.Object {
					args[k] = objects
				}
			}
			b.callOf([]*Function{f}, args, e.Span)
			b.flow.Calls[len(b.flow.Calls)-1].later = registers(e)
		}
	}
}

// registers reports whether a call gives C code a function to keep: its name says so.
func registers(e *ast.Call) bool {
	name := syntax.LastName(e.Fun)
	for _, w := range syntax.Words(name) {
		switch w {
		case "set", "register", "install", "hook", "subscribe":
			return true
		}
	}
	return strings.Contains(name, "Set") || strings.Contains(name, "Register")
}

// putInto hands out what a container gets by one of its methods: of what another container is
// extended by, the items.
func putInto(b calls, method string, n, container, at int32) {
	if sh := b.shape(n); sh.Container && b.shape(container).Container && (method == "extend" || method == "extendleft" || method == "update") {
		for _, x := range b.items(n) {
			b.handOutInto(x, container, at)
		}
		return
	}
	b.handOutInto(n, container, at)
}
