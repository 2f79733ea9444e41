package cache

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestOnceForEachKey(t *testing.T) {
	var made atomic.Int32
	c := New(func(key string) *int {
		made.Add(1)
		n := len(key)
		return &n
	})
	var wg sync.WaitGroup
	first := c.Get("abc")
	for range 8 {
		wg.Go(func() {
			if c.Get("abc") != first || *c.Get("abcd") != 4 {
				t.Error("another value")
			}
		})
	}
	wg.Wait()
	if made.Load() != 2 {
		t.Errorf("made %d values", made.Load())
	}
	c.Clear()
	if c.Get("abc") == first {
		t.Error("it has not been forgotten")
	}
}
