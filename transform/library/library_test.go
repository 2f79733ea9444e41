package library

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asked are the facts that this package asks for.
var asked = map[string][]string{
	"type":     {"object", "exact", "c", "number", "address", "buffer", "atom", "container", "shares", "immutable", "lock", "native", "again", "guard", "reference"},
	"special":  {"construction", "no-lock", "static", "either-side", "reads", "content", "key", "inherited", "exponent", "else="},
	"operator": {"binary=", "unary=", "compare=", "mirrored="},
	"method":   {"advances", "changes", "mutates", "keeps", "moves", "reads", "makes", "view", "iterates", "later", "apart", "hashes", "into", "counts", "consumes", "logs"},
	"array":    {"reads", "shares", "changes", "fills", "function="},
	"cpp":      {"reads", "size", "writes", "copies"},
	"function": {"fresh", "pure", "calls=", "items=", "shows=", "makes", "reaches", "reads", "size", "views", "builtin", "later", "apart", "lazy=", "carries=", "asks", "alters=", "arranges=", "thread"},
	"c":        {"args=", "lock=", "tries=", "every", "ident", "shared", "native", "construct", "lends=", "owner=", "instead=", "storage=", "steps=", "unchecked", "unwraps", "once", "mutates", "makes", "reaches", "reads", "size", "asks", "drops", "by-key", "memory", "there"},
	"thread":   {"of="},
}

var (
	argsValue  = regexp.MustCompile(`^[rwRW]+$`)
	triesValue = regexp.MustCompile(`^(non)?zero$`)
	lockValue  = regexp.MustCompile(`^(take|release)$`)
	firstValue = regexp.MustCompile(`^[12]$`)
	lendsValue = regexp.MustCompile(`^(-1|\d)$`)
)

// A misspelled fact would be one that nobody knows.
func TestTable(t *testing.T) {
	for section := range asked {
		if len(sections()[section]) == 0 {
			t.Errorf("no [%s]", section)
		}
	}
	seen := map[string]bool{}
	for section, rows := range sections() {
		last := ""
		for _, r := range rows {
			if r.name <= last {
				t.Errorf("[%s]: %s stands behind %s", section, r.name, last)
			}
			last = r.name
			for _, f := range r.facts {
				name, value, has := strings.Cut(f, "=")
				if has {
					name += "="
				}
				if !slices.Contains(asked[section], name) {
					t.Errorf("[%s]: %s: nothing asks for %q", section, r.name, f)
				}
				seen[section+" "+name] = true
				for fact, want := range map[string]*regexp.Regexp{"args=": argsValue, "lock=": lockValue, "tries=": triesValue, "lends=": lendsValue, "function=": firstValue} {
					if name == fact && !want.MatchString(value) {
						t.Errorf("[%s]: %s: %q", section, r.name, f)
					}
				}
			}
		}
	}
	for section, facts := range asked {
		for _, f := range facts {
			if !seen[section+" "+f] {
				t.Errorf("[%s]: no row says %q", section, f)
			}
		}
	}
}

func TestFacts(t *testing.T) {
	if !Changers()["append"] || Changers()["index"] || !Keepers()["index"] {
		t.Error("methods of list")
	}
	if KnownC()["memcpy"] != "wr" || KnownC()["realloc"] != "Wr" {
		t.Error("C functions")
	}
	if take, ok := LockCalls()["PyMutex_Unlock"]; !ok || take {
		t.Error("PyMutex_Unlock releases")
	}
	if l := Lenders()["PyImport_AddModule"]; l.Container != -1 || l.What != "sys.modules" || l.Instead == "" {
		t.Errorf("%+v", l)
	}
	if fresh, ok := PureBuiltins()["sorted"]; !ok || !fresh || PureBuiltins()["len"] {
		t.Error("builtins")
	}
}
