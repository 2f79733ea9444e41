package parser

// access.go notes on names, attributes and subscripts what is done to the place
// they denote. Nodes are made as Read; a statement or operator that does more
// says so here once it knows.

import "pyxlock/parser/ast"

// setTarget marks x as assigned to, deleted, or a loop's target. The places
// that it is reached through are stored through.
func setTarget(x ast.Expr, a ast.Access) {
	switch x := x.(type) {
	case *ast.Name:
		x.Access = a
	case *ast.Attribute:
		x.Access = a
		setThrough(x.X)
	case *ast.Subscript:
		x.Access = a
		setThrough(x.X)
	case *ast.Starred:
		setTarget(x.X, a)
	case *ast.Paren:
		setTarget(x.X, a)
	case *ast.Cast:
		setTarget(x.X, a)
	case *ast.Collection:
		for _, e := range x.Elems {
			setTarget(e, a)
		}
	}
}

// setThrough marks what a store goes through on its way to its target.
func setThrough(x ast.Expr) {
	for {
		switch n := x.(type) {
		case *ast.Name:
			n.Access = ast.StoreThrough
			return
		case *ast.Attribute:
			n.Access = ast.StoreThrough
			x = n.X
		case *ast.Subscript:
			n.Access = ast.StoreThrough
			x = n.X
		case *ast.Paren:
			x = n.X
		case *ast.Cast:
			x = n.X
		default:
			return
		}
	}
}

// setAddress marks x as having its address taken, with the attributes and
// subscripts whose storage it lies in.
func setAddress(x ast.Expr) {
	for {
		switch n := x.(type) {
		case *ast.Name:
			n.Access = ast.AddressOf
			return
		case *ast.Attribute:
			n.Access = ast.AddressOf
			x = n.X
			if _, ok := x.(*ast.Name); ok {
				return
			}
		case *ast.Subscript:
			n.Access = ast.AddressOf
			x = n.X
		case *ast.Paren:
			x = n.X
		default:
			return
		}
	}
}

// setCalled marks the function of a call.
func setCalled(x ast.Expr) {
	switch n := x.(type) {
	case *ast.Name:
		n.Access = ast.Called
	case *ast.Attribute:
		n.Access = ast.Called
	case *ast.Subscript:
		n.Access = ast.Called
	case *ast.Paren:
		setCalled(n.X)
	}
}

// isAddress reports whether fun is cython.address under a name that the file
// has imported before.
func (p *parser) isAddress(fun ast.Expr) bool {
	switch fun := fun.(type) {
	case *ast.Name:
		for _, n := range p.address {
			if n == fun.Name {
				return true
			}
		}
	case *ast.Attribute:
		if fun.Attr.Name != "address" {
			return false
		}
		if m, ok := fun.X.(*ast.Name); ok {
			for _, n := range p.modules {
				if n == m.Name {
					return true
				}
			}
		}
	}
	return false
}
