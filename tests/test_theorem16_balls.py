"""Theorem 16 in balls: every ball holds what float64 finds by quadrature, is small, and forgeries are seen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import inf

import pytest
import torch
from flint import arb, ctx

from tests.reference import generator
from theorem16.th16balls import DEGREE, PRECISION, Smooth, Table, covered, legendre, series
from theorem16.th16data import PROFILES, ZonalTeacher, zonal_teacher
from theorem16.th16law import InputLaw
from theorem16.th16proof import ball_claim
from theorem16.th16readout import readout
from theorem16.th16sphere import draw_features, relu_coefficients, zonal_coefficients
from valleys.run.balls import above, below, exact

LAWS = [InputLaw(10, True), InputLaw(4, True), InputLaw(5, False)]
IDS = ["bias 10", "bias 4", "no bias 5"]


@cache
def smooth(law: InputLaw) -> ZonalTeacher:
    return zonal_teacher("smooth", law)


def rows(law: InputLaw, count: int = 3) -> torch.Tensor:
    return draw_features(count, law.d, generator(4))


@pytest.mark.parametrize("law", LAWS, ids=IDS)
def test_balls_hold_what_quadrature_finds(law: InputLaw) -> None:
    W, teacher = rows(law) * torch.tensor([[1.0], [0.5], [3.0]]).double(), smooth(law)
    found, K, b = Table(law, W), law.kernel_by_owen(W, W), teacher.inner(W)
    for i in range(3):
        for ball, value in [(found.b[i, 0], b[i]), *((found.K[i, j], K[i, j]) for j in range(3))]:
            assert float(ball.rad()) < 1e-35
            assert below(ball) - 4e-15 <= float(value) <= above(ball) + 4e-15


def test_the_series_by_a_second_route() -> None:
    a, c, rest = series(5)
    close = torch.testing.assert_close
    close(torch.tensor([float(x) for x in a], dtype=torch.float64), relu_coefficients(5, DEGREE), rtol=1e-13, atol=0)
    expected = zonal_coefficients(torch.exp, 5, DEGREE)
    close(torch.tensor([float(x) for x in c], dtype=torch.float64), expected, rtol=1e-12, atol=1e-12)
    assert 0 <= above(rest) < 1e-40
    assert all(P(1) == 1 for P in legendre(5))


@pytest.mark.parametrize("digits", [10, 20])
def test_what_is_left_out_is_counted(digits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a shorter series the ball is wider, and holds the number all the same."""
    law = LAWS[0]
    with ctx.workprec(PRECISION):
        w = [exact(x) for x in rows(law)[0].tolist()]
        fine = Smooth(law).inner(w)
        monkeypatch.setattr("theorem16.th16balls.DEGREE", digits)
        series.cache_clear()
        legendre.cache_clear()
        try:
            coarse = Smooth(law).inner(w)
        finally:
            series.cache_clear()
            legendre.cache_clear()
        assert coarse.contains(fine) and coarse.rad() > 1e6 * fine.rad()


def test_forged_readouts_are_not_below_the_theorem() -> None:
    law, teacher = LAWS[0], smooth(LAWS[0])
    W = rows(law, 4)
    table, found = Table(law, W), readout(law, teacher, W)
    assert ball_claim(law, teacher, [W]).holds
    assert table.excess([found.weights(p) for p in (1, 2, 4)]) < 0
    assert table.excess([found.weights(4), 0 * found.weights(4)]) > 0
    drawn = teacher.density(W) / 4
    assert abs(table.excess([drawn])) < 1e-15  # the theorem's own weights: no better than they are, to their rounding
    worse = drawn + 1e-3 * (drawn - found.weights(4))  # away from the best
    assert 0 < table.excess([worse]) < 1e-2
    assert table.excess([torch.full((4,), 1e150, dtype=torch.float64)]) > 1e290


def test_a_line_past_the_vertex_rises_by_a_number() -> None:
    law, teacher = LAWS[0], smooth(LAWS[0])
    W = rows(law, 4)
    table, u = Table(law, W), readout(law, teacher, W).weights(4)
    start = torch.ones(4).double()
    assert table.rise(start, u + 1e-9 * (start - u)) == 0
    past = u - 1e-3 * (start - u)
    full = float((start - u) @ law.kernel_by_owen(W, W) @ (start - u))
    assert table.rise(start, past) == pytest.approx(1e-6 * full, rel=1e-6)
    assert table.rise(u, start) == pytest.approx(full, rel=1e-9)  # straight up


def test_what_is_not_finite_proves_nothing() -> None:
    assert (below(arb.nan()), above(arb.pos_inf()), above(arb(0, inf))) == (-inf, inf, inf)
    teacher = smooth(LAWS[0])
    assert covered(LAWS[0], teacher) and not covered(InputLaw(1, True), teacher)
    assert not covered(LAWS[0], replace(teacher, profile=PROFILES["kinked"]))
    W = torch.eye(3).double()[[0, 0]]
    assert (
        not Table(InputLaw(3, False), W).excess([torch.ones(2).double()]) <= 0
    )  # equal rows: their kernel is not decided
