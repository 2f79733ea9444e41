package c

// Files with definitions of what the headers declare. A library that is bundled has many, of which a few
// functions are asked for: what each of them defines is noted, and only those with something that is asked
// for are kept.

import (
	"path"
	"slices"
	"strings"
)

// definitions are the sources that define a function, in their order.
func (l *Library) definitions(name string) []*file {
	if l.defined == nil {
		l.defined = map[string][]string{}
		for _, s := range l.opts.Sources {
			l.note(path.Clean(s))
		}
	}
	var out []*file
	for _, at := range l.defined[name] {
		if f := l.read(at); f != nil {
			l.follow(f)
			out = append(out, f)
		}
	}
	return out
}

// note notes what a source defines.
func (l *Library) note(at string) {
	f := l.files[at]
	if f == nil {
		if l.opts.Read == nil || l.noted > maxBytes {
			return
		}
		src, ok := l.opts.Read(at)
		if !ok {
			return
		}
		l.noted += len(src)
		f = &file{text: lex(src)}
		f.index = newIndex(f.text)
	}
	for name, list := range f.funcs {
		if slices.ContainsFunc(list, func(isl island) bool {
			return isl.body >= 0 && (strings.Contains(name, "::") || !f.has(isl, "static"))
		}) {
			l.defined[name] = append(l.defined[name], at)
		}
	}
}

// inSources returns the definitions of a name that other files may use.
func (l *Library) inSources(name string) []*def {
	var out []*def
	for _, g := range l.definitions(name) {
		for _, isl := range g.funcs[name] {
			if isl.body >= 0 && !g.has(isl, "static") {
				out = append(out, &def{file: g, home: g, isl: isl})
			}
		}
	}
	return out
}
