"""Drawing of connections: two classifiers joined; legs against width, and the wall at ``p = dim*``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from valleys.run.figure import CERTIFIED, FLOOR, FOUND, GOOD, GREEN, GREY, STRAIGHT, VALLEY, subplots
from valleys.run.pictures import Part

STYLES = {
    "certified path": CERTIFIED.style(lw=2.2, zorder=4),
    "straight line": STRAIGHT.style(),
    "matched line": {"color": GREEN, "linestyle": "-.", "label": "units matched"},
    "learnt curve": FOUND.style(label="learnt curve"),
}
#: The picture ends at this share of the worse end.
LOWEST = 1e-3


def draw_connected(part: Part) -> Figure:
    """Loss above, accuracy below, along four paths between the same two networks."""
    values = part.values["connected"]
    figure, axes = subplots(2, 1, height=4.9, sharex=True, height_ratios=(1.7, 1))
    top, bottom = axes[:, 0]
    bound = values["bound"]
    for name, style in STYLES.items():
        t, loss, _, right = part.arrays[name]
        top.plot(t, np.maximum(loss, bound * LOWEST / 10), **style)
        bottom.plot(t, right, **style)
    top.axhline(bound, color=FLOOR.colour, ls=FLOOR.line, lw=1.2, label="the worse of the two")
    top.set_yscale("log")
    top.set_ylim(bound * LOWEST, 3 * max(values["peaks"].values()))
    top.set_ylabel("cross-entropy,\ntraining images")
    bottom.set_ylabel("test images\ntold right")
    bottom.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    bottom.set_xlabel("share of the path (each leg takes the same time)")
    bottom.set_xlim(0, 1)
    for k in range(1, values["legs"]):
        for axis in (top, bottom):
            axis.axvline(k / values["legs"], color=CERTIFIED.colour, lw=0.5, alpha=0.35, zorder=0)
    top.set_title(
        f"{values['legs']} straight legs join two trained classifiers, never above the worse of the two in training loss;\n"
        "on unseen images the networks on the way are worse"
    )
    figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return figure


def draw_width(part: Part) -> Figure:
    """Legs by width; one unit's landscape; the determinant and the loss."""
    values = part.values["connected_width"]
    figure, axes = subplots(1, 3, height=2.85)
    _legs(axes[0, 0], values["rows"])
    _one_unit(axes[0, 1], part.arrays["axis"], part.arrays["losses"])
    _determinant(axes[0, 2], part)
    for axis in axes[0]:
        axis.set_box_aspect(1)
    return figure


def _legs(axis: Axes, rows: list[dict[str, int]]) -> None:
    q = rows[0]["q"]
    p = np.arange(q + 1, max(row["p"] for row in rows) + 1)
    axis.step(p, 2 * np.ceil(q / (p - q)) + 3, where="mid", color=GREY, lw=1.1, label=r"$2\lceil q/(p-q)\rceil + 3$")
    axis.plot(
        [row["p"] for row in rows], [row["legs"] for row in rows], "o", ms=4, mfc="white", color=CERTIFIED.colour,
        label="paths built",
    )  # fmt: skip
    axis.axvspan(0.8 * q, q + 0.5, color=VALLEY.colour, alpha=0.15, lw=0)
    axis.annotate(
        "$p \\leq q$: there can\nbe a wall, (b), (c)", (q, 20), xytext=(1.5 * q, 20), fontsize=8, va="center",
        arrowprops={"arrowstyle": "->", "color": VALLEY.colour, "lw": 0.9},
    )  # fmt: skip
    axis.set_yscale("log")
    axis.set_yticks([5, 7, 11, 27, 63, 123], ["5", "7", "11", "27", "63", "123"])
    axis.minorticks_off()
    axis.set_xticks([q, 2 * q, 3 * q], ["$q$", "$2q$", "$3q$"])
    axis.set_xlim(0.8 * q, 3.05 * q)
    axis.set_xlabel(rf"width $p$ ($q = \dim^* = {q}$)")
    axis.set_ylabel("straight legs")
    axis.set_title("(a) one unit more\nthan $\\dim^*$ joins all")
    axis.legend(loc="upper right")


def _one_unit(axis: Axes, side: np.ndarray, losses: np.ndarray) -> None:
    axis.contourf(side, side, losses, levels=[0, 0.25, 0.5, 0.75, 1.0], cmap="Blues_r", vmin=-0.4, vmax=1.3)
    axis.contour(side, side, losses, levels=[2, 4, 8], colors="0.75", linewidths=0.6)
    axis.contour(side, side, losses, levels=[1.0], colors=VALLEY.colour, linewidths=1.4)
    axis.plot(0, 0, "o", color=VALLEY.colour, ms=4)
    for x, y in ((1.15, 1.15), (-1.5, -1.5)):
        axis.annotate("$L < 1$", (x, y), ha="center", va="center", fontsize=8, color="white" if x < 0 else "black")
    axis.annotate("$L = 1$", (0.03, 0), xytext=(0.9, -1.3), fontsize=8, color=VALLEY.colour,
                  arrowprops={"arrowstyle": "-", "color": VALLEY.colour, "lw": 0.8})  # fmt: skip
    axis.grid(False)
    axis.set_xlabel("output weight $u$")
    axis.set_ylabel("hidden weight $w$", labelpad=1)
    axis.set_title("(b) $p = q = 1$: two valleys\nthat meet in one point")


def _determinant(axis: Axes, part: Part) -> None:
    values, arrays = part.values["connected_width"], part.arrays
    for role, stem in ((STRAIGHT, "line"), (FOUND, "string")):
        for k, name in enumerate(sorted(name for name in arrays if name.startswith(stem))):
            axis.plot(*arrays[name], **role.style(lw=1.1, label=None if k else role.word))
    wall, top = values["floor"], max(values["peaks"].values())
    axis.plot([0, 0], [0, wall], color=VALLEY.colour, lw=3.5, solid_capstyle="butt", label="no network here")
    ends = [curve[:, [0, -1]] for name, curve in arrays.items() if name.startswith("line")]
    axis.plot(
        *np.hstack(ends), GOOD.marker, color=GOOD.colour, ms=8, clip_on=False, zorder=5, mec="white", label=GOOD.word
    )
    axis.set_xlabel(r"$\det F$ of unit filters")
    axis.set_ylabel("$L$", labelpad=1)
    axis.set_ylim(0, 1.9 * top)
    axis.set_title("(c) $p = q = 3$: a wall\nwhere $\\det F = 0$")
    axis.legend(loc="upper center", fontsize=7.5, ncols=1, borderpad=0.1, labelspacing=0.25)
