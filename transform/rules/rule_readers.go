package rules

// PXL116: a C function of which the setting reads says that it only reads what it is given, and whose body, in a
// header or a source, writes there. A pattern that matches a setter turns its callers into readers.

import (
	"cmp"
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

func checkReaders(k *checking) {
	if k.opts.ReadsOnly == nil {
		return
	}
	for _, f := range k.m.CDecls().Funcs {
		if f.Block == nil || f.Declarator.Params == nil {
			continue
		}
		name := syntax.DeclaredName(f.Declarator)
		for i, prm := range f.Declarator.Params.List {
			called := ""
			if prm.Type != nil {
				called = prm.Name.Name
			}
			if a := effects.WrittenTo(k.p, k.m, f, i); a != "" && k.opts.ReadsOnly(name.Name, called) {
				saysReads(k, f.Unit, name.Span, name.Name, cmp.Or(called, fmt.Sprintf("argument %d", i+1)), a)
				break
			}
			if i == 0 && k.opts.ReadsOnly(name.Name, called) && setsFirst(k, f) {
				saysReads(k, f.Unit, name.Span, name.Name, cmp.Or(called, "argument 1"), "by its name, and since it returns nothing and can write to nothing else that it is given")
				k.Findings[len(k.Findings)-1].Warning = true
				break
			}
		}
	}
	for class, t := range k.m.CDecls().Types {
		if t.Cpp == nil || t.Cpp.Def.Body == nil {
			continue
		}
		syntax.EachStmt(t.Cpp.Def.Body.Stmts, func(st ast.Stmt) {
			v, ok := st.(*ast.CVarDecl)
			if !ok {
				return
			}
			for _, d := range v.Declarators {
				name := syntax.DeclaredName(d)
				if !d.Func || d.Params == nil || !k.opts.ReadsOnly(class+"."+name.Name, "") {
					continue
				}
				if a := effects.WritesObject(k.p, k.m, t.Cpp, name.Name, len(d.Params.List)); a != "" {
					saysReads(k, t.Cpp.From.Unit, name.Span, class+"."+name.Name, "its object", a)
				}
			}
		})
	}
}

// setsFirst reports whether a function can do nothing with its arguments but write to the first, and is named after that:
// "void mat_set(mat_t a, const mat_t b)". Of a macro, or of a library's function, there is no more in sight.
func setsFirst(k *checking, f project.CFunc) bool {
	if f.Type == nil || f.Type.Name != "void" || f.Declarator.Pointer > 0 || !library.SoundsLikeWriting(syntax.DeclaredName(f.Declarator).Name) {
		return false
	}
	for i, prm := range f.Declarator.Params.List {
		if prm.Type == nil {
			return false
		}
		sh := k.p.Types.Of(k.m, prm.Type, prm.Declarator)
		if leads := sh.Kind != ctype.Scalar && !sh.ReadOnly() && !prm.Type.Const; leads != (i == 0) {
			return false
		}
	}
	return !effects.SaidToRead(k.p, k.m, f, 0)
}

// saysReads reports one.
func saysReads(k *checking, u *project.Unit, at ast.Span, name, what string, where string) {
	out := project.FindingAt(u.Source, at, finding.Readers, fmt.Sprintf("the setting reads says that %s only reads %s, but it writes there (%s)", name, what, where),
		fmt.Sprintf("take it out of the setting, or put %q behind the entry that matches it", "!"+name))
	k.Findings = append(k.Findings, out)
}
