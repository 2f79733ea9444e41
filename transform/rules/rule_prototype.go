package rules

// PXL114: a prototype that has less const than the header that it stands for. Callers without
// the header take the function for a writer.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/edit"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

func checkPrototypes(c *checking) {
	type lack struct {
		name   ast.Ident
		params []*ast.Param
		header string
	}
	blocks := map[*ast.ExternBlock][]lack{}
	units := map[*ast.ExternBlock]*project.Unit{}
	for _, f := range c.m.CDecls().Funcs {
		if f.Block == nil || f.Declarator.Params == nil {
			continue
		}
		l := lack{name: syntax.DeclaredName(f.Declarator)}
		said := c.p.Headers.Func(c.m, f)
		for i, prm := range f.Declarator.Params.List {
			if a := said.Param(i); a.Const && lacksConst(c, prm) {
				l.params = append(l.params, prm)
				l.header = fmt.Sprintf("%s:%d", a.Place.Path, a.Place.Line)
			}
		}
		if len(l.params) > 0 {
			blocks[f.Block] = append(blocks[f.Block], l)
			units[f.Block] = f.Unit
		}
	}
	for b, list := range blocks {
		slices.SortFunc(list, func(a, b lack) int { return cmp.Compare(a.name.Pos, b.name.Pos) })
		u := units[b]
		out := project.FindingAt(u.Source, list[0].name.Span, finding.Prototype, "", "")
		out.Warning = true
		var names []string
		fix := &finding.Fix{Message: "declare const as the header does"}
		for i, l := range list {
			names = append(names, l.name.Name)
			for _, prm := range l.params {
				fix.Edits = append(fix.Edits, edit.Edit{Off: prm.Type.Pos, End: prm.Type.Pos, New: "const ", Blame: -1})
			}
			if i > 0 {
				at := project.FindingAt(u.Source, l.name.Span, "", "", "")
				out.Related = append(out.Related, finding.Related{Path: at.Path, Line: at.Line, Column: at.Column, Message: l.name.Name + ": " + l.header})
			}
		}
		slices.SortFunc(fix.Edits, func(a, b edit.Edit) int { return cmp.Compare(a.Off, b.Off) })
		says := "has"
		if len(names) > 1 {
			says = "have"
		}
		if len(names) > 3 {
			names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
		}
		out.Message = fmt.Sprintf("%s %s less const than the header (%s)", strings.Join(names, ", "), says, list[0].header)
		out.Help = "declare const what the header does: Cython passes the pointers as before, and builds without the header then know that these functions only read"
		out.Fix, out.Cause = fix, "const" // one run of check --fix is for all of them
		c.Findings = append(c.Findings, out)
	}
}

// lacksConst reports whether const before the type of a parameter would say that what it points
// to is only read: not where the type is a pointer by its name.
func lacksConst(c *checking, prm *ast.Param) bool {
	if prm.Type == nil || prm.Type.Const || len(prm.Type.Args) > 0 || prm.Type.Memoryview {
		return false
	}
	s := c.p.Types.Of(c.m, prm.Type, prm.Declarator)
	if s.Kind != ctype.Pointer || s.Depth != 1 || s.Constant || s.Elem == ctype.Object {
		return false
	}
	t := *prm.Type
	t.Const = true
	return c.p.Types.Of(c.m, &t, prm.Declarator).ReadOnly()
}
