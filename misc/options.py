"""Options of ``misc/visualisation1.py``. Only the standard library is imported here."""

from __future__ import annotations

from dataclasses import dataclass

from valleys.run.options import Common, option


@dataclass(frozen=True)
class Config(Common):
    """Options of this script."""

    grid: int = option(620, "points on each side of the grid", least=10, most=5000, tried=(10, 30), quick=40)
    reach: float = option(20.0, "largest coordinate, orthonormal plane", least=1, most=200)
    filter_reach: float = option(1.0, "largest coordinate, filter-normalised plane", least=0.1, most=5)
    epochs: int = option(5000, "give up training after so many", least=1, most=10_000_000, tried=(1, 21))
