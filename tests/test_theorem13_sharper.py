"""Theorem 13's sharper floor: the proved ball against the table, descents of every step's own problem, and controls."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from flint import arb, ctx
from scipy.optimize import minimize

from tests.reference import generator
from theorem13 import th13sharper
from theorem13.th13attack import descend
from theorem13.th13balls import below, exact
from theorem13.th13between import STEEP, lowest, reach, reversed_unit, served_below
from theorem13.th13boxes import least
from theorem13.th13data import Setting, first_teacher_risk
from theorem13.th13dual import START, Dual, best_multipliers, bound, multipliers, parent
from theorem13.th13floors import eps_closed
from theorem13.th13sharper import relu_ball, untilted
from theorem13.th13steady import FAR, steady, turned
from theorem13.th13tilt import BETWEEN, E, bits, cost, even_orders, orders_bend, orders_slope
from theorem13.th13tilted import Tilted, doubled, exceeds, tilted, tilted_below
from theorem13.th13unit import Unit, spread
from theorem13.th13units import dropped
from valleys.problem.kernels import relu_kernel

#: p, eps found, and how far below it B(p) is at most.
TABLE = [
    (2, 0.1770238733, 1e-15), (3, 0.1536677175, 5e-6), (4, 0.1394858611, 1.25e-5), (5, 0.1295224718, 6.3e-6),
    (9, 0.1118551561, 6e-7), (20, 0.1001031976, 2e-7),
]  # fmt: skip


@pytest.mark.parametrize(("p", "found", "apart"), TABLE, ids=lambda v: str(v))
def test_table_of_eps(p: int, found: float, apart: float) -> None:
    before = ctx.prec
    setting = Setting("relu", "theorem", p + 1, p, 1.0, 1.0)
    ball, upper = relu_ball(p), dropped(setting).eps
    assert ctx.prec == before, "the precision is the process's"
    assert upper == pytest.approx(found, abs=1e-8)
    assert eps_closed(setting) <= below(ball) <= upper * (1 + 1e-12) and upper - below(ball) <= apart
    assert ball.rad() < (1.1e-6 if p == 3 else 1e-7)
    assert 2 * (upper - below(ball)) <= 1e-5 * (9 / 4 + 2 * upper), "(peak - floor)/peak, alpha = 2, beta = 3"


def test_costs_and_their_derivatives_are_differences() -> None:
    h, x = 1e-4, exact(0.3)
    for u in (0.1, 0.5, 0.7):
        low, high = (even_orders(exact(r).sqrt()) for r in (u * u - h, u * u + h))
        assert float(orders_slope(exact(u))) == pytest.approx(float(high - low) / (2 * h), abs=1e-7)
        low, high = (orders_slope(exact(r).sqrt()) for r in (u * u - h, u * u + h))
        assert float(orders_bend(exact(u))) == pytest.approx(float(high - low) / (2 * h), abs=1e-7)
    assert (cost(x) - (even_orders(arb(1)) - even_orders(x) - even_orders((1 - x * x).sqrt()))).contains(0)
    unit = Unit(5, 1e-3, 0.3, 0.5, (1e-6, 1e-5, 0.0, 1e-3))
    for t in (0.1, 0.4, 0.9):
        low, middle, high = (unit.at(t + d) for d in (-h, 0.0, h))
        for k in range(1, 5):
            slope = float(high[k].value - low[k].value) / (2 * h * math.sqrt(0.5))
            assert float(middle[k].slope) == pytest.approx(slope, abs=1e-7)
            assert unit.over(t - 0.01, t + 0.02)[k].value.contains(middle[k].value)
            assert unit.over(t - 0.01, t + 0.02)[k].slope.contains(middle[k].slope)


def test_orders_beyond_the_second_by_their_series() -> None:
    """``c_k^2 = ((k-3)!!)^2/(2 pi k!)``."""
    r, total = 0.4, 0.0
    for k in range(4, 80, 2):
        total += math.prod(range(1, k - 2, 2)) ** 2 / (2 * math.pi * math.factorial(k)) * r ** (k // 2)
    assert float(even_orders(exact(r).sqrt())) == pytest.approx(total, abs=1e-15)


def test_spread_of_probabilities() -> None:
    """``pi_J`` for ``J`` drawn by pi: both bounds hold, and neither has much room."""
    draw = np.random.default_rng(0)
    for N in (3, 8):
        pi = draw.dirichlet(np.full(N, 0.3), 20_000)
        pi[0] = [0.805, *[0.195 / (N - 1)] * (N - 1)]
        var = (pi**3).sum(axis=1) - (pi**2).sum(axis=1) ** 2
        assert 0.8 * float(spread(N)) ** 2 / 4 <= var.max() <= float(spread(N)) ** 2 / 4


def lowest_unit(r: Tilted, q: np.ndarray, draw: np.random.Generator) -> float:
    """A descent of ``h(v) - (omega/4) <1, v>`` over unit vectors orthogonal to q, no farther from ``e_1`` than r allows."""
    p, size = len(q), float(r.unit.omega) / 4

    def orders(r: np.ndarray) -> np.ndarray:
        x = np.sqrt(r)
        return (np.sqrt(1 - r) + x * np.arcsin(x) - 1) / (2 * math.pi) - r / (4 * math.pi)

    def value(w: np.ndarray) -> float:
        v = w - (w @ q) * q
        v = v / np.linalg.norm(v)
        far = max(0.0, 1 - r.unit.most - v[0] ** 2)
        return float(orders(np.array(1.0)) - orders(np.minimum(v * v, 1)).sum() - size * v.sum() + far)

    starts = [np.eye(p)[0], np.eye(p)[0] + 0.1 * draw.normal(size=p)]
    return min(float(minimize(value, w, method="Nelder-Mead", options={"maxiter": 1500}).fun) for w in starts)


@pytest.mark.parametrize("p", [4, 9])
def test_no_unit_costs_less_than_its_tilt_says(p: int) -> None:
    """The lemma of case 2 by descents of its own problem, at the best tilts, at random ones, and with a unit far out."""
    r, draw = Tilted(p, *steady(p)), np.random.default_rng(p)
    equal = np.full(p - 1, {4: 0.2746, 9: 0.1141}[p])
    for k, x in enumerate([equal, *(draw.random((3, p - 1)) * 0.5 / math.sqrt(p - 1))]):
        Q, signs = float(x @ x), 1 - 2 * (draw.random(p - 1) < (1.0 if k == 0 else 0.5))
        q = np.array([*(signs * x), math.sqrt(1 - Q)])
        at, s = r.unit.at(float(x[0]) / math.sqrt(r.unit.most)), abs(float(q.sum()))
        ell = at.alone.value + (1 - Q) * (Q * at.share.value - at.squared.value) - s * at.lean.value
        lowest = lowest_unit(r, q, draw)
        assert lowest >= float(ell) - 1e-12
        if k == 0:
            assert lowest <= float(ell) + 2e-6, "little is given away where it matters"


@pytest.mark.parametrize("p", [2, 3, 5, 9])
def test_descents_of_the_true_error_stay_above(p: int) -> None:
    """``p - 1`` units from random starts and from p - 1 teachers: the exact risk never comes below the floor."""
    risk, g = first_teacher_risk(Setting("relu", "theorem", p + 1, p, 1.0, 1.0)), generator(p)
    W = torch.randn(24, p - 1, p, generator=g, dtype=torch.float64) / p**0.5
    W[::2] = torch.eye(p, dtype=torch.float64)[:-1] + 0.3 * W[::2]
    lowest = float(descend(risk, torch.ones(24, p - 1, dtype=torch.float64), W, 200).min())
    assert below(relu_ball(p)) - 1e-14 <= lowest <= below(relu_ball(p)) + 4e-3


def test_bounds_of_boxes_hold_at_points_within() -> None:
    r, draw = Tilted(6, *steady(6)), np.random.default_rng(3)
    for _ in range(200):
        low, size = draw.integers(0, 64, 2), 2.0 ** draw.integers(-6, -3)
        sides = [(k / 64, min(1.0, k / 64 + size)) for k in low.tolist()]
        t, v = (a + (b - a) * float(draw.random()) for a, b in sides)
        far = 4 * sides[0][0] ** 2 + sides[1][0] ** 2 > 1  # Q > 1/2
        assert far or tilted_below(r, (sides[0], sides[1])) <= float(tilted(r, t, v)) + 1e-15
        assert doubled(r, (sides[0], sides[1])) <= doubled(r, ((t, t), (v, v))) + 1e-15


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
    r = Tilted(9, *steady(9))
    level, u = below(relu_ball(9)), r.unit
    with bits():
        assert exceeds(r, level, tilted_below) and exceeds(r, level, doubled) and r.sound()
        assert not exceeds(r, level + 2e-7 + 1e-8, tilted_below), "a floor raised by 1e-8"
        assert not exceeds(r, 0.13, doubled)
        assert not replace(r, kappa=1.01).sound(), "no share is above 1"
        assert u.concave(E) and not u.concave(E / 10), "u' is not concave for a soft spring"
        assert not replace(u, slip=tuple(0.98 * c for c in u.slip)).holds(), "G is no larger than it has to be"
        assert not replace(u, slip=(*u.slip[:-1], -1e-3)).holds()
        assert u.slip[0] >= turned(u, 0.0) > 0.9 * u.slip[0]
        assert below(untilted(replace(r, kappa=0.5))) < level, "any share proves a bound, a bad one a worse bound"


def test_a_case_that_costs_too_little_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    true = below(relu_ball(9))
    monkeypatch.setattr(th13sharper, "doubled", lambda r, box: 0.11)
    with pytest.raises(ArithmeticError, match=r"B\(9\) is not decided"):
        relu_ball.__wrapped__(9)  # the cache, full of other widths, stays
    monkeypatch.undo()
    monkeypatch.setattr(th13sharper, "BETWEEN", BETWEEN / 100)  # a unit between two teachers for next to nothing
    assert below(untilted(Tilted(9, *steady(9)))) < true


def error(V: np.ndarray) -> float:
    """The least error of units with these rows, any weights."""
    W, teachers = torch.from_numpy(V), torch.eye(V.shape[1], dtype=torch.float64)
    K, b = relu_kernel(W, W).k, relu_kernel(W, teachers).k.sum(dim=1)
    return float(relu_kernel(teachers, teachers).k.sum() - b @ torch.linalg.solve(K, b))


def test_the_lowest_of_a_function_is_enclosed_from_below() -> None:
    with bits():
        low = lowest(lambda x: (3 * x).cos(), arb(9), 0.0, 2.0)
        assert -1 - 2e-7 <= float(low) <= -1
        assert float(lowest(lambda x: -x * x, arb(0), -1.0, 2.0)) == -4
        assert float(lowest(lambda x: (3 * x).cos(), arb(-9), 0.0, 2.0)) > -1, "control: a bend that is not a bound"


@pytest.mark.parametrize("p", [3, 4])
def test_no_unit_far_from_all_teachers_costs_less_than_is_proved(p: int) -> None:
    """Random units, and for ``p = 3`` the best found, where it is hardly less."""
    draw, r = np.random.default_rng(p), reach(p)
    for _ in range(40):
        v = draw.normal(size=p) * [1, 1, *[0.3] * (p - 2)]
        v[:2] = np.sort(v[:2])[::-1]
        v *= 1 / np.linalg.norm(v)
        others = np.eye(p)[2:] + 0.1 * draw.normal(size=(p - 2, p))
        others /= np.linalg.norm(others, axis=1, keepdims=True)
        first, second = ((v[:2] / r + 1) / 2).tolist()
        if np.abs(v).max() > r or min(np.abs(others).max(axis=1)) < np.abs(v).max():
            continue
        box = ((first, first), (second, second))
        with bits():
            assert (
                served_below(p, box, best_multipliers(p, v[0], v[1], START, 20)[1])
                <= error(np.vstack([v, others])) + 1e-12
            )
    if p == 3:
        best = dropped(Setting("relu", "theorem", 4, 3, 1.0, 1.0))
        rows = best.w.numpy() / np.linalg.norm(best.w.numpy(), axis=1, keepdims=True)
        a = float(np.sort(rows[np.abs(rows).max(axis=1).argmin()])[1])
        t = round((a / r + 1) / 2 * 2**14) / 2**14
        with bits():
            dual = best_multipliers(3, a, a, START, 60)[1]
            assert best.eps - 3e-6 <= served_below(3, ((t, t), (t, t)), dual) <= best.eps + 1e-9
            assert served_below(3, ((0.0, 2**-6), (0.0, 2**-6)), dual) == math.inf, "longer than 1"
            assert served_below(3, ((t, t), (t, t)), dual._replace(kappa=1.01)) == -math.inf


def test_gradients_of_the_multipliers_are_differences() -> None:
    dual, h = Dual(0.95, 0.97, 0.98, 1.02, 0.012), 1e-6
    for p in (3, 4):
        slopes = bound(p, 0.7, 0.65, dual)[1]
        for k in range(5):
            low, high = (bound(p, 0.7, 0.65, Dual(*(np.array(dual) + d * np.eye(5)[k]).tolist()))[0] for d in (-h, h))
            assert slopes[k] == pytest.approx((high - low) / (2 * h), abs=1e-6)
    assert multipliers(3, 0.9, ((0.0, 0.5), (0.5, 1.0))) == START and parent(((0.5, 0.75), (0.0, 0.25)))[0] == (
        0.5,
        1.0,
    )


@pytest.mark.parametrize("p", [3, 4])
def test_a_reversed_unit_costs_more(p: int) -> None:
    """The least error of a descent whose first unit stays at ``-e_1`` lies above, and that is far above B(p)."""
    with bits():
        proved = float(reversed_unit(p))
    rows = -np.eye(p)[: p - 1] * np.array([1.0, *[-1.0] * (p - 2)])[:, None]
    assert below(relu_ball(p)) + 5e-3 < proved <= error(rows) and STEEP**2 >= 0.5 > FAR[p] ** 2
