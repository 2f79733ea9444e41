package c

// What expressions do, and where their values lead.

import (
	"math/bits"
	"slices"
	"strings"
)

type place uint8

const (
	placeNone   place = iota // a value that nobody can assign to
	placeOwn                 // a local variable, or a part of it
	placeMem                 // what pointers lead to
	placeGlobal              // a variable of the file, or something that is not known
)

// value is what an expression stands for.
type value struct {
	roots uint64 // the parameters that it may lead into, if it is used as a pointer
	mem   uint64 // those in which it is itself
	place place
	owner *variable
	of    *variable // whose address it is
	t     ctype
	piece piece
	stmt  bool // it is none: a macro is a statement
	count bool // a number that a call returned: a pointer only for who makes it one
	near  bool // of a place: mem are the very objects that it is in, no further ones
	bare  bool // const may have been cast away of it
	aim   aim  // of a pointer that is in no place of others: where it leads directly
}

// guarded reports whether const forbids all writes through a value, and to it.
func (v value) guarded() bool {
	if v.mem != 0 && !v.t.constAt(v.t.ptr) {
		return false
	}
	for i := range v.t.ptr {
		if !v.t.constAt(i) {
			return false
		}
	}
	return v.t.ptr > 0 || v.t.constAt(0)
}

// with is either of two values.
func (v value) with(w value) value {
	v.aim = v.leadsTo().or(w.leadsTo())
	v.near = v.near && w.near
	v.bare = v.bare || w.bare
	v.count = (v.count || v.roots == 0) && (w.count || w.roots == 0)
	v.roots |= w.roots
	v.mem |= w.mem
	v.stmt = v.stmt || w.stmt
	v.piece = max(v.piece, w.piece)
	if v.t != w.t {
		v.t = ctype{}
	}
	if v.of != w.of {
		v.of = nil
	}
	if v.place != w.place || v.owner != w.owner {
		v.owner = nil
		v.place = max(v.place, w.place)
		if v.mem != 0 {
			v.place = placeMem
		}
	}
	return v
}

// expr is the last of some expressions with commas.
func (a *analysis) expr(e *gExpr, sc *scope) value {
	var v value
	if e == nil {
		return v
	}
	for n, i := range e.Items {
		w := a.flat(i, sc)
		if n > 0 && i.First != nil && sc.f.cpp { // an operator, perhaps
			if over := (operators{a}).overloaded(",", []value{v, w}, a.at(i.First, sc, "uses , on it"), sc); over.roots != 0 {
				w.roots |= over.roots
				w.mem |= over.roots
				w.place = placeMem
			}
		}
		v = w
	}
	return v
}

// operand is a term of a flat expression, with its operator before it.
type operand struct {
	op   string
	term *gTerm
	v    value
}

// flat is an expression of terms and operators.
func (a *analysis) flat(e *gFlat, sc *scope) value {
	if len(e.Rest) == 0 {
		return a.term(e.First, sc)
	}
	ops := make([]operand, 0, len(e.Rest)+1)
	ops = append(ops, operand{"", e.First, a.term(e.First, sc)})
	for _, r := range e.Rest {
		o := operand{op: r.Op}
		if r.Term.Term != nil {
			o.term = r.Term.Term
			o.v = a.term(o.term, sc)
		} else {
			o.v = a.items(r.Term.List, sc)
		}
		ops = append(ops, o)
	}
	operators{a}.understood(ops, sc)
	for i := 1; i < len(ops); i++ {
		if op := ops[i].op; op == "->*" || op == ".*" { // any member, also a method
			l, r := ops[i-1].v, ops[i].v
			a.lose(l.roots|l.mem, a.at(e.First, sc, "uses "+op+" on it"))
			in := l.roots | l.mem | r.roots | r.mem
			ops[i].v = value{roots: in, mem: in, place: placeMem}
		}
	}
	// From the right: a = b = c.
	end := len(ops)
	for i := len(ops) - 1; i > 0; i-- {
		if !assigns(ops[i].op) {
			continue
		}
		right := a.combine(ops[i:end], sc)
		target := ops[i-1]
		if target.term != nil {
			at := a.at(target.term, sc, assignedIn)
			a.direct = outliving(a, target.term, sc)
			a.assign(target.v, right, ops[i].op, at)
			a.direct = false
			operators{a}.overloaded(ops[i].op, []value{target.v, right}, at, sc)
			if right.t != (ctype{}) && right.t.rec != target.v.t.rec {
				lifetimes{a}.made(target.v.t, right, at, sc)
			}
		}
		v := target.v
		if ops[i].op == "=" {
			v.roots |= right.roots
			v.piece = max(v.piece, right.piece)
		}
		ops[i-1].v = v
		end = i
	}
	return a.combine(ops[:end], sc)
}

// understood loses everything where an expression cannot be one: macros are statements, or the
// heads of statements, and what seems to be an operator begins another.
func (a operators) understood(ops []operand, sc *scope) {
	for i, o := range ops {
		if o.term == nil {
			continue
		}
		bad := o.v.stmt
		if i > 0 && i+1 < len(ops) && assigns(ops[i+1].op) && !assigns(o.op) { // a * b = c
			switch o.op {
			case "?", ":", "->*", ".*", "new":
			default:
				bad = true
			}
		}
		if bad {
			aims(a).lost(a.at(o.term, sc, "is in an expression that is none"))
		}
	}
}

func assigns(op string) bool {
	switch op {
	case "==", "<=", ">=", "!=":
		return false
	}
	return strings.HasSuffix(op, "=")
}

// combine is the value of terms with operators that assign nothing.
func (a *analysis) combine(ops []operand, sc *scope) value {
	if len(ops) == 1 {
		return ops[0].v
	}
	var out value
	some := false
	commit := func(group []operand) {
		v := a.group(group, sc)
		if some {
			v = out.with(v)
		}
		out, some = v, true
	}
	from := 0
	for i := 1; i < len(ops); i++ {
		switch ops[i].op {
		case "?": // what stands before is asked, and is not the value
			a.group(ops[from:i], sc)
			from = i
		case ":":
			commit(ops[from:i])
			from = i
		}
	}
	commit(ops[from:])
	return out
}

// group is terms with operators of arithmetic and comparison.
func (a *analysis) group(ops []operand, sc *scope) value {
	if len(ops) == 1 {
		return ops[0].v
	}
	over := operators{a}.between(ops, sc)
	roots, part := over.roots, pieceNone
	var pointer ctype
	scalars, multiplied, counted := true, false, false
	led := uint64(0)
	for i, o := range ops {
		if i > 0 {
			switch o.op {
			case "==", "!=", "<", ">", "<=", ">=", "&&", "||":
				if over.roots != 0 {
					return over
				}
				return value{t: ctype{base: baseScalar}}
			case "*", "/", "%":
				multiplied = true
			case "<<", ">>": // of a C++ stream
				number := o.op == ">>" && o.term != nil && o.term.Lit != "" // which nothing can be put in
				if first := ops[0].v; sc.f.cpp && first.t.base != baseScalar && o.term != nil && !number {
					at := a.at(o.term, sc, "uses "+o.op+" on it")
					a.write(first.roots|first.mem, at)
					if o.op == ">>" {
						a.write(o.v.mem, at)
					}
				}
			}
		}
		if o.v.t.pointer() {
			pointer = o.v.t
		}
		scalars = scalars && o.v.t.scalar()
		if o.v.roots != 0 {
			counted = o.v.count && (i == 0 || counted || led == 0)
			led |= o.v.roots
		}
	}
	for _, o := range ops {
		if pointer.ptr > 0 && o.v.t.scalar() || scalars && multiplied && o.v.piece != pieceSure {
			continue
		}
		roots |= o.v.roots
		part = max(part, o.v.piece)
	}
	out := value{roots: roots, piece: part, count: counted, bare: slices.ContainsFunc(ops, func(o operand) bool { return o.v.bare }), aim: moved(ops)}
	if pointer.ptr > 0 {
		out.t = pointer
		out.t.array = false
	} else if scalars {
		out.t = ctype{base: baseScalar}
	}
	return out
}

// assign stores a value.
func (a *analysis) assign(to, from value, op string, at spot) {
	switch to.place {
	case placeOwn:
		if to.t.scalar() && to.t.narrow && from.t.scalar() && from.t.narrow && from.piece == pieceNone && op == "=" {
			from.roots = 0 // a member in which is no room for a pointer
		}
		if to.owner != nil {
			pieces{a}.takes(to.owner, from)
			if op == "=" || !from.t.scalar() {
				aims{a}.assigned(to.owner, from)
			}
			if to.owner.static {
				a.keep(from, at)
				a.outlives(to.owner.roots, at)
			}
		}
	case placeMem:
		aims{a}.writeTo(to, at)
		if to.mem == 0 && from.piece == pieceWide { // to where nobody knows, as bytes
			from.piece = pieceSure
		}
		aims{a}.put(to.mem, from)
		new := from.roots &^ to.mem
		if bits.OnesCount64(to.mem) > 1 { // into one of them, what another leads to
			new = from.roots
		}
		if to.mem == fresh {
			new &^= fresh
		}
		if (op == "=" || from.piece != pieceNone) && new != 0 {
			at.what = "stores the pointer"
			fl := keeps
			if to.near && to.mem&(world|fresh) == 0 {
				fl = lent
			}
			aims{a}.keepAs(value{roots: new, t: from.t, piece: from.piece}, fl, at)
		}
	case placeGlobal:
		a.outlives(to.roots, at)
		at.what = "stores the pointer"
		a.keep(from, at)
	default:
		a.write(to.roots, at)
		a.keep(from, at)
	}
}

// outlives notes a write to a variable that outlives the call.
func (a *analysis) outlives(roots uint64, at spot) {
	at.what = assigned
	a.write(roots&world, at)
}

// deref is what a pointer leads to.
func (a *analysis) deref(v value, sc *scope) value {
	if v.place == placeOwn && v.t.array {
		v.t, v.aim = v.t.element(), aim{}
		return v
	}
	if m := v.leadsTo(); m.known {
		return value{roots: v.roots, mem: m.at, place: placeMem, near: true, bare: v.bare, piece: v.piece, t: v.t.element()}
	}
	mem := v.roots
	if !v.t.pointer() {
		mem |= v.mem
	}
	if v.t.ptr == 0 && v.t.arg != "" && smart[v.t.rec] {
		return value{roots: v.roots, mem: mem, place: placeMem, piece: v.piece, t: sc.f.named(v.t.arg, 0)}
	}
	return value{roots: v.roots, mem: mem, place: placeMem, bare: v.bare, piece: v.piece, t: v.t.element()}
}

// member is a member of a class's object.
func (a *analysis) member(v value, name string, sc *scope) value {
	v.piece, v.aim = pieceNone, aim{}
	if v.near && a.alias(name, sc) != nil { // it may be a member of something else
		v.near = false
	}
	if v.t.base == baseRecord && v.t.ptr == 0 {
		v.t = sc.f.field(v.t.rec, name).within(v.t.constAt(0))
		if v.t.ref {
			return a.deref(value{roots: v.roots, mem: v.mem, t: v.t}, sc)
		}
	} else {
		v.t = ctype{}
	}
	return v
}

func (a *analysis) term(t *gTerm, sc *scope) value {
	if a.fuel--; a.fuel <= 0 {
		return value{}
	}
	var v value
	post := t.Post
	switch {
	case t.Ident != "":
		if len(post) > 0 && post[0].Call != nil {
			v = calls{a}.call(t.Ident, t, post[0].Call, sc)
			post = post[1:]
		} else {
			v = a.name(t, sc)
		}
	case t.Paren != nil:
		if f := lone(t.Paren); f != "" && len(post) > 0 && post[0].Call != nil { // (f)(x): a function, no macro
			v = calls{a}.call(f, t, post[0].Call, sc)
			post = post[1:]
		} else {
			v = a.expr(t.Paren, sc)
		}
	case t.List != nil:
		v = a.items(t.List, sc)
	default:
		v = value{t: ctype{base: baseScalar}}
		if t.Lit == "0" {
			v.aim = aim{known: true}
		}
		if strings.HasPrefix(t.Lit, `"`) {
			v.t = ctype{base: baseScalar, ptr: 1, consts: 1}
		}
	}
	for i := 0; i < len(post); i++ {
		p := post[i]
		switch {
		case p.Call != nil: // of what an expression is
			for _, g := range p.Call.Args {
				x := a.arg(g, sc)
				a.lose(x.roots|x.mem, a.at(t, sc, "passes it to a function pointer"))
			}
			a.lose(v.mem, a.at(t, sc, "calls what it leads to"))
			v = value{roots: v.roots, place: placeMem, mem: v.roots}
		case p.Index != nil:
			x := a.expr(p.Index, sc)
			if sc.f.cpp && !v.t.pointer() { // an operator, which may insert
				if v.place != placeOwn {
					a.loseIn(v, v.roots|v.mem, a.at(t, sc, "uses [] on it"))
				} else {
					operators{a}.overloaded("[]", []value{v, x}, a.at(t, sc, "uses [] on it"), sc)
				}
			}
			if !v.t.pointer() && x.t.pointer() { // 1[p]
				v = x
			}
			was := v.t
			v = a.deref(v, sc)
			if was.arg != "" && was.base == baseRecord && was.ptr == 0 && was.constAt(0) && sc.f.constItems(was.rec) {
				t, _ := sc.f.of(phrase{was.arg, "_name"})
				v.t = t.within(true)
			}
		case p.Dot != "" || p.Arrow != "":
			name := p.Dot + p.Arrow
			if p.Arrow != "" {
				v = operators{a}.unary("->", v, t, sc)
				v = a.deref(v, sc)
			}
			if i+1 < len(post) && post[i+1].Call != nil {
				i++
				v = calls{a}.methodCall(v, name, t, post[i].Call, sc)
				continue
			}
			v = a.member(v, name, sc)
		case p.Step != "":
			v = operators{a}.unary(p.Step, v, t, sc)
			a.step(v, a.at(t, sc, "steps it"))
		}
	}
	if v.stmt && len(t.Prefix)+len(post) > 0 {
		aims{a}.lost(a.at(t, sc, "is in an expression that is none"))
	}
	for i := len(t.Prefix) - 1; i >= 0; i-- {
		if sc.f.cpp && t.Prefix[i] != "&" {
			v = operators{a}.converted(v, t, sc)
		}
		v = a.prefix(t.Prefix[i], v, t, sc)
	}
	if sc.f.cpp {
		v = operators{a}.converted(v, t, sc)
	}
	return v
}

// outliving reports whether a term is a variable that outlives the call, or what that leads to by its own name.
func outliving(a *analysis, t *gTerm, sc *scope) bool {
	if v := a.find(t.Ident, sc); v != nil {
		return v.static
	}
	return sc.f.variable(t.Ident)
}

// lone is the name that an expression is, "" where it is more.
func lone(e *gExpr) string {
	if len(e.Items) == 1 && len(e.Items[0].Rest) == 0 {
		if t := e.Items[0].First; len(t.Prefix) == 0 && len(t.Post) == 0 {
			return t.Ident
		}
	}
	return ""
}

func (a *analysis) step(v value, at spot) {
	switch {
	case v.place == placeMem:
		aims{a}.writeTo(v, at)
	case v.place == placeGlobal || v.owner != nil && v.owner.static:
		a.outlives(v.roots, at)
	}
}

func (a *analysis) prefix(op string, v value, t *gTerm, sc *scope) value {
	switch op {
	case "*", "+", "-", "~", "!", "++", "--", "&":
		v = operators{a}.unary(op, v, t, sc)
	}
	switch op {
	case "*":
		return a.deref(v, sc)
	case "&":
		out := value{roots: v.roots | v.mem, t: v.t.pointed(false), piece: v.piece, bare: v.bare}
		if v.t == (ctype{}) {
			out.t = ctype{}
		}
		if v.count && v.place == placeOwn {
			out.roots = 0
		}
		if v.place == placeOwn {
			out.of = v.owner
			aims{a}.opened(v)
		}
		if v.place == placeMem && v.near {
			out.aim = aim{known: true, at: v.mem}
		}
		return out
	case "+", "-", "~":
		return value{roots: v.roots, t: v.t, piece: v.piece}
	case "!", "sizeof", "alignof":
		return value{t: ctype{base: baseScalar}}
	case "++", "--":
		a.step(v, a.at(t, sc, "steps it"))
		return v
	case "delete":
		a.write(v.roots, a.at(t, sc, "deletes it"))
		return value{}
	case "throw":
		a.keep(v, a.at(t, sc, "throws it"))
		return value{}
	case "new", "co_await", "&&":
		return value{roots: v.roots, t: ctype{}}
	}
	ct, _ := sc.f.of(strings.Fields(op))
	if ct.ref {
		out := value{roots: v.roots, mem: v.mem | v.roots, place: placeMem, t: ct.element()}
		if out.t.scalar() && !v.t.scalar() { // bytes of it
			out.piece = pieceSure
		}
		return out
	}
	ct.array = false
	lifetimes{a}.made(ct, v, a.at(t, sc, "is made "+op), sc)
	out := value{roots: v.roots, t: ct, piece: v.as(ct), bare: !sc.f.cpp && !ct.guards() && (v.bare || v.bares(ct, sc.f))}
	if ct.ptr > 0 {
		out.aim = v.leadsTo()
	}
	return out
}

// name is what a name stands for.
func (a *analysis) name(t *gTerm, sc *scope) value {
	name := t.Ident
	if v := a.find(name, sc); v != nil {
		if v.given {
			return v.value
		}
		out := value{roots: v.roots, place: placeOwn, owner: v, t: v.t, piece: v.piece, count: v.count, bare: v.bare}
		if v.aimed && !a.blind && !sc.f.cpp && !a.d.file.cpp {
			out.aim = v.aim
		}
		return out
	}
	switch name {
	case "NULL":
		return value{aim: aim{known: true}}
	case "nullptr", "true", "false":
		return value{}
	}
	if a.d.method != "" && !strings.Contains(name, "::") && a.s.lib.mentions(a.d.home, a.d.method, name) { // a member, for all that is known
		v := value{roots: lifetimes{a}.this(), mem: 1, place: placeMem, t: a.d.file.field(a.d.method, name).within(a.d.konst)}
		if v.t == (ctype{}) && a.alias(name, sc) == nil {
			return v
		} else if v.t != (ctype{}) {
			if v.t.ref {
				return a.deref(v, sc)
			}
			return v
		}
	}
	if d := a.alias(name, sc); d != nil {
		return calls{a}.expand(d, usage{term: t}, sc)
	}
	if sc.f.variable(name) {
		return value{place: placeGlobal, roots: world}
	}
	return value{place: placeGlobal}
}

// alias is the macro without parameters that a name is, nil where it is none.
func (a *analysis) alias(name string, sc *scope) *def {
	n := a.s.lib.lookup(a.d.home, name)
	if n == nil {
		return nil
	}
	for _, d := range n.defs {
		if d.macro != nil && !d.macro.takes {
			return d
		}
	}
	return nil
}
