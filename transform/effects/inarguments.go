package effects

// New objects that a function returns and puts into what it is given, and nowhere else: "el.source = source;
// source.parts.append(el); return el". Where the caller gives it None there, the object is new to the caller, too.

import (
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/ctype"
	"pyxlock/transform/syntax"
)

// inArguments are the parameters into which a new object is put, or what they lead to.
type inArguments struct {
	params string // a byte for each, in their order
	// others is true where it may get anywhere else.
	others bool
}

// inArgumentsOf is how the names of regions begin that stand for such an object; the parameters follow.
const inArgumentsOf = "in "

// name is that of the region that such an object is to callers.
func (in inArguments) name() string {
	if in.others || in.params == "" {
		return ""
	}
	return inArgumentsOf + in.params
}

// with adds parameters, and reports whether they are more.
func (in *inArguments) with(o inArguments) bool {
	was := *in
	in.others = in.others || o.others
	for i := range len(o.params) {
		p := o.params[i]
		at := 0
		for at < len(in.params) && in.params[at] < p {
			at++
		}
		if at == len(in.params) || in.params[at] != p {
			in.params = in.params[:at] + string([]byte{p}) + in.params[at:]
		}
	}
	return *in != was
}

// keepsIn notes that a new object, by its node, is put into regions: anywhere, if there are none.
func keepsIn(s *Solver, made int32, into []int32) {
	in := inArguments{others: len(into) == 0}
	for _, r := range into {
		x := &s.sum.Regions[r]
		for at := r; s.sum.Regions[at].Parent >= 0; at = s.sum.Regions[at].Parent {
			if s.sum.moved(at) != inPlace || s.sum.Regions[at].OfItems() {
				in.others = true // it may lead to what others have
			}
		}
		if x.Root != NodeParam || x.Num < 0 || x.Num > 0x7f {
			in.others = true
			continue
		}
		in.with(inArguments{params: string([]byte{byte(x.Num)})})
	}
	note := s.inArgs[made]
	note.with(in)
	s.inArgs = with(s.inArgs, made, note)
}

// keepsAs notes that a new object is wherever another one is that it was put into, and reports whether that is more.
func keepsAs(s *Solver, made, in int32) bool {
	note, of := s.inArgs[made], s.inArgs[in]
	if of.params == "" {
		of.others = true
	}
	more := note.with(of)
	s.inArgs = with(s.inArgs, made, note)
	return more
}

// nothing puts values in the place of arguments that are None as they are written, by which they are found again, and returns
// these.
func (p *passed) nothing(args []ast.Arg) []int32 {
	var out []int32
	pos, kw := 0, 0
	for i := range args {
		list, at := p.pos, &pos
		switch {
		case args[i].Star > 0:
			continue
		case args[i].Name.Name != "":
			list, at = p.kw, &kw
		}
		if c, ok := syntax.Unparen(args[i].X).(*ast.Const); ok && c.Name == "None" && list[*at] == 0 {
			list[*at] = p.b.node(Node{Kind: NodeNothing, Shape: ctype.Shape{Kind: ctype.Object}})
			out = append(out, list[*at])
		}
		*at++
	}
	return out
}

// leftOut takes such values out of what a function gets for its parameters, and returns the parameters.
func leftOut(args, nothing []int32) []int32 {
	var out []int32
	for i, n := range args {
		if n != 0 && slices.Contains(nothing, n) {
			args[i], out = 0, append(out, int32(i))
		}
	}
	return out
}

// passesNone notes for which parameters a call has None.
func (fl *Flow) passesNone(args, none []int32) {
	for i := len(fl.Calls) - 1; i >= 0 && len(none) > 0; i-- {
		if c := &fl.Calls[i]; len(c.Args) > 0 && &c.Args[0] == &args[0] {
			c.none = none
			return
		}
	}
}

// keepsNothing reports whether what a callee returns, a new object that it puts into arguments, is in none of them: None is
// what they are.
func (c *Call) keepsNothing(g *Function, region int32) bool {
	x := &g.Sum.Regions[region]
	params, ok := strings.CutPrefix(x.Name, inArgumentsOf)
	if !ok || x.Root != NodeUnknown || x.Parent >= 0 {
		return false
	}
	for i := range len(params) {
		if !slices.Contains(c.none, int32(params[i])) {
			return false
		}
	}
	return true
}
