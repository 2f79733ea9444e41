// Package golden runs the goldens under testdata: one txtar a behaviour. What
// an archive may hold is described in testdata/README.md.
//
// The tests rewrite every input, compare the output with what the archive
// expects, have real Cython compile every output, and build, import and call
// those that come with a test.py.
package golden

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// A Case is one golden.
type Case struct {
	Name     string // "rewrite/property/decorated", "refuse/yield"
	Path     string // of the archive
	Refuse   bool   // under testdata/refuse: pyxlock must refuse the input
	Annotate bool   // under testdata/annotate: pyxlock must propose decorators
	Ar       *txtar.Archive

	Flags    []string // for pyxlock rewrite and preview, or annotate
	Versions []string // of Cython, "3.0"; those that can compile the output
	Modes    []string // "c", "c++"
	// Directives and Env are what "cython -X" and "cython -E" take.
	Directives []string
	Env        map[string]string
	// Warnings is true where Cython is known to warn, about IF and DEF for one.
	Warnings bool
	encoding map[string][]string // by path below in/
}

// AllVersions are the Cythons in tools/pins, oldest first.
var AllVersions = []string{"3.0", "3.1", "3.2", "3.3"}

// LoadCases reads every golden below root, the testdata folder.
func LoadCases(root string) ([]*Case, error) {
	var cases []*Case
	for _, top := range []string{"rewrite", "refuse", "annotate"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(p) != ".txtar" {
				return err
			}
			c, err := loadCase(root, p)
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			cases = append(cases, c)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return cases, nil
}

func loadCase(root, p string) (*Case, error) {
	ar, err := txtar.ParseFile(p)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(root, p)
	if err != nil {
		return nil, err
	}
	name = strings.TrimSuffix(filepath.ToSlash(name), ".txtar")
	c := &Case{
		Name:     name,
		Path:     p,
		Refuse:   strings.HasPrefix(name, "refuse/"),
		Annotate: strings.HasPrefix(name, "annotate/"),
		Ar:       ar,
		Versions: AllVersions,
		Modes:    []string{"c", "c++"},
		encoding: map[string][]string{},
	}
	if len(bytes.TrimSpace(ar.Comment)) == 0 {
		return nil, fmt.Errorf("the archive must open with what it shows")
	}
	if data, ok := c.File("flags"); ok {
		c.Flags = strings.Fields(string(data))
	}
	if data, ok := c.File("cython"); ok {
		if err := c.constraints(string(data)); err != nil {
			return nil, fmt.Errorf("cython: %w", err)
		}
	}
	if data, ok := c.File("encode"); ok {
		for line := range strings.Lines(string(data)) {
			fields := strings.Fields(line)
			if len(fields) < 2 {
				return nil, fmt.Errorf("encode: want FILE CODEC..., have %q", line)
			}
			for _, name := range fields[1:] {
				if _, ok := codecs[name]; !ok {
					return nil, fmt.Errorf("encode: no codec %q", name)
				}
			}
			c.encoding[fields[0]] = fields[1:]
		}
	}
	if len(c.Tree("in")) == 0 {
		return nil, fmt.Errorf("no in/ files")
	}
	dirs := []string{"in", "want", "aligned"}
	files := []string{"flags", "cython", "encode", "unchanged", "test.py", "threads.py", "stdout", "stderr", "stderr.full"}
	if c.Annotate {
		dirs, files = []string{"in", "want"}, []string{"flags", "cython", "encode", "unchanged", "list", "stderr", "check"}
	}
	for _, f := range ar.Files {
		if top, _, dir := strings.Cut(f.Name, "/"); dir && !slices.Contains(dirs, top) || !dir && !slices.Contains(files, top) {
			return nil, fmt.Errorf("no meaning is given to a file named %q", f.Name)
		}
	}
	return c, nil
}

// constraints reads the "cython" file: "key: values" lines.
func (c *Case) constraints(text string) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		values := strings.Fields(value)
		if !ok {
			return fmt.Errorf("want KEY: VALUES, have %q", line)
		}
		switch key {
		case "versions":
			for _, v := range values {
				if !slices.Contains(AllVersions, v) {
					return fmt.Errorf("no Cython %q", v)
				}
			}
			c.Versions = values
		case "modes":
			for _, v := range values {
				if v != "c" && v != "c++" {
					return fmt.Errorf("no mode %q", v)
				}
			}
			c.Modes = values
		case "warnings":
			c.Warnings = value != "" && values[0] == "allowed"
		case "cython-args":
			for i := 0; i+1 < len(values); i += 2 {
				switch values[i] {
				case "-X":
					c.Directives = append(c.Directives, values[i+1])
				case "-E":
					if c.Env == nil {
						c.Env = map[string]string{}
					}
					k, v, _ := strings.Cut(values[i+1], "=")
					c.Env[k] = v
				default:
					return fmt.Errorf("cython-args: -X and -E are known, not %q", values[i])
				}
			}
		default:
			return fmt.Errorf("no key %q", key)
		}
	}
	return nil
}

// File returns one file of the archive.
func (c *Case) File(name string) ([]byte, bool) {
	for _, f := range c.Ar.Files {
		if f.Name == name {
			return f.Data, true
		}
	}
	return nil, false
}

// called reports whether what is compiled is imported and called, too.
func (c *Case) called() bool {
	_, test := c.File("test.py")
	_, threads := c.File("threads.py")
	return test || threads
}

// SetFile replaces or adds a file of the archive.
func (c *Case) SetFile(name string, data []byte) {
	for i := range c.Ar.Files {
		if c.Ar.Files[i].Name == name {
			c.Ar.Files[i].Data = data
			return
		}
	}
	c.Ar.Files = append(c.Ar.Files, txtar.File{Name: name, Data: data})
}

// RemoveTree drops every file below top.
func (c *Case) RemoveTree(top string) {
	c.Ar.Files = slices.DeleteFunc(c.Ar.Files, func(f txtar.File) bool {
		return strings.HasPrefix(f.Name, top+"/")
	})
}

// Tree returns the files below top, by their path below it, as readable text.
func (c *Case) Tree(top string) map[string]string {
	tree := map[string]string{}
	for _, f := range c.Ar.Files {
		if name, ok := strings.CutPrefix(f.Name, top+"/"); ok {
			tree[name] = string(f.Data)
		}
	}
	return tree
}

// Want returns the files that a layout's output must consist of: those of the
// input, with the ones that the archive has below top in their place.
func (c *Case) Want(top string) map[string]string {
	want := c.Tree("in")
	for name, text := range c.Tree(top) {
		want[name] = text
	}
	return want
}

// WriteInput lays the input out below dir, encoded.
func (c *Case) WriteInput(dir string) error {
	for name, text := range c.Tree("in") {
		data, err := c.encode(name, text)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil {
			return err
		}
	}
	return nil
}

// ReadOutput reads a tree that was written from the case's input, decoded. What
// pyxlock puts at its root for "cimport pyxlock" is left out: it is checked by itself.
func (c *Case) ReadOutput(dir string) (map[string]string, error) {
	tree := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if name == "pyxlock.pxd" || name == "pyxlock_check.pxd" {
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		tree[name], err = c.decode(name, data)
		return err
	})
	return tree, err
}

// A codec makes the bytes of a file from the text in the archive, which is
// UTF-8 with "\n" line ends, and back.
type codec struct {
	encode func(string) string
	decode func(string) string
}

var codecs = map[string]codec{
	"crlf": replaceCodec("\n", "\r\n"),
	"cr":   replaceCodec("\n", "\r"),
	"bom": {
		func(s string) string { return "\ufeff" + s },
		func(s string) string { return strings.TrimPrefix(s, "\ufeff") },
	},
	"no-eol": { // no line end at the end of the file
		func(s string) string { return strings.TrimSuffix(s, "\n") },
		func(s string) string { return s + "\n" },
	},
	"latin-1": {
		func(s string) string {
			var b strings.Builder
			for _, r := range s {
				b.WriteByte(byte(r))
			}
			return b.String()
		},
		func(s string) string {
			var b strings.Builder
			for i := range len(s) {
				b.WriteRune(rune(s[i]))
			}
			return b.String()
		},
	},
}

func replaceCodec(from, to string) codec {
	return codec{
		func(s string) string { return strings.ReplaceAll(s, from, to) },
		func(s string) string { return strings.ReplaceAll(s, to, from) },
	}
}

func (c *Case) encode(name, text string) ([]byte, error) {
	s := text
	for _, codec := range c.encoding[name] {
		s = codecs[codec].encode(s)
	}
	return []byte(s), nil
}

// decode undoes encode. Bytes that encode would not make are an error: the
// output then mixes line ends, or lost its byte order mark.
func (c *Case) decode(name string, data []byte) (string, error) {
	s := string(data)
	for _, codec := range slices.Backward(c.encoding[name]) {
		s = codecs[codec].decode(s)
	}
	again, err := c.encode(name, s)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(again, data) {
		return "", fmt.Errorf("%s is not encoded as %s throughout: %q", name, strings.Join(c.encoding[name], ", "), data)
	}
	return s, nil
}

var includedFile = regexp.MustCompile(`(?m)^\s*include\s+["']([^"']+\.pyx)["']`)

// Modules returns the files of an output tree that Cython compiles: every .pyx
// that no other file includes, and every .py that uses the cython module or has
// a .pxd beside it.
func Modules(tree map[string]string) []string {
	included := map[string]bool{}
	for name, text := range tree {
		for _, m := range includedFile.FindAllStringSubmatch(text, -1) {
			included[path.Join(path.Dir(name), m[1])] = true
		}
	}
	var names []string
	for name, text := range tree {
		switch path.Ext(name) {
		case ".pyx":
			if !included[name] {
				names = append(names, name)
			}
		case ".py":
			_, augmented := tree[strings.TrimSuffix(name, ".py")+".pxd"]
			if path.Base(name) != "__init__.py" && (augmented || strings.Contains(text, "import cython")) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o666)
}
