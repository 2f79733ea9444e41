package architecture

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// module is how the packages of layers.txt start.
const module = "pyxlock/"

// layer is one line of layers.txt.
type layer struct {
	shared bool // everybody above may import it
	uses   []string
}

// readLayers returns the lines by package, and the packages from top to bottom.
func readLayers(t *testing.T) (map[string]layer, []string) {
	t.Helper()
	text, err := os.ReadFile("layers.txt")
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string]layer{}
	var order []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, uses, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("layers.txt: %q has no colon", line)
		}
		name, shared := strings.CutPrefix(name, "*")
		if _, twice := layers[name]; twice {
			t.Errorf("layers.txt: %s twice", name)
		}
		layers[name] = layer{shared, strings.Fields(uses)}
		order = append(order, name)
	}
	return layers, order
}

func TestImportsGoOneWay(t *testing.T) {
	layers, order := readLayers(t)
	for name, l := range layers {
		for _, u := range l.uses {
			if slices.Index(order, u) <= slices.Index(order, name) {
				t.Errorf("layers.txt: %s does not stand below %s", u, name)
			}
		}
	}
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for s := bufio.NewScanner(strings.NewReader(string(out))); s.Scan(); {
		f := strings.Fields(s.Text())
		name := strings.TrimPrefix(f[0], module)
		l, ok := layers[name]
		if !ok {
			t.Errorf("%s has no line in layers.txt: give it one where it belongs", name)
			continue
		}
		seen[name] = true
		used := map[string]bool{}
		for _, im := range f[1:] {
			im, own := strings.CutPrefix(im, module)
			if !own {
				continue
			}
			used[im] = true
			below := slices.Index(order, im) > slices.Index(order, name)
			if !slices.Contains(l.uses, im) && !(layers[im].shared && below) {
				t.Errorf("%s imports %s, and layers.txt does not let it", name, im)
			}
		}
		for _, u := range l.uses {
			if !used[u] {
				t.Errorf("%s does not import %s any more: take it out of layers.txt", name, u)
			}
		}
	}
	for name := range layers {
		if !seen[name] {
			t.Errorf("layers.txt: there is no package %s", name)
		}
	}
}

// Newcomers find each layer from the pages.
func TestPagesNameEachLayer(t *testing.T) {
	_, order := readLayers(t)
	for _, page := range []string{"docs/architecture.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range order {
			top, _, below := strings.Cut(name, "/")
			if below && slices.Contains([]string{"cmd", "emit", "transform"}, top) && !strings.Contains(string(text), path.Base(name)+"/") && !strings.Contains(string(text), name) {
				t.Errorf("%s does not speak of %s", page, name)
			}
		}
	}
}

// What somebody left lying at the root has no line in the drawing.
func TestDrawingNamesEachFolder(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("git", "ls-files")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Skipf("git ls-files: %v", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		top, _, below := strings.Cut(line, "/")
		if !below || seen[top] || strings.HasPrefix(top, ".") {
			continue
		}
		seen[top] = true
		if !strings.Contains(string(text), "\n    "+top+"/") {
			t.Errorf("CONTRIBUTING.md does not say what %s/ is", top)
		}
	}
}

const (
	maxMethods = 30
	maxLines   = 600
)

// long are files that are longer than others, with the reason.
var long = map[string]string{
	"parser/ast/ast.go": "the nodes, one after the other, are a table",
}

// wide are types with more methods than others, with the reason.
var wide = map[string]string{
	"parser.parser":      "a method for each rule of the grammar, over ten files",
	"parser/lex.scanner": "a method for each kind of token",
}

// A type with many methods knows too much, and a long file is about several things.
func TestPiecesAreSmall(t *testing.T) {
	methods := map[string]int{}
	lines := map[string]int{}
	for _, dir := range []string{"cmd", "emit", "parser", "transform"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			name = filepath.ToSlash(name)
			lines[name] = fset.Position(f.FileEnd).Line
			for _, decl := range f.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv != nil {
					methods[filepath.ToSlash(filepath.Dir(name))+"."+receiver(fn.Recv.List[0].Type)]++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	check(t, "methods", methods, maxMethods, wide)
	check(t, "lines", lines, maxLines, long)
}

// check compares numbers with a limit that some have a reason to pass.
func check(t *testing.T, what string, of map[string]int, limit int, reasons map[string]string) {
	t.Helper()
	for name, n := range of {
		switch {
		case n > limit && reasons[name] == "":
			t.Errorf("%s has %d %s, and %d are enough: divide it, or give the reason here", name, n, what, limit)
		case n <= limit && reasons[name] != "":
			t.Errorf("%s has %d %s and needs no reason any more", name, n, what)
		}
	}
	for name := range reasons {
		if of[name] == 0 {
			t.Errorf("there is no %s", name)
		}
	}
}

// receiver returns the name of a receiver's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	panic(fmt.Sprintf("a receiver of type %T", e))
}
