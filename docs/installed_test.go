package docs

// What pages find installed: the wheel of this repository, and environments of the
// free-threaded Python that have it. uv makes them, from wheels that are here, or pip.

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"pyxlock/internal/doctest"
)

func (w *workshop) pkg() (doctest.Supply, error) {
	wheels, err := w.wheel()
	if err != nil {
		return doctest.Supply{}, err
	}
	links, all, err := localWheels()
	if err != nil {
		return doctest.Supply{}, err
	}
	env := []string{"PIP_FIND_LINKS=" + strings.Join(append(links, wheels), " ")}
	if all {
		env = append(env, "PIP_NO_INDEX=1")
	}
	return doctest.Supply{Env: env}, nil
}

// forFreeThreaded matches a wheel of Cython for Python 3.14 without a GIL.
var forFreeThreaded = regexp.MustCompile(`(?i)^cython-.*-(py3-none-any|cp314-cp314t-\w.*)\.whl$`)

// localWheels returns the folders with wheels that pages may install: of Cython and
// setuptools with their bytecode (tools/bytecode.sh), of the others (tools/wheels.sh); and
// whether all are there, so that no index has to be asked.
func localWheels() (dirs []string, all bool, err error) {
	for _, name := range []string{"../build/bytecode", "../.venv/wheels"} {
		dir, err := filepath.Abs(name)
		if err != nil {
			return nil, false, err
		}
		dirs = append(dirs, dir)
	}
	made, err := os.ReadDir(dirs[0])
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	all = slices.ContainsFunc(made, func(e fs.DirEntry) bool { return forFreeThreaded.MatchString(e.Name()) })
	if _, err := os.Stat(filepath.Join(dirs[1], ".made")); err != nil {
		all = false
	}
	return dirs, all, nil
}

func (w *workshop) freeThreaded() (doctest.Supply, error) {
	return w.environment("venv")
}

// plugin makes what makes an environment with a plugin of pytest.
func (w *workshop) plugin(name string) func() (doctest.Supply, error) {
	return func() (doctest.Supply, error) {
		return w.environment("venv-"+name, "pytest", name)
	}
}

// environment makes a virtual environment of the free-threaded Python with pyxlock, what
// builds with it, and more: by uv from wheels that are here, which takes a thirtieth of the
// processor time that pip takes, and by pip where there is no uv. What a page has pip
// install in an environment of its own, pip installs.
func (w *workshop) environment(dir string, more ...string) (doctest.Supply, error) {
	python, err := w.supply("python3.14t")
	if err != nil || python.Missing != "" {
		return python, err
	}
	pkg, err := w.supply("package")
	if err != nil || pkg.Missing != "" {
		return pkg, err
	}
	interpreter, venv := filepath.Join(w.dir, "bin", "python3.14t"), filepath.Join(w.dir, dir)
	wanted := append([]string{"pyxlock", "cython", "setuptools"}, more...)
	supply := doctest.Supply{Env: []string{"PATH=" + filepath.Join(venv, "bin") + ":$PATH"}}
	if w.byUv(interpreter, venv, wanted) {
		return supply, nil
	}
	if err := os.RemoveAll(venv); err != nil {
		return supply, err
	}
	if err := command(nil, interpreter, "-m", "venv", venv); err != nil {
		return supply, err
	}
	env := append(slices.Clip(pkg.Env), "PIP_NO_INDEX=0")
	return supply, command(env, filepath.Join(venv, "bin", "pip"), append([]string{"install", "--quiet"}, wanted...)...)
}

// byUv reports whether uv has made an environment. That it cannot is no failure: there may
// be no uv, or no wheel of something.
func (w *workshop) byUv(interpreter, venv string, wanted []string) bool {
	env := uvEnvironment(filepath.Join(w.dir, "uv"), filepath.Join(w.dir, "wheels"))
	if env == nil || command(nil, interpreter, "-m", "venv", "--without-pip", venv) != nil {
		return false
	}
	python := filepath.Join(venv, "bin", "python")
	return command(env, uv(), append([]string{"pip", "install", "--quiet", "--python", python}, wanted...)...) == nil &&
		command(nil, python, "-m", "compileall", "-q", "-x", "/(Cython|pygments|pyximport|setuptools)/", filepath.Join(venv, "lib")) == nil
}

func uv() string { return filepath.Join(root, ".venv", "python", "bin", "uv") }

// uvEnvironment is what uv is run with, so that it takes what it needs from the local wheels
// and those in other folders; nil where there is no uv, or a wheel may be missing.
func uvEnvironment(cache string, others ...string) []string {
	links, all, err := localWheels()
	if _, none := os.Stat(uv()); err != nil || none != nil || !all {
		return nil
	}
	pins := filepath.Join(filepath.Dir(filepath.Dir(links[1])), "tools", "pins", "build.txt")
	return []string{
		"UV_FIND_LINKS=" + strings.Join(append(links, others...), ","), "UV_CONSTRAINT=" + pins, "UV_BUILD_CONSTRAINT=" + pins,
		"UV_NO_CONFIG=1", "UV_NO_INDEX=1", "UV_OFFLINE=1", "UV_LINK_MODE=hardlink", "UV_CACHE_DIR=" + cache,
	}
}

// wheel has pip find pyxlock, built from this repository.
func (w *workshop) wheel() (wheels string, err error) {
	wheels = filepath.Join(w.dir, "wheels")
	here, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	cache, err := results()
	if err != nil {
		return "", err
	}
	key, noCheckout := packageKey()
	if noCheckout != nil {
		cache = nil
	}
	// Its name is a part of a wheel: an archive of one file has both.
	archive, name := filepath.Join(w.dir, "wheel.tar"), "."
	if data, ok := cache.Get(key); ok {
		if err := os.MkdirAll(wheels, 0o777); err != nil {
			return "", err
		}
		if err := os.WriteFile(archive, data, 0o666); err != nil {
			return "", err
		}
		return wheels, command(nil, "tar", "-C", wheels, "-xf", archive)
	}
	python := filepath.Join(here, ".venv", "cython-3.3", "bin", "python")
	if env := uvEnvironment(filepath.Join(w.dir, "uv")); env == nil || command(env, uv(), "build", "--quiet", "--wheel", "--python", python, "--out-dir", wheels, here) != nil {
		if err := command(nil, python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, here); err != nil {
			return "", err
		}
	}
	if err := command(nil, "tar", "-C", wheels, "-cf", archive, name); err != nil {
		return "", err
	}
	data, err := os.ReadFile(archive)
	if err == nil {
		cache.Put(key, data)
	}
	return wheels, err
}
