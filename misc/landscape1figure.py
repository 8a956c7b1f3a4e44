"""Draws the two planes side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from valleys.run.figure import RED, letter, scientific, subplots
from valleys.run.pictures import Part

#: How far below the surface the floor with the level lines lies, in heights of the surface.
DROP = 0.7
LEVELS = 12
#: Tick steps that meet the ends of the usual ranges.
STEPS = (1, 2, 5, 10)


def draw(part: Part) -> Figure:
    """Both surfaces with their level lines, the trained point in red, and below them what a slice cannot show."""
    v, a = part.values["loss_landscape"], part.arrays
    figure, axes = subplots(1, 2, height=4.15, subplot_kw={"projection": "3d", "computed_zorder": False})
    titles = {
        "orthonormal": "random orthonormal directions\n" + r"$|d_1| = |d_2| = 1$",
        "filter": "filter-normalised directions\n" + rf"$|d_1| = |d_2| = |\theta| = {v['norm']:.1f}$",
    }
    for axis, (name, title) in zip(axes[0], titles.items(), strict=True):
        plane(axis, a[f"{name}_side"], a[f"{name}_loss"], v["batch_loss"])
        axis.set_title(title, fontsize=9, pad=0)
    letter(axes)
    figure.supxlabel(words(v), fontsize=7.5, linespacing=1.4)
    return figure


def words(v: dict[str, Any]) -> str:
    """The lines below the panels."""
    return (
        f"Dot: where training stopped, with loss {scientific(v['batch_loss'])} on this batch. Colour repeats the height; "
        f"level lines on the floor.\nEach panel is one plane in {v['parameters']} dimensions and shows the loss on that "
        "plane only. Paths may leave it:\na dip in the picture need not be a valley, nor a wall a barrier, and a spurious "
        "valley may stay unseen.\nA random direction sees an average of all curvatures, not the few that are steep or negative."
    )


def plane(axis: Any, side: np.ndarray, L: np.ndarray, centre: float) -> None:
    """One surface, coloured by the loss, and its level lines on a floor below it."""
    low, high = float(L.min()), float(L.max())
    floor = low - DROP * (high - low)
    x, y = np.meshgrid(side, side)
    axis.contour(x, y, L, LEVELS, cmap="viridis", offset=floor, linewidths=0.8, zorder=1)
    axis.plot([0, 0], [0, 0], [floor, centre], color=RED, lw=0.9, ls=":", zorder=2)
    axis.plot([0], [0], [floor], "o", color=RED, ms=4, zorder=3)
    axis.plot_surface(
        x, y, L, cmap="viridis", rcount=len(side), ccount=len(side), linewidth=0, antialiased=False, rasterized=True,
        zorder=4,
    )  # fmt: skip
    axis.view_init(elev=28, azim=-58)
    axis.set_box_aspect((1, 1, 0.95), zoom=1.02)
    axis.set_zlim(floor, high)
    ticks = MaxNLocator(4, steps=STEPS).tick_values(low, high)
    axis.set_zticks([t for t in ticks if low - 0.05 * (high - low) <= t <= high])
    for which in (axis.xaxis, axis.yaxis):
        which.set_major_locator(MaxNLocator(4, steps=STEPS))
    for which in (axis.xaxis, axis.yaxis, axis.zaxis):
        which.pane.set_facecolor("white")
    axis.tick_params(pad=-1)
    axis.set_xlabel("$a$, along $d_1$", labelpad=-2)
    axis.set_ylabel("$b$, along $d_2$", labelpad=-2)
    axis.set_zlabel("cross entropy $L$", labelpad=-4)
