package rules

// PXL502: which findings about variables of a module are one thing to decide. Variables that one function
// works with want one lock, whoever else changes one of them.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/syntax"
)

// toldGlobal is a finding about variables of the module.
type toldGlobal struct {
	at    int // in the findings
	names []string
}

// oneLock gives those findings one cause whose variables are used in one function, and those that are linked
// by others.
func oneLock(c *checking, told []toldGlobal) {
	if len(told) < 2 {
		return
	}
	of := map[string]int{} // the first finding about each variable
	same := make([]int, len(told))
	for i := range same {
		same[i] = i
	}
	var first func(i int) int
	first = func(i int) int {
		if same[i] != i {
			same[i] = first(same[i])
		}
		return same[i]
	}
	join := func(i, k int) {
		a, b := first(i), first(k)
		same[max(a, b)] = min(a, b)
	}
	names := map[string]bool{}
	for i, t := range told {
		for _, name := range t.names {
			if k, ok := of[name]; ok {
				join(i, k)
			} else {
				of[name], names[name] = i, true
			}
		}
	}
	letters := firstLetters(names)
	for _, f := range c.funcs() {
		if !namesOne(f.u.Src[f.def.Pos:f.def.End], names, letters) {
			continue
		}
		last := -1
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			if x, ok := n.(*ast.Name); ok && names[x.Name] && c.globalNamed(f, x.Name) != nil {
				if last >= 0 {
					join(last, of[x.Name])
				}
				last = of[x.Name]
			}
			return true
		})
	}
	for i, t := range told {
		c.Findings[t.at].Cause = fmt.Sprintf("%s in %s", slices.Min(told[first(i)].names), c.m.Stem)
	}
}
