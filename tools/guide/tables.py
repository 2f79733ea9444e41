"""Writes the tables of docs/guide anew from the figures that are kept there.

A table stands in a block below a comment that names its figures and which of them:
<!-- doctest: figures="free-threaded calls" -->.

    python tools/guide/tables.py            writes the pages
    python tools/guide/tables.py --check    says whether they are up to date
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guide"
BLOCK = re.compile(r'^(<!-- doctest: figures="(\S+) (\w+)" -->\n```\n).*?^```$', re.M | re.S)

sys.path.insert(0, str(ROOT / "python"))


def renewed(text):
    """Return a page with its tables as the figures have them."""
    from pyxlock.bench import table

    def block(match):
        head, name, part = match.groups()
        figures = json.loads((GUIDE / "figures" / f"{name}.json").read_text("utf-8"))
        return head + getattr(table, part)(figures).rstrip("\n") + "\n```"

    return BLOCK.sub(block, text)


def main():
    """Renew all pages, or compare them."""
    old = []
    for page in sorted(GUIDE.glob("*.md")):
        text = page.read_text("utf-8")
        if renewed(text) != text:
            old.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(renewed(text), "utf-8")
    if old and "--check" in sys.argv:
        sys.exit(f"not what the figures say: {', '.join(old)}: python tools/guide/tables.py writes them")


if __name__ == "__main__":
    main()
