package annotate

import (
	"cmp"
	"pyxlock/transform/edit"
	"pyxlock/transform/expand"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
	"slices"
)

// The decorators as edits of the sources, with the import that they need.

// insertion is a decorator to be put above a definition.
type insertion struct {
	pos, keyword int32
	dec          string
}

// insert puts a decorator on a line of its own above a definition, below the
// decorators that it has.
func (a *annotator) insert(u *project.Unit, pos, keyword int32, dec string) {
	a.pending[u] = append(a.pending[u], insertion{pos, keyword, dec})
}

// write makes edits of the insertions, the import that they need first: both
// may come to stand at the top of the file.
func (a *annotator) write() {
	units := map[*project.Unit]int32{} // with the first place that names cython
	for u, list := range a.pending {
		for _, in := range list {
			if first, ok := units[u]; !ok || in.pos < first {
				units[u] = in.pos
			}
		}
	}
	for u, list := range a.proposed {
		for _, b := range list {
			if first, ok := units[u]; !ok || b.Pos() < first {
				units[u] = b.Pos()
			}
		}
	}
	for u, first := range units {
		list := a.pending[u]
		e := edit.NewEditor(u.File)
		a.editors[u.Path] = e
		a.cimport(u, first)
		a.shim(u)
		for _, in := range list {
			name := cmp.Or(a.cythonName(u, in.pos), "cython")
			line := syntax.IndentOf(u.File, in.keyword) + "@" + name + "." + in.dec
			e.Head(syntax.LineStart(u.File, in.keyword), syntax.Wrap(line, syntax.IndentUnit(u.File)), in.pos)
		}
		plan.Write(e, a.proposed[u], cmp.Or(a.cythonName(u, first), "cython"))
	}
}

// cythonName is the name by which a file knows the cython module at an offset, "" where it
// does not.
func (a *annotator) cythonName(u *project.Unit, pos int32) string {
	return plan.CythonName(a.mods, u, pos)
}

// cimport makes the cython module known to a file that uses it first at an offset.
func (a *annotator) cimport(u *project.Unit, first int32) {
	if a.cythonName(u, first) != "" {
		return
	}
	for _, m := range a.mods {
		if slices.Contains(m.Units, u) {
			expand.ImportCython(m, u, a.editors[u.Path], first)
			return
		}
	}
}

// shim has a pure-mode file import pyxlock after cython, so that it runs uncompiled
// with its new decorators. An import "as" the same name is one that linters do not take for
// unused: of "import pyxlock" alone, ruff check --fix would leave nothing.
func (a *annotator) shim(u *project.Unit) {
	i := slices.IndexFunc(a.mods, func(m *project.Module) bool { return slices.Contains(m.Units, u) })
	scope := a.mods[i].Scope
	if _, bound := scope.Names[expand.ShimPackage]; bound || !u.File.Pure {
		return
	}
	_, at := scope.CythonIn(u.Source)
	for _, st := range u.File.Body {
		if span := st.Range(); span.Pos <= at && at < span.End {
			e := a.editors[u.Path]
			e.Tail(syntax.After(u.File, span.End), []string{"import " + expand.ShimPackage + " as " + expand.ShimPackage}, span.Pos, 0)
		}
	}
}
