package rules

// The fix of PXL103, PXL105 and PXL106 that holds an object in a block, where a name stands for
// it. What blocks a function could have is found once for all that is missing in it.

import (
	"slices"

	"pyxlock/parser/ast"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/plan"
)

// missingBlocks are the blocks that would hold what is missing in a function: all that is missing
// in the same statements is taken together.
type missingBlocks struct {
	f      *effects.Function
	values []blockless
	// together are the blocks as they would be written, left what cannot be taken with others.
	together, left []*plan.Proposal
	used           map[ast.Span][]int // which of values are used at a place
	// about holds, by effect, which of together and left are about it.
	about [2]map[*effects.Effect][]int
}

// What about is of.
const (
	ofTogether = iota
	ofLeft
)

// note notes that one of a list is about some effects.
func (b *missingBlocks) note(which, i int, list []*effects.Effect) {
	if b.about[which] == nil {
		b.about[which] = map[*effects.Effect][]int{}
	}
	for _, e := range list {
		if have := b.about[which][e]; len(have) == 0 || have[len(have)-1] != i {
			b.about[which][e] = append(have, i)
		}
	}
}

// blockless is a value for which there is no block, with the effects on it.
type blockless struct {
	effects []*effects.Effect
	why     string
}

// blocksOf returns the blocks of a function. The rule goes from function to function, so that
// those of one are kept.
func blocksOf(c *checking, f *effects.Function) *missingBlocks {
	if c.blocks != nil && c.blocks.f == f {
		return c.blocks
	}
	b := &missingBlocks{f: f, used: map[ast.Span][]int{}}
	var list []*plan.Proposal
	asked := map[*effects.Effect]bool{}
	for i := range f.Sum.Effects {
		asked[&f.Sum.Effects[i]] = missingHere(c, f, &f.Sum.Effects[i])
	}
	for _, v := range effects.Values(c.p, f) {
		all := v.Effects
		v.Effects = slices.DeleteFunc(slices.Clone(all), func(e *effects.Effect) bool { return !asked[e] })
		p, why := plan.Propose(c.p, f, v)
		if p != nil && !p.OwnLine(f.Unit.File) {
			p, why = nil, "something else is on its line"
		}
		if p != nil {
			list = append(list, p)
		} else if why != "" {
			for _, u := range v.Uses {
				if at := b.used[u.Span]; len(at) == 0 || at[len(at)-1] != len(b.values) {
					b.used[u.Span] = append(at, len(b.values))
				}
			}
			b.values = append(b.values, blockless{all, why})
		}
	}
	b.together, b.left = plan.Together(list)
	for i, p := range b.together {
		b.note(ofTogether, i, p.Effects)
	}
	for i, p := range b.left {
		b.note(ofLeft, i, p.Effects)
	}
	c.blocks = b
	return b
}

// inBlock is the fix that holds the object in a block. Where there is none, it says why.
func inBlock(c *checking, f *effects.Function, e *effects.Effect) (fix *finding.Fix, why string) {
	b := blocksOf(c, f)
	for _, i := range b.used[e.Span] {
		if v := b.values[i]; slices.Contains(v.effects, e) {
			why = v.why
			break
		}
	}
	if slices.ContainsFunc(b.about[ofLeft][e], func(i int) bool { return b.left[i].Has(e) }) {
		why = plan.FoundUnderAnother
	}
	at := b.about[ofTogether][e]
	k := slices.IndexFunc(at, func(i int) bool { return b.together[i].Has(e) })
	if k < 0 {
		return nil, why
	}
	name, from := c.m.Scope.CythonIn(f.Unit.Source)
	if name == "" || from > f.Def.Pos {
		return nil, "the file does not import cython before it"
	}
	p := b.together[at[k]]
	ed := edit.NewEditor(f.Unit.File)
	plan.Write(ed, []*plan.Proposal{p}, name)
	return &finding.Fix{Message: "hold it while it is used: " + p.Header(name), Edits: ed.Finish()}, ""
}
