// Package baseline keeps what pyxlock check found on the day that somebody began to use
// it, so that later runs report what is new.
//
// It knows the file and how findings are compared with it: by a fingerprint that stays
// when lines move. It does not know who wants findings left out, nor what is printed.
//
// Begin reading at Baseline.
package baseline
