// Package cache keeps values that are computed once for each key, whichever
// goroutine asks first. All that layers remember of sources, modules, classes and
// functions is kept in such caches.
package cache
