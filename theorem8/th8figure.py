"""Drawing of the thesis' Figures 2a and 2b and of the transition in the width."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from valleys.run.figure import DESCENT, FLOOR, GOOD, VALLEY, scientific, subplots
from valleys.run.pictures import Part

#: What is known of the landscape at a width: colour, hatching and words.
KNOWN: dict[str, tuple[str, str, str]] = {
    "certified": (GOOD.colour, "", "no spurious valley,\nwhatever the law"),
    "spurious": (VALLEY.colour, "", "spurious valleys\nfor some law"),
    "unknown": ("0.6", "///", "not known"),
}


def draw_contours(part: Part) -> Figure:
    """Figure 2a: a 2 x 2 grid, one run a panel, 18 labelled contour lines, the path and its end."""
    values, axis = part.values["fig2a"], part.arrays["axis"]
    surfaces, paths = part.arrays["surfaces"], part.arrays["paths"]
    levels = np.geomspace(surfaces.max() / 2e4, surfaces.max() * 0.9, 18)
    figure, axes = subplots(2, 2, height=7.0, sharex=True, sharey=True)
    for i, ax in enumerate(axes.flat):
        drawn = ax.contour(axis, axis, surfaces[i], levels=levels, colors="0.62", linewidths=0.7)
        ax.clabel(drawn, levels=levels[9::3], fmt=lambda v: f"{v:.0f}", fontsize=7.5, colors="0.25")
        ax.plot(*paths[i].T, **DESCENT.style(linewidth=2.0, linestyle="-"))
        ax.plot(*paths[i][0], "o", color="black", ms=4.5, label="start")
        ax.plot(*paths[i][-1], GOOD.marker, color=GOOD.colour, ms=11, mec="white", label=f"end, a {GOOD.word}")
        one, two = values["explained_variance"][i]
        ax.set_xlabel(f"component 1 ({one:.2f} % of the variance)")
        ax.set_ylabel(f"component 2 ({two:.2f} %)")
        ax.set_title(f"({'abcd'[i]}) start {i}: $L$ = {scientific(values['final_loss'][i])} at the end", fontsize=9)
        ax.set_aspect("equal")
        ax.grid(False)
        ax.tick_params(labelbottom=True, labelleft=True)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    figure.suptitle(
        "With $W$ fixed the loss is a bowl in $U$: gradient descent goes to its bottom\n"
        "(the last leg of the proof's path, and no more)",
        fontsize=10.5,
    )
    return figure


def draw_curves(part: Part) -> Figure:
    """Figure 2b: narrow widths above (logarithmic), the wide one below (linear), with the true minima."""
    rows, losses = part.values["fig2b"], part.arrays["losses"]
    figure, axes = subplots(2, 1, height=5.6, sharex=True, height_ratios=(2.1, 1))
    top, bottom = axes[:, 0]
    epochs = np.arange(losses.shape[1])
    for row, loss in zip(rows, losses, strict=True):
        wide = row["p"] > 10
        draw_run(bottom if wide else top, epochs, loss, row)
    top.set_yscale("log")
    below = "width $p$ below the $n = 10$ inputs: a better $W$ exists, and a way down to it"
    top.set_title(f"(a) {below}", fontsize=9, loc="left")
    bottom.set_title("(b) width $p$ above $n$: the best $U$ for the drawn $W$ has loss 0", fontsize=9, loc="left")
    bottom.set_ylim(bottom=-0.06 * losses[-1].max())
    bottom.set_xscale("symlog", linthresh=1)
    bottom.set_xlim(0, epochs[-1])
    ticks = [10**k for k in range(6) if 10**k <= epochs[-1]]
    bottom.set_xticks([0, *ticks], ["0", *map(str, ticks)])
    bottom.set_xlabel("epoch (a step of gradient descent on $U$)")
    handles, labels = top.get_legend_handles_labels()
    figure.legend(handles[:3], labels[:3], loc="outside lower center", ncols=3)
    figure.suptitle("Linear units, $W$ fixed: training stops at the best $U$ for that $W$", fontsize=10.5)
    return figure


def draw_run(ax: Axes, epochs: np.ndarray, loss: np.ndarray, row: dict[str, Any]) -> None:
    """One width: the loss, and both minima with their values at the right."""
    fixed, best = row["minimum_fixed_W"], row["minimum"]
    ax.plot(epochs, loss, **DESCENT.style(linestyle="-"))
    ax.axhline(fixed, color=FLOOR.colour, linestyle=FLOOR.line, linewidth=1.6, label="minimum for the drawn $W$")
    ax.axhline(best, color=GOOD.colour, linestyle="--", linewidth=1.3, label="minimum over $U$ and $W$")
    ax.set_ylabel("loss $L$")
    words = [(f"$p = {row['p']}$: {fixed:.4g}", fixed, FLOOR, 3), (f"best: {best:.4g}", best, GOOD, -3.5)]
    if best <= 1e-9:
        words = [(f"$p = {row['p']}$: 0", 0.0, FLOOR, 3)]
    for text, y, role, up in words:
        ax.annotate(
            text, (1.0, y), xycoords=("axes fraction", "data"), xytext=(5, up), textcoords="offset points",
            fontsize=7.5, color=role.colour, va="center",
        )  # fmt: skip


def draw_transition(part: Part) -> Figure:
    """One row a degree: share of runs that reach the minimum against width, over what is known of the landscape."""
    rows = part.values["transition"]
    figure, axes = subplots(3, 1, height=6.6, sharey=True)
    for degree, ax in zip((1, 2, 3), axes[:, 0], strict=True):
        mine = [row for row in rows if row["degree"] == degree]
        draw_known(ax, mine)
        draw_shares(ax, mine)
        power = "z" if degree == 1 else f"z^{degree}"
        ax.set_title(rf"({'abc'[degree - 1]}) $\sigma(z) = {power}$", fontsize=9, loc="left")
    axes[-1, 0].set_xlabel("width $p$ (hidden units)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend([handles[-1], *handles[:-1]], [labels[-1], *labels[:-1]], loc="outside lower center", ncols=3)
    figure.suptitle("A landscape without spurious valleys can still hold up gradient descent", fontsize=10.5)
    return figure


def draw_known(ax: Axes, rows: list[dict[str, Any]]) -> None:
    """Bands of widths of which the same is known, with words above the data."""
    kinds = [
        "certified" if row["certified"] else "spurious" if row["spurious_for_some_law"] else "unknown" for row in rows
    ]
    for kind, (colour, hatch, words) in KNOWN.items():
        widths = [row["p"] for row, mine in zip(rows, kinds, strict=True) if mine == kind]
        if widths:
            left, right = widths[0] - 0.5, widths[-1] + 0.5
            ax.axvspan(left, right, facecolor=colour if not hatch else "white", edgecolor="0.85", alpha=0.16, lw=0)
            if hatch:
                ax.axvspan(left, right, facecolor="none", edgecolor="0.88", hatch=hatch, lw=0)
            if right < rows[-1]["p"]:
                ax.axvline(right, color="0.6", linewidth=0.7)
            ax.annotate(
                words, ((left + right) / 2, 1.13), ha="center", va="bottom", fontsize=7.5, linespacing=1.1,
                bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
            )  # fmt: skip


def draw_shares(ax: Axes, rows: list[dict[str, Any]]) -> None:
    """Shares of runs: arrived (with intervals), not there, diverged."""
    p = np.array([row["p"] for row in rows])
    share = np.array([row["reached"] / row["runs"] for row in rows])
    error = np.abs([[row["low"] for row in rows], [row["high"] for row in rows]] - share)
    ax.errorbar(
        p, share, error, fmt="o-", color="black", capsize=2.5, ms=4.5, label="gradient descent reaches the minimum"
    )
    ax.plot(
        p,
        [r["unconverged"] / r["runs"] for r in rows],
        "s--",
        color="0.45",
        ms=4,
        label="it is not there yet, or stuck",
    )
    ax.plot(p, [r["diverged"] / r["runs"] for r in rows], "x:", color="0.45", ms=5, label="it diverges")
    ax.set(xlim=(0.5, p[-1] + 0.5), ylim=(-0.05, 1.5), xticks=p, yticks=[0, 0.5, 1], ylabel="share of runs")
    ax.grid(False)
