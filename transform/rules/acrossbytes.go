package rules

// PXL306: the bytes of a bytearray, which move when it gets more of them.

import (
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// bytes is the bytearray of the object into which a local pointer leads that is given a value.
func (a *across) bytes(local string, value ast.Expr) *project.Field {
	if call, ok := syntax.Bare(value).(*ast.Call); ok && strings.HasPrefix(a.m.CName(call.Fun), "PyByteArray_A") {
		value = syntax.Arg(call, 0)
	} else if t := a.r.types[local]; t.d == nil || t.d.Pointer != 1 {
		return nil
	}
	x, ok := syntax.Bare(value).(*ast.Attribute)
	if !ok {
		return nil
	}
	if fd := a.field(x); fd != nil && fd.Ctype != nil && fd.Ctype.Name == "bytearray" {
		return fd
	}
	return nil
}

// resizing are the methods of a bytearray after which its bytes may be elsewhere.
var resizing = map[string]bool{"append": true, "extend": true, "insert": true, "pop": true, "remove": true, "clear": true}
