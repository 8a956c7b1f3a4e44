"""Drawing the proved minima from their record alone."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from valleys.run.figure import BLUE, GREY, subplots
from valleys.run.pictures import Part


def draw_proved_minima(part: Part) -> Figure:
    """Left: half the loss of the minimum against k. Right: its smallest Hessian eigenvalue, and the saddle below k = 6."""
    figure, axes = subplots(1, 2, height=3.3, sharex=True)
    rows = [row for row in part.values["proved"] if "loss" in row]
    before = part.values["below"]
    left, right = axes[0]
    ks = [row["k"] for row in rows]
    left.plot(ks, [row["loss_at_least"] for row in rows], "o", color=BLUE, label="spurious minimum, proved")
    left.set_ylabel("half the square loss")
    left.set_title("(a) above the global minimum, whose loss is 0", fontsize=9, loc="left")
    right.plot(ks, [row["min_eigenvalue"] for row in rows], "o", color=BLUE)
    right.plot(
        [row["k"] for row in before], [row["min_eigenvalue"] for row in before], "s", mfc="none", color=GREY,
        label="below $k = 6$: a saddle (float64)",
    )  # fmt: skip
    right.set_ylabel("smallest Hessian eigenvalue")
    right.set_title("(b) curved upwards in every direction", fontsize=9, loc="left")
    left.set_ylim(0, 1.15 * max((row["loss_at_least"] for row in rows), default=1.0))
    for axis in axes[0]:
        zero(axis)
    if ks:
        figure.suptitle(f"A spurious local minimum, proved: $k$ = {ks[0]} to {ks[-1]}", fontsize=9.5)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def zero(axis: Axes) -> None:
    """The line at 0, and whole k."""
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set_xlabel("teacher units $k$, as many student units")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
