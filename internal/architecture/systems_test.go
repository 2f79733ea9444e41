package architecture

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/tools/go/packages"

	"pyxlock/internal/testcache"
)

// TestOtherSystems checks the types in the program as it is on other systems that wheels are
// written for. It goes by the sources: to compile them, with all of Go's library, takes ten
// times as long.
func TestOtherSystems(t *testing.T) {
	cache, err := testcache.Open()
	if err != nil {
		t.Fatal(err)
	}
	version, err := exec.Command("go", "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	key := testcache.NewHash("other systems").Environment().Text("go", string(version))
	if err := errors.Join(key.Self(), key.Checkout("../..", "go.mod", "go.sum", "cmd", "emit", "parser", "runtime", "transform")); err != nil {
		t.Fatal(err)
	}
	if cache.Passed(t, key.Sum()) {
		return
	}
	for _, system := range [][2]string{{"windows", "amd64"}, {"darwin", "arm64"}} {
		t.Run(system[0], func(t *testing.T) {
			all, err := packages.Load(&packages.Config{
				Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
					packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax,
				Dir: "../..",
				Env: append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system[0], "GOARCH="+system[1]),
			}, "./cmd/...", "./emit/...", "./transform/...", "./parser/...")
			if err != nil {
				t.Fatal(err)
			}
			if len(all) < 40 {
				t.Errorf("%d packages were found", len(all))
			}
			packages.Visit(all, nil, func(p *packages.Package) {
				for _, err := range p.Errors {
					t.Error(err)
				}
				if p.Types == nil || !p.Types.Complete() {
					t.Errorf("%s has no types", p.PkgPath)
				}
			})
		})
	}
}
