"""Drawing for Theorem 12 and Corollary 14: no mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from valleys.run.figure import CERTIFIED, DESCENT, GREY, STRAIGHT, VALLEY, WIDTH, subplots
from valleys.run.pictures import Part

STYLES = {
    "sharp": (
        "-",
        2.4,
        CERTIFIED.colour,
        "certified path, $p = n$ units (beyond the paper): straight legs, each falls",
    ),
    "paper": ((0, (4, 2)), 1.1, "#06263A", "certified path, $p = 2n + 1$ units (the paper's, last step mended)"),
}
PRINTED = "the paper's last step as printed: a straight line in $(u, W)$"
TITLES = {
    "psd": "positive semi-definite target, Gaussian inputs",
    "indefinite": "indefinite target, Gaussian inputs",
    "theorem13": "the law of Corollary 14",
}
#: How strongly what is known at a width is shaded: told apart in grey print, too.
TINTS = {CERTIFIED.colour: 0.1, VALLEY.colour: 0.38}
#: The axis of losses ends here, in units of the loss at the start: a step that climbs further leaves the picture.
HIGHEST = 1.5
#: Losses that differ by less, in the same units, are one level.
LEVEL = 1e-9


def draw_quadratic_path(part: Part) -> Figure:
    """``quadratic_path``: both paths from a random start; near the optimum, with the step as printed."""
    shown: dict[str, Any] = part.values["quadratic_path"]
    if shown.get("single"):
        return draw_single(part, shown)
    n = shown["ns"][0]
    figure, axes = subplots(1, 2, height=3.5, sharey=True)
    for axis, place in zip(axes[0], ("far", "near"), strict=True):
        for method, (line, thick, colour, label) in STYLES.items():
            if f"{place}_{method}_{n}" in part.arrays:
                values = part.arrays[f"{place}_{method}_{n}"]
                places = halves(values) if method == "paper" else np.linspace(0, 1, len(values))
                axis.plot(places, values, linestyle=line, linewidth=thick, color=colour, label=label)
        axis.axhline(1, color=GREY, linewidth=0.7, zorder=1)
        axis.set_xticks(
            [0.25, 0.75],
            ["the paper's: $A$ stays", "the paper's: $A$ goes\nstraight to its target"],
        )
        axis.axvline(0.5, color=GREY, linewidth=0.7)
        axis.tick_params(axis="x", length=0)
        axis.grid(False, axis="x")
        axis.set(xlim=(0, 1), ylim=(-0.04, HIGHEST))
    axes[0, 0].set_ylabel("loss on the way$\\,/\\,$loss $L_0$ at the start")
    axes[0, 0].set_title(f"(a) a {shown['start']} start", loc="left", fontsize=9)
    axes[0, 1].set_title("(b) a start near the optimum", loc="left", fontsize=9)
    printed_step(axes[0, 1], part, next(entry for entry in shown["printed"] if entry["n"] == n))
    figure.suptitle("From every start a way down, at width $p = n$ already", fontsize=10.5)
    figure.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower center", ncols=1)
    return figure


def printed_step(axis: Axes, part: Part, entry: dict[str, Any]) -> None:
    """The step as printed, cut at the top of the axis, with both of its rises in words."""
    values = part.arrays[f"printed_{entry['n']}"]
    axis.plot(np.linspace(0.5, 1, len(values)), values, **STRAIGHT.style(linewidth=1.8, label=PRINTED))
    if values.max() <= 1 + LEVEL:
        return
    where = 0.5 + 0.5 * int(values.argmax()) / (len(values) - 1)
    high = min(float(values.max()), HIGHEST)
    # the colour of lines is too light for small letters
    axis.annotate(
        f"climbs {entry['above_start']:.3g} $L_0$ above\nthe start, {entry['relative_rise']:.3g} $L_0$\nabove its own dip",
        (where, high), xytext=(0.04, 1.43), ha="left", va="top", fontsize=7.5, color="#8A5A00",
        arrowprops={"arrowstyle": "->", "color": "#8A5A00"} if high < HIGHEST else None,
    )  # fmt: skip
    if high == HIGHEST:
        axis.annotate(
            "", (where, HIGHEST), xytext=(where, HIGHEST - 0.2),
            arrowprops={"arrowstyle": "-|>", "color": "#8A5A00"}, annotation_clip=False,
        )  # fmt: skip
        axis.annotate(
            f"to {float(values.max()):.3g} $L_0$",
            (where, HIGHEST - 0.21),
            ha="center",
            va="top",
            fontsize=7.5,
            color="#8A5A00",
        )


def halves(values: np.ndarray) -> np.ndarray:
    """Where to draw the paper's path: its level part over [0, 1/2], the rest over [1/2, 1]."""
    level = np.flatnonzero(abs(values - values[0]) <= LEVEL)
    flat = int(level[-1]) if len(level) else 0
    rest = max(len(values) - 1 - flat, 1)
    return np.concatenate([np.linspace(0, 0.5, flat + 1), 0.5 + 0.5 * np.arange(1, len(values) - flat) / rest])


def draw_single(part: Part, shown: dict[str, Any]) -> Figure:
    """The loss along one path."""
    figure, axes = subplots(1, 1, height=2.8, width=WIDTH / 1.6)
    values = part.arrays["single"]
    axes[0, 0].plot(np.linspace(0, 1, len(values)), values, **CERTIFIED.style())
    for k in range(1, shown["legs"]):
        axes[0, 0].axvline(k / shown["legs"], color=GREY, linewidth=0.5, linestyle=":")
    axes[0, 0].set(xlabel=f"share of the way ({shown['legs']} legs)", ylim=(-0.04, None))
    axes[0, 0].set_ylabel("loss on the way$\\,/\\,$loss $L_0$ at the start")
    axes[0, 0].set_title(f"$n = {shown['n']}$, $p = {shown['p']}$, {shown['method']} path")
    return figure


def draw_phase_diagram(part: Part) -> Figure:
    """``phase_diagram``: what is known at each width (shaded), and how often gradient descent gets there."""
    shown, cells = part.values["phase_diagram"], part.values["phase"]
    n, targets = shown["ns"][-1], drawn_targets(shown["targets"])
    figure, axes = subplots(len(targets), 1, height=1.3 + 1.75 * len(targets), sharex=True, sharey=True)
    for axis, target, name in zip(axes[:, 0], targets, "abc", strict=False):
        some = [c for c in cells if (c["n"], c["target"]) == (n, target)]
        regions(axis, some)
        reach(axis, some)
        words = TITLES.get(target, "target " + target.rsplit("/", 1)[-1] + ", Gaussian inputs")
        axis.set_title(f"({name}) {words}", loc="left", fontsize=9)
        axis.set(xlim=(some[0]["p"] - 0.5, some[-1]["p"] + 0.5), ylim=(-0.05, 1.45), yticks=(0, 0.5, 1))
        axis.set_xticks([c["p"] for c in some])
        axis.grid(False)
    axes[-1, 0].set_xlabel(f"width $p$ (hidden units), for $n = {n}$ inputs")
    figure.supylabel("share of runs that reach the minimum", fontsize=9)
    figure.suptitle(
        "From width $n$ on every start has a way down; gradient descent does not always find it", fontsize=10.5
    )
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center")
    return figure


def drawn_targets(targets: list[str]) -> list[str]:
    """The two that tell it: a target without a statement below ``n``, and the law of Corollary 14; all in the record."""
    return [target for target in targets if target != "indefinite"] if len(targets) > 2 else targets


def known(c: dict[str, Any]) -> tuple[str, str | None]:
    """What is known at a width, in words, and its colour."""
    if c["certified"]:
        return "a way down from every start (paths exact)", CERTIFIED.colour
    if c["spurious"]:
        return "proved: a spurious valley", VALLEY.colour
    return "no statement for this law", None


def regions(axis: Axes, some: list[dict[str, Any]]) -> None:
    """Shade neighbouring widths of which the same is known, and write what it is."""
    begin = 0
    for i, c in enumerate(some):
        words, colour = known(c)
        if i + 1 < len(some) and known(some[i + 1]) == (words, colour):
            continue
        left, right = some[begin]["p"] - 0.5, c["p"] + 0.5
        if colour is None:
            axis.axvspan(left, right, facecolor="none", edgecolor="0.8", hatch="////", linewidth=0)
        else:
            axis.axvspan(left, right, color=colour, alpha=TINTS[colour], linewidth=0)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        axis.text(
            (left + right) / 2, 1.26, words, ha="center", va="center", fontsize=8, color=colour or "0.25", bbox=box
        )
        axis.axvline(right, color="white", linewidth=1.5)
        begin = i + 1


def reach(axis: Axes, some: list[dict[str, Any]]) -> None:
    """The share of runs that reach the minimum, with its interval."""
    p, share = [c["p"] for c in some], np.array([c["gd_success"] for c in some])
    below, above = share - [c["gd_low"] for c in some], [c["gd_high"] for c in some] - share
    axis.errorbar(
        p, share, yerr=np.clip(np.array([below, above]), 0, None), fmt=DESCENT.marker, color=DESCENT.colour,
        markersize=4.5, linestyle=DESCENT.line, linewidth=1.0, capsize=2, elinewidth=1.2, zorder=5,
        label=f"{DESCENT.word}: share of {some[0]['gd_runs']} runs, 95 % intervals",
    )  # fmt: skip
