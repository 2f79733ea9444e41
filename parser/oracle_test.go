package parser_test

// oracle_test.go compares the parser with Cython's own: what it accepts, its
// tokens, the names of functions and classes, and what is done to attributes.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"pyxlock/parser"
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// oraclePython finds an interpreter that has Cython: PYXLOCK_PYTHON, or one of
// the environments that the repository's tests use.
func oraclePython(t testing.TB) string {
	if p := os.Getenv("PYXLOCK_PYTHON"); p != "" {
		return p
	}
	for _, v := range []string{"3.3", "3.2", "3.1", "3.0"} {
		p, _ := filepath.Abs(filepath.Join("..", ".venv", "cython-"+v, "bin", "python"))
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skip("SKIPPED: no Cython to compare with; set PYXLOCK_PYTHON or make .venv/cython-3.3")
	return ""
}

// oracleScript returns the text of oracle.py, which is read here so that Go knows that
// the test depends on it.
func oracleScript(t testing.TB) string {
	text, err := os.ReadFile(filepath.Join("testdata", "oracle.py"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// answer is one line of oracle.py.
type answer struct {
	Path       string
	Accepted   bool
	Error      string
	Tokens     [][3]any
	Attributes [][4]any
	Functions  [][2]any
	Classes    [][2]any
}

// oracleFiles lists what is compared: the files under PYXLOCK_CORPUS, or those
// that the installed Cython ships.
func oracleFiles(t testing.TB, python string) []string {
	root, shipped := os.Getenv("PYXLOCK_CORPUS"), false
	if root == "" {
		out, err := exec.Command(python, "-c", "import Cython; print(Cython.__path__[0])").Output()
		if err != nil {
			t.Fatalf("%s has no Cython: %v", python, err)
		}
		root, shipped = strings.TrimSpace(string(out)), true
	}
	files := sources(t, root)
	if shipped {
		more, _ := filepath.Glob(filepath.Join(root, "Compiler", "*.py"))
		for _, f := range more {
			// The biggest ones say nothing that the others do not.
			if st, err := os.Stat(f); err == nil && st.Size() < 40_000 {
				files = append(files, f)
			}
		}
	}
	return files
}

// sources lists the Cython files under root. Cython's utility code is written
// for a template engine and is no Cython source.
func sources(t testing.TB, root string) []string {
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".pyx", ".pxd", ".pxi":
			if strings.Contains(path, "Utility") {
				if src, err := os.ReadFile(path); err != nil || bytes.Contains(src, []byte("{{")) {
					return err
				}
			}
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(files)
	return files
}

func TestOracle(t *testing.T) {
	python := oraclePython(t)
	files := oracleFiles(t, python)
	cmd := exec.Command(python, "-c", oracleScript(t))
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var n comparison
	lines := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			break
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		n.compare(t, a)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files; Cython accepts %d, pyxlock %d of these and %d others", n.files, n.accepted, n.both, n.extra)
	t.Logf("%d files with tokens to compare: %d differ", n.tokenFiles, n.tokenDiffs)
	t.Logf("%d files with names to compare: %d differ", n.both, n.nameDiffs)
	t.Logf("%d attributes: %d same, %d not found, %d with another access", n.attributes, n.same, n.missing, n.access)
}

// comparison counts.
type comparison struct {
	files, accepted, both, extra      int
	tokenFiles, tokenDiffs, nameDiffs int
	attributes, same, missing, access int
}

func (n *comparison) compare(t *testing.T, a answer) {
	src, err := os.ReadFile(a.Path)
	if err != nil {
		t.Error(err)
		return
	}
	n.files++
	pure := strings.HasSuffix(a.Path, ".py")
	f, errs := parser.Parse(src, parser.Options{Name: a.Path, Pure: pure})
	if !a.Accepted {
		if len(errs) == 0 {
			n.extra++
			if testing.Verbose() {
				t.Logf("only pyxlock accepts %s: %s", a.Path, strings.ReplaceAll(a.Error, "\n", " "))
			}
		}
	} else {
		n.accepted++
		if len(errs) > 0 {
			t.Errorf("%s:%v (Cython accepts it)", a.Path, errs[0])
		} else {
			n.both++
		}
	}
	if a.Tokens != nil {
		n.tokenFiles++
		if diff := diffTokens(src, f, pure, a.Tokens); diff != "" {
			n.tokenDiffs++
			t.Errorf("%s: %s", a.Path, diff)
		}
	}
	if a.Accepted && len(errs) == 0 {
		n.compareTree(t, f, a)
	}
}

// diffTokens describes the first token that differs from Cython's.
func diffTokens(src []byte, f *ast.File, pure bool, want [][3]any) string {
	i := 0
	scan := lex.Scan(string(src), pure)
	if len(scan.Errors) > 0 {
		return "" // a broken literal; what is in it is no token
	}
	toks := scan.Toks
	for j := 0; j < len(toks); j++ {
		tok := toks[j]
		text := string(src[tok.Off:tok.End])
		place := true
		switch tok.Kind {
		case lex.Newline, lex.Indent, lex.Dedent, lex.EOF:
			text, place = map[lex.Kind]string{lex.Newline: "NEWLINE", lex.Indent: "INDENT", lex.Dedent: "DEDENT", lex.EOF: "EOF"}[tok.Kind], false
		case lex.Name:
			text = norm.NFKC.String(text)
		case lex.Int, lex.Float, lex.Imag:
			text = strings.ReplaceAll(text, "_", "")
		case lex.String:
			text = "STR"
		case lex.FStart:
			text = "STR"
			for depth := 1; depth > 0; {
				j++
				switch toks[j].Kind {
				case lex.FStart:
					depth++
				case lex.FEnd:
					depth--
				}
			}
		}
		line, col := parser.Position(f, tok.Off)
		if i >= len(want) {
			return fmt.Sprintf("%d:%d: %q, but Cython has no more tokens", line, col, text)
		}
		w := want[i]
		i++
		if w[0] != text || place && (int(w[1].(float64)) != line || int(w[2].(float64))+1 != col) {
			return fmt.Sprintf("%d:%d: token %q, but Cython has %q at %v:%v", line, col, text, w[0], w[1], w[2].(float64)+1)
		}
	}
	if i < len(want) {
		return fmt.Sprintf("%d tokens, but Cython has %d", i, len(want))
	}
	return ""
}

var accessNames = map[ast.Access]string{
	ast.Read: "read", ast.Write: "write", ast.Aug: "aug", ast.Delete: "delete", ast.ForTarget: "for",
	ast.AddressOf: "address", ast.StoreThrough: "through", ast.Called: "called",
}

func (n *comparison) compareTree(t *testing.T, f *ast.File, a answer) {
	type place struct {
		line, col int
		name      string
	}
	attributes := map[place]string{}
	var functions, classes []string
	conditional := false
	ast.Walk(f, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.Attribute:
			end := x.X.Range().End
			dot := end + int32(bytes.IndexByte(f.Src[end:], '.'))
			line, col := parser.Position(f, dot)
			attributes[place{line, col, x.Attr.Name}] = accessNames[x.Access]
		case *ast.FuncDef:
			functions = append(functions, x.Name.Name)
		case *ast.ClassDef:
			classes = append(classes, x.Name.Name)
		case *ast.CppClass:
			classes = append(classes, x.Name.Name)
		case *ast.CondStmt:
			conditional = true
		}
		return true
	})
	if msg := missingNames(functions, a.Functions, conditional); msg != "" {
		n.nameDiffs++
		t.Errorf("%s: functions: %s", a.Path, msg)
	}
	if msg := missingNames(classes, a.Classes, conditional); msg != "" {
		n.nameDiffs++
		t.Errorf("%s: classes: %s", a.Path, msg)
	}
	for _, w := range a.Attributes {
		n.attributes++
		p := place{int(w[0].(float64)), int(w[1].(float64)) + 1, w[2].(string)}
		got, ok := attributes[p]
		if !ok {
			// Where Cython looks ahead for a type it forgets the place of the dot
			// and takes that of the name behind it.
			got, ok = attributes[place{p.line, p.col - 1, p.name}]
		}
		switch {
		case !ok:
			n.missing++
			if testing.Verbose() {
				t.Logf("%s:%d:%d: attribute %s not found here", a.Path, p.line, p.col, p.name)
			}
		case got != w[3]:
			n.access++
			t.Errorf("%s:%d:%d: access to %s is %s, but Cython's tree says %s", a.Path, p.line, p.col, p.name, got, w[3])
		default:
			n.same++
		}
	}
}

// missingNames compares names as multisets. Cython drops what "IF" excludes, so
// that in a file with one there may be more names than it has.
func missingNames(got []string, want [][2]any, conditional bool) string {
	count := map[string]int{}
	for _, w := range want {
		count[w[1].(string)]++
	}
	for _, g := range got {
		count[g]--
	}
	for name, c := range count {
		if c > 0 {
			return name + " is missing"
		}
		if c < 0 && !conditional {
			return name + " is not in Cython's tree"
		}
	}
	return ""
}

// BenchmarkOracle reports how much faster Parse is than Cython's own parser on
// the same files.
func BenchmarkOracle(b *testing.B) {
	python := oraclePython(b)
	var files []string
	for _, f := range oracleFiles(b, python) {
		if strings.HasSuffix(f, ".pyx") {
			files = append(files, f)
		}
	}
	cmd := exec.Command(python, "-c", oracleScript(b), "--time", "2")
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	var theirs struct {
		Bytes   int64
		Seconds float64
		Paths   []string
	}
	if err := json.Unmarshal(out, &theirs); err != nil {
		b.Fatal(err)
	}
	var srcs [][]byte
	for _, path := range theirs.Paths {
		src, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		srcs = append(srcs, src)
	}
	b.SetBytes(theirs.Bytes)
	best := time.Duration(1 << 62)
	for b.Loop() {
		begin := time.Now()
		for _, src := range srcs {
			parser.Parse(src, parser.Options{})
		}
		best = min(best, time.Since(begin))
	}
	b.ReportMetric(float64(theirs.Bytes)/theirs.Seconds/1e6, "cython-MB/s")
	b.ReportMetric(theirs.Seconds/best.Seconds(), "x-faster")
}
