"""Drawing of landscapes, merge trees and sharp widths: no mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from valleys.run.figure import CERTIFIED, GATE, GOOD, GREY, VALLEY, subplots
from valleys.run.pictures import Part

SMALL = 7.5
#: Behind a text that crosses lines.
PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}


def note(axis: Axes, text: str, xy: tuple[float, float], shift: tuple[float, float], **style: Any) -> None:
    """A short text beside a point, in points from it."""
    axis.annotate(text, xy, xytext=shift, textcoords="offset points", fontsize=SMALL, **style)


def draw_landscape(part: Part) -> Figure:
    """``whole_landscape``: the plane with its water levels, and the section through all three levels."""
    found, arrays = part.values["whole_landscape"], part.arrays
    figure, axes = subplots(1, 2, height=3.4, gridspec_kw={"width_ratios": [1.15, 1]})
    plane, section = axes[0]
    axis, field = arrays["axis"], arrays["field"]
    least, valley, gate = found["minimum"], found["valley"], found["barrier"]
    left = axis[None, :] + 0 * field < 0
    plane.contour(axis, axis, field, levels=[2.8, 3.3, 4, 5, 7, 10, 15, 25], colors=GREY, linewidths=0.4)
    for inside, role in ((left, VALLEY), (~left, GOOD)):
        plane.contourf(axis, axis, np.where(inside, field, 99), levels=[0, gate], colors=[role.colour], alpha=0.25)
    plane.contour(axis, axis, field, levels=[gate], colors=GATE.colour, linewidths=1.6)
    roles, values = (GOOD, VALLEY), (least, valley)
    names, shifts = ("global\nminimum", "spurious\nminimum"), ((0, -7), (-26, 8))
    for (w, u), role, name, value, shift in zip(arrays["minima"], roles, names, values, shifts, strict=True):
        plane.plot(w, u, role.marker, color=role.colour, markersize=9 if role is GOOD else 6)
        side = {"ha": "center", "va": "top"} if role is GOOD else {"ha": "right", "va": "bottom"}
        note(plane, f"{name}\n$f = {value:g}$", (w, u), shift, bbox=None if role is GOOD else PAPER, **side)
    plane.plot(0, 0, GATE.marker, color=GATE.colour, markersize=7)
    note(plane, f"gate: $u = w = 0$, $f = {gate:g}$", (0, 0), (0, -8), ha="center", va="top", bbox=PAPER)
    plane.set(
        xlabel="hidden weight $w$", ylabel="output weight $u$", xlim=(-2.3, 2.4), ylim=(-0.8, 2.4), aspect="equal"
    )
    plane.set_title("all of parameter space: a figure of eight")
    plane.grid(False)
    w, along = arrays["w"], arrays["along"]
    section.plot(w, along, color="black", linewidth=1.6)
    for side_of, role in ((w <= 0, VALLEY), (w >= 0, GOOD)):
        below = along[side_of] <= gate
        section.fill_between(w[side_of], along[side_of], gate, where=below, color=role.colour, alpha=0.25, linewidth=0)
    for value, role, word in ((gate, GATE, "gate"), (valley, VALLEY, "spurious"), (least, GOOD, "global")):
        section.axhline(value, color=role.colour, linewidth=0.9, linestyle="--")
        section.annotate(f"{word} {value:g}", (1.01, value), xycoords=("axes fraction", "data"), fontsize=SMALL, va="center",
                         xytext=(0, {"gate": 4, "spurious": -4}.get(word, 0)), textcoords="offset points")  # fmt: skip
    section.set(
        xlabel="$w$, on the curve $u = |w|$", ylabel="loss with weight decay $f$", xlim=(-1.7, 1.9), ylim=(1.2, 3.4)
    )
    section.set_title("only above the gate does it spill")
    return figure


#: Width: its title, and the window of ``f`` in which its valleys are seen.
TREES = {1: ("two spurious valleys", (0.655, 0.702)), 2: ("one", (0.318, 0.372)), 3: ("none", (0.318, 0.372))}


def draw_tree(part: Part) -> Figure:
    """``merge_tree``: above the trees at widths 1, 2, 3, below the networks as functions."""
    values, arrays = part.values["merge_tree"]["widths"], part.arrays
    figure, axes = subplots(2, 3, height=4.9, gridspec_kw={"height_ratios": [1.25, 1]})
    for column, p in enumerate((1, 2, 3)):
        tree, plot = axes[0, column], axes[1, column]
        row, (title, window) = values[str(p)], TREES[p]
        one_tree(tree, row, window)
        tree.set_title(f"width $p = {p}$: {title}")
        x = arrays["x"]
        plot.plot(x, arrays[f"best_{p}"], color=GOOD.colour, label="global minimum of this width")
        for i in range(len(row["bars"])):
            plot.plot(
                x, arrays[f"valley_{p}_{i}"], color=VALLEY.colour, label=None if i else "lowest in a spurious valley"
            )
        if row["bars"]:
            plot.plot(x, arrays[f"gate_{p}_0"], color=GATE.colour, linestyle=GATE.line, label="at its barrier")
        plot.plot(arrays["points"], arrays["targets"], "o", color="black", markersize=4, label="data")
        plot.set(xlabel="$x$", xlim=(-75, 75), ylim=(-0.08, 1.35), xticks=[-45, 0, 45])
    axes[0, 0].set_ylabel("loss with weight decay $f$")
    axes[1, 0].set_ylabel("network at input $(28, x)$")
    handles, names = axes[1, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4)
    figure.suptitle("Two points under weight decay: every valley and every barrier", fontsize=10)
    return figure


def one_tree(axis: Axes, row: dict[str, Any], window: tuple[float, float]) -> None:
    """Bars from each valley's lowest value to its barrier, joined to the global one; heights are to scale."""
    least, (low, high) = row["minimum"], window
    axis.plot([0, 0], [max(least, low), high], color=GOOD.colour, linewidth=3, clip_on=True)
    if least > low:
        axis.plot(0, least, GOOD.marker, color=GOOD.colour, markersize=9)
        note(axis, f"{least:.6f}", (0, least), (-7, -3), ha="right", va="center")
    else:
        note(axis, f"global, below\nthe axis: {least:.6f}", (0, low), (5, 4), ha="left", va="bottom")
    for i, bar in enumerate(row["bars"]):
        at = (1.3, -1.3)[i]
        axis.plot([at, 0], [bar["barrier"]] * 2, color=GATE.colour, linewidth=1.6)
        axis.plot([at, at], [bar["valley"], bar["barrier"]], color=VALLEY.colour, linewidth=3, solid_capstyle="butt")
        axis.plot(at, bar["valley"], VALLEY.marker, color=VALLEY.colour, markersize=6)
        if i == 0:
            note(axis, f"barrier {bar['barrier']:.6f}", (at, bar["barrier"]), (0, 3), ha="center", va="bottom")
            note(axis, f"lowest {bar['valley']:.6f}", (at, bar["valley"]), (0, -6), ha="center", va="top")
    axis.set(xlim=(-2.3, 2.6), ylim=window, xticks=[])
    axis.grid(axis="x", visible=False)


def draw_sharp(part: Part) -> Figure:
    """``sharp_width``: Theorem B's levels, and shares of random data."""
    values = part.values["sharp_width"]
    figure, axes = subplots(1, 2, height=3.5)
    family, shares = axes[0]
    N, valley = part.arrays["N"], part.arrays["valley"]
    changes = (
        ("exit", GATE, "up, to the lowest way out of the valley (exact)"),
        ("lower", GOOD, "down, from the valley to another network"),
    )
    for key, role, name in changes:
        change = 100 * np.abs(part.arrays[key] / valley - 1)
        family.plot(N, change, color=role.colour, marker=role.marker, markersize=7, linewidth=0.8, label=name)
    family.set(
        xlabel="number of points $N$ = width $p$ = $r$", ylabel="change of $f$, % of the valley's", xticks=list(N)
    )
    family.set(yscale="log", ylim=(0.05, 20), yticks=[0.1, 1, 10])
    family.set_yticklabels(["0.1", "1", "10"])
    family.minorticks_off()
    family.set_title("width $r$ is not enough, for any $N$")
    width = 0.36
    for row in values["shares"]:
        two = row["N"] == 2
        at = row["p"] + (-width / 2 if two else width / 2)
        role = CERTIFIED if two else GATE
        shares.bar(at, 100 * row["spurious"] / row["sets"], width * 0.9, color=role.colour, alpha=0.7)
        shares.plot([at, at], [100 * row["low"], 100 * row["high"]], color="black", linewidth=0.9)
        note(shares, f"{row['spurious']}/{row['sets']}", (at, 100 * row["high"]), (0, 2), ha="center", va="bottom")
    handles = [Line2D([], [], color=role.colour, linewidth=6, alpha=0.7) for role in (CERTIFIED, GATE)]
    handles.append(Line2D([], [], color="black", linewidth=0.9))
    names = ["two random points, $r = 2$", "three, $r = 3$", "95 % interval"]
    shares.set(xlabel="width $p$", ylabel="share with a spurious valley, %", xticks=[1, 2, 3, 4], ylim=(0, 112))
    shares.set_yticks([0, 25, 50, 75, 100])
    shares.set_title("random data: none from $r + 1$ on")
    below: Any = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2)}
    family.legend(**below)
    shares.legend(handles, names, **below, ncols=2)
    return figure
