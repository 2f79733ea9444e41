package decorator

// The names that Cython gives its module `cython`: whoever writes one of them
// means it, however much it looks like a lock decorator.

import "strings"

// cythonNames are those of Cython 3.0.12, 3.1.8, 3.2.9 and 3.3.1, as
// tools/cythonnames.py prints them.
var cythonNames = func() map[string]bool {
	names := map[string]bool{}
	for _, n := range strings.Fields(`
absolute_import address allow_none_for_extension_args always_allow_keywords
annotation_typing annotations Any array ArrayType auto_cpdef auto_pickle autotestdict
basestring binding bint boundscheck c_api_binop_methods c_compile_guard
c_string_encoding c_string_type Callable callspec cast ccall cclass ccomplex cdiv
cdivision cdivision_warnings cfunc char cimports cmod collection_type compile compiled
complex complex_types const control_flow cpow cpp_locals critical_section CythonCImports
CythonDotImportedFromElsewhere CythonDotParallel CythonMetaType CythonType
CythonTypeObject dataclasses declare double doublecomplex embedsignature
emit_code_comments exceptval fast_getattr fast_gil final float float_types floatcomplex
floating formal_grammar freelist freethreading_compatible fused_type Generic gil gs
index_type infer_types initializedcheck inline int int_types integral internal Iterable
iterable_coroutine language_level legacy_implicit_noexcept likely linetrace locals long
longdouble longdoublecomplex longlong name no_gc no_gc_clear nogil nonecheck np_pythran
NULL numeric old_style_globals operator optimize Optional other_types overflowcheck
overload parallel pointer PointerType preliminary_late_includes_cy28 profile ptrdiff_t
py2_import py_bool py_complex py_float Py_hash_t py_int py_long Py_ssize_t Py_tss_t
Py_UCS4 Py_UNICODE pymutex PyObject_TypeCheck pythread_type_lock PyTypeObject
remove_unreachable reprname restrict returns schar Sequence set_initial_path short
show_performance_hints sint size_t sizeof slong slonglong sshort ssize_t staticmethod
struct StructType subinterpreters_compatible test_assert_c_code_has
test_assert_path_exists test_body_needs_exception_handling test_fail_if_c_code_has
test_fail_if_path_exists to_repr total_ordering TracebackType trashcan Type
TYPE_CHECKING type_ordering type_version_tag typedef typeof TypeVar uchar ufunc uint
ulong ulonglong unicode union UnionType unlikely unraisable_tracebacks ushort view void
volatile warn with_gil wraparound
`) {
		names[n] = true
	}
	return names
}()
