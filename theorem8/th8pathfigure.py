"""Drawing of the certified descent paths: the loss along the legs, the summary of all starts, the gully around a path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter

from valleys.run.errors import UnavailableError
from valleys.run.figure import CERTIFIED, DESCENT, GREY, STRAIGHT, WIDTH, scientific, subplots
from valleys.run.pictures import Part

#: The picture ends at this share of the start: the descent to the end, many decades below, is written as a number.
LOWEST = 1e-3
FREE, ROWS, BEST, AGAIN = "free units", "new rows", "least squares", "once more"
#: The legs of a path of the proof; a shorter one has the last of them.
LEGS = ("U", "dead", "U")
SHARE = "share of the way (legs in equal shares) or of the steps"
#: Behind words that a line would cross.
BEHIND = {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.9}
#: Between path and line, where no label of a contour lies on either.
LABELLED = (0.1, 0.9)
KINDS = (("path", CERTIFIED), ("line", STRAIGHT), ("descent", DESCENT))


def leg_names(kinds: Sequence[str]) -> list[str]:
    """What each leg does, by its kind: weights move to free units as long as new rows follow, then to the least squares.

    >>> leg_names(["U", "dead", "U", "U"]), leg_names(["U"])
    (['1. free units', '2. new rows', '3. least squares', '4. once more'], ['1. least squares'])
    """
    names: list[str] = []
    for k, kind in enumerate(kinds):
        best = AGAIN if BEST in names else BEST
        names.append((FREE if "dead" in kinds[k:] else best) if kind == "U" else ROWS)
    return [f"{k}. {name}" for k, name in enumerate(names, 1)]


def draw_way(axis: Axes, part: Part, i: int, row: dict[str, Any]) -> None:
    """The loss on three ways from one start, each over its share: path (leg by leg), straight line, training."""
    times, legs = part.arrays["times"], part.arrays[f"path{i}"]
    told = part.values["descent_path"][i]["descent"]
    count, first = len(legs), legs[0, 0]
    x = {
        "path": np.concatenate([(k + times) / count for k in range(count)]),
        "line": times,
        "descent": part.arrays[f"descent{i}"][0] / told["steps"],
    }
    y = {"path": legs.ravel(), "line": part.arrays[f"line{i}"], "descent": part.arrays[f"descent{i}"][1]}
    for kind, role in KINDS:
        axis.plot(x[kind], y[kind] / first, **role.style(linewidth=2.2 if kind == "path" else 1.6))
    axis.plot(0, 1, "o", color="black", markersize=4, zorder=5, label="start")
    axis.set_yscale("log")
    axis.set_xlim(-0.01, 1)
    axis.set_ylim(LOWEST, max(4.0, 2.5 * float(y["line"].max()) / first))
    for k in range(1, count):
        axis.axvline(k / count, color=GREY, linewidth=0.7, zorder=1)
    axis.set_xticks((np.arange(count) + 0.5) / count, leg_names(row.get("leg_kinds", LEGS[-count:])))
    axis.tick_params(axis="x", length=0)
    axis.grid(False, axis="x")
    axis.set_ylabel(r"$(L - L^*)\,/\,(L_0 - L^*)$")
    end = row["end_excess"] / first
    axis.annotate(
        f"ends at {scientific(end, 1)}", (0.88, LOWEST * 1.3), ha="right", va="bottom", fontsize=7.5,
        color=CERTIFIED.colour, bbox=BEHIND,
    )  # fmt: skip
    reached = float(np.interp(0.2, x["descent"], y["descent"])) / first
    axis.annotate(
        f"{told['steps']} steps of {told['step']:.2g}: {told['fate']} at {scientific(told['end'])}", (0.2, reached),
        xytext=(0, 4), textcoords="offset points", va="bottom", fontsize=7.5, color=DESCENT.colour,
        bbox=BEHIND, zorder=1.8,
    )  # fmt: skip


def draw_peaks(axis: Axes, rows: list[dict[str, Any]]) -> None:
    """All starts, problem by problem: the highest loss on the path and on the straight line, of that at the start."""
    y, labels, place = [], [], 0.0
    for i, row in enumerate(rows):
        if i == 0 or row["name"] != rows[i - 1]["name"]:
            place += 1.5 if i else 0.75
            axis.annotate(
                f"{row['words']}: $p = {row['p']}$, $\\dim^* = {row['dimension']}$", (0.0, place - 0.8),
                xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points", fontsize=7.5, va="center",
                bbox=BEHIND,
            )  # fmt: skip
        y.append(place)
        labels.append(row["start"])
        place += 1
    axis.axvline(1, color=GREY, linewidth=0.7, zorder=1)
    peaks = [row["straight_line_peak"] for row in rows]
    axis.hlines(y, 1, peaks, color=STRAIGHT.colour, linewidth=1.0, linestyle=STRAIGHT.line)
    axis.plot(peaks, y, STRAIGHT.marker, color=STRAIGHT.colour, markersize=5.5, label=STRAIGHT.word)
    axis.plot(np.ones(len(y)), y, CERTIFIED.marker, color=CERTIFIED.colour, markersize=3.6, label=CERTIFIED.word)
    axis.set_xscale("log")
    axis.set_xlim(0.8, 1.6 * max(peaks))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_xticks([1, 2, 5, 10, 20], minor=False)
    axis.minorticks_off()
    axis.set_yticks(y, labels)
    axis.tick_params(axis="y", length=0, labelsize=7.5)
    axis.set_ylim(place, -0.4)
    axis.grid(False, axis="y")
    axis.set_xlabel("highest loss on the way $/\\;L_0$")


def draw_descents(part: Part) -> Figure:
    """Left: two starts in full; right: all starts."""
    figure = plt.figure(figsize=(WIDTH, 5.0))
    grid = figure.add_gridspec(2, 2, width_ratios=(1.25, 1))
    panels, rows = part.values["descent_path"], part.values["descent"]
    ways = [figure.add_subplot(grid[i, 0]) for i in range(len(panels))]
    for i, (axis, panel) in enumerate(zip(ways, panels, strict=True)):
        row = next(r for r in rows if (r["name"], r["start"]) == (panel["name"], panel["start"]))
        draw_way(axis, part, i, row)
        axis.annotate(
            row["words"].replace(", ", ",\n"), (0.02, LOWEST * 1.3), fontsize=7.5, va="bottom", linespacing=1.15
        )
        line = f"the straight line climbs to {row['straight_line_peak']:.2g} $L_0$"
        said = line if i == 0 else f"gradient descent {panel['descent']['fate']}"
        axis.set_title(f"({'ab'[i]}) {row['start']} start: {said}", loc="left", fontsize=9)
    ways[-1].set_xlabel(SHARE)
    summary = figure.add_subplot(grid[:, 1])
    draw_peaks(summary, rows)
    summary.set_title(f"(c) all {len(rows)} starts: no path climbs", loc="left", fontsize=9)
    figure.legend(*keys(ways[0]), loc="outside lower center", ncols=4)
    figure.suptitle("From every start there is a way down on which the loss never rises", fontsize=10.5)
    return figure


def keys(axis: Axes) -> tuple[list[Line2D], list[str]]:
    """Entries of a legend: the roles' lines with their markers, and the start."""
    lines = [axis.plot([], [], marker=role.marker, **role.style(markersize=4.5))[0] for _, role in KINDS[:2]]
    lines += [axis.plot([], [], **DESCENT.style())[0], axis.plot([], [], "o", color="black", markersize=4)[0]]
    return lines, [role.word for _, role in KINDS] + ["start"]


def draw_own(part: Part) -> Figure:
    """One panel for a user's own data.

    Raises:
        UnavailableError: where the start is a global minimum, to rounding: no way leads down from there.
    """
    row = part.values["descent"][0]
    if part.arrays["path0"][0, 0] == 0:
        raise UnavailableError("the start", "a global minimum already", "one with a loss above the minimum")
    figure, axes = subplots(1, 1, height=3.6, width=5.2)
    axis = axes[0, 0]
    draw_way(axis, part, 0, row)
    legs = f"{row['legs']} leg" + ("s" if row["legs"] > 1 else "")
    most = scientific(row["relative_rise"])
    rise = "the loss never rises" if row["relative_rise"] == 0 else f"no rise above {most} $L_0$"
    axis.set_title(
        f"A way down for your network, in {legs}: {rise}\n"
        rf"({row['activation']}, {row['law']}, $p = {row['p']}$, $\dim^* = {row['dimension']}$, "
        f"end loss {scientific(row['end_loss'])})",
        fontsize=9,
    )
    axis.set_xlabel(SHARE)
    figure.legend(*keys(axis), loc="outside lower center", ncols=4)
    return figure


def draw_gully(part: Part) -> Figure:
    """The loss over the strip between path and straight line, as shades and labelled contours."""
    told = part.values["gully"]
    s, d, grid = (part.arrays[key] for key in ("s", "d", "grid"))
    relative, legs = grid / grid[0, 0], told["legs"]
    figure, axes = subplots(1, 1, height=3.6)
    axis = axes[0, 0]
    levels = np.array([0.03, 0.1, 0.3, 1, 3, 10])
    shades = np.log10(np.clip(relative, 1e-3, 30))
    axis.contourf(s * legs, d, shades, levels=np.linspace(-3, 1.5, 46), cmap="Greys", vmin=-2.5, vmax=3, extend="both")
    low, high = np.searchsorted(d, LABELLED)
    for rows in (slice(0, low + 1), slice(low, high + 1), slice(high, None)):
        lines = axis.contour(s * legs, d[rows], relative[rows], levels=levels, colors="0.2", linewidths=0.7)
        if rows.start == low:
            axis.clabel(lines, fmt=lambda v: f"{v:g}", fontsize=7.5)
    outline = [withStroke(linewidth=4, foreground="white")]
    for y, role in ((0, CERTIFIED), (1, STRAIGHT)):
        axis.axhline(y, **role.style(linewidth=2.4, path_effects=outline))
    for k in range(1, legs):
        axis.axvline(k, color="0.2", linewidth=0.8, linestyle=":")
    axis.set_xticks(np.arange(legs) + 0.5, leg_names(LEGS[-legs:]))
    axis.tick_params(axis="x", length=0)
    axis.set_yticks([0, 0.5, 1], ["path", "half-way", "line"])
    axis.set(xlim=(0, legs), xlabel="share of the way (legs in equal shares)", ylabel="between path and line")
    axis.grid(False)
    axis.set_title(
        f"The path stays in a gully; the straight line crosses a ridge {told['ridge']:.2g} times as high as the start",
        fontsize=9.5,
    )
    figure.legend(
        loc="outside lower center", ncols=2, title=r"labels and shades: $(L - L^*)\,/\,(L_0 - L^*)$", title_fontsize=8
    )
    return figure
