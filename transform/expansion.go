package transform

// The text that a plan becomes: what stands before the body, around it and
// after it, for each of the three locks.

import (
	"fmt"
	"strings"
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
func (s style) value(h hold, i int, nogil bool, none string) (expr string, before []string) {
	expr = strings.Join(h.path, ".")
	if len(h.path) > 1 && !nogil {
		expr, before = s.steps(h, i)
	}
	if h.typed {
		return expr, before
	}
	var plain []string
	out := ""
	for _, v := range h.among {
		if v.info.guard != "" {
			out += fmt.Sprintf("%s.%s if isinstance(%s, %s) else ", s.cast(v.name, expr), v.info.guard, expr, v.name)
		} else {
			plain = append(plain, v.name)
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
func (s style) steps(h hold, i int) (expr string, before []string) {
	expr = h.path[0]
	local := "_pyxlock_at"
	for n, attr := range h.path[1:] {
		local += "_" + attr
		name := local
		if i > 0 {
			name = fmt.Sprintf("%s_%d", local, i)
		}
		value := expr + "." + attr
		if n > 0 || h.maybeNone {
			value = fmt.Sprintf("%s if %s is not None else None", value, expr)
			if t := h.types[n]; t != "" && n+2 < len(h.path) {
				value = s.cast(t, "("+value+")") // the next attribute may be a C field
			}
		}
		before = append(before, name+" = "+value)
		expr = name
	}
	return expr, before
}

func expand(pl *plan, s style) *expansion {
	switch pl.kind {
	case CriticalSection:
		return expandCriticalSection(pl, s)
	case Mutex:
		return expandMutex(pl, s)
	}
	return expandRWLock(pl, s)
}

func expandRWLock(pl *plan, s style) *expansion {
	x := &expansion{open: "try:", rwlock: true, inside: true}
	try := ""
	if pl.nonblocking {
		try = "try_"
	}
	const g = "_pyxlock_guard"
	guard := s.rt("Guard")
	for _, h := range pl.holds {
		x.inside = x.inside && len(h.path) == 1 // a longer path can raise on its way
	}
	if len(pl.holds) == 1 {
		h := pl.holds[0]
		v, before := s.value(h, 0, pl.nogil, "None")
		x.declare = []string{"cdef " + guard + " " + g}
		x.declareInline = []string{g + " = " + s.cython + ".declare(" + guard + ")"}
		x.acquire = append(before, fmt.Sprintf("%s(%s, %s)", s.rt(try+h.mode.String()), s.addr(g), v))
		x.closing = []string{fmt.Sprintf("%s(%s)", s.rt("release"), s.addr(g))}
	} else {
		n := len(pl.holds)
		x.declare = []string{fmt.Sprintf("cdef %s %s[%d]", guard, g, n)}
		x.declareInline = []string{fmt.Sprintf("%s = %s.declare(%s[%d])", g, s.cython, guard, n)}
		var wants []string
		for i, h := range pl.holds {
			v, before := s.value(h, i, pl.nogil, "None")
			x.acquire = append(x.acquire, before...)
			wants = append(wants, fmt.Sprintf("%s(%s, %s)", s.rt("want_"+h.mode.String()), s.addr(fmt.Sprintf("%s[%d]", g, i)), v))
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

func expandCriticalSection(pl *plan, s style) *expansion {
	x := &expansion{cython: true}
	h := pl.holds[0]
	if len(pl.holds) == 1 && len(h.path) == 1 && h.typed {
		// Exact for the first parameter; the caller falls back to "with".
		x.decorator = "@" + s.cython + ".critical_section"
	}
	none := "None"
	for _, h := range pl.holds {
		if h.typed && h.never && len(h.path) == 1 {
			none = h.path[0]
			break
		}
	}
	var args []string
	for i, h := range pl.holds {
		v, before := s.value(h, i, false, none)
		x.acquire = append(x.acquire, before...)
		if h.typed && !h.never && none != "None" {
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

func expandMutex(pl *plan, s style) *expansion {
	if h := pl.holds[0]; len(pl.holds) == 1 && h.typed && h.never && len(h.path) == 1 {
		return &expansion{open: "with " + h.path[0] + "." + mutexField + ":"}
	}
	// Pointers sorted by address: one order for every thread; equal neighbours
	// are one mutex and are taken once.
	// The "[0]" before acquire matters: through a pointer Cython 3.1 to 3.3 emit
	// a cast to a C++ reference, which is no C and in C++ means another object.
	n := len(pl.holds)
	x := &expansion{cython: true, open: "try:"}
	x.declare = []string{
		fmt.Sprintf("cdef %s.pymutex *_pyxlock_held[%d]", s.cython, n),
	}
	pointer := func(e string) string { return "&" + e + "." + mutexField }
	for i, h := range pl.holds {
		e := strings.Join(h.path, ".")
		var before []string
		if len(h.path) > 1 {
			e, before = s.steps(h, i)
			if h.typeName != "" {
				x.declare = append(x.declare, "cdef "+h.typeName+" "+e)
			}
		}
		v := ""
		switch {
		case h.typed && h.never:
			v = pointer(e)
		case h.typed:
			v = fmt.Sprintf("%s if %s is not None else NULL", pointer(e), e)
		default:
			for _, c := range h.among {
				obj := s.cast(c.name, e)
				if c.info.guard != "" {
					obj += "." + c.info.guard
				}
				v += fmt.Sprintf("&%s.%s if isinstance(%s, %s) else ", obj, mutexField, e, c.name)
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
