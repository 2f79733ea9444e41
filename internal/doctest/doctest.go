// Package doctest runs the console blocks of a page, in order and in one shell,
// and holds what they print against what the page shows. CONTRIBUTING.md has the
// notation.
package doctest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pyxlock/internal/markdown"
)

// A Runner runs pages.
type Runner struct {
	// Env is the environment of the commands.
	Env []string
	// Supply prepares what a block asks for with needs=NAME.
	Supply func(name string) (Supply, error)
	// Update has the page shown anew where its output differs.
	Update bool
}

// Supply is something that blocks need.
type Supply struct {
	Env     []string // added to the environment of the page; a value may use others: "PATH=/opt/bin:$PATH"
	Dir     string   // where the page goes on; "" for where it is
	Missing string   // why it is not to be had here, and the block not run
}

// failure stands for any exit status but 0.
const failure = -1

// command is one command of a console block, and what the page shows of it.
type command struct {
	text   string
	output string
	line   int
	exit   int
	// chance is the last line of output that says that nothing happened, of a
	// command that shows what happens nearly always.
	chance string
	// Where the output is in the page; outside the block for one that follows.
	start, end int
}

// Run runs the page in an empty directory. Each block is a subtest; the first
// that fails ends the page, since the others build on it.
func (r *Runner) Run(t *testing.T, page *markdown.Page) {
	err := r.run(page, t.TempDir(), func(line int, run func() (missing string, err error)) bool {
		return t.Run(fmt.Sprintf("line %d", line), func(t *testing.T) {
			missing, err := run()
			if err != nil {
				t.Fatal(err)
			}
			if missing != "" {
				t.Skip(missing)
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run hands each console block to do, until that returns false.
func (r *Runner) run(page *markdown.Page, dir string, do func(line int, run func() (missing string, err error)) bool) error {
	sh, err := newShell(page.Path, dir, r.Env)
	if err != nil {
		return err
	}
	defer sh.close()
	prepared := map[string]bool{}
	var news []command // what differs, with Update
	for i, block := range page.Blocks {
		if name, ok := block.Attributes["file"]; ok {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte(block.Text), 0o666); err != nil {
				return err
			}
		}
		if block.Language != "console" || block.Has("norun") {
			continue
		}
		if !do(block.Line, func() (missing string, err error) {
			for _, need := range strings.Fields(block.Attributes["needs"]) {
				if prepared[need] {
					continue
				}
				supply, err := r.Supply(need)
				if err != nil || supply.Missing != "" {
					return supply.Missing, err
				}
				if err := sh.prepare(supply); err != nil {
					return "", err
				}
				prepared[need] = true
			}
			commands, err := commandsOf(page, i)
			if err != nil {
				return "", err
			}
			for _, c := range commands {
				printed, exit, err := sh.run(c.text)
				switch {
				case err != nil:
					return "", fmt.Errorf("line %d: %w", c.line, err)
				case c.chance != "" && exit == 0 && Matches("...\n"+c.chance, printed):
					return "it was not to be seen this time: " + lastLine(printed), nil
				case exit != c.exit && (c.exit != failure || exit == 0):
					return "", fmt.Errorf("line %d: %s\nexit status %d, the page says %d, after:\n%s", c.line, c.text, exit, c.exit, printed)
				case Matches(c.output, printed):
				case r.Update && !strings.Contains(c.output, "..."):
					c.output = trim(printed)
					news = append(news, c)
				default:
					return "", fmt.Errorf("line %d: %s\nprints something else (-shown +printed):\n%s", c.line, c.text,
						cmp.Diff(strings.Split(trim(c.output), "\n"), strings.Split(trim(printed), "\n")))
				}
			}
			return "", nil
		}) {
			break
		}
	}
	if len(news) == 0 {
		return nil
	}
	var b strings.Builder
	at := 0
	for _, c := range news {
		b.Write(page.Source[at:c.start])
		b.WriteString(c.output)
		at = c.end
	}
	b.Write(page.Source[at:])
	return os.WriteFile(page.Path, []byte(b.String()), 0o666)
}

// commandsOf takes a console block apart: "$ " starts a command, "> " goes on
// with it, all else is output. A following block with the attribute "output" is
// the output of the last command.
func commandsOf(page *markdown.Page, at int) ([]command, error) {
	block := page.Blocks[at]
	var list []command
	offset := block.Start
	for i, line := range strings.SplitAfter(block.Text, "\n") {
		if line == "" {
			continue
		}
		end := offset + len(line)
		if text, ok := strings.CutPrefix(line, "$ "); ok {
			list = append(list, command{text: strings.TrimSpace(text), line: block.Line + i, start: end, end: end})
		} else if len(list) == 0 {
			return nil, fmt.Errorf("line %d: output without a command: start the command with \"$ \"", block.Line+i)
		} else if text, ok := strings.CutPrefix(line, "> "); ok && list[len(list)-1].output == "" {
			c := &list[len(list)-1]
			c.text += "\n" + strings.TrimRight(text, "\n")
			c.start, c.end = end, end
		} else {
			c := &list[len(list)-1]
			c.output += line
			c.end = end
		}
		offset = end
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("line %d: a console block without a command", block.Line)
	}
	last := &list[len(list)-1]
	last.chance = block.Attributes["chance"]
	switch code, ok := block.Attributes["exit"]; {
	case code == "fail":
		last.exit = failure
	case ok:
		n, err := strconv.Atoi(code)
		if err != nil {
			return nil, fmt.Errorf("line %d: exit=%s is no number", block.Line, code)
		}
		last.exit = n
	}
	if at+1 < len(page.Blocks) && page.Blocks[at+1].Has("output") {
		if last.output != "" {
			return nil, fmt.Errorf("line %d: the output of %q is shown here and in the next block", last.line, last.text)
		}
		next := page.Blocks[at+1]
		last.output, last.start, last.end = next.Text, next.Start, next.End
	}
	return list, nil
}

func lastLine(s string) string {
	s = strings.TrimRight(s, "\n")
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// Matches tells whether a page that shows want describes what was printed:
// "..." stands for any text within a line, and alone on a line for any lines.
// Blanks at the ends of lines do not count.
func Matches(want, printed string) bool {
	var pattern strings.Builder
	pattern.WriteString(`\A`)
	for line := range strings.Lines(trim(want)) {
		if line == "...\n" {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `.*?`))
	}
	pattern.WriteString(`\z`)
	return regexp.MustCompile(pattern.String()).MatchString(trim(printed))
}

// trim takes blanks off the ends of lines and empty lines off the end, and ends
// what is left with a line break.
func trim(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimRight(line, " \t\r\n"))
		b.WriteByte('\n')
	}
	if s = strings.TrimRight(b.String(), "\n"); s == "" {
		return ""
	}
	return s + "\n"
}
