package sourcemap

// Positions in the C that Cython writes.

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pyxlock/emit/linebreak"
)

// translated ends C whose positions were translated, so that nothing is
// translated twice where outputs and sources have the same names.
const translated = "/* pyxlock: the positions above are those of the sources */\n"

// TranslateC returns C or C++ that Cython 3.0 or later generated from outputs,
// with the positions in it as positions in the sources: in what it raises, traces
// and profiles, in code objects, in "#line" and in comments. So tracebacks, and
// what reads the C, cite the files that people edit.
//
// Lines that pyxlock wrote, and nobody else, are no lines to those who count: they raise
// what they raise as the line that they stand for, but are not traced, and what reads the
// comments (Cython.Coverage) does not take them for code of that line.
//
// lookup returns for a file, called as Cython called it, what the C is to call
// it and where its lines come from; ok is false for other files, which stay. The
// line tables of code objects are not translated. ok is false where src is no such C, or was
// translated before; then src is returned.
func TranslateC(src []byte, lookup func(name string) (to string, lines LineMap, ok bool)) (out []byte, ok bool) {
	if bytes.HasSuffix(src, []byte(translated)) {
		return src, false
	}
	t := &cTranslation{}
	begin, end, ok := t.files(src, lookup)
	if !ok {
		return src, false
	}
	t.used(src[end:])
	out = make([]byte, 0, len(src)+len(translated))
	var previous []byte // the description of a code object, until its file is known
	for at := 0; at < len(src); {
		next := linebreak.End(src, at)
		line := src[at:next]
		switch {
		case at == begin:
			out = append(out, t.table...)
			next = end
		case previous != nil:
			if m := codeFileRE().FindSubmatch(line); m != nil {
				file := t.fileOf(m[1], m[3])
				out = append(out, t.description(file, previous)...)
				out = append(out, t.codeFile(file, line)...)
				previous = nil
			} else if bytes.Contains(line, []byte("varnames")) {
				// Between the two there is one line.
				previous = append(slices.Clip(previous), line...)
			} else {
				out = append(append(out, previous...), line...)
				previous = nil
			}
		case descriptionRE().Match(line):
			previous = line
		case traceLineRE().Match(line) && bytes.Contains(src[next:linebreak.End(src, next)], []byte("pyxlock_releases_gil(")):
			// Stands on the line of somebody's cimport, which nobody traces.
			line = slices.Concat([]byte("if (0) { "), bytes.TrimRight(line, "\r\n"), []byte(" }"), line[len(bytes.TrimRight(line, "\r\n")):])
			out = t.line(out, line)
		default:
			out = t.line(out, line)
		}
		at = next
	}
	out = append(out, previous...)
	if n := len(out); n > 0 && out[n-1] != '\n' {
		out = append(out, '\n')
	}
	return append(out, translated...), true
}

// cTranslation is a translation under way.
type cTranslation struct {
	of    []cFile        // by the numbers that the C uses
	codes map[string]int // the files of code objects, by the objects' numbers; -1 for several
	table []byte         // the new table of the files' names
	tab   bool           // strings are in one table, which may be compressed
}

// sourceName gives the name of a source to the code objects of a module whose strings Cython
// keeps in one table, compressed. The string that is there was made for nothing else. It
// is one line with what follows: debuggers have the numbers of the C's lines.
const sourceName = `CYTHON_UNUSED static PyObject *__pyxlock_source_name(PyObject **slot, const char *name) { ` +
	`PyObject *other; if (PyUnicode_CompareWithASCIIString(*slot, name) == 0) return *slot; ` +
	`if ((other = PyUnicode_FromString(name))) { PyObject *old = *slot; *slot = other; Py_DECREF(old); } else PyErr_Clear(); ` +
	`return *slot; } `

// cFile is an entry of the table of files.
type cFile struct {
	from, to string
	lines    LineMap
	known    bool
}

var (
	tableRE = lazyRE(`(?m)^static const char ?\* ?(?:const )?__pyx_f\[\] = \{\r?\n`)
	entryRE = lazyRE(`(?m)\A[ \t]*("(?:[^"\\\n]|\\.)*"),\r?\n`)

	raiseRE       = lazyRE(`__PYX_(?:MARK_)?ERR(?:_POS)?\((\d+), (\d+)[,)]`)
	traceLineRE   = lazyRE(`__Pyx_TraceLine\((\d+),`)
	traceStartRE  = lazyRE(`__Pyx_Trace(?:Call|StartFunc|StartGen)\("[^"]*", __pyx_f\[(\d+)\], (\d+),`)
	codeObjectRE  = lazyRE(`__Pyx_PyCode_New\(.*, (\d+), __pyx_empty_bytes\)`)
	descriptionRE = lazyRE(`__Pyx_PyCode_New_function_description descr = \{.*\), (\d+)(?:, \d+)?\};`)
	codeFileRE    = lazyRE(`__pyx_codeobj_tab\[(\d+)\] = __Pyx_PyCode_New\(descr, varnames, ([^,]*?__pyx_[a-z]+_[a-z]_(\w+)),`)
	codeUseRE     = lazyRE(`__pyx_codeobj_tab\[(\d+)\]`)
	commentRE     = lazyRE(`^[ \t]*/\* "([^"\n]+)":(\d+)\r?\n`)
	directiveRE   = lazyRE(`^[ \t]*#line (\d+) "([^"\n]+)"`)
	constantRE    = lazyRE(`^static const char __pyx_k_\w+\[\] = ("(?:[^"\\]|\\.)*");`)
)

// files reads the table of files, which lies in src from begin to end, and
// writes the new one. ok is false where there is none, or no file of it is known.
func (t *cTranslation) files(src []byte, lookup func(string) (string, LineMap, bool)) (begin, end int, ok bool) {
	m := tableRE().FindIndex(src)
	if m == nil {
		return 0, 0, false
	}
	t.table = append(t.table, src[m[0]:m[1]]...)
	for end = m[1]; ; {
		e := entryRE().FindSubmatchIndex(src[end:])
		if e == nil {
			renamed := slices.ContainsFunc(t.of, func(f cFile) bool { return f.known && f.from != f.to })
			if t.tab = renamed && bytes.Contains(src, []byte("__pyx_string_tab[")); t.tab {
				t.table = append([]byte(sourceName), t.table...)
			}
			return m[0], end, ok
		}
		name := cUnquote(src[end+e[2] : end+e[3]])
		f := cFile{from: name, to: name}
		if to, lines, known := lookup(name); known {
			f.to, f.lines, f.known, ok = to, lines, true, true
		}
		t.of = append(t.of, f)
		t.table = append(t.table, src[end:end+e[2]]...)
		t.table = append(t.table, cQuote(f.to)...)
		t.table = append(t.table, src[end+e[3]:end+e[1]]...)
		end += e[1]
	}
}

// source returns the source line of a line of the file with a number, and whether it was
// generated.
func (t *cTranslation) source(file, line []byte) (src []byte, generated, ok bool) {
	i, err := strconv.Atoi(string(file))
	if err != nil || i >= len(t.of) || !t.of[i].known {
		return nil, false, false
	}
	return t.of[i].line(line)
}

func (f *cFile) line(line []byte) (src []byte, generated, ok bool) {
	n, err := strconv.Atoi(string(line))
	if err != nil || n < 1 {
		return nil, false, false
	}
	to, generated := f.lines.ToSource(n)
	return strconv.AppendInt(nil, int64(to), 10), generated, true
}

// replaced is a piece of a line of C with what takes its place.
type replaced struct {
	from, to int
	text     []byte
}

// line appends a line of C to out, translated.
func (t *cTranslation) line(out, line []byte) []byte {
	var edits []replaced
	number := func(from, to int, file []byte) (generated bool) {
		n, generated, ok := t.source(file, line[from:to])
		if ok {
			edits = append(edits, replaced{from, to, n})
		}
		return generated
	}
	start := bytes.TrimLeft(line, " \t")
	switch {
	case bytes.HasPrefix(start, []byte(`"`)) || bytes.HasPrefix(start, []byte("* ")) || bytes.HasPrefix(start, []byte("const char")):
		return append(out, line...) // text of the program's
	case bytes.HasPrefix(line, []byte("static const char ")):
		if m := constantRE().FindSubmatchIndex(line); m != nil {
			name := cUnquote(line[m[2]:m[3]])
			for _, f := range t.of {
				if f.known && f.from == name {
					edits = append(edits, replaced{m[2], m[3], []byte(cQuote(f.to))})
					break
				}
			}
		}
	case bytes.Contains(line, []byte("__PYX_")) || bytes.Contains(line, []byte("__Pyx_Trace")):
		var file []byte // the one that the line is about
		for _, m := range raiseRE().FindAllSubmatchIndex(line, -1) {
			file = line[m[2]:m[3]]
			number(m[4], m[5], file)
		}
		for _, m := range traceStartRE().FindAllSubmatchIndex(line, -1) {
			number(m[4], m[5], line[m[2]:m[3]])
		}
		for _, m := range codeObjectRE().FindAllSubmatchIndex(line, -1) {
			number(m[2], m[3], file)
		}
		if m := traceLineRE().FindSubmatchIndex(line); m != nil {
			generated := number(m[2], m[3], file)
			if end := len(bytes.TrimRight(line, "\r\n")); generated {
				edits = append(edits, replaced{m[0], m[0], []byte("if (0) { ")}, replaced{end, end, []byte(" }")})
			}
		}
	case bytes.Contains(line, []byte(`/* "`)):
		if m := commentRE().FindSubmatchIndex(line); m != nil {
			edits = t.named(line, m[2], m[3], m[4], m[5])
		}
	case bytes.Contains(line, []byte("#line ")):
		if m := directiveRE().FindSubmatchIndex(line); m != nil {
			edits = t.named(line, m[4], m[5], m[2], m[3])
		}
	}
	slices.SortStableFunc(edits, func(a, b replaced) int { return a.from - b.from })
	done := 0
	for _, e := range edits {
		out = append(append(out, line[done:e.from]...), e.text...)
		done = e.to
	}
	return append(out, line[done:]...)
}

// named translates a position that is written with the file's name. Cython
// writes the path below the package's root there where it can.
func (t *cTranslation) named(line []byte, nameFrom, nameTo, from, to int) []replaced {
	name := string(line[nameFrom:nameTo])
	var found *cFile
	for i := range t.of {
		f := &t.of[i]
		plain := asASCII(f.from)
		if plain != name && !strings.HasSuffix(plain, "/"+name) && !strings.HasSuffix(name, "/"+plain) {
			continue
		}
		if found != nil && asASCII(found.from) == name {
			continue // the whole name beats a part of it
		}
		if found != nil && plain != name {
			return nil // it could be either
		}
		found = f
	}
	if found == nil || !found.known {
		return nil
	}
	n, generated, ok := found.line(line[from:to])
	if !ok {
		return nil
	}
	edits := []replaced{{from, to, n}}
	if generated && nameFrom < from { // a comment
		edits = append(edits, replaced{nameFrom - 1, nameFrom - 1, []byte("for ")})
	}
	if name == asASCII(found.from) && found.to != found.from {
		edits = append(edits, replaced{nameFrom, nameTo, []byte(asASCII(found.to))})
	}
	return edits
}

// used finds out which files the code objects are of: a line that uses one says for
// its errors where it is, or, where lines are traced, the function that it is for.
func (t *cTranslation) used(src []byte) {
	t.codes = map[string]int{}
	for at := 0; at < len(src); {
		i := bytes.Index(src[at:], []byte("__pyx_codeobj_tab["))
		if i < 0 {
			return
		}
		end := linebreak.End(src, at+i)
		line := src[bytes.LastIndexByte(src[:at+i], '\n')+1 : end]
		at = end
		code, names := codeUseRE().FindSubmatch(line), raiseRE().FindSubmatch(line)
		if bytes.Contains(line, []byte("__Pyx_TraceFrameInit(")) {
			// The file is said a few lines further down, where the function begins.
			names = traceStartRE().FindSubmatch(src[end:min(end+1000, len(src))])
		}
		if code == nil || names == nil {
			continue
		}
		file, err := strconv.Atoi(string(names[1]))
		if err != nil || file >= len(t.of) {
			continue
		}
		if before, ok := t.codes[string(code[1])]; ok && before != file {
			file = -1
		}
		t.codes[string(code[1])] = file
	}
}

// Cython cuts names off that are longer than about this.
const longIdent = 30

// fileOf returns the file of a code object, or nil. ident is its name as a C identifier, as far
// as that is one.
func (t *cTranslation) fileOf(code, ident []byte) *cFile {
	found, several := -1, false
	if file, ok := t.codes[string(code)]; ok {
		found = file
	} else {
		for i := range t.of {
			id := strings.Trim(notWordRE().ReplaceAllString(t.of[i].from, "_"), "_")
			if id == string(ident) {
				return t.known(i)
			}
			if len(ident) >= longIdent && strings.HasPrefix(id, string(ident)) {
				several = several || found >= 0
				found = i
			}
		}
		if several {
			return nil // it could be either
		}
	}
	return t.known(found)
}

func (t *cTranslation) known(i int) *cFile {
	if i < 0 || !t.of[i].known {
		return nil
	}
	return &t.of[i]
}

// description translates what says where the function of a code object begins.
func (t *cTranslation) description(file *cFile, line []byte) []byte {
	if file == nil {
		return line
	}
	m := descriptionRE().FindSubmatchIndex(line)
	n, _, ok := file.line(line[m[2]:m[3]])
	if !ok {
		return line
	}
	return slices.Concat(line[:m[2]], n, line[m[3]:])
}

// codeFile translates the line that makes a code object: which file it is of.
func (t *cTranslation) codeFile(file *cFile, line []byte) []byte {
	if file == nil || !t.tab || file.from == file.to {
		return line
	}
	m := codeFileRE().FindSubmatchIndex(line)
	call := fmt.Sprintf("__pyxlock_source_name(&%s, %s)", line[m[4]:m[5]], cQuote(file.to))
	return slices.Concat(line[:m[4]], []byte(call), line[m[5]:])
}

var notWordRE = lazyRE(`[^A-Za-z0-9_]+`)

// asASCII returns a name as Cython writes it in comments.
func asASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 126 {
			return '?'
		}
		return r
	}, s)
}

// cUnquote returns the bytes of a C string literal.
func cUnquote(lit []byte) string {
	lit = bytes.Trim(lit, `"`)
	var b strings.Builder
	for i := 0; i < len(lit); i++ {
		if lit[i] != '\\' || i+1 == len(lit) {
			b.WriteByte(lit[i])
			continue
		}
		i++
		n, j := 0, i
		for ; j < len(lit) && j < i+3 && '0' <= lit[j] && lit[j] <= '7'; j++ {
			n = n*8 + int(lit[j]-'0')
		}
		if j > i {
			b.WriteByte(byte(n))
			i = j - 1
		} else {
			b.WriteByte(lit[i])
		}
	}
	return b.String()
}

// cQuote returns a C string literal of printable ASCII.
func cQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(rune(c)))
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// C returns C that Cython generated with the positions in outputs as positions
// in their sources, see TranslateC. Outputs are known by the maps beside them. ok
// is false where it names none.
func (l *Locator) C(src []byte) (out []byte, ok bool, err error) {
	out, ok = TranslateC(src, func(name string) (string, LineMap, bool) {
		m, e := l.find(name)
		if e != nil && err == nil {
			err = e
		}
		if m == nil {
			return "", LineMap{}, false
		}
		return relSlash(".", m.SourcePath(m.path)), m.Lines, true
	})
	return out, ok, err
}
