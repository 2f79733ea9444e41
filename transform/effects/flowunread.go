package effects

// Members that may be defined where nothing was read: in a base class whose module
// does not parse, cannot be read, or includes what is not there.

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/project"
)

// mayBeUnread notes a use of a member of an object of class c, perhaps a write, where
// nobody knows what the member is: no class of c's line, the nearest first, defines it
// before one of which something was not read. With inherited it is what super() finds.
// It reports whether that is so.
func (b *builder) mayBeUnread(n int32, c *project.Class, name string, inherited bool, span ast.Span) bool {
	if n == 0 || name == "__class__" { // its type, whatever that is
		return false
	}
	for i, a := range c.Ancestry() {
		unread := false
		if i > 0 || !inherited {
			own := b.p.Own(a)
			if a.FieldByName[name] != nil || len(own.Plain[name]) > 0 || len(own.Props[name]) > 0 {
				return false
			}
			unread = a.PartlyRead()
		}
		if !unread && !a.BaseUnread() {
			continue
		}
		b.effect(n, c, OnState, Write, false, UsesUnread, name, span)
		noted := &b.flow.Actions[len(b.flow.Actions)-1]
		noted.Field = "" // any: the member is no attribute of that name
		if unread && b.p.Guards(a) {
			noted.raw = false // its members take the lock
		}
		return true
	}
	return false
}
