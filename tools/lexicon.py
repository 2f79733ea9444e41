"""Has this environment's Cython make its scanner's state machine in a third of the time.

Each process of Cython first makes a state machine of its tokens. It has a million and a
half entries, nearly all of them for the letters that are not ASCII, and takes longer than
to compile a small module; the tests start Cython hundreds of times, in builds as users
have them. What is added to Cython's Lexicon.py here makes the same one: from one letter of
each kind, whose entries the others get afterwards. Whether it is the same is seen at once,
entry by entry; where it is not, Cython stays as it is, and this fails.
tools/venv.sh runs it in each environment that has Cython; tools/bytecode.py hands the file
on to the environments of builds.
Usage: lexicon.py
"""

import importlib
import sys
from pathlib import Path

MARK = "\n\n# Added by tools/lexicon.py of pyxlock, for its tests: the same state machine, sooner.\n"

ADDED = MARK + '''make_lexicon_of_all_letters = make_lexicon


def make_lexicon():
    names = ("unicode_start_ch_any", "unicode_start_ch_range", "unicode_continuation_ch_any", "unicode_continuation_ch_range")
    whole = [globals()[name] for name in names]
    kinds = []  # (the letter that stands for a kind, all of that kind)
    try:
        for i in (0, 2):
            singles, ranges = whole[i], whole[i + 1]
            letters = [c for c in singles if c >= "\\x80"]
            ascii = [c for c in singles if c < "\\x80"]
            for first, last in zip(map(ord, ranges[::2]), map(ord, ranges[1::2])):
                ascii += map(chr, range(first, min(last + 1, 0x80)))
                letters += map(chr, range(max(first, 0x80), last + 1))
            kinds.append((letters[0], letters))
            globals()[names[i]] = "".join(ascii) + letters[0]
            globals()[names[i + 1]] = 2 * letters[0]
        lexicon = make_lexicon_of_all_letters()
    finally:
        globals().update(zip(names, whole))
    made = {}  # entries for all letters, by where they lead
    for state in lexicon.machine.states:
        leads = [state.get(one) for one, _ in kinds]
        if leads == [None, None]:
            continue
        entries = made.get(tuple(map(id, leads)))
        if entries is None:
            entries = made[tuple(map(id, leads))] = {}
            for to, (_, letters) in zip(leads, kinds):
                if to is not None:
                    entries.update(dict.fromkeys(letters, to))
        # A dictionary that is empty gets those of another by one copy of its memory.
        others = state.copy()
        state.clear()
        state.update(entries)
        state.update(others)
    return lexicon
'''


def difference(one, other):
    """Tell where two lexicons differ, None if nowhere."""
    walked, paired = list(one.machine.initial_states), {}
    if walked != list(other.machine.initial_states) or len(one.machine.states) != len(other.machine.states):
        return f"{walked} of {len(one.machine.states)} states"
    ahead = [(one.machine.initial_states[name], other.machine.initial_states[name]) for name in walked]
    while ahead:
        a, b = ahead.pop()
        if id(a) in paired:
            if paired[id(a)] is not b:
                return f"state {a['number']}"
            continue
        paired[id(a)] = b
        if a.keys() != b.keys() or repr(a["action"]) != repr(b["action"]):
            return f"state {a['number']}: {a['action']}"
        for event in a:
            if event in ("action", "number"):
                continue
            if (a[event] is None) != (b[event] is None):
                return f"state {a['number']}: {event!r}"
            if a[event] is not None and paired.get(id(a[event])) is not b[event]:
                ahead.append((a[event], b[event]))
    if len(paired) != len(set(map(id, paired.values()))):
        return "states that are one there"
    return None


def main():
    """Add to Lexicon.py what is to be added, once."""
    lexicon = importlib.import_module("Cython.Compiler.Lexicon")
    source = Path(lexicon.__file__)
    original = source.read_text("utf-8").partition(MARK)[0]
    source.write_text(original + ADDED, "utf-8")
    # In Python's words: bytecode of a moment ago would be taken for this one's.
    exec(compile(original + ADDED, str(source), "exec"), vars(lexicon))
    found = difference(lexicon.make_lexicon_of_all_letters(), lexicon.make_lexicon())
    if found:
        source.write_text(original, "utf-8")
        return f"lexicon.py: Cython stays as it is: what it would make differs in {found}"
    importlib.invalidate_caches()
    return 0


if __name__ == "__main__":
    sys.exit(main())
