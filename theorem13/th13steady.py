"""Good parameters for the sharper floor, by a search in float64: any others would prove a floor too, a worse one."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linprog, minimize, minimize_scalar

from theorem13.th13tilt import C0, C2, C4, C6, E4, STEEPEST, E
from theorem13.th13unit import CELLS, Unit, saved, spread

c0, c2, c4, c6, energy, rest = (float(x.mid()) for x in (C0, C2, C4, C6, E, E4))
#: ``sin delta``, at which what turning saves is looked at.
SIGMA = np.geomspace(1e-5, 0.7, 200)
#: Powers of ``x^2`` in ``G``.
POWERS = 9
#: Over the width, of tilts beyond which little is gained: half as much again as the best.
REACH = 1.6
#: From this width on tilted units cost the least; a reach so small that nothing is gained.
TILTED, NO_REACH = 5, 0.01


def orders(r: np.ndarray | float) -> np.ndarray:
    """``R(r)``."""
    x = np.sqrt(np.asarray(r))
    return (np.sqrt(1 - x * x) + x * np.arcsin(x) - 1) / (2 * math.pi) - x * x / (4 * math.pi)


def turned(x: float, omega: float, N: int, reach: float) -> float:
    """What turning saves: the largest ``J sin delta - l(sqrt r) + l(x)`` for a unit tilted by ``x``."""
    r = x * x + (1 - x * x) * SIGMA**2
    u = np.sqrt(r)
    bend = (u / np.sqrt(1 - r) - np.arcsin(u)) / (8 * math.pi * u**3)
    costs = orders(1 - x * x) + orders(x * x) - orders(1 - r) - orders(r)
    gained = (
        float(spread(N)) / (1 + (x / reach) ** 8) * x * r * bend * np.arcsin(SIGMA)
        + omega / 4 * math.sqrt(N) * SIGMA
        - costs
    )
    return float(gained[r <= 0.5].max(initial=0.0))


def equal_tilts(p: int, kappa: float, omega: float, reach: float, x: float) -> float:
    """``H`` (PROOF.md, section 5, case 2) at equal tilts ``x``."""
    N, theta, s2 = p - 1, 1 - kappa, x * x
    w = theta**2 / (64 * c2)
    e = energy + theta / 4 + w
    c, K = c0 * N**2 - w * N**2 + e * N, c0 * N * p + energy * N
    s = max(0.0, math.sqrt(max(0.0, 1 - N * s2)) - N * x)
    share = s2**2 * (2 * c4 + 3 * c6 * s2) / (1 - s2) ** 2 / (1 + (s2 / reach**2) ** 4)
    ell = rest - float(orders(1 - s2) + orders(s2)) - turned(x, omega, N, reach) + (1 - N * s2) * (N * s2 - s2) * share
    ell -= omega / 4 * (1 + x * s) / math.sqrt(1 - s2)
    constant = c0 * p**2 + energy * p + (p - (1 - omega) ** 2 * (p - s * s) / kappa) / 4
    return constant - (K - N * ell) ** 2 / c


def plain(p: int) -> tuple[float, Unit]:
    """``omega = 0`` and no gain: for ``p = 3, 4``, where a unit between two teachers costs the least."""
    N = p - 1

    def lost(kappa: float) -> float:
        theta = 1 - kappa
        e = energy + theta / 4 + theta**2 / (64 * c2)
        c, K = c0 * N**2 - theta**2 / (64 * c2) * N**2 + e * N, c0 * N * p + energy * N
        b = rest - 2 * float(orders(0.5))
        return (K - b) ** 2 / c + b * b * (1 - 1 / N) / e + p / kappa / 4

    kappa = float(minimize_scalar(lost, bounds=(0.9, 1), method="bounded").x)
    return kappa, Unit(N, 0.0, NO_REACH, fitted(N, 0.0, NO_REACH, 0.5))


def steady(p: int) -> tuple[float, Unit]:
    """``kappa``, and the unit's ``omega``, ``reach`` and ``G``, whose bound is about the best.

    Args:
        p: the width.

    Returns:
        Both.
    """
    if p < TILTED:
        return plain(p)
    found, reach = {}, REACH / p

    def lost(v: np.ndarray) -> float:
        kappa, omega = float(v[0]), abs(float(v[1]))
        least = minimize_scalar(
            lambda x: equal_tilts(p, kappa, omega, reach, x),
            bounds=(0.2 / p, 1.2 / p),
            method="bounded",
            options={"xatol": 1e-7},
        )
        found[tuple(v)] = float(least.x)
        return -float(least.fun)

    guess = np.array([1 - 0.6 / p**2, 0.15 / p**3])
    simplex = guess + np.array([[0, 0], [0.1 / p**2, 0], [0, 0.1 / p**3]])
    options = {"initial_simplex": simplex, "xatol": 1e-5, "fatol": 1e-8}
    best = minimize(lost, guess, method="Nelder-Mead", options=options).x
    kappa, omega = float(best[0]), abs(float(best[1]))
    return kappa, Unit(p - 1, omega, reach, fitted(p - 1, omega, reach, found[tuple(best)]))


def fitted(N: int, omega: float, reach: float, x: float) -> tuple[float, ...]:
    """The least polynomial of ``x^2`` at x, with no negative coefficient, that is nowhere below what turning saves."""
    need = saved(N, omega, reach)
    low = np.array([t for t, _ in need]) * float(STEEPEST)
    powers = low[:, None] ** (2 * np.arange(POWERS))
    at_x = x ** (2 * np.arange(POWERS)) + powers.mean(axis=0) / CELLS
    bound = np.array([float(value) for _, value in need]) * (1 + 1e-6) + 1e-12
    scale = 1 / bound.max()
    found = linprog(at_x, A_ub=-powers, b_ub=-bound * scale, bounds=(0, None), method="highs")
    return tuple(float(c / scale * (1 + 1e-6)) for c in found.x)
