package finding

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/edit"
)

// Finding is one message about one place. Findings of a run are ordered by
// file, offset and code.
type Finding struct {
	Code    string // "PXL201"
	Path    string
	Span    ast.Span
	Line    int    // 1-based
	Column  int    // 1-based, in characters
	Message string // what is wrong
	Help    string // what to do; "" where the message says it
	Related []Related
	Warning bool // does not stop a rewrite
	Note    bool // a warning that rests on something out of sight; what is in sight does not bear it out
	Fix     *Fix // the one safe answer; nil where there is none
	// ByHand is true where no command proposes what to do, though one does of other findings with
	// this code.
	ByHand bool
	// Cause is the same in findings that are one thing to do: many places that miss one
	// lock. "" is in a finding that is one by itself. Codes that say how a lock is missed
	// (103, 105, 106, 107) have their causes in common, others each their own.
	Cause string
	// Vague is true where nothing names the object that it is about. Of findings with one cause, others are told first.
	Vague bool
	// Writes is true where what is done to the object writes to it, or may. Of findings with one cause, these are told first.
	Writes bool
	// Gist is the part of the message that stays while the finding does, where the rest
	// tells of other code; "" where all of it does.
	Gist string
	// Scope is the definition that it stands in, "Class.method"; "" at the level of the
	// module. Of what a check reports it is known.
	Scope string
}

// Fix is an answer to a finding that needs no thought: applying it changes
// nothing but what the finding is about.
type Fix struct {
	Message string // what it does, as a command: "lock for writing"
	// Edits change the finding's own file. They are ordered and do not overlap,
	// and leave a file that parses. A fix whose edits meet another's is applied
	// in a later round.
	Edits []edit.Edit
}

// Related is a further place that a finding speaks of.
type Related struct {
	Path         string
	Line, Column int
	Message      string
}

// Sort orders findings by path, offset, code and message.
func Sort(fs []Finding) {
	slices.SortStableFunc(fs, Compare)
}

// Compare orders findings by path, offset, code and message.
func Compare(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Span.Pos, b.Span.Pos), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
}

// Dedupe drops findings that say what the one before them says.
func Dedupe(fs []Finding) []Finding {
	var out []Finding
	for i, f := range fs {
		if i > 0 && Same(fs[i-1], f) {
			continue
		}
		out = append(out, f)
	}
	return out
}

// Same reports whether two findings say the same: modules that share a file
// each find what is wrong with it.
func Same(a, b Finding) bool {
	return a.Path == b.Path && a.Span == b.Span && a.Code == b.Code && a.Message == b.Message
}

// Group is one thing to do: a finding, and the further places that have the same cause.
type Group struct {
	Finding
	Also []Finding
}

// Said is what a further place says, after its code where that is another.
func (g Group) Said(also Finding) string {
	if also.Code != g.Code {
		return also.Code + " " + also.Message
	}
	return also.Message
}

// kin is the code whose causes the findings with a code share: whoever uses guarded state without
// its lock misses the same lock, by which of several ways he comes to the state.
func kin(code string) string {
	switch code {
	case Function, UnlockedHelper, Override:
		return Missing
	}
	return code
}

// Groups puts findings together that have one cause. Of these the first is told that is no note and that names its object,
// where one does: whoever reads it can look there who else has that. Else it is one outside of constructors. Of several, what writes
// goes before what reads, what somebody does from outside before what helpers of the class do, and where nothing has a name,
// what few calls lead to before others. The groups are in the order of what is told, those that are nothing but notes last.
func Groups(fs []Finding) []Group {
	var heads []int // by group, the finding that is told
	numbers := Numbers(fs)
	for i, n := range numbers {
		if n > len(heads) {
			heads = append(heads, i)
		} else if h := &heads[n-1]; fs[i].weight() > fs[*h].weight() {
			*h = i
		}
	}
	groups := make([]Group, len(heads))
	for i, n := range numbers {
		if i == heads[n-1] {
			groups[n-1].Finding = fs[i]
		} else {
			groups[n-1].Also = append(groups[n-1].Also, fs[i])
		}
	}
	out := make([]Group, 0, len(groups))
	slices.SortFunc(heads, func(a, b int) int { return cmp.Or(cmp.Compare(order(fs[a]), order(fs[b])), cmp.Compare(a, b)) })
	for _, h := range heads {
		out = append(out, groups[numbers[h]-1])
	}
	return out
}

// weight is the larger the more there is to be seen where a finding is.
func (f *Finding) weight() int {
	w := 3
	switch {
	case f.Note:
		return 0
	case f.Vague && (strings.HasSuffix(f.Scope, ".__init__") || strings.HasSuffix(f.Scope, ".__cinit__")):
		w = 1 // what an object is made with is new as often as not
	case f.Vague:
		w = 2
	}
	w *= 4
	if f.Writes {
		w += 2
	}
	if f.Code != UnlockedHelper {
		w++
	}
	w *= manySteps
	if f.Vague {
		w += manySteps - 1 - min(len(f.Related), manySteps-1)
	}
	return w
}

// manySteps is from how many related places on it makes no difference how many there are.
const manySteps = 16

// order puts notes behind the others.
func order(f Finding) int {
	if f.Note {
		return 1
	}
	return 0
}

// Numbers numbers findings from 1 by the things to do: those that have one cause have one number.
func Numbers(fs []Finding) []int {
	type key struct{ code, cause string }
	known := map[key]int{}
	out := make([]int, len(fs))
	n := 0
	for i, f := range fs {
		k := key{kin(f.Code), f.Cause}
		if known[k] == 0 || f.Cause == "" {
			n++
			known[k] = n
		}
		out[i] = known[k]
	}
	return out
}

// Less orders places by file and line.
func Less(p1 string, l1 int, p2 string, l2 int) bool {
	if p1 != p2 {
		return filepath.ToSlash(p1) < filepath.ToSlash(p2)
	}
	return l1 < l2
}

// Plural says how many there are of what is named in the singular.
func Plural(n int, what string) string { return PluralOf(n, what, what+"s") }

// PluralOf says how many there are of what has an irregular plural.
func PluralOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
