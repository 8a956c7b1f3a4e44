"""What an option allows, declared once: the check, the words for it, and what a test may draw from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

#: ``6 .. 14``, in one word or in three.
SPAN = re.compile(r"(?<!\S)([+-]?\d+)\s*\.\.\s*([+-]?\d+)(?!\S)")
#: So many integers one span may stand for.
LONGEST = 100_000


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
            (isinstance(value, int) or isfinite(value))  # an int of 400 digits is no float
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


def written_out(words: Sequence[str], allowed: Range | None) -> list[str]:
    """The words of a list of integers with every ``FIRST .. LAST`` written out; what is not allowed stays, as one word.

    >>> written_out(["4", "6", "..", "8", "20..21"], None)
    ['4', '6', '7', '8', '20', '21']
    >>> written_out(["8", "..", "6"], None), written_out(["1..9"], Range(most=6))
    (['8..6'], ['1..9'])
    """

    def numbers(found: re.Match[str]) -> str:
        first, last = int(found[1]), int(found[2])
        fits = first <= last < first + LONGEST and (allowed is None or (first in allowed and last in allowed))
        return " ".join(map(str, range(first, last + 1))) if fits else f"{found[1]}..{found[2]}"

    text = " ".join(words)
    return SPAN.sub(numbers, text).split() if SPAN.search(text) else list(words)
