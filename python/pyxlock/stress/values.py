r"""Arguments: expressions by kind, guesses from names, and what a TypeError asks for.

An argument is Python source, so that a call that worked can be printed. `i` is the
number of the turn of the loop that the call is in, so that values vary. The values
are of one small world: keys that are strings begin with letters that the string "to
begin with" has, bytes are four long, and four is the first number. Some grow, since
memory that is too small for them has to be had anew.

A kind of the package's own is written `own:module.Class`; its value is another object,
which gets a name only in a case. `$1` stands for it.
"""

import keyword
import re

ALPHABET = "'abcdefgh0123456789'"

# The first expression of a kind is for what is made once, the others vary in a loop.
KINDS = {
    "int": ["4", "i % 8", "i", "(i % 5) - 2"],
    "str": [ALPHABET, "'a%d' % (i % 50)", "'b%d' % i", "'ab1' * (i % 97)"],
    "bytes": ["b'abcd'", "b'%04d' % (i % 50)", "b'%08d' % i", "b'abcdefgh' * (i % 97)"],
    "ints": ["[1, 2, 3, 4]", "[i % 8, i, 3]", "list(range(i % 64))", "list(range(i, i + 300))"],
    "none": ["None"],
    "dict": ["{'a1': 1, 'b2': 2}", "{'a%d' % (i % 50): i}"],
    "strs": ["['a1', 'b2', 'a3']", "['a%d' % i, 'b%d' % i]"],
    "float": ["0.5", "i / 7"],
    "bool": ["True", "bool(i % 2)"],
    "tuple": ["(1, 2)", "(i % 8, i)"],
    "slice": ["slice(0, 3)", "slice(i % 4, i % 9)"],
    "pairs": ["[('a1', 1), ('b2', 2)]", "[('a%d' % i, i)]"],
    "bytess": ["[b'abcd', b'efgh']", "[b'%04d' % i]"],
    "bytearray": ["bytearray(b'abcdefgh')"],
    "callable": ["lambda *_: None", "lambda *a: a[0] if a else 1"],
    "file": ["io.BytesIO(b'abcdefgh' * 9)"],
    "rows": ["[[1, 2], [3, 4]]"],
    "set": ["{1, 2, 3}"],
    "object": ["object()"],
    "long": ["10 ** 30", "(1 << 70) + i"],
    "complex": ["1 + 2j"],
    "path": ["'file.tmp'"],
    "class": ["int"],
    "bytesreader": ["lambda *_: b'abcdefgh'"],
    "two": ["2", "i % 3"],
    "array": ["array.array('i', [1, 2, 3, 4])"],
}
# What is tried where nothing is known, in this order.
PLAIN = ["int", "str", "bytes", "ints", "none", "dict", "strs", "tuple", "callable", "object", "file", "rows"]

# Words in a parameter's name, and the kinds that they suggest.
HINTS = [
    (r"^(n|k|m|i|j|x|y|num|count|size|len|length|index|idx|pos|offset|capacity|limit|depth|level|seed|bits|width|height|"
     r"rows?|cols?|degree|exp|prec|precision|start|stop|step|end|value|val|base|radix|max\w*|min\w*|nrows|ncols|\w+_size|"
     r"\w+size|\w+_count|\w+_len|num_\w+)$", ["int"]),
    (r"key|name|word|prefix|text|string|label|suffix|char|alphabet|encoding|url|uri|token|symbol|var", ["str", "bytes"]),
    (r"data|buf|bytes|payload|chunk|raw|blob|packed|bs|message|msg", ["bytes", "str"]),
    (r"path|filename|fname|file_name", ["path"]),
    (r"^(f|fp|fd|file|fileobj|stream|file_like|reader|writer|inp|out|output|source|src|sink|sock|socket)$", ["file"]),
    (r"^(func|fn|function|callback|cb|hook|handler|on_\w+|default_factory|\w*callback|\w*hook|read\w*|write\w*)$",
     ["callable", "bytesreader"]),
    (r"items|pairs", ["pairs", "dict", "ints"]),
    (r"values|seq|sequence|iterable|list|elements|args|entries|data|coeffs|arr|array|numbers|ranges|it", ["ints", "strs", "bytess"]),
    (r"dict|mapping|kwargs|kw|state|config|options|d$", ["dict"]),
    (r"matrix|mat|table", ["rows"]),
    (r"flag|is_|has_|use_|strict|copy|deep|ignore|raw|verbose|inplace", ["bool"]),
    (r"^(obj|object|o|item|default|element|elem|arg)$", ["int", "str"]),
    (r"slice", ["slice"]),
    (r"ratio|rate|factor|float|eps|tol|prob|error", ["float"]),
    (r"cls|type|class", ["class"]),
    (r"protocol|parent|owner|context|ctx", ["object"]),
]

# Names of types, as annotations and messages have them, to kinds.
TYPES = {
    "int": ["int"], "long": ["int"], "size_t": ["int"], "Py_ssize_t": ["int"], "short": ["int"], "unsigned": ["int"],
    "uint8_t": ["int"], "uint16_t": ["int"], "uint32_t": ["int"], "uint64_t": ["int"], "int8_t": ["int"],
    "int16_t": ["int"], "int32_t": ["int"], "int64_t": ["int"], "integer": ["int"], "char": ["int", "bytes"], "bint": ["bool"],
    "bool": ["bool"], "float": ["float"], "double": ["float"], "real": ["float"], "number": ["int"], "complex": ["complex"],
    "str": ["str"], "unicode": ["str"], "string": ["str", "bytes"], "basestring": ["str"], "character": ["str"],
    "bytes": ["bytes"], "bytearray": ["bytearray"], "bytes-like": ["bytes"], "buffer": ["bytes", "bytearray"],
    "memoryview": ["bytearray", "array"], "list": ["ints", "strs", "bytess", "pairs", "rows"], "tuple": ["tuple"], "dict": ["dict"],
    "set": ["set"], "frozenset": ["set"], "slice": ["slice"], "iterable": ["ints", "strs"], "sequence": ["ints", "strs"],
    "Iterable": ["ints", "strs"], "Sequence": ["ints", "strs"], "Mapping": ["dict"], "Callable": ["callable"],
    "callable": ["callable", "bytesreader"], "object": ["int", "str"], "None": ["none"], "type": ["class"], "PathLike": ["path"],
}

# What Python says of an argument, in three groups: the type that was given, then kinds.
GIVEN = [
    (r"'(\w+)' object is not iterable", ["ints", "strs", "bytess", "pairs"]),
    (r"'(\w+)' object is not (?:subscriptable|a sequence)", ["ints", "tuple", "strs", "rows"]),
    (r"object of type '(\w+)' has no len", ["ints", "str", "bytes"]),
    (r"'(\w+)' object is not callable", ["callable", "bytesreader"]),
    (r"'(\w+)' object cannot be interpreted as an integer", ["int"]),
    (r"must be real number, not (\w+)", ["float"]),
    (r"a bytes-like object is required, not '(\w+)'", ["bytes", "bytearray"]),
    (r"'(\w+)' object has no attribute '(?:items|keys|get)'", ["dict", "pairs"]),
    (r"'(\w+)' object has no attribute '(?:read|write|readinto|seek|tell)\w*'", ["file"]),
    (r"'(\w+)' object has no attribute '(?:encode|startswith|split|lower|upper|strip)'", ["str"]),
    (r"'(\w+)' object has no attribute '(?:decode|hex)'", ["bytes"]),
    (r"'(\w+)' object has no attribute '(?:append|extend|pop)'", ["ints", "strs"]),
    (r"expected [\w' -]*?bytes[\w' -]*?, (\w+) found", ["bytes"]),
    (r"expected string or Unicode object, (\w+) found", ["str"]),
    (r"cannot unpack non-iterable (\w+) object", ["tuple", "pairs"]),
]
EXPECTED = [
    r"expected (?:an? |built-in )?'?([\w.-]+)'?(?: object| instance)?,? (?:but )?(?:got|not|found)",
    r"[Cc]annot convert '?[\w.]+'? (?:object )?(?:implicitly )?to '?([\w.]+)",
    r"must be (?:an? )?'?([\w.-]+)'?(?: object| instance)?,? not",
    r"(?:an? |must be (?:an? )?|[Ee]xpected (?:an? )?|[Nn]eeds? (?:an? )?)'?([\w.-]+)'?(?: object| instance)? (?:is )?(?:required|expected)",
    r"(?:[Ee]xpected|[Rr]equires?|must be|has to be|should be) (?:an? |of type )?'?([\w.-]+)'?",
]


def name_of_type(expression):
    """Return the type's name of a kind's values, as messages have it, or None."""
    try:
        return type(eval(expression, {"i": 3, "io": __import__("io"), "array": __import__("array")})).__name__
    except Exception:
        return None


TYPE_NAMES = {kind: name_of_type(e[0]) for kind, e in KINDS.items()}


def kinds_of_type(text, own):
    """Return kinds for the name of a type, which may be one of the package's own classes."""
    last = text.strip("'\" ").rsplit(".", 1)[-1]
    found = [f"own:{path}" for path in own if path.rsplit(".", 1)[-1] == last]
    return found or TYPES.get(last, [])


def guesses(parameter, own):
    """Return kinds to try for a parameter, the likeliest first."""
    found = []
    annotation = parameter.get("annotation") or ""
    for part in re.split(r"[|,\[\]]| or ", annotation):
        found += kinds_of_type(part, own)
    name = parameter["name"].lower().strip("_")
    for pattern, kinds in HINTS:
        if re.search(pattern, name):
            found += kinds
    if len(name) > 2:
        found += [f"own:{path}" for path in own if name in path.rsplit(".", 1)[-1].lower()][:3]
    if "path" in found or "file" in found:
        # A number would be the descriptor of an open file.
        return list(dict.fromkeys([*found, "bytes"]))
    return list(dict.fromkeys(found + PLAIN[:4]))


def next_kinds(message, kinds, names, own):
    """Return what to try after a TypeError: pairs of a position and a kind, best first.

    kinds are those that were given, names the parameters' names. The message may
    name the parameter, or only the type of what was given; else any may be meant.
    """
    wanted, given, position = [], None, None
    for pattern, found in GIVEN:
        match = re.search(pattern, message)
        if match:
            given, wanted = match.group(1), found
            break
    else:
        for pattern in EXPECTED:
            match = re.search(pattern, message)
            if match:
                wanted = kinds_of_type(match.group(1), own)
                if wanted:
                    break
        if not wanted and re.search(r"an integer is required", message):
            wanted = ["int"]
        match = re.search(r"(?:got|not|found:?|but|,) '?(?:an? )?([\w.]+)'?(?: found|\))?$", message)
        if match:
            given = match.group(1).rsplit(".", 1)[-1]
    match = re.search(r"[Aa]rgument '(\w+)'", message)
    if match:
        keyed = [split(k)[0] for k in kinds]
        if match.group(1) in keyed:
            position = keyed.index(match.group(1))
        elif match.group(1) in names:
            position = names.index(match.group(1))
    if not wanted:
        return []
    if position is not None:
        places = [position]
    else:
        places = [k for k, kind in enumerate(kinds) if type_name(kind) == given] or list(range(len(kinds)))
    out = []
    for kind in wanted:
        for p in places:
            keyword, old = split(kinds[p]) if p < len(kinds) else ("", kind)
            if old != kind:
                out.append((p, f"{keyword}={kind}" if keyword else kind))
    return out


def split(kind):
    """Return the keyword of an argument, or "", and its kind: capacity=int."""
    keyword, _, kind = kind.rpartition("=")
    return keyword, kind


def keywords(message, kinds, names, own):
    """Return arguments by keyword to try after an error that speaks of some by name."""
    given = {split(k)[0] for k in kinds} | set(names)
    found = []
    for match in re.finditer(r"\b([a-z]+(?:_[a-z0-9]+)+)\b|'(\w+)'|argument:? (\w+)", message):
        name = match.group(1) or match.group(2) or match.group(3)
        if name not in given and name.isidentifier() and not keyword.iskeyword(name) and name not in TYPES and not name.startswith("__"):
            found += [f"{name}={kind}" for kind in guesses({"name": name}, own)[:5]]
    return found


def type_name(kind):
    """Return what messages call the type of a kind's values."""
    kind = split(kind)[1]
    if kind.startswith("own:"):
        return kind.rsplit(".", 1)[-1]
    return TYPE_NAMES[kind]


def expected_count(message):
    """Return how many arguments a TypeError asks for (least, most), or None; self is not counted."""
    match = re.search(r"takes (no|exactly|at least|at most|from)(?: (\w+))?(?: to (\d+))? (?:keyword |positional )*arguments?", message)
    if match:
        how, number, upper = match.groups()
        number = {"one": 1, "no": 0, None: 0}.get(number, number)
        if how == "no":
            return 0, 0
        if not str(number).isdigit():
            return None
        number = int(number)
        return {"exactly": (number, number), "at least": (number, number + 2), "at most": (0, number)}.get(
            how, (number, int(upper or number))
        )
    match = re.search(r"expected (?:at (least|most) )?(\d+) arguments?, got", message)
    if match:
        how, number = match.group(1), int(match.group(2))
        return {"least": (number, number + 2), "most": (0, number)}.get(how, (number, number))
    match = re.search(r"missing (\d+) required positional", message)
    if match:
        return -int(match.group(1)), -int(match.group(1))
    return None
