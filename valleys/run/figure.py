"""One style for every figure: palette, roles, sizes, labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

#: Okabe and Ito's colours, told apart by readers with any colour vision; dark enough for print.
BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7F7F7F",
)  # fmt: skip
PALETTE = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)
#: Text width of a journal page, in inches.
WIDTH = 7.2


@dataclass(frozen=True)
class Role:
    """How one thing looks and what it is called, in every figure and on the page.

    Attributes:
        word: its name in legends.
        colour: of lines and markers.
        line: matplotlib's line style.
        marker: where it is a point.
    """

    word: str
    colour: str
    line: Any = "-"
    marker: str = "o"

    def style(self, **more: Any) -> dict[str, Any]:
        """Keywords for ``Axes.plot``: colour, line style and label; ``more`` beats them."""
        return {"color": self.colour, "linestyle": self.line, "label": self.word, **more}


CERTIFIED = Role("certified path", BLUE)
STRAIGHT = Role("straight line", ORANGE, "--", "s")
DESCENT = Role("gradient descent", "#4D4D4D", "-.", "^")
FOUND = Role("lowest pass found", SKY, (0, (5, 1)), "D")
FLOOR = Role("floor", "#000000", ":")
GATE = Role("gate", PURPLE, (0, (3, 1, 1, 1)), "X")
VALLEY = Role("valley", RED, "-", "v")
GOOD = Role("global minimum", GREEN, "-", "*")
ROLES = (CERTIFIED, STRAIGHT, DESCENT, FOUND, FLOOR, GATE, VALLEY, GOOD)

STYLE: Any = {
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "font.family": "serif",
    "font.serif": ["DejaVu Serif"],
    "mathtext.fontset": "cm",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.4,
    "lines.linewidth": 1.4,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "spurious-valleys",
    "pdf.fonttype": 42,
    "axes.formatter.use_mathtext": True,
}
plt.rcParams.update(STYLE)


def subplots(rows: int = 1, columns: int = 1, height: float = 3.0, width: float = WIDTH, **kwargs: Any) -> Any:
    """``(figure, axes)`` in the project's style; ``axes`` is always a 2-D array, ``rows x columns``."""
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **kwargs)


def scientific(value: float, digits: int = 2) -> str:
    r"""The number for a label: plain where it is short, else as a power of ten in maths.

    >>> scientific(1.5e-16), scientific(0.25), scientific(0.0)
    ('$1.5 \\times 10^{-16}$', '0.25', '0')
    """
    plain = f"{value:.{digits}g}"
    mantissa, e, exponent = plain.partition("e")
    return rf"${mantissa} \times 10^{{{int(exponent)}}}$" if e else plain


def letter(axes: Any) -> None:
    """Write (a), (b), .. at the upper left of each panel."""
    for axis, name in zip(np.ravel(axes), "abcdefghijkl", strict=False):
        axis.set_title(f"({name})", loc="left", fontsize=9.5)


def level(axis: Axes, y: float, label: str, colour: str = GREY, style: str = "--", x: float = 1.0) -> None:
    """A horizontal line with its label written at the right end, above the line."""
    axis.axhline(y, color=colour, linestyle=style, linewidth=1.0, zorder=1)
    axis.annotate(
        label, (x, y), xycoords=("axes fraction", "data"), xytext=(0, 2), textcoords="offset points",
        ha="right", va="bottom", fontsize=7.5, color=colour,
    )  # fmt: skip
