"""Drawing for Theorem 11: no mathematics here."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from valleys.run.figure import BLUE, GREY, ORANGE, PALETTE, WIDTH, subplots
from valleys.run.pictures import Part

KINDS = (
    ("line", "straight line to the same end", GREY, ":"),
    ("descent", "gradient descent", ORANGE, "--"),
    ("path", "certified path", BLUE, "-"),
)
HIGHEST = 1.6


def draw_grid(part: Part, starts: list[str], titles: list[str]) -> Figure:
    """One panel for each start (row) and network (column): the loss on ``[0, 1]`` along three ways."""
    figure, axes = subplots(
        len(starts), len(titles), height=0.55 + 1.25 * len(starts), sharex=True, sharey=True,
        width=WIDTH if len(titles) > 1 else WIDTH / 2,
    )  # fmt: skip
    peaks = [part.arrays[f"line_{k}_{j}"].max() for k in range(len(starts)) for j in range(len(titles))]
    top = min(max(1.15, 1.05 * float(max(peaks))), HIGHEST)
    for k, name in enumerate(starts):
        for j, title in enumerate(titles):
            axis = axes[k, j]
            for kind, _, colour, style in KINDS:
                values = part.arrays[f"{kind}_{k}_{j}"]
                axis.plot(np.linspace(0, 1, len(values)), values, style, color=colour, clip_on=True)
            notes = [
                (f"line up to {part.arrays[f'line_{k}_{j}'].max():.2g}", part.arrays[f"line_{k}_{j}"].max() > top),
                ("gradient descent diverges", np.isnan(part.arrays[f"descent_{k}_{j}"][-1])),
            ]
            for note in (text for text, due in notes if due):
                axis.annotate(note, (0.5, 0.9), xycoords="axes fraction", ha="center", va="top", fontsize=7, color=GREY)
            axis.set_ylim(-0.05 * top, top)
            if k == 0:
                axis.set_title(title)
            if j == 0:
                axis.set_ylabel(label_of(name))
    figure.supxlabel("share of the way", fontsize=9)
    figure.supylabel(r"$(L - L^*)\,/\,(L_0 - L^*)$", fontsize=9)
    handles = [axes[0, 0].plot([], [], style, color=colour)[0] for _, _, colour, style in reversed(KINDS)]
    names = [name for _, name, _, _ in reversed(KINDS)]
    figure.legend(handles, names, loc="outside upper center", ncols=3 if len(titles) > 1 else 1)
    return figure


def label_of(start: str) -> str:
    """The start's name beside its row."""
    return start.rsplit("/", 1)[-1] if start.endswith(".npz") else f"{start} start"


def draw_paths(part: Part) -> Figure:
    """``linear_path``."""
    shown: dict[str, Any] = part.values["linear_path"]
    return draw_grid(part, shown["starts"], [f"$p = {p}$" for p in shown["widths"]])


def draw_deep(part: Part) -> Figure:
    """``deep_linear_path``."""
    shown: dict[str, Any] = part.values["deep_linear_path"]
    return draw_grid(part, shown["starts"], ["widths " + "-".join(map(str, w)) for w in shown["widths"]])


def draw_landscape(part: Part) -> Figure:
    """``whole_landscape``: contours, both branches of minima, five paths; the loss along them."""
    figure, axes = subplots(1, 2, height=3.3, gridspec_kw={"width_ratios": [1.15, 1]})
    plane, losses = axes[0]
    grid, field = part.arrays["grid"], part.arrays["field"]
    levels = np.array([0.0, 0.5, 2, 4.5, 9, 16, 30, 60, 120, 400])
    plane.contourf(grid, grid, field.T, levels=levels, cmap="Greys", alpha=0.55)
    plane.contour(grid, grid, field.T, levels=levels[1:], colors=GREY, linewidths=0.4)
    for side in (-1, 1):
        w = side * np.linspace(0.75, 4, 200)
        plane.plot(w, 3 / w, "--", color="black", linewidth=1.0, label="minima: $uw = 3$" if side == 1 else None)
    plane.plot(0, 0, "x", color="black", markersize=5, label="saddle")
    for k in range(len(PALETTE[:5])):
        path, colour = part.arrays[f"path_{k}"], PALETTE[k]
        plane.plot(path[:, 0], path[:, 1], color=colour, linewidth=1.8)
        plane.plot(*path[0], "o", color=colour, markersize=5)
        plane.plot(*path[-1], "*", color=colour, markersize=9, markeredgecolor="white", markeredgewidth=0.5)
        loss = part.arrays[f"loss_{k}"]
        losses.plot(np.linspace(0, 1, len(loss)), loss, color=colour, linewidth=1.8)
        losses.plot(0, loss[0], "o", color=colour, markersize=5)
    losses.axhline(9, color=GREY, linestyle="--", linewidth=1.0)
    losses.annotate(
        "loss of the saddle", (1, 9), xytext=(0, 3), textcoords="offset points", ha="right", fontsize=7.5, color=GREY
    )
    plane.set(xlabel="$w$", ylabel="$u$", xlim=(-4, 4), ylim=(-4, 4), aspect="equal")
    plane.set_title(r"$L(u, w) = (uw - 3)^2$")
    plane.grid(False)
    losses.set(xlabel="share of the way", ylabel="$L$", ylim=(-0.8, None))
    losses.set_title("loss along the five paths")
    handles, names = plane.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2)
    return figure
