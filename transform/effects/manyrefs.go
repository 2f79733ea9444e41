package effects

// Values that may be any of very many objects. A variable that each of n statements gives another
// object may be any of n; told apart, these take n² steps. Beyond maxRefs, the attributes of one object are
// one region, and so is what is reached from them, as it is beyond maxPath; what comes from nowhere
// in sight is one object. No path leads to these: who uses one that has a lock is told that it is not
// held. In nine real packages no value may be more than 59 objects.

// maxRefs is how many objects a value may be that are told apart.
const maxRefs = 128

// merging makes many objects one region.
type merging struct{ *Solver }

// few returns objects as they are, or regions that stand for all of them where there are many.
func (s merging) few(refs []Ref) []Ref {
	if len(refs) <= maxRefs {
		return refs
	}
	s.merged = true
	var set refSet
	for _, r := range refs {
		set.add(Ref{s.merge(r.Region), r.Class})
	}
	return set.list
}

// merge returns the region that stands for one and all others like it.
func (s merging) merge(r int32) int32 {
	x := s.sum.Regions[r]
	if x.Root == NodeUnknown && x.Parent < 0 {
		return s.intern(Region{Root: NodeUnknown, Num: -1, Parent: -1})
	}
	if x.Parent < 0 || x.OfItems() || x.Name == furtherOn && x.depth == 1 {
		return r
	}
	up := s.merge(x.Parent)
	if s.sum.Regions[up].Name == furtherOn && s.sum.Regions[up].depth > 1 {
		return up
	}
	x = Region{Root: x.Root, Num: s.sum.Regions[up].Num, Parent: up, Name: furtherOn, Owner: x.Owner, depth: 1}
	if s.sum.Regions[up].depth > 0 || s.sum.Regions[up].Parent >= 0 {
		x.depth = maxPath + 1
	}
	return s.intern(x)
}

// indistinct reports whether a region stands for many that merge has made one.
func (s merging) indistinct(region int32) bool {
	for ; region >= 0; region = s.sum.Regions[region].Parent {
		if x := &s.sum.Regions[region]; x.Name == furtherOn || x.Root == NodeUnknown && x.Num < 0 {
			return true
		}
	}
	return false
}
