package effects

// Objects that threads wait for: a lock that one function takes and another one gives back. Neither may hold a lock of
// the object meanwhile, since the one that gives it back would wait for the one that waits for that.

import (
	"fmt"
	"iter"
	"math/bits"

	"pyxlock/transform/handlock"
	"pyxlock/transform/project"
)

// Awaited are the functions by which threads wait for an object of a class.
type Awaited struct {
	Takes, Gives *Function
	Lock         LockKind
}

// IsLock reports whether the objects of a class are locks themselves.
func IsLock(p *Program, c *project.Class) bool { return handlock.IsClass(p.HandLocks(c.Mod), c) }

// Text says it of the class.
func (a *Awaited) Text() string {
	return fmt.Sprintf("%s waits for %s, which %s gives back", a.Takes.Name(), a.Lock.Name, a.Gives.Name())
}

// AwaitedOf finds them for the classes whose locks the functions of modules take, which are solved.
func AwaitedOf(p *Program, mods []*project.Module) map[*project.Class]*Awaited {
	gives := map[LockKind]*Function{}
	for _, m := range mods {
		for _, f := range p.Funcs(m).All {
			for _, k := range Signals(p, f) {
				if k.Owner != nil && gives[k] == nil && !takesKind(f, k) {
					gives[k] = f
				}
			}
		}
	}
	out := map[*project.Class]*Awaited{}
	if len(gives) == 0 {
		return out
	}
	for _, m := range mods {
		for _, f := range p.Funcs(m).All {
			for k := range kinds(f, f.Sum.takes&^f.Sum.frees) {
				if g := gives[k]; g != nil && out[k.Owner] == nil && Entered(p, f) {
					out[k.Owner] = &Awaited{f, g, k}
				}
			}
		}
	}
	return out
}

// kinds visits the kinds of some of the locks that a function knows.
func kinds(f *Function, set lockSet) iter.Seq[LockKind] {
	return func(yield func(LockKind) bool) {
		for ; set != 0 && set != everything; set &= set - 1 {
			if k, ok := (Placed{f, f.Sum.locks[bits.TrailingZeros64(uint64(set))]}).Kind(); ok && !yield(k) {
				return
			}
		}
	}
}

// takesKind reports whether a function takes a lock of a kind, itself or by what it calls.
func takesKind(f *Function, kind LockKind) bool {
	for k := range kinds(f, f.Sum.takes) {
		if k == kind {
			return true
		}
	}
	return false
}
