"""The figures as pictures: SVG that is light or dark as its reader's system is.

Narrow enough for a telephone: each picture has one column, or two small ones.
"""

import os
import sys

from .measure import LOADS, METHODS
from .source import LOCKS

# What is drawn in these colours is given others by the style sheet, of which there are two.
INK, QUIET, PAPER = "#010101", "#020202", "#030303"
SERIES = [f"#0{i}0{i}0{i}" for i in range(4, 4 + len(LOCKS))]
LIGHT = ["#1f2328", "#c8ccd1", "#ffffff", "#6e7781", "#0550ae", "#b35900", "#8250df", "#1a7f37", "#cf222e"]
DARK = ["#e6edf3", "#3d444d", "#0d1117", "#8b949e", "#6cb6ff", "#f0a15e", "#c297ff", "#57d364", "#ff7b72"]
MARKS = ["o", "s", "^", "v", "D", "x"]


def draw(figures, directory):
    """Write calls.svg, threads.svg and nogil.svg."""
    try:
        import matplotlib
    except ImportError:
        sys.exit("pyxlock.bench: --plot needs matplotlib: pip install matplotlib")
    matplotlib.use("svg")
    from matplotlib import pyplot

    pyplot.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "pyxlock",
            "font.family": "sans-serif",
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.titlesize": 9,
            "axes.titlelocation": "left",
            "grid.color": QUIET,
            "figure.facecolor": PAPER,
            "axes.facecolor": PAPER,
            "savefig.facecolor": PAPER,
            **{name: INK for name in ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")},
        }
    )
    os.makedirs(directory, exist_ok=True)
    for name, picture in ("calls", calls), ("threads", threads), ("nogil", nogil):
        figure = picture(pyplot, figures)
        path = os.path.join(directory, name + ".svg")
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
        dress(path)


def calls(pyplot, figures):
    """Draw what a call takes: a bar for each lock, a panel for each method."""
    figure, panels = pyplot.subplots(len(METHODS), 1, figsize=(4.8, 1.55 * len(METHODS)), layout="constrained")
    for method, panel in zip(METHODS, panels):
        found = {f["lock"]: f for f in figures["calls"] if f["method"] == method}
        for i, lock in enumerate(LOCKS):
            f = found[lock]
            panel.barh(i, f["median"], color=SERIES[i], height=0.7)
            panel.plot([f["low"], f["high"]], [i, i], color=INK, linewidth=1)
            panel.annotate(f" {f['median']:,.0f}", (max(f["median"], f["high"]), i), va="center", fontsize=8, color=INK)
        panel.set_yticks(range(len(LOCKS)), LOCKS)
        panel.invert_yaxis()
        panel.margins(x=0.14)
        panel.set_xlim(left=0)
        panel.grid(axis="y", visible=False)
        panel.set_title(f"{method}(): ns a call")
    return figure


def line(panel, points, lock):
    """Draw one lock's throughput over the number of threads."""
    i = LOCKS.index(lock)
    points = sorted(points, key=lambda f: f["threads"])
    x = [f["threads"] for f in points]
    panel.plot(x, [f["median"] for f in points], color=SERIES[i], marker=MARKS[i], markersize=4, label=lock)
    panel.fill_between(x, [f["low"] for f in points], [f["high"] for f in points], color=SERIES[i], alpha=0.2, linewidth=0)


def count_axis(panel, points):
    """Show the numbers of threads as they were measured."""
    counts = sorted({f["threads"] for f in points})
    panel.set_xscale("log", base=2)
    panel.set_xticks(counts, [str(n) for n in counts])
    panel.minorticks_off()
    panel.set_ylim(bottom=0)


def threads(pyplot, figures):
    """Draw throughput: a panel for each load, on one object and on an object each."""
    figure, panels = pyplot.subplots(len(LOADS), 2, figsize=(4.8, 1.9 * len(LOADS) + 0.6), layout="constrained")
    for load, row in zip(LOADS, panels):
        for shared, panel in zip((True, False), row):
            points = [f for f in figures["threads"] if f["load"] == load and f["shared"] == shared]
            for lock in LOCKS:
                mine = [f for f in points if f["lock"] == lock]
                if mine:
                    line(panel, mine, lock)
            count_axis(panel, points)
            panel.set_title(f"{load}, {'one object' if shared else 'own objects'}")
    panels[0][0].set_ylabel("million calls/s")
    panels[-1][0].set_xlabel("threads")
    handles, names = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    return figure


def nogil(pyplot, figures):
    """Draw how many products run at once under a lock that is held over nogil."""
    figure, panel = pyplot.subplots(figsize=(4.8, 2.8), layout="constrained")
    points = figures["nogil"]
    for lock in LOCKS:
        mine = [f for f in points if f["lock"] == lock]
        if mine:
            line(panel, mine, lock)
    count_axis(panel, points)
    panel.set_title("products of one matrix in nogil: thousands a second")
    panel.set_xlabel("threads")
    panel.legend(frameon=False)
    return figure


def dress(path):
    """Give a picture its two sets of colours."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    names = ["ink", "quiet", "paper", *(f"series{i}" for i in range(len(LOCKS)))]
    for sentinel, name in zip([INK, QUIET, PAPER, *SERIES], names):
        text = text.replace(sentinel, f"var(--{name})")

    def sheet(colours):
        return "svg{" + "".join(f"--{name}:{colour};" for name, colour in zip(names, colours)) + "}"

    style = f"<style>{sheet(LIGHT)}@media(prefers-color-scheme:dark){{{sheet(DARK)}}}</style>"
    head, tag, rest = text.partition("<svg ")
    attributes, close, body = rest.partition(">")
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + tag + attributes + close + "\n " + style + body)
