// Package sourcemap knows which source line each line of an output comes from.
//
// It keeps that in map files beside outputs and translates positions by it, in what other
// programs print (filter.go) and in the C that Cython writes (csource.go). It does not
// know how outputs are made (emit/splice), and nothing of findings.
//
// Begin reading at LineMap (linemap.go), then at Locator (locate.go).
package sourcemap
