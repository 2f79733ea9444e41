package removal

// What check says of a weakened tree, compared with what it says of the tree as it was.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pyxlock/transform"
)

// Outcome is what became of a weakening.
type Outcome string

// The outcomes, in the order of the table.
const (
	Told     Outcome = "told"           // by a finding that was not there
	ToldNote Outcome = "as a note"      // by one that rests on what is out of sight
	Within   Outcome = "within"         // a finding that was there says more, or something else
	Same     Outcome = "same program"   // what is expanded is the same, so no lock is missing
	Callee   Outcome = "callees lock"   // what the function calls takes the lock by itself
	Callers  Outcome = "callers hold"   // the function is no entry, and those who call it hold the lock
	Needless Outcome = "needless"       // by pyxlock's explanation, the function does nothing that needs it
	Already  Outcome = "of it before"   // check says before that the function misses a lock
	Lost     Outcome = "a finding less" // something is not told any more, and nothing instead
	Silent   Outcome = "silent"
)

// Outcomes has them all.
var Outcomes = []Outcome{Told, ToldNote, Within, Same, Callee, Callers, Needless, Already, Lost, Silent}

// Base is a tree as it was.
type Base struct {
	Tree      *Tree
	findings  []transform.Finding
	count     map[string]int // by what a finding says
	whole     map[string]int // with its places
	rewritten map[string]string
}

// NewBase asks about a tree.
func NewBase(t *Tree) (*Base, error) {
	fs, err := t.Check()
	if err != nil {
		return nil, err
	}
	b := &Base{Tree: t, findings: fs, rewritten: t.Rewritten()}
	b.count, b.whole = counted(fs)
	return b, nil
}

// counted counts findings by what they say, and by that with their places.
func counted(fs []transform.Finding) (count, whole map[string]int) {
	count, whole = map[string]int{}, map[string]int{}
	for _, f := range fs {
		count[key(f)]++
		whole[key(f)+fmt.Sprint(f.Help, f.Related)]++
	}
	return count, whole
}

func key(f transform.Finding) string {
	return fmt.Sprint(f.Code, severity(f), f.Path, f.Line, ":", f.Column, f.Message)
}

// Answer is what check tells of a weakened tree.
type Answer struct {
	Outcome
	News []transform.Finding // those that are new
	Why  []string            // where nothing is new: how pyxlock explains what the function holds now
}

// Compare returns what check tells of the tree with a lock weakened.
func (b *Base) Compare(w *Weakening) (Answer, error) {
	t := b.Tree.Without(w)
	now, err := t.Check()
	if err != nil {
		return Answer{}, err
	}
	count, whole := counted(now)
	a := Answer{Outcome: Silent}
	for _, f := range now {
		if count[key(f)] > b.count[key(f)] {
			a.News = append(a.News, f)
			if a.Outcome != Told {
				a.Outcome = ToldNote
			}
			if !f.Note {
				a.Outcome = Told
			}
		}
	}
	if a.Outcome != Silent {
		return a, nil
	}
	for k, n := range whole {
		if n > b.whole[k] {
			return Answer{Outcome: Within}, nil
		}
	}
	if is := t.Rewritten(); is != nil && b.rewritten != nil && AsStrong(b.rewritten, is) {
		return Answer{Outcome: Same}, nil
	}
	was := b.Tree.Explain(w)
	for _, line := range t.Explain(w) {
		if !slices.Contains(was, line) {
			a.Why = append(a.Why, line)
		}
	}
	switch o := explained(a.Why); {
	case o != "":
		a.Outcome = o
	case !w.needed(was):
		a.Outcome = Needless
	case !maps.Equal(count, b.count):
		a.Outcome = Lost
	case b.of(w) != "":
		a.Outcome = Already
	}
	return a, nil
}

// explanations end in what makes the lack of a lock no bug, by pyxlock's own account of the weakened function.
var explanations = []struct {
	end string
	Outcome
}{
	{"as inferred", Same},
	{"as inferred, at each step", Same},
	{"since it can be called again", Same},
	{"since what it calls locks it", Callee},
	{"its callers hold the lock", Callers},
	{"it does not change once its object is made", Needless},
	{needsNone, Needless},
	{"exempt by no_lock", Needless},
}

// explained returns the outcome that the last of some lines speaks of, "" where one of them says something else.
func explained(lines []string) (o Outcome) {
	for _, line := range lines {
		o = ""
		for _, e := range explanations {
			if strings.HasSuffix(line, e.end) {
				o = e.Outcome
			}
		}
		if o == "" {
			return ""
		}
	}
	return o
}

// needed reports whether an explanation of a function says that it does to an object what a lock was for.
func (w *Weakening) needed(explained []string) bool {
	return len(explained) == 0 && w.Scope == "" || len(w.Objects) == 0 || slices.ContainsFunc(explained, func(line string) bool {
		object, does, _ := strings.Cut(line, ": ")
		return (slices.Contains(w.Objects, object) || object == "an object") && (w.Kind != ReadForWrite && w.Kind != InferredRead || !strings.HasPrefix(does, "reads it"))
	})
}

// AsStrong reports whether a tree is expanded to what it was expanded to, but for locks that are stronger: a write lock in
// place of a read lock, or one that was not there.
func AsStrong(was, is map[string]string) bool {
	for name, before := range was {
		now := is[name]
		if now == before {
			continue
		}
		a, b := strings.Split(before, "\n"), strings.Split(now, "\n")
		if len(b) > len(a) {
			continue
		}
		if len(b) < len(a) {
			return false
		}
		for i := range a {
			if a[i] != b[i] && strings.ReplaceAll(a[i], "pyxlock.read", "pyxlock.write") != b[i] {
				return false
			}
		}
	}
	return len(is) == len(was)
}

// of returns the codes of what was said of the weakened function before.
func (b *Base) of(w *Weakening) string {
	var codes []string
	for _, f := range b.findings {
		if f.Path == w.Path && (f.Scope == w.Scope || strings.HasPrefix(f.Scope, w.Scope+".")) && f.Code >= "PXL100" && f.Code < "PXL300" {
			codes = append(codes, f.Code)
		}
	}
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), " ")
}

// Table counts outcomes by kind.
type Table map[Kind]map[Outcome]int

// Add counts one.
func (t Table) Add(k Kind, o Outcome) {
	if t[k] == nil {
		t[k] = map[Outcome]int{}
	}
	t[k][o]++
}

// String is the table in Markdown.
func (t Table) String() string {
	var b strings.Builder
	b.WriteString("| weakened | tried |")
	for _, o := range Outcomes {
		fmt.Fprintf(&b, " %s |", o)
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(Outcomes)+1) + "\n")
	sum := map[Outcome]int{}
	row := func(name string, counts map[Outcome]int) {
		n := 0
		for _, c := range counts {
			n += c
		}
		fmt.Fprintf(&b, "| %s | %d |", name, n)
		for _, o := range Outcomes {
			fmt.Fprintf(&b, " %d |", counts[o])
		}
		b.WriteString("\n")
	}
	for _, k := range Kinds {
		if t[k] != nil {
			row(string(k), t[k])
		}
		for o, n := range t[k] {
			sum[o] += n
		}
	}
	row("**all**", sum)
	return b.String()
}

// Because says what an answer rests on, where pyxlock's own explanation has it.
func (a Answer) Because() string {
	if len(a.Why) == 0 {
		return ""
	}
	return " (" + strings.Join(a.Why, "; ") + ")"
}

// ByPlace orders weakenings by where they stand.
func ByPlace(a, b Weakening) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), a.Line-b.Line, strings.Compare(string(a.Kind), string(b.Kind)))
}
