package effects

// What functions of Python's library change that are given it: heappush(self.queue, x), operator.setitem(self.table, k, v),
// list.append(self.names, x).

import (
	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/library"
	"pyxlock/transform/syntax"
)

// changesFirst notes that a call changes the container that it is given first, where its function is one that does.
func changesFirst(b calls, e *ast.Call, args passed) {
	if len(args.pos) == 0 || args.pos[0] == 0 {
		return
	}
	n, sh := args.pos[0], b.shape(args.pos[0])
	if sh.Kind != ctype.Object || sh.Class != nil {
		return
	}
	module, path := b.m.Scope.LibraryPath(e.Fun)
	if len(path) > 0 && b.isLocal(syntax.Dotted(e.Fun)[0]) { // imported in the function, whatever as
		module = library.Arranges()[path[len(path)-1]]
		path = path[len(path)-1:]
	}
	if path == nil { // random.Random().shuffle
		path = []string{"", syntax.LastName(e.Fun)}
	}
	if changes, _ := library.ChangesFirst(module, path); !changes {
		return
	}
	b.effect(n, nil, OnValue, Write, true, ChangesContainer, syntax.LastName(e.Fun), e.Span)
	b.refill(n)
	b.put(n, unknownItem)
	b.flow.changed = append(b.flow.changed, n)
}
