package testcache

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// The identities of programs, each found out once a process.
var identities sync.Map

func once(name string, find func() (Key, error)) (Key, error) {
	f, _ := identities.LoadOrStore(name, sync.OnceValues(find))
	return f.(func() (Key, error))()
}

// Python returns the identity of an interpreter with what is installed for it:
// its version and build, the bytes of all of its headers, and, for a virtual
// environment, of every file in its site-packages, Cython's among them.
func Python(exe string) (Key, error) {
	return once("python "+exe, func() (Key, error) {
		// Where a virtual environment lies makes no difference.
		const describe = `import sys, sysconfig
print(sysconfig.get_path("platlib"))
print(sysconfig.get_path("include"))
print(sys.version, sys.base_prefix, sysconfig.get_config_var("EXT_SUFFIX"))`
		out, err := exec.Command(exe, "-I", "-c", describe).Output()
		if err != nil {
			return Key{}, fmt.Errorf("%s: %w", exe, err)
		}
		packages, rest, _ := strings.Cut(string(out), "\n")
		include, description, _ := strings.Cut(rest, "\n")
		h := NewHash("python").Text("description", description)
		if _, err := os.Stat(filepath.Join(filepath.Dir(filepath.Dir(exe)), "pyvenv.cfg")); err == nil {
			if err := h.tree("packages", packages, installed); err != nil {
				return Key{}, err
			}
		}
		if err := h.tree("headers", include, contents); err != nil {
			return Key{}, err
		}
		return h.Sum(), nil
	})
}

// Compiler returns the identity of gcc, g++ or another that takes their options:
// the programs that it consists of, the headers that it finds by itself (by name,
// size and time, as ccache does), and the variables that it reads.
func Compiler(name string) (Key, error) {
	return once("compiler "+name, func() (Key, error) {
		h := NewHash("compiler").Text("name", name)
		language := "c"
		if strings.Contains(name, "++") {
			language = "c++"
		}
		cmd := exec.Command(name, "-v", "-E", "-x", language, os.DevNull)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		out, err := cmd.CombinedOutput()
		if err != nil {
			return Key{}, fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		exe, err := exec.LookPath(name)
		if err != nil {
			return Key{}, err
		}
		programs := []string{exe}
		for _, program := range []string{"cc1", "cc1plus", "as", "collect2", "ld"} {
			path, err := exec.Command(name, "-print-prog-name="+program).Output()
			if err != nil {
				return Key{}, fmt.Errorf("%s: %w", name, err)
			}
			if path, err := exec.LookPath(strings.TrimSpace(string(path))); err == nil {
				programs = append(programs, path)
			}
		}
		for _, path := range programs {
			info, err := os.Stat(path) // of what a link leads to
			if err != nil {
				return Key{}, err
			}
			h.Text("program", path, fmt.Sprint(info.Size(), info.ModTime().UnixNano()))
		}
		for _, dir := range searched(string(out)) {
			if err := h.tree("headers", dir, times); err != nil {
				return Key{}, err
			}
		}
		version, err := exec.Command(name, "--version").Output()
		if err != nil {
			return Key{}, fmt.Errorf("%s: %w", name, err)
		}
		h.Text("version", string(version))
		for _, variable := range []string{"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH",
			"GCC_EXEC_PREFIX", "SOURCE_DATE_EPOCH", "LD_LIBRARY_PATH", "LD_RUN_PATH"} {
			h.Text(variable, os.Getenv(variable))
		}
		return h.Sum(), nil
	})
}

// searched returns the folders that "gcc -v -E" says it looks for headers in.
func searched(output string) []string {
	_, list, _ := strings.Cut(output, "#include <...> search starts here:\n")
	list, _, _ = strings.Cut(list, "End of search list")
	var dirs []string
	for _, line := range strings.Split(list, "\n") {
		if dir := strings.TrimSpace(line); dir != "" {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// tree adds every file below a folder but what Python makes of its own files.
func (h *Hash) tree(name, dir string, describe func(path string) (string, error)) error {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	var list bytes.Buffer
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "__pycache__" {
				return filepath.SkipDir
			}
			return nil
		}
		what, err := describe(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		fmt.Fprintf(&list, "%q %s\n", rel, what)
		return err
	})
	h.Text(name, list.String())
	return err
}

// contents describes a file by its bytes, times by its size and time.
func contents(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() { // a link that leads nowhere, or to a folder
		link, _ := os.Readlink(path)
		return "-> " + link, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// installed describes a file of site-packages by its bytes. In a list of what pip has
// installed it leaves out what lies elsewhere: the scripts, which pip makes of the
// entry points, name their interpreter by its whole path, so that with their hashes an
// environment in each checkout would be another one.
func installed(path string) (string, error) {
	if filepath.Base(path) != "RECORD" || filepath.Ext(filepath.Dir(path)) != ".dist-info" {
		return contents(path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(line, []byte("../")) {
			_, _ = sum.Write(line)
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

func times(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		link, _ := os.Readlink(path)
		return "-> " + link, nil
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano()), nil
}
