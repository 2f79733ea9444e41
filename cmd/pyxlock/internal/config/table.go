package config

// The table [tool.pyxlock] of a pyproject.toml: what may stand in it, and where its
// settings stand, so that what is wrong with one is told with its line.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	toml "github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"pyxlock/cmd/pyxlock/internal/console"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

// kind is what a setting takes.
type kind struct {
	is     func(v any) bool
	wanted string   // in words
	values []string // those of a word; none means any
}

var (
	text      = kind{is: isText, wanted: "a string in quotes"}
	texts     = kind{is: isTexts, wanted: "a list of strings: [\"one\", \"two\"]"}
	directory = kind{is: func(v any) bool { return isText(v) || isTexts(v) }, wanted: "a directory's name in quotes, or a list of them"}
	truth     = kind{is: func(v any) bool { _, ok := v.(bool); return ok }, wanted: "true or false"}
	number    = kind{is: func(v any) bool { _, ok := v.(int64); return ok }, wanted: "a whole number"}
	lists     = kind{is: isLists, wanted: "a table of lists: \"tests/**\" = [\"PXL1\"]"}
)

func isText(v any) bool { _, ok := v.(string); return ok }

func isTexts(v any) bool {
	list, ok := v.([]any)
	return ok && !slices.ContainsFunc(list, func(e any) bool { return !isText(e) })
}

func isLists(v any) bool {
	table, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for _, e := range table {
		if !isTexts(e) {
			return false
		}
	}
	return true
}

// oneOf is the kind of a setting with few values.
func oneOf(values ...string) kind {
	return kind{is: isText, wanted: "one of " + quoted(values), values: values}
}

func quoted(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, `"`+w+`"`)
	}
	return console.Join(out)
}

// settings are what may stand in [tool.pyxlock]. A test compares them with Settings.
var settings = map[string]kind{
	"lock":                     oneOf("rwlock", "critical_section", "mutex"),
	"locking":                  oneOf("on", "off", "check"),
	"layout":                   oneOf("readable", "aligned"),
	"runtime":                  oneOf("vendored", "package", "inline"),
	"color":                    oneOf("auto", "always", "never"),
	"include-path":             texts,
	"reads":                    texts,
	"locks":                    texts,
	"headers":                  texts,
	"src":                      directory,
	"jobs":                     number,
	"severity":                 oneOf("error", "warning", "note"),
	"select":                   texts,
	"ignore":                   texts,
	"per-file-ignores":         lists,
	"exclude":                  texts,
	"extend-exclude":           texts,
	"respect-gitignore":        truth,
	"force-exclude":            truth,
	"freethreading-compatible": truth,
	"baseline":                 text,
}

// table is what a file says in [tool.pyxlock].
type table struct {
	path   string
	values map[string]any
	places map[string][2]int // line and column of each setting
}

// errorAt is an error about a setting, with its place.
func (t *table) errorAt(key, format string, args ...any) error {
	at := t.path
	if p, ok := t.places[key]; ok {
		at = fmt.Sprintf("%s:%d:%d", t.path, p[0], p[1])
	}
	return fmt.Errorf("%s: [tool.pyxlock] %s", at, fmt.Sprintf(format, args...))
}

// where names the line of a setting.
func (t *table) where(key string) string {
	if p, ok := t.places[key]; ok {
		return fmt.Sprintf("%s:%d", t.path, p[0])
	}
	return t.path
}

// readTable reads the table; nil where there is none, or nothing in it.
func readTable(path string, data []byte) (*table, error) {
	switch { // editors and shells of Windows write these
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, fmt.Errorf("%s:1:1: the file is UTF-16, and TOML is UTF-8: save it as that", path)
	case !bytes.Contains(data, []byte("pyxlock")):
		return nil, nil
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return nil, fmt.Errorf("%s:1:1: the file begins with a byte order mark, which TOML does not allow: save it as UTF-8 without one", path)
	}
	var doc struct {
		Tool struct {
			Pyxlock any `toml:"pyxlock"`
		} `toml:"tool"`
	}
	if err := toml.Unmarshal(data, &doc); err != nil {
		var de *toml.DecodeError
		if errors.As(err, &de) {
			line, col := de.Position()
			return nil, fmt.Errorf("%s:%d:%d: %s", path, line, col, strings.TrimPrefix(de.Error(), "toml: "))
		}
		return nil, fmt.Errorf("%s: %v", path, err)
	}
	t := &table{path: path, places: placesIn(data)}
	switch v := doc.Tool.Pyxlock.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		t.values = v
	default:
		return nil, fmt.Errorf("%s: tool.pyxlock is not a table: write [tool.pyxlock], and the settings below it", path)
	}
	if len(t.values) == 0 {
		return nil, nil
	}
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		if err := t.check(key, t.values[key]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// check refuses a setting that is none, or that is of another kind.
func (t *table) check(key string, v any) error {
	k, ok := settings[key]
	if !ok {
		known := slices.Sorted(maps.Keys(settings))
		if near := transform.Nearest(key, known); near != "" {
			return t.errorAt(key, "has no setting %q: did you mean %q?", key, near)
		}
		return t.errorAt(key, "has no setting %q; it takes %s", key, console.Join(known))
	}
	word, isWord := v.(string)
	switch {
	case !k.is(v):
		return t.errorAt(key, "%s takes %s, not %s", key, k.wanted, k.wrong(v))
	case isWord && len(k.values) > 0 && !slices.Contains(k.values, word):
		return t.errorAt(key, "%s", strings.Replace(OneOf(key, word, k.values...).Error(), ": ", " = ", 1))
	}
	return nil
}

// wrong names what is wrong with a value that is not of the kind: of a list or a table that may
// stand there, the part that may not.
func (k kind) wrong(v any) string {
	if table, ok := v.(map[string]any); ok && k.wanted == lists.wanted {
		for _, key := range slices.Sorted(maps.Keys(table)) {
			if !isTexts(table[key]) {
				return fmt.Sprintf("%s for %q", spelled(table[key]), key)
			}
		}
	}
	return spelled(v)
}

// spelled is a value as it stands in the file, more or less.
func spelled(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case []any:
		if i := slices.IndexFunc(v, func(e any) bool { return !isText(e) }); i >= 0 {
			return "a list with " + spelled(v[i]) + " in it"
		}
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprint(v)
}

// located says of an error about a setting ("lock: …") where the setting stands.
func (t *table) located(err error) error {
	said, _, _ := strings.Cut(err.Error(), "\n")
	key, rest, ok := strings.Cut(said, ": ")
	if _, known := settings[key]; !ok || !known {
		return fmt.Errorf("%s: [tool.pyxlock]: %v", t.path, err)
	}
	return t.errorAt(key, "%s: %s", key, rest)
}

// decode fills in settings from the table, which has been checked.
func (t *table) decode(into *Settings) error {
	data, err := toml.Marshal(t.values)
	if err == nil {
		err = toml.Unmarshal(data, into)
	}
	if err != nil {
		return fmt.Errorf("%s: [tool.pyxlock]: %v", t.path, err)
	}
	return nil
}

// placesIn finds the settings in a file that parses.
func placesIn(data []byte) map[string][2]int {
	out := map[string][2]int{}
	p := unstable.Parser{}
	p.Reset(data)
	var walk func(e *unstable.Node, under []string) []string
	walk = func(e *unstable.Node, under []string) []string {
		path := slices.Clone(under)
		for it := e.Key(); it.Next(); {
			path = append(path, string(it.Node().Data))
			if len(path) == 3 && path[0] == "tool" && path[1] == "pyxlock" {
				if _, known := out[path[2]]; !known {
					start := p.Shape(it.Node().Raw).Start
					out[path[2]] = [2]int{start.Line, start.Column}
				}
			}
		}
		if e.Kind == unstable.KeyValue && e.Value().Kind == unstable.InlineTable {
			for it := e.Value().Children(); it.Next(); {
				walk(it.Node(), path)
			}
		}
		return path
	}
	var under []string
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			under = walk(e, nil)
		case unstable.KeyValue:
			walk(e, under)
		}
	}
	return out
}

// header is the start of a table in a pyproject.toml, as far as its name matters here.
var header = regexp.MustCompile(`(?m)^[ \t]*\[[ \t]*(?:tools?[ \t]*\.[ \t]*)?"?([A-Za-z_-]+)"?[ \t]*[.\]]`)

// sayMisspelt tells of a table that was meant to be [tool.pyxlock] and is not read.
func sayMisspelt(w io.Writer, path string, data []byte) {
	for _, m := range header.FindAllSubmatchIndex(data, -1) {
		name := string(data[m[2]:m[3]])
		whole := strings.TrimRight(strings.NewReplacer(" ", "", "\t", "", `"`, "").Replace(string(data[m[0]:m[1]])), ".]") + "]"
		if whole == "[tool.pyxlock]" || transform.Nearest(strings.ToLower(name), []string{"pyxlock", "pylock"}) != "pyxlock" {
			continue // pylock is another tool
		}
		line := 1 + bytes.Count(data[:m[2]], []byte("\n"))
		fmt.Fprintf(w, "pyxlock: %s:%d: %s is not read: did you mean [tool.pyxlock]?\n", terminal.Path(path), line, whole)
	}
}
