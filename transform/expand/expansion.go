package expand

// The text that a plan becomes: what stands before the body, around it and
// after it, for each of the three locks.

import (
	"fmt"
	"slices"
	"strings"

	"pyxlock/transform/decorator"
	"pyxlock/transform/plan"
)

// expansion is a plan in words. Lines carry no indentation.
type expansion struct {
	decorator string // "@…" that replaces the wrapping; the body is untouched
	// declare holds C declarations; declareInline says the same as statements
	// that may share a line.
	declare       []string
	declareInline []string
	acquire       []string
	open          string // "try:" or "with …:"
	closing       []string
	// inside is true where acquire may stand inside the try as well.
	inside bool
	// steps is true for a generator that gives the lock back at each yield, by closing, and
	// takes it again by retake.
	steps  bool
	retake []string
	// snapshot is true for a generator that gathers its items under the lock.
	snapshot bool
	// rwlock and cython tell which modules the text names.
	rwlock, cython bool
}

// style is how a unit spells things.
type style struct {
	pure   bool
	cython string // the cython module's name
	inline bool   // --runtime=inline
	check  bool   // --locking=check
	where  string // with that: the place at which locks are taken
	calls  bool   // casts are calls of cython.cast
	own    string // what the variables of a block begin with; "" for those of a function
}

func (s style) rt(name string) string {
	if s.inline {
		return "_pyxlock_" + name
	}
	return "pyxlock." + name
}

// take spells a call that takes locks, give one that gives them back. A checked build says
// where that is.
func (s style) take(name, args string) string {
	if !s.check {
		return s.rt(name) + "(" + args + ")"
	}
	return s.ck(name) + "(" + args + ", " + quoted(s.where) + ")"
}

func (s style) give(name, args string) string {
	if !s.check {
		return s.rt(name) + "(" + args + ")"
	}
	return s.ck(name) + "(" + args + ")"
}

// local is what a variable is called that new text needs.
func (s style) local(name string) string {
	switch {
	case s.own == "":
		return "_pyxlock_" + name
	case name == "guard":
		return s.own
	}
	return s.own + "_" + name
}

func (s style) addr(x string) string {
	if s.pure {
		return s.cython + ".address(" + x + ")"
	}
	return "&" + x
}

func (s style) cast(typ, x string) string {
	if s.pure {
		return fmt.Sprintf("%s.cast(%s, %s)", s.cython, typ, x)
	}
	return fmt.Sprintf("(<%s>%s)", typ, x)
}

// value returns the object that a hold locks, and statements that must come
// first. none is what stands for "nothing to lock".
func (s style) value(h plan.Hold, i int, nogil bool, none string) (expr string, before []string) {
	expr = strings.Join(h.Path, ".")
	if len(h.Path) > 1 && !nogil {
		expr, before = s.steps(h, i)
	}
	if h.Typed {
		return expr, before
	}
	operand := expr
	defer func() {
		if len(h.Moving) == len(h.Path) && h.Moving[len(h.Path)-1] { // one of those that it may be has a guard that is assigned
			name := fmt.Sprintf("%s_%s_%d", s.local("at"), strings.Join(h.Path, "_"), i)
			before = append(before, s.kept(operand, name, expr)...)
			expr = name
		}
	}()
	var plain []string
	out := ""
	for k, v := range h.Among {
		if len(h.Guards[k]) > 0 {
			out += fmt.Sprintf("%s if isinstance(%s, %s) else ", through(s.cast(v.Name, expr), h.Guards[k]), expr, v.Name)
		} else {
			plain = append(plain, v.Name)
		}
	}
	if len(plain) > 0 {
		names := strings.Join(plain, ", ")
		if len(plain) > 1 {
			names = "(" + names + ")"
		}
		out += fmt.Sprintf("%s if isinstance(%s, %s) else ", expr, expr, names)
	}
	return out + none, before
}

// through spells the object that guards another: each on the way may be None, whose
// fields are not there to read.
func through(expr string, attrs []string) string {
	for i, attr := range attrs {
		if i > 0 {
			expr = fmt.Sprintf("(%s.%s if %s is not None else None)", expr, attr, expr)
		} else {
			expr += "." + attr
		}
	}
	return expr
}

// root is what a path begins with.
func (s style) root(h plan.Hold) string {
	if h.Cast != "" {
		return s.cast(h.Cast, h.Path[0])
	}
	return h.Path[0]
}

// longNames is how many attributes of a path the name of a local has: with all of them n attributes would
// take n² bytes.
const longNames = 16

// steps evaluates a dotted path one attribute at a time, each into a local that
// keeps it alive, and stops at None: the fields of None are not there to read.
func (s style) steps(h plan.Hold, i int) (expr string, before []string) {
	expr = s.root(h)
	local := s.local("at")
	for n, attr := range h.Path[1:] {
		if n < longNames {
			local += "_" + attr
		} else {
			local = fmt.Sprintf("%s_%d", s.local("at"), n) // no attribute begins with a digit
		}
		name := local
		if i > 0 {
			name = fmt.Sprintf("%s_%d", local, i)
		}
		value := expr + "." + attr
		if n > 0 || h.MaybeNone {
			value = fmt.Sprintf("%s if %s is not None else None", value, expr)
			if t := h.Types[n]; t != "" && n+2 < len(h.Path) {
				value = s.cast(t, "("+value+")") // the next attribute may be a C field
			}
		}
		if n < len(h.Moving) && h.Moving[n] {
			before = append(before, s.kept(expr, name, value)...)
		} else {
			before = append(before, name+" = "+value)
		}
		expr = name
	}
	return expr, before
}

// kept reads an attribute that may be assigned meanwhile: nobody drops the last
// reference to what it holds between the look and the reference of one's own.
func (s style) kept(of, name, value string) []string {
	return []string{
		fmt.Sprintf("with %s.critical_section(%s):", s.cython, of),
		fmt.Sprintf("\t%s = %s", name, value),
	}
}

// still looks again at the attributes that may have been assigned before the lock was
// there, and sets _pyxlock_moved where one was.
func still(before []string) []string {
	var out []string
	for i, l := range before {
		if i == 0 || !strings.HasPrefix(before[i-1], "with ") || !strings.HasPrefix(l, "\t") {
			continue
		}
		name, value, _ := strings.Cut(strings.TrimPrefix(l, "\t"), " = ")
		look := fmt.Sprintf("\t_pyxlock_moved = (%s) is not %s", value, name)
		if len(out) > 0 {
			look = fmt.Sprintf("\t_pyxlock_moved = _pyxlock_moved or (%s) is not %s", value, name)
		}
		out = append(out, before[i-1], look)
	}
	return out
}

// again wraps the taking of locks: where a guard has become another one while they were
// waited for, they are given back and it starts over.
func again(acquire, looks []string, release string) []string {
	if len(looks) == 0 {
		return acquire
	}
	out := []string{"while True:"}
	for _, l := range slices.Concat(acquire, looks, []string{"if not _pyxlock_moved:", "\tbreak", release}) {
		out = append(out, "\t"+l)
	}
	return out
}

func expand(pl *plan.Plan, s style) *expansion {
	var x *expansion
	switch pl.Kind {
	case decorator.CriticalSection:
		x = expandCriticalSection(pl, s)
	case decorator.Mutex:
		x = expandMutex(pl, s)
	default:
		x = expandRWLock(pl, s)
	}
	if pl.Snapshot {
		x.gather()
	}
	if pl.Steps {
		x.stepwise(s)
	}
	return x
}

func expandRWLock(pl *plan.Plan, s style) *expansion {
	if slices.ContainsFunc(pl.Holds, func(h plan.Hold) bool { return h.Items }) {
		return expandItems(pl, s)
	}
	x := &expansion{open: "try:", rwlock: true, inside: true}
	try := ""
	if pl.Nonblocking {
		try = "try_"
	}
	g := s.local("guard")
	guard := s.rt("Guard")
	for _, h := range pl.Holds {
		x.inside = x.inside && len(h.Path) == 1 // a longer path can raise on its way
	}
	if len(pl.Holds) == 1 {
		h := pl.Holds[0]
		v, before := s.value(h, 0, pl.Nogil, "None")
		x.declare = []string{"cdef " + guard + " " + g}
		x.declareInline = []string{g + " = " + s.cython + ".declare(" + guard + ")"}
		x.closing = []string{s.give("release", s.addr(g))}
		looks := still(before)
		x.retake = []string{s.take(try+h.Mode.String(), s.addr(g)+", "+v)}
		x.acquire = again(append(before, x.retake[0]), looks, x.closing[0])
		x.cython, x.inside = len(looks) > 0, x.inside && len(looks) == 0
	} else {
		n := len(pl.Holds)
		x.declare = []string{fmt.Sprintf("cdef %s %s[%d]", guard, g, n)}
		x.declareInline = []string{fmt.Sprintf("%s = %s.declare(%s[%d])", g, s.cython, guard, n)}
		var wants []string
		for i, h := range pl.Holds {
			v, before := s.value(h, i, pl.Nogil, "None")
			x.acquire = append(x.acquire, before...)
			wants = append(wants, fmt.Sprintf("%s(%s, %s)", s.rt("want_"+h.Mode.String()), s.addr(fmt.Sprintf("%s[%d]", g, i)), v))
		}
		x.acquire = append(x.acquire, wants...)
		looks := still(x.acquire)
		x.acquire = append(x.acquire, s.take(try+"acquire", fmt.Sprintf("%s, %d", g, n)))
		x.retake = append(wants, x.acquire[len(x.acquire)-1])
		x.closing = []string{s.give("release_all", fmt.Sprintf("%s, %d", g, n))}
		x.acquire = again(x.acquire, looks, x.closing[0])
		x.cython, x.inside = len(looks) > 0, x.inside && len(looks) == 0
	}
	if s.pure {
		x.declare = x.declareInline
		x.cython = true
	}
	return x
}

func expandCriticalSection(pl *plan.Plan, s style) *expansion {
	x := &expansion{cython: true}
	h := pl.Holds[0]
	if len(pl.Holds) == 1 && len(h.Path) == 1 && h.Typed {
		// Exact for the first parameter; the caller falls back to "with".
		x.decorator = "@" + s.cython + ".critical_section"
	}
	none := "None"
	for _, h := range pl.Holds {
		if h.Typed && h.Never && len(h.Path) == 1 {
			none = h.Path[0]
			break
		}
	}
	var args []string
	for i, h := range pl.Holds {
		v, before := s.value(h, i, false, none)
		x.acquire = append(x.acquire, before...)
		if h.Typed && !h.Never && none != "None" {
			v = fmt.Sprintf("%s if %s is not None else %s", v, v, none)
		}
		if strings.Contains(v, " ") {
			v = "(" + v + ")"
		}
		args = append(args, v)
	}
	x.open = fmt.Sprintf("with %s.critical_section(%s):", s.cython, strings.Join(args, ", "))
	return x
}

const mutexField = "_pyxlock_mutex"

func expandMutex(pl *plan.Plan, s style) *expansion {
	if h := pl.Holds[0]; len(pl.Holds) == 1 && h.Typed && h.Never && len(h.Path) == 1 && !s.check {
		return &expansion{open: "with " + s.root(h) + "." + mutexField + ":"}
	}
	// Pointers sorted by address: one order for every thread; equal neighbours
	// are one mutex and are taken once.
	// The "[0]" before acquire matters: through a pointer Cython 3.1 to 3.3 emit
	// a cast to a C++ reference, which is no C and in C++ means another object.
	n := len(pl.Holds)
	x := &expansion{cython: true, open: "try:"}
	x.declare = []string{
		fmt.Sprintf("cdef %s.pymutex *_pyxlock_held[%d]", s.cython, n),
	}
	pointer := func(e string) string { return "&" + e + "." + mutexField }
	for i, h := range pl.Holds {
		e := strings.Join(append([]string{s.root(h)}, h.Path[1:]...), ".")
		var before []string
		if len(h.Path) > 1 {
			e, before = s.steps(h, i)
			if h.TypeName != "" {
				x.declare = append(x.declare, "cdef "+h.TypeName+" "+e)
			}
		}
		v := ""
		switch {
		case h.Typed && h.Never:
			v = pointer(e)
		case h.Typed:
			v = fmt.Sprintf("%s if %s is not None else NULL", pointer(e), e)
		default:
			for _, c := range h.Among {
				obj := s.cast(c.Name, e)
				for _, attr := range h.Guards[slices.IndexFunc(h.Among, func(v decorator.Visible) bool { return v.Class == c.Class })] {
					obj += "." + attr
				}
				v += fmt.Sprintf("&%s.%s if isinstance(%s, %s) else ", obj, mutexField, e, c.Name)
			}
			v += "NULL"
		}
		x.acquire = append(x.acquire, before...)
		x.acquire = append(x.acquire, fmt.Sprintf("_pyxlock_held[%d] = %s", i, v))
	}
	took, gave := s.mutexHooks()
	if n == 1 {
		x.acquire = append(x.acquire,
			"if _pyxlock_held[0] is not NULL:",
			"\t_pyxlock_held[0][0].acquire()"+took("0"))
		x.closing = []string{
			"if _pyxlock_held[0] is not NULL:",
			"\t" + gave("0") + "_pyxlock_held[0][0].release()"}
		return s.renamed(x)
	}
	x.declare = append(x.declare, "cdef int _pyxlock_i, _pyxlock_j")
	taken := "if _pyxlock_held[_pyxlock_i] is not NULL and (_pyxlock_i == 0 or _pyxlock_held[_pyxlock_i] != _pyxlock_held[_pyxlock_i - 1]):"
	x.acquire = append(x.acquire,
		fmt.Sprintf("for _pyxlock_i in range(1, %d):  # in order of address", n),
		"\tfor _pyxlock_j in range(_pyxlock_i, 0, -1):",
		"\t\tif _pyxlock_held[_pyxlock_j - 1] > _pyxlock_held[_pyxlock_j]:",
		"\t\t\t_pyxlock_held[_pyxlock_j - 1], _pyxlock_held[_pyxlock_j] = _pyxlock_held[_pyxlock_j], _pyxlock_held[_pyxlock_j - 1]",
		fmt.Sprintf("for _pyxlock_i in range(%d):", n),
		"\t"+taken,
		"\t\t_pyxlock_held[_pyxlock_i][0].acquire()"+took("_pyxlock_i"))
	x.closing = []string{
		fmt.Sprintf("for _pyxlock_i in range(%d):", n),
		"\t" + taken,
		"\t\t" + gave("_pyxlock_i") + "_pyxlock_held[_pyxlock_i][0].release()"}
	return s.renamed(x)
}

// renamed gives the variables of a mutex expansion the names that they have here.
func (s style) renamed(x *expansion) *expansion {
	var pairs []string
	for _, name := range []string{"held", "i", "j"} {
		pairs = append(pairs, "_pyxlock_"+name, s.local(name))
	}
	names := strings.NewReplacer(pairs...)
	for _, lines := range [][]string{x.declare, x.acquire, x.closing} {
		for i, l := range lines {
			lines[i] = names.Replace(l)
		}
	}
	return x
}

// indented returns lines with prefix before each, and each leading tab of a
// line replaced by unit.
func indented(lines []string, prefix, unit string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		n := len(l) - len(strings.TrimLeft(l, "\t"))
		out[i] = prefix + strings.Repeat(unit, n) + l[n:]
	}
	return out
}

// compound reports whether any line opens a block, so that lines cannot share one.
func compound(lines []string) bool {
	for _, l := range lines {
		if strings.HasSuffix(l, ":") || strings.HasPrefix(l, "\t") || strings.HasPrefix(l, "for ") || strings.HasPrefix(l, "cdef ") {
			return true
		}
	}
	return false
}

// joined puts simple statements on one line; others stay as they are.
func joined(lines []string) []string {
	if len(lines) == 0 || compound(lines) {
		return lines
	}
	return []string{strings.Join(lines, "; ")}
}
