package preview

// A change as a comment on a pull request: Markdown as GitHub renders it, which
// refuses comments of 65,536 characters and more.

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"pyxlock/emit/diff"
	"pyxlock/emit/report"
	"pyxlock/emit/terminal"
	"pyxlock/transform"
)

const (
	// commentLimit is in bytes, of which a character has one at least.
	commentLimit = 65536
	// openMembers is how many members a comment shows unfolded.
	openMembers = 40
)

// commentMark is how a workflow finds its comment again.
const commentMark = "<!-- pyxlock preview -->\n"

// Markdown writes a change in less than 65,536 bytes. The largest diffs are left
// out first, then the largest tables, then findings, each with a count.
func Markdown(w io.Writer, c *Change) error {
	m := &comment{change: c}
	members := 0
	for i := range c.Files {
		for _, n := range c.Files[i].tally() {
			members += n
		}
	}
	for i := range c.Files {
		m.file(&c.Files[i], members <= openMembers)
	}
	text := m.text()
	for kind := range m.parts {
		for over := len(text) - commentLimit; over >= 0 && m.leaveOut(partKind(kind), over+1); over = len(text) - commentLimit {
			text = m.text()
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

// partKind tells the parts of a file apart, those first that go first.
type partKind uint8

const (
	partDiff partKind = iota
	partTables
	partFindings
	partName
	partKinds
)

// part is a piece of a comment that can be left out.
type part struct {
	text string
	n    int // lines of diff, members, findings, or files
	out  bool
}

// comment is a comment being written: the parts of each file.
type comment struct {
	change *Change
	parts  [partKinds][]part
}

// leaveOut leaves out the largest parts of a kind, until that saves as many bytes
// or none is left; it reports whether there was one.
func (m *comment) leaveOut(kind partKind, save int) bool {
	parts := m.parts[kind]
	order := make([]int, 0, len(parts))
	for i, p := range parts {
		if !p.out && p.text != "" {
			order = append(order, i)
		}
	}
	if kind == partName { // whole files, the last first
		slices.Reverse(order)
	} else {
		slices.SortStableFunc(order, func(a, b int) int { return len(parts[b].text) - len(parts[a].text) })
	}
	for _, i := range order {
		parts[i].out = true
		const note = 60 // about as long is what is said in its place
		if save -= len(parts[i].text) - note; save <= 0 {
			break
		}
	}
	return len(order) > 0
}

// leftOut counts what is left out of a kind: parts, and what they hold.
func (m *comment) leftOut(kind partKind) (parts, n int) {
	for _, p := range m.parts[kind] {
		if p.out {
			parts++
			n += p.n
		}
	}
	return parts, n
}

// text puts the comment together.
func (m *comment) text() string {
	var b strings.Builder
	b.WriteString(commentMark)
	m.head(&b)
	for i := range m.change.Files {
		if m.parts[partName][i].out {
			continue
		}
		b.WriteString(m.parts[partName][i].text)
		for _, kind := range []partKind{partFindings, partTables, partDiff} {
			switch p := m.parts[kind][i]; {
			case !p.out:
				b.WriteString(p.text)
			case kind == partDiff:
				fmt.Fprintf(&b, "\n_The diff of %s is left out._\n", plural(p.n, "line", "lines"))
			case kind == partTables:
				fmt.Fprintf(&b, "\n_The table of %s is left out._\n", plural(p.n, "member", "members"))
			default:
				fmt.Fprintf(&b, "\n_%s left out._\n", plural(p.n, "finding is", "findings are"))
			}
		}
	}
	return terminal.Harmless([]byte(b.String()))
}

func (m *comment) head(b *strings.Builder) {
	c := m.change
	errors, warnings, _ := c.count()
	changed, classes := 0, 0
	var tally [transform.LocksRefused + 1]int
	for i := range c.Files {
		f := &c.Files[i]
		if f.Changed() {
			changed++
		}
		for mode, n := range f.tally() {
			tally[mode] += n
		}
		for _, cl := range f.Classes {
			if cl.Name != "" {
				classes++
			}
		}
	}
	verdict := "clean"
	if errors+warnings > 0 {
		verdict = plural(errors, "error", "errors") + ", " + plural(warnings, "warning", "warnings")
	}
	if c.Weaker > 0 {
		verdict += fmt.Sprintf(", and **%s weaker than at %s, or gone**", plural(c.Weaker, "lock is", "locks are"), mdCode(c.Since))
	}
	if c.Refused {
		verdict = "**refused:** the rewrite stops; " + verdict
	}
	fmt.Fprintf(b, "### pyxlock preview\n\n%s. %s; %s", verdict, plural(changed, "file changes", "files change"), plural(classes, "locked class", "locked classes"))
	sep := " with members: "
	for mode, n := range tally {
		if n > 0 {
			fmt.Fprintf(b, "%s%d %s", sep, n, transform.MemberMode(mode))
			sep = ", "
		}
	}
	b.WriteString(".")
	if c.Since != "" {
		fmt.Fprintf(b, " Only what has changed since %s is shown.", mdCode(c.Since))
	}
	b.WriteString("\n")
	m.weaker(b)
	var gone []string
	for kind, what := range [partKinds][4]string{
		partDiff:     {"diff", "diffs", "line", "lines"},
		partTables:   {"table", "tables", "member", "members"},
		partFindings: {"list of findings", "lists of findings", "finding", "findings"},
		partName:     {"file", "files", "", ""},
	} {
		n, holds := m.leftOut(partKind(kind))
		switch {
		case n == 0:
		case what[2] == "":
			gone = append(gone, plural(n, what[0], what[1]))
		default:
			gone = append(gone, fmt.Sprintf("%s (%s)", plural(n, what[0], what[1]), plural(holds, what[2], what[3])))
		}
	}
	if len(gone) > 0 {
		fmt.Fprintf(b, "\n> Left out, since a comment holds no more: %s. `pyxlock preview --format=html` shows all of it.\n", strings.Join(gone, ", "))
	}
}

// weakerBytes is how much of a comment may list what a change takes away: once at
// the top, and once for each file.
const weakerBytes = 8192

// weaker lists what the change takes away from all files.
func (m *comment) weaker(b *strings.Builder) {
	var lines []string
	for i := range m.change.Files {
		f := &m.change.Files[i]
		for _, w := range f.Weaker {
			lines = append(lines, fmt.Sprintf("%s: %s", mdCode(terminal.Place(f.Path, w.Line, 0)), mdText(w.String())))
		}
	}
	weakerList(b, lines)
}

// weakerList writes as many lines as fit, and how many do not.
func weakerList(b *strings.Builder, lines []string) {
	size := 0
	for i, l := range lines {
		if i == 0 {
			b.WriteString("\n")
		}
		if size += len(l); size > weakerBytes {
			fmt.Fprintf(b, "- _and %d more_\n", len(lines)-i)
			return
		}
		fmt.Fprintf(b, "- 🔓 %s\n", l)
	}
}

// file writes the parts of one file.
func (m *comment) file(f *ChangedFile, open bool) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n#### %s\n", mdCode(terminal.Path(f.Path)))
	lines := make([]string, len(f.Weaker))
	for i, w := range f.Weaker {
		lines[i] = fmt.Sprintf("line %d: %s", w.Line, mdText(w.String()))
	}
	weakerList(&b, lines)
	m.parts[partName] = append(m.parts[partName], part{text: b.String(), n: 1})
	m.parts[partFindings] = append(m.parts[partFindings], findingsPart(f))
	m.parts[partTables] = append(m.parts[partTables], tablesPart(f, open))
	m.parts[partDiff] = append(m.parts[partDiff], diffPart(f))
}

func findingsPart(f *ChangedFile) part {
	var b strings.Builder
	groups := transform.Groups(f.Findings)
	for _, x := range groups {
		mark := "❌"
		switch {
		case x.Note:
			mark = "⚪"
		case x.Warning:
			mark = "🟡"
		}
		if b.Len() == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "- %s **%s %s** line %d: %s", mark, report.Severity(x.Finding), x.Code, max(x.Line, 1), mdText(x.Message))
		places, more := report.Places(x.Related)
		for _, r := range places {
			fmt.Fprintf(&b, "<br>%s: %s", mdCode(terminal.Place(slashed(r.Path), r.Line, 0)), mdText(r.Message))
		}
		if more > 0 {
			fmt.Fprintf(&b, "<br>and %d more", more)
		}
		for _, a := range x.Also {
			fmt.Fprintf(&b, "<br>also line %d", max(a.Line, 1))
			if a.Message != x.Message {
				b.WriteString(": " + mdText(x.Said(a)))
			}
		}
		if x.Help != "" {
			fmt.Fprintf(&b, "<br>help: %s", mdText(x.Help))
		}
		b.WriteString("\n")
	}
	return part{text: b.String(), n: len(groups)}
}

func tablesPart(f *ChangedFile, open bool) part {
	var b strings.Builder
	n := 0
	for i := range f.Classes {
		c := &f.Classes[i]
		if len(c.Members) == 0 {
			continue
		}
		word := ""
		if open {
			word = " open"
		}
		title := "functions outside of locked classes"
		if c.Name != "" {
			title = "class <code>" + html.EscapeString(c.Name) + "</code> (<code>" + html.EscapeString(describe(c)) + "</code>)"
		}
		// Within the lines of details HTML is all that counts.
		fmt.Fprintf(&b, "\n<details%s><summary>%s: %s</summary>\n\n| member | lock | why |\n|---|---|---|\n", word, title, plural(len(c.Members), "member", "members"))
		for j := range c.Members {
			mb := &c.Members[j]
			n++
			fmt.Fprintf(&b, "| %s | %s | %s |\n", mdCode(mb.Name), mb.Mode, whyOf(f, mb))
		}
		b.WriteString("\n</details>\n")
	}
	return part{text: b.String(), n: n}
}

// whyOf says why a member has its mode, with the line that decides.
func whyOf(f *ChangedFile, m *transform.Member) string {
	at := func(steps []transform.Related) string {
		if len(steps) == 0 {
			return ""
		}
		last := steps[len(steps)-1]
		if slashed(last.Path) != f.Path {
			return ", " + mdCode(terminal.Place(slashed(last.Path), last.Line, 0))
		}
		return fmt.Sprintf(", line %d", last.Line)
	}
	why := mdText(reasonOf(m)) + at(m.Steps)
	for _, o := range m.Others {
		verdict := mdText(o.Verdict)
		if o.Open {
			verdict = "**" + verdict + "**"
		}
		why += "<br>" + mdCode(o.Object) + ": " + verdict + at(o.Steps)
	}
	return why
}

func diffPart(f *ChangedFile) part {
	if !f.Changed() {
		return part{}
	}
	var patch bytes.Buffer
	d := f.Pair
	d.Old, d.New = diff.WithoutMark(d.Old), diff.WithoutMark(d.New)
	if err := diff.Unified(&patch, d, false); err != nil {
		return part{} // a buffer does not fail
	}
	lines := bytes.Split(bytes.TrimSuffix(patch.Bytes(), []byte{'\n'}), []byte{'\n'})
	var text strings.Builder
	for _, l := range lines {
		text.Write(bytes.TrimSuffix(l, []byte{'\r'}))
		text.WriteByte('\n')
	}
	fence := strings.Repeat("`", max(3, longestRun(text.String(), '`')+1))
	return part{
		text: fmt.Sprintf("\n<details><summary>diff: %s</summary>\n\n%sdiff\n%s%s\n\n</details>\n", plural(len(lines), "line", "lines"), fence, text.String(), fence),
		n:    len(lines),
	}
}

// longestRun returns the length of the longest run of c in s.
func longestRun(s string, c byte) int {
	best, run := 0, 0
	for i := 0; i < len(s); i++ {
		if s[i] == c {
			run++
			best = max(best, run)
		} else {
			run = 0
		}
	}
	return best
}

// autolinks are words that GitHub makes links of, and sends mail for, even where
// Markdown's own characters are escaped; in code it leaves them alone.
var autolinks = regexp.MustCompile(`(?i)[@#]|^:[a-z0-9]|://|www\.|^gh-[0-9]|^[0-9a-f]{7,40}$`)

// mdText escapes prose. Words that would be links or mentions become code.
func mdText(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		core := strings.TrimRight(w, ":;,.")
		if autolinks.MatchString(core) {
			words[i] = mdCode(core) + w[len(core):]
		} else {
			words[i] = mdEscape(w)
		}
	}
	return strings.Join(words, " ")
}

// mdEscape escapes what means something to Markdown within a line, or in a table.
func mdEscape(s string) string {
	var b strings.Builder
	links := strings.Contains(s, "://") || strings.Contains(strings.ToLower(s), "www.")
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case strings.ContainsRune("<>&\"'", r):
			b.WriteString(html.EscapeString(string(r)))
		case strings.ContainsRune("\\`*_[]|~$#!", r), links && (r == ':' || r == '.'):
			b.WriteString("\\" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// mdCode writes text as code, in which GitHub neither links nor mentions.
func mdCode(s string) string {
	if strings.TrimSpace(s) == "" {
		s = "?"
	}
	return "<code>" + mdEscape(s) + "</code>"
}
