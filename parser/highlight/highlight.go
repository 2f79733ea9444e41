// Package highlight tells the parts of Cython source apart for people who read
// it: keywords, types, strings, comments and the like, each as a span of the
// source. It looks at tokens alone, so that a file that does not parse is
// coloured too.
package highlight

import (
	"bytes"

	"pyxlock/parser/lex"
)

// Class is what a span of source is to its reader.
type Class uint8

// The classes. Source outside of all spans is plain.
const (
	Keyword   Class = iota
	Type            // int, size_t, object and other words of C types
	Constant        // None, True, False, NULL
	String          // f-strings without what stands in their fields
	Number          //
	Comment         //
	Decorator       // "@" and the dotted name behind it
	Defined         // the name that a def, cdef or class defines
)

// Span is the bytes [Off, End) of the source. It may go over several lines.
type Span struct {
	Off, End int
	Class    Class
}

// Spans returns the spans of src that are not plain, in order. In a pure file,
// a .py, the keywords of Cython are names.
func Spans(src []byte, pure bool) []Span {
	toks := lex.Scan(string(src), pure).Toks
	p := painter{src: src, toks: toks}
	for i := range toks {
		p.token(i)
	}
	return p.out
}

type painter struct {
	src  []byte
	toks []lex.Tok
	out  []Span
	done int32 // the end of the last token
	// What is known of the logical line.
	first     int  // its first token
	declares  bool // it starts with a keyword of C declarations
	assigned  bool // an "=" was seen
	decorator bool // in the dotted name of one
}

func (p *painter) add(t lex.Tok, c Class) {
	if n := len(p.out); n > 0 && p.out[n-1].End == int(t.Off) && p.out[n-1].Class == c {
		p.out[n-1].End = int(t.End)
		return
	}
	p.out = append(p.out, Span{int(t.Off), int(t.End), c})
}

func (p *painter) token(i int) {
	t := p.toks[i]
	p.comments(t.Off)
	p.done = max(p.done, t.End)
	switch t.Kind {
	case lex.Newline, lex.Indent, lex.Dedent:
		p.first, p.declares, p.assigned, p.decorator = i+1, false, false, false
		return
	case lex.EOF:
		return
	case lex.At:
		p.decorator = i == p.first
	case lex.LParen, lex.Assign:
		p.assigned = p.assigned || t.Kind == lex.Assign
		p.decorator = false
	case lex.Cdef, lex.Cpdef, lex.Ctypedef, lex.Def:
		p.declares = true
	}
	switch {
	case p.decorator:
		p.add(t, Decorator)
	case t.Kind >= lex.And && t.Kind < lex.NumKinds:
		p.add(t, Keyword)
	case t.Kind == lex.Int || t.Kind == lex.Float || t.Kind == lex.Imag:
		p.add(t, Number)
	case t.Kind == lex.String || t.Kind == lex.FStart || t.Kind == lex.FMid || t.Kind == lex.FEnd:
		p.add(t, String)
	case t.Kind == lex.Name && p.before(i) != lex.Dot:
		p.name(i)
	}
}

// name colours a name that is no attribute.
func (p *painter) name(i int) {
	t := p.toks[i]
	before, after := p.before(i), p.after(i)
	switch s := t.Soft; {
	case before == lex.Def || before == lex.Class:
		p.add(t, Defined)
	case s == lex.NoneLit || s == lex.TrueLit || s == lex.FalseLit || s == lex.NullLit:
		p.add(t, Constant)
	case s == lex.As || s == lex.Await || s == lex.Async && (after == lex.Def || after == lex.For || after == lex.With):
		p.add(t, Keyword)
	case s == lex.Nogil || s == lex.Gil || s == lex.Noexcept || s == lex.Sizeof:
		p.add(t, Keyword)
	case s.BasicType() || s == lex.Object || s == lex.Complex:
		p.add(t, Type)
	case p.declares && !p.assigned && declaring[s] && (after == lex.Name || after == lex.Colon || after >= lex.And):
		p.add(t, Keyword)
	case p.declares && !p.assigned && after == lex.LParen && p.toks[p.first].Kind != lex.Def:
		p.add(t, Defined)
		p.assigned = true // what follows are parameters
	}
}

// declaring holds the words that are keywords in declarations alone.
var declaring = map[lex.Soft]bool{
	lex.API: true, lex.Const: true, lex.Cppclass: true, lex.Enum: true, lex.Extern: true, lex.Fused: true, lex.Inline: true,
	lex.Namespace: true, lex.Packed: true, lex.Property: true, lex.Public: true, lex.Readonly: true, lex.Restrict: true,
	lex.Struct: true, lex.Union: true, lex.Volatile: true,
}

func (p *painter) before(i int) lex.Kind {
	if i == p.first {
		return lex.Newline
	}
	return p.toks[i-1].Kind
}

func (p *painter) after(i int) lex.Kind { return p.toks[i+1].Kind } // EOF is last, and no name

// comments colours what is a comment between the last token and an offset.
func (p *painter) comments(to int32) {
	for at := p.done; at < to; {
		gap := p.src[at:to]
		n := bytes.IndexByte(gap, '#')
		if n < 0 {
			return
		}
		end := bytes.IndexAny(gap[n:], "\r\n")
		if end < 0 {
			end = len(gap) - n
		}
		from := int(at) + n
		p.out = append(p.out, Span{from, from + end, Comment})
		at = int32(from + end)
	}
}
