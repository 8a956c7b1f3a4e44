"""Branch and bound over the unit square: the least value of a function, between two numbers."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from itertools import product

#: Two intervals of [0, 1], with ends that are multiples of a power of 1/2, so that halving is exact.
Box = tuple[tuple[float, float], tuple[float, float]]


def halves(side: tuple[float, float]) -> tuple[tuple[float, float], tuple[float, float]]:
    """An interval in two."""
    middle = (side[0] + side[1]) / 2
    return (side[0], middle), (middle, side[1])


def least(
    below: Callable[[Box], float], at: Callable[[float, float], float], gap: float, enough: float, most: int = 50_000
) -> tuple[float, float]:
    """The least value over ``[0, 1]^2``: the box with the least bound is cut in four, until bound and value are close.

    Args:
        below: a lower bound of the function on a box.
        at: an upper bound of its value at a point.
        gap: how close they have to come.
        enough: a lower bound that is high enough: then the search ends.
        most: boxes after which the search ends anyway, with what holds so far.

    Returns:
        A lower and an upper bound of the least value.
    """
    whole: Box = ((0.0, 1.0), (0.0, 1.0))
    heap: list[tuple[float, Box]] = [(below(whole), whole)]
    found = math.inf
    for _ in range(most):
        bound, box = heap[0]
        found = min(found, at(sum(box[0]) / 2, sum(box[1]) / 2))
        if bound >= min(enough, found - gap):
            break
        heapq.heappop(heap)
        for quarter in product(halves(box[0]), halves(box[1])):
            heapq.heappush(heap, (below(quarter), quarter))
    return heap[0][0], found
