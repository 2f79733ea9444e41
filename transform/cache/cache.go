package cache

// Values that are computed once for each key, whichever goroutine asks first.

import (
	"sync"
)

// Cache computes values on demand and keeps them. It is safe for use by several
// goroutines; whoever asks for a value that another one computes waits for it.
type Cache[K comparable, V any] struct {
	make func(K) V
	mu   sync.RWMutex
	m    map[K]*Value[V]
}

// Value is one value that is computed when it is first asked for.
type Value[V any] struct {
	once sync.Once
	v    V
}

// Get returns the value, which make computes the first time. make must not ask for
// the value itself.
func (c *Value[V]) Get(make func() V) V {
	c.once.Do(func() { c.v = make() })
	return c.v
}

// New returns a cache of what make returns. A make function must not ask
// for the value that it is computing.
func New[K comparable, V any](make func(K) V) *Cache[K, V] {
	return &Cache[K, V]{make: make, m: map[K]*Value[V]{}}
}

// Get returns the value for a key.
func (c *Cache[K, V]) Get(key K) V {
	c.mu.RLock()
	x := c.m[key]
	c.mu.RUnlock()
	if x == nil {
		c.mu.Lock()
		if x = c.m[key]; x == nil {
			x = new(Value[V])
			c.m[key] = x
		}
		c.mu.Unlock()
	}
	return x.Get(func() V { return c.make(key) })
}

// Clear forgets all values.
func (c *Cache[K, V]) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.m)
}
