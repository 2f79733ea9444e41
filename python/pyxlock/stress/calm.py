"""The calm run, seen from the parent: children that die or block are started again."""

import time


CHILDREN = 60  # started, at most
QUIET = 5.0  # seconds in which one call has to return


class Calm:
    """What was found in one thread."""

    def __init__(self, module):
        """Begin with nothing."""
        self.module = module
        self.classes, self.modules, self.unimported = [], [], []
        self.recipes, self.calls, self.done = [], [], []
        self.why, self.left_out, self.skip = {}, {}, []
        self.gil, self.usage, self.error = True, None, None
        self.startup = 0.0

    def run(self, place, options, choice, told):
        """Find objects and calls, in as many children as it takes."""
        seen, failed, stalled = set(), {}, 0
        for _ in range(CHILDREN):
            trying = {}
            begun = time.monotonic()

            def heard(kind, data):
                if kind == "try":
                    trying.clear()
                    trying.update(data)
                    told(f"calm: {data['text']}")
                elif kind == "recipe":
                    self.recipes.append(data)
                elif kind == "call":
                    if (data["cls"], data["text"], tuple(data["needs"])) not in seen:
                        seen.add((data["cls"], data["text"], tuple(data["needs"])))
                        self.calls.append(data)
                elif kind == "done":
                    trying.clear()
                    self.done.append(data["unit"])
                    if data["why"]:
                        self.why[data["unit"]] = data["why"]
                elif kind == "slow":
                    self.left_out[short(data["text"], data["cls"])] = "takes too long, or longer each time"
                elif kind == "classes":
                    self.classes = data
                    self.startup = time.monotonic() - begun
                elif kind == "modules":
                    self.modules = data
                elif kind == "unimported":
                    if data not in self.unimported:
                        self.unimported.append(data)
                elif kind == "gil":
                    self.gil = data
                elif kind == "usage":
                    self.usage = data

            job = {
                "kind": "calm",
                "module": options.module,
                "choice": choice.data(),
                "factories": options.factory,
                "calls": options.call,
                "known": {"recipes": self.recipes, "done": self.done},
                "skip": self.skip,
            }
            # To import a package may take long; it says nothing meanwhile.
            end = place.job(job, heard, quiet=QUIET if self.classes else 60)
            if end.kind == "ok":
                return
            if not trying and end.kind == "hang" and self.done and stalled < 3:
                # On a machine that has much else to do; what is done is known.
                stalled += 1
                continue
            if not trying:
                if self.done and end.kind == "crash" and end.detail not in self.left_out:
                    # At its end, or between two calls: what was damaged before shows.
                    self.left_out[end.detail] = "one of these processes crashed in one thread, between two calls"
                    continue
                lines = [line for line in end.err.strip().splitlines() if line.strip()]
                self.error = f"{end.detail}: {lines[-1] if lines else 'nothing was said'}"
                return
            unit = trying["unit"].split()
            cls = unit[1] if len(unit) > 1 else ""
            why = {
                "crash": f"crashes in one thread alone ({end.detail})",
                "hang": f"does not return ({QUIET:g} s)",
                "memory": "takes too much memory",
            }.get(end.kind, f"ends the process ({end.detail})")
            self.left_out[short(trying["text"], cls)] = why
            self.skip.append(trying["key"])
            # A member that is like that with all arguments would be tried with all of them.
            failed[trying["unit"]] = failed.get(trying["unit"], 0) + (1 if end.kind == "crash" else 3)
            if failed[trying["unit"]] >= 3:
                self.done.append(trying["unit"])

    def not_made(self):
        """Return the classes of which there are no objects, though a caller wanted some."""
        made = {r["cls"] for r in self.recipes}
        return [c["path"] for c in self.classes if c["path"] not in made and c["wanted"]]

    def why_not(self, path):
        """Say what the last attempt to make one raised."""
        return next((w for u, w in reversed(list(self.why.items())) if u.split()[:2] == ["make", path]), "no arguments were found")

    def dangerous(self):
        """Return what is left out for its name, by class."""
        return [(c["path"], c["dangerous"]) for c in self.classes if c["dangerous"] and c["wanted"]]

    def without_calls(self, by_class):
        """Return the members of classes with calls that have none."""
        out = []
        for c in self.classes:
            called = by_class.get(c["path"], set())
            names = [m for m in c["members"] if m not in called and m not in c["dangerous"]]
            if called and names and c["wanted"]:
                out.append((c["path"], names))
        return out


def short(text, cls):
    """Return a call for people: the class's name for the object."""
    return text.replace("$0", cls.rpartition(".")[2] or "$0").replace("\n", " ")[:100]
