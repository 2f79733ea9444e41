package transform

// Files that do not parse. One with lock decorators stops a run: what they ask for
// cannot be written. One without may be a template, or dead, or for other eyes than
// Cython's; it stops nothing, and what it may hold counts as unknown.

import (
	"fmt"
	"slices"

	"pyxlock/parser/ast"
)

// blind leaves nothing to see in the files of a module that does not parse, and in
// those that rely on what these declare. Half of a function looks as if it did half
// of what it does. What was found on the way stays.
func (m *module) blind() {
	m.scope, m.classes, m.order = scope{names: map[string]binding{}}, map[string]*class{}, nil
	declares := slices.ContainsFunc(m.units, func(u *unit) bool { return u.inPxd() && len(u.errs) > 0 })
	for _, u := range m.units {
		if u.inPxd() && !declares {
			continue
		}
		s, errs := u.source, u.errs
		u.source = &source{path: s.path, src: s.src, words: s.words}
		u.parseOnce.Do(func() {
			file := *s.file
			file.Body = nil
			u.file, u.errs = &file, errs
		})
	}
	if declares {
		m.declared = map[string]declaration{}
		return
	}
	found := m.findings
	for _, u := range m.units {
		m.scope.collect(u.file.Body, u.source)
	}
	for _, u := range m.units {
		m.collectClasses(u, u.file.Body)
	}
	m.findings = found
}

// unsure reports whether a name of m that leads nowhere may be one of a module that
// does not parse: then it may be a C function, which needs no method to come to an
// object's state.
func (p *Project) unsure(m *module) bool {
	m.unsureOnce.Do(func() {
		seen := map[*module]bool{}
		var visit func(m *module) bool
		visit = func(from *module) bool {
			if seen[from] {
				return false
			}
			seen[from] = true
			cimports := func(b binding, names ...string) bool {
				stem := p.find(from.stem, from.root, b.level, append(slices.Clone(b.path), names...))
				return stem != "" && (p.isFile(stem+".pxd") || p.isFile(stem+".pyx")) && visit(p.module(stem))
			}
			if from.broken() || slices.ContainsFunc(from.scope.stars, func(b binding) bool { return cimports(b) }) {
				return true
			}
			for _, b := range from.scope.names {
				switch b.kind {
				case bindModule:
					if cimports(b) {
						return true
					}
				case bindImported:
					if cimports(b) || cimports(b, b.attr) {
						return true
					}
				}
			}
			return false
		}
		m.unsureIs = visit(m)
	})
	return m.unsureIs
}

// unread returns what there is to say of a module that does not parse: each error,
// or a warning for each file where no lock decorator is in the module.
func (m *module) unread() []Finding {
	if slices.ContainsFunc(m.units, func(u *unit) bool { return decorates(u.src) }) {
		return m.syntaxErrors()
	}
	var out []Finding
	for _, u := range m.units {
		if len(u.errs) == 0 {
			continue
		}
		e := u.errs[0]
		msg := "not looked at, since it does not parse: " + e.Msg
		if n := len(u.errs) - 1; n > 0 {
			msg += fmt.Sprintf(" (and %s)", plural(n, "more error"))
		}
		out = append(out, Finding{
			Code: codeSyntax, Path: u.path, Span: ast.Span{Pos: e.Off, End: e.Off}, Line: e.Line, Column: e.Column,
			Message: msg, Help: "it has no lock decorators, and stays as it is", Warning: true,
		})
	}
	return out
}
