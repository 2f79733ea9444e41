package lex

// number.go scans numbers: Python's, C's suffixes, and old octals.

// number scans the number at the current position. As in Python's own
// tokenizer a name may follow at once ("1if x").
func (s *scanner) number() {
	src, start := s.src, s.pos
	pos := start
	kind := Int
	if src[pos] == '0' && pos+1 < len(src) {
		var end int
		switch src[pos+1] | 0x20 {
		case 'x':
			end = digitRun(src, pos+2, isHex, true)
		case 'o':
			end = digitRun(src, pos+2, isOctal, true)
		case 'b':
			end = digitRun(src, pos+2, isBinary, true)
		}
		if end > pos+2 {
			if end < len(src) && src[end]|0x20 == 'j' {
				s.op(Imag, end+1-start)
				return
			}
			s.op(Int, intSuffix(src, end)-start)
			return
		}
	}
	pos = digitRun(src, pos, isDecimal, false)
	// "1_0" is one number but "0_1" is not: Cython takes a leading zero alone.
	if src[start] == '0' {
		zeros := start
		for zeros < pos && (src[zeros] == '0' || src[zeros] == '_') {
			zeros++
		}
		if zeros < pos {
			plain := start
			for plain < pos && src[plain] != '_' {
				plain++
			}
			if !(pos < len(src) && (src[pos] == '.' || src[pos]|0x20 == 'e')) {
				pos = plain
			}
		}
	}
	intEnd := pos
	if pos < len(src) && src[pos] == '.' {
		kind = Float
		pos++
		pos = digitRun(src, pos, isDecimal, false)
	}
	if pos < len(src) && src[pos]|0x20 == 'e' {
		exp := pos + 1
		if exp < len(src) && (src[exp] == '+' || src[exp] == '-') {
			exp++
		}
		if end := digitRun(src, exp, isDecimal, false); end > exp {
			pos, kind = end, Float
		}
	}
	switch {
	case pos < len(src) && src[pos]|0x20 == 'j':
		kind = Imag
		pos++
	case kind == Int:
		pos = intSuffix(src, intEnd)
	}
	s.op(kind, pos-start)
}

// digitRun is the end of a run of digits with single underscores between them,
// or before the first one if lead is set.
func digitRun(src string, pos int, digit func(byte) bool, lead bool) int {
	start := pos
	for pos < len(src) {
		switch {
		case digit(src[pos]):
			pos++
		case src[pos] == '_' && (pos > start || lead) && pos+1 < len(src) && digit(src[pos+1]):
			pos += 2
		default:
			return pos
		}
	}
	return pos
}

func isDecimal(c byte) bool { return '0' <= c && c <= '9' }
func isOctal(c byte) bool   { return '0' <= c && c <= '7' }
func isBinary(c byte) bool  { return c == '0' || c == '1' }
func isHex(c byte) bool     { return isDecimal(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// intSuffix is the end of a C suffix (u, l, ul, ull, lu, llu) at pos.
func intSuffix(src string, pos int) int {
	has := func(c byte) bool { return pos < len(src) && src[pos]|0x20 == c }
	if has('u') {
		pos++
		for i := 0; i < 2 && has('l'); i++ {
			pos++
		}
		return pos
	}
	for i := 0; i < 2 && has('l'); i++ {
		pos++
	}
	if has('u') {
		pos++
	}
	return pos
}
