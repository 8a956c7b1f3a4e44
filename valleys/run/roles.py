"""Colours, lines and words by role, in every figure and on the page."""

from __future__ import annotations

from colorsys import rgb_to_yiq, yiq_to_rgb
from dataclasses import dataclass
from typing import Any

#: Okabe and Ito's colours, told apart by readers with any colour vision; dark enough for print.
BLUE, ORANGE, GREEN, PURPLE, SKY, RED, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7F7F7F",
)  # fmt: skip
PALETTE = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY)
#: What these look like on a dark ground.
TWINS = {
    BLUE: "#56B4E9", ORANGE: "#F0B030", GREEN: "#2ECC9A", PURPLE: "#E39BCB", SKY: "#B5E3FF", RED: "#FF8A4A", GREY: "#9AA0A6",
    "#FFFFFF": "#15171A", "#000000": "#E8EAED", "#4D4D4D": "#B8BEC4",
}  # fmt: skip


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


def twin(colour: str) -> str:
    """The colour that stands for ``#rrggbb`` on a dark ground: of the roles as chosen, of any other its luma mirrored.

    Luma goes from 0..1 to that of ink..ground; the two parts of hue stay, as far as there is such a colour.

    >>> twin("#0072B2"), twin("#ffffff"), twin("#b0b0b0")
    ('#56b4e9', '#15171a', '#595959')
    """
    known = TWINS.get(colour.upper())
    if known:
        return known.lower()
    luma, i, q = rgb_to_yiq(*(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)))
    return "#" + "".join(f"{round(255 * part):02x}" for part in yiq_to_rgb(0.92 - 0.83 * luma, i, q))
