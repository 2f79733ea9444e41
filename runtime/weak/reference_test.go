package weak

// A second checker, which shares nothing with the first but the parser: all graphs of a
// program without jumps, and the axioms of RC11 as the paper writes them, in relations
// as matrices. Both have to find the same outcomes of random programs.

import (
	"fmt"
	"math/rand"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// relation says which event stands before which: of each, the set of those after it.
type relation []set

// where returns a relation of the pairs for which f holds.
func where(n int, f func(a, b int) bool) relation {
	r := make(relation, n)
	for a := range n {
		for b := range n {
			if f(a, b) {
				r[a] |= one(b)
			}
		}
	}
	return r
}

// those is the identity on the events for which f holds.
func those(n int, f func(a int) bool) relation {
	return where(n, func(a, b int) bool { return a == b && f(a) })
}

func (r relation) or(others ...relation) relation {
	c := slices.Clone(r)
	for _, o := range others {
		for a := range c {
			c[a] |= o[a]
		}
	}
	return c
}

// then composes.
func (r relation) then(others ...relation) relation {
	for _, o := range others {
		next := make(relation, len(r))
		for a := range r {
			for b := range r[a].each {
				next[a] |= o[b]
			}
		}
		r = next
	}
	return r
}

func (r relation) maybe() relation {
	c := slices.Clone(r)
	for a := range c {
		c[a] |= one(a)
	}
	return c
}

// plus is the transitive closure.
func (r relation) plus() relation {
	c := slices.Clone(r)
	for b := range c {
		for a := range c {
			if c[a]&one(b) != 0 {
				c[a] |= c[b]
			}
		}
	}
	return c
}

func (r relation) irreflexive() bool {
	for a := range r {
		if r[a]&one(a) != 0 {
			return false
		}
	}
	return true
}

// consistent is RC11, of events with rf (-1: none) and the place of each write in mo.
func consistent(events []refEvent, rf, mo []int) bool {
	n := len(events)
	loc := func(a, b int) bool { return events[a].loc >= 0 && events[a].loc == events[b].loc }
	reads := those(n, func(a int) bool { return rf[a] >= 0 })
	writes := those(n, func(a int) bool { return events[a].writes })
	fences := those(n, func(a int) bool { return events[a].loc < 0 })
	is := func(o order) relation { return those(n, func(a int) bool { return events[a].order&o != 0 }) }

	sb := where(n, func(a, b int) bool {
		return events[a].thread == events[b].thread && events[a].thread >= 0 && a < b
	})
	readsFrom := where(n, func(a, b int) bool { return rf[b] == a })
	modification := where(n, func(a, b int) bool {
		return loc(a, b) && events[a].writes && events[b].writes && mo[a] < mo[b]
	})
	readsBefore := where(n, func(a, b int) bool {
		return a != b && rf[a] >= 0 && loc(a, b) && events[b].writes && mo[rf[a]] < mo[b]
	})
	eco := readsFrom.or(modification, readsBefore).plus()
	rs := writes.then(readsFrom.then(writes).plus().maybe())
	sw := is(release).then(fences.then(sb).maybe(), rs, readsFrom, reads, sb.then(fences).maybe(), is(acquire))
	first := where(n, func(a, b int) bool { return events[a].thread < 0 && events[b].thread >= 0 })
	hb := sb.or(sw, first).plus()
	if !hb.then(eco.maybe()).irreflexive() || !sb.or(readsFrom).plus().irreflexive() {
		return false
	}
	for u := range n {
		if rf[u] >= 0 && events[u].writes && mo[rf[u]]+1 != mo[u] {
			return false
		}
	}
	apart := where(n, func(a, b int) bool { return sb[a]&one(b) != 0 && !loc(a, b) })
	same := where(n, func(a, b int) bool { return hb[a]&one(b) != 0 && loc(a, b) })
	scb := sb.or(apart.then(hb, apart), same, modification, readsBefore)
	accesses := those(n, func(a int) bool { return events[a].order&sc != 0 && events[a].loc >= 0 })
	full := those(n, func(a int) bool { return events[a].order&sc != 0 && events[a].loc < 0 })
	base := accesses.or(full.then(hb.maybe())).then(scb, accesses.or(hb.maybe().then(full)))
	ofFences := full.then(hb.or(hb.then(eco, hb)), full)
	return base.or(ofFences).plus().irreflexive()
}

type refEvent struct {
	thread, loc int // loc -1: a fence; thread -1: a first value
	order       order
	writes      bool
	in          *instr
}

// outcomes are those of a model without jumps, in the form of Result.Outcomes.
func outcomes(m *Model) map[string]bool {
	var events []refEvent
	for i := range m.words {
		events = append(events, refEvent{thread: -1, loc: i, writes: true})
	}
	for t := range m.threads {
		for i := range m.threads[t].code {
			in := &m.threads[t].code[i]
			e := refEvent{t, in.loc, in.order, in.op == opStore || in.op == opExchange || in.op == opAdd, in}
			if in.op == opFence {
				e.loc = -1
			}
			events = append(events, e)
		}
	}
	n := len(events)
	rf, mo := make([]int, n), make([]int, n)
	found := map[string]bool{}
	record := func() {
		values := make([]int, n)
		known := make([]bool, n)
		for range n { // sb and rf have no cycle, so n rounds reach everybody
			for i, e := range events {
				switch {
				case e.thread < 0:
					values[i], known[i] = m.init[e.loc], true
				case e.in.op == opStore || e.in.op == opExchange:
					values[i], known[i] = e.in.a.num, true
				case e.in.op == opAdd && known[rf[i]]:
					values[i], known[i] = values[rf[i]]+e.in.a.num, true
				}
			}
		}
		var names []string
		for i, e := range events {
			if e.thread >= 0 && e.in.reg >= 0 {
				th := m.threads[e.thread]
				names = append(names, fmt.Sprintf("%s.%s=%d", th.name, th.regs[e.in.reg], values[rf[i]]))
			}
		}
		sort.Strings(names)
		found[strings.Join(names, " ")] = true
	}
	var choose func(i int)
	var arrange func(l int)
	arrange = func(l int) {
		if l == len(m.words) {
			if consistent(events, rf, mo) {
				record()
			}
			return
		}
		var list []int
		for i, e := range events {
			if e.loc == l && e.writes && e.thread >= 0 {
				list = append(list, i)
			}
		}
		var permute func(k int)
		permute = func(k int) {
			if k == len(list) {
				for p, w := range list {
					mo[w] = p + 1
				}
				arrange(l + 1)
				return
			}
			for j := k; j < len(list); j++ {
				list[k], list[j] = list[j], list[k]
				permute(k + 1)
				list[k], list[j] = list[j], list[k]
			}
		}
		permute(0)
	}
	choose = func(i int) {
		if i == n {
			arrange(0)
			return
		}
		rf[i] = -1
		e := events[i]
		if e.thread < 0 || e.loc < 0 || e.in.op == opStore {
			choose(i + 1)
			return
		}
		for w, o := range events {
			if o.writes && o.loc == e.loc && w != i {
				rf[i] = w
				choose(i + 1)
			}
		}
	}
	choose(0)
	return found
}

// program writes a random one of up to so many operations.
func program(r *rand.Rand, operations int) string {
	var b strings.Builder
	threads := 2 + r.Intn(2)
	number := 0
	words := []string{"x", "y"}
	kinds := []string{"relaxed", "acquire", "release", "acq_rel", "seq_cst", "seq_cst", "seq_cst", "seq_cst"}
	for t := range threads {
		fmt.Fprintf(&b, "thread T%d\n", t)
		for range 1 + r.Intn(max(1, operations*2/threads)-1) {
			if number == operations {
				break
			}
			number++
			word, kind := words[r.Intn(2)], kinds[r.Intn(len(kinds))]
			switch r.Intn(7) {
			case 0, 1:
				fmt.Fprintf(&b, "r%d = load %s %s\n", number, word, kind)
			case 2, 3:
				fmt.Fprintf(&b, "store %s %d %s\n", word, number, kind)
			case 4:
				fmt.Fprintf(&b, "r%d = %s %s %d %s\n", number, []string{"xchg", "add"}[r.Intn(2)], word, number*10, kind)
			case 5, 6:
				fmt.Fprintf(&b, "fence %s\n", kind)
			}
		}
	}
	return b.String()
}

// TestReference tries 500 programs, or PYXLOCK_WEAK_PROGRAMS, as "make weak" does.
func TestReference(t *testing.T) {
	programs := 500
	if n, err := strconv.Atoi(os.Getenv("PYXLOCK_WEAK_PROGRAMS")); err == nil {
		programs = n
	}
	r := rand.New(rand.NewSource(1))
	total := 0
	for i := range programs {
		text := program(r, 4+i%5)
		m, err := Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		result, err := Explore(m, 0)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		wanted := outcomes(m)
		total += len(wanted)
		for o := range wanted {
			if result.Outcomes[o] == 0 {
				t.Fatalf("missed: %s\n%s", o, text)
			}
		}
		for o := range result.Outcomes {
			if !wanted[o] {
				t.Fatalf("impossible: %s\n%s", o, text)
			}
		}
	}
	t.Logf("%d programs, %d outcomes", programs, total)
}
