package transform

// What a locked class gains besides its methods: public attributes become
// properties that lock, and a mutex gets its field.

import (
	"fmt"
	"strconv"
	"strings"

	"pyxlock/parser/ast"
)

// members edits the class's attributes. A C attribute keeps its name beside
// the property of the same name: typed accesses go on reaching the field, as
// with the property that Cython itself makes of a public attribute.
func (a *analysis) members(c *class) {
	info := a.p.locks.locksMembers(c)
	if info == nil || c.extern {
		return
	}
	if info.kind == Mutex && info.owner == c && info.guard == "" {
		a.mutexField(c)
	}
	if c.def == nil {
		return
	}
	if c.flags["dataclass"] {
		// Its fields have to stay attributes. Cython 3.3 puts a critical section
		// round them and round the methods that it generates.
		if l := a.p.locks.decl(c); info.kind != CriticalSection && l != nil {
			a.out.report(l.unit, l.dec.Range(), codePublic,
				fmt.Sprintf("%s is a dataclass: its fields are attributes that Python code reaches without the %s", c.name, info.kind),
				"use lock=\"critical_section\" and Cython 3.3, which locks them itself, or write the class without dataclass")
		}
		return
	}
	var lines []appended
	done := map[ast.Span]bool{}
	s := a.style(c.unit)
	unit := indentUnit(c.unit.file)
	for _, f := range c.order {
		if f.vis != ast.Public && f.vis != ast.Readonly {
			continue
		}
		if c.unit.file.Pure && f.unit.inPxd() {
			a.out.report(f.unit, f.decl.Range(), codePublic,
				fmt.Sprintf("Cython lets no .py define a property beside the attribute %q of its .pxd", f.name),
				"declare the field privately under another name, and write a property "+f.name+" in the .py")
			continue
		}
		if at, used := a.m.usedBefore(f.name, c.def.Pos); used {
			a.out.report(f.unit, f.decl.Range(), codePublic,
				fmt.Sprintf("the attribute %q cannot become a property: %q is also a name of the module, used above the class, and Cython confuses the two", f.name, f.name),
				"declare the field privately under another name, and write a property "+f.name+" (the module's name is used in line "+strconv.Itoa(at)+")")
			continue
		}
		if f.conditional {
			a.out.report(f.unit, f.decl.Range(), codePublic,
				fmt.Sprintf("the attribute %q exists only under a condition, and its property would not", f.name),
				"make the field private and write the property inside the condition, under another name")
			continue
		}
		if !done[f.visSpan] {
			done[f.visSpan] = true
			a.private(f)
		}
		blame := c.def.Keyword
		if f.unit == c.unit {
			blame = f.decl.Range().Pos
		}
		lines = append(lines, appended{a.property(c, info, f, s, unit), blame})
	}
	if len(lines) > 0 {
		a.append(c, lines, unit)
	}
}

// appended are lines at the end of a class. A traceback through them cites the
// line of blame: that of the attribute, as Cython does for its own properties,
// and none that another function has, since Cython remembers frames by line.
type appended struct {
	lines []string
	blame int32
}

// private takes the word public or readonly off a declaration.
func (a *analysis) private(f *field) {
	e := a.editor(f.unit)
	if f.visText != "" {
		e.replace(f.visSpan, f.visText)
		return
	}
	s := f.visSpan
	src := f.unit.src
	for int(s.End) < len(src) && (src[s.End] == ' ' || src[s.End] == '\t') {
		s.End++
	}
	if int(s.End) < len(src) && src[s.End] == ':' { // "cdef public:"
		for s.Pos > 0 && src[s.Pos-1] == ' ' {
			s.Pos--
		}
	}
	e.replace(s, "")
}

// property returns the lines of a locked property, without the class's indentation.
func (a *analysis) property(c *class, info *lockInfo, f *field, s style, unit string) []string {
	var out []string
	accessor := func(decorator, params string, md mode, body string) {
		h := hold{mode: md, path: []string{"self"}, typed: true, never: true, class: c}
		a.p.throughGuard(a.m, c.unit, &h)
		x := expand(&plan{kind: info.kind, nonblocking: info.nonblocking, holds: []hold{h}}, s)
		n := a.need(c.unit, c.def.Pos)
		n.rwlock = n.rwlock || x.rwlock
		n.cython = n.cython || x.cython
		out = append(out, "", decorator)
		if x.decorator != "" {
			out = append(out, x.decorator)
		}
		out = append(out, "def "+f.name+"("+params+"):")
		if x.decorator != "" {
			out = append(out, "\t"+body)
			return
		}
		for _, l := range append(append(append([]string{}, x.declare...), x.acquire...), x.open) {
			out = append(out, "\t"+l)
		}
		out = append(out, "\t\t"+body)
		if len(x.closing) > 0 {
			out = append(out, "\tfinally:")
			for _, l := range x.closing {
				out = append(out, "\t\t"+l)
			}
		}
	}
	accessor("@property", "self", read, "return self."+f.name)
	if f.vis == ast.Public {
		accessor("@"+f.name+".setter", "self, value", write, "self."+f.name+" = value")
		if a.isObject(f) {
			accessor("@"+f.name+".deleter", "self", write, "self."+f.name+" = None")
		}
	}
	return out
}

// isObject reports whether a field holds a Python object, which "del" resets to None.
func (a *analysis) isObject(f *field) bool {
	var path []string
	switch {
	case f.ctype != nil:
		d := f.declarator
		if d.Pointer > 0 || len(d.Arrays) > 0 || f.ctype.Memoryview || f.ctype.Tuple != nil {
			return false
		}
		path = names(f.ctype.Path)
		if len(path) == 0 {
			if f.ctype.Name == "" {
				return true
			}
			path = []string{f.ctype.Name}
		}
	case f.annotation != nil:
		path = dotted(f.annotation)
	case f.declarator != nil:
		return f.declarator.Pointer == 0
	}
	if len(path) == 0 {
		return false
	}
	return objectTypes[path[len(path)-1]] || f.mod.lookup(path) != nil
}

// append adds lines at the end of a class's body.
func (a *analysis) append(c *class, list []appended, unit string) {
	e := a.editor(c.unit)
	file := c.unit.file
	body := c.def.Body
	in := indentOf(file, c.def.Keyword) + unit
	last := body.Stmts[len(body.Stmts)-1]
	if body.Inline {
		e.replace(ast.Span{Pos: body.Colon + 1, End: body.Stmts[0].Range().Pos}, "\n"+in)
	} else {
		in = indentOf(file, body.Stmts[0].Range().Pos)
	}
	for _, p := range list {
		out := indented(p.lines, in, unit)
		for i := range out {
			if strings.TrimSpace(out[i]) == "" {
				out[i] = ""
			}
		}
		e.tail(nextLine(file, last.Range().End-1), out, p.blame, -1)
	}
}

// mutexField declares the lock in the class, where its other fields are.
func (a *analysis) mutexField(c *class) {
	u, def := c.where()
	if u == nil || def == nil {
		return
	}
	e := a.editor(u)
	s := a.style(u)
	a.need(u, def.Pos).cython = true
	line := "cdef " + s.cython + ".pymutex " + mutexField
	if u.file.Pure {
		line = mutexField + ": " + s.cython + ".pymutex"
	}
	body := def.Body
	first := body.Stmts[0]
	if body.Inline {
		in := indentOf(u.file, def.Keyword) + indentUnit(u.file)
		e.replace(ast.Span{Pos: body.Colon + 1, End: first.Range().Pos}, "\n"+in+line+"\n"+in)
		return
	}
	at := lineStart(u.file, first.Range().Pos)
	if docstring(body.Stmts) != nil {
		at = nextLine(u.file, first.Range().End-1)
	}
	e.head(at, []string{indentOf(u.file, first.Range().Pos) + line}, def.Keyword)
}
