"""Theorem 13's sharper floor: the proved ball against the table, descents of every step's own problem, and controls."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from flint import arb
from scipy.integrate import quad
from scipy.optimize import minimize

from tests.reference import generator
from theorem13 import th13sharper
from theorem13.th13attack import descend
from theorem13.th13balls import below, exact
from theorem13.th13boxes import least
from theorem13.th13data import Setting, first_teacher_risk
from theorem13.th13floors import eps_closed
from theorem13.th13sharper import Regime, at, doubled, exceeds, relu_ball, steady, tilted, tilted_below, untilted
from theorem13.th13tilt import BETWEEN, E, concave, derivatives, even_orders
from theorem13.th13units import dropped

#: p, eps found, and what a search in float64 gives for the least value.
TABLE = [
    (2, 0.1770238733, 0.1770238733), (3, 0.1536677175, 0.15106850), (4, 0.1394858611, 0.13810211), (5, 0.1295224718, 0.12945808),
    (9, 0.1118551561, 0.11184906), (10, 0.1096868597, 0.10968289), (20, 0.1001031976, 0.10010296),
]  # fmt: skip


@pytest.mark.parametrize(("p", "found", "searched"), TABLE, ids=lambda v: str(v))
def test_table_of_eps(p: int, found: float, searched: float) -> None:
    setting = Setting("relu", "theorem", p + 1, p, 1.0, 1.0)
    ball, upper = relu_ball(p), dropped(setting).eps
    assert upper == pytest.approx(found, abs=1e-8)
    assert float(ball) == pytest.approx(searched, abs=1e-8) and ball.rad() < 2e-9
    assert eps_closed(setting) <= below(ball) and exact(upper) * (1 + 1e-12) >= ball.lower()


def test_cost_of_a_tilt_is_its_integral_and_its_derivatives_are_differences() -> None:
    def at_float(x: float, order: int) -> float:
        return float(derivatives(exact(x))[order])

    h = 1e-4
    for x in (0.01, 0.1, 0.5, 0.7):
        assert at_float(x, 0) == pytest.approx(quad(at_float, 0, x, args=(1,))[0], abs=1e-12)
        for order in (1, 2):
            slope = (at_float(x + h, order) - at_float(x - h, order)) / (2 * h)
            assert at_float(x, order + 1) == pytest.approx(slope, abs=1e-6)
    x = exact(0.3)
    assert (derivatives(x)[0] - (even_orders(arb(1)) - even_orders(x) - even_orders((1 - x * x).sqrt()))).contains(0)


def test_orders_beyond_the_second_by_their_series() -> None:
    """``c_k^2 = ((k-3)!!)^2/(2 pi k!)``."""
    r, total = 0.4, 0.0
    for k in range(4, 80, 2):
        total += math.prod(range(1, k - 2, 2)) ** 2 / (2 * math.pi * math.factorial(k)) * r ** (k // 2)
    assert float(even_orders(exact(r).sqrt())) == pytest.approx(total, abs=1e-15)


def random_loss(p: int, v: np.ndarray, negative: bool) -> float:
    """Orders 0, 1, 2 and the tilts' cost for free weights and tilts of every unit, straight from PROOF.md; no closed form."""
    N = p - 1
    g, rho, x, d = v[0], v[1], v[2 : 2 + N], v[2 + N :] - v[2 + N :].mean()
    if (
        (x < 0).any()
        or (x > math.sqrt(0.5)).any()
        or x @ x > 1
        or g < 0
        or (rho <= 0) != negative
        or rho < -1 / (N - 1)
    ):
        return math.inf
    e = float(E) - (0 if negative else (2 * rho - rho**2) / (4 * math.pi))
    s = max(0.0, math.sqrt(1 - x @ x) - x.sum())
    T, cost = N * g * g * (1 + (N - 1) * rho), np.array([float(derivatives(exact(float(y)))[0]) for y in x])
    first = (s * s + (math.sqrt(T) - math.sqrt(p - s * s)) ** 2) / 4
    second = float(E) * (1 + N * (g - 1) ** 2) + N * (N - 1) * g * g * rho**2 / (4 * math.pi)
    return (N * g - p) ** 2 / (2 * math.pi) + first + second + float(2 * (g + d) @ cost + e * d @ d)


@pytest.mark.parametrize("p", [3, 5, 9])
def test_descents_of_the_inner_problem_stay_above(p: int) -> None:
    """Nothing eliminated: weights, tilts, g and rho move freely."""
    N, bound, draws = (
        p - 1,
        below(relu_ball(p)),
        torch.rand(4, p - 1, generator=generator(p), dtype=torch.float64).numpy(),
    )
    found = []
    for k, draw in enumerate(draws):
        start = np.array([1 + 1 / p, -0.02 if k % 2 else 0.02, *(draw / N), *np.zeros(N)])
        search = minimize(
            lambda v, negative: random_loss(p, v, negative),
            start,
            (bool(k % 2),),
            "Nelder-Mead",
            options={"maxiter": 800},
        )
        found.append(float(search.fun))
    assert min(found) >= bound


@pytest.mark.parametrize("p", [2, 3, 9])
def test_descents_of_the_true_error_stay_above(p: int) -> None:
    """``p - 1`` units from random starts and from p - 1 teachers: the exact risk never comes below the floor."""
    risk, g = first_teacher_risk(Setting("relu", "theorem", p + 1, p, 1.0, 1.0)), generator(p)
    W = torch.randn(24, p - 1, p, generator=g, dtype=torch.float64) / p**0.5
    W[::2] = torch.eye(p, dtype=torch.float64)[:-1] + 0.3 * W[::2]
    lowest = float(descend(risk, torch.ones(24, p - 1, dtype=torch.float64), W, 200).min())
    assert below(relu_ball(p)) - 1e-14 <= lowest <= below(relu_ball(p)) + 4e-3


def test_bounds_of_boxes_hold_at_points_within() -> None:
    r, other, draw = steady(6, True), steady(6, False), np.random.default_rng(3)
    for _ in range(200):
        low, size = draw.integers(0, 64, 2), 2.0 ** draw.integers(-6, -1)
        sides = [(k / 64, min(1.0, k / 64 + size)) for k in low.tolist()]
        t, v = (a + (b - a) * float(draw.random()) for a, b in sides)
        for regime in (r, other):
            assert tilted_below(regime, (sides[0], sides[1])) <= float(tilted(regime, at(t), at(v))) + 1e-15
            assert doubled(regime, (sides[0], sides[1])) <= doubled(regime, ((t, t), (v, v))) + 1e-15


def test_the_search_of_boxes_finds_a_known_least_value() -> None:
    def value(t: float, v: float) -> float:
        return (t - 0.3) ** 2 + (v - 0.9) ** 2

    def bound(box: tuple[tuple[float, float], tuple[float, float]]) -> float:
        return sum(max(a - c, c - b, 0.0) ** 2 for (a, b), c in zip(box, (0.3, 0.9), strict=True))

    low, high = least(bound, value, 1e-9, math.inf)
    assert low <= 0.0 <= high <= low + 1e-9
    assert least(bound, value, 1e-9, math.inf, most=3)[0] == 0.0


def test_floors_above_the_least_value_are_refused() -> None:
    """Controls: every number of the proof raised, or an ingredient broken, must fail."""
    r = steady(9, True)
    level = below(relu_ball(9))
    assert exceeds(r, level, tilted_below) and exceeds(r, level, doubled)
    assert not exceeds(r, level + 2e-9 + 1e-8, tilted_below), "a floor raised by 1e-8"
    assert not exceeds(r, 0.13, doubled)
    assert not Regime(9, True, 1.01).sound(), "the inequality for rho > 0 needs lam <= 1"
    assert concave(E) and not concave(E / 10), "u' is not concave for a soft spring"
    assert below(untilted(Regime(9, True, 0.5))) < level, "any lam proves a bound, a bad one a worse bound"


def test_a_case_that_costs_too_little_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    true = below(relu_ball(9))
    relu_ball.cache_clear()
    monkeypatch.setattr(th13sharper, "doubled", lambda r, box: 0.11)
    with pytest.raises(ArithmeticError, match=r"B\(9\) is not decided"):
        relu_ball(9)
    monkeypatch.undo()
    monkeypatch.setattr(th13sharper, "BETWEEN", BETWEEN / 100)  # a unit between two teachers for next to nothing
    assert below(untilted(steady(9, True))) < true
