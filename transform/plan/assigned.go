package plan

// PXL017: a path that the function assigns before it uses what is there.

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
)

// assignedFirst refuses locks on paths that lead elsewhere by the time that the body
// uses them: the lock is taken at entry, on what is there then.
func (r *resolver) assignedFirst(locks []Placed) {
	fun := r.p.Program.Funcs(r.m).ByDef[r.f.Def]
	if fun == nil {
		return
	}
	for _, d := range locks {
		for _, a := range d.Args() {
			s, ok := a.X.(*ast.Str)
			if !ok {
				continue
			}
			path := norm.NFKC.String(s.Value)
			if !strings.Contains(path, ".") || r.guards(path) {
				continue
			}
			r.p.Program.Solve([]*effects.Function{fun})
			first := fun.AssignedFirst(path)
			if first == "" {
				continue
			}
			uses := path
			if first == path {
				uses = "it"
			}
			r.fail(d.Unit, a.Span, finding.Assigned,
				fmt.Sprintf("%s assigns %s before it uses %s: at entry that is another object, or None", r.f.Def.Name.Name, first, uses),
				"lock the object that is assigned: name it if it is a parameter, or use it in a function that takes it as one")
			if at := fun.Assignment(first); at != (ast.Span{}) {
				pos := project.FindingAt(fun.Unit.Source, at, "", "", "")
				last := &r.out.Findings[len(r.out.Findings)-1]
				last.Related = append(last.Related, finding.Related{Path: pos.Path, Line: pos.Line, Column: pos.Column, Message: "assigned here"})
			}
		}
	}
}

// guards reports whether a path leads to the object whose lock guards the first
// parameter: who replaces that takes the old one's lock as well as the new one's.
func (r *resolver) guards(path string) bool {
	if r.f.Class == nil || len(r.f.Def.Params.List) == 0 {
		return false
	}
	in := r.p.Locks.Of(r.f.Class)
	return in != nil && in.Guard != "" && path == r.f.Def.Params.List[0].Name.Name+"."+in.Guard
}
