package weak

// What an execution is, and whether C allows it.
//
// An execution is a graph: the events of each thread in program order, for each read
// the write that it reads from (rf), and for each word the order of its writes (mo).
// Events are added one at a time, each after those before it in its thread and after
// the one that it reads from. RC11 has no execution in which that cannot be done.
// So the newest event has no successor in happens-before (hb), and what is known of
// the older ones stays; only mo grows in the middle.

import "math/bits"

// set is a set of events.
type set uint64

const maxEvents = 64

func one(e int) set { return 1 << e }

func (s set) each(yield func(int) bool) {
	for ; s != 0; s &= s - 1 {
		if !yield(bits.TrailingZeros64(uint64(s))) {
			return
		}
	}
}

type kind uint8

const (
	kindRead kind = iota
	kindWrite
	kindUpdate // reads and writes
	kindFence
	kindPlainRead
	kindPlainWrite
)

// event is one step of a thread.
type event struct {
	kind   kind
	order  order
	thread int8  // -1: the first value of a word
	index  uint8 // in its thread
	loc    int8  // word; data for plain accesses; -1: a fence
	rf     int8
	value  int // written
	code   *instr
	source int8 // of a fence that another thread's membarrier makes: that membarrier

	sb    set // before it in its thread
	hb    set // before it in happens-before
	apart set // of sb: at another word
	via   set // apart of all in hb
	base  set // what precedes it in RC11's scb for good: all but mo and fr
	psc   set // what precedes it in psc besides: ends of a membarrier
}

func (e *event) writes() bool { return e.kind == kindWrite || e.kind == kindUpdate }
func (e *event) reads() bool  { return e.kind == kindRead || e.kind == kindUpdate }
func (e *event) plain() bool  { return e.kind == kindPlainRead || e.kind == kindPlainWrite }

// graph is an execution so far. Copies share nothing that changes.
type graph struct {
	events []event
	mo     [][]int8 // of each word: its writes
	last   []int8   // of each thread: its last event, or -1
}

func newGraph(m *Model) *graph {
	g := &graph{mo: make([][]int8, len(m.words)), last: make([]int8, len(m.threads))}
	for i, v := range m.init {
		g.events = append(g.events, event{kind: kindWrite, thread: -1, index: uint8(i), loc: int8(i), rf: -1, value: v, source: -1})
		g.mo[i] = []int8{int8(i)}
	}
	for i := range g.last {
		g.last[i] = -1
	}
	return g
}

func (g *graph) clone() *graph {
	c := &graph{
		events: append(make([]event, 0, len(g.events)+1), g.events...),
		mo:     append([][]int8(nil), g.mo...),
		last:   append([]int8(nil), g.last...),
	}
	return c
}

// place returns where a write is in mo, and for a read where the write is that it
// reads from.
func (g *graph) place(e int) int {
	ev := &g.events[e]
	w := int8(e)
	if !ev.writes() {
		w = ev.rf
	}
	for i, x := range g.mo[ev.loc] {
		if x == w {
			return i
		}
	}
	panic("weak: an event is missing from mo")
}

// sync returns what happens before an acquiring read of w: releases that head a
// release sequence with w in it (C++20: what read-modify-writes made of the head),
// and release fences before a write in it.
func (g *graph) sync(w int) set {
	var s set
	for {
		e := &g.events[w]
		if e.order&release != 0 {
			s |= e.hb | one(w)
		}
		for f := range e.sb.each {
			if x := &g.events[f]; x.kind == kindFence && x.order&release != 0 {
				s |= x.hb | one(f)
			}
		}
		if e.kind != kindUpdate {
			return s
		}
		w = int(e.rf)
	}
}

// before returns what of the events happens before a next event of the thread.
func (g *graph) before(thread int) (sb, hb set) {
	if l := g.last[thread]; l >= 0 {
		sb = g.events[l].sb | one(int(l))
		hb = g.events[l].hb | one(int(l))
	}
	for i := range g.mo { // the first values
		hb |= one(i)
	}
	return sb, hb
}

// add appends an event, whose place in mo is that before "at" if it writes, and says
// whether the execution is still consistent. Coherence and atomicity are up to the
// caller: see floor.
func (g *graph) add(e event, at int) bool {
	id := len(g.events)
	if id >= maxEvents {
		panic("weak: the model has too many events")
	}
	e.sb, e.hb = g.before(int(e.thread))
	if l := g.last[e.thread]; l >= 0 {
		e.index = g.events[l].index + 1
	}
	if e.reads() && e.order&acquire != 0 {
		e.hb |= g.sync(int(e.rf))
	}
	if e.kind == kindFence && e.order&acquire != 0 {
		for r := range e.sb.each {
			if x := &g.events[r]; x.reads() {
				e.hb |= g.sync(int(x.rf))
			}
		}
	}
	for x := range e.sb.each {
		if o := &g.events[x]; o.plain() || e.plain() || o.loc != e.loc || e.loc < 0 {
			e.apart |= one(x)
		}
	}
	for x := range e.hb.each {
		e.via |= g.events[x].apart
	}
	e.base = e.sb
	for x := range e.apart.each {
		e.base |= g.events[x].via
	}
	if e.loc >= 0 && !e.plain() {
		for x := range e.hb.each {
			if o := &g.events[x]; !o.plain() && o.loc == e.loc {
				e.base |= one(x)
			}
		}
	}
	if e.writes() {
		old := g.mo[e.loc]
		made := make([]int8, 0, len(old)+1)
		made = append(append(append(made, old[:at]...), int8(id)), old[at:]...)
		g.mo[e.loc] = made
	}
	g.events = append(g.events, e)
	g.last[e.thread] = int8(id)
	return g.pscAcyclic()
}

// floor returns the first place in mo that a next event of the thread may read from;
// a write has to come after it. Coherence: what happens before is not undone.
func (g *graph) floor(hb set, loc int8) int {
	floor := 0
	for x := range hb.each {
		if o := &g.events[x]; !o.plain() && o.loc == loc {
			floor = max(floor, g.place(x))
		}
	}
	return floor
}

// taken says whether a read-modify-write reads from the write at a place in mo:
// then nothing may come between the two.
func (g *graph) taken(loc int8, place int) bool {
	list := g.mo[loc]
	if place+1 >= len(list) {
		return false
	}
	next := &g.events[list[place+1]]
	return next.kind == kindUpdate && next.rf == list[place]
}

// pscAcyclic is RC11's axiom for seq_cst accesses and fences.
func (g *graph) pscAcyclic() bool {
	n := len(g.events)
	var accesses, fences set
	for i := range g.events {
		e := &g.events[i]
		switch {
		case e.order&sc == 0:
		case e.kind == kindFence:
			fences |= one(i)
		default:
			accesses |= one(i)
		}
	}
	if accesses|fences == 0 {
		return true
	}
	var eco, from [maxEvents]set // from: psc edges that end in a scb edge into the event
	left := func(x int) set {    // events whose psc edges begin with a scb edge out of x
		return one(x)&(accesses|fences) | g.events[x].hb&fences
	}
	var lefts [maxEvents]set
	for i := range n {
		lefts[i] = left(i)
	}
	var place [maxEvents]int
	for _, list := range g.mo {
		for p, w := range list {
			place[w] = p
		}
		loc := g.events[list[0]].loc
		var members []int
		var places []int
		for i := range n {
			e := &g.events[i]
			if e.loc != loc || e.plain() {
				continue
			}
			w := int8(i)
			if !e.writes() {
				w = e.rf
			}
			members = append(members, i)
			places = append(places, place[w])
		}
		for i, e := range members {
			var before set // mo and fr
			w := g.events[e].writes()
			for j, x := range members {
				switch {
				case x == e:
				case places[j] < places[i]:
					eco[e] |= one(x)
					if w {
						before |= one(x)
					}
				case places[j] == places[i] && !w && g.events[x].writes():
					eco[e] |= one(x)
				}
			}
			for x := range before.each {
				from[e] |= lefts[x]
			}
		}
	}
	var psc [maxEvents]set
	for i := range n {
		for x := range g.events[i].base.each {
			from[i] |= lefts[x]
		}
	}
	for i := range n {
		e := &g.events[i]
		psc[i] = e.psc
		if one(i)&(accesses|fences) != 0 {
			psc[i] |= from[i]
		}
		if one(i)&fences != 0 {
			psc[i] |= e.hb & fences
			for y := range e.hb.each {
				psc[i] |= from[y]
				for x := range eco[y].each {
					psc[i] |= g.events[x].hb & fences
				}
			}
		}
	}
	// Take away what has no predecessor, until nothing is left.
	rest := accesses | fences
	for rest != 0 {
		var gone set
		for i := range rest.each {
			if psc[i]&rest == 0 {
				gone |= one(i)
			}
		}
		if gone == 0 {
			return false
		}
		rest &^= gone
	}
	return true
}
