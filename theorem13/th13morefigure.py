"""The further pictures of Theorem 13: sandwich, training, activations, a path between two networks."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from theorem13.th13figure import COMPUTED, L_LABEL, LINE, PATH, PROVED
from valleys.run.figure import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, letter, subplots
from valleys.run.pictures import Part

CURVES = (
    ("straight", LINE, {"ls": "-"}, "straight line"),
    ("found", PATH, {"ls": "-", "lw": 3.0, "alpha": 0.5}, "best path found"),
    ("computed", COMPUTED, {"ls": "-", "lw": 0.9, "marker": "o", "ms": 2.5}, "every path (computed)"),
    ("proved", PROVED, {"ls": "--", "lw": 1.2, "marker": "s", "ms": 2.0}, "every path (proved)"),
)
TITLES = {"relu": r"ReLU, $n = p+1$", "z2": r"$z^2$, $n = p+1$", "plane": r"ReLU, $n = 3$, any width"}
METHODS = (("gd", BLUE, 4.5, "gradient descent"), ("sgd", ORANGE, 2.6, "SGD"), ("adam", GREEN, 1.1, "Adam"))
ROUNDING = 1e-16


def draw_barrier_sandwich(part: Part) -> Figure:
    """Draw the heights by width, and the relative gap between path and floors below."""
    figure, axes = subplots(2, 3, height=4.6, width=8.2, height_ratios=(1.6, 1), sharex="col")
    for column, (name, title) in enumerate(TITLES.items()):
        a = {key: part.arrays[f"{name}_{key}"] for key in ("p", "straight", "found", "computed", "proved")}
        top, low = axes[0, column], axes[1, column]
        for key, colour, style, label in CURVES:
            top.plot(a["p"], a[key], color=colour, label=label, **style)
        for key, colour, style, _ in CURVES[2:]:
            gap = np.maximum((a["found"] - a[key]) / a["found"], ROUNDING)
            low.semilogy(a["p"], gap, color=colour, **style)
        top.set_title(title)
        low.set_xlabel(r"width $p$")
        low.set_ylim(3e-17, 5)
        if name == "plane":
            top.set_yscale("log")
        else:
            top.set_ylim(0, None)
    low = axes[1, 1]
    low.annotate("no gap: rounding", (0.5, 0.35), xycoords="axes fraction", ha="center", fontsize=8, color=GREY)
    axes[0, 0].set_ylabel(r"(height over the valley) / $\alpha^2$")
    axes[1, 0].set_ylabel("relative gap to\nbest path")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def draw_trapped_training(part: Part) -> Figure:
    """Draw the share of provably doomed runs by step, and the share stuck by width."""
    a, v = part.arrays, part.values["trapped"]
    figure, axes = subplots(1, 2, height=3.3, width=8.2, width_ratios=(1.25, 1))
    left, right = axes[0]
    for method, colour, width, label in METHODS:
        for start, style, name in (("omega", "-", r"$\Omega$"), ("standard", "--", "standard start")):
            steps, share = np.maximum(a[f"{start}_steps"], 0.5), a[f"{start}_{method}"]
            wide = width if start == "omega" else 1.4
            left.plot(steps, share, style, color=colour, lw=wide, label=f"{label}, {name}")
    left.set_xscale("log")
    left.set_ylim(-0.04, 1.08)
    left.set_xlabel("step")
    left.set_ylabel("share of runs in the valley")
    left.legend(loc="center left", fontsize=7)
    stuck, band = a["stuck"], a["band"]
    right.errorbar(a["widths"], stuck, yerr=np.abs(band.T - stuck), color=RED, marker="o", ms=4, capsize=2.5)
    right.set_ylim(-0.04, 1.08)
    right.set_xticks(a["widths"])
    right.set_xlabel(r"student width (teacher: $p = " + str(int(a["widths"][0])) + "$)")
    right.set_ylabel(f"share stuck after {v['steps']} steps")
    right.set_title("gradient descent, not landscape", fontsize=9)
    letter(axes)
    return figure


def draw_activations(part: Part) -> Figure:
    """Draw floor, every path and good end as dumbbells, a panel for each law."""
    v = part.values["activations"]
    figure, axes = subplots(1, 2, height=3.0, width=8.2, sharex=True, sharey=True)
    names = list(v["theorem"])
    for axis, law in zip(axes[0], ("theorem", "decoupled"), strict=True):
        for y, name in enumerate(names):
            dumbbell(axis, y, v[law][name])
        axis.set_title("the theorem's law" if law == "theorem" else "decoupled law")
        axis.set_xlabel(rf"loss (margin $M = {v['M']:g}$)")
        axis.set_yticks(range(len(names)), [label(name) for name in names])
        axis.set_ylim(len(names) - 0.4, -0.6)
        axis.grid(False, axis="y")
    for _, colour, marker, text in DOTS:
        axes[0, 0].plot([], [], marker, color=colour, ms=6, label=text)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


DOTS = (
    ("good", GREEN, "o", "good end"),
    ("floor", GREY, "s", "valley floor"),
    ("every_path", PURPLE, "D", "every path out"),
    ("path_peak", RED, "|", "path found"),
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


def draw_path_between(part: Part) -> Figure:
    """Draw the loss along the path found and along the straight line."""
    a, v = part.arrays, part.values["path_between"]
    figure, axes = subplots(1, 1, height=3.4, width=5.6)
    axis = axes[0, 0]
    for name, colour, text in (("line", LINE, "straight line"), ("found", PATH, "path found")):
        peak = v["straight_line_peak"] if name == "line" else v["peak"]
        axis.plot(a[f"{name}_t"], a[f"{name}_L"], color=colour, label=f"{text}, peak {peak:.6g}")
    axis.set_xlim(0, 1)
    low, high = axis.get_ylim()
    axis.set_ylim(low, high + 0.25 * (high - low))
    axis.set_xlabel("share of the path's length")
    axis.set_ylabel(L_LABEL.replace("population ", ""))
    axis.legend(loc="upper right")
    return figure
