package effects

// How an object is held.

// Mode is how an object is held.
type Mode uint8

const (
	Read Mode = iota
	Write
)

// String returns "read" or "write".
func (m Mode) String() string {
	if m == Write {
		return "write"
	}
	return "read"
}
