package decorator

// Markers: what an expanded file still says of its locks. The decorators are gone from it,
// so that Cython can read it, and packages that cimport a .pxd once it is installed have to
// know that its classes are locked: their subclasses share that lock, and functions that
// use such objects take it. A comment on the line of the class says so. Of the class itself,
// whose members have been expanded, it asks nothing.

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// markerWords begin a marker.
const markerWords = "# pyxlock: locked_class("

// markerForm is a marker, and markerArgument one of its arguments.
var (
	markerForm     = regexp.MustCompile(`# pyxlock: locked_class\(([^()\n]*)\)`)
	markerArgument = regexp.MustCompile(`^(\w+)="?(\w+)"?$`)
)

// Marker returns the comment that says of a class how it is locked.
func (in *Info) Marker() string {
	b := markerWords + fmt.Sprintf("lock=%q", in.Kind)
	if in.Nonblocking {
		b += ", blocking=False"
	}
	if in.Guard != "" {
		b += fmt.Sprintf(", guard=%q", in.Guard)
	}
	if in.MustDecorate {
		b += `, undecorated="error"`
	}
	return b + ")"
}

// MarkerOf returns where the marker of a definition of a class is, or where it would be
// inserted: at the end of the line on which its body begins. ok is false for a declaration
// without a body, which cannot have one.
func MarkerOf(f *ast.File, def *ast.ClassDef) (at ast.Span, ok bool) {
	if def.Body == nil {
		return at, false
	}
	code := def.Body.Colon + 1
	next := syntax.NextLine(f, def.Body.Colon)
	for _, st := range def.Body.Stmts { // cdef class A: pass
		if s := st.Range(); s.Pos < next {
			code = s.End
			next = syntax.NextLine(f, s.End-1)
		}
	}
	rest := syntax.Text(f, ast.Span{Pos: code, End: next})
	if in := markerForm.FindStringIndex(rest); in != nil {
		return ast.Span{Pos: code + int32(in[0]), End: code + int32(in[1])}, true
	}
	end := code + int32(len(strings.TrimRight(rest, " \t\r\n")))
	return ast.Span{Pos: end, End: end}, true
}

// marker returns the lock that the marker on a class tells of, or nil.
func marker(c *project.Class) *ClassLock {
	u, def := c.Where()
	if def == nil {
		return nil
	}
	at, ok := MarkerOf(u.File, def)
	if !ok || at.Pos == at.End {
		return nil
	}
	l := &ClassLock{Class: c, Unit: u, Def: def, KindSet: true}
	arguments := markerForm.FindStringSubmatch(syntax.Text(u.File, at))[1]
	for text := range strings.SplitSeq(arguments, ",") {
		a := markerArgument.FindStringSubmatch(strings.TrimSpace(text))
		if a == nil {
			continue
		}
		switch a[1] {
		case "lock":
			l.Kind, _ = ParseKind(a[2])
		case "blocking":
			l.Nonblocking = a[2] == "False"
		case "guard":
			l.Guard = a[2]
		case "undecorated":
			l.mustDecorate = a[2] == "error"
		}
	}
	return l
}

// Marks reports whether a .pxd marks any class as locked, without parsing it.
func Marks(pxd []byte) bool { return bytes.Contains(pxd, []byte(markerWords)) }
