package effects

// Names that a function locks, as a tree: "self", "self._doc", "*others". What region a name
// leads to is found as the region comes to be, one step from the region that it is an
// attribute of, so that a path of n attributes takes n steps and not n².

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"

	"golang.org/x/text/unicode/norm"
)

// lockedName is a name, or the beginning of one, that a function locks.
type lockedName struct {
	next map[string]*lockedName
	// by are the decorators that name just this.
	by []*ast.Decorator
	// given is true where an annotation has the function lock it.
	given bool
}

// to returns what a name leads to from here; nil where no lock goes there.
func (l *lockedName) to(name string) *lockedName {
	for l != nil {
		first, rest, more := strings.Cut(name, ".")
		l = l.next[first]
		if !more {
			return l
		}
		name = rest
	}
	return nil
}

// add returns the name that a path leads to from here, which is made where it is not there.
func (l *lockedName) add(path string) *lockedName {
	for first := range strings.SplitSeq(path, ".") {
		n := l.next[first]
		if n == nil {
			if l.next == nil {
				l.next = map[string]*lockedName{}
			}
			n = &lockedName{}
			l.next[first] = n
		}
		l = n
	}
	return l
}

// nameLocks notes the names that the decorators of a function lock.
func (o *OwnLocks) nameLocks() {
	for _, d := range o.Decs {
		for _, a := range d.Args() {
			if s, ok := a.X.(*ast.Str); ok {
				n := o.names.add(norm.NFKC.String(s.Value))
				n.by = append(n.by, d.Node)
			}
		}
	}
}

// lockedAs returns the name of a region that comes to be in a function, as far as a lock of the
// function leads there. It agrees with PathOf.
func lockedAs(p *Program, f *Function, r *Region) *lockedName {
	own := p.OwnLocks(f)
	if own.names.next == nil {
		return nil
	}
	switch {
	case r.OfItems() && r.Root == NodeParam:
		return own.names.to(stars(f, int(r.Num)) + f.Def.Params.List[r.Num].Name.Name)
	case r.Parent < 0:
		return own.names.to(firstName(f, r))
	case r.Name == furtherOn:
		return nil
	}
	up := &f.Sum.Regions[r.Parent]
	if up.OfItems() && up.Root == NodeParam {
		return nil // no name leads to an attribute of an item
	}
	return up.locked.to(r.Name)
}

// names reports whether a decorator locks this by its name.
func (l *lockedName) names(d *ast.Decorator) bool { return l != nil && slices.Contains(l.by, d) }

// LocksBeside reports whether a function locks by its name, at its entry and in a mode that is enough, what an attribute of one
// of its regions holds: of its object, under @cython.write_lock("self.owner").
func LocksBeside(p *Program, f *Function, region int32, attr string, md Mode) bool {
	l := f.Sum.Regions[region].locked.to(attr)
	for _, d := range p.OwnLocks(f).Decs {
		if l.names(d.Node) && (md == Read || d.Name == "write_lock") {
			return true
		}
	}
	return false
}
