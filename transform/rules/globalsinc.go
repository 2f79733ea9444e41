package rules

// Variables of C that outlive a call, static in a function or in a file: state that all threads share like the
// module's own variables, behind the functions that write to them. No lock of an object guards it.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/headers"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// keepingCalls are calls of functions of C that write to such variables, without a lock.
type keepingCalls struct {
	*checking
	known map[string]*keeper
	// found are the calls, by the file in which the variable is written to; of verbatim C by the function.
	found map[string][]keepingCall
}

// keeper is a function of C that writes to one; nil stands for one of which that is not known.
type keeper struct {
	project.CFunc
	name string
	by   headers.Place // the way there
	in   headers.Place // where the variable is written to in the end; the zero Place where only a call is known to which it is given
	// verbatim is true of what stands in the module's own file.
	verbatim bool
}

type keepingCall struct {
	of   *keeper
	from *ruleFunc
	span ast.Span
}

// variablesInC reports such calls: together those of functions that write to variables of one file, which one lock may guard.
func variablesInC(ch *checking) {
	k := &keepingCalls{ch, map[string]*keeper{}, map[string][]keepingCall{}}
	for _, f := range ch.funcs() {
		k.look(f)
	}
	for _, path := range slices.Sorted(maps.Keys(k.found)) {
		k.tell(k.found[path])
	}
}

// keeper is what a name of the module stands for.
func (k *keepingCalls) keeper(path []string) *keeper {
	key := strings.Join(path, ".")
	out, known := k.known[key]
	if !known {
		out = k.find(path)
		k.known[key] = out
	}
	return out
}

func (k *keepingCalls) find(path []string) *keeper {
	r := k.m.Owner(path)
	if r.Mod == nil {
		return nil
	}
	f, ok := r.Mod.CDecls().Funcs[r.Name]
	if !ok || f.Block == nil {
		return nil
	}
	does := k.p.Headers.Beside(r.Mod, f)
	by, ok := does.Keeps()
	out := &keeper{f, r.Name, by, does.KeepsIn(), f.Block.Verbatim != (ast.Span{}) && by.Path == f.Unit.Path}
	if !ok || !out.verbatim && out.in == (headers.Place{}) {
		return nil
	}
	return out
}

// look finds the calls of a function.
func (k *keepingCalls) look(f *ruleFunc) {
	ast.Walk(f.def.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncDef, *ast.ClassDef: // functions of their own; a lambda is none
			return false
		}
		call, ok := n.(*ast.Call)
		if !ok {
			return true
		}
		fun := call.Fun
		if s, ok := fun.(*ast.Subscript); ok { // f[T](x) of a template
			fun = s.X
		}
		path := syntax.Dotted(fun)
		if path == nil || f.isLocal(path[0]) {
			return true
		}
		if of := k.keeper(path); of != nil && !f.heldForAll(call.Pos) && !k.runsOnce(f) {
			at := of.in.Path
			if of.verbatim {
				at = of.name
			}
			k.found[at] = append(k.found[at], keepingCall{of, f, call.Span})
		}
		return true
	})
}

// runsOnce reports whether a function runs before other threads do.
func (k *keepingCalls) runsOnce(f *ruleFunc) bool {
	_, ok := k.onlyOnce()[f]
	return ok
}

// tell reports the calls of functions that write to variables of one file.
func (k *keepingCalls) tell(list []keepingCall) {
	of := map[string]*keeper{}
	for _, call := range list {
		of[call.of.name] = call.of
	}
	names := slices.Sorted(maps.Keys(of))
	first := of[names[0]]
	said := names[0] + " without a lock, which writes to a C variable that all calls share"
	switch n := len(names) - 1; {
	case n == 1:
		said = fmt.Sprintf("%s and %s without a lock, which write to C variables that all calls share", names[0], names[1])
	case n > 1:
		said = fmt.Sprintf("%s and %d others without a lock, which write to C variables that all calls share", names[0], n)
	}
	out := project.FindingAt(first.Unit.Source, syntax.DeclaredName(first.Declarator).Span, finding.Global, "functions call "+said,
		"guard each call with one lock (`cdef cython.pymutex lock`, `with lock:`), make the variable _Thread_local, or let the caller pass the memory")
	for _, name := range names {
		by := of[name].by
		out.Related = append(out.Related, finding.Related{Path: by.Path, Line: by.Line, Column: 1, Message: finding.Brief(name + " " + by.What)})
		if in := of[name].in; in != by && in != (headers.Place{}) && !of[name].verbatim {
			out.Related = append(out.Related, finding.Related{Path: in.Path, Line: in.Line, Column: 1, Message: "the variable is written to"})
		}
		if len(out.Related) >= maxRelated {
			break
		}
	}
	for i, call := range list {
		if i == maxRelated {
			break
		}
		p := project.FindingAt(call.from.u.Source, call.span, "", "", "")
		out.Related = append(out.Related, finding.Related{Path: p.Path, Line: p.Line, Column: p.Column, Message: "in " + call.from.name()})
	}
	k.Findings = append(k.Findings, out)
}
