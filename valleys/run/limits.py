"""How large and how small a user's numbers may be: one table, from which every check and every ``--help`` takes them.

The rule: a size is refused beforehand where a square of a loss would overflow or rounding would hide the minimum whatever is
done. Below that everything is tried; where a claim then fails, ``valleys.own.digits`` says what was too much for float64.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """Allowed sizes of one kind of number; 0 is always allowed.

    Attributes:
        what: the numbers.
        most: their largest size.
        least: the smallest size but 0; 0 where it does not matter.
        why: in words.
    """

    what: str
    most: float
    least: float = 0.0
    why: str = ""

    def __str__(self) -> str:
        span = f"{self.least:g} to {self.most:g}" if self.least else f"up to {self.most:g}"
        return f"{self.what}: {span} ({self.why})"


DATA = Limit("largest number of X, of Y", 1e50, 1e-50, "a loss squares it, a judge squares losses")
WEIGHT = Limit("weight of a network", 1e30, 0.0, "the loss is of its fourth power, and is squared")
KNOT = Limit("weight of a knot in a path file", 1e75, 0.0, "the loss is of its fourth power")
LOSS = Limit("loss of a start, and mean square of its units", 1e150, 0.0, "a judge squares it")
START = Limit("loss of a start over that of the network 0", 1e20, 0.0, "from higher, rounding hides the minimum")
DECAY_DATA = Limit("with weight decay: X, Y, the decay", 1e30, 1e-30, "rationals of their products")
DECAY_WEIGHT = Limit("with weight decay: weights", WEIGHT.most, 1e-100, "their squares are kept")
SPREAD = Limit(
    "filters over those at other points, loss of a start over that of the network 0: tried, but from here on a claim may fail",
    1e12, 0.0, "of 16 digits four are left",
)  # fmt: skip
FILE = Limit("bytes that an .npz unpacks to", float(1 << 30), 0.0, "memory")
TABLE = (DATA, WEIGHT, KNOT, LOSS, START, DECAY_DATA, DECAY_WEIGHT, SPREAD, FILE)


def told() -> str:
    """The table, for ``--help``.

    >>> print(told().splitlines()[1])
      largest number of X, of Y: 1e-50 to 1e+50 (a loss squares it, a judge squares losses)
    """
    return "sizes of your numbers (0 is always allowed):\n" + "\n".join(f"  {limit}" for limit in TABLE)
