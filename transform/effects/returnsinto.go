package effects

// Pointers that functions return into the state of what an attribute holds: "return self._doc.c_doc.dtd". What is
// written there is the state of the document, and of its attribute c_doc, and not that of whoever has the document.

import (
	"pyxlock/transform/ctype"
	"pyxlock/transform/project"
)

// maxReturns bounds through how many functions a returned pointer is followed.
const maxReturns = 4

// leadsAlong is leadsInto, also for what functions return that are called: the one attribute that each pointer which
// may be returned leads into, "" where these are several or one is not known.
func leadsAlong(p *Program, fl *Flow, n int32, depth int) string {
	if in := fl.leadsInto(n); in != "" || depth == 0 {
		return in
	}
	all := ""
	also := func(in string) bool {
		if all == "" {
			all = in
		}
		return in != "" && in == all
	}
	for range 16 {
		x := &fl.Nodes[n]
		switch x.Kind {
		case NodeInside, NodeCast:
			n = x.Base
			continue
		case NodeLocal:
			if len(x.From) == 1 {
				n = x.From[0]
				continue
			}
			if depth == maxReturns {
				return "" // nothing that is returned
			}
			for _, from := range x.From {
				if from != 0 && fl.Nodes[from].Kind != NodeNothing && fl.Nodes[from].Kind != NodeKept && !also(leadsAlong(p, fl, from, depth-1)) {
					return ""
				}
			}
		case NodeCall:
			for _, g := range fl.Calls[x.Num].Callees {
				p.FlowOf(g)
				for _, r := range g.Flow.Returns {
					if !also(leadsAlong(p, g.Flow, r, depth-1)) {
						return ""
					}
				}
			}
		}
		return all
	}
	return ""
}

// heldBy is the class of the object that a region's attribute holds, for a pointer into that object's state; nil where it
// is not declared, or into which of the object's attributes the pointer leads is not known. Of a class of C's,
// of one that is not in sight and of one for which somebody answers nothing would be told: what is written there stays
// that of whoever has the object.
func heldBy(s *Solver, call int32, shape ctype.Shape, x *Region) *project.Class {
	if shape.Kind == ctype.Object || x.Owner == nil || leadsAlong(s.p, s.flow, call, maxReturns) == "" {
		return nil
	}
	f := x.Owner.Field(x.Name)
	if f == nil {
		return nil
	}
	c := s.p.Types.OfField(f).Class
	if c == nil || c.Extern || c.Def == nil || s.p.Locks.Exempted(c) != nil {
		return nil
	}
	return c
}
