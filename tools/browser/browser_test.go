// Package browser looks at the pages of `pyxlock preview --format=html` in a real
// browser. It is a module of its own, so that nothing else needs what drives the
// browser; tools/browser.sh runs it.
package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// setting returns an environment variable that tools/browser.sh sets.
func setting(name string) string {
	v := os.Getenv(name)
	if v == "" {
		fmt.Fprintf(os.Stderr, "%s is not set: run tools/browser.sh\n", name)
		os.Exit(2)
	}
	return v
}

var (
	pyxlock = setting("PYXLOCK")
	browser = setting("CHROMIUM")
	axeFile = setting("AXE")
	root    = setting("PYXLOCK_ROOT")
	corpus  = filepath.Join(root, "build", "corpus", "python-flint-0.9.0")
)

var started context.Context // the browser

func TestMain(m *testing.M) {
	profile, err := os.MkdirTemp("", "pyxlock-browser-")
	if err != nil {
		panic(err)
	}
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(browser), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("hide-scrollbars", true),
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, _ := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "starting", browser+":", err)
		os.Exit(1)
	}
	started = ctx
	code := m.Run()
	stop()
	os.RemoveAll(profile)
	os.Exit(code)
}

// made writes the page of a source tree and returns its file. wantCode is the
// exit code.
func made(t *testing.T, src string, wantCode int) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "page.html")
	c := exec.Command(pyxlock, "preview", "--format=html", "-o", out, ".")
	c.Dir = src
	said, err := c.CombinedOutput()
	code := c.ProcessState.ExitCode()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || code != wantCode {
		t.Fatalf("preview in %s: %v, exit code %d, want %d\n%s", src, err, code, wantCode, said)
	}
	if shots := os.Getenv("PYXLOCK_SHOTS"); shots != "" {
		data, err := os.ReadFile(out)
		if err == nil {
			err = os.WriteFile(filepath.Join(shots, strings.ReplaceAll(t.Name(), "/", "-")+".html"), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// tree writes files below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// view is a tab, and what it complains about or asks of the network.
type view struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	requests   []string
}

// open loads a page in a tab of its own.
func open(t *testing.T, file string, width int, scheme string, first ...chromedp.Action[chromedp.Void]) *view {
	t.Helper()
	ctx, cancel := chromedp.NewContext(started)
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(func() { stop(); cancel() })
	v := &view{t: t, ctx: ctx}
	note := func(list *[]string, s string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		*list = append(*list, s)
	}
	if err := chromedp.Listen(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventConsoleAPICalled:
			note(&v.complaints, fmt.Sprintf("console.%s: %v", e.Type, e.Args))
		case *runtime.EventExceptionThrown:
			note(&v.complaints, e.ExceptionDetails.Text)
		case *cdplog.EventEntryAdded:
			note(&v.complaints, e.Entry.Text)
		case *page.EventJavascriptDialogOpening:
			note(&v.complaints, "a dialog opens: "+e.Message)
		case *network.EventRequestWillBeSent:
			note(&v.requests, e.Request.URL)
		}
	}); err != nil {
		t.Fatal(err)
	}
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	actions := append([]chromedp.Action[chromedp.Void]{
		told(network.Enable, network.EnableParams{}),
		chromedp.EmulateViewport(int64(width), 800),
		told(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
	}, first...)
	v.do(append(actions, chromedp.Navigate(address))...)
	return v
}

// told sends a command of the protocol.
func told[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

func (v *view) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// get runs an action and returns what it gives.
func get[T any](v *view, action chromedp.Action[T]) T {
	v.t.Helper()
	out, err := chromedp.Run(v.ctx, action)
	if err != nil {
		v.t.Fatal(err)
	}
	return out
}

// eval runs an expression in the page.
func eval[T any](v *view, expression string) T {
	v.t.Helper()
	return get(v, chromedp.Evaluate[T](expression))
}

// quiet checks that the page complained about nothing and asked for nothing.
func (v *view) quiet() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.complaints {
		v.t.Errorf("the browser says: %s", c)
	}
	for _, r := range v.requests {
		if r != "data:," && !strings.HasPrefix(r, "file://") || strings.Count(strings.Join(v.requests, "\n"), "file://") > 1 {
			v.t.Errorf("the page asks for %s", r)
		}
	}
}

// fits checks that nothing is wider than the window.
func (v *view) fits() {
	v.t.Helper()
	wide := eval[[]string](v, `(() => {
		const out = [], width = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth > width) out.push("the page: " + document.documentElement.scrollWidth + " of " + width);
		for (const e of document.body.querySelectorAll(":not(i, ins, del)")) {
			const right = e.getBoundingClientRect().right;
			const cut = e.tagName === "TD" && e.scrollWidth > e.clientWidth + 1;
			if ((right > width + 1 || cut) && !e.closest(".skip, .vh") && out.length < 5) out.push(e.outerHTML.slice(0, 120) + " ends at " + right);
		}
		return out;
	})()`)
	for _, w := range wide {
		v.t.Errorf("wider than the window: %s", w)
	}
}

// accessible runs axe-core over the page.
func (v *view) accessible() {
	v.t.Helper()
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		v.t.Fatal(err)
	}
	eval[any](v, string(axe)+"; 0")
	result := get(v, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(r => JSON.stringify({
			passes: r.passes.length,
			found: r.violations.map(x => x.id + ": " + x.help + "\n" + x.nodes.slice(0, 4).map(n => "    " + n.html.slice(0, 160) + "\n    " + n.failureSummary).join("\n")),
		}))`, chromedp.EvalAwaitPromise))
	var audit struct {
		Passes int
		Found  []string
	}
	if err := json.Unmarshal([]byte(result), &audit); err != nil {
		v.t.Fatal(err)
	}
	if audit.Passes < 15 {
		v.t.Errorf("axe passed %d rules only: it did not see the page", audit.Passes)
	}
	for _, f := range audit.Found {
		v.t.Errorf("axe: %s", f)
	}
}

// shot takes a screenshot where PYXLOCK_SHOTS names a directory for them.
func (v *view) shot(name string) {
	v.t.Helper()
	dir := os.Getenv("PYXLOCK_SHOTS")
	if dir == "" {
		return
	}
	shoot := chromedp.FullScreenshot(100)
	if strings.HasPrefix(name, "TestLarge") { // of what the window shows
		shoot = chromedp.CaptureScreenshot()
	}
	b := get(v, shoot)
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o666); err != nil {
		v.t.Fatal(err)
	}
}

const broken = `cimport cython

@cython.locked_class
cdef class Stack:
    cdef double *data
    cdef public Py_ssize_t size

    @cython.read_lock
    def clear(self):
        self.size = 0

    @cython.write_lock
    def each(self):
        for i in range(self.size):
            yield self.data[i]

    def top(self):
        return self.data[self.size - 1]

    @cython.no_lock("the caller holds it, see <docs> & \"notes\"")
    def raw(self):
        return self.data[0]

def drain(Stack stack not None):
    stack.size = 0
`

const fine = `cimport cython

@cython.locked_class
cdef class Counter:
    cdef long n

    def add(self):
        self.n += 1
`

// hostile is source that would be markup, script or Markdown if anything let it.
const hostile = `cimport cython
# </pre></td></table><script>window.pwned = 1</script>
# <img src=x onerror="window.pwned = 2"> {{.CSS}} ` + "\u202e reversed \u2066" + `
@cython.locked_class
cdef class Evil:
    cdef public object x
    s = "'\"><svg onload=window.pwned=3>" + '</style></script><script>window.pwned = 4</script>'

    @cython.no_lock("</td><script>window.pwned = 5</script> | @everyone")
    def a(self):
        return self.x

    @cython.read_lock("</code><img src=x onerror=window.pwned=6>")
    def b(self):
        self.x = "` + "`" + `"
`

func TestPages(t *testing.T) {
	pages := map[string]struct {
		src  string
		code int
	}{
		"clean":  {filepath.Join(root, "examples", "matrix", "src"), 0},
		"broken": {tree(t, map[string]string{"pkg/stack.pyx": broken, "pkg/counter.pyx": fine}), 1},
		"hostile": {tree(t, map[string]string{
			"<img src=x onerror=pwned=7>.pyx": hostile, "a'b\"c&d `e` |f.pyx": fine, "long/" + strings.Repeat("name_", 45) + ".pyx": fine,
			"wide.pyx": fine + "\n    x = '" + strings.Repeat("w", 5000) + "'\n",
		}), 1},
		"nothing": {tree(t, map[string]string{"m.pyx": "x = 1\n"}), 0},
	}
	for name, p := range pages {
		t.Run(name, func(t *testing.T) {
			file := made(t, p.src, p.code)
			for _, scheme := range []string{"light", "dark"} {
				for _, width := range []int{320, 360, 400, 1280} {
					t.Run(fmt.Sprintf("%s-%d", scheme, width), func(t *testing.T) {
						v := open(t, file, width, scheme)
						eval[any](v, `document.querySelectorAll("details").forEach(d => d.open = true), 0`)
						v.fits()
						v.accessible()
						v.shot(strings.ReplaceAll(t.Name(), "/", "-"))
						if n := eval[int](v, `document.scripts.length`); n != 1 {
							t.Errorf("the page has %d scripts, one is ours", n)
						}
						if eval[bool](v, `"pwned" in window`) {
							t.Errorf("the page ran what a source says: %v", eval[any](v, `window.pwned`))
						}
						if n := eval[int](v, `document.querySelectorAll("img, svg, iframe, object, embed, form, base").length`); n != 0 {
							t.Errorf("the page has %d elements that are not ours", n)
						}
						v.quiet()
					})
				}
			}
		})
	}
}

// Whatever fonts a machine has and its reader likes, nothing is cut off.
func TestFonts(t *testing.T) {
	pages := map[string]string{
		"broken":  made(t, tree(t, map[string]string{"pkg/stack.pyx": broken + strings.Repeat("\n", 12000) + "x = 1  # far down\n"}), 1),
		"hostile": made(t, tree(t, map[string]string{"long/" + strings.Repeat("name_", 45) + ".pyx": hostile}), 1),
	}
	fonts := map[string]string{
		"sans":  "font-family: sans-serif !important",
		"serif": "font-family: serif !important",
		"mono":  "font-family: monospace !important",
		// Wider than any font that is in use for text.
		"wide": "font-family: monospace !important; letter-spacing: .15em !important",
		// Words that stand apart, as some readers need them (WCAG 1.4.12).
		"spaced": "letter-spacing: .12em !important; word-spacing: .16em !important; line-height: 1.5 !important",
	}
	for name, file := range pages {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int{320, 360, 400, 1280} {
				t.Run(fmt.Sprintf("%s-%s-%d", name, scheme, width), func(t *testing.T) {
					v := open(t, file, width, scheme)
					eval[any](v, `document.querySelectorAll("details").forEach(d => d.open = true), document.styleSheets[0].insertRule("* {}", 0), document.styleSheets[0].insertRule("html {}", 0), 0`)
					for font, style := range fonts {
						for _, size := range []int{13, 16, 20, 24} {
							eval[any](v, fmt.Sprintf(`(rules => { rules[1].style.cssText = %q; rules[0].style.cssText = "font-size: %dpx !important"; return 0; })(document.styleSheets[0].cssRules)`, style, size))
							if !t.Run(fmt.Sprintf("%s-%dpx", font, size), func(t *testing.T) {
								(&view{t: t, ctx: v.ctx}).fits()
							}) {
								v.shot(strings.ReplaceAll(fmt.Sprintf("%s-%s-%d", t.Name(), font, size), "/", "-"))
							}
						}
					}
					v.quiet()
				})
			}
		}
	}
}

// What a pointer can open, keys open too.
func TestKeyboard(t *testing.T) {
	file := made(t, tree(t, map[string]string{"stack.pyx": broken, "counter.pyx": fine}), 1)
	v := open(t, file, 1280, "light")
	eval[any](v, `document.querySelectorAll("details").forEach(d => d.open = false), 0`)
	v.do(chromedp.KeyEvent(kb.Tab))
	if at := eval[string](v, `document.activeElement.className`); at != "skip" {
		t.Errorf("the first stop is %q, not the link to the files", at)
	}
	if x := eval[float64](v, `document.activeElement.getBoundingClientRect().left`); x < 0 {
		t.Errorf("the link to the files cannot be seen when it has the focus: it is at %v", x)
	}
	opened := 0
	for range 200 {
		v.do(chromedp.KeyEvent(kb.Tab))
		at := eval[struct {
			Tag     string
			Open    bool
			Outline float64
		}](v, `(e => ({Tag: e.tagName, Open: !!e.closest("details")?.open, Outline: parseFloat(getComputedStyle(e).outlineWidth)}))(document.activeElement)`)
		if at.Tag == "BODY" {
			break
		}
		if at.Outline < 2 {
			t.Errorf("%s does not show that it has the focus", at.Tag)
		}
		if at.Tag != "SUMMARY" || at.Open {
			continue
		}
		v.do(chromedp.KeyEvent(kb.Enter))
		if !eval[bool](v, `document.activeElement.closest("details").open`) {
			t.Errorf("Enter does not open %s", eval[string](v, `document.activeElement.textContent`))
		}
		opened++
	}
	if all := eval[int](v, `document.querySelectorAll("details").length`); opened != all || all < 3 {
		t.Errorf("the keyboard opened %d of %d", opened, all)
	}
	v.quiet()
}

// n and p lead from finding to finding, through files that are closed and past those
// that the filter hides; / leads to the filter. In the filter they are letters, and
// whoever has no use for them turns them off.
func TestNextFinding(t *testing.T) {
	file := made(t, tree(t, map[string]string{"a.pyx": broken, "b/other.pyx": fine, "c.pyx": strings.ReplaceAll(broken, "Stack", "Pile")}), 1)
	v := open(t, file, 1280, "light")
	v.do(chromedp.Click(chromedp.CSS("#close")))
	key := func(k string) string {
		v.do(chromedp.KeyEvent(k))
		return eval[string](v, `(e => {
			const r = e.getBoundingClientRect();
			const seen = r.height > 0 && r.top >= 0 && r.bottom <= innerHeight && parseFloat(getComputedStyle(e).outlineWidth) >= 2;
			return e.tagName === "LI" ? (seen ? "" : "unseen ") + e.closest("details").querySelector("h3").textContent + " " + e.querySelector("b").textContent : e.id || e.tagName;
		})(document.activeElement)`)
	}
	notes := eval[[]string](v, `[...document.querySelectorAll(".notes > li")].map(e => e.closest("details").querySelector("h3").textContent + " " + e.querySelector("b").textContent)`)
	if len(notes) < 6 {
		t.Fatalf("the page has the findings %q", notes)
	}
	for i := range len(notes) + 1 { // once round
		if at := key("n"); at != notes[i%len(notes)] {
			t.Errorf("n leads to %q, not to %q", at, notes[i%len(notes)])
		}
	}
	if at := key("p"); at != notes[len(notes)-1] {
		t.Errorf("p leads to %q, not to %q", at, notes[len(notes)-1])
	}
	// KeyEvent sends the letter apart from the key, where a page that takes the key for
	// itself cannot stop it, as it can in a browser.
	v.do(told(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: "keyDown", Key: "/", Text: "/"}))
	if at := eval[string](v, `document.activeElement.id + document.activeElement.value`); at != "filter" {
		t.Errorf("/ leads to %q", at)
	}
	for _, k := range "pile pxl105" {
		key(string(k))
	}
	const shown = `[...document.querySelectorAll("details.file, .list tbody tr, .notes > li")].filter(e => !e.hidden && !e.parentElement.closest("[hidden]")).map(e => e.querySelector("h3, a, b").textContent).join(", ")`
	if got := eval[string](v, shown); got != "c.pyx, c.pyx, warning PXL105" && got != "c.pyx, c.pyx, error PXL101, error PXL201, warning PXL105" {
		t.Errorf("the filter %q shows %s", eval[string](v, `document.getElementById("filter").value`), got)
	}
	if got := eval[string](v, `document.getElementById("status").textContent`); !strings.HasPrefix(got, "1 of 3 files, ") {
		t.Errorf("the page says %q of what it shows", got)
	}
	v.accessible()
	if at := key(kb.Escape); at != "BODY" {
		t.Errorf("Escape leads to %q", at)
	}
	if n := eval[int](v, `document.querySelectorAll("main [hidden]").length`); n != 0 {
		t.Errorf("%d things stay hidden without a filter", n)
	}
	v.do(chromedp.Click(chromedp.CSS("#keys")))
	eval[any](v, `document.activeElement.blur(), 0`)
	if at := key("n"); at != "BODY" {
		t.Errorf("n leads to %q where the keys are off", at)
	}
	v.quiet()
}

// A filter's words may be in a file's name, a class, or a finding.
func TestFilter(t *testing.T) {
	v := open(t, made(t, tree(t, map[string]string{"a.pyx": broken, "b/other.pyx": fine}), 1), 400, "dark")
	for words, want := range map[string]string{
		"":              "a.pyx b/other.pyx",
		"counter":       "b/other.pyx",
		"OTHER add":     "b/other.pyx",
		"error":         "a.pyx",
		"pxl201 a.pyx":  "a.pyx",
		"b/ pxl201":     "",
		"drain without": "a.pyx",
	} {
		got := eval[string](v, fmt.Sprintf(`(f => { f.value = %q; f.dispatchEvent(new Event("input")); return [...document.querySelectorAll("details.file:not([hidden]) h3")].map(e => e.textContent).join(" "); })(document.getElementById("filter"))`, words))
		if got != want {
			t.Errorf("%q shows %q, not %q", words, got, want)
		}
		v.fits()
	}
	// Of a file that has the word in a table, the findings that have it are shown.
	for words, want := range map[string]string{"drain": "1 of 2 files, 1 finding", "raw": "1 of 2 files, 0 findings", "a.pyx": "1 of 2 files, 3 findings"} {
		got := eval[string](v, fmt.Sprintf(`(f => { f.value = %q; f.dispatchEvent(new Event("input")); return document.getElementById("status").textContent; })(document.getElementById("filter"))`, words))
		shown := eval[int](v, `[...document.querySelectorAll(".notes > li")].filter(e => e.checkVisibility()).length`)
		if got != want || !strings.Contains(want, fmt.Sprintf(" %d finding", shown)) {
			t.Errorf("%q shows %d findings and says %q, not %q", words, shown, got, want)
		}
	}
	v.quiet()
}

// A finding that is longer than the window is shown from its beginning.
func TestLongFinding(t *testing.T) {
	v := open(t, made(t, tree(t, map[string]string{"a.pyx": broken}), 1), 400, "light")
	eval[any](v, `document.querySelector(".notes > li p").style.height = "2000px", document.getElementById("next").click(), 0`)
	if top := eval[float64](v, `document.querySelector(".notes > li").getBoundingClientRect().top`); top < 0 || top > 200 {
		t.Errorf("it begins at %v", top)
	}
}

// The only file of a page is open however long it is, and has its diff before its
// tables. A name that has room on a line is on one, on a telephone too.
func TestOneFile(t *testing.T) {
	long := fine
	for i := range 700 {
		long += fmt.Sprintf("\n    def f%d(self):\n        self.n += %d\n", i, i)
	}
	v := open(t, made(t, tree(t, map[string]string{"package/some-modules/the_module.pyx": long}), 0), 1280, "light")
	if !eval[bool](v, `document.querySelector("details.file").open`) {
		t.Error("the only file is closed")
	}
	if !eval[bool](v, `document.querySelector(".diff").getBoundingClientRect().bottom <= document.querySelector(".members").getBoundingClientRect().top`) {
		t.Error("the table comes before the diff")
	}
	v = open(t, made(t, tree(t, map[string]string{"package/some-modules/of-this_kind/the_first-module.pyx": broken, "package/some-modules/of-this_kind/the_second-module.pyx": fine}), 1), 400, "light")
	cut := eval[[]string](v, `[...document.querySelectorAll(".part")].filter(e => e.checkVisibility() && e.getClientRects()[0].height > 1.7 * parseFloat(getComputedStyle(e).fontSize)).map(e => e.textContent)`)
	if n := eval[int](v, `document.querySelectorAll(".part").length`); len(cut) > 0 || n < 12 {
		t.Errorf("of %d pieces of names these are cut: %q", n, cut)
	}
}

// A link into a file that is closed opens it, and a key closes all.
func TestLinksOpenFiles(t *testing.T) {
	file := made(t, tree(t, map[string]string{"stack.pyx": broken}), 1)
	v := open(t, file, 1280, "light")
	v.do(chromedp.Click(chromedp.CSS("#close")))
	if n := eval[int](v, `document.querySelectorAll("details[open].file").length`); n != 0 {
		t.Fatalf("%d files are open", n)
	}
	links := eval[[]string](v, `[...document.querySelectorAll("a")].map(a => a.getAttribute("href"))`)
	if len(links) < 10 {
		t.Errorf("the page has %d links", len(links))
	}
	for _, l := range slices.Compact(slices.Sorted(slices.Values(links))) {
		eval[any](v, fmt.Sprintf(`document.querySelectorAll("details").forEach(d => d.open = false), location.hash = %q, 0`, l))
		get(v, chromedp.Poll[bool](fmt.Sprintf(`(r => r && r.height > 0 && r.top < innerHeight)(document.getElementById(%q)?.getBoundingClientRect())`, l[1:]), chromedp.WithPollingTimeout(5*time.Second)))
	}
	v.do(chromedp.Click(chromedp.CSS("#open")))
	if n := eval[int](v, `document.querySelectorAll("details.file:not([open])").length`); n != 0 {
		t.Errorf("%d files are closed", n)
	}
	v.quiet()
}

// Without its script the page is the same, and paper shows what is folded.
func TestWithoutScriptAndOnPaper(t *testing.T) {
	file := made(t, tree(t, map[string]string{"stack.pyx": broken, "counter.pyx": fine}), 1)
	v := open(t, file, 1280, "light", told(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	if eval[bool](v, `document.querySelector(".tools").checkVisibility()`) {
		t.Error("buttons that do nothing are shown")
	}
	eval[any](v, `document.querySelectorAll("details").forEach(d => d.open = false), 0`)
	const heights = `[...document.querySelectorAll("table.diff")].map(d => d.getBoundingClientRect().height)`
	v.do(told(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	if h := eval[[]float64](v, heights); len(h) != 2 || slices.Min(h) < 50 {
		t.Errorf("on paper the diffs are %v high", h)
	}
	pdf := get(v, chromedp.PrintToPDF())
	if !bytes.HasPrefix(pdf, []byte("%PDF")) || len(pdf) < 20000 {
		t.Errorf("the paper is %d bytes", len(pdf))
	}
	v.quiet()
}

// A page of dozens of modules stays usable.
func TestLargePage(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("python-flint is not in build/corpus: make corpus")
	}
	src := t.TempDir()
	if err := os.CopyFS(src, os.DirFS(filepath.Join(corpus, "src"))); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(pyxlock, "annotate", "--in-place", "-q", ".")
	c.Dir = src
	c.Run() // one of its files does not parse: the exit code is 1
	file := made(t, src, 0)
	st, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if st.Size() > 6<<20 {
		t.Errorf("the page has %d bytes", st.Size())
	}
	for _, width := range []int{360, 1280} {
		start := time.Now()
		v := open(t, file, width, "dark")
		loaded := time.Since(start)
		if n := eval[int](v, `document.querySelectorAll("details.file").length`); n < 30 {
			t.Errorf("the page has %d files", n)
		}
		eval[any](v, `document.querySelectorAll(".members")[9].querySelectorAll("td a")[3].click(), 0`)
		get(v, chromedp.Poll[bool](`(r => r.height > 0 && r.top >= 0 && r.top < innerHeight)(document.querySelector(":target").getBoundingClientRect())`, chromedp.WithPollingTimeout(20*time.Second)))
		v.shot(fmt.Sprintf("%s-%d", t.Name(), width))
		start = time.Now()
		v.do(chromedp.Click(chromedp.CSS("#open")))
		eval[float64](v, `document.documentElement.scrollHeight`)
		opened := time.Since(start)
		t.Logf("%d bytes at %d: %v to load, %v to open all files", st.Size(), width, loaded, opened)
		if loaded+opened > 90*time.Second { // on a machine that is busy with other tests
			t.Errorf("the page is slow")
		}
		v.fits()
		v.quiet()
	}
}
