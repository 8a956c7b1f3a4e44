"""The further pictures of Theorem 13: sandwich, training, activations.  No mathematics here."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from valleys.run.figure import CERTIFIED, DESCENT, FLOOR, GOOD, GREY, STRAIGHT, VALLEY, subplots
from valleys.run.pictures import Part

CURVES = (
    ("straight", {**STRAIGHT.style()}),
    ("found", {"color": CERTIFIED.colour, "lw": 3.0, "alpha": 0.5, "label": "path found, certified"}),
    (
        "floor",
        {"color": FLOOR.colour, "ls": ":", "marker": "o", "ms": 2.5, "label": "floor of every path (sharper)"},
    ),
    (
        "closed",
        {"color": GREY, "ls": "--", "lw": 1.2, "marker": "s", "ms": 2.0, "label": "floor of every path (closed form)"},
    ),
)
METHODS = (("gd", "-", 3.2, "gradient descent"), ("sgd", "--", 1.6, "SGD"), ("adam", ":", 1.6, "Adam"))
#: Shares that a title may round to "all".
NEARLY = 0.95


def draw_barrier_sandwich(part: Part) -> Figure:
    """Draw the heights by width, the relative gap between path and floors, and the heights in the plane."""
    figure, axes = subplots(1, 3, height=3.2)
    for axis, name in ((axes[0, 0], "relu"), (axes[0, 2], "plane")):
        for key, style in CURVES:
            axis.plot(part.arrays[f"{name}_p"], part.arrays[f"{name}_{key}"], **style)
    gaps(axes[0, 1], part)
    axes[0, 0].set_ylabel(r"height over the valley / $\alpha^2$")
    axes[0, 0].set_ylim(0, None)
    axes[0, 2].set_yscale("log")
    for axis, title in zip(
        axes[0], ("(a) ReLU, $n = p + 1$", "(b) the same: path above floor", "(c) ReLU, $n = 3$"), strict=True
    ):
        axis.set_title(title, fontsize=9, loc="left")
        axis.set_xlabel("width $p$")
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    floor, found = part.arrays["relu_floor"], part.arrays["relu_found"]
    close = (
        "; for $n = p + 1$ a path climbs hardly higher" if floor.min() > 0 and (floor / found).min() > NEARLY else ""
    )
    figure.suptitle("No way out of the valley passes below the floor" + close, fontsize=9.5)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
    return figure


def gaps(axis: Axes, part: Part) -> None:
    """How far the floors stay below the path found, as a share of its height; 0 is not drawn."""
    p, found = part.arrays["relu_p"], part.arrays["relu_found"]
    for key, style in CURVES[2:]:
        gap = (found - part.arrays[f"relu_{key}"]) / found
        axis.semilogy(p[gap > 0], gap[gap > 0], **style)
    axis.set_ylabel("gap / height of the path")


def draw_trapped_training(part: Part) -> Figure:
    """Draw the share of runs in the valley by step, and the share stuck by width."""
    a, v = part.arrays, part.values["trapped"]
    figure, axes = subplots(1, 2, height=3.3, width_ratios=(1.25, 1))
    left, right = axes[0]
    steps = np.maximum(a["steps"], 0.5)
    for start, colour, name in (
        ("omega", VALLEY.colour, "from the valley"),
        ("standard", DESCENT.colour, "standard start"),
    ):
        for method, line, width, label in METHODS:
            left.plot(steps, a[f"{start}_{method}"], ls=line, color=colour, lw=width, label=f"{label}, {name}")
    left.set_xscale("log")
    left.set_xlabel("step (0 at the left end)")
    left.set_ylabel("share of runs in the valley")
    stays = a["omega_gd"].min() >= NEARLY
    left.set_title(
        "(a) who starts in the valley stays in it" if stays else "(a) training and the valley", fontsize=9, loc="left"
    )
    stuck, band = a["stuck"], a["band"]
    right.errorbar(
        a["widths"], stuck, yerr=np.abs(band.T - stuck), color=DESCENT.colour, marker=DESCENT.marker, ms=4, capsize=2.5
    )
    right.set_xticks(a["widths"])
    right.set_xlabel(rf"width of the student (teacher: $p = {a['widths'][0]:d}$)")
    right.set_ylabel(f"share high after {v['steps']} steps")
    helps = stuck[-1] < stuck[0]
    right.set_title("(b) from a standard start, by width", fontsize=9, loc="left")
    for axis in (left, right):
        axis.set_ylim(-0.04, 1.08)
    if stays:
        figure.suptitle(
            "Training does not leave the valley" + ("; from a standard start, more units help" if helps else ""),
            fontsize=10.5,
        )
    figure.legend(
        *left.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=7.5, handlelength=2.6
    )
    return figure


def draw_activations(part: Part) -> Figure:
    """Draw floor, every path and good end as dumbbells, a panel for each law."""
    v = part.values["activations"]
    figure, axes = subplots(1, 2, height=3.2, sharex=True, sharey=True)
    names = list(v["theorem"])
    for axis, law in zip(axes[0], ("theorem", "decoupled"), strict=True):
        for y, name in enumerate(names):
            dumbbell(axis, y, v[law][name])
        axis.set_title("(a) the theorem's law" if law == "theorem" else "(b) the decoupled law", fontsize=9, loc="left")
        axis.set_xlabel("loss $L$")
        axis.set_yticks(range(len(names)), [label(name) for name in names])
        axis.set_ylim(len(names) - 0.4, -0.6)
        axis.grid(False, axis="y")
    for _, colour, marker, text in DOTS:
        axes[0, 0].plot([], [], marker, color=colour, ms=6, mew=2 if marker == "|" else 0, label=text)
    figure.suptitle(rf"A valley as deep as one likes, here $M = {v['M']:g}$, for every activation", fontsize=9.5)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)
    return figure


DOTS = (
    ("good", GOOD.colour, "o", "end of the path"),
    ("floor", VALLEY.colour, VALLEY.marker, "valley's floor"),
    ("every_path", FLOOR.colour, "D", "floor of every path out"),
    ("path_peak", CERTIFIED.colour, "|", "peak of the path found"),
)


def dumbbell(axis: Axes, y: int, row: dict[str, float]) -> None:
    """One activation: its levels on a line, or why there are none."""
    if "K" in row:
        text = rf"out of the printed proof's reach: $K = {row['K']:.2f} \geq 1/\sqrt{{2}}$"
        axis.annotate(text, (0.5, y), xycoords=("axes fraction", "data"), ha="center", va="center", fontsize=7.5,
                      color=GREY)  # fmt: skip
        return
    axis.plot([row["good"], max(row["every_path"], row["path_peak"])], [y, y], color=GREY, lw=1.0, zorder=1)
    for key, colour, marker, _ in DOTS:
        axis.plot(row[key], y, marker, color=colour, ms=10 if marker == "|" else 6, mew=2 if marker == "|" else 0,
                  zorder=3 if marker == "|" else 2)  # fmt: skip


def label(name: str) -> str:
    """How an activation is written in a figure."""
    return {"relu": "ReLU", "z2": "$z^2$", "z4": "$z^4$", "erf01": r"$(1+\mathrm{erf})/2$"}.get(name, name)
