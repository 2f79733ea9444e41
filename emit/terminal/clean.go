package terminal

// What is printed acts on nothing. Terminals obey escape sequences, editors and
// reviewers' eyes follow characters that reorder or hide text, and CI systems take
// some lines of a log for commands. Text that comes from files, from their names,
// from a configuration or from git holds whatever its author wanted: all that is
// printed goes through here, and what would act is shown as U+FFFD instead.

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shown is what stands for a character that would act. It takes one column, as
// the tests of alignment know.
const Shown = utf8.RuneError

// Acts reports whether a character does something to the text around it in place
// of being seen: control characters, those that reorder text or break lines, and
// those that cannot be seen. A tab is none of them.
func Acts(r rune) bool {
	switch {
	case r == '\t' || r >= ' ' && r < 0x7f:
		return false
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r): // signs of Arabic and others, of category Cf
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point)
}

// Printable returns text of one line in which nothing acts: what would, and each
// byte that is no UTF-8, becomes U+FFFD. It does not look for commands of a log,
// which depend on the rest of the line; see HarmlessLine.
func Printable(b []byte) string {
	clean := true
	for _, c := range b {
		if c != '\t' && (c < ' ' || c >= 0x7f) {
			clean = false
			break
		}
	}
	if clean {
		return string(b)
	}
	var s strings.Builder
	s.Grow(len(b))
	for len(b) > 0 {
		r, n := Decode(b)
		b = b[n:]
		if Acts(r) {
			r = Shown
		}
		s.WriteRune(r)
	}
	return s.String()
}

// HarmlessLine returns a line as it may stand in a log. GitHub's runner takes a
// line that starts with "::", after white space, for a command, and "##[" wherever
// it stands; Azure's agent does so with "##vso[".
func HarmlessLine(line []byte) string {
	s := Printable(line)
	if at := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace)); logCommand(s[at:]) {
		s = s[:at+1] + string(Shown) + s[at+2:]
	}
	if strings.Contains(s, "##[") || strings.Contains(s, "##vso[") {
		s = strings.NewReplacer("##[", "#"+string(Shown)+"[", "##vso[", "#"+string(Shown)+"vso[").Replace(s)
	}
	return s
}

// logCommand reports whether text starts as a command of GitHub's log does:
// "::name". The "::" of reStructuredText, which stands alone, is none.
func logCommand(s string) bool {
	return len(s) > 2 && s[:2] == "::" && (s[2] == '_' || s[2] == '-' || unicode.IsLetter(rune(s[2])))
}

// Harmless returns text of several lines in which nothing acts.
func Harmless(text []byte) string {
	var b strings.Builder
	b.Grow(len(text))
	first := true
	for line := range bytes.SplitSeq(text, []byte{'\n'}) {
		if !first {
			b.WriteByte('\n')
		}
		first = false
		b.WriteString(HarmlessLine(line))
	}
	return b.String()
}

// Path returns the name of a file as it is printed. One with a line break or
// another character that acts, or that is not UTF-8, is quoted as Go quotes it, so
// that two such names can be told apart; one that starts like a command of a log
// gets "./" in front.
func Path(path string) string {
	switch {
	case !utf8.ValidString(path) || strings.ContainsFunc(path, func(r rune) bool { return r == '\t' || Acts(r) }):
		return quoted(path)
	case strings.HasPrefix(path, "::") || strings.HasPrefix(path, "##") || strings.HasPrefix(path, `"`) || strings.TrimLeftFunc(path, unicode.IsSpace) != path:
		return "./" + path
	}
	return path
}

// quoted is strconv.Quote, also for what cannot be seen and counts as printable.
func quoted(s string) string {
	q := strconv.Quote(s)
	var b strings.Builder
	for _, r := range q {
		if Acts(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// longText is how many bytes of a line a Cleaner prints.
const longText = 4000

// Cleaner is a writer of text for people. It writes whole lines, in which nothing
// acts, and cuts those that nobody reads to the end. Colours pass where the
// functions of this package put them, and nowhere else.
type Cleaner struct {
	w    io.Writer
	line []byte
	// styled says that line holds colours of ours.
	styled bool
	// Altered is set once something was shown that would have acted.
	Altered bool
	whole   bool  // do not cut
	err     error // the first of the writer behind
}

// NewCleaner returns a Cleaner in front of w.
func NewCleaner(w io.Writer) *Cleaner { return &Cleaner{w: w} }

// NewPatchCleaner is NewCleaner for a patch, of which no line is cut.
func NewPatchCleaner(w io.Writer) *Cleaner { return &Cleaner{w: w, whole: true} }

// Unwrap returns the writer behind a Cleaner.
func (c *Cleaner) Unwrap() io.Writer { return c.w }

// Write prints whole lines, and keeps the rest for the next call or Flush.
func (c *Cleaner) Write(p []byte) (int, error) { return c.write(p, false) }

func (c *Cleaner) write(p []byte, styled bool) (int, error) {
	n := len(p)
	var out bytes.Buffer
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if styled && i != 0 {
			c.styled = true
		}
		if i < 0 {
			c.line = append(c.line, p...)
			break
		}
		c.line = append(c.line, p[:i]...)
		p = p[i+1:]
		out.WriteString(c.take())
		out.WriteByte('\n')
	}
	if out.Len() > 0 {
		if _, err := c.w.Write(out.Bytes()); err != nil {
			c.err = cmp.Or(c.err, err)
			return 0, err
		}
	}
	return n, nil
}

// Flush prints what is left, a line that has no end. It returns the first error
// that any call met, also those that nobody looked at.
func (c *Cleaner) Flush() error {
	if len(c.line) > 0 {
		_, err := io.WriteString(c.w, c.take())
		c.err = cmp.Or(c.err, err)
	}
	return c.err
}

// take returns the line as it is printed, and starts the next.
func (c *Cleaner) take() string {
	line, styled := c.line, c.styled
	defer func() { c.line, c.styled = c.line[:0], false }()
	more := 0
	if !c.whole && len(line) > longText {
		end := longText
		for end > longText-utf8.UTFMax && !utf8.RuneStart(line[end]) {
			end--
		}
		line, more = line[:end], len(line)-end
	}
	var s string
	if styled && bytes.IndexByte(line, 0x1b) >= 0 {
		s = c.colored(line)
	} else {
		s = HarmlessLine(line)
	}
	c.Altered = c.Altered || !styled && s != string(line)
	if more > 0 {
		s += fmt.Sprintf("… (%d more bytes)", more)
	}
	return s
}

// colored cleans a line between its colours.
func (c *Cleaner) colored(line []byte) string {
	var b, bare strings.Builder
	on := false
	for len(line) > 0 {
		i := bytes.IndexByte(line, 0x1b)
		if i < 0 {
			i = len(line)
		}
		text := Printable(line[:i])
		b.WriteString(text)
		bare.WriteString(text)
		if line = line[i:]; len(line) == 0 {
			break
		}
		style := ""
		for _, known := range styles {
			if bytes.HasPrefix(line, []byte(known)) {
				style = known
			}
		}
		if style == "" {
			b.WriteRune(Shown)
			line = line[1:]
			continue
		}
		on = style != Plain
		b.WriteString(style)
		line = line[len(style):]
	}
	if on { // the end was cut off
		b.WriteString(Plain)
	}
	s := b.String()
	if plainText := bare.String(); plainText != HarmlessLine([]byte(plainText)) {
		return HarmlessLine([]byte(plainText)) // not worth its colours
	}
	return s
}

// WriteStyled writes text in which the escapes of color.go may stand, and nothing
// else that acts.
func WriteStyled(w io.Writer, text []byte) error {
	var err error
	if c, ok := w.(*Cleaner); ok {
		_, err = c.write(text, true)
	} else {
		_, err = w.Write(text)
	}
	return err
}

// Place writes a position. Lines and columns below 1 are not known.
func Place(path string, line, column int) string {
	path = Path(path)
	if line < 1 {
		return path
	}
	path += ":" + strconv.Itoa(line)
	if column < 1 {
		return path
	}
	return path + ":" + strconv.Itoa(column)
}
