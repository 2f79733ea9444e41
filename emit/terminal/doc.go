// Package terminal makes text fit to be printed: on terminals, in logs, on pages.
//
// It knows which characters act on whoever reads them, our colours, and how many columns
// text takes. It does not know what the text says or where it goes.
//
// Begin reading at clean.go.
package terminal
