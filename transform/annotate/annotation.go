package annotate

import (
	"fmt"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"sort"
	"strings"
)

// What an annotation proposes, and how it is told.

// Annotation is what Annotate proposes.
type Annotation struct {
	Rewrites []*edit.Rewrite   // one for each input, in the order of the inputs
	Findings []finding.Finding // files that do not parse, for which there are no proposals
	Classes  []ClassNote
	Methods  []MethodNote
}

// ClassNote is the verdict on one class and why.
type ClassNote struct {
	Name    string
	Path    string
	Line    int
	Verdict Verdict
	// Below is true of a class that is locked for the state of a subclass alone.
	Below bool
	// Why tells which line decides, for a class that is or was to be locked.
	Why     string
	Related []finding.Related
}

// ByHand stands in place of a decorator where the hand-written lock of the class should be held.
const ByHand = "by hand"

// MethodNote is one proposed decorator.
type MethodNote struct {
	Name      string // "Class.method"
	Path      string
	Line      int
	Decorator string // "read_lock", "write_lock", "no_lock"; "block" for one in the body; ByHand
	Snapshot  bool   // of a generator that runs to its end when it is called
	Why       string // the line that decides, or the reason of a no_lock
	// Rests are the C functions on which a write_lock rests alone: were they known to read, it
	// would be a read_lock, or need others.
	Rests []effects.Reader
}

// Verdict is what an annotation makes of a class.
type Verdict uint8

// The verdicts on a class with C attributes.
const (
	Locked     Verdict = iota // gets locked_class
	Already                   // has it
	Inherits                  // shares the lock of a base
	Immutable                 // nothing changes it once it is made
	HandLocked                // its methods hold locks that people placed
	Opaque                    // extern, or its body is not in sight
	Unlockable                // would need a lock and cannot have one
	Exempt                    // a person says, with a reason, that it needs none
)

var verdictNames = [...]string{"locked", "already locked", "shares its base's lock", "immutable", "locked by hand", "not in sight", "cannot be locked", "exempt by no_lock"}

// String returns the verdict in words.
func (v Verdict) String() string { return verdictNames[v] }

// of returns the verdict in words on so many classes.
func (v Verdict) of(n int) string {
	switch {
	case v == Inherits && n > 1:
		return "share their base's lock"
	case v == Unlockable:
		return v.String() + " (--list says why)"
	}
	return v.String()
}

// Summary returns the verdicts counted, most first, for people.
func (n *Annotation) Summary() string {
	count := map[Verdict]int{}
	below := 0
	for _, c := range n.Classes {
		count[c.Verdict]++
		if c.Below {
			below++
		}
	}
	var parts []string
	for v := range verdictNames {
		if k := count[Verdict(v)]; k > 0 {
			part := fmt.Sprintf("%d %s", k, Verdict(v).of(k))
			if Verdict(v) == Locked && below > 0 {
				part += fmt.Sprintf(" (%d of them for a subclass's state)", below)
			}
			parts = append(parts, part)
		}
	}
	decs := map[string]int{}
	snapshots := 0
	for _, m := range n.Methods {
		decs[m.Decorator]++
		if m.Snapshot {
			snapshots++
		}
	}
	var ds []string
	for _, d := range []string{"read_lock", "write_lock", "no_lock", "block"} {
		if decs[d] > 0 {
			ds = append(ds, fmt.Sprintf("%d %s", decs[d], d))
		}
	}
	out := "classes with C attributes: " + strings.Join(parts, ", ")
	if len(parts) == 0 {
		out = "no classes with C attributes"
	}
	if len(ds) > 0 {
		out += "; methods: " + strings.Join(ds, ", ")
	}
	if decs[ByHand] > 0 {
		out += fmt.Sprintf("; %s without the hand-written lock of their class (--list says which)", finding.Plural(decs[ByHand], "method"))
	}
	if snapshots > 0 {
		out += fmt.Sprintf(", %d of them with snapshot=True", snapshots)
	}
	return out
}

// SortNotes orders classes and methods by file and line.
func (n *Annotation) SortNotes() {
	sort.SliceStable(n.Classes, func(i, j int) bool {
		return finding.Less(n.Classes[i].Path, n.Classes[i].Line, n.Classes[j].Path, n.Classes[j].Line)
	})
	sort.SliceStable(n.Methods, func(i, j int) bool {
		return finding.Less(n.Methods[i].Path, n.Methods[i].Line, n.Methods[j].Path, n.Methods[j].Line)
	})
}
