package transform

// Construction: what runs while an object is being made, and is nobody else's.

// construction holds the methods that make an object, or take it apart.
var construction = map[string]bool{
	"__cinit__": true, "__init__": true, "__dealloc__": true, "__del__": true, "__setstate__": true, "__setstate_cython__": true,
	"__reduce_cython__": true,
}

// constructs reports whether a function belongs to the making of the object that
// a parameter is: a constructor, or a private function that the project calls
// with new objects only.
func (p *Project) constructs(f *function, param int) bool {
	if f.accessor != plain {
		return false
	}
	name := f.def.Name.Name
	return f.class != nil && param == 0 && construction[name] || privateName(name) && f.sum.called && !f.sum.shared[param]
}
