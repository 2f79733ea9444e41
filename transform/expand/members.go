package expand

// What a locked class gains besides its methods: public attributes become
// properties that lock, and a mutex gets its field.

import (
	"fmt"
	"strconv"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// members edits the class's attributes. A C attribute keeps its name beside
// the property of the same name: typed accesses go on reaching the field, as
// with the property that Cython itself makes of a public attribute.
func (a *Module) members(c *project.Class) {
	info := a.p.Locks.OfMembers(c)
	if info == nil || c.Extern {
		return
	}
	if info.Kind == decorator.Mutex && info.Owner == c && info.Guard == "" {
		a.mutexField(c)
	}
	if c.Def == nil {
		return
	}
	if c.Flags["dataclass"] {
		// Its fields have to stay attributes. Cython 3.3 puts a critical section
		// round them and round the methods that it generates.
		if l := a.p.Locks.Declared(c); info.Kind != decorator.CriticalSection && l != nil {
			a.Plan.Report(l.Unit, l.Decorator.Range(), finding.Public,
				fmt.Sprintf("%s is a dataclass: its fields are attributes that Python code reaches without the %s", c.Name, info.Kind),
				"use lock=\"critical_section\" and Cython 3.3, which locks them itself, or write the class without dataclass")
		}
		return
	}
	var lines []appended
	done := map[ast.Span]bool{}
	s := a.style(c.Unit)
	unit := syntax.IndentUnit(c.Unit.File)
	for _, f := range c.Fields {
		if f.Vis != ast.Public && f.Vis != ast.Readonly {
			continue
		}
		if c.Unit.File.Pure && f.Unit.InPxd() {
			a.Plan.Report(f.Unit, f.Decl.Range(), finding.Public,
				fmt.Sprintf("Cython does not let a .py define a property beside the attribute %q of its .pxd", f.Name),
				"declare the field privately under another name, and write a property "+f.Name+" in the .py")
			continue
		}
		if at, used := a.Module.UsedBefore(f.Name, c.Def.Pos); used {
			a.Plan.Report(f.Unit, f.Decl.Range(), finding.Public,
				fmt.Sprintf("the attribute %q cannot become a property: %q is also a name of the module, used above the class, and Cython confuses the two", f.Name, f.Name),
				"declare the field privately under another name, and write a property "+f.Name+" (the module's name is used in line "+strconv.Itoa(at)+")")
			continue
		}
		if f.Conditional {
			a.Plan.Report(f.Unit, f.Decl.Range(), finding.Public,
				fmt.Sprintf("the attribute %q exists only under a condition, and its property would not", f.Name),
				"make the field private and write the property inside the condition, under another name")
			continue
		}
		if !done[f.VisSpan] {
			done[f.VisSpan] = true
			a.private(f)
		}
		blame := c.Def.Keyword
		if f.Unit == c.Unit {
			blame = f.Decl.Range().Pos
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
func (a *Module) private(f *project.Field) {
	e := a.editor(f.Unit)
	if f.VisText != "" {
		e.Replace(f.VisSpan, f.VisText)
		return
	}
	s := f.VisSpan
	src := f.Unit.Src
	for int(s.End) < len(src) && (src[s.End] == ' ' || src[s.End] == '\t') {
		s.End++
	}
	if int(s.End) < len(src) && src[s.End] == ':' { // "cdef public:"
		for s.Pos > 0 && src[s.Pos-1] == ' ' {
			s.Pos--
		}
	}
	e.Replace(s, "")
}

// property returns the lines of a locked property, without the class's indentation.
func (a *Module) property(c *project.Class, info *decorator.Info, f *project.Field, s style, unit string) []string {
	var out []string
	accessor := func(decorator, params string, md effects.Mode, body string) {
		h := plan.Hold{Mode: md, Path: []string{"self"}, Typed: true, Never: true, Class: c}
		a.p.ThroughGuard(a.Module, c.Unit, &h)
		s := a.styleAt(c.Unit, f.Decl.Range().Pos, c.Name+"."+f.Name)
		x := expand(&plan.Plan{Kind: info.Kind, Nonblocking: info.Nonblocking, Holds: []plan.Hold{h}}, s)
		n := a.need(c.Unit, c.Def.Pos)
		n.rwlock = n.rwlock || x.rwlock
		n.check = n.check || a.opts.Check
		n.cython = n.cython || x.cython
		out = append(out, "", decorator)
		if x.decorator != "" {
			out = append(out, x.decorator)
		}
		out = append(out, "def "+f.Name+"("+params+"):")
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
	accessor("@property", "self", effects.Read, "return "+checks{a}.itself(c, info, f, s, effects.Read)+"."+f.Name)
	if f.Vis == ast.Public {
		self := checks{a}.itself(c, info, f, s, effects.Write)
		accessor("@"+f.Name+".setter", "self, value", effects.Write, self+"."+f.Name+" = value")
		if a.isObject(f) {
			accessor("@"+f.Name+".deleter", "self", effects.Write, self+"."+f.Name+" = None")
		}
	}
	return out
}

// isObject reports whether a field holds a Python object, which "del" resets to None.
func (a *Module) isObject(f *project.Field) bool {
	var path []string
	switch {
	case f.Ctype != nil:
		d := f.Declarator
		if d.Pointer > 0 || len(d.Arrays) > 0 || f.Ctype.Memoryview || f.Ctype.Tuple != nil {
			return false
		}
		path = syntax.Names(f.Ctype.Path)
		if len(path) == 0 {
			if f.Ctype.Name == "" {
				return true
			}
			path = []string{f.Ctype.Name}
		}
	case f.Annotation != nil:
		path = syntax.Dotted(f.Annotation)
	case f.Declarator != nil:
		return f.Declarator.Pointer == 0
	}
	if len(path) == 0 {
		return false
	}
	return library.ObjectTypes()[path[len(path)-1]] || f.Mod.Lookup(path) != nil
}

// append adds lines at the end of a class's body.
func (a *Module) append(c *project.Class, list []appended, unit string) {
	e := a.editor(c.Unit)
	file := c.Unit.File
	body := c.Def.Body
	in := syntax.IndentOf(file, c.Def.Keyword) + unit
	end := syntax.After(file, body.Stmts[len(body.Stmts)-1].Range().End)
	if body.Inline {
		e.Replace(ast.Span{Pos: body.Colon + 1, End: body.Stmts[0].Range().Pos}, "\n"+in)
	} else {
		in = syntax.IndentOf(file, body.Stmts[0].Range().Pos)
		end = commentsEnd(file, end, in) // what closes the last member stands behind its comments
	}
	for _, p := range list {
		out := indented(p.lines, in, unit)
		for i := range out {
			if strings.TrimSpace(out[i]) == "" {
				out[i] = ""
			}
		}
		e.Tail(end, out, p.blame, -1)
	}
}

// mutexField declares the lock in the class, where its other fields are.
func (a *Module) mutexField(c *project.Class) {
	u, def := c.Where()
	if u == nil || def == nil {
		return
	}
	e := a.editor(u)
	s := a.style(u)
	a.need(u, def.Pos).cython = true
	line := "cdef " + s.cython + ".pymutex " + mutexField
	if u.File.Pure {
		line = mutexField + ": " + s.cython + ".pymutex"
	}
	body := def.Body
	first := body.Stmts[0]
	if body.Inline {
		in := syntax.IndentOf(u.File, def.Keyword) + syntax.IndentUnit(u.File)
		e.Replace(ast.Span{Pos: body.Colon + 1, End: first.Range().Pos}, "\n"+in+line+"\n"+in)
		return
	}
	at := syntax.LineStart(u.File, first.Range().Pos)
	if syntax.Docstring(body.Stmts) != nil {
		at = syntax.After(u.File, first.Range().End)
	}
	e.Head(at, []string{syntax.IndentOf(u.File, first.Range().Pos) + line}, def.Keyword)
}
