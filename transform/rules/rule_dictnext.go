package rules

// PXL403: walking a dict or set by C calls while others may change it.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

func dictNext(c *checking) {
	for _, f := range c.mentioning() {
		syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.Call)
			if !ok || call.Fun == nil {
				return true
			}
			name := c.m.CName(call.Fun)
			what := library.ContainerSteps()[name]
			x := syntax.Arg(call, 0)
			if what == "" || x == nil || !unguarded(c, f, x, call.Pos) {
				return true
			}
			s := f.spelled(x)
			help := fmt.Sprintf("put the whole loop under `with cython.critical_section(%s):`, or iterate in Cython: `for key, value in %s.items():`", s, s)
			if what == "set" {
				help = fmt.Sprintf("put the whole loop under `with cython.critical_section(%s):`, or iterate in Cython over a copy", s)
			}
			f.finding(call.Span, finding.DictNext, fmt.Sprintf("%s walks %s without its lock, while another thread can change it", name, s), help)
			return true
		})
	}
}
