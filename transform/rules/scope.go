package rules

// The function or class that a finding stands in: what is known of a place when its
// line has moved.

import (
	"sort"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// scopeAt names the innermost definition round an offset, with those round it:
// "Class.method"; "" at the level of the module.
func scopeAt(f *ast.File, off int32) string {
	var names []string
	var walk func(stmts []ast.Stmt)
	walk = func(stmts []ast.Stmt) {
		i := sort.Search(len(stmts), func(i int) bool { return off < stmts[i].Range().End })
		if i == len(stmts) || off < start(stmts[i]) {
			return
		}
		switch st := stmts[i].(type) {
		case *ast.FuncDef:
			names = append(names, st.Name.Name)
		case *ast.ClassDef:
			names = append(names, st.Name.Name)
		case *ast.PropertyDef:
			names = append(names, st.Name.Name)
		}
		for b := range syntax.Suites(stmts[i]) {
			walk(b.Stmts)
		}
	}
	walk(f.Body)
	return strings.Join(names, ".")
}

// start is where a statement begins, with its decorators.
func start(st ast.Stmt) int32 {
	var decs []*ast.Decorator
	switch st := st.(type) {
	case *ast.FuncDef:
		decs = st.Decorators
	case *ast.ClassDef:
		decs = st.Decorators
	}
	if len(decs) > 0 {
		return min(decs[0].Pos, st.Range().Pos)
	}
	return st.Range().Pos
}

// placed says of findings in which definition they stand.
func placed(p *project.Project, fs []finding.Finding) {
	for i := range fs {
		if s := p.Source(fs[i].Path); s.Err == nil && fs[i].Line > 0 {
			fs[i].Scope = scopeAt(s.Parse(), fs[i].Span.Pos)
		}
	}
}
