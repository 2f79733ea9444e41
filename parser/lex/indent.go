package lex

// indent.go turns the blanks at the start of a line into Indent and Dedent.

// indentation is called at the start of a logical line. It skips lines without
// tokens and emits what the first line with one needs. Only blanks and tabs
// indent; a form feed does not.
func (s *scanner) indentation() {
	src := s.src
	for {
		start := s.pos
		s.lastBreak = int32(start)
		pos := start
		for pos < len(src) && (src[pos] == ' ' || src[pos] == '\t') {
			pos++
		}
		first := pos
		for pos < len(src) && class[src[pos]] == clBlank {
			pos++
		}
		if pos < len(src) && src[pos] == '#' {
			pos = s.lineEnd(pos)
		}
		if pos == len(src) {
			s.pos = pos
			return
		}
		if n := s.lineBreak(pos); n > 0 {
			s.pos = pos + n
			continue
		}
		s.pos = pos
		s.setIndent(start, first, int32(pos))
		return
	}
}

// setIndent compares the blanks [start, first) with the levels that are open.
func (s *scanner) setIndent(start, first int, at int32) {
	if start < first && s.indentChar == 0 {
		s.indentChar = s.src[start]
	}
	mixed := start
	for mixed < first && s.src[mixed] == s.indentChar {
		mixed++
	}
	// Of several such lines in a row the first is reported.
	if mixed < first && !s.mixed {
		s.errorAt(int32(mixed), "tabs and spaces are mixed in the indentation")
	}
	if start < first {
		s.mixed = mixed < first
	}
	level := int32(first - start)
	n := len(s.indents)
	switch top := s.indents[n-1]; {
	case level == top:
	case level > top:
		s.indents = append(s.indents, level)
		s.emit(Indent, at, at)
	default:
		for level < s.indents[n-1] {
			n--
			if s.indents[n-1] < level {
				// The line belongs to no open block: keep it in the innermost
				// one that it is not left of.
				s.errorAt(at, "this line is dedented to a level that no enclosing block has")
				s.indents[n] = level
				s.indents = s.indents[:n+1]
				return
			}
			s.emit(Dedent, at, at)
		}
		s.indents = s.indents[:n]
	}
}
