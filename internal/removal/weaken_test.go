package removal

// What can be weakened in a file, and what comes of it.

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser"
	"pyxlock/parser/ast"
)

// Kind is a way to weaken a lock.
type Kind string

// The ways, in the order of the table.
const (
	ReadForWrite Kind = "write lock made a read lock"
	PathLeftOut  Kind = "object left out of a decorator"
	NoDecorator  Kind = "decorator left out"
	BlockLeftOut Kind = "block left out"
	InferredRead Kind = "inferred lock made a read lock"
	NoGuard      Kind = "guard of a class left out"
	NoClassLock  Kind = "lock of a class left out"
)

// Kinds has them all.
var Kinds = []Kind{ReadForWrite, PathLeftOut, NoDecorator, BlockLeftOut, InferredRead, NoGuard, NoClassLock}

// Weakening is one lock less, or a weaker one.
type Weakening struct {
	Kind  Kind
	Path  string
	Line  int    // 1-based
	Scope string // "Class.method", as findings have it
	What  string // the text that is changed
	// Objects are those whose lock it is, as they are written.
	Objects []string
	edits   []cut
}

// String names the place and what is done there.
func (w *Weakening) String() string {
	return fmt.Sprintf("%s:%d: %s: %s: %s", w.Path, w.Line, w.Scope, w.Kind, w.What)
}

// cut is a stretch of the source and what replaces it. Lines stay where they are.
type cut struct {
	ast.Span
	text string
}

// Apply returns the source with the lock weakened. No line moves, so findings of both can be compared.
func (w *Weakening) Apply(src []byte) []byte {
	var out []byte
	at := int32(0)
	for _, c := range w.edits {
		out = append(out, src[at:c.Pos]...)
		out = append(out, c.text...)
		out = append(out, bytes.Repeat([]byte("\n"), bytes.Count(src[c.Pos:c.End], []byte("\n"))-strings.Count(c.text, "\n"))...)
		at = c.End
	}
	return append(out, src[at:]...)
}

// Find lists what can be weakened in a file, in the order of the source. It lists nothing of a file that does not parse.
func Find(path string, src []byte) []Weakening {
	file, errs := parser.Parse(src, parser.Options{Name: path, Pure: strings.HasSuffix(path, ".py")})
	if len(errs) > 0 {
		return nil
	}
	f := &finder{file: file, path: path}
	for _, s := range file.Body {
		f.visit(s, "", false)
	}
	slices.SortStableFunc(f.out, func(a, b Weakening) int { return a.Line - b.Line })
	return f.out
}

// finder looks through a file.
type finder struct {
	file *ast.File
	path string
	out  []Weakening
}

func (f *finder) add(k Kind, at ast.Span, scope string, objects []string, edits ...cut) {
	line, _ := parser.Position(f.file, at.Pos)
	what := strings.Join(strings.Fields(string(f.file.Src[at.Pos:at.End])), " ")
	f.out = append(f.out, Weakening{Kind: k, Path: f.path, Line: line, Scope: scope, What: what, Objects: objects, edits: edits})
}

// visit looks for locks in a node that stands in a scope; locked is true directly in a class that is locked.
func (f *finder) visit(n ast.Node, scope string, locked bool) {
	ast.Walk(n, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.ClassDef:
			if x.Body != nil {
				in := f.class(x, joined(scope, x.Name.Name))
				for _, s := range x.Body.Stmts {
					f.visit(s, joined(scope, x.Name.Name), in)
				}
			}
			return false
		case *ast.FuncDef:
			in := joined(scope, x.Name.Name)
			f.function(x, in, locked)
			if x.Body != nil {
				for _, s := range x.Body.Stmts {
					f.visit(s, in, false)
				}
			}
			return false
		case *ast.With:
			f.with(x, scope)
		}
		return true
	})
}

func joined(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "." + name
}

// class lists what can be weakened in the decorator of a class, and reports whether it is locked.
func (f *finder) class(c *ast.ClassDef, scope string) bool {
	for _, d := range c.Decorators {
		name, call := named(d.Expr)
		if name.Name != "locked_class" {
			continue
		}
		f.add(NoClassLock, d.Span, scope, nil, cut{d.Span, ""})
		if call == nil {
			return true
		}
		for i, a := range call.Args {
			if a.Name.Name == "guard" {
				f.add(NoGuard, d.Span, scope, nil, cut{without(call, i), ""})
			}
		}
		return true
	}
	return false
}

// unlocked are the members that take no lock.
var unlocked = []string{"__cinit__", "__dealloc__", "__del__"}

// function lists what can be weakened in a function's decorators.
func (f *finder) function(fn *ast.FuncDef, scope string, locked bool) {
	decorated := fn.Kind == ast.Cdef || slices.Contains(unlocked, fn.Name.Name)
	for _, d := range fn.Decorators {
		name, call := named(d.Expr)
		switch name.Name {
		case "read_lock", "write_lock":
			paths := positional(call)
			objects := f.objects(call, paths)
			if len(paths) == 0 {
				objects = first(fn)
			}
			if name.Name == "write_lock" {
				f.add(ReadForWrite, d.Span, scope, objects, cut{name.Span, "read_lock"})
			}
			f.add(NoDecorator, d.Span, scope, objects, cut{d.Span, ""})
			if len(paths) > 1 {
				for n, i := range paths {
					f.add(PathLeftOut, call.Args[i].Span, scope, objects[n:n+1], cut{without(call, i), ""})
				}
			}
			decorated = true
		case "no_lock", "staticmethod", "classmethod":
			decorated = true
		}
	}
	if locked && !decorated {
		f.inferred(fn, scope)
	}
}

// inferred makes the lock of a member without a decorator a read lock, where an empty line before it has
// room for the decorator.
func (f *finder) inferred(fn *ast.FuncDef, scope string) {
	line, column := parser.Position(f.file, fn.Pos)
	if line < 2 {
		return
	}
	before := ast.Span{Pos: f.file.Lines[line-2], End: f.file.Lines[line-1]}
	if len(bytes.TrimSpace(f.file.Src[before.Pos:before.End])) > 0 || bytes.Contains(f.file.Src[before.Pos:before.End], []byte("\r")) {
		return
	}
	before.End--
	indent := f.file.Src[f.file.Lines[line-1]:][:column-1]
	f.add(InferredRead, ast.Span{Pos: fn.Keyword, End: fn.Name.End}, scope, first(fn), cut{before, string(indent) + "@cython.read_lock"})
}

// with lists what can be weakened in a block.
func (f *finder) with(w *ast.With, scope string) {
	for i, item := range w.Items {
		name, call := named(item.X)
		if call == nil || name.Name != "read_lock" && name.Name != "write_lock" {
			continue
		}
		numbers := positional(call)
		objects := f.objects(call, numbers)
		if name.Name == "write_lock" {
			f.add(ReadForWrite, item.Span, scope, objects, cut{name.Span, "read_lock"})
		}
		switch {
		case len(numbers) > 1:
			for n, j := range numbers {
				f.add(BlockLeftOut, call.Args[j].Span, scope, objects[n:n+1], cut{without(call, j), ""})
			}
		case len(w.Items) > 1:
			gone := item.Span
			if i > 0 {
				gone.Pos = w.Items[i-1].End
			} else {
				gone.End = w.Items[1].Pos
			}
			f.add(BlockLeftOut, item.Span, scope, objects, cut{gone, ""})
		default:
			f.add(BlockLeftOut, item.Span, scope, objects, cut{ast.Span{Pos: w.Pos, End: w.Body.Colon}, "if True"})
		}
	}
}

// objects returns the texts of some arguments, and the paths that strings are.
func (f *finder) objects(call *ast.Call, numbers []int) (out []string) {
	for _, i := range numbers {
		a := call.Args[i]
		out = append(out, strings.Trim(string(f.file.Src[a.Pos:a.End]), `"'`))
	}
	return out
}

// first returns the name of the first parameter.
func first(fn *ast.FuncDef) []string {
	if fn.Params == nil || len(fn.Params.List) == 0 {
		return nil
	}
	return []string{fn.Params.List[0].Name.Name}
}

// named returns the last name of a decorator or a manager, and the call where it is one.
func named(x ast.Expr) (ast.Ident, *ast.Call) {
	call, _ := x.(*ast.Call)
	if call != nil {
		x = call.Fun
	}
	switch x := x.(type) {
	case *ast.Attribute:
		return x.Attr, call
	case *ast.Name:
		return ast.Ident{Span: x.Span, Name: x.Name}, call
	}
	return ast.Ident{}, call
}

// positional returns the numbers of the arguments that name objects.
func positional(call *ast.Call) (out []int) {
	if call == nil {
		return nil
	}
	for i, a := range call.Args {
		if a.Name.Name == "" {
			out = append(out, i)
		}
	}
	return out
}

// without returns what goes with an argument: the comma as well.
func without(call *ast.Call, i int) ast.Span {
	switch {
	case i > 0:
		return ast.Span{Pos: call.Args[i-1].End, End: call.Args[i].End}
	case len(call.Args) > 1:
		return ast.Span{Pos: call.Args[0].Pos, End: call.Args[1].Pos}
	}
	return call.Args[0].Span
}
