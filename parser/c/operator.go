package c

// Operators of C++ that a class may have made its own: what they do to their operands.

import (
	"slices"
	"strings"
)

// operators are the part of an analysis that is about them.
type operators struct{ *analysis }

// classy reports whether a value may be an object of a class, whose operators may do anything.
func (v value) classy() bool {
	return v.t.ptr == 0 && (v.t.base == baseRecord || v.t.base == baseUnknown)
}

// maxOperands are as many as are looked at in pairs.
const maxOperands = 40

// implied are operators that work on objects of classes that do not define them.
var implied = set("=", "!", "&&", "||", "&", ",")

// overloaded is an operator that a class may have for its own. Those in sight are called, as
// functions are. One of a class that is in sight, while its operator is not, may do anything.
func (a operators) overloaded(op string, operands []value, at spot, sc *scope) value {
	var out value
	if !sc.f.cpp || !slices.ContainsFunc(operands, value.classy) {
		return out
	}
	name := "operator" + op
	found := false
	call := func(n *node) {
		if n != nil {
			found = true
			v := calls(a).applyAt(n, operands, at, sc)
			out.roots |= v.roots | v.mem
		}
	}
	call(a.s.lib.lookup(a.d.home, name))
	for _, v := range operands {
		if v.t.ptr == 0 && v.t.base == baseRecord { // as a method of the first, or a friend of either
			n, _ := a.s.lib.method(sc.f, v.t.rec, name)
			call(n)
		}
	}
	if !found && !implied[op] && slices.ContainsFunc(operands, func(v value) bool { return v.classy() && v.t.base == baseRecord }) {
		at.what = "uses " + op + " on it, which is not in sight"
		for _, v := range operands {
			if !v.t.scalar() {
				a.loseIn(v, v.roots|v.mem, at)
			}
			out.roots |= v.roots
		}
	}
	return out
}

// between are the operators of a group, each with whatever stands on either side of it: how
// tightly they bind is not known here.
func (a operators) between(ops []operand, sc *scope) value {
	var out value
	if !sc.f.cpp || !slices.ContainsFunc(ops, func(o operand) bool { return o.v.classy() }) {
		return out
	}
	if len(ops) > maxOperands {
		for _, o := range ops {
			if o.v.classy() && o.term != nil {
				a.loseIn(o.v, o.v.roots|o.v.mem, a.at(o.term, sc, "is in an expression that is too long"))
				out.roots |= o.v.roots
			}
		}
		return out
	}
	for i, l := range ops {
		var between []operand // one of each operator that stands between l and r
		for _, r := range ops[i+1:] {
			switch r.op {
			case "<<", ">>", ",", "new": // streams are looked at elsewhere, and the others are the language's own
			default:
				if r.term != nil && !slices.ContainsFunc(between, func(o operand) bool { return o.op == r.op }) {
					between = append(between, r)
				}
			}
			for _, o := range between {
				out.roots |= a.overloaded(o.op, []value{l.v, r.v}, a.at(o.term, sc, "uses "+o.op+" on it"), sc).roots
			}
		}
	}
	return out
}

// unary is a value of which an operator with one operand is used.
func (a operators) unary(op string, v value, t *gTerm, sc *scope) value {
	v.roots |= a.overloaded(op, []value{v}, a.at(t, sc, "uses "+op+" on it"), sc).roots
	return v
}

// converted is a value that its class may turn into one of another type, wherever it stands: what
// such operators do, is done.
func (a operators) converted(v value, t *gTerm, sc *scope) value {
	if v.t.ptr != 0 || v.t.base != baseRecord {
		return v
	}
	for _, name := range sc.f.conversionsOf(v.t.rec) {
		if n, _ := a.s.lib.method(sc.f, v.t.rec, name); n != nil {
			out := calls(a).apply(n, []value{v}, t, sc)
			v.roots |= out.roots | out.mem
		}
	}
	return v
}

// conversionsOf are the operators of a class, and of those that it inherits, which turn it into
// something else.
func (f *file) conversionsOf(class string) []string {
	if out, ok := f.conversions[class]; ok {
		return out
	}
	if f.conversions == nil {
		f.conversions = map[string][]string{}
	}
	var out []string
	f.lineage(class, func(g *file, isl *island) bool {
		for name := range g.membersOf(isl).funcs {
			if to, ok := strings.CutPrefix(name, "operator"); ok && to != "" && letter(to[0]) && !strings.HasPrefix(to, "new") && !strings.HasPrefix(to, "delete") && to != "co_await" {
				out = append(out, name)
			}
		}
		return false
	})
	slices.Sort(out)
	out = slices.Compact(out)
	f.conversions[class] = out
	return out
}
