"""One style for every figure: palette, roles, sizes, labels."""

from __future__ import annotations

from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from valleys.run.roles import BLUE as BLUE
from valleys.run.roles import CERTIFIED as CERTIFIED
from valleys.run.roles import DESCENT as DESCENT
from valleys.run.roles import FLOOR as FLOOR
from valleys.run.roles import FOUND as FOUND
from valleys.run.roles import GATE as GATE
from valleys.run.roles import GOOD as GOOD
from valleys.run.roles import GREEN as GREEN
from valleys.run.roles import GREY as GREY
from valleys.run.roles import ORANGE as ORANGE
from valleys.run.roles import PALETTE as PALETTE
from valleys.run.roles import PURPLE as PURPLE
from valleys.run.roles import RED as RED
from valleys.run.roles import ROLES as ROLES
from valleys.run.roles import SKY as SKY
from valleys.run.roles import STRAIGHT as STRAIGHT
from valleys.run.roles import VALLEY as VALLEY
from valleys.run.roles import Role as Role

#: Text width of a journal page, in inches.
WIDTH = 7.2

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
