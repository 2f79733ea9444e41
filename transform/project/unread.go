package project

// Modules of which something is not read: files that do not parse or cannot be read,
// and includes that are not there or are none of the project's. What these may define
// counts as unknown.

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/syntax"
)

// blind leaves nothing to see in the files of a module that does not parse, and in
// those that rely on what these declare. Half of a function looks as if it did half
// of what it does.
func (m building) blind() {
	m.asParsed = &Module{Key: moduleKey(m.proj), proj: m.proj, Stem: m.Stem, Root: m.Root, Units: slices.Clone(m.Units), Scope: m.Scope,
		ClassByName: m.ClassByName, Classes: m.Classes, Declared: m.Declared, cimported: m.cimported}
	m.Scope, m.ClassByName, m.Classes = Scope{Names: map[string]Binding{}}, map[string]*Class{}, nil
	declares := slices.ContainsFunc(m.Units, func(u *Unit) bool { return u.InPxd() && len(u.Errs) > 0 })
	for i, u := range m.Units {
		if u.InPxd() && !declares {
			continue
		}
		file := *u.File
		file.Body = nil
		s := &Source{Path: u.Path, Src: u.Src, File: &file, Errs: u.Errs}
		s.parseOnce.Do(func() {}) // it has been
		m.Units[i] = &Unit{s, u.Role}
	}
	if declares {
		m.Declared = map[string]Declaration{}
		return
	}
	for _, u := range m.Units {
		m.Scope.collect(u.File.Body, u.Source)
	}
	for _, u := range m.Units {
		m.collectClasses(u, u.File.Body)
	}
}

// AsParsed returns the module with what could be read of files that do not parse.
func (m *Module) AsParsed() *Module {
	if m.asParsed != nil {
		return m.asParsed
	}
	return m
}

// partly reports whether something of a module is not read.
func (m *Module) partly() bool { return m.Broken() || m.unreadable || len(m.Unread.Findings) > 0 }

// PartlyRead reports whether the body of c may have members that are not known since
// a file of its module is not read.
func (c *Class) PartlyRead() bool {
	if c.Extern { // the body is C, or in the module that the declaration names
		return slices.ContainsFunc(c.Defs, func(d Definition) bool {
			if len(d.Module) == 0 {
				return false
			}
			in := c.Mod.at(0, syntax.Names(d.Module))
			return in != nil && in.partly()
		})
	}
	return c.Mod.Broken() || c.Mod.unreadable || c.Def == nil && c.Mod.partly() || c.PxdDef == nil && c.Mod.declaresMore
}

// BaseUnread reports whether c names a base that is not found, and that may be in a
// file that is not read.
func (c *Class) BaseUnread() bool {
	return c.baseUnread.Get(func() bool {
		return c.Base() == nil && slices.ContainsFunc(c.Defs, func(d Definition) bool {
			return d.Bases != nil && len(d.Bases.Args) > 0 && c.Mod.leadsToUnread(syntax.Dotted(d.Bases.Args[0].X), trail{})
		})
	})
}

// leadsToUnread reports whether a dotted name that is not found may be one of a
// module of which something is not read. It goes where lookup goes.
func (m *Module) leadsToUnread(path []string, seen trail) bool {
	if len(path) == 0 || seen.again(m, path) {
		return false
	}
	in := func(level int, module, rest []string) bool {
		o := m.at(level, module)
		return o != nil && o.leadsToUnread(rest, seen)
	}
	b, ok := m.Scope.Names[path[0]]
	if !ok {
		return m.partly() || slices.ContainsFunc(m.Scope.Stars, func(s Binding) bool { return in(s.Level, s.Path, path) })
	}
	last := len(path) - 1
	switch b.Kind {
	case BindImported:
		return in(b.Level, b.Path, append([]string{b.Attr}, path[1:]...)) ||
			last > 0 && in(b.Level, slices.Concat(b.Path, []string{b.Attr}, path[1:last]), path[last:])
	case BindModule:
		return last > 0 && in(0, slices.Concat(b.Path, path[1:last]), path[last:])
	case BindAlias:
		return last == 0 && m.leadsToUnread(b.Path, seen)
	}
	return false
}

// Unsure reports whether a name of m that leads nowhere may be one of a module of
// which something is not read: then it may be a C function, which needs no method to
// come to an object's state.
func (m *Module) Unsure() bool {
	return m.unsure.Get(func() bool {
		seen := map[*Module]bool{}
		var visit func(m *Module) bool
		visit = func(from *Module) bool {
			if seen[from] {
				return false
			}
			seen[from] = true
			cimports := func(b Binding, names ...string) bool {
				o := from.at(b.Level, append(slices.Clone(b.Path), names...))
				return o != nil && (m.proj.IsFile(o.Stem+".pxd") || m.proj.IsFile(o.Stem+".pyx")) && visit(o)
			}
			if from.partly() || slices.ContainsFunc(from.Scope.Stars, func(b Binding) bool { return cimports(b) }) {
				return true
			}
			for _, b := range from.Scope.Names {
				switch b.Kind {
				case BindModule:
					if cimports(b) {
						return true
					}
				case BindImported:
					if cimports(b) || cimports(b, b.Attr) {
						return true
					}
				}
			}
			return false
		}
		return visit(m)
	})
}

// included returns what an include pastes, or nil, and says why.
func (m building) included(u *Unit, name *ast.Str) *Source {
	path := m.proj.placeOfInclude(m.Root, u.Path, name.Value)
	switch {
	case path == "":
		f := m.warn(u, name.Span, finding.Unread, fmt.Sprintf("%q does not exist: what it defines is unknown, and is not checked", name.Value),
			"render it first if it has a template, or say where it is with -I")
		f.Cause = missingFile(name.Value)
		return nil
	case !m.proj.mayInclude(path):
		m.warn(u, name.Span, finding.Unread, fmt.Sprintf("%q is outside the paths that pyxlock was given, and is not read", name.Value),
			"give pyxlock a directory that has both files, or the directory of the included one with -I")
		return nil
	}
	t := m.proj.Source(path)
	if t.Err == nil {
		return t
	}
	why := t.Err
	if cause := errors.Unwrap(why); cause != nil { // without the path
		why = cause
	}
	m.warn(u, name.Span, finding.Unread, fmt.Sprintf("%q cannot be read (%v): what it defines is unknown, and is not checked", name.Value, why),
		"make it readable")
	return nil
}

// warn reports what does not stop a rewrite.
func (m building) warn(u *Unit, span ast.Span, code, msg, help string) *finding.Finding {
	f := m.Unread.Report(u, span, code, msg, help)
	f.Warning = true
	return f
}

// missingFile is what includes of one file that does not exist have in common, from whatever directory
// they name it.
func missingFile(name string) string {
	parts := strings.Split(path.Clean(filepath.ToSlash(name)), "/")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == ".." }), "/")
}
