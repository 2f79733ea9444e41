package project

import (
	"errors"
	"slices"
	"testing"

	"pyxlock/internal/memory"
)

var family = memory.Files{
	"base.pxd":   "cdef class Base:\n    pass\n\n@cython.final\ncdef class Last:\n    pass\n",
	"base.pyx":   "cimport cython\ncdef class Base:\n    pass\ncdef class Last:\n    pass\ncdef class Here(Base):\n    pass\ncdef class Hidden:\n    pass\n",
	"named.pyx":  "from base cimport Base as Root\ncdef class Named(Root):\n    pass\n",
	"dotted.pyx": "cimport base\ncdef class Dotted(base.Base):\n    pass\n",
	"star.pyx":   "from base cimport *\ncdef class Star(\n        Base,  # the base\n        object):\n    pass\n",
	"typed.pyx":  "from base cimport Base\nctypedef Base Kind\ncdef class Typed(Kind):\n    pass\n",
	"mid.pxd":    "from base cimport Base\ncdef class Mid(Base):\n    pass\n",
	"mid.pyx":    "cdef class Mid(Base):\n    pass\n",
	"far.py":     "import cython\nfrom cython.cimports.mid import Mid\n@cython.cclass\nclass Far(Mid):\n    pass\n",
	"whole.pyx":  "from base cimport Base\ninclude \"part.pxi\"\n",
	"part.pxi":   "cdef class Part(Base):\n    pass\n",
	"other.pyx":  "cdef class Base:\n    pass\ncdef class Namesake(Base):\n    pass\n",
	"broken.pyx": "from base cimport Base\ncdef class Broken(Base:\n    pass\n",
	"words.pyx":  "# class Comment(Base):\ntext = 'class Quoted(Base)'\nsubclass = 1\n",
}

// names returns the classes that derive from one of base.pyx, as code of a module reckons.
func names(p *Project, from, name string) []string {
	var out []string
	for _, c := range p.Lineage.Derived(p.Module(from), p.Module("base").ClassByName[name]) {
		out = append(out, c.Name)
	}
	slices.Sort(out)
	return out
}

func TestSubclassesWhereverTheyAre(t *testing.T) {
	all := func() ([]string, error) {
		var out []string
		for path := range family {
			out = append(out, path)
		}
		slices.Sort(out)
		return out, nil
	}
	p := New(family, Options{Scope: all})
	want := []string{"Dotted", "Far", "Here", "Mid", "Named", "Part", "Star", "Typed"}
	if got := names(p, "base", "Base"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, name := range []string{"Last", "Hidden"} {
		if got := names(p, "base", name); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := p.Lineage.Heirs("base"); slices.Contains(got, "base") || !slices.Contains(got, "far") || slices.Contains(got, "mid.pxd") {
		t.Errorf("heirs: %v", got)
	}
}

// Only what may matter is parsed, and nothing is looked at without a reason.
func TestSubclassesAreReadLazily(t *testing.T) {
	asked := 0
	p := New(family, Options{Scope: func() ([]string, error) {
		asked++
		return []string{"words.pyx", "other.pyx", "mid.pyx", "mid.pxd", "base.pyx"}, nil
	}})
	names(p, "base", "Last")
	names(p, "base", "Hidden")
	if asked > 0 {
		t.Error("looked for subclasses of classes that nothing else can derive from")
	}
	if got := names(p, "base", "Base"); !slices.Equal(got, []string{"Here", "Mid"}) {
		t.Errorf("got %v", got)
	}
	names(p, "mid", "Base")
	if asked != 1 {
		t.Errorf("looked %d times", asked)
	}
	// Code that is not in the scope is compiled without what the scope has.
	if got := names(p, "star", "Base"); !slices.Equal(got, []string{"Here"}) {
		t.Errorf("from elsewhere: %v", got)
	}
}

func TestScopeThatCannotBeRead(t *testing.T) {
	wrong := errors.New("no")
	p := New(family, Options{Scope: func() ([]string, error) { return nil, wrong }})
	if err := p.Lineage.Err(); err != nil {
		t.Error(err)
	}
	names(p, "base", "Base")
	if err := p.Lineage.Err(); err != wrong {
		t.Error(err)
	}
}
