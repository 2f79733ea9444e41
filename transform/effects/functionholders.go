package effects

// Structs that have pointers to functions in them, or in what they lead to.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// heldPointer is a pointer to a function that a struct has.
type heldPointer struct {
	name string
	to   *ctype.Prototype
}

// functionHolders finds structs with pointers to functions in them, or in what they lead to.
type functionHolders struct {
	p     *Program
	found map[*project.StructType][]heldPointer
}

func newFunctionHolders(p *Program) *functionHolders {
	return &functionHolders{p, map[*project.StructType][]heldPointer{}}
}

// within are the pointers to functions that a struct, or what it leads to, has.
func (h *functionHolders) within(of *project.StructType, depth int) []heldPointer {
	if of == nil || of.Def.Body == nil || depth > 4 {
		return nil
	}
	if out, ok := h.found[of]; ok {
		return out
	}
	h.found[of] = nil
	var out []heldPointer
	for _, st := range of.Def.Body.Stmts {
		if st, ok := st.(*ast.CVarDecl); ok {
			for _, d := range st.Declarators {
				sh := h.p.Types.Of(of.Mod, st.Type, d)
				if sh.Func != nil {
					out = append(out, heldPointer{syntax.DeclaredName(d).Name, sh.Func})
				}
				out = append(out, h.within(sh.Struct, depth+1)...)
			}
		}
	}
	h.found[of] = out
	return out
}
