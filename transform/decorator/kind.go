package decorator

import (
	"fmt"
)

// The three locks.

// Kind is which lock a class uses.
type Kind uint8

// The three locks, the default first.
const (
	RWLock Kind = iota
	CriticalSection
	Mutex
)

var kindNames = [...]string{"rwlock", "critical_section", "mutex"}

// String returns the name as in lock="…".
func (k Kind) String() string { return kindNames[k] }

// ParseKind returns the lock named s as in lock="…" and --lock.
func ParseKind(s string) (Kind, error) {
	for i, n := range kindNames {
		if n == s {
			return Kind(i), nil
		}
	}
	return 0, fmt.Errorf("unknown lock %q: use \"rwlock\", \"critical_section\" or \"mutex\"", s)
}
