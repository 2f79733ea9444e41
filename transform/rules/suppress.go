package rules

// Suppressions: "# pyxlock: ignore[PXL101] why" keeps a finding out of the
// report. Comments that say too little or do nothing are findings themselves,
// so that none stays behind when its reason is gone.

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
	"pyxlock/transform/edit"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// Suppressed is a finding that a comment suppresses.
type Suppressed struct {
	finding.Finding
	Reason string // as the comment gives it; "" where it gives none
	Known  bool   // by a baseline, and not by a comment
}

// refuses reports whether an error of the expansion with this code says that
// there is nothing right to write. Suppressing it would make check call clean
// what a build refuses or, worse, let a build go on without the lock.
func refuses(code string) bool {
	return code < "PXL1" || strings.HasPrefix(code, "PXL2") || code == finding.BaseLock
}

// suppressible reports whether a comment may name the code. A file that does
// not parse is not checked at all, and a comment about comments would say
// nothing about the code.
func suppressible(code string) bool {
	return code != finding.SyntaxError && code != finding.Vague && code != finding.Unused
}

// MayIgnore reports whether a finding may be left out of a check by a comment or a
// baseline.
func MayIgnore(f finding.Finding) bool {
	return suppressible(f.Code) && (f.Warning || !refuses(f.Code))
}

func isCode(code string) bool {
	return slices.ContainsFunc(rules[:], func(r Rule) bool { return r.Code == code })
}

// suppression is one comment.
type suppression struct {
	span   ast.Span // from the "#" to the end of the reason
	line   int      // the 0-based line that it speaks of; -1 where no code follows
	alone  bool     // no code and no other comment stands on its line
	list   ast.Span // what stands between the brackets
	names  []*named
	reason string
	faults []string // what it fails to say
}

// named is a code that a comment names.
type named struct {
	code    string
	known   bool
	used    bool // it suppressed a finding
	refused bool // there was one, but it must not be suppressed
}

var (
	// directive is the part of a comment up to the reason.
	directive = regexp.MustCompile(`#[ \t]*pyxlock:[ \t]*ignore\b[ \t]*(\[[^\]]*\]?)?`)
	// nextComment is where a comment for another tool starts behind ours.
	// "see #12" goes on with the reason.
	nextComment = regexp.MustCompile(`[ \t]+#(?:[ \t]|[a-z]+:|noqa|$)`)
)

// suppressionsIn returns the comments of a file. It scans only files that spell
// what each of them must.
func suppressionsIn(s *project.Source) []*suppression {
	if !bytes.Contains(s.Src, []byte("pyxlock:")) {
		return nil
	}
	f := s.Parse()
	if len(s.Errs) > 0 {
		return nil
	}
	var out []*suppression
	toks := lex.Scan(string(s.Src), project.IsPure(s.Path)).Toks
	done := int32(0)
	for i, t := range toks {
		// A "#" between two tokens starts a comment: in a string it would be
		// inside of one.
		for at := done; at < t.Off; {
			n := bytes.IndexByte(s.Src[at:t.Off], '#')
			if n < 0 {
				break
			}
			from := at + int32(n)
			at = t.Off
			if n := bytes.IndexAny(s.Src[from:t.Off], "\r\n"); n >= 0 {
				at = from + int32(n)
			}
			out = append(out, readComment(f, ast.Span{Pos: from, End: at}, toks[i:])...)
		}
		done = t.End
	}
	return out
}

// readComment returns the suppressions in one comment, which may be shared with
// other tools. rest are the tokens behind it.
func readComment(f *ast.File, span ast.Span, rest []lex.Tok) []*suppression {
	comment := syntax.Text(f, span)
	var out []*suppression
	found := directive.FindAllStringSubmatchIndex(comment, -1)
	for i, m := range found {
		end := len(comment)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		if n := nextComment.FindStringIndex(comment[m[1]:end]); n != nil {
			end = m[1] + n[0]
		}
		end = max(m[1], len(strings.TrimRight(comment[:end], " \t\f")))
		s := &suppression{
			span: ast.Span{Pos: span.Pos + int32(m[0]), End: span.Pos + int32(end)},
			line: syntax.Line(f, span.Pos),
		}
		if ownLine := strings.TrimSpace(string(f.Src[syntax.LineStart(f, span.Pos):span.Pos])) == ""; ownLine {
			s.alone = m[0] == 0 && end == len(strings.TrimRight(comment, " \t\f"))
			s.line = -1
			for _, t := range rest {
				if t.Kind != lex.Newline && t.Kind != lex.Indent && t.Kind != lex.Dedent && t.Kind != lex.EOF {
					s.line = syntax.Line(f, t.Off)
					break
				}
			}
		}
		s.reason = strings.TrimLeft(comment[m[1]:end], " \t:-–—")
		s.read(comment, span.Pos, m[2], m[3])
		out = append(out, s)
	}
	return out
}

// read reads the bracketed list comment[from:to], which is not there where from
// is negative, and notes what is wrong. The comment starts at off.
func (s *suppression) read(comment string, off int32, from, to int) {
	fault := func(format string, args ...any) { s.faults = append(s.faults, fmt.Sprintf(format, args...)) }
	switch {
	case from < 0:
		fault("the comment names no code, and suppresses nothing")
		return
	case comment[to-1] != ']':
		fault("the list of codes has no closing bracket, and suppresses nothing")
		return
	}
	s.list = ast.Span{Pos: off + int32(from) + 1, End: off + int32(to) - 1}
	for word := range strings.SplitSeq(comment[from+1:to-1], ",") {
		n := &named{code: strings.TrimSpace(word)}
		if n.code == "" {
			continue
		}
		s.names = append(s.names, n)
		switch {
		case !isCode(n.code):
			fault("no finding has the code %s", n.code)
		case !suppressible(n.code):
			fault("%s cannot be suppressed", n.code)
		default:
			n.known = true
		}
	}
	if len(s.names) == 0 {
		fault("the comment names no code, and suppresses nothing")
	}
	if s.reason == "" {
		fault("the comment does not say why")
	}
}

// sieve keeps suppressed and unwanted findings back. It is one goroutine's.
type sieve struct {
	p        *project.Project
	selected func(path, code string) bool
	comments map[string][]*suppression
}

func (p *Checker) newSieve() *sieve {
	return &sieve{p.proj, p.opts.Selected, map[string][]*suppression{}}
}

func (v *sieve) commentsOf(path string) []*suppression {
	list, ok := v.comments[path]
	if !ok {
		if s := v.p.Source(path); s.Err == nil {
			list = suppressionsIn(s)
		}
		v.comments[path] = list
	}
	return list
}

// wanted reports whether findings with a code are selected in a file.
func (v *sieve) wanted(path, code string) bool {
	return code == finding.SyntaxError || v.selected == nil || v.selected(path, code)
}

// suppressed looks for the comment that suppresses a finding. stops says that
// the finding must not be.
func (v *sieve) suppressed(f finding.Finding, stops bool) (reason string, ok bool) {
	if !suppressible(f.Code) {
		return "", false
	}
	list := v.commentsOf(f.Path)
	if len(list) == 0 {
		return "", false
	}
	file := v.p.Source(f.Path).Parse()
	first := syntax.Line(file, f.Span.Pos)
	last := first
	for last+1 < len(file.Lines) {
		if _, joined := slices.BinarySearch(file.Joins, file.Lines[last+1]); !joined {
			break
		}
		last++
	}
	for _, s := range list {
		// A claim is a comment itself: one of its own stands beside it, before
		// any code.
		head := f.Code == finding.Claim && len(file.Body) > 0 && s.span.Pos < file.Body[0].Range().Pos
		if s.line != first && s.line != last && !head {
			continue
		}
		for _, n := range s.names {
			switch {
			case n.code != f.Code:
			case stops:
				n.refused = true
			default:
				n.used = true
				reason, ok = s.reason, true
			}
		}
	}
	return reason, ok
}

// Unsuppressed returns the findings of a run that are to be reported.
func (p *Checker) Unsuppressed(fs []finding.Finding) []finding.Finding {
	v := p.newSieve()
	return slices.DeleteFunc(fs, func(f finding.Finding) bool {
		if !f.Warning && refuses(f.Code) {
			return false
		}
		_, ok := v.suppressed(f, false)
		return ok || !v.wanted(f.Path, f.Code)
	})
}

// settle completes a report: it orders the findings of the expansion and those
// of the rules, takes out what is suppressed or not wanted, and adds what there
// is to say about the comments. whole are the files that all rules looked at;
// only in those that are judged too can a comment be said to do nothing.
func (p *Checker) settle(rep *Report, expansion, found []finding.Finding, whole, judged []string) {
	v := p.newSieve()
	add := func(fs []finding.Finding, expanding bool) {
		for _, f := range fs {
			if !v.wanted(f.Path, f.Code) {
				continue
			}
			stops := expanding && !f.Warning && refuses(f.Code)
			if reason, ok := v.suppressed(f, stops); ok {
				rep.Suppressed = append(rep.Suppressed, Suppressed{Finding: f, Reason: reason})
			} else {
				rep.Findings = append(rep.Findings, f)
			}
		}
	}
	add(expansion, true)
	add(found, false)
	slices.Sort(whole)
	for _, path := range slices.Compact(whole) {
		for _, s := range v.commentsOf(path) {
			if len(s.faults) > 0 && v.wanted(path, finding.Vague) {
				rep.Findings = append(rep.Findings, v.vague(path, s))
			}
			if slices.Contains(judged, path) && !p.opts.Off && v.wanted(path, finding.Unused) {
				if f, ok := v.unused(path, s); ok {
					rep.Findings = append(rep.Findings, f)
				}
			}
		}
	}
	finding.Sort(rep.Findings)
	rep.Findings = finding.Briefly(finding.Dedupe(rep.Findings))
	placed(p.proj, rep.Findings)
	for i := range rep.Suppressed {
		s := &rep.Suppressed[i]
		s.Message, s.Help = finding.Brief(s.Message), finding.Brief(s.Help)
	}
	slices.SortStableFunc(rep.Suppressed, func(a, b Suppressed) int { return finding.Compare(a.Finding, b.Finding) })
	rep.Suppressed = slices.CompactFunc(rep.Suppressed, func(a, b Suppressed) bool { return finding.Same(a.Finding, b.Finding) })
}

func (v *sieve) vague(path string, s *suppression) finding.Finding {
	f := project.FindingAt(v.p.Source(path), s.span, finding.Vague, strings.Join(s.faults, "; "), "write: # pyxlock: ignore[CODE] and the reason")
	f.Warning = true
	return f
}

// unused says which codes of a comment suppress nothing. Codes that are not
// known are for vague, and codes that are not selected may have their use.
func (v *sieve) unused(path string, s *suppression) (finding.Finding, bool) {
	var idle, refused, rest []string
	for _, n := range s.names {
		switch {
		case n.used || !n.known || !v.wanted(path, n.code):
			rest = append(rest, n.code)
		case n.refused:
			refused = append(refused, n.code)
		default:
			idle = append(idle, n.code)
		}
	}
	if len(idle)+len(refused) == 0 {
		return finding.Finding{}, false
	}
	var msg []string
	if len(idle) > 0 {
		msg = append(msg, fmt.Sprintf("there is no %s here to suppress", strings.Join(idle, " and no ")))
	}
	if len(refused) > 0 {
		msg = append(msg, fmt.Sprintf("%s stops a rewrite and cannot be suppressed", strings.Join(refused, " and ")))
	}
	src := v.p.Source(path)
	f := project.FindingAt(src, s.span, finding.Unused, strings.Join(msg, "; "), "")
	f.Warning = true
	if len(rest) > 0 {
		f.Fix = &finding.Fix{
			Message: "take " + strings.Join(append(idle, refused...), " and ") + " out of the list",
			Edits:   []edit.Edit{{Off: s.list.Pos, End: s.list.End, New: strings.Join(rest, ", "), Blame: -1}},
		}
	} else {
		f.Fix = &finding.Fix{Message: "delete the comment", Edits: []edit.Edit{s.deletion(src.File)}}
	}
	return f, true
}

// deletion takes the comment out: with its line where nothing else stands on
// it, else with the blanks before it.
func (s *suppression) deletion(f *ast.File) edit.Edit {
	from, to := s.span.Pos, s.span.End
	if s.alone {
		return edit.Edit{Off: syntax.LineStart(f, from), End: syntax.NextLine(f, from), Blame: -1}
	}
	start := syntax.LineStart(f, from)
	blank := func(c byte) bool { return c == ' ' || c == '\t' || c == '\f' }
	if strings.TrimSpace(string(f.Src[start:from])) == "" {
		// Another tool's comment follows, and takes this one's place.
		for int(to) < len(f.Src) && blank(f.Src[to]) {
			to++
		}
		return edit.Edit{Off: from, End: to, Blame: -1}
	}
	for from > start && blank(f.Src[from-1]) {
		from--
	}
	return edit.Edit{Off: from, End: to, Blame: -1}
}
