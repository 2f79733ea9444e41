package sourcemap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every form in which Cython 3.0 to 3.3 writes a position. "m.pyx" has its line
// n on n + 10 from line 20 on; "x.pxi" is not known.
const cBefore = `/* "pkg/m.pyx":25
 * def get(self):
 */
#line 25 "pkg/m.pyx"
static const char* const __pyx_f[] = {
  "out/pkg/m.pyx",
  "<stringsource>",
  "out/pkg/\303\274.pxi",
};
static const char __pyx_k_out_pkg_m_pyx[] = "out/pkg/m.pyx";
static const char __pyx_k_other[] = "out/pkg/other";
  /* "out/pkg/?.pxi":25
  __PYX_ERR(0, 25, __pyx_L1_error)
  if (x) __PYX_ERR(1, 25, __pyx_L1_error)
  { __Pyx_RaiseArgtupleInvalid("put", 1, 1, 1, i); __PYX_ERR(0, 5, __pyx_L3_error) }
  __PYX_ERR(2, 25, __pyx_L1_error); f(); __PYX_ERR(0, 30, __pyx_L1_error)
  __PYX_MARK_ERR_POS(0, 25)
#define __PYX_ERR(f_index, lineno, Ln_error) \
  __Pyx_TraceLine(25,6,0,__PYX_ERR(0, 25, __pyx_L1_error))
  __Pyx_TraceLine(25,6,0,__PYX_ERR(1, 25, __pyx_L1_error))
  __Pyx_TraceStartFunc("get", __pyx_f[0], 25, 0, 0, 0, __PYX_ERR(0, 25, __pyx_L1_error));
  __Pyx_TraceCall("get", __pyx_f[0], 25, 0, __PYX_ERR(0, 25, __pyx_L1_error));
  x = (PyObject*)__Pyx_PyCode_New(1, 0, 0, 2, 0, CO_OPTIMIZED, e, t, t, t, t, t, __pyx_kp_s_out_pkg_m_pyx, __pyx_n_s_get, 25, __pyx_empty_bytes); if (unlikely(!x)) __PYX_ERR(0, 25, __pyx_L1_error)
    const __Pyx_PyCode_New_function_description descr = {1, 0, 0, 2, (unsigned int)(CO_OPTIMIZED|CO_NEWLOCALS), 25, 54};
    PyObject* const varnames[] = {__pyx_mstate->__pyx_n_u_n};
    __pyx_mstate_global->__pyx_codeobj_tab[0] = __Pyx_PyCode_New(descr, varnames, __pyx_mstate->__pyx_kp_u_out_pkg_m_pyx, __pyx_mstate->__pyx_n_u_gen, k);
    const __Pyx_PyCode_New_function_description descr = {1, 0, 0, 2, (unsigned int)(CO_OPTIMIZED|CO_NEWLOCALS), 25};
    PyObject* const varnames[] = {0};
    __pyx_mstate_global->__pyx_codeobj_tab[1] = __Pyx_PyCode_New(descr, varnames, __pyx_mstate->__pyx_kp_u_stringsource, __pyx_mstate->__pyx_n_u_gen, k);
    const __Pyx_PyCode_New_function_description descr = {1, 0, 0, 2, (unsigned int)(CO_OPTIMIZED|CO_NEWLOCALS), 25};
    PyObject* const varnames[] = {0};
    __pyx_mstate_global->__pyx_codeobj_tab[2] = __Pyx_PyCode_New(descr, varnames, __pyx_mstate->__pyx_kp_u_m_pyx_2, __pyx_mstate->__pyx_n_u_gen, k);
  x = __Pyx_CyFunction_New(&d, 0, n, NULL, m, d, ((PyObject *)__pyx_mstate_global->__pyx_codeobj_tab[2])); if (unlikely(!x)) __PYX_ERR(0, 25, __pyx_L1_error)
  /* "pkg/m.pyx":12
  __Pyx_TraceLine(12,6,0,__PYX_ERR(0, 12, __pyx_L1_error))
static const char cstring[] = "__PYX_ERR(0, 25, user)";
    "__PYX_ERR(0, 25, user)"
 * s = "__PYX_ERR(0, 25, user)"
printf("__PYX_ERR(0, 25");
`

const cAfter = `/* "pkg/m.pyx":15
 * def get(self):
 */
#line 15 "pkg/m.pyx"
static const char* const __pyx_f[] = {
  "src/pkg/m.pyx",
  "<stringsource>",
  "out/pkg/\303\274.pxi",
};
static const char __pyx_k_out_pkg_m_pyx[] = "src/pkg/m.pyx";
static const char __pyx_k_other[] = "out/pkg/other";
  /* "out/pkg/?.pxi":25
  __PYX_ERR(0, 15, __pyx_L1_error)
  if (x) __PYX_ERR(1, 25, __pyx_L1_error)
  { __Pyx_RaiseArgtupleInvalid("put", 1, 1, 1, i); __PYX_ERR(0, 5, __pyx_L3_error) }
  __PYX_ERR(2, 25, __pyx_L1_error); f(); __PYX_ERR(0, 20, __pyx_L1_error)
  __PYX_MARK_ERR_POS(0, 15)
#define __PYX_ERR(f_index, lineno, Ln_error) \
  __Pyx_TraceLine(15,6,0,__PYX_ERR(0, 15, __pyx_L1_error))
  __Pyx_TraceLine(25,6,0,__PYX_ERR(1, 25, __pyx_L1_error))
  __Pyx_TraceStartFunc("get", __pyx_f[0], 15, 0, 0, 0, __PYX_ERR(0, 15, __pyx_L1_error));
  __Pyx_TraceCall("get", __pyx_f[0], 15, 0, __PYX_ERR(0, 15, __pyx_L1_error));
  x = (PyObject*)__Pyx_PyCode_New(1, 0, 0, 2, 0, CO_OPTIMIZED, e, t, t, t, t, t, __pyx_kp_s_out_pkg_m_pyx, __pyx_n_s_get, 15, __pyx_empty_bytes); if (unlikely(!x)) __PYX_ERR(0, 15, __pyx_L1_error)
    const __Pyx_PyCode_New_function_description descr = {1, 0, 0, 2, (unsigned int)(CO_OPTIMIZED|CO_NEWLOCALS), 15, 54};
    PyObject* const varnames[] = {__pyx_mstate->__pyx_n_u_n};
    __pyx_mstate_global->__pyx_codeobj_tab[0] = __Pyx_PyCode_New(descr, varnames, __pyx_mstate->__pyx_kp_u_out_pkg_m_pyx, __pyx_mstate->__pyx_n_u_gen, k);
    const __Pyx_PyCode_New_function_description descr = {1, 0, 0, 2, (unsigned int)(CO_OPTIMIZED|CO_NEWLOCALS), 25};
    PyObject* const varnames[] = {0};
    __pyx_mstate_global->__pyx_codeobj_tab[1] = __Pyx_PyCode_New(descr, varnames, __pyx_mstate->__pyx_kp_u_stringsource, __pyx_mstate->__pyx_n_u_gen, k);
    const __Pyx_PyCode_New_function_description descr = {1, 0, 0, 2, (unsigned int)(CO_OPTIMIZED|CO_NEWLOCALS), 15};
    PyObject* const varnames[] = {0};
    __pyx_mstate_global->__pyx_codeobj_tab[2] = __Pyx_PyCode_New(descr, varnames, __pyx_mstate->__pyx_kp_u_m_pyx_2, __pyx_mstate->__pyx_n_u_gen, k);
  x = __Pyx_CyFunction_New(&d, 0, n, NULL, m, d, ((PyObject *)__pyx_mstate_global->__pyx_codeobj_tab[2])); if (unlikely(!x)) __PYX_ERR(0, 15, __pyx_L1_error)
  /* for "pkg/m.pyx":9
  if (0) { __Pyx_TraceLine(9,6,0,__PYX_ERR(0, 9, __pyx_L1_error)) }
static const char cstring[] = "__PYX_ERR(0, 25, user)";
    "__PYX_ERR(0, 25, user)"
 * s = "__PYX_ERR(0, 25, user)"
printf("__PYX_ERR(0, 25");
`

func cLookup(name string) (string, LineMap, bool) {
	var m LineMap
	for i := 1; i < 10; i++ {
		m.Add(i, false)
	}
	for range 10 {
		m.Add(9, true)
	}
	for i := 10; i < 100; i++ {
		m.Add(i, false)
	}
	return "src/pkg/m.pyx", m, name == "out/pkg/m.pyx"
}

func TestTranslateC(t *testing.T) {
	out, ok := TranslateC([]byte(cBefore), cLookup)
	if !ok {
		t.Fatal("not translated")
	}
	if diff := cmp.Diff(cAfter+translated, string(out)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if again, ok := TranslateC(out, cLookup); ok || string(again) != string(out) {
		t.Error("translated twice")
	}
	crlf, _ := TranslateC([]byte(strings.ReplaceAll(cBefore, "\n", "\r\n")), cLookup)
	if diff := cmp.Diff(strings.ReplaceAll(cAfter, "\n", "\r\n")+translated, string(crlf)); diff != "" {
		t.Errorf("CRLF: -want +got\n%s", diff)
	}
	for _, other := range []string{"", "int main(void) { return 0; }\n", strings.ReplaceAll(cBefore, "out/pkg/m.pyx", "n.pyx")} {
		if out, ok := TranslateC([]byte(other), cLookup); ok || string(out) != other {
			t.Errorf("%.40q: translated", other)
		}
	}
}

// Where strings are in one table, code objects get the names of their sources by a call; no
// line of the C moves. A name that Cython cut off is that of a file if it can be of one alone, or
// the function says of which it is.
func TestTranslateCStringTable(t *testing.T) {
	const long = "build/src.pyxlock/a/package/with/a/long/name/m.pyx"
	const code = `#define __pyx_kp_u_build_src_pyxlock_a_package_with __pyx_string_tab[5]
static const char* const __pyx_f[] = {
  "` + long + `",
};
  __Pyx_TraceFrameInit(((PyObject *)__pyx_mstate_global->__pyx_codeobj_tab[1]))
  __Pyx_RefNannySetupContext("get", 0);
  __Pyx_TraceStartFunc("get", __pyx_f[0], 25, 0, 0, 0, __PYX_ERR(0, 25, __pyx_L1_error));
  __Pyx_TraceLine(30,1,0,__PYX_ERR(0, 30, __pyx_L1_error))
  pyxlock_releases_gil();
    const __Pyx_PyCode_New_function_description descr = {1, 0, 0, 2, (unsigned int)(CO_OPTIMIZED|CO_NEWLOCALS), 25};
    PyObject* const varnames[] = {0};
    __pyx_mstate_global->__pyx_codeobj_tab[0] = __Pyx_PyCode_New(descr, varnames, __pyx_mstate->__pyx_kp_u_build_src_pyxlock_a_package_with, n, k);
    const __Pyx_PyCode_New_function_description descr = {1, 0, 0, 2, (unsigned int)(CO_OPTIMIZED|CO_NEWLOCALS), 25};
    PyObject* const varnames[] = {0};
    __pyx_mstate_global->__pyx_codeobj_tab[1] = __Pyx_PyCode_New(descr, varnames, __pyx_mstate->__pyx_kp_u_something, n, k);
`
	want := code
	for _, r := range [][2]string{
		{"static const char*", sourceName + "static const char*"},
		{long, "src/pkg/m.pyx"},
		{", 25", ", 15"},
		{"  __Pyx_TraceLine(30,1,0,__PYX_ERR(0, 30, __pyx_L1_error))", "if (0) {   __Pyx_TraceLine(20,1,0,__PYX_ERR(0, 20, __pyx_L1_error)) }"},
		{"__pyx_mstate->__pyx_kp_u_build_src_pyxlock_a_package_with", `__pyxlock_source_name(&__pyx_mstate->__pyx_kp_u_build_src_pyxlock_a_package_with, "src/pkg/m.pyx")`},
		{"__pyx_mstate->__pyx_kp_u_something", `__pyxlock_source_name(&__pyx_mstate->__pyx_kp_u_something, "src/pkg/m.pyx")`},
	} {
		want = strings.ReplaceAll(want, r[0], r[1])
	}
	out, _ := TranslateC([]byte(code), func(name string) (string, LineMap, bool) {
		to, m, _ := cLookup("out/pkg/m.pyx")
		return to, m, name == long
	})
	if diff := cmp.Diff(want+translated, string(out)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if strings.Count(string(out), "\n") != strings.Count(code, "\n")+1 {
		t.Error("lines of the C have moved")
	}
}

// A name in a comment that could be of two files says nothing about lines.
func TestTranslateCAmbiguousName(t *testing.T) {
	const c = "static const char *__pyx_f[] = {\n  \"a/pkg/m.pyx\",\n  \"b/pkg/m.pyx\",\n};\n/* \"pkg/m.pyx\":25\n/* \"a/pkg/m.pyx\":25\n"
	out, ok := TranslateC([]byte(c), func(name string) (string, LineMap, bool) {
		_, m, _ := cLookup("")
		return name, m, true
	})
	if want := strings.Replace(c, "\"a/pkg/m.pyx\":25", "\"a/pkg/m.pyx\":15", 1) + translated; !ok || string(out) != want {
		t.Errorf("got\n%s", out)
	}
}
