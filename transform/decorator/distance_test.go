package decorator

import "testing"

// A limit changes nothing below it.
func TestWithin(t *testing.T) {
	words := []string{"", "l", "lock", "clock", "lcok", "kcol", "readlock", "redlock", "readlcok", "lockread", "writelock", "nolock", "lockedclass", "classlocked", "a_name_that_is_longer_than_what_has_room"}
	for _, a := range words {
		for _, b := range words {
			d := distance(a, b)
			for limit := range 6 {
				if got := within(limit, a, b); d <= limit && got != d || d > limit && got <= limit {
					t.Errorf("%q and %q: %d within %d, and %d without a limit", a, b, got, limit, d)
				}
			}
		}
	}
	for _, of := range []struct {
		a, b string
		want int
	}{{"lock", "lcok", 1}, {"lock", "clock", 1}, {"lock", "kcol", 3}, {"", "lock", 4}, {"readlock", "redlock", 1}, {"lockread", "readlock", 8}} {
		if got := distance(of.a, of.b); got != of.want {
			t.Errorf("%q and %q: %d, want %d", of.a, of.b, got, of.want)
		}
	}
}
