package linebreak

import (
	"reflect"
	"testing"
)

func TestLineStarts(t *testing.T) {
	for _, tt := range []struct {
		text   string
		starts []int
		nl     string
	}{
		{"", nil, "\n"},
		{"a", []int{0}, "\n"},
		{"\n", []int{0}, "\n"},
		{"a\nb", []int{0, 2}, "\n"},
		{"a\r\nb\r\n", []int{0, 3}, "\r\n"},
		{"a\rb\r", []int{0, 2}, "\r"},
		{"\r\r\n\n\r", []int{0, 1, 3, 4}, "\r"},
		{"a\x0bb\x0c\u2028c\n", []int{0}, "\n"},
	} {
		if got := Starts([]byte(tt.text)); !reflect.DeepEqual(got, tt.starts) {
			t.Errorf("%q: %v, want %v", tt.text, got, tt.starts)
		}
		if got := Newline([]byte(tt.text)); got != tt.nl {
			t.Errorf("%q: newline %q, want %q", tt.text, got, tt.nl)
		}
	}
}

func TestLineAt(t *testing.T) {
	starts := Starts([]byte("a\nbc\n\nd"))
	for off, want := range []int{1, 1, 2, 2, 2, 3, 4, 4, 4} {
		if got := LineAt(starts, off); got != want {
			t.Errorf("offset %d: line %d, want %d", off, got, want)
		}
	}
	if got := LineAt(nil, 0); got != 1 {
		t.Errorf("empty text: line %d", got)
	}
}
