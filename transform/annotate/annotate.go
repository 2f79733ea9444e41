package annotate

// Annotating: which classes need a lock, which of their methods hold it how,
// and the decorators that say so, as edits of the sources.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pyxlock/parser/ast"
	"pyxlock/transform/decorator"
	"pyxlock/transform/edit"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
	"pyxlock/transform/library"
	"pyxlock/transform/plan"
	"pyxlock/transform/project"
)

// Propose proposes decorators for what has none, in modules that parse. What the
// program takes for locked changes on the way.
func Propose(prog *effects.Program, in project.Inputs) *Annotation {
	mods, findings := compiled(prog, in)
	a := &annotator{p: prog, out: &Annotation{Findings: findings}, editors: map[string]*edit.Editor{}, mods: mods}
	a.choose()
	a.decorate()
	a.hold()
	byPath := map[string]*edit.Rewrite{}
	for _, m := range mods {
		for _, u := range m.Units {
			if byPath[u.Path] == nil {
				byPath[u.Path] = &edit.Rewrite{Path: u.Path, Src: u.Src}
			}
			if e := a.editors[u.Path]; e != nil && len(byPath[u.Path].Edits) == 0 {
				byPath[u.Path].Edits = e.Finish()
			}
		}
	}
	for _, path := range in.Paths {
		rw := byPath[path]
		if rw == nil {
			rw = &edit.Rewrite{Path: path, Src: prog.Project.Source(path).Src}
		}
		a.out.Rewrites = append(a.out.Rewrites, rw)
	}
	return a.out
}

// annotator is one annotation.
type annotator struct {
	p        *effects.Program
	mods     []*project.Module
	out      *Annotation
	editors  map[string]*edit.Editor
	writes   *effects.Written
	pending  map[*project.Unit][]insertion
	proposed map[*project.Unit][]*plan.Proposal
	held     map[*effects.Function]bool            // members whose blocks hold their object wherever they use it
	wantedBy map[*effects.Function][]want          // see wanted
	taking   []takes                               // see overrides
	guards   map[*project.Class]sharing            // see guardsOf
	awaited  map[*project.Class]*effects.Awaited   // objects that threads wait for
	known    map[*project.Unit][]decorator.Visible // the locked classes that a file can name
}

func (a *annotator) all() []*effects.Function {
	var all []*effects.Function
	for _, m := range a.mods {
		all = append(all, a.p.Funcs(m).All...)
	}
	return all
}

// choose decides which classes get a lock: those that declare an attribute
// which is written once the object is made, by what Python code can call.
func (a *annotator) choose() {
	a.p.Assume(func() {
		a.writes = effects.Gather(a.p, a.mods)
		a.guards = a.guardsOf(a.all())
		a.awaited = effects.AwaitedOf(a.p, a.mods)
	})
	for _, m := range a.mods {
		for _, c := range m.Classes {
			a.verdict(c)
		}
	}
	for a.bases() {
	}
	a.share(a.guards)
	alone(a, a.guards)
}

// declared reports whether the source gives a class a lock, and lock whether that
// or this annotation does.
func (a *annotator) declared(c *project.Class) (lock, declared bool) {
	l := a.p.Locks.Declared(c)
	return l != nil, l != nil && l.Decorator != nil
}

// bases gives a lock to classes whose methods come to the state of a locked
// subclass, through C methods that it overrides; it reports whether there were any.
func (a *annotator) bases() bool {
	found := false
	for _, m := range a.mods {
		for _, f := range a.p.Funcs(m).All {
			c := f.Class
			if c == nil || a.p.Locks.Declared(c) != nil || a.p.Locks.Exempted(c) != nil || c.Def == nil || c.Extern || a.p.Locks.OfMembers(c) != nil || !f.Exposed() || f.Accessor == effects.Plain && library.Construction()[f.Def.Name.Name] || a.writes.ByHand(c) != nil || a.writes.ByHandBelow(c) != nil || plan.ObstacleTo(a.p.Project, c) != nil {
				continue
			}
			for i := range f.Sum.Effects {
				e := &f.Sum.Effects[i]
				if !effects.OnSelf(f, e) || !e.Raw || e.Class == nil || locksOnTheWay(f, e) || a.p.Locks.Of(e.Class) == nil || !slices.Contains(e.Class.Ancestry(), c) {
					continue
				}
				a.lock(c, "")
				a.note(c, Locked, fmt.Sprintf("%s reaches the state of %s, which is locked", f.Name(), e.Class.Name), effects.RelatedOf(effects.Chain(f, e))).Below = true
				found = true
				break
			}
		}
	}
	return found
}

// lock gives a class a lock that its source does not have yet: that of the object
// that guard holds, where it is not "".
func (a *annotator) lock(c *project.Class, guard string) {
	a.p.Locks.Give(c, &decorator.ClassLock{Class: c, Unit: c.Unit, Def: c.Def, Guard: guard})
}

// locksOnTheWay reports whether an effect comes about in another function that
// Python code can call: that one gets a lock of its own.
func locksOnTheWay(f *effects.Function, e *effects.Effect) bool {
	steps := effects.Chain(f, e)
	return slices.ContainsFunc(steps[1:], func(s effects.Step) bool { return s.Func.Exposed() })
}

// note adds the verdict on a class, in place of an earlier one.
func (a *annotator) note(c *project.Class, v Verdict, why string, related []finding.Related) *ClassNote {
	u, def := c.Unit, c.Def
	if def == nil {
		u, def = c.PxdUnit, c.PxdDef
	}
	pos := project.FindingAt(u.Source, def.Name.Span, "", "", "")
	n := ClassNote{Name: c.Name, Path: u.Path, Line: pos.Line, Verdict: v, Why: why, Related: related}
	for i, o := range a.out.Classes {
		if o.Name == n.Name && o.Path == n.Path && o.Line == n.Line {
			a.out.Classes[i] = n
			return &a.out.Classes[i]
		}
	}
	a.out.Classes = append(a.out.Classes, n)
	return &a.out.Classes[len(a.out.Classes)-1]
}

func (a *annotator) verdict(c *project.Class) {
	if !c.HasState() || c.Def == nil && c.PxdDef == nil {
		return
	}
	ev := a.writes.Wrote[c]
	lock, declared := a.declared(c)
	switch {
	case declared:
		a.note(c, Already, "", nil)
	case a.p.Locks.Exempted(c) != nil:
		a.note(c, Exempt, a.p.Locks.Exempted(c).Reason, nil)
	case a.p.Locks.Of(c) != nil && !lock:
		a.note(c, Inherits, "", nil)
	case c.Extern || c.Def == nil:
		a.note(c, Opaque, "", nil)
	case ev == nil && a.elsewhere(c) != nil:
		b := a.elsewhere(c)
		u, _ := b.Where()
		a.note(c, Unlockable, fmt.Sprintf("its base %s needs the lock, and is in %s, which was not given", b.Name, u.Path), nil)
	case ev == nil:
		a.note(c, Immutable, "", nil)
	case a.writes.ByHand(c) != nil:
		a.note(c, HandLocked, a.byHand(c), nil)
		restByHand(a, c)
	case a.writes.ByHandBelow(c) != nil:
		k := a.writes.ByHandBelow(c)
		why := fmt.Sprintf("only its subclass %s, where %s", k.Name, a.byHand(k))
		if ev.Field == nil && ev.Func.Class == c {
			steps := effects.Chain(ev.Func, ev.Effect)
			why += fmt.Sprintf("; %s itself has no lock, and %s %s", c.Name, ev.Func.Name(), steps[len(steps)-1].Text)
		}
		a.note(c, HandLocked, why, nil)
	case a.awaited[c] != nil:
		a.note(c, Unlockable, "it is a lock itself: "+a.awaited[c].Text(), nil)
	case plan.ObstacleTo(a.p.Project, c) != nil:
		a.note(c, Unlockable, plan.ObstacleTo(a.p.Project, c).Why, nil)
	default:
		a.lock(c, "")
		if ev.Field != nil {
			a.note(c, Locked, fmt.Sprintf("the attribute %s is public", ev.Field.Name), nil)
			return
		}
		steps := effects.Chain(ev.Func, ev.Effect)
		a.note(c, Locked, fmt.Sprintf("%s %s", ev.Func.Name(), steps[len(steps)-1].Text), effects.RelatedOf(steps))
	}
}

// elsewhere returns a base of c that needs a lock and is in no module that was
// given, or nil.
func (a *annotator) elsewhere(c *project.Class) *project.Class {
	for _, b := range c.Ancestry()[1:] {
		if a.writes.Wrote[b] != nil && !slices.Contains(a.mods, b.Mod) && !b.Extern {
			return b
		}
	}
	return nil
}

// byHand says which locks guard a class that is locked by hand, and which members write its
// state without them, the first few.
func (a *annotator) byHand(c *project.Class) string {
	var locks []string
	for _, l := range a.writes.ByHand(c) {
		x := a.writes.Sets.Example(c, l)
		if x == nil {
			continue
		}
		at := project.FindingAt(x.Func.Unit.Source, x.Effect.Span, "", "", "")
		locks = append(locks, fmt.Sprintf("%s holds %s (%s:%d)", x.Func.Name(), l.Text("self"), at.Path, at.Line))
	}
	why := strings.Join(few(locks), ", ")
	var open []string
	for _, x := range a.writes.Sets.Open(c) {
		steps := effects.Chain(x.Func, x.Effect)
		open = append(open, x.Func.Name()+" "+steps[len(steps)-1].Text)
	}
	if len(open) > 0 {
		why += "; without it " + strings.Join(few(open), ", ")
	}
	return why
}

// few are the first of a list, and how many more there are.
func few(list []string) []string {
	if len(list) > 3 {
		return append(list[:3:3], fmt.Sprintf("%d more", len(list)-3))
	}
	return list
}

// decorate writes the decorators. The model is made anew with the locks in it.
func (a *annotator) decorate() {
	p := a.p
	all := a.all()
	p.Forget()
	p.SettleFunctions(all)
	a.proposed, a.held = map[*project.Unit][]*plan.Proposal{}, map[*effects.Function]bool{}
	a.wantedBy = map[*effects.Function][]want{}
	a.pending, a.known = map[*project.Unit][]insertion{}, map[*project.Unit][]decorator.Visible{}
	a.overrides(all)
	for _, m := range a.mods {
		for _, c := range m.Classes {
			if l := a.p.Locks.Declared(c); l != nil && l.Decorator == nil {
				dec := "locked_class"
				switch {
				case l.Guard != "" && l.KindSet:
					dec += fmt.Sprintf("(lock=%q, guard=%q)", l.Kind, l.Guard)
				case l.Guard != "":
					dec += fmt.Sprintf("(guard=%q)", l.Guard)
				}
				a.insert(c.Unit, c.Def.Pos, c.Def.Keyword, dec)
			}
		}
		for _, f := range a.p.Funcs(m).All {
			blocks(a, f)
			a.method(f)
		}
	}
	a.decorateOverrides()
	a.write()
}

// decorator proposes one decorator for a function.
func (a *annotator) decorator(f *effects.Function, dec, args, why string) {
	a.insert(f.Unit, f.Def.Pos, f.Def.Keyword, dec+args)
	pos := project.FindingAt(f.Unit.Source, f.Def.Name.Span, "", "", "")
	a.out.Methods = append(a.out.Methods, MethodNote{Name: f.Name(), Path: f.Unit.Path, Line: pos.Line, Decorator: dec, Snapshot: strings.HasSuffix(args, "snapshot=True)"), Why: why, Rests: rests(f, dec)})
}

// method proposes decorators for one function.
func (a *annotator) method(f *effects.Function) {
	p := a.p
	if !decoratable(a, f) {
		return
	}
	name, member := f.Def.Name.Name, isMember(a, f)
	wants := a.wants(f, member)
	if len(wants) == 0 {
		if member && f.Suspends() && a.held[f] && slices.ContainsFunc(f.Sum.Effects, func(e effects.Effect) bool {
			return effects.OnSelf(f, &e) && e.Mode == effects.Read && p.Changes.Settled(e.Class, e.Field)
		}) {
			inBlocks(a, f)
		}
		return
	}
	snapshot := false
	if f.Flow.Yields != (ast.Span{}) || f.Def.Async {
		if snapshot = effects.MaySnapshot(p, f); !snapshot && !stepwise(a, f, wants) {
			if member {
				exempt(a, f)
			}
			return
		}
	}
	var lists [2][]string
	whys := [2]string{}
	bare := member // self alone, or with operands that are found without being named
	for _, w := range wants {
		if !member || w.path[0] == '*' && !modesDiffer(a, f, w) || w.path[0] != '*' && w.path != wants[0].path && !w.operand {
			bare = false
		}
		lists[w.mode] = append(lists[w.mode], fmt.Sprintf("%q", w.path))
		if whys[w.mode] == "" {
			whys[w.mode] = w.why
		}
	}
	waits := f.Flow.Yields != (ast.Span{})
	if bare && !(waits && wants[0].operand) {
		if wants[0].operand || name == "__init__" && f.Accessor == effects.Plain {
			return // found without a decorator
		}
		args := ""
		if snapshot {
			args = "(snapshot=True)"
		}
		a.decorator(f, wants[0].mode.String()+"_lock", args, wants[0].why)
		return
	}
	if member && name == "__init__" && f.Accessor == effects.Plain && len(wants) > 0 && wants[0].mode == effects.Read && !wants[0].operand && wants[0].path[0] != '*' {
		lists[effects.Write], lists[effects.Read] = append(lists[effects.Write], lists[effects.Read][0]), lists[effects.Read][1:] // it can be called again
		whys[effects.Write] = cmp.Or(whys[effects.Write], wants[0].why)
	}
	for _, md := range [...]effects.Mode{effects.Write, effects.Read} {
		if len(lists[md]) > 0 {
			if snapshot {
				lists[md] = append(lists[md], "snapshot=True")
			}
			a.decorator(f, md.String()+"_lock", "("+strings.Join(lists[md], ", ")+")", whys[md])
		}
	}
}

// decoratable reports whether a function may get decorators from this annotation.
func decoratable(a *annotator, f *effects.Function) bool {
	if len(a.p.OwnLocks(f).Decs) > 0 || !a.p.Entry(f) {
		return false
	}
	name := f.Def.Name.Name
	if f.Unit.File.Pure && a.cythonName(f.Unit, f.Def.Pos) == "" || f.Class != nil && f.Accessor == effects.Plain && (library.NoLockMethods()[name] && name != "__cinit__" || library.ImplicitStatic()[name]) {
		return false
	}
	return !(isMember(a, f) && a.p.Locks.OfMembers(f.Class).MustDecorate) // asked for by a person
}

// isMember reports whether a function locks its object as its class says.
func isMember(a *annotator, f *effects.Function) bool {
	return a.p.Member(f) || !f.Exposed() && a.p.Locked(f.Class) && !f.Mod.PlainDecorator(f.Def, "staticmethod")
}

// modesDiffer reports whether items are written as one class and read as another: a
// decorator has one mode for all of them, and what is inferred has one for each class.
func modesDiffer(a *annotator, f *effects.Function, w want) bool {
	if w.mode != effects.Write {
		return false
	}
	for _, st := range a.p.InferItems(f) {
		if st.Path != w.path || f.Def.Params.List[st.Param].Kind == ast.Positional {
			continue
		}
		as := effects.UsedAs(a.p, f, st.Param, true)
		return slices.ContainsFunc(as[effects.Read], func(c *project.Class) bool {
			return !slices.ContainsFunc(as[effects.Write], func(d *project.Class) bool { return project.Related(c, d) })
		})
	}
	return false
}

// visible returns the locked classes that a function's module can name.
func visible(a *annotator, f *effects.Function) []decorator.Visible {
	known, ok := a.known[f.Unit]
	if !ok {
		known = a.p.Locks.FindVisible(f.Mod, f.Unit)
		a.known[f.Unit] = known
	}
	return known
}

// lockableItems reports whether a decorator of f can lock the items that an effect is on.
// Only an rwlock takes as many objects as there are.
func lockableItems(a *annotator, f *effects.Function, e *effects.Effect) bool {
	num, _ := effects.Items(f, e.Region)
	if f.Class != nil {
		if in := a.p.Locks.Of(f.Class); in != nil && in.Kind != decorator.RWLock {
			return false
		}
	}
	seen := visible(a, f)
	return effects.ItemsLockable(f, num) && effects.CanTell(seen, e.Class) &&
		!slices.ContainsFunc(seen, func(v decorator.Visible) bool { return a.p.Guarding.MovesFurtherOn(v.Class) })
}

// static returns the class that a path leads to by its declarations, or nil.
func (a *annotator) static(f *effects.Function, region int32) *project.Class {
	x := &f.Sum.Regions[region]
	if x.Parent < 0 {
		return f.Flow.Nodes[f.Flow.Params[x.Num]].Shape.Class
	}
	if c := a.static(f, x.Parent); c != nil {
		if fd := c.Field(x.Name); fd != nil {
			return fd.Class()
		}
	}
	return nil
}

// compiled returns the modules of the inputs that Cython compiles, those that
// another one includes left out, and what is wrong with files that do not parse.
func compiled(prog *effects.Program, in project.Inputs) (mods []*project.Module, findings []finding.Finding) {
	p := prog.Project
	included := map[string]bool{}
	for _, stem := range in.Stems {
		for _, u := range p.Module(stem).Units {
			if u.Role == project.RoleInclude || u.Role == project.RolePxdInclude {
				included[u.Path] = true
			}
		}
	}
	for _, stem := range append(in.Stems, in.Alone...) {
		m := p.Module(stem)
		if included[stem+".pyx"] || included[stem] {
			continue
		}
		findings = append(findings, decorator.Unread(m)...)
		if !m.Broken() && m.Compiled() {
			mods = append(mods, m)
			findings = append(findings, prog.Locks.NearMisses(m)...)
		}
	}
	finding.Sort(findings)
	return mods, finding.Briefly(finding.Dedupe(findings))
}

// hold keeps back what is proposed for files with a near miss: what their locks are
// is known when the name is right.
func (a *annotator) hold() {
	held := map[string]bool{}
	for _, f := range a.out.Findings {
		if f.Code == finding.NearMiss {
			held[f.Path] = true
			delete(a.editors, f.Path)
		}
	}
	for i := range a.out.Classes {
		if n := &a.out.Classes[i]; held[n.Path] {
			*n = ClassNote{Name: n.Name, Path: n.Path, Line: n.Line, Verdict: Unlockable, Why: "a lock decorator is misspelt"}
		}
	}
	a.out.Methods = slices.DeleteFunc(a.out.Methods, func(n MethodNote) bool { return held[n.Path] })
}
