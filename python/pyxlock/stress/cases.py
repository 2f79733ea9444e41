"""Random cases: what several threads do with which objects.

    case: {"module", "objects": [[name, text]...], "threads": [[statement...]...], "loops"}
    statement: {"text", "label", "atomic", "cost", "operands"}   operands: objects beside the first

A case depends on the seed, its number, and what was found before, on nothing else.
"""

import random
import re

from .operators import AGAIN, CHANGES

LOOPS = 1000  # at most, on objects that are then left
TURN = 0.02  # seconds that a thread's calls take, if nobody else calls
NAMES = "abcdefghjklmnopqrstuvwxyz"  # not i, the turn of the loop


class Cases:
    """Draws cases from recipes and calls."""

    def __init__(self, module, recipes, calls, threads, seed, often=()):
        """Take what the calm run found; often are labels of what is called more often than others."""
        self.module, self.recipes, self.calls, self.threads, self.seed = module, recipes, calls, threads, seed
        self.known = []  # sets of labels: what they do together was found
        self.by_class = {}
        for call in calls:
            self.by_class.setdefault(call["cls"], []).append(call)
        self.makers = {}
        for number, recipe in enumerate(recipes):
            self.makers.setdefault(recipe["cls"], []).append(number)
        self.classes = sorted(c for c in self.by_class if c in self.makers)
        random.Random(f"{seed}").shuffle(self.classes)
        self.often = set(often)
        self.favoured = [c for c in self.classes if any(call["label"] in self.often for call in self.by_class[c])]
        # Classes whose objects are made from objects of a class.
        self.children = {}
        for number, recipe in enumerate(recipes):
            for need in recipe["needs"]:
                self.children.setdefault(recipes[need]["cls"], []).append(number)

    def draw(self, number):
        """Return a case, or None where nothing is left that is not known to fail."""
        rng = random.Random(f"{self.seed} {number}")
        for _ in range(20):
            classes = self.favoured if self.favoured and number % 8 else self.classes
            case = self.allowed(self.one(rng, classes[number % len(classes)]), rng)
            if case:
                return case
        return None

    def one(self, rng, cls):
        """Draw a case about a class."""
        objects, cache = [], {}

        def make(number, fresh):
            """Name an object; what it is made of is shared by all that are made of it."""
            if not fresh and number in cache:
                return cache[number]
            recipe = self.recipes[number]
            needs = [make(need, False) for need in recipe["needs"]]
            name = NAMES[len(objects) % len(NAMES)] + (str(len(objects) // len(NAMES)) if len(objects) >= len(NAMES) else "")
            objects.append([name, self.named(recipe["text"], needs), recipe["cls"]])
            cache[number] = name
            return name

        two = rng.random() < 0.4
        number = rng.choice(self.makers[cls])
        first = make(number, True)
        second = make(number if rng.random() < 0.5 else rng.choice(self.makers[cls]), True) if two else first
        subjects = [(cls, first, second)]
        if rng.random() < 0.4:
            # What it was made of, or what is made of it: they may share state.
            for name, _, other in list(objects):
                if other != cls and other in self.by_class:
                    subjects.append((other, name, name))
            near = [n for n in self.children.get(cls, []) if self.recipes[n]["cls"] in self.by_class]
            if near:
                other = rng.choice(near)
                cache.update({need: first for need in self.recipes[other]["needs"] if self.recipes[need]["cls"] == cls})
                name = make(other, True)
                subjects.append((self.recipes[other]["cls"], name, name))

        chosen = self.members(rng, subjects)
        shape = rng.choice(["same", "pair", "pair", "pair", "mix", "mix"])
        if shape == "same":
            chosen = chosen[:1]
        elif shape == "pair":
            chosen = chosen[:2]

        def statement(entry, odd):
            """Draw a call of a member; in every other thread the operands change places."""
            (own, one, other), label = entry
            call = rng.choice([c for c in self.by_class[own] if c["label"] == label])
            names = [other if odd else one]
            for need in call["needs"][1:]:
                if need == own:
                    names.append(one if odd else other)
                else:
                    there = [n for n, _, c in objects if c == need]
                    names.append(rng.choice(there) if there else make(self.makers[need][0], False))
            return {"text": self.named(call["text"], names), "label": label, "atomic": call["atomic"], "cost": call["cost"], "operands": len(names) - 1}

        threads = []
        for k in range(self.threads):
            if shape == "mix":
                threads.append([statement(rng.choice(chosen), k % 2) for _ in range(rng.randint(2, 4))])
            else:
                threads.append([statement(chosen[k % len(chosen)], (k // len(chosen)) % 2 if two else 0)])
        return {
            "module": self.module,
            "objects": [o[:2] for o in objects],
            "threads": threads,
            "loops": loops(threads),
        }

    def plainer(self):
        """Return for the source of objects that of others of the class which is shorter, where there is one."""
        out = {}
        for numbers in self.makers.values():
            alone = [self.recipes[n]["text"] for n in numbers if not self.recipes[n]["needs"]]
            if alone:
                shortest = min(alone, key=len)
                out.update({text: shortest for text in alone if text != shortest})
        return out

    def members(self, rng, subjects):
        """Choose members; one of them probably changes the object."""
        pool = [(s, label) for s in subjects for label in sorted({c["label"] for c in self.by_class[s[0]]})]
        changing = [e for e in pool if e[1].rpartition(".")[2] in CHANGES or is_change(e[1])]
        again = [e for e in pool if e[1].rpartition(".")[2] in AGAIN]
        # To make it anew is rare in programs, but changes what nothing else does.
        changing = again if again and (not changing or rng.random() < 0.15) else changing
        chosen = []
        if changing and rng.random() < 0.8:
            chosen.append(rng.choice(changing))
        wanted = [e for e in pool if e[1] in self.often]
        if wanted:
            # First, second or both: alone in all threads, beside what changes the object, and beside itself.
            chosen.insert(rng.randint(0, 1), rng.choice(wanted))
        for _ in range(6):
            chosen.append(rng.choice(wanted if wanted and rng.random() < 0.3 else pool))
        if len(subjects) > 1:
            # Another object's member comes second.
            others = [e for e in pool if e[0] is not chosen[0][0]]
            if chosen[1] not in wanted:
                chosen[1] = rng.choice(others)
        return chosen

    def named(self, text, names):
        """Put names of objects into source."""
        return re.sub(r"\$(\d)", lambda m: names[int(m.group(1))], text)

    def allowed(self, case, rng):
        """Take out of a case what was found already; return None where too little is left."""
        for labels in self.known:
            while met(case, labels):
                out = rng.choice(sorted(labels))
                places = [k for k, t in enumerate(case["threads"]) if any(s["label"] == out for s in t)]
                if len(labels) == 1:
                    places = places[1:]
                case["threads"] = [
                    [s for s in t if s["label"] != out] if k in places else t for k, t in enumerate(case["threads"])
                ]
        case["threads"] = [t for t in case["threads"] if t]
        return trimmed(case) if len(case["threads"]) > 1 else None


def loops(threads):
    """Return how often threads repeat their calls: as often as there is time for."""
    return min(LOOPS, max(20, int(TURN / max(sum(s["cost"] for s in t) for t in threads))))


def is_change(label):
    """Tell whether a member's name begins with a word for change."""
    member = label.rpartition(".")[2]
    return member.split("_")[0] in CHANGES and not member.startswith("__")


def met(case, labels):
    """Tell whether the calls of a finding can meet in a case."""
    there = [{s["label"] for s in t} & labels for t in case["threads"]]
    if len(labels) == 1:
        return sum(map(bool, there)) > 1
    return set().union(*there) == labels and sum(map(bool, there)) > 1


def trimmed(case):
    """Leave out objects that no statement needs, and those that only they need."""
    used = " ".join(s["text"] for t in case["threads"] for s in t)
    kept = []
    for name, text in reversed(case["objects"]):
        if re.search(rf"(?<![\w.'\"]){name}\b(?!['\"=])", used):
            kept.append([name, text])
            used += " " + text
    return {**case, "objects": kept[::-1]}


def calls_of(case):
    """Return the labels of a case, in order."""
    return list(dict.fromkeys(s["label"] for t in case["threads"] for s in t))
