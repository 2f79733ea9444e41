// Package islands compares two parsers of declarations in one run: a participle
// grammar and pyxlock's own. Both read the same islands, cut from real files:
// decorators, imports, class headers and function headers.
//
// The grammar flatters participle. It keeps expressions as flat lists of tokens
// where our parser builds a full tree with the access of every name, it uses our
// scanner through an adapter, and it returns no positions. Islands flatter it
// once more: our parser is made for whole files, and here sets itself up anew for
// every line or two.
//
//	make corpus; cd bench/islands; go test -bench . -benchmem
package islands

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"pyxlock/parser"
	"pyxlock/parser/ast"
	"pyxlock/parser/lex"
)

// ---- the grammar -----------------------------------------------------------

type island struct {
	Decorators []*decorator `parser:"( @@ Newline )*"`
	Import     *imports     `parser:"( @@"`
	From       *fromImport  `parser:"| @@"`
	Class      *class       `parser:"| @@"`
	Func       *function    `parser:"| @@ )?"`
}

type decorator struct {
	Path []string `parser:"'@' @Name ( '.' @Name )*"`
	Args *soup    `parser:"( '(' @@ ')' )?"`
}

type imports struct {
	Kind  string     `parser:"@( 'import' | 'cimport' )"`
	Names []*aliased `parser:"@@ ( ',' @@ )*"`
}

type fromImport struct {
	Module []string   `parser:"'from' @( '.' | '...' | Name )*"`
	Kind   string     `parser:"@( 'import' | 'cimport' )"`
	Star   bool       `parser:"( @'*'"`
	Parens []*aliased `parser:"| '(' @@ ( ',' @@ )* ','? ')'"`
	Names  []*aliased `parser:"| @@ ( ',' @@ )* )"`
}

type aliased struct {
	Path []string `parser:"@Name ( '.' @Name )*"`
	As   string   `parser:"( 'as' @Name )?"`
}

type class struct {
	Cdef    bool     `parser:"@'cdef'?"`
	Words   []string `parser:"@( 'public' | 'api' | 'extern' )*"`
	Name    []string `parser:"'class' @Name ( '.' @Name )*"`
	Bases   *soup    `parser:"( '(' @@ ')' )?"`
	Options *soup    `parser:"( '[' @@ ']' )? ':'"`
}

type function struct {
	Kind   string    `parser:"@( 'def' | 'cdef' | 'cpdef' | 'async' )"`
	Head   []*part   `parser:"@@+"`
	Params []*param  `parser:"'(' ( @@ ( ',' @@ )* ','? )? ')'"`
	Suffix []*suffix `parser:"@@* ':'"`
}

// part is a piece of a type or a declarator.
type part struct {
	Name string `parser:"  @( Name | 'def' )"`
	Op   string `parser:"| @( '.' | '*' | '**' | '&' )"`
	Args *soup  `parser:"| '[' @@ ']'"`
}

type param struct {
	Slash bool   `parser:"  @'/'"`
	Star  *star  `parser:"| @@"`
	Plain *plain `parser:"| @@"`
}

type star struct {
	Stars string  `parser:"@( '*' | '**' )"`
	Rest  []*rest `parser:"@@*"`
}

// plain is kept apart from star because participle panics on an alternative
// that may match nothing.
type plain struct {
	Pieces []*piece `parser:"@@+"`
	None   bool     `parser:"( ( 'not' | 'or' ) @'None' )?"`
	Rest   []*rest  `parser:"@@*"`
}

type piece struct {
	Part  *part `parser:"  @@"`
	Group *soup `parser:"| '(' @@ ')'"`
}

type rest struct {
	Name  string  `parser:"  @Name"`
	Type  []*item `parser:"| ':' @@+"`
	Value []*item `parser:"| '=' @@+"`
}

type suffix struct {
	Word  string `parser:"  @( Name | '?' | '*' | '+' | '-' | '->' | '.' | Number | 'except' | 'with' )"`
	Group *soup  `parser:"| '(' @@ ')' | '[' @@ ']'"`
}

// soup is any tokens with balanced brackets.
type soup struct {
	Items []*entry `parser:"@@*"`
}

type entry struct {
	Punct string `parser:"  @( ',' | ':' | '=' )"`
	Item  *item  `parser:"| @@"`
}

type item struct {
	Atom  string `parser:"  @( Name | Number | String | Operator )"`
	Group *soup  `parser:"| '(' @@ ')' | '[' @@ ']' | '{' @@ '}'"`
}

// ---- our scanner as participle's -------------------------------------------

const (
	tokName lexer.TokenType = iota - 20
	tokNumber
	tokString
	tokNewline
	tokWord     // a keyword that the grammar names
	tokPunct    // punctuation that the grammar names
	tokOperator // any other operator or keyword
)

type definition struct{}

func (definition) Symbols() map[string]lexer.TokenType {
	return map[string]lexer.TokenType{
		"EOF": lexer.EOF, "Name": tokName, "Number": tokNumber, "String": tokString,
		"Newline": tokNewline, "Word": tokWord, "Punct": tokPunct, "Operator": tokOperator,
	}
}

func (d definition) Lex(name string, r io.Reader) (lexer.Lexer, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return d.LexString(name, string(data))
}

func (definition) LexString(_ string, src string) (lexer.Lexer, error) {
	return &tokens{src: src, toks: lex.Scan(src, false).Toks}, nil
}

type tokens struct {
	src  string
	toks []lex.Tok
	at   int
}

var words = map[string]lexer.TokenType{
	"def": tokWord, "cdef": tokWord, "cpdef": tokWord, "class": tokWord, "import": tokWord, "cimport": tokWord,
	"from": tokWord, "as": tokWord, "async": tokWord, "except": tokWord, "with": tokWord, "not": tokOperator,
	"or": tokOperator, "(": tokPunct, ")": tokPunct, "[": tokPunct, "]": tokPunct, "{": tokPunct, "}": tokPunct,
	",": tokPunct, ":": tokPunct, "=": tokPunct, "@": tokPunct,
}

func (t *tokens) Next() (lexer.Token, error) {
	for {
		tok := t.toks[t.at]
		if tok.Kind == lex.EOF {
			return lexer.EOFToken(lexer.Position{}), nil
		}
		t.at++
		text := t.src[tok.Off:tok.End]
		kind := tokOperator
		switch tok.Kind {
		case lex.Indent, lex.Dedent:
			continue
		case lex.Newline:
			if t.toks[t.at].Kind == lex.EOF {
				continue
			}
			kind = tokNewline
		case lex.Name:
			kind = tokName
		case lex.Int, lex.Float, lex.Imag:
			kind = tokNumber
		case lex.String:
			kind = tokString
		}
		if word, ok := words[text]; ok {
			kind = word
		}
		return lexer.Token{Type: kind, Value: text}, nil
	}
}

func build() *participle.Parser[island] {
	return participle.MustBuild[island](participle.Lexer(definition{}), participle.UseLookahead(4))
}

// ---- the islands -------------------------------------------------------------

// one is an island, as the grammar reads it and with a body for our parser.
type one struct {
	text string
	file []byte
}

var load = sync.OnceValues(func() ([]one, error) {
	root := os.Getenv("PYXLOCK_CORPUS")
	if root == "" {
		root = "../../build/corpus"
	}
	var all []one
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".pyx" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, errs := parser.Parse(src, parser.Options{Name: path})
		if len(errs) == 0 {
			cut(f.Src, f.Body, &all)
		}
		return nil
	})
	return all, err
})

// cut adds the islands of a block.
func cut(src []byte, body []ast.Stmt, all *[]one) {
	add := func(pos, end int32, header bool) {
		text := string(bytes.ReplaceAll(src[pos:end], []byte("\r"), nil))
		island := one{text: text + "\n", file: []byte(text + "\n")}
		if header {
			island.file = []byte(text + " pass\n")
		}
		*all = append(*all, island)
	}
	for _, s := range body {
		switch s := s.(type) {
		case *ast.Import, *ast.FromImport:
			add(s.Range().Pos, s.Range().End, false)
		case *ast.FuncDef:
			add(s.Keyword, s.Body.Colon+1, true)
		case *ast.ClassDef:
			if s.Body != nil {
				add(s.Keyword, s.Body.Colon+1, true)
				cut(src, s.Body.Stmts, all)
			}
		}
	}
}

// both returns the islands that both parsers accept.
func both(b *testing.B) []one {
	b.Helper()
	all, err := load()
	if err != nil {
		b.Skipf("no corpus: %v", err)
	}
	grammar := build()
	var good []one
	size := int64(0)
	for _, o := range all {
		if _, err := grammar.ParseString("", o.text); err != nil {
			continue
		}
		if _, errs := parser.Parse(o.file, parser.Options{Name: "island.pyx"}); len(errs) > 0 {
			continue
		}
		good = append(good, o)
		size += int64(len(o.text))
	}
	if len(good) < len(all)*9/10 {
		b.Fatalf("the grammar reads %d of %d islands only", len(good), len(all))
	}
	b.Cleanup(func() { b.ReportMetric(float64(len(good)), "islands") })
	b.SetBytes(size)
	return good
}

func BenchmarkParticiple(b *testing.B) {
	islands := both(b)
	grammar := build()
	for b.Loop() {
		for _, o := range islands {
			if _, err := grammar.ParseString("", o.text); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkOurs(b *testing.B) {
	islands := both(b)
	for b.Loop() {
		for _, o := range islands {
			if _, errs := parser.Parse(o.file, parser.Options{Name: "island.pyx"}); len(errs) > 0 {
				b.Fatal(errs[0])
			}
		}
	}
}

// BenchmarkScan is what both spend on tokens.
func BenchmarkScan(b *testing.B) {
	islands := both(b)
	for b.Loop() {
		for _, o := range islands {
			lex.Scan(o.text, false)
		}
	}
}

// BenchmarkBuild is what the grammar costs once a process.
func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		build()
	}
}
