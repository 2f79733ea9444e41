package weak

// The notation of models, and reading it.
//
//	# a comment
//	init x = 1              words are 0 otherwise
//	final x == 0            of every execution in which all threads end
//	thread NAME
//	    r = load x ORDER    x is a word that threads share, r a register
//	    store x V ORDER     V is a number or a register
//	    r = xchg x V ORDER  r is what the word was; "r =" may be missing
//	    r = add x V ORDER
//	    r = cas x A V ORDER stores V if the word is A
//	    fence ORDER
//	    membarrier          a full fence in every thread, at whatever point it is
//	    read d, write d     plain data: two of these that conflict must not race
//	    lock m, unlock m    a mutex
//	    await x == V [or y != W ...] ORDER    sleeps until it reads such a value
//	    r = V
//	    if r == V goto L    or !=
//	    goto L
//	    assert r == V       or !=
//	    stop
//	L:
//
// ORDER is relaxed, acquire, release, acq_rel or seq_cst. Loops are not unrolled: a
// thread that makes too many steps is an error of the model.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// order is a memory order, as bits.
type order uint8

const (
	acquire order = 1 << iota
	release
	sc
)

var orders = map[string]order{
	"relaxed": 0,
	"acquire": acquire,
	"release": release,
	"acq_rel": acquire | release,
	"seq_cst": acquire | release | sc,
}

type opcode uint8

const (
	opLoad opcode = iota
	opStore
	opExchange
	opAdd
	opCAS
	opFence
	opMembarrier
	opRead
	opWrite
	opLock
	opUnlock
	opAwait
	opSet
	opIf
	opGoto
	opAssert
	opStop
)

// value is a number or, if reg is not negative, a register.
type value struct{ num, reg int }

// test compares a word or a register with a value.
type test struct {
	at    int // word or register
	equal bool
	to    value
}

// instr is one line of a thread.
type instr struct {
	op      opcode
	line    int
	text    string
	order   order
	loc     int    // word, mutex or data
	reg     int    // what the result goes to; -1: nowhere
	a, b    value  // operands
	tests   []test // of await, if, assert
	target  int    // of a jump
	label   string
	hasMemb bool // this or a later instruction may be a membarrier
}

type thread struct {
	name string
	code []instr
	regs []string
}

// Model is a program to check.
type Model struct {
	words   []string // also mutexes
	init    []int
	final   []test
	finals  []string
	data    []string
	threads []thread
}

// index returns where name is in the list, adding it if it is not there.
func index(list *[]string, name string) int {
	if i := slices.Index(*list, name); i >= 0 {
		return i
	}
	*list = append(*list, name)
	return len(*list) - 1
}

// Parse reads a model. Errors name the line.
func Parse(text string) (*Model, error) {
	m := &Model{}
	values := map[string]int{}
	var current *thread
	var labels map[string]int
	finish := func() error {
		if current == nil {
			return nil
		}
		for i := range current.code {
			in := &current.code[i]
			if in.label == "" {
				continue
			}
			target, ok := labels[in.label]
			if !ok {
				return fmt.Errorf("line %d: there is no label %q in thread %s", in.line, in.label, current.name)
			}
			in.target = target
		}
		has := false
		for i := len(current.code) - 1; i >= 0; i-- {
			has = has || current.code[i].op == opMembarrier
			current.code[i].hasMemb = has
		}
		m.threads = append(m.threads, *current)
		return nil
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		fail := func(err error) (*Model, error) { return nil, fmt.Errorf("line %d: %w", n, err) }
		switch {
		case f[0] == "init" && len(f) == 4 && f[2] == "=":
			num, err := strconv.Atoi(f[3])
			if err != nil {
				return fail(err)
			}
			values[f[1]] = num
			index(&m.words, f[1])
		case f[0] == "final" && len(f) == 4:
			num, err := strconv.Atoi(f[3])
			if err != nil {
				return fail(err)
			}
			m.final = append(m.final, test{index(&m.words, f[1]), f[2] == "==", value{num, -1}})
			m.finals = append(m.finals, strings.Join(f[1:], " "))
		case f[0] == "thread" && len(f) == 2:
			if err := finish(); err != nil {
				return nil, err
			}
			current, labels = &thread{name: f[1]}, map[string]int{}
		case current == nil:
			return fail(fmt.Errorf("%q stands in no thread", strings.TrimSpace(line)))
		case len(f) == 1 && strings.HasSuffix(f[0], ":"):
			labels[strings.TrimSuffix(f[0], ":")] = len(current.code)
		default:
			in, err := m.instruction(current, f)
			if err != nil {
				return fail(err)
			}
			in.line, in.text = n, strings.TrimSpace(line)
			current.code = append(current.code, in)
		}
	}
	if err := finish(); err != nil {
		return nil, err
	}
	if len(m.threads) == 0 {
		return nil, fmt.Errorf("no thread")
	}
	m.init = make([]int, len(m.words))
	for name, num := range values {
		m.init[slices.Index(m.words, name)] = num
	}
	return m, nil
}

func (t *thread) value(s string) (value, error) {
	if num, err := strconv.Atoi(s); err == nil {
		return value{num, -1}, nil
	}
	if i := slices.Index(t.regs, s); i >= 0 {
		return value{0, i}, nil
	}
	return value{}, fmt.Errorf("%q is neither a number nor a register that has been set", s)
}

// operands: how many values follow the word, and what is to be done.
var operations = map[string]struct {
	op       opcode
	operands int
}{
	"load": {opLoad, 0}, "store": {opStore, 1}, "xchg": {opExchange, 1}, "add": {opAdd, 1}, "cas": {opCAS, 2},
}

// instruction reads one line of a thread.
func (m *Model) instruction(t *thread, f []string) (instr, error) {
	in := instr{reg: -1}
	bad := func() (instr, error) { return in, fmt.Errorf("%q is no instruction", strings.Join(f, " ")) }
	result := ""
	if len(f) > 2 && f[1] == "=" {
		result, f = f[0], f[2:]
	}
	if o, ok := operations[f[0]]; ok {
		if len(f) != o.operands+3 || (o.op == opStore) && result != "" {
			return bad()
		}
		in.op, in.loc = o.op, index(&m.words, f[1])
		var err error
		if o.operands > 0 {
			if in.a, err = t.value(f[2]); err != nil {
				return in, err
			}
		}
		if o.operands > 1 {
			if in.b, err = t.value(f[3]); err != nil {
				return in, err
			}
		}
		if in.order, ok = orders[f[len(f)-1]]; !ok {
			return bad()
		}
		switch o.op {
		case opLoad:
			in.order &^= release
		case opStore:
			in.order &^= acquire
		}
		if result != "" {
			in.reg = index(&t.regs, result)
		}
		return in, nil
	}
	if result != "" {
		if len(f) != 1 {
			return bad()
		}
		v, err := t.value(f[0])
		in.op, in.reg, in.a = opSet, index(&t.regs, result), v
		return in, err
	}
	ok := true
	switch {
	case f[0] == "fence" && len(f) == 2:
		in.op = opFence
		in.order, ok = orders[f[1]]
	case f[0] == "membarrier" && len(f) == 1:
		in.op = opMembarrier
	case f[0] == "read" && len(f) == 2:
		in.op, in.loc = opRead, index(&m.data, f[1])
	case f[0] == "write" && len(f) == 2:
		in.op, in.loc = opWrite, index(&m.data, f[1])
	case f[0] == "lock" && len(f) == 2:
		in.op, in.loc, in.order = opLock, index(&m.words, f[1]), acquire
	case f[0] == "unlock" && len(f) == 2:
		in.op, in.loc, in.order = opUnlock, index(&m.words, f[1]), release
	case f[0] == "await" && len(f)%4 == 1:
		in.op = opAwait
		if in.order, ok = orders[f[len(f)-1]]; !ok {
			break
		}
		in.order &^= release
		for i := 1; i < len(f); i += 4 {
			to, err := t.value(f[i+2])
			if err != nil {
				return in, err
			}
			in.tests = append(in.tests, test{index(&m.words, f[i]), f[i+1] == "==", to})
		}
	case (f[0] == "if" && len(f) == 6 && f[4] == "goto") || (f[0] == "assert" && len(f) == 4):
		v, err := t.value(f[1])
		if err != nil {
			return in, err
		}
		to, err := t.value(f[3])
		if err != nil {
			return in, err
		}
		if v.reg < 0 || f[2] != "==" && f[2] != "!=" {
			return bad()
		}
		in.op = opAssert
		in.tests = []test{{v.reg, f[2] == "==", to}}
		if f[0] == "if" {
			in.op, in.label = opIf, f[5]
		}
	case f[0] == "goto" && len(f) == 2:
		in.op, in.label = opGoto, f[1]
	case f[0] == "stop" && len(f) == 1:
		in.op = opStop
	default:
		ok = false
	}
	if !ok {
		return bad()
	}
	return in, nil
}
