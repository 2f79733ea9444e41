package c

// The grammar of parameters, statements and expressions, for participle.
//
// Operators are a list: what is done to whom does not depend on how tightly they bind, but
// for assignments, whose left side is one term in C. Casts, types and the kinds of operators
// are told apart before (feed.go), so that one token tells what comes.

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The kinds of tokens that the grammar knows.
const (
	tType    lexer.TokenType = iota + 1 // the words of a type in one, of a parameter with its name
	tIdent                              // with its namespaces
	tLit                                // also sizeof(…)
	tPrefix                             // operators before their operand
	tCast                               // (type), its words in one
	tBinary                             // also ? and :
	tAssign                             // = and its like
	tPostfix                            // ++ and --
	tKey                                // words of statements
	tLabel                              // up to its colon
	tMark                               // brackets, commas and the like
)

var symbols = map[string]lexer.TokenType{
	"EOF": lexer.EOF, "Type": tType, "Ident": tIdent, "Lit": tLit, "Prefix": tPrefix, "Cast": tCast, "Binary": tBinary,
	"Assign": tAssign, "Postfix": tPostfix, "Key": tKey, "Label": tLabel, "Mark": tMark,
}

// island is what is parsed at a time.
type gUnit struct {
	Params []string `parser:"'<params>' ( @Type ( ',' @Type )* )?"`
	Body   *gBlock  `parser:"| '<body>' @@"`
	Expr   *gExpr   `parser:"| '<expr>' @@"`
}

type gBlock struct {
	Stmts []*gStmt `parser:"'{' @@* '}'"`
}

type gStmt struct {
	Decl   *gDecl   `parser:"@@ ';'"`
	Block  *gBlock  `parser:"| @@"`
	Return *gReturn `parser:"| @@"`
	If     *gIf     `parser:"| @@"`
	Expr   *gExpr   `parser:"| @@ ';'"`
	For    *gFor    `parser:"| @@"`
	Do     *gDo     `parser:"| @@"`
	Labels []string `parser:"| @Label"`
	Jump   []string `parser:"| @( 'break' | 'continue' | 'goto' ) Ident? ';'"`
	Empty  []string `parser:"| @';'"`
}

type gIf struct {
	Cond *gExpr `parser:"( 'if' | 'while' | 'switch' ) '(' @@ ')'"`
	Then *gStmt `parser:"@@"`
	Else *gStmt `parser:"( 'else' @@ )?"`
}

type gFor struct {
	Decl *gDecl `parser:"'for' '(' ( @@"`
	Init *gExpr `parser:"| @@ )?"`
	Cond *gExpr `parser:"( ';' @@?"`
	Step *gExpr `parser:"';' @@? )? ')'"`
	Body *gStmt `parser:"@@"`
}

type gDo struct {
	Body *gStmt `parser:"'do' @@"`
	Cond *gExpr `parser:"'while' '(' @@ ')' ';'?"`
}

type gReturn struct {
	Value *gTop `parser:"'return' @@? ';'"`
}

// gTop is an expression or a list in braces.
type gTop struct {
	Expr *gExpr `parser:"@@"`
	List *gList `parser:"| '<list>' @@"`
}

type gDecl struct {
	Type string  `parser:"@Type"`
	Vars []*gVar `parser:"( @@ ( ',' @@ )* )?"`
}

type gVar struct {
	Pos   lexer.Position
	Marks []string  `parser:"@( Prefix | Type )*"`
	Name  string    `parser:"@Ident"`
	Dims  []*gIndex `parser:"@@*"`
	Init  *gInit    `parser:"@@?"`
}

type gIndex struct {
	At *gExpr `parser:"'[' @@? ']'"`
}

type gInit struct {
	Value *gArg  `parser:"( Assign | Binary ) @@"`
	Args  *gCall `parser:"| @@"`
	List  *gList `parser:"| '<list>' @@"`
}

// gList is one in braces, without the first of them: those that may stand alone begin with <list>, those
// behind a type with <made>, and blocks with {. Were they one token, each brace of a body that does
// not end would be tried in two ways, and each in it in two ways again.
type gList struct {
	Items []*gItem `parser:"( @@ ( ',' @@? )* )? '}'"`
}

// gItem is one of a list, perhaps with what it is for: .x = 1, [2] = 1.
type gItem struct {
	For   []*gDesignator `parser:"( @@+ Assign )?"`
	Value *gArg          `parser:"@@"`
}

type gDesignator struct {
	Name string `parser:"'.' @Ident"`
	At   *gExpr `parser:"| '[' @@ ']'"`
}

// gExpr is one with commas.
type gExpr struct {
	Items []*gFlat `parser:"@@ ( ',' @@ )*"`
}

// gFlat is one without commas of its own.
type gFlat struct {
	First *gTerm `parser:"@@"`
	Rest  []*gOp `parser:"@@*"`
}

type gOp struct {
	Op   string `parser:"@( Binary | Assign )"`
	Term *gTop2 `parser:"@@"`
}

// gTop2 is a term, or a list that is assigned.
type gTop2 struct {
	Term *gTerm `parser:"@@"`
	List *gList `parser:"| '<list>' @@"`
}

type gTerm struct {
	Pos    lexer.Position
	Prefix []string `parser:"@( Prefix | Cast )*"`
	Ident  string   `parser:"( @Ident"`
	Lit    string   `parser:"| @Lit"`
	Paren  *gExpr   `parser:"| '(' @@ ')'"`
	List   *gList   `parser:"| '<made>' @@ )"`
	Post   []*gPost `parser:"@@*"`
}

type gPost struct {
	Call  *gCall `parser:"@@"`
	Index *gExpr `parser:"| '[' @@ ']'"`
	Dot   string `parser:"| '.' @Ident"`
	Arrow string `parser:"| '->' @Ident"`
	Step  string `parser:"| @Postfix"`
}

type gCall struct {
	Open string  `parser:"@'('"`
	Args []*gArg `parser:"( @@ ( ',' @@ )* )? ')'"`
}

type gArg struct {
	Flat *gFlat `parser:"@@"`
	List *gList `parser:"| '<list>' @@"`
}

// grammar is built when the first island is parsed.
var grammar = sync.OnceValue(func() *participle.Parser[gUnit] {
	return participle.MustBuild[gUnit](participle.Lexer(tokens{}))
})

// tokens says to participle what tokens there are; feed.go makes them.
type tokens struct{}

func (tokens) Symbols() map[string]lexer.TokenType { return symbols }

func (tokens) Lex(string, io.Reader) (lexer.Lexer, error) {
	return nil, errors.New("tokens come from a feed")
}

// list hands tokens out.
type list struct {
	toks []lexer.Token
	at   int
}

func (l *list) Next() (lexer.Token, error) {
	if l.at == len(l.toks) {
		return lexer.EOFToken(lexer.Position{}), nil
	}
	l.at++
	return l.toks[l.at-1], nil
}

// parse is the tree of some tokens. A grammar that is wrong is an error, too: participle
// panics where a branch matches nothing.
func parse(toks []lexer.Token) (u *gUnit, err error) {
	defer func() {
		if r := recover(); r != nil {
			u, err = nil, fmt.Errorf("%v", r)
		}
	}()
	lex, err := lexer.Upgrade(&list{toks: toks})
	if err != nil {
		return nil, err
	}
	return grammar().ParseFromLexer(lex)
}
