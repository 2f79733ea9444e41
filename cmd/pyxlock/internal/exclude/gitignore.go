package exclude

// .gitignore files: which paths git would ignore, without asking git. The patterns
// become doublestar globs; TestGitignore holds the answers against git's.

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"

	"pyxlock/cmd/pyxlock/internal/fspath"
	"pyxlock/emit/fileio"
)

// gitPattern is one line of a .gitignore.
type gitPattern struct {
	prefix  string // what stands before the first special character
	glob    string // the rest
	suffix  string // what glob says after one star, where that is all: most are "*.o"
	negated bool
	dirOnly bool
	byName  bool // matches names anywhere below, not paths
}

func (p *gitPattern) matches(subject string) bool {
	rest, ok := strings.CutPrefix(subject, p.prefix)
	if !ok || p.glob == "" {
		return ok && rest == ""
	}
	if p.suffix != "" && p.byName {
		return strings.HasSuffix(rest, p.suffix)
	}
	return doublestar.MatchUnvalidated(p.glob, bytewise(rest))
}

// bytewise makes each byte of a text a character, since that is what git takes for one.
func bytewise(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(rune(text[i]))
	}
	return b.String()
}

// GitRules are the patterns that hold in a directory: those of its own .gitignore,
// and behind them those of the directories above.
type GitRules struct {
	dir      string // absolute
	patterns []gitPattern
	above    *GitRules
	// all says that git ignores the directory, and so all that is in it.
	all bool
	// tracked are the files of the repository; nil where there is none. Git never
	// ignores what it tracks.
	tracked *trackedFiles
	known   map[string]*GitRules // answers of Below
}

// Below returns the rules in a directory, which is absolute. A repository of its
// own follows its own rules only.
func (g *GitRules) Below(dir string) (*GitRules, error) {
	if g != nil {
		if own, ok := g.known[dir]; ok {
			return own, nil
		}
	}
	own, err := g.read(dir)
	if g != nil && err == nil {
		if g.known == nil {
			g.known = map[string]*GitRules{}
		}
		g.known[dir] = own
	}
	return own, err
}

func (g *GitRules) read(dir string) (*GitRules, error) {
	if fspath.Exists(filepath.Join(dir, ".git")) {
		g = &GitRules{dir: dir, tracked: &trackedFiles{top: dir}}
	} else if g.Matches(dir, true) {
		return &GitRules{dir: dir, all: true, tracked: g.tracked}, nil
	}
	path := filepath.Join(dir, ".gitignore")
	// git does not follow a link here, either; what else is no file, it may wait for.
	if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
		return g, nil
	}
	data, err := fileio.ReadFileMax(path, fspath.MaxSettings)
	if errors.Is(err, fs.ErrPermission) {
		return g, nil
	}
	if err != nil {
		return nil, fspath.Plain(err)
	}
	own := &GitRules{dir: dir, above: g}
	if g != nil {
		own.tracked = g.tracked
	}
	for line := range strings.SplitSeq(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
		if p, ok := parseGitPattern(strings.TrimSuffix(line, "\r")); ok {
			own.patterns = append(own.patterns, p)
		}
	}
	return own, nil
}

// Tracks reports whether git tracks Cython files in a directory.
func (g *GitRules) Tracks(dir string) bool { return g != nil && g.tracked.hasSources(dir) }

// ignores reports whether git would ignore a path, which is absolute, if it ignores
// none of the directories above it: the rules say so, and it tracks nothing there.
func (g *GitRules) ignores(path string, isDir bool) bool {
	return g.Matches(path, isDir) && !g.tracked.has(path, isDir)
}

// Matches reports whether the rules say to ignore a path. The last pattern that
// matches decides.
func (g *GitRules) Matches(path string, isDir bool) bool {
	name := filepath.Base(path)
	for ; g != nil; g = g.above {
		if g.all {
			return true
		}
		rel, ok := strings.CutPrefix(path, strings.TrimSuffix(g.dir, string(filepath.Separator))+string(filepath.Separator))
		if !ok {
			continue
		}
		rel = filepath.ToSlash(rel)
		for i := len(g.patterns) - 1; i >= 0; i-- {
			p := &g.patterns[i]
			if p.dirOnly && !isDir {
				continue
			}
			subject := rel
			if p.byName {
				subject = name
			}
			if p.matches(subject) {
				return !p.negated
			}
		}
	}
	return false
}

// parseGitPattern reads a line of a .gitignore; there is no pattern in a comment, an
// empty line, or one that git cannot match either.
func parseGitPattern(line string) (gitPattern, bool) {
	var p gitPattern
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	if strings.HasPrefix(line, "#") {
		return p, false
	}
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.dirOnly = strings.CutSuffix(line, "/")
	p.byName = !strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	// git compares what stands before the first special character by itself, and so
	// "**/" may begin behind that: "a**/b" is what begins with an "a".
	special := strings.IndexAny(line, `*?[\`)
	if special < 0 {
		p.prefix = line
		return p, line != ""
	}
	p.prefix = line[:special]
	glob, ok := gitGlob(bytewise(line[special:]))
	if strings.HasSuffix(line, "/**") { // what is inside, and not the directory
		glob += "/*"
	}
	p.glob = glob
	if after, star := strings.CutPrefix(line[special:], "*"); star && !strings.ContainsAny(after, `*?[\`) {
		p.suffix = after
	}
	return p, ok
}

// gitGlob translates a pattern of git to one of doublestar, which has alternatives
// in braces and lacks classes with names.
func gitGlob(pattern string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '{', '}':
			b.WriteString(`\` + string(c))
		case '*':
			from := i
			for i+1 < len(pattern) && pattern[i+1] == '*' {
				i++
			}
			b.WriteByte('*')
			// Any number of stars, two at least, that fill the place of a name.
			if i > from && (from == 0 || pattern[from-1] == '/') && (i+1 == len(pattern) || pattern[i+1] == '/') {
				b.WriteByte('*')
			}
		case '\\':
			if i++; i == len(pattern) {
				return "", false
			}
			b.WriteByte('\\')
			b.WriteByte(pattern[i])
		case '[':
			class, end := gitClass(pattern, i)
			if end < 0 {
				return "", false
			}
			b.WriteString(class)
			i = end
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

var namedClasses = map[string]string{
	"alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "upper": "A-Z", "lower": "a-z", "xdigit": "0-9A-Fa-f",
	"space": " \t\n\v\f\r", "blank": " \t", "punct": "!-.:-@\\[-`{-~", "cntrl": "\x00-\x1f\x7f", "print": " -.0-~", "graph": "!-.0-~",
}

// gitClass translates the class "[…]" at an offset and returns where it ends, -1
// where it does not or where there is nothing that it matches.
func gitClass(pattern string, at int) (string, int) {
	var b strings.Builder
	b.WriteByte('[')
	i := at + 1
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		b.WriteString("^/") // no class matches a slash
		i++
	}
	for first := i; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == ']' && i > first:
			if b.Len() == 1 {
				return "", -1
			}
			b.WriteByte(']')
			return b.String(), i
		case c == '/':
		case c == '[' && i+1 < len(pattern) && pattern[i+1] == ':':
			end := strings.Index(pattern[i:], ":]")
			if end < 0 {
				return "", -1
			}
			chars, ok := namedClasses[pattern[i+2:i+end]]
			if !ok {
				return "", -1
			}
			b.WriteString(chars)
			i += end + 1
		case c == '\\':
			if i++; i == len(pattern) {
				return "", -1
			}
			b.WriteByte('\\')
			b.WriteByte(pattern[i])
		case c == ']' || c == '^' || c == '!' || c == '[':
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	return "", -1
}
