package rules

// PXL502: variables of a module that one function sets together and another reads together: who reads
// may find one of before and one of after.

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/project"
	"pyxlock/transform/syntax"
)

// togetherChanged reports variables of Python's, of which each assignment by itself is safe.
func togetherChanged(c *checking, vars map[string]*globalVar, once map[*ruleFunc]string) (told []toldGlobal) {
	sets := map[*ruleFunc][]*globalVar{}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		v := vars[name]
		if c.silentGlobal(v) {
			continue
		}
		for _, it := range itemsOf(v) {
			for _, ch := range it.changes {
				if _, ok := once[ch.f]; !ok && !immortal(ch.value) && !ch.f.heldForAll(ch.node.Range().Pos) && !c.checksFirst(v, ch) {
					if list := sets[ch.f]; len(list) == 0 || list[len(list)-1] != it {
						sets[ch.f] = append(list, it)
					}
				}
			}
		}
		if v.d != nil {
			continue
		}
		for _, ch := range v.changes {
			if _, ok := once[ch.f]; ok || ch.kind != rebinds || ch.value == nil || immortal(ch.value) || ch.f.heldForAll(ch.node.Range().Pos) || c.checksFirst(v, ch) {
				continue
			}
			if list := sets[ch.f]; len(list) == 0 || list[len(list)-1] != v {
				sets[ch.f] = append(list, v)
			}
		}
	}
	for _, f := range c.funcs() {
		list := sets[f]
		if len(list) < 2 {
			continue
		}
		for _, g := range c.funcs() {
			if g == f {
				continue
			}
			read := readTogether(c, g, list)
			if len(read) < 2 {
				continue
			}
			v, kind := read[0].v, "the module's variables "
			names := make([]string, len(read))
			for i, r := range read {
				if names[i] = r.v.name; r.v.words != "" {
					kind = ""
				}
			}
			out := c.Report(v.u, v.node.Range(), finding.Global,
				fmt.Sprintf("%s sets %s%s without a lock, and %s reads them: it may find one of before and one of after", f.name(), kind, listed(names), g.name()),
				"keep them in one tuple or object, which is set at once, or guard each use with one lock")
			told = append(told, toldGlobal{len(c.Findings) - 1, names})
			for _, at := range []struct {
				f    *ruleFunc
				node ast.Node
				what string
			}{{f, changeBy(v, f), "sets them"}, {g, read[0].node, "reads them"}} {
				p := project.FindingAt(at.f.u.Source, at.node.Range(), "", "", "")
				out.Related = append(out.Related, finding.Related{Path: p.Path, Line: p.Line, Column: p.Column, Message: at.f.name() + " " + at.what})
			}
			break
		}
	}
	return told
}

// itemsOf are the items of a dict that functions set by keys that are texts.
func itemsOf(v *globalVar) (out []*globalVar) {
	if containerKind(v) != "dict" {
		return nil
	}
	for _, ch := range v.changes {
		key, ok := textOf(ch.key)
		if !ok || key == "" || ch.kind != stores || ch.value == nil {
			continue
		}
		i := slices.IndexFunc(out, func(it *globalVar) bool { return it.key == key })
		if i < 0 {
			i = len(out)
			out = append(out, &globalVar{name: fmt.Sprintf("%s[%q]", v.name, key), u: v.u, node: v.node, of: v, key: key})
		}
		out[i].changes = append(out[i].changes, ch)
	}
	return out
}

// changeBy is where a function sets a variable.
func changeBy(v *globalVar, f *ruleFunc) ast.Node {
	return v.changes[slices.IndexFunc(v.changes, func(ch globalChange) bool { return ch.f == f })].node
}

// readTogether returns the first place at which a function reads each of several variables without a lock of the
// module.
func readTogether(c *checking, f *ruleFunc, vars []*globalVar) (out []globalRead) {
	names := map[string]bool{}
	for _, v := range vars {
		names[cmp.Or(v.key, syntax.LastPart(v.name))] = true
	}
	if !namesOne(f.u.Src[f.def.Pos:f.def.End], names, firstLetters(names)) {
		return nil
	}
	syntax.OwnNodes(f.def.Body, func(n ast.Node) bool {
		for _, v := range vars {
			if !slices.ContainsFunc(out, func(r globalRead) bool { return r.v == v }) && looksAt(&c.bodies, v, f)(n) && !f.heldForAll(n.Range().Pos) {
				out = append(out, globalRead{v, n})
			}
		}
		return true
	})
	return out
}

// globalRead is where a variable is read.
type globalRead struct {
	v    *globalVar
	node ast.Node
}

// listed joins names in words.
func listed(names []string) string {
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
