package rules

// The fix of PXL103, PXL105 and PXL106 that holds an object in a block, where a name stands for
// it. What blocks a function could have is found once for all that is missing in it.

import (
	"slices"

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
}

// blockless is a value for which there is no block, with all that is done to it.
type blockless struct {
	effects []*effects.Effect
	uses    []effects.Use
	why     string
}

// blocksOf returns the blocks of a function. The rule goes from function to function, so that
// those of one are kept.
func blocksOf(c *checking, f *effects.Function) *missingBlocks {
	if c.blocks != nil && c.blocks.f == f {
		return c.blocks
	}
	b := &missingBlocks{f: f}
	var list []*plan.Proposal
	for _, v := range effects.Values(c.p, f) {
		all := v.Effects
		v.Effects = slices.DeleteFunc(slices.Clone(all), func(e *effects.Effect) bool { return !missingHere(c, f, e) })
		p, why := plan.Propose(c.p, f, v)
		if p != nil && !p.OwnLine(f.Unit.File) {
			p, why = nil, "something else is on its line"
		}
		if p != nil {
			list = append(list, p)
		} else if why != "" {
			b.values = append(b.values, blockless{all, v.Uses, why})
		}
	}
	b.together, b.left = plan.Together(list)
	c.blocks = b
	return b
}

// inBlock is the fix that holds the object in a block. Where there is none, it says why.
func inBlock(c *checking, f *effects.Function, e *effects.Effect) (fix *finding.Fix, why string) {
	b := blocksOf(c, f)
	for _, v := range b.values {
		if slices.Contains(v.effects, e) && slices.ContainsFunc(v.uses, func(u effects.Use) bool { return u.Span == e.Span }) {
			why = v.why
			break
		}
	}
	if slices.ContainsFunc(b.left, func(p *plan.Proposal) bool { return p.Has(e) }) {
		why = plan.FoundUnderAnother
	}
	i := slices.IndexFunc(b.together, func(p *plan.Proposal) bool { return p.Has(e) })
	if i < 0 {
		return nil, why
	}
	name, at := c.m.Scope.CythonIn(f.Unit.Source)
	if name == "" || at > f.Def.Pos {
		return nil, "the file does not import cython before it"
	}
	p := b.together[i]
	ed := edit.NewEditor(f.Unit.File)
	plan.Write(ed, []*plan.Proposal{p}, name)
	return &finding.Fix{Message: "hold it while it is used: " + p.Header(name), Edits: ed.Finish()}, ""
}
