"""Drawing for Theorem 12 and Corollary 14: no mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from valleys.run.figure import BLUE, GREEN, GREY, ORANGE, RED, WIDTH, letter, subplots
from valleys.run.pictures import Part

STYLES = {"sharp": (BLUE, "-", "sharp path, $p = n$"), "paper": (GREEN, "-.", "the paper's path, $p = 2n + 1$")}
PRINTED = "the paper's last step as printed"
TITLES = {"psd": "positive semi-definite target", "indefinite": "indefinite target", "theorem13": "law of Corollary 14"}


def draw_quadratic_path(part: Part) -> Figure:
    """``quadratic_path``: far and near starts (rows), dimensions (columns)."""
    shown: dict[str, Any] = part.values["quadratic_path"]
    if shown.get("single"):
        return draw_single(part, shown)
    ns = shown["ns"]
    figure, axes = subplots(
        2, len(ns), height=4.6, sharex=True, sharey="row", width=WIDTH if len(ns) > 1 else WIDTH / 2
    )
    for j, n in enumerate(ns):
        for i, place in enumerate(("far", "near")):
            axis = axes[i, j]
            for method, (colour, style, label) in STYLES.items():
                if f"{place}_{method}_{n}" in part.arrays:
                    curve(axis, part.arrays[f"{place}_{method}_{n}"], color=colour, linestyle=style, label=label)
            axis.set_title(
                f"$n = {n}$: {shown['start']} start" if place == "far" else f"$n = {n}$: start near the optimum"
            )
        curve(axes[1, j], part.arrays[f"printed_{n}"], color=RED, linestyle="--", label=PRINTED)
        rise = next(e["relative_rise"] for e in shown["printed"] if e["n"] == n)
        axes[1, j].annotate(
            f"rises by {rise:.2g} $L_0$", (0.5, part.arrays[f"printed_{n}"].max()), xytext=(0, 2),
            textcoords="offset points", ha="center", va="bottom", fontsize=8, color=RED,
        )  # fmt: skip
        axes[1, j].set_xlabel("share of the way")
    highest = max(part.arrays[f"printed_{n}"].max() for n in ns) or 1.0
    axes[1, 0].set_ylim(-0.04 * highest, 1.15 * highest)
    for row in axes:
        row[0].set_ylabel("$L / L_0$")
    letter(axes)
    handles, labels = axes[1, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3 if len(ns) > 1 else 1)
    return figure


def curve(axis: Axes, values: Any, **style: Any) -> None:
    """Values along a path, each leg with its share."""
    axis.plot(np.linspace(0, 1, len(values)), values, **style)


def draw_single(part: Part, shown: dict[str, Any]) -> Figure:
    """The loss along one path."""
    figure, axes = subplots(1, 1, height=2.8, width=WIDTH / 1.6)
    curve(axes[0, 0], part.arrays["single"], color=BLUE)
    for k in range(1, shown["legs"]):
        axes[0, 0].axvline(k / shown["legs"], color=GREY, linewidth=0.5, linestyle=":")
    axes[0, 0].set(xlabel=f"share of the way ({shown['legs']} legs)", ylabel="$L / L_0$", ylim=(-0.04, None))
    axes[0, 0].set_title(f"$n = {shown['n']}$, $p = {shown['p']}$, {shown['method']} path")
    return figure


def draw_phase_diagram(part: Part) -> Figure:
    """``phase_diagram``: one panel a target; shading: what is known; points: what gradient descent does."""
    shown, cells = part.values["phase_diagram"], part.values["phase"]
    ns, targets = shown["ns"], shown["targets"]
    figure, axes = subplots(
        len(targets) * len(ns), 1, height=1.0 + 1.55 * len(targets) * len(ns), sharey=True, sharex=len(ns) == 1
    )
    panels = [(n, target) for n in ns for target in targets]
    for axis, (n, target) in zip(axes[:, 0], panels, strict=True):
        some = [c for c in cells if (c["n"], c["target"]) == (n, target)]
        for c in some:
            shade(axis, c)
        reach(axis, some)
        axis.set_title(f"{TITLES.get(target, 'target ' + target.rsplit('/', 1)[-1])}, $n = {n}$", loc="left")
        axis.set(xlim=(some[0]["p"] - 0.5, some[-1]["p"] + 0.5), ylim=(-0.05, 1.42), yticks=(0, 0.5, 1))
        axis.set_xticks([c["p"] for c in some])
        axis.grid(False)
    axes[-1, 0].set_xlabel("width $p$")
    figure.supylabel("runs of gradient descent that reach the minimum", fontsize=9)
    handles = [
        Patch(facecolor=RED, alpha=0.25), Patch(facecolor="white", edgecolor=GREY, hatch="////"),
        Patch(facecolor=BLUE, alpha=0.18), axes[0, 0].errorbar([], [], yerr=[], fmt="o", color=ORANGE, markersize=4),
    ]  # fmt: skip
    names = [
        "spurious valley proved (its barrier)",
        "not known",
        "certified path (its rise out of stuck runs)",
        "gradient descent",
    ]
    figure.legend(handles, names, loc="outside upper center", ncols=2)
    return figure


def shade(axis: Axes, c: dict[str, Any]) -> None:
    """What is known at this width."""
    left, right, text, colour = c["p"] - 0.5, c["p"] + 0.5, "", GREY
    if c["certified"]:
        axis.axvspan(left, right, color=BLUE, alpha=0.18, linewidth=0)
        text, colour = ("" if c["stuck_path_rise"] is None else power(c["stuck_path_rise"])), BLUE
    elif c["spurious"]:
        axis.axvspan(left, right, color=RED, alpha=0.25, linewidth=0)
        text, colour = f"{c['barrier']:.4g}", RED
    else:
        axis.axvspan(left, right, facecolor="none", edgecolor=GREY, hatch="////", alpha=0.5, linewidth=0)
    axis.axvline(right, color="white", linewidth=1.0)
    axis.text(c["p"], 1.25, text, ha="center", va="center", fontsize=7, color=colour)


def power(x: float) -> str:
    """A small number as a reader wants it."""
    if x == 0:
        return "$0$"
    digits, exponent = f"{x:.0e}".split("e")
    return rf"${digits} \cdot 10^{{{int(exponent)}}}$"


def reach(axis: Axes, some: list[dict[str, Any]]) -> None:
    """The share of runs that reach the minimum, with its interval."""
    p, share = [c["p"] for c in some], np.array([c["gd_success"] for c in some])
    below, above = share - [c["gd_low"] for c in some], [c["gd_high"] for c in some] - share
    axis.errorbar(
        p, share, yerr=np.clip(np.array([below, above]), 0, None), fmt="o-", color=ORANGE, markersize=4, linewidth=1.0,
        capsize=2, elinewidth=1.2, zorder=5,
    )  # fmt: skip
