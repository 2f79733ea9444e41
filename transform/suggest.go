package transform

// Which entries of the setting reads would turn write locks into read locks.

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"pyxlock/transform/effects"
	"pyxlock/transform/library"
)

// Suggestion is C functions of one family, of which no header says that they write, and what
// naming them in Reads would do. Whether they do only read is for a person to say.
type Suggestion struct {
	Family string // "gr_*", "Trie.*", or the one name
	Names  []string
	Locks  int // the write locks that become read locks, or go
}

// Suggestions are those of a set of files.
type Suggestions struct {
	List   []Suggestion
	Writes int // the write locks that annotate proposes
	Rest   int // those that stay with all of the list
}

const (
	maxFamilies = 24 // whose effect is found out; each costs an annotation
	maxRounds   = 6
)

// SuggestReads finds them. newProject makes a project with more entries for Reads.
func SuggestReads(ctx context.Context, newProject func(reads []string) *Project, inputs []string, jobs int) (*Suggestions, error) {
	look := func(reads []string) (int, []effects.Reader, error) {
		n, err := newProject(reads).Annotate(ctx, inputs, jobs)
		if err != nil {
			return 0, nil, err
		}
		writes := 0
		var rests []effects.Reader
		for _, m := range n.Methods {
			if m.Decorator == "write_lock" {
				writes++
				rests = append(rests, m.Rests...)
			}
		}
		return writes, rests, nil
	}
	writes, rests, err := look(nil)
	if err != nil {
		return nil, err
	}
	out := &Suggestions{Writes: writes, Rest: writes}
	var c candidates
	for range maxRounds { // behind one another comes to light
		if !c.take(rests) {
			break
		}
		if out.Rest, rests, err = look(c.all); err != nil {
			return nil, err
		}
	}
	for f, list := range c.families {
		slices.Sort(list)
		if len(list) == 1 {
			f = list[0]
		}
		out.List = append(out.List, Suggestion{Family: f, Names: list})
	}
	bySize := func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(len(b.Names), len(a.Names)), cmp.Compare(a.Family, b.Family))
	}
	slices.SortFunc(out.List, bySize)
	out.List = out.List[:min(len(out.List), maxFamilies)]
	for i := range out.List {
		rest, _, err := look(out.List[i].Names)
		if err != nil {
			return nil, err
		}
		out.List[i].Locks = max(0, writes-rest) // a class may also get a lock that it had not
	}
	slices.SortStableFunc(out.List, func(a, b Suggestion) int { return cmp.Compare(b.Locks, a.Locks) })
	return out, nil
}

// candidates are entries that may be suggested.
type candidates struct {
	all      []string
	families map[string][]string
}

// take adds those on which locks rest, and reports whether any is new. A function whose name
// speaks of writing means what comes first among its parameters, unless that is what others of
// its family only look at: gr_heap_init(ctx).
func (c *candidates) take(rests []effects.Reader) bool {
	if c.families == nil {
		c.families = map[string][]string{}
	}
	before := len(c.all)
	add := func(entry, family string) {
		if !slices.Contains(c.all, entry) {
			c.all = append(c.all, entry)
			c.families[family] = append(c.families[family], entry)
		}
	}
	for _, r := range rests {
		family := familyOf(r)
		switch {
		case !r.First && r.Param != "":
			add(r.Name+"("+r.Param+")", family+"("+r.Param+")")
		case !library.SoundsLikeWriting(r.Name):
			add(r.Name, family)
		}
	}
	for _, r := range rests {
		family := familyOf(r) + "(" + r.Param + ")"
		if r.First && library.SoundsLikeWriting(r.Name) && len(c.families[family]) >= 3 && !soundsLikeWritingTo(r) {
			add(r.Name+"("+r.Param+")", family)
		}
	}
	return len(c.all) > before
}

// familyOf is the part of a name that those of one library or class share.
func familyOf(r effects.Reader) string {
	if class, _, ok := strings.Cut(r.Name, "."); ok {
		return class + ".*"
	}
	if lib, _, ok := strings.Cut(strings.TrimLeft(r.Name, "_"), "_"); ok {
		return lib + "_*"
	}
	return r.Name
}

// soundsLikeWritingTo reports whether a function is named after the parameter: gr_ctx_set(ctx).
func soundsLikeWritingTo(r effects.Reader) bool {
	return r.Param == "" || slices.Contains(strings.Split(r.Name, "_"), r.Param)
}
