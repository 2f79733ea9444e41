package weak

// All executions of a model.
//
// A state is an execution so far and where its threads are. Each thread's next event
// is added in every way that is consistent. States that come about in two orders are
// one: a state is its graph, whatever the order of its events was. Where a thread's
// next event reads nothing, only that thread goes on, since every execution has this
// event in one of the ways that it can have now; not so while another thread may
// still execute a membarrier, whose fence in this thread may stand before the event.

import (
	"encoding/binary"
	"fmt"
	"sort"
	"strings"
)

// Result is what Explore found.
type Result struct {
	States    int
	Ends      int // executions in which nothing is left to do
	Violation string
	Trace     string         // the execution of the violation
	Outcomes  map[string]int // registers at the ends, "R.a=0 R.b=1"
}

// maxSteps limits what a thread does without an event.
const maxSteps = 100

// state is a graph with the threads' places and registers.
type state struct {
	g    *graph
	pc   []int
	regs [][]int
	// Of each thread's membarrier under way: which threads have their fence yet, as
	// bits, and its first event; -1: none.
	fenced  []uint64
	barrier []int8
}

func (s *state) clone() *state {
	c := &state{g: s.g.clone(), pc: append([]int(nil), s.pc...), regs: append([][]int(nil), s.regs...),
		fenced: append([]uint64(nil), s.fenced...), barrier: append([]int8(nil), s.barrier...)}
	return c
}

func (s *state) set(t, reg, value int) {
	if reg < 0 {
		return
	}
	s.regs[t] = append([]int(nil), s.regs[t]...)
	s.regs[t][reg] = value
}

func (s *state) get(t int, v value) int {
	if v.reg >= 0 {
		return s.regs[t][v.reg]
	}
	return v.num
}

type explorer struct {
	m      *Model
	seen   map[string]struct{}
	stack  []*state
	result *Result
	limit  int
}

// Explore checks the model. More than limit states are an error; 0 is no limit.
func Explore(m *Model, limit int) (*Result, error) {
	x := &explorer{m: m, seen: map[string]struct{}{}, result: &Result{Outcomes: map[string]int{}}, limit: limit}
	s := &state{g: newGraph(m)}
	for _, t := range m.threads {
		s.pc = append(s.pc, 0)
		s.regs = append(s.regs, make([]int, len(t.regs)))
		s.fenced = append(s.fenced, 0)
		s.barrier = append(s.barrier, -1)
	}
	for t := range m.threads {
		if err := x.settle(s, t); err != nil {
			return nil, err
		}
	}
	x.push(s)
	for len(x.stack) > 0 && x.result.Violation == "" {
		s := x.stack[len(x.stack)-1]
		x.stack = x.stack[:len(x.stack)-1]
		if err := x.expand(s); err != nil {
			return nil, err
		}
		if x.limit > 0 && x.result.States > x.limit {
			return nil, fmt.Errorf("more than %d states", x.limit)
		}
	}
	return x.result, nil
}

func (x *explorer) push(s *state) {
	if x.result.Violation != "" {
		return
	}
	key := s.key()
	if _, ok := x.seen[key]; ok {
		return
	}
	x.seen[key] = struct{}{}
	x.result.States++
	x.stack = append(x.stack, s)
}

// key identifies the state: what each read reads from, by thread and index, where
// fences of other threads' membarriers are, and mo. The rest follows.
func (s *state) key() string {
	var b []byte
	id := func(e int8) {
		b = append(b, byte(s.g.events[e].thread+1), s.g.events[e].index)
	}
	for t := range s.g.last {
		var own []int
		if l := s.g.last[t]; l >= 0 {
			for e := range (s.g.events[l].sb | one(int(l))).each {
				own = append(own, e)
			}
		}
		b = binary.AppendUvarint(b, uint64(len(own)))
		for _, e := range own {
			ev := &s.g.events[e]
			switch {
			case ev.reads():
				b = append(b, 1, byte(ev.loc), byte(ev.kind))
				id(ev.rf)
			case ev.source >= 0:
				b = append(b, 2)
				id(ev.source)
			default:
				b = append(b, 0)
			}
		}
	}
	for _, list := range s.g.mo {
		b = append(b, 255)
		for _, w := range list[1:] {
			id(w)
		}
	}
	return string(b)
}

func (x *explorer) violation(s *state, format string, args ...any) {
	if x.result.Violation != "" {
		return
	}
	x.result.Violation = fmt.Sprintf(format, args...)
	x.result.Trace = x.trace(s)
}

// settle runs what makes no event, up to the next line that makes one.
func (x *explorer) settle(s *state, t int) error {
	code := x.m.threads[t].code
	for range maxSteps {
		if s.pc[t] >= len(code) {
			return nil
		}
		in := &code[s.pc[t]]
		next := s.pc[t] + 1
		switch in.op {
		case opSet:
			s.set(t, in.reg, s.get(t, in.a))
		case opGoto:
			next = in.target
		case opStop:
			next = len(code)
		case opIf, opAssert:
			c := in.tests[0]
			holds := (s.regs[t][c.at] == s.get(t, c.to)) == c.equal
			if in.op == opIf && holds {
				next = in.target
			}
			if in.op == opAssert && !holds {
				x.violation(s, "%s: line %d: %s: it is %d", x.m.threads[t].name, in.line, in.text, s.regs[t][c.at])
			}
		default:
			return nil
		}
		s.pc[t] = next
	}
	return fmt.Errorf("thread %s: line %d: a loop without an event", x.m.threads[t].name, code[s.pc[t]].line)
}

// next returns the line that makes the thread's next event, or nil.
func (x *explorer) next(s *state, t int) *instr {
	if s.pc[t] < len(x.m.threads[t].code) {
		return &x.m.threads[t].code[s.pc[t]]
	}
	return nil
}

func (x *explorer) expand(s *state) error {
	// One thread alone?
	for t := range x.m.threads {
		in := x.next(s, t)
		if in == nil {
			continue
		}
		switch in.op {
		case opStore, opFence, opRead, opWrite, opUnlock:
			if !x.fencedByOthers(s, t) {
				return x.step(s, t, in)
			}
		}
	}
	before := x.result.States
	moved := false
	for t := range x.m.threads {
		for u := range x.m.threads {
			if u == t || s.barrier[u] < 0 || s.fenced[u]&(1<<t) != 0 {
				continue
			}
			c := s.clone()
			c.fenced[u] |= 1 << t
			moved = true
			e := event{kind: kindFence, order: acquire | release | sc, thread: int8(t), loc: -1, rf: -1,
				source: s.barrier[u], psc: one(int(s.barrier[u])), code: s.g.events[s.barrier[u]].code}
			if c.g.add(e, 0) {
				x.push(c)
			}
		}
		in := x.next(s, t)
		if in == nil {
			continue
		}
		can, err := x.can(s, t, in)
		if err != nil {
			return err
		}
		moved = moved || can
		if err := x.step(s, t, in); err != nil {
			return err
		}
	}
	if !moved && before == x.result.States {
		x.end(s)
	}
	return nil
}

// fencedByOthers says whether a fence for another thread's membarrier may come before
// the thread's next event.
func (x *explorer) fencedByOthers(s *state, t int) bool {
	for u := range x.m.threads {
		if u == t {
			continue
		}
		if s.barrier[u] >= 0 && s.fenced[u]&(1<<t) == 0 {
			return true
		}
		// One that is under way and has its fence here is behind us; the next is not.
		in := x.next(s, u)
		if in == nil {
			continue
		}
		if s.barrier[u] < 0 && in.hasMemb {
			return true
		}
		if s.barrier[u] >= 0 && s.pc[u]+1 < len(x.m.threads[u].code) && x.m.threads[u].code[s.pc[u]+1].hasMemb {
			return true
		}
	}
	return false
}

// can says whether the thread is able to go on at all, by itself.
func (x *explorer) can(s *state, t int, in *instr) (bool, error) {
	newest := func(loc int) int {
		list := s.g.mo[loc]
		return s.g.events[list[len(list)-1]].value
	}
	switch in.op {
	case opLock:
		return newest(in.loc) == 0, nil
	case opAwait:
		for _, c := range in.tests {
			if (newest(c.at) == s.get(t, c.to)) == c.equal {
				return true, nil
			}
		}
		return false, nil
	case opMembarrier:
		return s.barrier[t] < 0 || s.fenced[t] == 1<<len(x.m.threads)-1, nil
	}
	return true, nil
}

// step adds the thread's next event in all ways.
func (x *explorer) step(s *state, t int, in *instr) error {
	base := event{thread: int8(t), order: in.order, loc: int8(in.loc), rf: -1, code: in, source: -1}
	_, hb := s.g.before(t)
	// put adds the event and goes on from there.
	put := func(e event, at int, reg, result int) error {
		c := s.clone()
		if !c.g.add(e, at) {
			return nil
		}
		c.set(t, reg, result)
		c.pc[t]++
		if err := x.settle(c, t); err != nil {
			return err
		}
		x.push(c)
		return nil
	}
	switch in.op {
	case opFence:
		base.kind, base.loc = kindFence, -1
		return put(base, 0, -1, 0)
	case opMembarrier:
		base.kind, base.loc, base.order = kindFence, -1, acquire|release|sc
		c := s.clone()
		if s.barrier[t] < 0 {
			if c.g.add(base, 0) {
				c.barrier[t], c.fenced[t] = c.g.last[t], 1<<t
				x.push(c)
			}
			return nil
		}
		if s.fenced[t] != 1<<len(x.m.threads)-1 {
			return nil
		}
		for e := range s.g.events {
			if s.g.events[e].source == s.barrier[t] {
				base.psc |= one(e)
			}
		}
		if c.g.add(base, 0) {
			c.barrier[t], c.fenced[t] = -1, 0
			c.pc[t]++
			if err := x.settle(c, t); err != nil {
				return err
			}
			x.push(c)
		}
		return nil
	case opRead, opWrite:
		base.kind, base.order = kindPlainRead, 0
		if in.op == opWrite {
			base.kind = kindPlainWrite
		}
		for i := range s.g.events {
			o := &s.g.events[i]
			if o.plain() && o.loc == base.loc && (o.kind == kindPlainWrite || base.kind == kindPlainWrite) &&
				int(o.thread) != t && hb&one(i) == 0 {
				x.violation(s, "a race: %s: line %d: %s, and %s: line %d: %s", x.m.threads[o.thread].name,
					o.code.line, o.code.text, x.m.threads[t].name, in.line, in.text)
				return nil
			}
		}
		return put(base, 0, -1, 0)
	case opStore, opUnlock:
		base.kind = kindWrite
		if in.op == opStore {
			base.value = s.get(t, in.a)
		}
		for at := s.g.floor(hb, base.loc) + 1; at <= len(s.g.mo[base.loc]); at++ {
			if s.g.taken(base.loc, at-1) {
				continue
			}
			if err := put(base, at, -1, 0); err != nil {
				return err
			}
		}
		return nil
	case opAwait:
		for _, c := range in.tests {
			e := base
			e.kind, e.loc = kindRead, int8(c.at)
			for at := s.g.floor(hb, e.loc); at < len(s.g.mo[e.loc]); at++ {
				e.rf = s.g.mo[e.loc][at]
				if v := s.g.events[e.rf].value; (v == s.get(t, c.to)) == c.equal {
					if err := put(e, 0, -1, 0); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}
	// Loads and read-modify-writes.
	for at := s.g.floor(hb, base.loc); at < len(s.g.mo[base.loc]); at++ {
		e := base
		e.rf = s.g.mo[base.loc][at]
		old := s.g.events[e.rf].value
		e.kind = kindUpdate
		switch in.op {
		case opLoad:
			e.kind = kindRead
		case opExchange:
			e.value = s.get(t, in.a)
		case opAdd:
			e.value = old + s.get(t, in.a)
		case opCAS:
			e.value = s.get(t, in.b)
			if old != s.get(t, in.a) {
				e.kind, e.value = kindRead, 0
				e.order &^= release
			}
		case opLock:
			if old != 0 {
				continue
			}
			e.value = 1
		}
		if e.kind == kindUpdate && s.g.taken(e.loc, at) {
			continue
		}
		if err := put(e, at+1, in.reg, old); err != nil {
			return err
		}
	}
	return nil
}

// end looks at an execution in which nobody can go on.
func (x *explorer) end(s *state) {
	x.result.Ends++
	var stuck []string
	for t := range x.m.threads {
		if in := x.next(s, t); in != nil {
			stuck = append(stuck, fmt.Sprintf("%s: line %d: %s", x.m.threads[t].name, in.line, in.text))
		}
	}
	if stuck != nil {
		x.violation(s, "asleep for good: %s", strings.Join(stuck, "; "))
		return
	}
	for i, f := range x.m.final {
		list := s.g.mo[f.at]
		if v := s.g.events[list[len(list)-1]].value; (v == f.to.num) != f.equal {
			x.violation(s, "not so in the end: %s: it is %d", x.m.finals[i], v)
		}
	}
	var names []string
	for t, th := range x.m.threads {
		for r, name := range th.regs {
			names = append(names, fmt.Sprintf("%s.%s=%d", th.name, name, s.regs[t][r]))
		}
	}
	sort.Strings(names)
	x.result.Outcomes[strings.Join(names, " ")]++
}

// trace writes down an execution: its events in an order in which they can be added.
func (x *explorer) trace(s *state) string {
	var b strings.Builder
	name := func(e int8) string {
		if ev := &s.g.events[e]; ev.thread < 0 {
			return "the start"
		} else {
			return fmt.Sprintf("%s:%d", x.m.threads[ev.thread].name, ev.code.line)
		}
	}
	for i := range s.g.events {
		e := &s.g.events[i]
		if e.thread < 0 {
			continue
		}
		text := e.code.text
		if e.source >= 0 {
			text = "(fence of " + name(e.source) + ": " + text + ")"
		}
		fmt.Fprintf(&b, "  %-8s line %-3d %-40s", x.m.threads[e.thread].name, e.code.line, text)
		if e.rf >= 0 {
			fmt.Fprintf(&b, " reads %d of %s", s.g.events[e.rf].value, name(e.rf))
		}
		if e.writes() {
			var order []string
			for _, w := range s.g.mo[e.loc] {
				if w == int8(i) {
					order = append(order, "this")
				} else {
					order = append(order, name(w))
				}
			}
			fmt.Fprintf(&b, " writes %d; order: %s", e.value, strings.Join(order, " < "))
		}
		b.WriteString("\n")
	}
	return b.String()
}
