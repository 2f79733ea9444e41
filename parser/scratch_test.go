package parser_test
import ("testing";"fmt";"pyxlock/parser";"os";"strings")
func TestScratch(t *testing.T){
 b,_:=os.ReadFile("/tmp/pyfiles")
 n,bad:=0,0
 for _,p:=range strings.Fields(string(b)) {
 src,_:=os.ReadFile(p)
 f,errs:=parser.Parse(src,parser.Options{Pure:true,Name:p})
 n++
 checkTree(t,f)
 checkTokens(t,string(src),true)
 if len(errs)>0 { bad++; if bad<40 {fmt.Println(p,errs[0])}}
 }
 fmt.Println(n,bad)
}
