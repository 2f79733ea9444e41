package handlock

// Classes of locks that are made of a lock and a count: what their methods do tells which of them take the object and
// which release it, whatever they are called. One that takes it waits until others have left, and says that it is in;
// another one takes that back. Who only counts himself in, where another waits until nobody is counted, reads.

import (
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// half is what a method does to the attributes of its object, or a context manager up to its yield or after that.
type half struct {
	def   *ast.FuncDef        // the method
	file  *ast.File           // the one that it stands in, where that matters
	held  map[string]int      // locks that it leaves taken, or releases
	some  map[string]bool     // of which it takes or releases that on some ways only
	up    map[string]bool     // counts that it raises
	down  map[string]bool     // counts that it lowers
	given map[string]bool     // attributes that it gives a value
	waits map[string]bool     // attributes that nobody may have set, or it waits
	other bool                // it waits for something else
	at    map[string]ast.Span // from where to where it gives an attribute a value or lowers it, or takes or releases a lock
	again map[string]string   // counts that it raises and goes no further, where an attribute says that the thread has it
}

func newHalf() *half {
	return &half{
		held:  map[string]int{},
		some:  map[string]bool{},
		up:    map[string]bool{},
		down:  map[string]bool{},
		given: map[string]bool{},
		waits: map[string]bool{},
		at:    map[string]ast.Span{},
		again: map[string]string{},
	}
}

// may reports whether a method may be one that takes its object.
func (t *half) may() bool {
	return len(t.waits) > 0 || len(t.up) > 0 || len(t.some) > 0 || slices.ContainsFunc(slices.Collect(maps.Values(t.held)), func(n int) bool { return n > 0 })
}

// touches are the attributes by which a method may take its object.
func (t *half) touches() map[string]bool {
	out := map[string]bool{}
	maps.Copy(out, t.waits)
	maps.Copy(out, t.up)
	maps.Copy(out, t.some)
	for l, n := range t.held {
		if n > 0 {
			out[l] = true
		}
	}
	return out
}

// undoes are the attributes by which a method may release its object.
func (t *half) undoes() map[string]bool {
	out := map[string]bool{}
	maps.Copy(out, t.given)
	maps.Copy(out, t.down)
	maps.Copy(out, t.some)
	for l, n := range t.held {
		if n < 0 {
			out[l] = true
		}
	}
	return out
}

// taking is how a method takes its object.
type taking struct {
	release string // the method that releases it, "" of a context manager
	shared  bool
	counts  bool // that is known by what it does
}

// counting finds the methods that take and release their object by what they do; none where no one of them
// does so alone.
func counting(methods map[string]*ast.FuncDef, in files) map[string]taking {
	type pair struct {
		name, release string
		take, let     *half
	}
	halves := map[string]*half{}
	var pairs []pair
	for name, f := range methods {
		if strings.HasPrefix(name, "__") || f.Params == nil || len(f.Params.List) == 0 {
			continue
		}
		first, second := halvesOf(f)
		first.file = in[f]
		if manages := slices.ContainsFunc(f.Decorators, func(d *ast.Decorator) bool { return syntax.LastName(d.Expr) == "contextmanager" }); second != nil && manages {
			pairs = append(pairs, pair{name, "", first, second})
		} else if second == nil && !manages {
			halves[name] = first
		}
	}
	// Only one that takes something back of an attribute of which the other one did something can release it.
	releases := map[string][]string{}
	for name, r := range halves {
		if r.other || len(r.waits) > 0 {
			continue
		}
		for a := range r.undoes() {
			releases[a] = append(releases[a], name)
		}
	}
	for name, t := range halves {
		if !t.may() {
			continue
		}
		with := map[string]bool{name: true}
		for a := range t.touches() {
			for _, release := range releases[a] {
				if !with[release] {
					with[release] = true
					pairs = append(pairs, pair{name, release, t, halves[release]})
				}
			}
		}
	}
	out := map[string]taking{}
	counts := false
	alone := map[string]bool{} // what those wait for, or hold, that take it alone
	for _, p := range pairs {
		if p.let.other || len(p.let.waits) > 0 {
			continue
		}
		for a := range p.take.waits {
			if (p.take.given[a] || p.take.up[a]) && (p.let.given[a] || p.let.down[a]) && !p.take.other {
				out[p.name] = better(out[p.name], p.name, p.release)
				counts = true
			}
		}
		for l, n := range p.take.held {
			if n > 0 && p.let.held[l] < 0 && !p.take.some[l] && !p.let.some[l] {
				out[p.name] = better(out[p.name], p.name, p.release)
				alone[l] = true
			}
		}
		if p.take.reenters(p.let, methods) {
			out[p.name] = better(out[p.name], p.name, p.release)
			counts = true
		}
		if _, ok := out[p.name]; ok {
			for a := range p.take.waits {
				alone[a] = true
			}
		}
	}
	for _, p := range pairs {
		if t, ok := out[p.name]; ok && !t.shared || p.let.other || len(p.let.waits) > 0 {
			continue
		}
		reads := false
		for a := range p.take.up {
			reads = reads || p.let.down[a] && !p.take.down[a] && alone[a]
		}
		for l := range p.take.some {
			reads = reads || alone[l] && p.let.some[l] && len(p.take.up) > 0
		}
		if reads {
			t := better(out[p.name], p.name, p.release)
			t.shared = true
			out[p.name], counts = t, true
		}
	}
	if !counts {
		return nil // they pass on to a lock that it has
	}
	for name, t := range out {
		t.counts = true
		out[name] = t
	}
	return out
}

// better is how a method takes its object: of two that may release it, the one that is called so.
func better(was taking, take, release string) taking {
	opposite, _ := Opposite(take)
	for _, o := range opposite {
		if o == was.release {
			return was
		}
		if o == release {
			return taking{release: release}
		}
	}
	if was.release == "" || release < was.release {
		was.release = release
	}
	return was
}

// halvesOf are what a method does, and what it does after its only yield; nil where it has none.
func halvesOf(f *ast.FuncDef) (first, second *half) {
	self := syntax.ParamName(f.Params.List[0])
	f = returningEarly(f, self)
	first = newHalf()
	first.def = f
	now := first
	var around []string // locks of the with statements round the yield
	under := func(e ast.Expr) string { return ownAttribute(e, self) }
	syntax.OwnNodes(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Yield:
			second = newHalf()
			now = second
		case *ast.With:
			for _, it := range n.Items {
				if a := under(it.X); a != "" && syntax.Yields(n.Body) {
					first.held[a]++
					around = append(around, a)
				}
			}
		case *ast.Assign:
			for _, t := range n.Targets {
				switch a := under(t); {
				case a == "":
				case n.Op == "+=":
					now.up[a] = true
				case n.Op == "-=":
					now.down[a] = true
					now.does(a, n.Span)
				case n.Op == "=" && n.Value != nil:
					now.given[a] = true
					now.does(a, n.Span)
				}
			}
		case *ast.If:
			if owner, count := againIn(n, f, self); count != "" {
				now.again[count] = owner
			}
			for _, c := range n.Clauses {
				if c.Body != nil {
					takesIn(c.Body, self, func(l string, _ bool) { now.some[l] = true })
				}
			}
		case *ast.While:
			if waitsIn(n.Body) && !tests(n.Cond, self, now.waits) {
				now.other = true
			}
		case *ast.Call:
			if l, take, ok := takesOwn(n, self); ok {
				now.does(l, n.Span)
				if take {
					now.held[l]++
					if mayGiveUp(n) {
						now.some[l] = true
					}
				} else {
					now.held[l]--
				}
			} else if n.Fun != nil && syntax.LastName(n.Fun) == "wait_for" && len(n.Args) > 0 {
				until, ok := syntax.Unparen(n.Args[0].X).(*ast.Lambda)
				if !ok || !tests(until.Body, self, now.waits) {
					now.other = true
				}
			}
		}
		return true
	})
	if second != nil {
		for _, a := range around {
			second.held[a]--
		}
	}
	return first, second
}

// ownAttribute is the attribute of its object that a method names, "" for anything else.
func ownAttribute(e ast.Expr, self string) string {
	if a, ok := syntax.Unparen(e).(*ast.Attribute); ok && syntax.IsNamed(a.X, self) {
		return a.Attr.Name
	}
	return ""
}

// takesOwn tells which lock of its object a method takes or releases by a call.
func takesOwn(call *ast.Call, self string) (lock string, take, ok bool) {
	if call.Fun == nil {
		return "", false, false
	}
	name := syntax.LastName(call.Fun)
	if a, is := syntax.Unparen(call.Fun).(*ast.Attribute); is {
		take, ok = takes(name)
		lock = ownAttribute(a.X, self)
		return lock, take, ok && lock != ""
	}
	x := syntax.Arg(call, 0)
	if take, ok = library.LockCalls()[name]; !ok || x == nil {
		return "", false, false
	}
	lock = ownAttribute(lockAt(x), self)
	return lock, take, lock != ""
}

// mayGiveUp reports whether a call that takes a lock may come back without it, by what its arguments are called.
func mayGiveUp(call *ast.Call) bool {
	return slices.ContainsFunc(call.Args, func(a ast.Arg) bool {
		switch x := syntax.Unparen(a.X).(type) {
		case *ast.Const:
			return x.Name == "False"
		case *ast.Name, *ast.Attribute:
			return strings.HasPrefix(syntax.LastName(x), "NOWAIT") || a.Name.Name != "" // timeout=timeout
		}
		_, infinite := a.X.(*ast.Unary) // timeout=-1
		return a.Name.Name == "timeout" && !infinite
	})
}

// takesIn visits the locks of its object that a method takes or releases in a block.
func takesIn(body *ast.Suite, self string, visit func(lock string, take bool)) {
	syntax.OwnNodes(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.Call); ok {
			if l, take, ok := takesOwn(call, self); ok {
				visit(l, take)
			}
		}
		return true
	})
}

// waitsIn reports whether a loop waits for other threads.
func waitsIn(body *ast.Suite) bool {
	found := false
	syntax.OwnNodes(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.Call); ok && call.Fun != nil {
			for _, w := range syntax.Words(syntax.LastName(call.Fun)) {
				found = found || w == "wait" || w == "sleep" || w == "yield"
			}
		}
		return !found
	})
	return found
}

// tests notes the attributes that a condition finds set or not, and reports whether it asks for nothing else, such as
// how many there are.
func tests(e ast.Expr, self string, into map[string]bool) bool {
	switch e := syntax.Unparen(e).(type) {
	case *ast.Attribute:
		a := ownAttribute(e, self)
		into[a] = true
		return a != ""
	case *ast.Unary:
		return e.Op == "not" && tests(e.X, self, into)
	case *ast.Binary:
		return (e.Op == "and" || e.Op == "or") && tests(e.X, self, into) && tests(e.Y, self, into)
	case *ast.Compare:
		if len(e.Ops) != 1 {
			return false
		}
		switch y := syntax.Unparen(e.Xs[1]).(type) {
		case *ast.Const:
			return tests(e.Xs[0], self, into)
		case *ast.Number:
			return y.End-y.Pos == 1 && e.Ops[0] != "<" && e.Ops[0] != ">=" && tests(e.Xs[0], self, into)
		}
	}
	return false
}
