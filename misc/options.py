"""Options of ``misc/visualisation1.py``. Only the standard library is imported here."""

from __future__ import annotations

from dataclasses import dataclass

from valleys.run.options import Common, option


@dataclass(frozen=True)
class Config(Common):
    """Options of this script."""

    grid: int = option(
        620, "points on each side of the grid", allowed="an integer from 10 to 5000", check=lambda v: 10 <= v <= 5000,
        quick=40,
    )  # fmt: skip
    reach: float = option(
        20.0,
        "largest coordinate, orthonormal plane",
        allowed="a number from 1 to 200",
        check=lambda v: 1 <= v <= 200,
    )
    filter_reach: float = option(
        1.0, "largest coordinate, filter-normalised plane", allowed="a number from 0.1 to 5",
        check=lambda v: 0.1 <= v <= 5,
    )  # fmt: skip
    epochs: int = option(5000, "give up training after so many", allowed="an integer >= 1", check=lambda v: v >= 1)
