"""The further pictures of Theorem 16 (``--all``), drawn from the record alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from theorem16.th16figure import THEOREM, marked
from valleys.run.figure import CERTIFIED, DESCENT, subplots
from valleys.run.pictures import Part

TEACHERS = {
    "smooth": ("smooth: $g(w) = e^{\\langle w, v\\rangle}$", "#440154", "-"),
    "kinked": ("kinked: $g(w) = |\\langle w, v\\rangle - 0.3|$", "#31688E", "--"),
    "discontinuous": ("with a jump: $g(w) = 1$ if $\\langle w, v\\rangle > 0.3$, else 0", "#35B779", "-."),
    "sum": ("about three axes: $g(w) = \\sum_a e^{\\langle w, v_a\\rangle}$", "#D8A800", (0, (1, 1))),
}
"""Words, colour and line of each teacher: an even scale from dark to light, and four line styles."""

MEASURED = (("#9CC9E3", 5.0), (CERTIFIED.colour, 2.6), ("#06263A", 1.0))
"""Colour and thickness of curves that lie on one another."""


def draw_teachers(part: Part) -> Figure:
    """Median error over |f*|^2 for four teachers in three dimensions, with the exact law of each and the heuristic."""
    rows = part.values["teachers"]
    dimensions = sorted({row["d"] for row in rows})
    figure, axes = subplots(1, len(dimensions), height=3.7, sharey=True)
    for name, axis, d in zip("abc", axes[0], dimensions, strict=False):
        mine = [row for row in rows if row["d"] == d]
        _one_dimension(axis, mine)
        axis.set_title(f"({name}) $d = {d}$ inputs", loc="left", fontsize=9)
        axis.set_xlabel("width $p$")
    axes[0, 0].set_ylabel(r"median error$\,/\,|f^*|^2$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    figure.suptitle(
        "Every teacher tried stays below its law $1/p$, and falls faster the fewer the inputs", fontsize=10.5
    )
    return marked(figure, part)


def _one_dimension(axis: Axes, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        words, colour, line = TEACHERS[row["teacher"]]
        widths, scale = np.array(row["widths"]), row["f_norm2"]
        axis.loglog(widths, np.array(row["median"]) / scale, color=colour, linestyle=line, label=words)
    laws = np.array([row["law_constant"] / row["f_norm2"] for row in rows])
    axis.fill_between(widths, laws.min() / widths, laws.max() / widths, color="black", alpha=0.12, linewidth=0)
    for i, law in enumerate((laws.min(), laws.max())):
        axis.loglog(
            widths, law / widths, **THEOREM, label=None if i else "exact laws, constant$\\,/p$: smallest and largest"
        )
    late = widths[widths >= 16]
    if len(late):
        below = min(np.interp(late[0], row["widths"], row["median"]) / row["f_norm2"] for row in rows) / 8
        heuristic = rows[0]["slope_heuristic"]
        axis.loglog(
            late, below * (late / late[0]) ** heuristic, ":", color=DESCENT.colour, linewidth=1.8,
            label="heuristic, $p^{-(d+2)/(d-1)}$ (no bound)",
        )  # fmt: skip
    slopes = sorted(row["slope_median"] for row in rows if row["slope_median"] is not None)
    if slopes:
        low, high = (f"{slope:.2f}" for slope in (slopes[0], slopes[-1]))
        text = f"from $p = 16$ on:\nslopes ${low}$ to ${high}$\nheuristic ${rows[0]['slope_heuristic']:.2f}$"
        axis.text(0.04, 0.04, text, transform=axis.transAxes, fontsize=7.5, va="bottom", linespacing=1.3)


def draw_guarantee(part: Part) -> Figure:
    """Part 1: width against lambda, asked for and observed.  Part 2: probability, stated and measured."""
    v = part.values["guarantee"]
    figure, axes = subplots(1, 2, height=3.7)
    _part_one(axes[0, 0], v)
    _part_two(axes[0, 1], v)
    for axis in axes[0]:
        axis.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.22), borderaxespad=0.0)
    figure.suptitle("The theorem asks for far more than is needed: guarantee and measurement", fontsize=10.5)
    return marked(figure, part)


def _part_one(axis: Axes, v: dict[str, Any]) -> None:
    rows = v["part1"]
    value = np.array([row["lambda"] for row in rows])
    for key, label, style in (
        ("width_paper", r"guaranteed, by $d(\lambda) \leq 1/(2\lambda)$", {**THEOREM, "linestyle": ":"}),
        ("width_exact", r"guaranteed, by $d(\lambda)$ itself", THEOREM),
        ("width_observed", f"measured: enough in {100 * (1 - v['delta']):g} % of the draws",
         {"color": CERTIFIED.colour, "marker": "o", "markersize": 3}),
    ):  # fmt: skip
        axis.loglog(value, [np.nan if row[key] is None else row[key] for row in rows], label=label, **style)
    axis.set_xlabel(r"$\lambda$: the error is to be at most $4\lambda|g|^2$")
    axis.set_ylabel("width $p$ that suffices")
    axis.set_title("(a) part 1: how many units", loc="left", fontsize=9)


def _part_two(axis: Axes, v: dict[str, Any]) -> None:
    ratio, stated = (np.array(v["part2"][0][key]) for key in ("ratio", "stated"))
    axis.plot(
        ratio[ratio >= 1], stated[ratio >= 1], **THEOREM, label=r"guaranteed at least, from $\varepsilon = \sqrt{v}$ on"
    )
    for row, (colour, thick) in zip(v["part2"], MEASURED, strict=False):
        words = f"measured, $p = {row['p']}$, {row['draws']} draws"
        axis.plot(row["ratio"], row["measured"], color=colour, linewidth=thick, label=words)
    axis.set_xlabel(r"$\varepsilon\,/\sqrt{v}$ with $v = C^2/p$")
    axis.set_ylabel(r"probability of an error $\leq \varepsilon^2$")
    axis.set_title("(b) part 2: how surely", loc="left", fontsize=9)
