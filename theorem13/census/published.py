"""Per cent of spurious runs that Safran and Shamir (ICML 2018) and Safran, Yehudai and Shamir (COLT 2021) published."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One set of published rates.

    Attributes:
        name: for the legend.
        runs: runs a rate.
        percent: by ``k = n``, per cent of runs that ended in a spurious minimum.
    """

    name: str
    runs: int
    percent: dict[int, float]


SOURCES = (
    Source("Safran and Shamir 2018", 1000, {6: 0.3, 7: 5.5, 9: 21.8, 11: 45.5, 13: 73.0, 15: 80.3}),
    Source("Safran et al. 2021", 500, {6: 0.0, 7: 5.4, 9: 22.2, 11: 47.4, 13: 67.0, 15: 78.0}),
)
#: With one extra unit, ``n = k + 1``: at most this per cent of 1000 runs.
EXTRA_UNIT = Source("$n = k + 1$ (at most)", 1000, {**dict.fromkeys(range(6, 12), 0.1), 12: 0.3, 13: 1.5, 14: 5.5})

#: The spurious minimum for k = n = 7, up to permutations: (0, 0), row 0, column 0, other diagonal, rest.
K7_ENTRIES = (-0.6327039049, 0.1859910463, 0.2616910758, 0.9969227988, -0.0350801559)
K7_LOSS = 0.0232027149
K7_EIGENVALUE = 0.0140590
#: Where splitting unit 0 of it leads (half loss).
ESCAPE_LOSS = 0.0221474434


def band(percent: float, runs: int, published_runs: int) -> float:
    """Three standard deviations of the difference of two shares, in per cent.

    >>> round(band(5.5, 300, 1000), 2)
    4.5
    """
    share = percent / 100
    return 300 * (share * (1 - share) * (1 / runs + 1 / published_runs)) ** 0.5
