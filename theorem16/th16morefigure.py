"""The further pictures of Theorem 16 (--all), drawn from the record alone."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from valleys.run.figure import BLUE, GREY, PALETTE, RED, letter, subplots
from valleys.run.pictures import Part

LABELS = {
    "smooth": r"$g = e^{t}$",
    "kinked": r"$g = |t - 0.3|$",
    "discontinuous": r"$g = 1_{t > 0.3}$",
    "sum": r"$\sum_a e^{\langle w, v_a\rangle}$, three axes",
}


def draw_teachers(part: Part) -> Figure:
    """Median error over |f*|^2 for four teachers in three dimensions, with the exact law of each and the heuristic."""
    rows = part.values["teachers"]
    dimensions = sorted({row["d"] for row in rows})
    figure, axes = subplots(1, len(dimensions), height=3.4, width=9.8, sharey=True)
    for axis, d in zip(axes[0], dimensions, strict=True):
        mine = [row for row in rows if row["d"] == d]
        for row, colour in zip(mine, PALETTE, strict=False):
            widths, scale = np.array(row["widths"]), row["f_norm2"]
            axis.fill_between(
                widths, np.array(row["q05"]) / scale, np.array(row["q95"]) / scale, color=colour, alpha=0.2, linewidth=0
            )
            axis.loglog(
                widths,
                np.array(row["median"]) / scale,
                color=colour,
                label=f"{LABELS[row['teacher']]}: {_number(row['slope_median'])}",
            )
            axis.loglog(widths, row["law_constant"] / scale / widths, "--", color=colour, linewidth=0.8)
        heuristic, widths = mine[0]["slope_heuristic"], np.array(mine[0]["widths"])
        late = widths[widths >= 16]
        start = min(row["median"][int(np.argmax(np.array(row["widths"]) >= 16))] / row["f_norm2"] for row in mine) / 20
        axis.loglog(
            late,
            start * (late / late[0]) ** heuristic,
            ":",
            color="black",
            label=f"heuristic $-(d+2)/(d-1)$: {_number(heuristic)}",
        )
        axis.plot([], [], "--", color=GREY, linewidth=0.8, label="exact laws: \N{MINUS SIGN}1")
        axis.set_xlabel("width $p$")
        axis.text(0.97, 0.97, f"$d = {d}$", transform=axis.transAxes, ha="right", va="top", fontsize=9)
        axis.legend(
            loc="lower left",
            fontsize=7,
            borderaxespad=0.1,
            title="slopes from $p = 16$ on",
            title_fontsize=7,
            alignment="left",
        )
    axes[0, 0].set_ylabel(r"$R^2(W)\,/\,|f^*|^2$, median and 5 to 95 %")
    low = min(min(row["q05"]) / row["f_norm2"] for row in rows)
    axes[0, 0].set_ylim(low / 1e5, 60)
    letter(axes)
    return _marked(figure, part)


def draw_guarantee(part: Part) -> Figure:
    """Part 1: width against lambda, asked for and observed.  Part 2: probability, stated and measured."""
    v = part.values["guarantee"]
    figure, axes = subplots(1, 2, height=3.3, width=8.6)
    width, probability = axes[0]
    rows = v["part1"]
    value = np.array([row["lambda"] for row in rows])
    for key, colour, label in (
        ("width_paper", RED, r"asked for, with $d(\lambda) \leq 1/(2\lambda)$"),
        ("width_exact", PALETTE[2], r"asked for, with the exact $d(\lambda)$"),
        ("width_observed", BLUE, f"enough in {1 - v['delta']:.0%} of the draws"),
    ):
        y = np.array([np.nan if row[key] is None else row[key] for row in rows])
        width.loglog(value, y, color=colour, marker="o" if key == "width_observed" else None, markersize=3, label=label)
    width.set_xlabel(r"$\lambda$; the risk is to be $\leq 4\lambda|g|^2$")
    width.set_ylabel("width $p$")
    width.set_ylim(0.7, width.get_ylim()[1] * 300)
    width.legend(loc="upper right")
    for row, colour, thick in zip(v["part2"], PALETTE, (3.6, 2.2, 1.0), strict=False):
        probability.plot(
            row["ratio"],
            row["measured"],
            color=colour,
            linewidth=thick,
            label=f"measured, $p = {row['p']}$, {row['draws']} draws",
        )
    ratio, stated = (np.array(v["part2"][0][key]) for key in ("ratio", "stated"))
    probability.plot(
        ratio[ratio >= 1], stated[ratio >= 1], "--", color="black", label=r"stated, for $\varepsilon \geq \sqrt{v}$"
    )
    probability.set_xlabel(r"$\varepsilon / \sqrt{v}$, $v = C^2/p$")
    probability.set_ylabel(r"$P(R_{MC} \leq \varepsilon)$")
    probability.legend(loc="lower right")
    letter(axes)
    return _marked(figure, part)


def _number(slope: float | None) -> str:
    return "none" if slope is None else f"{slope:.2f}".replace("-", "\N{MINUS SIGN}")


def _marked(figure: Figure, part: Part) -> Figure:
    if part.partial:
        figure.suptitle("partial: not every trial is done", color=RED, fontsize=9)
    return figure
