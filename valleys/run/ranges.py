"""What an option allows, declared once: the check, the words for it, and what a test may draw from."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any


@dataclass(frozen=True)
class Range:
    """The values that an option allows: numbers between bounds, or names of a list.

    Attributes:
        whole: whether only integers.
        least: smallest value.
        most: largest value.
        above: every value is larger than this.
        below: every value is smaller than this.
        among: the names.
        file: ending of a file that may stand for a name, as ``.npz``.

    >>> print(Range(whole=True, least=1)), print(Range(above=0, below=1)), print(Range(among=("psd",), file=".npz"))
    an integer >= 1
    a number > 0 and < 1
    psd or FILE.npz
    (None, None, None)
    >>> 3 in Range(least=1, most=6), float("nan") in Range(), "x.npz" in Range(among=("psd",), file=".npz")
    (True, False, True)
    """

    whole: bool = False
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    among: tuple[str, ...] = ()
    file: str = ""

    def __contains__(self, value: Any) -> bool:
        if self.among:
            return value in self.among or bool(self.file and str(value).endswith(self.file))
        return (
            isfinite(value)
            and (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def __str__(self) -> str:
        if self.among:
            return ", ".join(self.among) + (f" or FILE{self.file}" if self.file else "")
        kind = "an integer" if self.whole else "a number"
        if self.least is not None and self.most is not None:
            return f"{kind} from {self.least} to {self.most}"
        signs = {">=": self.least, ">": self.above, "<=": self.most, "<": self.below}
        return " and ".join([kind + " " + told[0], *told[1:]]) if (told := _told(signs)) else kind


def _told(signs: dict[str, float | None]) -> list[str]:
    return [f"{sign} {value}" for sign, value in signs.items() if value is not None]
