"""What can be done with an object without naming a member, as data.

    method   the special method without which a class does not have it
    text     the source; $0 is the object, $1 an argument, $2 another
    takes    what to try for each argument; "own" is an object of the same class
    atomic   one call into the object. Where several are made, as by list(), an
             exception tells nothing: another thread may have changed the object
             between them, and said so.
"""


def operator(method, text, *takes, atomic=True):
    """Make a row."""
    return {"method": method, "text": text, "takes": list(takes), "atomic": atomic}


NUMBERS = ["own", "int", "float"]
SETS = ["own", "int", "ints", "set", "bytes", "str"]
KEYS = ["int", "str", "bytes", "slice", "tuple", "own"]

OPERATORS = [
    operator("__len__", "len($0)"),
    operator("__getitem__", "$0[$1]", KEYS),
    operator("__setitem__", "$0[$1] = $2", KEYS, ["int", "str", "bytes", "float", "own", "ints", "tuple"]),
    operator("__delitem__", "del $0[$1]", KEYS),
    operator("__contains__", "$1 in $0", ["int", "str", "bytes", "own"]),
    operator("__iter__", "iter($0)"),
    operator("__iter__", "list(itertools.islice($0, 99))", atomic=False),
    operator("__next__", "next($0)"),
    operator("__reversed__", "list(itertools.islice(reversed($0), 99))", atomic=False),
    operator("__eq__", "$0 == $1", ["own"]),
    operator("__ne__", "$0 != $1", ["own"]),
    operator("__lt__", "$0 < $1", ["own", "int"]),
    operator("__le__", "$0 <= $1", ["own", "int"]),
    operator("__gt__", "$0 > $1", ["own", "int"]),
    operator("__ge__", "$0 >= $1", ["own", "int"]),
    operator("__hash__", "hash($0)"),
    operator("__repr__", "repr($0)"),
    operator("__str__", "str($0)"),
    operator("__format__", "format($0)"),
    operator("__bool__", "bool($0)"),
    operator("__bytes__", "bytes($0)"),
    operator("__int__", "int($0)"),
    operator("__float__", "float($0)"),
    operator("__complex__", "complex($0)"),
    operator("__index__", "operator.index($0)"),
    operator("__round__", "round($0)"),
    operator("__trunc__", "int($0)"),
    operator("__floor__", "$0.__floor__()"),
    operator("__ceil__", "$0.__ceil__()"),
    operator("__neg__", "-$0"),
    operator("__pos__", "+$0"),
    operator("__abs__", "abs($0)"),
    operator("__invert__", "~$0"),
    operator("__call__", "$0($1)", ["int", "own", "str", "bytes", "ints"]),
    operator("__call__", "$0()"),
    operator("__enter__", "with $0: pass", atomic=False),
    operator("__reduce__", "pickle.dumps($0)", atomic=False),
    operator("__reduce__", "copy.copy($0)", atomic=False),
    operator("__reduce_ex__", "copy.deepcopy($0)", atomic=False),
    operator("__copy__", "copy.copy($0)"),
    operator("__deepcopy__", "copy.deepcopy($0)"),
    operator("__getstate__", "$0.__getstate__()"),
    operator("__setstate__", "$0.__setstate__($0.__reduce__()[2])", atomic=False),
]
# In place by the function, since "a += b" would give a thread's own name another object.
for name, sign, takes in [
    ("add", "+", SETS), ("sub", "-", SETS), ("mul", "*", NUMBERS), ("truediv", "/", NUMBERS), ("floordiv", "//", NUMBERS),
    ("mod", "%", NUMBERS), ("matmul", "@", ["own"]), ("and", "&", SETS), ("or", "|", SETS), ("xor", "^", SETS),
    ("lshift", "<<", ["int", "own"]), ("rshift", ">>", ["int", "own"]), ("pow", "**", ["two", "own"]),
]:
    OPERATORS.append(operator(f"__{name}__", f"$0 {sign} $1", takes))
    OPERATORS.append(operator(f"__r{name}__", f"$1 {sign} $0", [t for t in takes if t != "own"] or ["int"]))
    OPERATORS.append(operator(f"__i{name}__", f"operator.i{name}($0, $1)", takes))
OPERATORS.append(operator("__divmod__", "divmod($0, $1)", NUMBERS))

# Members that probably change an object; they are called more often.
CHANGES = frozenset(
    """__setitem__ __delitem__ __iadd__ __isub__ __imul__ __iand__ __ior__ __ixor__ __next__
    __call__ add set append insert update extend pop popitem remove discard clear put push feed write read reset
    close flush next seek resize reserve grow shrink sort reverse load setdefault delete move swap merge rename
    inc increment decrement fill assign open start begin end finish skip consume process step advance rewind walk build map mmap""".split()
)
# Those that make an object anew; where nothing else changes it, these do.
AGAIN = frozenset("__init__ __setstate__ frombytes from_bytes restore loads parse deserialize".split())
