package library

// What library functions and types do, and what special methods are.

// ObjectTypes are builtin types whose fields hold a reference.
var ObjectTypes = map[string]bool{
	"object": true, "list": true, "dict": true, "tuple": true, "set": true, "frozenset": true, "str": true, "bytes": true,
	"bytearray": true, "unicode": true, "basestring": true, "type": true, "slice": true, "range": true, "memoryview": true,
	"Exception": true, "BaseException": true, "property": true,
	// Extension types of Cython's own .pxd files, which are not read.
	"array": true, "date": true, "datetime": true, "time": true, "timedelta": true, "tzinfo": true,
	"ndarray": true, "dtype": true, "broadcast": true, "flatiter": true,
}

// CTypes are the C types whose names tell nothing by their spelling.
var CTypes = map[string]bool{
	"int": true, "long": true, "short": true, "char": true, "float": true, "double": true, "bint": true, "void": true,
	"unsigned": true, "signed": true, "Py_ssize_t": true, "Py_hash_t": true, "Py_UCS4": true, "Py_UNICODE": true,
	"longlong": true, "uint": true, "ulong": true, "ulonglong": true, "longdouble": true, "uchar": true, "ushort": true,
	"floating": true, "integral": true, "numeric": true, "complex": false,
}

// CScalars are C numbers that are declared outside the project.
var CScalars = map[string]bool{
	"size_t": true, "ssize_t": true, "ptrdiff_t": true, "intptr_t": true, "uintptr_t": true, "time_t": true, "off_t": true,
	"int8_t": true, "int16_t": true, "int32_t": true, "int64_t": true, "uint8_t": true, "uint16_t": true, "uint32_t": true, "uint64_t": true,
	"intmax_t": true, "uintmax_t": true, "wchar_t": true, "Py_uintptr_t": true, "Py_intptr_t": true, "npy_intp": true, "intp_t": true, "bool": true,
	"float32_t": true, "float64_t": true, "float_t": true, "double_t": true, "int_t": true, "uint_t": true, "long_t": true,
	"hash_t": true, "ulong": true, "slong": true,
}

// BufferTypes have a C pointer as an attribute of theirs.
var BufferTypes = map[string]bool{"array": true, "ndarray": true}

var Containers = map[string]bool{"list": true, "dict": true, "set": true, "bytearray": true, "array": true, "deque": true}

// LockTypes are C types and constructors of locks.
var LockTypes = map[string]bool{
	"pymutex": true, "pythread_type_lock": true, "PyMutex": true, "PyThread_type_lock": true,
	"Lock": true, "RLock": true, "FastRLock": true, "allocate_lock": true, "Condition": true, "Semaphore": true, "BoundedSemaphore": true,
	"PyThread_allocate_lock": true, "mutex": true, "recursive_mutex": true, "shared_mutex": true,
	"pthread_mutex_t": true, "omp_lock_t": true, "CRITICAL_SECTION": true, "lock_guard": true,
	"unique_lock": true, "scoped_lock": true, "py_safe_lock_guard": true,
}

// GuardTypes are C++ classes whose objects hold a lock while they live.
var GuardTypes = map[string]bool{
	"lock_guard": true, "unique_lock": true, "shared_lock": true, "scoped_lock": true, "py_safe_lock_guard": true,
}

// LockCalls are C functions that take a lock as their first argument.
var LockCalls = map[string]bool{
	"PyThread_acquire_lock": true, "PyThread_acquire_lock_timed": true, "PyMutex_Lock": true,
	"pthread_mutex_lock": true, "omp_set_lock": true, "EnterCriticalSection": true,
	"PyThread_release_lock": false, "PyMutex_Unlock": false,
	"pthread_mutex_unlock": false, "omp_unset_lock": false, "LeaveCriticalSection": false,
}

// LockWords are the words by which people name locks.
var LockWords = map[string]bool{
	"lock": true, "locks": true, "locked": true, "locking": true, "lk": true, "lck": true, "rlock": true,
	"rwlock": true, "mutex": true, "mtx": true, "phil": true, "semaphore": true, "synchronized": true,
}

// Construction holds the methods that make an object, or take it apart.
var Construction = map[string]bool{
	"__cinit__": true, "__init__": true, "__dealloc__": true, "__del__": true, "__setstate__": true, "__setstate_cython__": true,
	"__reduce_cython__": true,
}

var NoLockMethods = map[string]bool{"__cinit__": true, "__dealloc__": true, "__del__": true}

// Methods of an extension type that have no self, without saying so.
var ImplicitStatic = map[string]bool{"__new__": true, "__class_getitem__": true, "__init_subclass__": true}

// Arithmetic methods whose left operand need not be self with c_api_binop_methods.
var Binops = map[string]bool{
	"__add__": true, "__sub__": true, "__mul__": true, "__matmul__": true, "__truediv__": true, "__floordiv__": true,
	"__div__": true, "__mod__": true, "__divmod__": true, "__pow__": true, "__lshift__": true, "__rshift__": true,
	"__and__": true, "__or__": true, "__xor__": true,
}

// Methods by which Python's containers, arrays and buffers change.
var Changers = map[string]bool{
	"append": true, "extend": true, "insert": true, "pop": true, "remove": true, "clear": true, "sort": true, "reverse": true,
	"update": true, "setdefault": true, "popitem": true, "add": true, "discard": true, "appendleft": true, "popleft": true,
	"extendleft": true, "rotate": true, "move_to_end": true, "intersection_update": true, "difference_update": true,
	"symmetric_difference_update": true, "resize": true, "frombytes": true, "fromlist": true,
}

// Methods of builtin types that change nothing.
var Keepers = map[string]bool{
	"get": true, "keys": true, "values": true, "items": true, "copy": true, "index": true, "count": true, "join": true,
	"split": true, "encode": true, "decode": true, "format": true, "startswith": true, "endswith": true, "strip": true,
	"lower": true, "upper": true, "replace": true, "find": true, "tobytes": true, "tolist": true, "union": true,
	"intersection": true, "difference": true, "issubset": true, "issuperset": true, "isdigit": true, "rstrip": true,
	"lstrip": true, "splitlines": true, "partition": true, "rpartition": true, "rsplit": true, "bit_length": true,
	"hex": true, "rfind": true, "title": true, "isdisjoint": true, "to_bytes": true, "__class__": true, "__name__": true,
}

// Special methods of containers that change nothing.
var ReadingDunders = map[string]bool{
	"__getitem__": true, "__contains__": true, "__len__": true, "__iter__": true, "__reversed__": true, "__repr__": true, "__str__": true,
	"__eq__": true, "__ne__": true, "__lt__": true, "__le__": true, "__gt__": true, "__ge__": true, "__hash__": true, "__sizeof__": true,
	"__add__": true, "__or__": true, "__and__": true, "__sub__": true, "__xor__": true, "__mul__": true, "__reduce__": true, "__reduce_ex__": true,
}

// Methods of memoryviews: each makes a view of its own, or tells something.
var ViewMethods = map[string]bool{"copy": true, "copy_fortran": true, "is_c_contig": true, "is_f_contig": true}

// Methods that every object has from its type and that change nothing.
var InheritedFromObject = map[string]bool{
	"__repr__": true, "__str__": true, "__hash__": true, "__eq__": true, "__ne__": true, "__sizeof__": true, "__dir__": true,
	"__format__": true, "__getattribute__": true, "__init_subclass__": true, "__reduce__": true, "__reduce_ex__": true,
}

var CppReaders = map[string]bool{
	"size": true, "empty": true, "length": true, "capacity": true, "count": true, "at": true, "c_str": true, "contains": true,
	"find": true, "front": true, "back": true, "top": true, "load": true, "begin": true, "end": true, "rbegin": true, "rend": true,
	"max_size": true, "get": true, "data": true, "substr": true, "compare": true, "lower_bound": true, "upper_bound": true, "const_begin": true, "const_end": true,
}

// CppSizes are those of them that mean the same in any class.
var CppSizes = map[string]bool{"size": true, "empty": true, "length": true, "capacity": true, "c_str": true, "max_size": true}

var CppWriters = map[string]bool{
	"push_back": true, "pop_back": true, "push": true, "pop": true, "insert": true, "erase": true, "clear": true, "resize": true,
	"reserve": true, "assign": true, "emplace": true, "emplace_back": true, "push_front": true, "pop_front": true, "reset": true,
	"swap": true, "append": true, "store": true, "merge": true, "shrink_to_fit": true,
}

// KnownC tells what C functions that are declared outside the project do with
// their arguments: r reads, w writes; the last letter goes for the rest. An
// upper-case letter is also what is returned.
var KnownC = map[string]string{
	"memcpy": "wr", "memmove": "wr", "memset": "wr", "memcmp": "r", "memchr": "Rr", "strlen": "r", "strcmp": "r", "strncmp": "r",
	"strcpy": "wr", "strncpy": "wr", "strchr": "Rr", "strstr": "Rr", "strdup": "r", "strtol": "rw", "strtod": "rw",
	"free": "w", "realloc": "Wr", "malloc": "r", "calloc": "r", "qsort": "wr", "printf": "r", "fprintf": "wr", "sprintf": "wr", "snprintf": "wr",
	"PyMem_Free": "w", "PyMem_Realloc": "Wr", "PyMem_Malloc": "r", "PyMem_Calloc": "r", "PyMem_RawFree": "w", "PyMem_RawMalloc": "r",
	"PyMem_RawRealloc": "Wr", "PyObject_Free": "w", "PyObject_Malloc": "r", "PyObject_Realloc": "Wr",
	"PyBytes_FromStringAndSize": "r", "PyBytes_FromString": "r", "PyUnicode_DecodeUTF8": "r", "PyUnicode_FromString": "r",
	"PyUnicode_FromStringAndSize": "r", "PyByteArray_FromStringAndSize": "r", "PyUnicode_FromKindAndData": "r",
	"PyBytes_AS_STRING": "r", "PyBytes_AsString": "r", "PyBytes_GET_SIZE": "r", "PyBytes_Size": "r",
	"PyList_GET_SIZE": "r", "PyList_Size": "r", "PyList_GET_ITEM": "r", "PyList_GetItem": "r", "PyTuple_GET_ITEM": "r", "PyTuple_GET_SIZE": "r",
	"PyDict_GetItem": "r", "PyDict_GetItemWithError": "r", "PyDict_Contains": "r", "PyDict_Size": "r", "PyDict_Next": "rw",
	"PyList_Append": "wr", "PyList_Insert": "wr", "PyList_SetItem": "wr", "PyList_SET_ITEM": "wr", "PyList_Sort": "w", "PyList_Reverse": "w",
	"PyDict_SetItem": "wr", "PyDict_DelItem": "wr", "PyDict_Clear": "w", "PyDict_SetDefault": "wr", "PyDict_Update": "wr",
	"PySet_Add": "wr", "PySet_Discard": "wr", "PySet_Contains": "r", "PySet_Clear": "w", "PySet_Pop": "w",
	"Py_INCREF": "r", "Py_DECREF": "r", "Py_XINCREF": "r", "Py_XDECREF": "r", "Py_TYPE": "r", "Py_REFCNT": "r", "Py_SIZE": "r",
	"Py_CLEAR": "w", "Py_EnterRecursiveCall": "r", "Py_LeaveRecursiveCall": "r",
	"PyObject_CheckBuffer": "r", "PyLong_FromLong": "r", "PyFloat_FromDouble": "r", "PyErr_NoMemory": "r", "PyErr_CheckSignals": "r",
	"PyThread_get_thread_ident": "r", "PyObject_TypeCheck": "r", "PyTuple_Check": "r", "PyList_Check": "r", "PyDict_Check": "r",
	"PyLong_Check": "r", "PyUnicode_Check": "r", "PyBytes_Check": "r", "PyType_Check": "r", "PyTypeCheck": "r",
}

// PureBuiltins change nothing that they are given. The value tells what they
// return: a new object or nothing of interest.
var PureBuiltins = map[string]bool{
	"isinstance": false, "issubclass": false, "len": false, "id": false, "type": false, "range": true, "enumerate": true, "zip": true,
	"min": false, "max": false, "sum": false, "any": false, "all": false, "sorted": true, "reversed": true, "map": true, "filter": true,
	"int": false, "float": false, "bool": false, "str": false, "repr": false, "hash": false, "list": true, "tuple": true, "set": true,
	"frozenset": true, "dict": true, "bytes": true, "bytearray": true, "memoryview": true, "abs": false, "round": false, "divmod": false,
	"pow": false, "print": false, "getattr": false, "hasattr": false, "callable": false, "iter": false, "next": false, "ord": false,
	"chr": false, "hex": false, "oct": false, "bin": false, "format": false, "ascii": false, "slice": true, "complex": false, "object": true,
	"unicode": false, "basestring": false, "long": false, "xrange": true, "intern": false, "input": false, "super": false, "vars": false,
}

var BuiltinMethods = map[string]string{
	"len": "__len__", "repr": "__repr__", "str": "__str__", "hash": "__hash__", "bool": "__bool__", "iter": "__iter__",
	"next": "__next__", "list": "__iter__", "tuple": "__iter__", "set": "__iter__", "sorted": "__iter__", "sum": "__iter__",
	"bytes": "__bytes__", "int": "__int__", "float": "__float__", "abs": "__abs__",
}

var UnaryMethods = map[string]string{"-": "__neg__", "+": "__pos__", "~": "__invert__", "not": "__bool__"}

var BinaryMethods = map[string]string{
	"+": "add", "-": "sub", "*": "mul", "@": "matmul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow",
	"<<": "lshift", ">>": "rshift", "&": "and", "|": "or", "^": "xor",
}

var CompareMethods = map[string]string{"<": "__lt__", "<=": "__le__", "==": "__eq__", "!=": "__ne__", "<>": "__ne__", ">": "__gt__", ">=": "__ge__"}

// Mutators are methods that change a container.
var Mutators = map[string]bool{
	"append": true, "extend": true, "insert": true, "remove": true, "pop": true, "clear": true, "sort": true,
	"reverse": true, "update": true, "setdefault": true, "popitem": true, "add": true, "discard": true,
	"appendleft": true, "popleft": true, "difference_update": true, "intersection_update": true,
	"push_back": true, "erase": true, "emplace_back": true, "pop_back": true,
}

// ApiMutators are C functions that change their first argument.
var ApiMutators = map[string]bool{
	"PyDict_SetItem": true, "PyDict_SetItemString": true, "PyDict_DelItem": true, "PyDict_DelItemString": true,
	"PyDict_Clear": true, "PyDict_Update": true, "PyDict_Merge": true, "PyDict_SetDefault": true,
	"PyList_Append": true, "PyList_SetItem": true, "PyList_SET_ITEM": true, "PyList_Insert": true,
	"PyList_SetSlice": true, "PyList_Sort": true, "PyList_Reverse": true,
	"PySet_Add": true, "PySet_Discard": true, "PySet_Pop": true, "PySet_Clear": true, "PyCell_Set": true,
}

// Readers are functions that read a container and keep nothing of it.
var Readers = map[string]bool{
	"iter": true, "len": true, "sorted": true, "list": true, "dict": true, "tuple": true, "set": true, "bool": true,
	"isinstance": true, "PyDict_Contains": true, "PyDict_Next": true, "PySequence_Contains": true, "PySet_Contains": true,
}

var ReadMethods = map[string]bool{
	"get": true, "items": true, "keys": true, "values": true, "iteritems": true, "iterkeys": true, "itervalues": true,
	"copy": true, "index": true, "count": true,
}

// Makers are functions whose result is a new object.
var Makers = map[string]bool{
	"list": true, "dict": true, "set": true, "sorted": true, "tuple": true, "frozenset": true, "bytearray": true,
	"bytes": true, "str": true, "range": true, "zip": true, "map": true, "OrderedDict": true, "defaultdict": true,
	"deque": true, "PyList_New": true, "PyDict_New": true, "PySet_New": true, "PyDict_Copy": true,
	"PyDict_Keys": true, "PyDict_Values": true, "PyDict_Items": true, "PySequence_List": true,
	"PySequence_Tuple": true, "PyList_AsTuple": true, "PyList_GetSlice": true, "PyMapping_Keys": true,
	"PyMapping_Items": true, "PyMapping_Values": true, "PyByteArray_FromObject": true, "locals": true,
	"PyByteArray_FromStringAndSize": true, "PyTuple_New": true, "PyTuple_Pack": true, "Py_BuildValue": true,
	// one for each thread
	"PyThreadState_GetDict": true,
}

// MakerMethods are methods whose result is a new object.
var MakerMethods = map[string]bool{
	"copy": true, "split": true, "rsplit": true, "splitlines": true, "tolist": true, "readlines": true,
	"encode": true, "decode": true, "format": true, "join": true,
}

// Immutable are types whose items cannot be replaced.
var Immutable = map[string]bool{
	"tuple": true, "bytes": true, "str": true, "unicode": true, "basestring": true, "frozenset": true,
}

// Getters are functions whose result was reached through their first argument.
var Getters = map[string]bool{
	"PyDict_GetItem": true, "PyDict_GetItemWithError": true, "PyDict_GetItemString": true, "PyDict_SetDefault": true,
	"PyList_GetItem": true, "PyList_GET_ITEM": true, "PyTuple_GET_ITEM": true, "PyTuple_GetItem": true,
	"PyCell_GET": true, "PySequence_Fast_GET_ITEM": true, "PyModule_GetDict": true, "PyObject_GetAttr": true,
	"PySequence_Fast": true, "PySequence_GetItem": true, "getattr": true,
}

var Lenders = map[string]Lender{
	"PyList_GetItem":                 {0, "", "PyList_GetItemRef (Python 3.13, or Cython 3.2's cpython.list)"},
	"PyList_GET_ITEM":                {0, "", "PyList_GetItemRef (Python 3.13, or Cython 3.2's cpython.list)"},
	"PyDict_GetItem":                 {0, "", "PyDict_GetItemRef (Python 3.13, or Cython 3.2's cpython.dict)"},
	"PyDict_GetItemWithError":        {0, "", "PyDict_GetItemRef (Python 3.13, or Cython 3.2's cpython.dict)"},
	"_PyDict_GetItemWithError":       {0, "", "PyDict_GetItemRef (Python 3.13, or Cython 3.2's cpython.dict)"},
	"PyDict_GetItemString":           {0, "", "PyDict_GetItemStringRef (Python 3.13, or Cython 3.2's cpython.dict)"},
	"_PyDict_GetItemStringWithError": {0, "", "PyDict_GetItemStringRef (Python 3.13, or Cython 3.2's cpython.dict)"},
	"_PyDict_GetItem_KnownHash":      {0, "", "PyDict_GetItemRef (Python 3.13, or Cython 3.2's cpython.dict)"},
	"PyDict_SetDefault":              {0, "", "PyDict_SetDefaultRef (Python 3.13, or Cython 3.2's cpython.dict)"},
	"PySequence_Fast_GET_ITEM":       {0, "", "PySequence_Tuple, which copies, in place of PySequence_Fast"},
	"PyCell_GET":                     {0, "", "PyCell_Get"},
	"PyWeakref_GetObject":            {-1, "the last owner of the object", "PyWeakref_GetRef (Python 3.13, or Cython 3.1's cpython.weakref)"},
	"PyWeakref_GET_OBJECT":           {-1, "the last owner of the object", "PyWeakref_GetRef (Python 3.13, or Cython 3.1's cpython.weakref)"},
	"PyImport_AddModule":             {-1, "sys.modules", "PyImport_AddModuleRef (Python 3.13)"},
	"PyImport_AddModuleObject":       {-1, "sys.modules", "PyImport_ImportModule, or PyImport_AddModuleRef (Python 3.13)"},
}

// Lender is a C function that returns a borrowed reference.
type Lender struct {
	Container int    // which argument holds the item; -1 where there is none to look at
	What      string // who else holds a reference, where container is -1
	Instead   string
}

// steps are C functions that take one step through a container.
var ContainerSteps = map[string]string{
	"PyDict_Next": "dict", "_PyDict_Next": "dict", "_PySet_Next": "set", "_PySet_NextEntry": "set", "PySet_Next": "set",
}

// Storages are C functions that return a pointer into a container.
var Storages = map[string]string{
	"PySequence_Fast_ITEMS": "the list's items",
	"PyByteArray_AS_STRING": "the bytearray's bytes",
	"PyByteArray_AsString":  "the bytearray's bytes",
}

// Unchecked are C functions that read an item by index and check nothing.
var Unchecked = map[string]bool{"PyList_GET_ITEM": true, "PySequence_Fast_GET_ITEM": true}

// Sizes are C functions that return how many items there are.
var Sizes = map[string]bool{
	"PyList_GET_SIZE": true, "PyList_Size": true, "PySequence_Fast_GET_SIZE": true, "Py_SIZE": true, "len": true,
	"PySequence_Size": true, "PySequence_Length": true, "PyObject_Size": true, "PyObject_Length": true,
}

// Viewers are functions whose result shares the memory of their argument.
var Viewers = map[string]bool{"asarray": true, "memoryview": true, "frombuffer": true}

// ObjectGlobals are C declarations that hold a Python object.
var ObjectGlobals = map[string]bool{
	"object": true, "dict": true, "list": true, "set": true, "tuple": true, "str": true, "bytes": true,
	"unicode": true, "frozenset": true, "bytearray": true, "type": true, "basestring": true,
}
