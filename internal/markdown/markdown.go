// Package markdown reads the pages of this repository, for the tests that hold
// them to what they say.
package markdown

import (
	"bytes"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Page is what one file holds. Lines count from 1.
type Page struct {
	Path     string
	Source   []byte
	Headings []Heading
	Links    []Link
	Blocks   []Block
	HTML     []int // the lines where raw HTML stands that is no attribute of a block
}

// Heading is a title, and the fragment by which links reach it.
type Heading struct {
	Level, Line  int
	Text, Anchor string
}

// Link is a link or an image that is written with its destination.
type Link struct {
	Line        int
	Destination string
}

// Block is a fenced code block. A comment on the line above it may give it
// attributes, KEY=VALUE, KEY="VALUE WITH BLANKS", or KEY alone:
//
//	<!-- doctest: exit=1 needs="package python3.14t" -->
//
// They would be better placed after the language, but not every program that
// renders Markdown takes a fence with more than that.
type Block struct {
	Line       int // of the first line inside
	Language   string
	Attributes map[string]string
	Text       string
	Start, End int // where the text is in the page
}

// Has tells whether an attribute is there.
func (b Block) Has(key string) bool { _, ok := b.Attributes[key]; return ok }

// Read reads a page.
func Read(path string) (*Page, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, src), nil
}

// Parse reads a page that has been loaded.
func Parse(path string, src []byte) *Page {
	p := &Page{Path: path, Source: src}
	line := func(offset int) int { return 1 + bytes.Count(src[:offset], []byte("\n")) }
	taken := map[string]int{}
	root := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(src))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			title := plain(n, src)
			p.Headings = append(p.Headings, Heading{n.Level, line(offset(n)), title, anchor(title, taken)})
		case *ast.Link:
			p.Links = append(p.Links, Link{line(offset(n)), string(n.Destination)})
		case *ast.Image:
			p.Links = append(p.Links, Link{line(offset(n)), string(n.Destination)})
		case *ast.HTMLBlock:
			if _, above := n.NextSibling().(*ast.FencedCodeBlock); !above || !comment.Match(n.Lines().Value(src)) {
				p.HTML = append(p.HTML, line(offset(n)))
			}
		case *ast.RawHTML:
			p.HTML = append(p.HTML, line(offset(n)))
		case *ast.FencedCodeBlock:
			p.Blocks = append(p.Blocks, block(n, src, line))
		}
		return ast.WalkContinue, nil
	})
	return p
}

// offset returns where the first text of a node is: the parser keeps no
// positions of inline nodes.
func offset(n ast.Node) int {
	found := -1
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			found = t.Segment.Start
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	for ; found < 0 && n != nil; n = n.Parent() {
		if n.Type() == ast.TypeBlock && n.Lines().Len() > 0 {
			found = n.Lines().At(0).Start
		}
	}
	return max(found, 0)
}

// plain returns the text of a heading without its markup.
func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(src))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// anchor makes the fragment of a title as GitHub and most site generators do:
// lower case, blanks as hyphens, punctuation left out, and a number where a
// title comes again.
func anchor(title string, taken map[string]int) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, title)
	n := taken[slug]
	taken[slug]++
	if n > 0 {
		slug += "-" + strconv.Itoa(n)
	}
	return slug
}

var (
	comment   = regexp.MustCompile(`^<!-- doctest: (.*) -->\s*$`)
	attribute = regexp.MustCompile(`([a-z]+)(?:=(?:"([^"]*)"|(\S*)))?`)
)

func block(n *ast.FencedCodeBlock, src []byte, line func(int) int) Block {
	b := Block{Attributes: map[string]string{}}
	if n.Info != nil {
		info := n.Info.Segment
		b.Language = string(info.Value(src))
		b.Start = info.Stop + 1 + bytes.IndexByte(src[info.Stop:], '\n')
		b.End, b.Line = b.Start, line(info.Start)+1
	}
	if above, ok := n.PreviousSibling().(*ast.HTMLBlock); ok {
		if m := comment.FindSubmatch(above.Lines().Value(src)); m != nil {
			for _, a := range attribute.FindAllStringSubmatch(string(m[1]), -1) {
				b.Attributes[a[1]] = a[2] + a[3]
			}
		}
	}
	if lines := n.Lines(); lines.Len() > 0 {
		b.Start, b.End = lines.At(0).Start, lines.At(lines.Len()-1).Stop
		b.Line = line(b.Start)
		b.Text = string(lines.Value(src))
	}
	return b
}
