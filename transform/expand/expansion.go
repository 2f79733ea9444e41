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
	// rwlock and cython tell which modules the text names.
	rwlock, cython bool
}

// style is how a unit spells things.
type style struct {
	pure   bool
	cython string // the cython module's name
	inline bool   // --runtime=inline
}

func (s style) rt(name string) string {
	if s.inline {
		return "_pyxlock_" + name
	}
	return "pyxlock." + name
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
	var plain []string
	out := ""
	for _, v := range h.Among {
		if v.Info.Guard != "" {
			out += fmt.Sprintf("%s.%s if isinstance(%s, %s) else ", s.cast(v.Name, expr), v.Info.Guard, expr, v.Name)
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

// steps evaluates a dotted path one attribute at a time, each into a local that
// keeps it alive, and stops at None: the fields of None are not there to read.
func (s style) steps(h plan.Hold, i int) (expr string, before []string) {
	expr = h.Path[0]
	local := "_pyxlock_at"
	for n, attr := range h.Path[1:] {
		local += "_" + attr
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
		before = append(before, name+" = "+value)
		expr = name
	}
	return expr, before
}

func expand(pl *plan.Plan, s style) *expansion {
	switch pl.Kind {
	case decorator.CriticalSection:
		return expandCriticalSection(pl, s)
	case decorator.Mutex:
		return expandMutex(pl, s)
	}
	return expandRWLock(pl, s)
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
	const g = "_pyxlock_guard"
	guard := s.rt("Guard")
	for _, h := range pl.Holds {
		x.inside = x.inside && len(h.Path) == 1 // a longer path can raise on its way
	}
	if len(pl.Holds) == 1 {
		h := pl.Holds[0]
		v, before := s.value(h, 0, pl.Nogil, "None")
		x.declare = []string{"cdef " + guard + " " + g}
		x.declareInline = []string{g + " = " + s.cython + ".declare(" + guard + ")"}
		x.acquire = append(before, fmt.Sprintf("%s(%s, %s)", s.rt(try+h.Mode.String()), s.addr(g), v))
		x.closing = []string{fmt.Sprintf("%s(%s)", s.rt("release"), s.addr(g))}
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
		x.acquire = append(x.acquire, fmt.Sprintf("%s(%s, %d)", s.rt(try+"acquire"), g, n))
		x.closing = []string{fmt.Sprintf("%s(%s, %d)", s.rt("release_all"), g, n)}
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
	if h := pl.Holds[0]; len(pl.Holds) == 1 && h.Typed && h.Never && len(h.Path) == 1 {
		return &expansion{open: "with " + h.Path[0] + "." + mutexField + ":"}
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
		e := strings.Join(h.Path, ".")
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
				if c.Info.Guard != "" {
					obj += "." + c.Info.Guard
				}
				v += fmt.Sprintf("&%s.%s if isinstance(%s, %s) else ", obj, mutexField, e, c.Name)
			}
			v += "NULL"
		}
		x.acquire = append(x.acquire, before...)
		x.acquire = append(x.acquire, fmt.Sprintf("_pyxlock_held[%d] = %s", i, v))
	}
	if n == 1 {
		x.acquire = append(x.acquire,
			"if _pyxlock_held[0] is not NULL:",
			"\t_pyxlock_held[0][0].acquire()")
		x.closing = []string{
			"if _pyxlock_held[0] is not NULL:",
			"\t_pyxlock_held[0][0].release()"}
		return x
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
		"\t\t_pyxlock_held[_pyxlock_i][0].acquire()")
	x.closing = []string{
		fmt.Sprintf("for _pyxlock_i in range(%d):", n),
		"\t" + taken,
		"\t\t_pyxlock_held[_pyxlock_i][0].release()"}
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
