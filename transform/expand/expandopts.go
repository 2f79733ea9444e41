package expand

// How an expansion is laid out.

// Layout is how an expansion is laid out.
type Layout uint8

// Readable re-indents bodies as a person would; Aligned keeps them on their lines.
const (
	Readable Layout = iota
	Aligned
)

// Runtime tells where expanded code finds the rwlock.
type Runtime uint8

// Vendored and Package both cimport pyxlock: a file at the root of the output
// tree or the installed package. Inline pastes the runtime into each file.
const (
	Vendored Runtime = iota
	Package
	Inline
)

// Options are the settings that change what is written.
type Options struct {
	Off     bool // remove the decorators, lock nothing
	Layout  Layout
	Runtime Runtime
	// InlineRuntime is the text to paste with Runtime Inline.
	InlineRuntime string
	// Check adds checks at run time to what On writes; InlineCheck is their text to paste.
	Check       bool
	InlineCheck string
	// Called returns what a file is called in what checks report; nil leaves its path.
	Called func(path string) string
}

func (o *Options) called(path string) string {
	if o.Called == nil {
		return path
	}
	return o.Called(path)
}
