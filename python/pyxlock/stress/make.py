"""Objects, and calls that work: a search that is led by signatures and by TypeErrors.

This runs in the child, in one thread, so that what it finds is calm: what a call
raises, and that it returns at all. Each attempt is written down before it is made; when
the process dies or blocks, the parent knows of which, and starts another that leaves
this attempt out.

    recipe:  {"cls", "text", "needs"}   needs: numbers of earlier recipes, for $0, $1...
    call:    {"cls", "member", "label", "text", "needs", "atomic", "cost"}   needs: paths of
             classes, cost: seconds, label: the member with the class that defines it
"""

import importlib
import re
import sys
import time

from . import values
from .operators import OPERATORS

STANDARD = ("array", "copy", "io", "itertools", "operator", "pickle")
RECIPES = 5  # of one class
ATTEMPTS = 60  # for one member
SECONDS = 2.0  # for one member
SLOW = 0.02  # a call that takes longer is of no use where calls are to meet


class LeftOut(TypeError):
    """Stands for what an attempt would have done that ended an earlier process."""


def fill(text, names):
    """Put names where the text has $0, $1..."""
    return re.sub(r"\$(\d)", lambda m: names[int(m.group(1))], text)


class Maker:
    """Makes objects of classes, and finds calls of their members.

    say(kind, data) hands on what was found, tried(data) what is about to be called.
    known is what an earlier child has found.
    """

    def __init__(self, described, functions, wanted, factories, calls, known, skip, say):
        """Take what discover found; wanted tells of a class and a member whether to call it."""
        self.described = {d["path"]: d for d in described}
        self.functions, self.wanted, self.factories, self.given = functions, wanted, factories, calls
        self.recipes, self.done, self.skip, self.say = list(known["recipes"]), set(known["done"]), set(skip), say
        self.by_class = {}
        for k, recipe in enumerate(self.recipes):
            self.by_class.setdefault(recipe["cls"], []).append(k)
        self.space = {name: importlib.import_module(name) for name in STANDARD}
        self.types, self.code, self.why, self.results = {}, {}, {}, {}
        for path, data in self.described.items():
            self.bind(data["module"])
            self.types[path] = getattr(sys.modules[data["module"]], data["name"])
        for function in functions:
            self.bind(function["module"])
        self.paths = {cls: path for path, cls in self.types.items()}

    def bind(self, module):
        """Make the name that a dotted path begins with known to calls."""
        importlib.import_module(module)
        top = module.partition(".")[0]
        self.space[top] = sys.modules[top]

    # Running source.

    def run(self, text, names=None):
        """Evaluate an expression, or run a statement; return its value."""
        code = self.code.get(text)
        if code is None:
            try:
                code = compile(text, "<call>", "eval")
            except SyntaxError:
                code = compile(text, "<call>", "exec")
            self.code[text] = code
        self.space.update(names or {})
        return eval(code, self.space)

    def build(self, number):
        """Make the object of a recipe."""
        recipe = self.recipes[number]
        parts = {f"_{number}_{k}": self.build(need) for k, need in enumerate(recipe["needs"])}
        return self.run(fill(recipe["text"], list(parts)), {**parts, "i": 0})

    def attempt(self, unit, text, objects, i=3):
        """Run source with objects for $0, $1...; return (value, error)."""
        # What a base class defines fails in the same way for all that inherit it.
        kind, _, rest = unit.partition(" ")
        path, _, member = rest.partition(" ")
        key = f"{self.label(path, member) if kind in ('call', 'get') else unit} {text}"
        if key in self.skip:
            return None, LeftOut()
        self.say("try", {"unit": unit, "text": text, "key": key})
        names = {f"_{k}": o for k, o in enumerate(objects)}
        try:
            return self.run(fill(text, list(names)), {**names, "i": i}), None
        except BaseException as error:
            # A traceback would keep the objects.
            return None, error.with_traceback(None)

    # The search.

    def own(self):
        """Return the classes of which there are objects."""
        return list(self.by_class)

    def search(self, unit, render, slots, parameters, first, limit=ATTEMPTS, want=4, self_class=None):
        """Yield (kinds, text, needs, value) of calls that return.

        render makes source of arguments' sources. slots is the number of the first $
        that is free; first yields objects for the ones before it.
        """
        end = time.monotonic() + SECONDS
        own = self.own()
        queue, seen, found, raised = self.vectors(parameters, own, self_class), set(), 0, 0
        names = [p["name"] for p in parameters or []]
        while queue and limit and found < want and time.monotonic() < end:
            kinds = queue.pop(0)
            if kinds in seen or any("own:" in k and k.partition("own:")[2] not in self.by_class for k in kinds):
                continue
            seen.add(kinds)
            limit -= 1
            text, needs = self.source(render, kinds, slots)
            try:
                objects = [*first(), *(self.build(self.by_class[path][0]) for path in needs)]
            except BaseException as error:
                self.why.setdefault(unit, f"{type(error).__name__}: {error}")
                return
            value, error = self.attempt(unit, text, objects)
            if error is None:
                found += 1
                yield kinds, text, needs, value
                if self_class:
                    queue[:0] = [kinds[:p] + (f"own:{self_class}",) + kinds[p + 1 :] for p in range(len(kinds))]
                continue
            message = str(error)
            self.why[unit.rstrip(" 0123456789")] = f"{type(error).__name__}: {message}"[:200]
            more = values.keywords(message, kinds, names, own)
            keyed = tuple(k for k in kinds if values.split(k)[0])
            if len(kinds) < 6:
                queue[:0] = [given + (k,) for given in dict.fromkeys([kinds, keyed]) for k in more]
            if isinstance(error, (TypeError, AttributeError)):
                count = values.expected_count(message)
                if count is not None:
                    queue[:0] = self.resize(kinds, count)
                queue[:0] = [
                    kinds[:p] + (kind,) + kinds[p + 1 :] for p, kind in values.next_kinds(message, kinds, names, own)
                ]
            elif raised < 2 and self_class:
                # It got as far as raising something of its own: that is a call, too.
                raised += 1
                yield kinds, text, needs, error

    def vectors(self, parameters, own, self_class):
        """Return kinds of arguments to begin with."""
        if parameters is None:
            plain = values.PLAIN + [f"own:{p}" for p in own[:8]]
            return [(), *((k,) for k in plain), *((k, "int") for k in plain), *(("int", k) for k in plain)]
        guesses = [values.guesses(p, own) for p in parameters]
        if self_class:
            guesses = [[*g[:2], f"own:{self_class}", *g[2:]] for g in guesses]
        least = sum(not p["optional"] for p in parameters)
        out = []
        for count in dict.fromkeys([least, min(least + 1, len(guesses)), len(guesses)]):
            base = tuple(g[0] for g in guesses[:count])
            out.append(base)
            for p in range(count):
                out += [base[:p] + (kind,) + base[p + 1 :] for kind in guesses[p][1:7]]
            for kind in dict.fromkeys(k for g in guesses[:count] for k in g[:6]):
                out.append((kind,) * count)
        return out

    def resize(self, kinds, count):
        """Return other numbers of arguments, as an error asks for."""
        least, most = count
        keyed = tuple(k for k in kinds if values.split(k)[0])
        kinds = kinds[: len(kinds) - len(keyed)]
        if least < 0:
            least = most = len(kinds) - least
        out = []
        for n in range(least, min(most, 5) + 1):
            if n <= len(kinds):
                out.append(kinds[:n] + keyed)
            else:
                out += [kinds + (kind,) * (n - len(kinds)) + keyed for kind in values.PLAIN[:5]]
        return out

    def source(self, render, kinds, slots, choice=0):
        """Return the source of a call, and the classes of its operands."""
        arguments, needs = [], []
        for kind in kinds:
            keyword, kind = values.split(kind)
            if kind.startswith("own:"):
                argument = f"${slots + len(needs)}"
                needs.append(kind[4:])
            elif kind.startswith("from "):
                argument = kind[5:]
            else:
                expressions = values.KINDS[kind]
                argument = expressions[min(choice, len(expressions) - 1)]
            arguments.append(f"{keyword}={argument}" if keyword else argument)
        return render(arguments), needs

    # Objects.

    def add(self, cls, text, needs):
        """Keep a recipe."""
        numbers = self.by_class.setdefault(cls, [])
        recipe = {"cls": cls, "text": text, "needs": needs}
        if len(numbers) < RECIPES and recipe not in self.recipes:
            numbers.append(len(self.recipes))
            self.recipes.append(recipe)
            self.say("recipe", recipe)

    def make(self, path):
        """Look for ways to make objects of a class."""
        data = self.described[path]
        unit = f"make {path}"
        if path in self.factories:
            home, _, name = self.factories[path].partition(":")
            self.bind(home)
            self.add(path, f"{home}.{name}()", [])
            return
        cls = self.types[path]

        def render(arguments):
            return f"{path}({', '.join(arguments)})"

        found = []
        for _, text, needs, value in self.search(unit, render, 0, data["parameters"], list, 3 * ATTEMPTS, want=12):
            if type(value) is cls:
                numbers = [self.by_class[n][0] for n in needs]
                found.append((-self.score(path, text, numbers), len(found), text, numbers))
        for _, _, text, numbers in sorted(found)[:3]:
            self.add(path, text, numbers)
        for member in data["members"]:
            if member["kind"] != "static" or member["name"] in data["dangerous"] or len(self.by_class.get(path, [])) > 1:
                continue

            def render(arguments, name=member["name"]):
                return f"{path}.{name}({', '.join(arguments)})"

            found = self.search(f"{unit}.{member['name']}", render, 0, member["parameters"], list, want=2)
            for _, text, needs, value in found:
                self.derived(value, text, [self.by_class[n][0] for n in needs])

    def score(self, path, text, numbers):
        """Return how many members get along with an object: an argument of a wrong type often shows late."""
        count, unit = 0, f"score {path} {text}"
        if any(key.startswith(unit + " ") for key in self.skip):
            return -1
        data = self.described[path]
        for member in data["members"]:
            if member["name"] in data["dangerous"] or member["kind"] == "static":
                continue
            source = f"$0.{member['name']}"
            if member["kind"] == "method":
                needed = [p for p in member["parameters"] or [] if not p["optional"]]
                arguments = [values.KINDS[k][0] for p in needed for k in values.guesses(p, [])[:1]]
                source += f"({', '.join(arguments)})"
            try:
                made = self.run(fill(text, [f"_{k}" for k in range(9)]), {f"_{k}": self.build(n) for k, n in enumerate(numbers)})
            except BaseException:
                return count
            _, error = self.attempt(unit, source, [made])
            count += not isinstance(error, (TypeError, AttributeError))
        return count

    def derived(self, value, text, needs):
        """Keep what a call returned as a recipe, where it is an object of the package."""
        path = self.paths.get(type(value))
        if path and path not in self.factories and len(self.by_class.get(path, [])) < 3:
            self.add(path, text, needs)

    # Calls.

    def members(self, path):
        """Yield (unit, member, what finds its calls) for all that a class exposes."""
        data = self.described[path]
        for row, o in enumerate(OPERATORS):
            if o["method"] in data["operators"]:
                yield f"op {path} {row}", o["method"], lambda unit, o=o: self.operator(path, unit, o)
        if "__init__" in dir(self.types[path]) and type(self.types[path].__init__).__name__ == "wrapper_descriptor":
            if self.types[path].__init__ is not object.__init__:
                yield f"init {path}", "__init__", lambda unit: self.init(path, unit)
        for member in sorted(data["members"], key=lambda m: len(m["parameters"] or "12")):
            if member["name"] in data["dangerous"] and not self.wanted(path, member["name"], named=True):
                continue
            if member["kind"] == "method":
                yield f"call {path} {member['name']}", member["name"], lambda unit, m=member: self.method(path, unit, m)
            elif member["kind"] == "attribute":
                yield f"get {path} {member['name']}", member["name"], lambda unit, m=member: self.attribute(path, unit, m)

    def first(self, path):
        """Return what makes the object that a member is called on."""
        return lambda: [self.build(self.by_class[path][0])]

    def init(self, path, unit):
        """Call __init__ again, with the arguments that made the object."""
        for number in self.by_class[path]:
            recipe = self.recipes[number]
            if recipe["text"].startswith(path + "("):
                text = re.sub(r"\$(\d)", lambda m: f"${int(m.group(1)) + 1}", recipe["text"][len(path) :])
                self.keep(path, unit, "__init__", "$0.__init__" + text, [self.recipes[n]["cls"] for n in recipe["needs"]], True)

    def method(self, path, unit, member):
        """Find calls of a method."""

        def render(arguments):
            return f"$0.{member['name']}({', '.join(arguments)})"

        found = list(self.search(unit, render, 1, member["parameters"], self.first(path), self_class=path))
        if member["parameters"] == []:
            for _, text, _, value in found:
                if isinstance(value, (bytes, str, tuple, dict)) and value:
                    self.results.setdefault(path, []).append(text)
        self.variants(path, unit, member["name"], render, found, True)
        if len(member["parameters"] or "12") == 1:
            # What one member returns may be what another takes: tobytes, frombytes.
            for text in self.results.get(path, [])[:6]:
                source = render([text])
                _, error = self.attempt(unit, source, self.first(path)())
                if error is None:
                    self.variants(path, unit, member["name"], render, [((f"from {text}",), source, [], None)], False)

    def operator(self, path, unit, o):
        """Find uses of an operator."""
        takes = [[f"own:{path}" if k == "own" else k for k in kinds] for kinds in o["takes"]]

        def render(arguments):
            text = o["text"]
            for k, argument in enumerate(arguments):
                text = text.replace(f"${k + 1}", f"\0{argument}")
            return text.replace("\0", "")

        def found():
            tried = [()] if not takes else [(k,) for k in takes[0]]
            if len(takes) == 2:
                tried = [(a, b) for a in takes[0] for b in takes[1]]
            successes, keys = 0, {}
            for kinds in tried:
                if successes >= 4 or keys.get(kinds[:1], 0) >= 2:
                    continue
                text, needs = self.source(render, kinds, 1)
                objects = [*self.first(path)(), *(self.build(self.by_class[n][0]) for n in needs)]
                value, error = self.attempt(unit, text, objects)
                if error is None and value is NotImplemented or isinstance(error, (TypeError, AttributeError)):
                    continue
                successes += error is None
                keys[kinds[:1]] = keys.get(kinds[:1], 0) + (error is None)
                yield kinds, text, needs, value if error is None else error

        self.variants(path, unit, o["method"], render, found(), o["atomic"])

    def attribute(self, path, unit, member):
        """Find reads of an attribute, and writes where it lets itself be written."""
        name = member["name"]
        text = f"$0.{name}"
        value, error = self.attempt(unit, text, self.first(path)())
        if error is None or not isinstance(error, TypeError):
            self.keep(path, unit, name, text, [], True)
            self.derived(value, f"$0.{name}", [self.by_class[path][0]])
        given = type(value).__name__
        kinds = [k for k, t in values.TYPE_NAMES.items() if t == given and k != "path"][:2]
        kinds += [f"own:{p}" for p in self.own() if p.rsplit(".", 1)[-1] == given]
        kinds += [k for k in ("int", "str", "none", "bytes") if k not in kinds]

        def render(arguments):
            return f"$0.{name} = {arguments[0]}"

        def found():
            successes = 0
            for kind in kinds:
                source, needs = self.source(render, (kind,), 1)
                objects = [*self.first(path)(), *(self.build(self.by_class[n][0]) for n in needs)]
                _, error = self.attempt(unit, source, objects)
                if isinstance(error, AttributeError):
                    return
                if error is None:
                    successes += 1
                    yield (kind,), source, needs, None
                if successes == 2:
                    return

        self.variants(path, unit, name, render, found(), True)

    def function(self, function):
        """Use a function of a module to make objects, and on objects."""
        unit = f"function {function['path']}"

        def render(arguments):
            return f"{function['path']}({', '.join(arguments)})"

        parameters = function["parameters"]
        for kinds, text, needs, value in self.search(unit, render, 0, parameters, list, 30, want=3):
            numbers = [self.by_class[n][0] for n in needs]
            self.derived(value, text, numbers)
        if parameters is None or not 0 < len(parameters) < 4:
            return
        for path in [p for p in self.own() if self.wanted(p, function["path"].rpartition(".")[2])]:

            def with_object(arguments):
                return f"{function['path']}({', '.join(['$0', *arguments])})"

            found = self.search(unit, with_object, 1, parameters[1:], self.first(path), 6, want=1)
            self.variants(path, unit, function["path"].rpartition(".")[2], with_object, found, True)

    def construct(self, number, recipe):
        """Keep as a call what makes an object of another one: it may read that one's state."""
        cls = recipe["cls"]
        if not recipe["needs"] or not recipe["text"].startswith(cls + "("):
            return
        first, *others = [self.recipes[n]["cls"] for n in recipe["needs"]]
        name = cls.rpartition(".")[2]
        if self.wanted(first, name):
            self.keep(first, f"construct {number}", name, recipe["text"], others, True)

    def variants(self, path, unit, member, render, found, atomic):
        """Keep calls that were found, with other values as well."""
        for kinds, text, needs, value in list(found):
            # Two threads at one file tell nothing of the object.
            atomic = atomic and not {"path", "file"} & {values.split(k)[1] for k in kinds}
            stepwise = hasattr(type(value), "__next__") and type(value) not in self.paths
            self.derived(value, text, [self.by_class[p][0] for p in [path, *needs]])
            for choice in range(4):
                text, needs = self.source(render, kinds, 1, choice)
                if stepwise:
                    text = f"list(itertools.islice({text}, 99))"
                self.keep(path, unit, member, text, needs, atomic and not stepwise)
                if choice + 1 >= max((len(values.KINDS.get(values.split(k)[1], "1")) for k in kinds), default=0):
                    break

    def keep(self, path, unit, member, text, needs, atomic):
        """Keep a call, unless it is slow, grows, or never gets as far as the object."""
        objects = [self.build(self.by_class[p][0]) for p in [path, *needs]]
        begun, wrong, turns = time.monotonic(), 0, 24
        for i in range(turns):
            _, error = self.attempt(unit, text, objects, i)
            wrong += isinstance(error, TypeError)
            if time.monotonic() - begun > SLOW * turns:
                self.say("slow", {"cls": path, "member": member, "text": text})
                return
        if wrong < turns:
            cost = (time.monotonic() - begun) / turns
            call = {"cls": path, "member": member, "text": text, "needs": [path, *needs], "atomic": atomic, "cost": cost}
            self.say("call", {**call, "label": self.label(path, member)})

    def label(self, path, member):
        """Return Class.member, with the class that defines the member."""
        for cls in self.types[path].__mro__:
            if member in vars(cls) and cls in self.paths:
                return f"{cls.__name__}.{member}"
        return f"{self.types[path].__name__}.{member}"

    # All of it.

    def unit(self, unit, work):
        """Do a piece of the work once, in whichever process."""
        if unit in self.done:
            return
        try:
            work()
        except Exception as error:  # of a recipe that works no more
            self.why.setdefault(unit, f"{type(error).__name__}: {error}")
        self.done.add(unit)
        self.say("done", {"unit": unit, "why": self.why.get(unit.rstrip(" 0123456789"))})

    def all(self):
        """Make what can be made, and find what can be called, until nothing new comes."""
        for turn in range(4):
            before = len(self.recipes)
            for path in self.described:
                if path not in self.by_class:
                    self.unit(f"make {path} {turn}", lambda path=path: self.make(path))
            for path in list(self.by_class):
                if not self.wanted(path, None):
                    continue
                for unit, member, work in self.members(path):
                    if self.wanted(path, member):
                        self.unit(unit, lambda unit=unit, work=work: work(unit))
                for text in self.given.get(path, []):
                    member = re.match(r"\$0\.(\w+)", text)
                    member = member.group(1) if member else text
                    self.unit(f"given {path} {text}", lambda p=path, m=member, t=text: self.keep(p, f"given {p} {t}", m, t, [], True))
            for number, recipe in enumerate(self.recipes):
                self.unit(f"construct {number}", lambda n=number, r=recipe: self.construct(n, r))
            if turn < 2:
                for function in self.functions:
                    self.unit(f"function {function['path']} {turn}", lambda f=function: self.function(f))
            if len(self.recipes) == before:
                break
