package parser_test

// dump_test.go prints trees compactly, for the tests that look at what is in
// them.

import (
	"fmt"
	"reflect"
	"strings"

	"pyxlock/parser/ast"
)

// dump prints a node as (Type field:value …) without fields that are zero and
// without positions. Names, literals, attributes, subscripts and calls print as
// in the source, with a mark behind them for an access other than Read.
func dump(src []byte, n ast.Node) string {
	d := dumper{src: src}
	d.value(reflect.ValueOf(n))
	return d.b.String()
}

type dumper struct {
	src []byte
	b   strings.Builder
}

var accessMarks = map[ast.Access]string{
	ast.Write: "=", ast.Aug: "+=", ast.Delete: "-", ast.ForTarget: "@", ast.AddressOf: "&",
	ast.StoreThrough: "^", ast.Called: "!",
}

func (d *dumper) text(s ast.Span) string { return string(d.src[s.Pos:s.End]) }

func (d *dumper) value(v reflect.Value) {
	if v.CanInterface() && d.short(v.Interface()) {
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			d.b.WriteString("_")
			return
		}
		d.value(v.Elem())
	case reflect.Pointer:
		d.value(v.Elem())
	case reflect.Struct:
		d.structure(v)
	case reflect.Slice:
		d.b.WriteString("[")
		for i := range v.Len() {
			if i > 0 {
				d.b.WriteString(" ")
			}
			d.value(v.Index(i))
		}
		d.b.WriteString("]")
	default:
		fmt.Fprint(&d.b, v.Interface())
	}
}

// short prints the nodes that have a form of their own.
func (d *dumper) short(x any) bool {
	switch x := x.(type) {
	case *ast.Name:
		d.b.WriteString(x.Name + accessMarks[x.Access])
	case *ast.Const:
		d.b.WriteString(x.Name)
	case *ast.Number:
		d.b.WriteString(d.text(x.Span))
	case *ast.Placeholder:
		d.b.WriteString(d.text(x.Span))
	case *ast.Str:
		d.b.WriteString(d.text(x.Span))
		if len(x.Fields) > 0 {
			d.value(reflect.ValueOf(x.Fields))
		}
	case *ast.Attribute:
		d.value(reflect.ValueOf(x.X))
		d.b.WriteString("." + x.Attr.Name + accessMarks[x.Access])
	case *ast.Subscript:
		d.value(reflect.ValueOf(x.X))
		d.value(reflect.ValueOf(x.Index))
		d.b.WriteString(accessMarks[x.Access])
	case *ast.Call:
		if x.Fun != nil {
			d.value(reflect.ValueOf(x.Fun))
		}
		d.b.WriteString("(")
		for i, a := range x.Args {
			if i > 0 {
				d.b.WriteString(" ")
			}
			d.short(a)
		}
		d.b.WriteString(")")
	case ast.Arg:
		d.b.WriteString(strings.Repeat("*", x.Star))
		if x.Name.Name != "" {
			d.b.WriteString(x.Name.Name + ":")
		}
		d.value(reflect.ValueOf(x.X))
	case *ast.Suite:
		d.value(reflect.ValueOf(x.Stmts))
	case ast.Ident:
		d.b.WriteString(x.Name)
	case ast.Span:
		d.b.WriteString(d.text(x))
	case []byte:
	default:
		return false
	}
	return true
}

func (d *dumper) structure(v reflect.Value) {
	t := v.Type()
	d.b.WriteString("(" + t.Name())
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous || f.Type.Kind() == reflect.Int32 || v.Field(i).IsZero() {
			continue
		}
		switch {
		case f.Type.Kind() == reflect.Bool:
			d.b.WriteString(" " + f.Name)
			continue
		case f.Name == "Op" || f.Name == "Kind" && f.Type.Kind() == reflect.String:
			d.b.WriteString(" ")
		default:
			d.b.WriteString(" " + f.Name + ":")
		}
		d.value(v.Field(i))
	}
	d.b.WriteString(")")
}
