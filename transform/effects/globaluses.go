package effects

// Where functions use the C variables of their module, with the module's locks that are held there: by the function
// itself, or by all that call it.

import (
	"math/bits"
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// globalUse is a place where a function uses a variable of its module.
type globalUse struct {
	name    string
	span    ast.Span
	write   bool // it assigns to the variable itself
	history int32
}

// GlobalUse is such a place, with the locks of the module that are held there, in the order of their names.
type GlobalUse struct {
	Func  *Function
	Span  ast.Span
	Write bool
	Locks []string
}

// usesGlobal notes that a variable of the module is used.
func usesGlobal(b *builder, name string, span ast.Span, write bool) {
	if _, ok := b.m.CDecls().Vars[name]; ok && b.nested == 0 {
		b.flow.globals = append(b.flow.globals, globalUse{name, span, write, b.history()})
	}
}

// moduleLocks are the names of the module's locks in a set, without those that the function may have released for
// its caller.
func (s heldLocks) moduleLocks(set lockSet) map[string]bool {
	out := map[string]bool{}
	if set == everything || set == 0 {
		return out
	}
	for ; set != 0; set &= set - 1 {
		l := s.sum.locks[bits.TrailingZeros64(uint64(set))]
		if l.region < 0 || l.some || l.own {
			continue
		}
		name, r := "", l.region
		for r >= 0 {
			x := &s.sum.Regions[r]
			if x.Parent < 0 && x.Root != NodeGlobal {
				name = ""
				break
			}
			if name = x.Name + name; x.Parent >= 0 {
				name = "." + name
			}
			r = x.Parent
		}
		if name != "" {
			out[name] = true
		}
	}
	return out
}

// GlobalUses returns where the functions of a module use its C variables, by name.
func GlobalUses(p *Program, m *project.Module) map[string][]GlobalUse {
	all := p.Funcs(m).All
	if !slices.ContainsFunc(all, func(f *Function) bool { return len(p.FlowOf(f).globals) > 0 }) {
		return nil
	}
	p.Solve(all)
	p.model.mu.Lock() // regions may be made on the way
	defer p.model.mu.Unlock()
	type site struct {
		by    *Function
		locks map[string]bool
	}
	sites := map[*Function][]site{}
	type use struct {
		f     *Function
		at    *globalUse
		locks map[string]bool
	}
	var uses []use
	s := heldLocks{p.Solver()}
	for _, f := range all {
		if p.Exempt(f) {
			continue
		}
		if s.flow, s.held = f.Flow, nil; s.locking() {
			s.At(f)
			s.findHeld()
		}
		for i := range f.Flow.Calls {
			c := &f.Flow.Calls[i]
			for _, g := range c.Callees {
				if g.Mod == m {
					sites[g] = append(sites[g], site{f, s.moduleLocks(s.heldAt(c.history))})
				}
			}
		}
		for i := range f.Flow.globals {
			u := &f.Flow.globals[i]
			uses = append(uses, use{f, u, s.moduleLocks(s.heldAt(u.history))})
		}
	}
	entry := map[*Function]map[string]bool{}
	var under func(f *Function, depth int) map[string]bool // what all callers hold; nil for none and for what calls itself
	under = func(f *Function, depth int) map[string]bool {
		if locks, known := entry[f]; known {
			return locks
		}
		if depth == 0 || f.Exposed() || len(sites[f]) == 0 {
			return nil
		}
		entry[f] = nil
		var out map[string]bool
		for i, at := range sites[f] {
			held := under(at.by, depth-1)
			both := map[string]bool{}
			for _, set := range []map[string]bool{held, at.locks} {
				for l := range set {
					if i == 0 || out[l] {
						both[l] = true
					}
				}
			}
			out = both
		}
		entry[f] = out
		return out
	}
	out := map[string][]GlobalUse{}
	for _, u := range uses {
		x := GlobalUse{Func: u.f, Span: u.at.span, Write: u.at.write}
		for _, set := range []map[string]bool{u.locks, under(u.f, 16)} {
			for l := range set {
				if !slices.Contains(x.Locks, l) {
					x.Locks = append(x.Locks, l)
				}
			}
		}
		slices.Sort(x.Locks)
		out[u.at.name] = append(out[u.at.name], x)
	}
	return out
}
