"""A path as an animation: hidden units as arrows, the output against the targets, the loss; written as a .gif."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import PillowWriter
from matplotlib.axes import Axes

from valleys.run.animation import Watched
from valleys.run.figure import CERTIFIED, FLOOR, GREY, level, subplots
from valleys.run.record import write_bytes

#: Frames a second, how many of the last one, and dots an inch; the figure is 7.2 inches wide.
RATE, REST, DPI = 14, 12, 100
#: An output weight below this share of the largest is 0: the unit is dead.
DEAD = 1e-9
#: A target line has at least so many points.
LINE = 50


def write_gif(watched: Watched, file: Path, dpi: int | None = None) -> None:
    """Write the animation, whole or not at all.

    Args:
        watched: the path.
        file: its place, ``.gif``.
        dpi: dots an inch, ``DPI`` by default.
    """
    figure, axes = subplots(1, 3, height=3.0)
    units, outputs, losses = axes[0]
    head = figure.suptitle(" \n ", fontsize=9.5)
    _frame(watched, outputs, losses)
    curve = outputs.plot(watched.x, watched.outputs[0], **CERTIFIED.style(label="output", linewidth=2))[0]
    point = losses.plot([], [], "o", color="black", markersize=6, zorder=5)[0]
    outputs.legend(loc="upper center", ncols=2, fontsize=7.5)
    _arrows(units, watched, 0)
    figure.canvas.draw()
    figure.set_layout_engine("none")  # nothing moves but what is to move
    writer = PillowWriter(fps=RATE)
    try:
        with TemporaryDirectory() as folder:
            place = Path(folder) / "animation.gif"
            with writer.saving(figure, str(place), dpi or DPI):
                frames = [*range(len(watched.loss)), *[len(watched.loss) - 1] * REST]
                for k in frames:
                    leg = int(watched.leg[k])
                    head.set_text(f"{watched.title}\nleg {leg + 1} of {len(watched.words)}: {watched.words[leg]}")
                    _arrows(units, watched, k)
                    curve.set_ydata(watched.outputs[k])
                    point.set_data([k], [watched.loss[k]])
                    writer.grab_frame()
            write_bytes(file, place.read_bytes())
    finally:
        plt.close(figure)


def _frame(watched: Watched, outputs: Axes, losses: Axes) -> None:
    """What stays: targets, the whole curve of the loss, the legs."""
    x, y = watched.targets
    style: dict[str, Any] = {"linestyle": "--"} if len(x) >= LINE else {"linestyle": "", "marker": "o", "markersize": 5}
    outputs.plot(x, y, color="black", label="targets", zorder=4, **style)
    everything = np.concatenate([watched.outputs.ravel(), y])
    outputs.set_ylim(everything.min() - 0.1 * np.ptp(everything), everything.max() + 0.35 * np.ptp(everything))
    outputs.set_xlabel(watched.x_is)
    if watched.ticks:
        outputs.set_xticks(watched.ticks)
    outputs.set_title("output and targets", fontsize=9)
    losses.plot(watched.loss, color=CERTIFIED.colour, alpha=0.6)
    losses.set_ylim(-0.04 * watched.loss.max(), 1.08 * watched.loss.max())
    for k in np.flatnonzero(np.diff(watched.leg)).tolist():
        losses.axvline(k, color=GREY, linewidth=0.7)
    if watched.level:
        level(losses, *watched.level, colour=FLOOR.colour, style=FLOOR.line)
    losses.set_xticks([])
    losses.set_xlabel("share of the way")
    losses.set_title("loss", fontsize=9)


def _arrows(axis: Axes, watched: Watched, k: int) -> None:
    """Hidden units: arrows from 0; a filled tip has a positive output weight, an open one a negative one."""
    axis.clear()
    size = 1.15 * float(np.abs(watched.W).max())
    largest = np.abs(watched.u).max()
    for i in np.argsort(np.abs(watched.u[k])):
        w, u = watched.W[k, i], watched.u[k, i]
        dead = abs(u) <= DEAD * largest
        colour = "0.7" if dead else "black"
        axis.plot([0, w[0]], [0, w[1]], color=colour, linewidth=0.8 + (0 if dead else 3 * abs(u) / largest), zorder=1)
        axis.plot(
            *w, "o", markersize=5, markeredgecolor=colour, markerfacecolor=colour if u > 0 and not dead else "white"
        )
    axis.set(xlim=(-size, size), ylim=(-size, size), aspect="equal", xticks=[], yticks=[])
    axis.set_xlabel("filled: output weight > 0, open: < 0,\ngrey: 0; the wider the larger", fontsize=7.5)
    axis.set_title("hidden units $w_i$", fontsize=9)
    axis.grid(False)
