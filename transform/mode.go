package transform

// How an object is held.

// mode is how an object is held.
type mode uint8

const (
	read mode = iota
	write
)

func (m mode) String() string {
	if m == write {
		return "write"
	}
	return "read"
}
