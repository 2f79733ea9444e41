package main

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// named returns what tools/check.sh says in a variable.
func named(t *testing.T, variable string) string {
	t.Helper()
	text, err := os.ReadFile("../check.sh")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^`+variable+`='(.*)'$`).FindAllSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("check.sh says %d times what %s is", len(found), variable)
	}
	return string(found[0][1])
}

// goFiles returns the syntax of the module's files that check.sh tests as Go, by their folders.
func goFiles(t *testing.T) map[string][]*ast.File {
	t.Helper()
	others := regexp.MustCompile(named(t, "others"))
	files, set := map[string][]*ast.File{}, token.NewFileSet()
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			_, module := os.Stat(filepath.Join(path, "go.mod"))
			if path != "../.." && (module == nil || name == "testdata" || name == "build" || strings.HasPrefix(name, ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || others.MatchString(filepath.Dir(path)) {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err == nil {
			files[filepath.Dir(path)] = append(files[filepath.Dir(path)], file)
		}
		return err
	})
	if err != nil || len(files) < 20 {
		t.Fatal(len(files), err)
	}
	return files
}

// What the race detector's lane runs is not run without it. So nothing may be other code for the
// detector, which needs cgo.
func TestTheDetectorSeesTheSameCode(t *testing.T) {
	for dir, files := range goFiles(t) {
		for _, file := range files {
			for _, i := range file.Imports {
				if i.Path.Value == `"C"` {
					t.Errorf("%s: package %s has C code", dir, file.Name.Name)
				}
			}
			for _, group := range file.Comments {
				for _, c := range group.List {
					if !constraint.IsGoBuild(c.Text) {
						continue
					}
					expr, err := constraint.Parse(c.Text)
					if err != nil {
						t.Error(dir, err)
						continue
					}
					for _, tag := range []string{"race", "cgo"} {
						with := func(has bool) bool {
							return expr.Eval(func(name string) bool { return name != tag || has })
						}
						if with(true) != with(false) {
							t.Errorf("%s: %s depends on the detector", dir, c.Text)
						}
					}
				}
			}
		}
	}
}

// That lane sets -short. A test that then does less is one of those that are run as a whole, too.
func TestWhatIsShorterIsRunAsAWhole(t *testing.T) {
	oneGoroutine, shorter := strings.Split(named(t, "one_goroutine"), "|"), strings.Split(named(t, "shorter"), "|")
	tests := map[string]bool{}
	for dir, files := range goFiles(t) {
		calls := map[string][]string{} // by the name of a function
		for _, file := range files {
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok {
					ast.Inspect(decl, func(n ast.Node) bool {
						if name, ok := n.(*ast.SelectorExpr); ok && called(name) == "testing.Short" {
							t.Errorf("%s: testing.Short outside of a function", dir)
						}
						return true
					})
					continue
				}
				tests[f.Name.Name] = true
				ast.Inspect(f, func(n ast.Node) bool {
					if e, ok := n.(ast.Expr); ok {
						if name := called(e); name != "" {
							calls[f.Name.Name] = append(calls[f.Name.Name], name)
						}
					}
					return true
				})
			}
		}
		short := map[string]bool{"testing.Short": true}
		for before := 0; before != len(short); {
			before = len(short)
			for name, of := range calls {
				if slices.ContainsFunc(of, func(f string) bool { return short[f] }) {
					short[name] = true
				}
			}
		}
		for name := range short {
			if regexp.MustCompile(`^(Test|Fuzz|Example)`).MatchString(name) && !slices.Contains(oneGoroutine, name) && !slices.Contains(shorter, name) {
				t.Errorf("%s: %s does less for -short: name it in shorter in tools/check.sh", dir, name)
			}
		}
	}
	for _, name := range slices.Concat(oneGoroutine, shorter) {
		if !tests[name] {
			t.Errorf("tools/check.sh names %s, which no test is", name)
		}
	}
}

// called returns what an expression names, "" if it is no name.
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if of, ok := e.X.(*ast.Ident); ok {
			return of.Name + "." + e.Sel.Name
		}
		return e.Sel.Name
	}
	return ""
}
