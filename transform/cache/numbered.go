package cache

// Caches whose keys are numbered from zero: most of what is asked, again and again, is asked of classes and modules.

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Key is embedded in keys and has their numbers: each has its own, and none is much greater than there are keys.
type Key int32

// Number returns the number.
func (n Key) Number() int { return int(n) }

// Numbered is a Cache of keys with numbers. Who asks for what is there takes no lock.
type Numbered[K interface{ Number() int }, V any] struct {
	make func(K) V
	grow sync.Mutex
	of   atomic.Pointer[[]*numbers[V]]
}

// numbers are the values of some numbers that follow each other.
type numbers[V any] [64]Value[V]

// NewNumbered returns a cache of what make returns. A make function must not ask for the value that it is computing.
func NewNumbered[K interface{ Number() int }, V any](make func(K) V) *Numbered[K, V] {
	c := &Numbered[K, V]{make: make}
	c.Clear()
	return c
}

// Get returns the value for a key.
func (c *Numbered[K, V]) Get(key K) V {
	n := key.Number()
	at, in := n/len(numbers[V]{}), n%len(numbers[V]{})
	of := *c.of.Load()
	if at >= len(of) {
		of = c.upTo(at)
	}
	return of[at][in].Get(func() V { return c.make(key) })
}

// upTo makes room for more numbers.
func (c *Numbered[K, V]) upTo(at int) []*numbers[V] {
	c.grow.Lock()
	defer c.grow.Unlock()
	of := slices.Clone(*c.of.Load())
	for len(of) <= at {
		of = append(of, new(numbers[V]))
	}
	c.of.Store(&of)
	return of
}

// Clear forgets all values.
func (c *Numbered[K, V]) Clear() {
	c.grow.Lock()
	defer c.grow.Unlock()
	c.of.Store(new([]*numbers[V]))
}
