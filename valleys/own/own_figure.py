"""The picture of a certificate or of a connection: the loss along its path. No global style and no backend is touched."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from valleys.paths.path import Path, polygon
from valleys.problem.convex_risk import ConvexRisk
from valleys.run.roles import CERTIFIED, FLOOR, STRAIGHT

POINTS = 40
#: A logarithmic axis ends at this share of its top.
LOWEST = 1e-8


def draw_loss(path: Path, risk: ConvexRisk, level: float, word: str, title: str, *, straight: bool) -> Figure:
    """The loss along a path, leg by leg.

    Args:
        path: the path.
        risk: the loss.
        level: of a horizontal line.
        word: its name.
        title: of the picture.
        straight: whether the straight line between the ends is drawn, too.

    Returns:
        the figure.
    """
    losses = risk.value(path.sampled(POINTS)).numpy()
    times, legs = np.linspace(0, 1, len(losses)), len(path.pieces)
    figure = Figure(figsize=(5.6, 3.2), layout="constrained")
    axis = figure.subplots()
    top = float(losses.max())
    if straight:
        line = risk.value(polygon([path.start, path.end]).sampled(legs * POINTS)).numpy()
        top = max(top, float(line.max()))
        axis.plot(times, np.maximum(line, top * LOWEST), **STRAIGHT.style())
    axis.plot(times, np.maximum(losses, top * LOWEST), **CERTIFIED.style(linewidth=2.0))
    if level > top * LOWEST:
        axis.axhline(level, color=FLOOR.colour, linestyle=FLOOR.line, linewidth=1.1, label=word)
    if top > 0:
        axis.set_yscale("log")
    axis.set_xlim(0, 1)
    if legs <= 12:
        for k in range(1, legs):
            axis.axvline(k / legs, color=CERTIFIED.colour, linewidth=0.5, alpha=0.4, zorder=0)
    axis.set_xlabel("share of the path (each leg takes the same time)")
    axis.set_ylabel(f"loss ({risk.loss.name})")
    axis.set_title(title, fontsize=9.5)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure
