"""The sharper lower bound ``B(p) <= eps(p)`` for ReLU, ``2 <= p <= 20``; the argument is section 5 of PROOF.md.

``p - 1`` units ``a_i relu(<v_i, x>)``, ``a_i >= 0``, ``|v_i| = 1``, against ``p`` orthonormal ones; ``N = p - 1``,
``g = mean a_i``, and ``N g (g + o) = |sum a_i v_i|^2``.  Some unit vector ``q`` of the teacher's space is orthogonal to
all ``v_i``.  Either some unit lies between two teachers (``untilted``), or each unit has a teacher of its own and is
tilted away from it by ``q`` (``tilted``).  A third case, two units at one teacher, costs more than the first.

Each value is a minimum in two to four variables, found by Nelder-Mead in float64: *computed*, less ``SEARCH_MARGIN``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from scipy.optimize import minimize, minimize_scalar

from valleys.problem.kernels import kappa

SEARCH_MARGIN = 2e-6
WIDEST_COMPUTED = 20
#: ReLU's Hermite coefficients: c_0^2, c_2^2, and the sums of c_k^2 over even k >= 2 and even k >= 4.
C0, C2, E, E4 = 1 / (2 * math.pi), 1 / (4 * math.pi), 0.25 - 1 / (2 * math.pi), 0.25 - 3 / (4 * math.pi)
STEEPEST = math.sqrt(0.5)


@cache
def relu_bound(p: int) -> float:
    """``B(p)``: the smallest of all cases, less the margin of the search.

    For ``p = 2`` it is one unit against two orthogonal ones: the best angle, in one dimension.

    Args:
        p: the width, 2 to 20.

    Returns:
        The bound.
    """
    if p == 2:
        return one_against_two() - SEARCH_MARGIN / 1e3
    return min(untilted(p), *(tilted(p, odd) for odd in range(min(p, 3)))) - SEARCH_MARGIN


def one_against_two() -> float:
    """``min over |w| = 1 of 1 + 1/pi - 2 (kappa(cos) + kappa(sin))^2``, the error of the best weight for ``w``."""

    def loss(angle: float) -> float:
        c = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
        return 1 + 1 / math.pi - 2 * float(kappa(c).sum()) ** 2

    return float(minimize_scalar(loss, bounds=(0.0, math.pi / 2), method="bounded", options={"xatol": 1e-12}).fun)


def even_orders(r: float) -> float:
    """``R(r) = sum over even k >= 4 of c_k^2 r^(k/2)``, ``0 <= r <= 1``, in closed form.

    >>> abs(even_orders(1.0) - E4) < 1e-16
    True
    """
    r = min(max(r, 0.0), 1.0)
    arc = math.sqrt(r) * math.asin(math.sqrt(r))
    return (math.sqrt(1 - r) + arc) / (2 * math.pi) - 1 / (2 * math.pi) - r / (4 * math.pi)


def tilt_cost(x: float) -> float:
    """``l(x) = E4 - R(1 - x^2) - R(x^2)``: what turning a unit by ``asin x`` away from its teacher costs at least."""
    return E4 - even_orders(1 - x * x) - even_orders(x * x)


#: What a unit costs that is no nearer to one teacher than to another.
BETWEEN = tilt_cost(STEEPEST)


def spring(o: float) -> float:
    """``e``: unequal ``a_i`` cost at least ``e sum (a_i - g)^2``."""
    return E if o <= 0 else E - C2


def common(p: int, g: float, o: float, sig: float) -> float:
    """Orders 0, 1 and 2, and the diagonal of the orders ``k >= 4``, at equal ``a_i``; ``sig <= |<q, sum e_j>|``."""
    N = p - 1
    if g < 0 or g + o < 0:
        return math.inf
    first = N * g * (g + o) + p - 2 * math.sqrt(N * g * (g + o) * (p - max(sig, 0.0) ** 2))
    spread = C2 * o * o * N / (N - 1)
    return C0 * (N * g - p) ** 2 + first / 4 + E * (1 + N * (g - 1) ** 2) + spread


def tilted(p: int, odd: int) -> float:
    """Each unit at its own teacher: ``p - 1 - odd`` units tilted by ``x``, ``odd`` by ``y`` (0 to 2 of them suffice).

    ``sum x_i^2 = 1 - q_p^2``, so ``|<q, sum e_j>| >= sqrt(1 - sum x_i^2) - sum x_i``.

    Args:
        p: the width.
        odd: how many units may have another tilt.

    Returns:
        The minimum found.
    """
    N = p - 1

    def bound(v: np.ndarray) -> float:
        g, o, x, y = (*v, v[-1])[:4]
        squares = (N - odd) * x * x + odd * y * y
        if not (0 <= x <= STEEPEST and 0 <= y <= STEEPEST and squares <= 1):
            return math.inf
        sig = math.sqrt(1 - squares) - (N - odd) * x - odd * y
        costs = tilt_cost(x), tilt_cost(y)
        total = (N - odd) * costs[0] + odd * costs[1]
        variance = (N - odd) * odd / N * (costs[0] - costs[1]) ** 2
        return common(p, g, o, sig) + 2 * g * total - variance / spring(o)

    x, y = 0.3 / math.sqrt(N), (0.2, 0.65)
    starts = [(1 + 1 / p, -0.1, x, t) for t in y] if odd else [(1 + 1 / p, o, x) for o in (-0.1, 0.05)]
    return nelder_mead(bound, starts)


def untilted(p: int) -> float:
    """Some unit lies between two teachers: it costs ``2 a BETWEEN``, and its weight ``a`` may differ from the others."""
    N = p - 1

    def bound(v: np.ndarray) -> float:
        return common(p, v[0], v[1], 0.0) + 2 * v[0] * BETWEEN - BETWEEN**2 * (1 - 1 / N) / spring(v[1])

    return nelder_mead(bound, [(1 + 1 / p, o) for o in (-0.1, 0.1)])


def nelder_mead(bound: Callable[[np.ndarray], float], starts: Sequence[tuple[float, ...]]) -> float:
    """The smallest value found from all starts."""
    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000}
    return min(float(minimize(bound, s, method="Nelder-Mead", options=options).fun) for s in starts)
