"""Drawing of the certified descent paths: log of ``L - L*`` along the legs, and the gully around a path."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from theorem8.th8data import STARTS
from valleys.run.figure import BLUE, GREEN, GREY, RED, letter, scientific, subplots
from valleys.run.pictures import Part

#: The picture ends at this share of the start: the descent to the end, many decades below, is written as a number.
LOWEST = 1e-4
TITLES = {
    "linear": "linear, $N(0, I)$",
    "cubic": "cubic, $N(0, I)$",
    "relu": "ReLU, diabetes",
    "sigmoid": "sigmoid, diabetes",
}


def _path_curve(legs: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position (0 to 3) and loss; a path of one leg is the last one, the first two being empty."""
    positions = np.concatenate([i + 3 - len(legs) + times for i in range(len(legs))])
    if len(legs) < 3:
        return np.concatenate([[0.0], positions]), np.concatenate([legs[0][:1], legs.ravel()])
    return positions, legs.ravel()


def _panel(ax: Axes, arrays: dict[str, np.ndarray], rows: list[dict[str, Any]]) -> Axes:
    """One problem: certified paths (blue), straight lines (red, dashed), gradient descent (green, upper axis)."""
    worst = max(range(len(rows)), key=lambda i: (rows[i]["relative_rise"], rows[i]["straight_line_rise"]))
    times = arrays["times"]
    above = ax.twiny()
    for i in range(len(rows)):
        bold = i == worst
        style: dict[str, Any] = {"lw": 1.9 if bold else 0.7, "alpha": 1.0 if bold else 0.55, "zorder": 3 if bold else 2}
        x, y = _path_curve(arrays[f"path{i}"], times)
        ax.plot(x, y, color=BLUE, label="certified path" if bold else None, **style)
        line = arrays[f"line{i}"]
        ax.plot(3 * times, line, color=RED, ls="--", label="straight line to the same end" if bold else None, **style)
        steps, loss = arrays[f"descent{i}"]
        above.plot(steps, loss, color=GREEN, ls="-.", **style)
    ax.plot([], [], color=GREEN, ls="-.", label="gradient descent (upper axis)")
    ax.set_yscale("log")
    ax.set_ylim(
        LOWEST * min(row["start_loss"] for row in rows), 4 * max(arrays[f"line{i}"].max() for i in range(len(rows)))
    )
    ending = max(row["end_excess"] for row in rows)
    ax.annotate(
        rf"all paths end at $L - L^* \leq$ {scientific(ending)}", (0.97, 0.04), xycoords="axes fraction",
        ha="right", fontsize=7.5,
        bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none"}, zorder=5,
    )  # fmt: skip
    for boundary in (1, 2):
        ax.axvline(boundary, color=GREY, lw=0.8)
    ax.set_xticks([0.5, 1.5, 2.5], ["free units", "new rows", "line in $U$"])
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(0, 3)
    ax.grid(False, axis="x")
    above.spines["top"].set_visible(True)
    above.spines["top"].set_color(GREEN)
    above.tick_params(axis="x", colors=GREEN, labelsize=7)
    above.set_xlim(0, steps[-1])
    above.grid(False)
    return above


def draw_descents(part: Part) -> Figure:
    """Four panels, one a problem; the worst of the four starts bold."""
    figure, axes = subplots(2, 2, height=6.4)
    for (name, title), ax in zip(TITLES.items(), axes.flat, strict=True):
        rows = [row for row in part.values["descent"] if row["name"] == name]
        arrays = {key.partition("/")[2]: value for key, value in part.arrays.items() if key.startswith(name + "/")}
        above = _panel(ax, {**arrays, "times": part.arrays["times"]}, rows)
        worst = max(row["relative_rise"] for row in rows)
        above.set_title(
            rf"{title}: $p = {rows[0]['p']}$, $\dim^* = {rows[0]['dimension']}$"
            + f"\nlargest rise on a leg: {scientific(worst)} of $L_0$",
            fontsize=9,
        )
        ax.set_ylabel("$L - L^*$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    figure.suptitle("Descent paths from four starts (" + ", ".join(STARTS) + "; the worst bold)", fontsize=10)
    return figure


def draw_own(part: Part) -> Figure:
    """One panel for a user's own data."""
    row = part.values["descent"][0]
    figure, axes = subplots(1, 1, height=3.9, width=5.2)
    ax = axes[0, 0]
    above = _panel(ax, part.arrays, [row])
    above.set_title(
        rf"{row['activation']}, {row['law']}: $p = {row['p']}$, $\dim^* = {row['dimension']}$"
        + f"\nlargest rise {scientific(row['relative_rise'])} of $L_0$, end loss {scientific(row['end_loss'])}",
        fontsize=9,
    )
    ax.set_ylabel("$L - L^*$")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def draw_gully(part: Part) -> Figure:
    """Contours of ``log10 L`` around a path; the path below, the chord above."""
    names = list(part.values["gully"])
    figure, axes = subplots(len(names), 1, height=2.9 * len(names) + 0.5)
    for name, ax in zip(names, axes[:, 0], strict=True):
        s, d = part.arrays[f"{name}/s"], part.arrays[f"{name}/d"]
        grid, legs = part.arrays[f"{name}/grid"], int(part.arrays[f"{name}/legs"])
        shown = np.log10(np.maximum(grid, grid.max() * 1e-3))
        drawn = ax.contourf(s * legs, d, shown, levels=24, cmap="viridis")
        figure.colorbar(drawn, ax=ax, label=r"$\log_{10}(L - L^*)$")
        ax.axhline(0, color="white", lw=2.2)
        ax.axhline(1, color=RED, lw=1.8, ls="--")
        box = {"boxstyle": "round,pad=0.15", "fc": "black", "ec": "none", "alpha": 0.55}
        ax.annotate(
            "certified path", (0.04, 0), xytext=(0, 4), textcoords="offset points", color="white", fontsize=8, bbox=box
        )
        ax.annotate(
            "straight chord",
            (0.04, 1),
            xytext=(0, -13),
            textcoords="offset points",
            color="white",
            fontsize=8,
            bbox=box,
        )
        for k in range(1, legs):
            ax.axvline(k, color="white", lw=0.6, alpha=0.7)
        ax.set_xticks(np.arange(legs) + 0.5, ["free units", "new rows", "line in $U$"][-legs:])
        ax.set_ylabel("towards the chord")
        ax.set_title(TITLES[name], fontsize=9)
        ax.grid(False)
    letter(axes)
    return figure
