package c

// Copies made by hand, byte by byte or word by word: what is copied may be a part of a pointer.

// piece tells of a number, or of a pointer to some, whether they may be parts of pointers.
type piece uint8

const (
	pieceNone piece = iota
	pieceWide       // of a number that has room for a pointer, and may be one
	pieceRaw        // of whatever the caller has passed, which he knows best
	pieceSure       // of something that holds pointers, or that nobody knows
)

// raw reports whether a pointer of the type may lead to the bytes of anything.
func (t ctype) raw() bool {
	return t.ptr == 1 && !t.ref && (t.base == baseScalar || t.base == baseVoid)
}

// as is what a value leads to pieces of, if it becomes one of a type.
func (v value) as(t ctype) piece {
	switch {
	case v.roots == 0 || !t.raw() && !t.scalar():
		return pieceNone
	case t.scalar() && v.t.ptr > 0: // its address
		return pieceSure
	case v.piece != pieceNone || t.scalar():
		return v.piece
	case v.t.scalar() && !v.t.narrow: // an address
		return pieceSure
	case v.t.flat() && v.t.base == baseScalar && !v.t.narrow:
		return pieceWide
	case v.t.flat() || v.t.base == baseFunc:
		return pieceNone
	}
	return pieceSure
}

// pieces are the part of an analysis that is about them.
type pieces struct{ *analysis }

// takes is leads for what is assigned to a variable.
func (a pieces) takes(v *variable, from value) {
	v.count = from.count && v.t.scalar() && (v.count || v.roots == 0) || v.count && from.roots == 0
	p := from.as(v.t)
	if p > v.piece {
		v.piece = p
		a.grown = true
	}
	if p != pieceNone && from.roots&^v.roots != 0 { // a narrow number is enough for one
		v.roots |= from.roots
		a.grown = true
	}
	a.leads(v, from.roots)
}

// into is the local variable of which a value is the address, or the array.
func (v value) into() *variable {
	if v.of == nil && v.place == placeOwn && v.t.array {
		return v.owner
	}
	return v.of
}

// filled is takes for a variable of whatever type that gets bytes of what a pointer leads to.
func (a pieces) filled(v *variable, from value) {
	p := from.as(ctype{base: baseVoid, ptr: 1})
	if from.t.ptr == 0 || p == pieceNone {
		return
	}
	if p > v.piece || from.roots&^v.roots != 0 {
		v.piece = max(v.piece, p)
		v.roots |= from.roots
		a.grown = true
	}
}

// copies notes that a number is stored which was read from what roots lead to.
func (a pieces) copies(v value, at spot) {
	at.what = "copies bytes of what it leads to"
	switch v.piece {
	case pieceRaw:
		a.mark(v.roots, copied, at)
	case pieceSure:
		a.mark(v.roots, keeps|deep, at)
	}
}
