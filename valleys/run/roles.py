"""Colours, lines and words by role, in every figure and on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Okabe and Ito's colours, told apart by readers with any colour vision; dark enough for print.
BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7F7F7F",
)  # fmt: skip
PALETTE = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)


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
ROLES = {
    "certified": CERTIFIED,
    "straight": STRAIGHT,
    "descent": DESCENT,
    "found": FOUND,
    "floor": FLOOR,
    "gate": GATE,
    "valley": VALLEY,
    "good": GOOD,
}
