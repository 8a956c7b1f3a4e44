"""Good parameters for the sharper floor, by a search in float64: any others would prove a floor too, a worse one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.optimize import linprog, minimize, minimize_scalar

from theorem13.th13balls import digits
from theorem13.th13tilt import C0, C2, C4, C6, E4, E
from theorem13.th13unit import CELLS, Unit, saved, spread

c0, c2, c4, c6, energy, rest = (float(x.mid()) for x in (C0, C2, C4, C6, E, E4))
#: ``sin delta``, at which what turning saves is looked at.
SIGMA = np.geomspace(1e-5, 0.7, 200)
#: Of ``G``.
DEGREE = 16
#: Over the width, of tilts beyond which little is gained: half as much again as the best.
REACH = 1.6
#: From the first width on some unit between two teachers costs more than all tilts.  Below, no tilt of the second case is
#: above ``FAR``; ``REVERSED`` holds kappa and omega for a unit at the negative of a teacher, ``ALONE`` the kappa of p = 3.
TILTED, FAR, REVERSED, ALONE = 5, {3: 0.5, 4: 0.34375}, {3: (0.872, 0.127), 4: (0.954, 0.032)}, 0.95
#: A reach that no tilt comes near.
EVERYWHERE = 16.0


def orders(r: np.ndarray | float) -> np.ndarray:
    """``R(r)``."""
    x = np.sqrt(np.asarray(r))
    return (np.sqrt(1 - x * x) + x * np.arcsin(x) - 1) / (2 * math.pi) - x * x / (4 * math.pi)


def turned(unit: Unit, x: float) -> float:
    """What turning saves: the largest ``J sin delta - l(sqrt r) + l(x)`` for a unit tilted by ``x``."""
    r = x * x + (1 - x * x) * SIGMA**2
    u = np.sqrt(r)
    bend = (u / np.sqrt(1 - r) - np.arcsin(u)) / (8 * math.pi * u**3)
    costs = orders(1 - x * x) + orders(x * x) - orders(1 - r) - orders(r)
    J = float(spread(unit.N)) / (1 + (x / unit.reach) ** 8) * x * r * bend * np.arcsin(SIGMA)
    gained = J + unit.omega / 4 * math.sqrt(unit.N) * SIGMA - costs
    return float(gained[r <= unit.most].max(initial=0.0))


def equal_tilts(kappa: float, unit: Unit, x: float) -> float:
    """``H`` (PROOF.md, section 5, case 2) at equal tilts ``x``."""
    N, p, theta, s2, omega = unit.N, unit.N + 1, 1 - kappa, x * x, unit.omega
    w = theta**2 / (64 * c2)
    e = energy + theta / 4 + w
    c, K = c0 * N**2 - w * N**2 + e * N, c0 * N * p + energy * N
    s = max(0.0, math.sqrt(max(0.0, 1 - N * s2)) - N * x)
    share = s2**2 * (2 * c4 + 3 * c6 * s2) / (1 - s2) ** 2 / (1 + (s2 / unit.reach**2) ** 4)
    ell = rest - float(orders(1 - s2) + orders(s2)) - turned(unit, x) + (1 - N * s2) * (N * s2 - s2) * share
    ell -= omega / 4 * (1 + x * s) / math.sqrt(1 - s2)
    constant = c0 * p**2 + energy * p + (p - (1 - omega) ** 2 * (p - s * s) / kappa) / 4
    return constant - (K - N * ell) ** 2 / c


def steady(p: int) -> tuple[float, Unit]:
    """``kappa``, and the unit's ``omega``, ``reach``, largest tilt and ``G``, whose bound is about the best.

    Args:
        p: the width, at least 3.

    Returns:
        Both.
    """
    most, reach = (FAR[p] ** 2, EVERYWHERE) if p < TILTED else (0.5, REACH / p)
    if p == min(FAR):  # tilted units cost much more than the unit between two teachers
        unit = Unit(p - 1, 0.0, reach, most)
        return ALONE, replace(unit, slip=fitted(unit, 0.0))
    found: dict[tuple[float, ...], float] = {}

    def lost(v: np.ndarray) -> float:
        kappa, unit = float(v[0]), Unit(p - 1, abs(float(v[1])), reach, most)
        bounds = (0.2 / p, 1.2 / p)
        least = minimize_scalar(
            lambda x: equal_tilts(kappa, unit, x), bounds=bounds, method="bounded", options={"xatol": 1e-7}
        )
        found[tuple(v)] = digits(least.x)
        return -float(least.fun)

    guess = np.array([1 - 0.6 / p**2, 0.15 / p**3])
    simplex = guess + np.array([[0, 0], [0.1 / p**2, 0], [0, 0.1 / p**3]])
    options = {"initial_simplex": simplex, "xatol": 1e-5, "fatol": 1e-8}
    best = minimize(lost, guess, method="Nelder-Mead", options=options).x
    unit = Unit(p - 1, digits(abs(best[1])), reach, most)
    return digits(best[0]), replace(unit, slip=fitted(unit, found[tuple(best)]))


def fitted(unit: Unit, x: float) -> tuple[float, ...]:
    """The least polynomial at x, with no negative coefficient, that is nowhere below what turning saves; even for ``p >= 5``."""
    need = saved(unit)
    low = np.array([t for t, _ in need]) * math.sqrt(unit.most)
    even = unit.N + 1 >= TILTED
    exponents = np.arange(0, DEGREE + 1, 2 if even else 1)
    largest = float(low[-1]) ** exponents
    powers = low[:, None] ** exponents / largest
    asked = x**exponents / largest + powers.mean(axis=0) / CELLS
    if not even:  # H is nearly flat from the best tilt to the largest
        asked += powers[-1] / 8
    bound = np.array([float(value) for _, value in need])
    bound = bound * (1 + 1e-6) + 1e-6 * bound.max()  # linprog is content with 1e-7 less
    scale = 1 / bound.max()
    found = linprog(asked, A_ub=-powers, b_ub=-bound * scale, bounds=(0, None), method="highs")
    slip = np.zeros(DEGREE + 1)
    slip[exponents] = found.x / largest / scale * (1 + 1e-6)
    return tuple(map(digits, slip))
