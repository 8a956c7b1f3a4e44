"""Per cent of spurious runs that Safran and Shamir (ICML 2018) and Safran, Yehudai and Shamir (COLT 2021) published."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from scipy.stats import hypergeom

#: A red rate is news: thousands of runs with other seeds see none.
SURPRISE = 1e-4


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


def no_surprise(percent: float, runs: int, published_runs: int) -> tuple[float, float]:
    """The smallest and the largest share, in per cent, that ``runs`` runs of the same rate may show without a surprise.

    A surprise is a count as far out as that with probability below ``SURPRISE / 2``, given how many there are in both samples
    (Fisher's exact test): it holds for one run as for a thousand, where standard deviations do not.

    >>> [round(share, 1) for share in no_surprise(5.5, 300, 1000)], no_surprise(5.5, 1, 1000)
    ([1.0, 12.7], (0.0, 100.0))
    """
    seen = round(percent / 100 * published_runs)

    def both(count: int) -> tuple[int, int, int]:
        return published_runs + runs, seen + count, runs

    counts = range(runs + 1)
    low = bisect_left(counts, SURPRISE / 2, key=lambda count: hypergeom.cdf(count, *both(count)))
    high = bisect_right(counts, -SURPRISE / 2, key=lambda count: -hypergeom.sf(count - 1, *both(count))) - 1
    return 100 * low / runs, 100 * high / runs
