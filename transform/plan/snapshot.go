package plan

// Snapshots: generators that run to their end under their lock when they are called, and
// those for which that cannot be.

import (
	"fmt"

	"pyxlock/parser/ast"
	"pyxlock/transform/effects"
	"pyxlock/transform/finding"
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

// checkSnapshot reports what a generator does that has no meaning in a snapshot, and
// functions that are no generators.
func checkSnapshot(f *Func, yields bool, fail func(ast.Span, string, string, string)) {
	name := f.Def.Name.Name
	if at, why := effects.NoSnapshot(f.Def); !yields {
		fail(f.Def.Name.Span, finding.Argument, "snapshot=True on "+name+", which yields nothing", "it goes on a generator: leave it out")
	} else if why != "" {
		fail(at, finding.Yield, name+" "+why, "leave snapshot out and write an iterator class whose __next__ locks one step, or mark it @cython.no_lock(\"why\")")
	}
}
