package plan

// Snapshots: generators that run to their end under their lock when they are called, and
// those for which that cannot be.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/finding"
	"pyxlock/transform/syntax"
)

// howToYield says what can be done about a generator under a lock.
const howToYield = "say snapshot=True if it may run to its end when it is called, write an iterator class whose __next__ locks one step, or mark it @cython.no_lock(\"why\")"

// askSnapshot tells whether the decorators of a function ask for a snapshot, and reports
// those that do not agree about it.
func askSnapshot(out *Module, name string, locks []Placed) (snapshot, agree bool) {
	for i, d := range locks {
		if i > 0 && d.Snapshot() != snapshot {
			out.Report(d.Unit, d.Node.Range(), finding.Contradict, fmt.Sprintf("of the locks of %s, some say snapshot=True and some do not", name),
				"say it on each: all of them are held while the body runs")
			return false, false
		}
		snapshot = d.Snapshot()
	}
	return snapshot, true
}

// checkSnapshot reports what a generator does that has no meaning once its body has run to
// the end before the caller gets the first item.
func checkSnapshot(f *Func, fail func(ast.Span, string, string, string)) {
	name := f.Def.Name.Name
	const instead = "leave snapshot out and write an iterator class whose __next__ locks one step, or mark it @cython.no_lock(\"why\")"
	statements := map[*ast.Yield]bool{}
	syntax.EachStmt(f.Def.Body.Stmts, func(st ast.Stmt) {
		if y := syntax.YieldOf(st); y != nil {
			statements[y] = true
		}
	})
	yields := false
	syntax.OwnNodes(f.Def.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Yield:
			yields = true
			switch {
			case statements[n]:
			case n.From:
				fail(n.Span, finding.Yield, name+" uses what `yield from` returns, and a snapshot takes the items alone", instead)
			default:
				fail(n.Span, finding.Yield, name+" takes in what its caller sends, and a snapshot is made before anybody can send", instead)
			}
		case *ast.Simple:
			if n.Keyword == "return" && !syntax.ReturnsNothing(n) {
				fail(n.Span, finding.Yield, name+" returns a value, and from a snapshot the items alone come back", instead)
			}
		}
		return true
	})
	if !yields {
		fail(f.Def.Name.Span, finding.Argument, "snapshot=True on "+name+", which yields nothing", "it goes on a generator: leave it out")
	}
}
