"""Drawing of the thesis' Figures 2a and 2b and of the transition in the width."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from valleys.run.figure import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, letter, scientific, subplots
from valleys.run.pictures import Part


def draw_contours(part: Part) -> Figure:
    """Figure 2a: a 2 x 2 grid, one run a panel, 18 labelled contour lines, the path and its end."""
    values, axis = part.values["fig2a"], part.arrays["axis"]
    surfaces, paths = part.arrays["surfaces"], part.arrays["paths"]
    levels = np.geomspace(surfaces.max() / 2e4, surfaces.max() * 0.9, 18)
    figure, axes = subplots(2, 2, height=6.9, sharex=True, sharey=True)
    for i, ax in enumerate(axes.flat):
        drawn = ax.contour(axis, axis, surfaces[i], levels=levels, cmap="viridis", linewidths=0.7)
        ax.clabel(drawn, levels=levels[9::3], fmt=lambda v: f"{v:.0f}", fontsize=6)
        ax.plot(*paths[i].T, color=RED, lw=1.6, label="gradient descent on $U$")
        ax.plot(*paths[i][0], "o", color=RED, ms=4, label="start")
        ax.plot(*paths[i][-1], "*", color="black", ms=10, label="end")
        one, two = values["explained_variance"][i]
        ax.set_xlabel(f"component 1 ({one:.2f} % of the variance of steps)")
        ax.set_ylabel(f"component 2 ({two:.2f} %)")
        ax.set_title(f"({'abcd'[i]}) start {i}: $L$ = {scientific(values['final_loss'][i])} at the end", fontsize=9)
        ax.set_aspect("equal")
        ax.grid(False)
        ax.tick_params(labelbottom=True, labelleft=True)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    figure.suptitle(
        "Loss in the plane of the path: $W$ fixed, so $L$ is convex in $U$ at any width;\n"
        "this is the last leg of the proof's path, no more",
        fontsize=10,
    )
    return figure


def draw_curves(part: Part) -> Figure:
    """Figure 2b: narrow widths above (logarithmic), the wide one below (linear), with the true minima."""
    rows, losses = part.values["fig2b"], part.arrays["losses"]
    figure, axes = subplots(2, 1, height=5.6, sharex=True, height_ratios=(1.5, 1))
    top, bottom = axes[:, 0]
    epochs = np.arange(losses.shape[1])
    for entry, loss, colour in zip(rows, losses, (BLUE, ORANGE, GREEN, PURPLE), strict=True):
        wide = entry["p"] > 10
        ax = bottom if wide else top
        ax.plot(epochs, loss, color=colour, label=f"$p = {entry['p']}$")
        for key, style in (("minimum_fixed_W", ":"), ("minimum", "--")):
            ax.axhline(entry[key], color=colour, ls=style, lw=1.1)
        if not wide:
            fixed, best = entry["minimum_fixed_W"], entry["minimum"]
            ax.annotate(
                f"for this $W$: {fixed:.4g}\nover all $\\theta$: {best:.4g}", (1.005, (fixed * best) ** 0.5),
                xycoords=("axes fraction", "data"), fontsize=7.5, color=colour, va="center", linespacing=1.1,
            )  # fmt: skip
    top.set_xlim(0, epochs[-1])
    top.set_yscale("log")
    top.set_ylabel("loss $L$")
    top.set_title("under $n = 10$: the loss stops at the minimum for this $W$ (dotted)", fontsize=9)
    bottom.set_title("over $n = 10$: both minima are 0", fontsize=9)
    bottom.set_ylabel("loss $L$")
    bottom.set_xlabel("epoch")
    bottom.set_ylim(bottom=-0.04 * losses[-1].max())
    top.legend(loc="upper center", ncols=3)
    bottom.legend(loc="upper right")
    letter(axes)
    return figure


def draw_transition(part: Part) -> Figure:
    """One row a degree: share of runs that reach the minimum against width, over what is known of the landscape."""
    rows = part.values["transition"]
    figure, axes = subplots(3, 1, height=7.2, sharey=True)
    for degree, ax in zip((1, 2, 3), axes[:, 0], strict=True):
        mine = [row for row in rows if row["degree"] == degree]
        p = np.array([row["p"] for row in mine])
        for row in mine:
            if row["certified"]:
                ax.axvspan(row["p"] - 0.5, row["p"] + 0.5, color=GREEN, alpha=0.18, lw=0)
            elif row["spurious_for_some_law"]:
                ax.axvspan(row["p"] - 0.5, row["p"] + 0.5, color=RED, alpha=0.2, lw=0)
            else:
                ax.axvspan(row["p"] - 0.5, row["p"] + 0.5, facecolor="white", hatch="///", edgecolor="0.8", lw=0)
        share = np.array([row["reached"] / row["runs"] for row in mine])
        error = np.abs([[row["low"] for row in mine], [row["high"] for row in mine]] - share)
        ax.errorbar(p, share, error, fmt="o-", color=BLUE, capsize=2.5, ms=4, label="reached the minimum")
        ax.plot(
            p, [r["unconverged"] / r["runs"] for r in mine], "s--", color=GREY, ms=4, label="not there yet, or stuck"
        )
        ax.plot(p, [r["diverged"] / r["runs"] for r in mine], "x:", color=RED, ms=5, label="diverged")
        ax.set_xlim(0.5, p[-1] + 0.5)
        ax.set_ylim(-0.04, 1.06)
        ax.set_xticks(p)
        ax.set_ylabel("share of runs")
        ax.set_title(
            rf"degree {degree}: $\sigma(z) = {'z' if degree == 1 else f'z^{degree}'}$, $n = 3$; step {mine[0]['step']}, "
            f"{mine[0]['steps']} steps, {mine[0]['runs']} runs",
            fontsize=9,
        )
        ax.grid(False)
    axes[-1, 0].set_xlabel("width $p$")
    letter(axes)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    handles += [
        Patch(color=RED, alpha=0.2, lw=0), Patch(facecolor="white", hatch="///", edgecolor="0.8"),
        Patch(color=GREEN, alpha=0.18, lw=0),
    ]  # fmt: skip
    labels += ["spurious valleys for some law", "unknown", "a descent path from anywhere"]
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure
