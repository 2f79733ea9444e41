package syntax

import "strings"

// Code that people keep, within the width that formatters and linters of Python ask for.

// Width is how many columns a line that is written into people's sources has at most, where
// it can be broken.
const Width = 88

// Wrap breaks a line of code with its indentation behind its outer opening brackets, and at the
// commas within them where that is not enough, if it is too long as it is. What it is given
// has no comment, and no string over several lines.
func Wrap(line, unit string) []string {
	if Columns(line) <= Width {
		return []string{line}
	}
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	inner := indent + unit
	var out []string
	now := indent // the line that is being made
	rest := line[len(indent):]
	for Columns(now+rest) > Width {
		open, end := brackets(rest)
		if open < 0 {
			break
		}
		out = append(out, now+rest[:open+1])
		now = inner
		for _, piece := range atCommas(rest[open+1 : end]) {
			if now != inner && Columns(now+piece) > Width {
				out, now = append(out, strings.TrimRight(now, " ")), inner
			}
			now += piece
		}
		if now != inner {
			out = append(out, strings.TrimRight(now, " "))
		}
		now, rest = indent, rest[end:]
	}
	return append(out, now+rest)
}

// Columns is how wide a line is; a tab has four columns.
func Columns(line string) int {
	n := 0
	for _, r := range line {
		n++
		if r == '\t' {
			n += 3
		}
	}
	return n
}

// brackets finds the first opening parenthesis outside of strings and the one that closes it;
// -1 where there is none.
func brackets(code string) (open, end int) {
	open = -1
	depth := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"', '\'':
			i = stringEnd(code, i)
		case '(':
			if depth == 0 {
				open = i
			}
			depth++
		case ')':
			if depth--; depth == 0 {
				return open, i
			}
			depth = max(depth, 0) // closes what was broken before
		}
	}
	return -1, -1
}

// atCommas cuts what is between brackets behind its commas and the space after each.
func atCommas(code string) []string {
	var out []string
	from, depth := 0, 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"', '\'':
			i = stringEnd(code, i)
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				for i+1 < len(code) && code[i+1] == ' ' {
					i++
				}
				out, from = append(out, code[from:i+1]), i+1
			}
		}
	}
	return append(out, code[from:])
}

// stringEnd is where the string that begins at an offset ends: the offset of its closing quote.
func stringEnd(code string, at int) int {
	for i := at + 1; i < len(code); i++ {
		switch code[i] {
		case '\\':
			i++
		case code[at]:
			return i
		}
	}
	return len(code) - 1
}
