"""The judge believes nothing that is not finite, and sees what a careless judge would let pass."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, nan
from pathlib import Path as File

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.reference import generator, sample_risk
from valleys.construct.descent import SHORT, descend
from valleys.judge.certificate import (
    Leg,
    Verdict,
    descent_claims,
    judge_leg,
    judge_path,
    judge_points,
    moves,
    path_claims,
    rise_of_parabola,
)
from valleys.judge.grid import GRID, judge_grid
from valleys.judge.verify import main as judge
from valleys.paths.path import Line, polygon
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import GaussianTeacher
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
BAD = (nan, inf, -inf)


def verdict(rises: list[float], losses: list[float], excess: float | None = 0.0, zero: float | None = 1.0) -> Verdict:
    legs = [Leg("grid", rise, a, b, 9) for rise, a, b in zip(rises, losses, losses[1:], strict=False)]
    return Verdict(tuple(legs), excess, zero)


@settings(deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=7, max_size=7), chosen=st.integers(0, 6), bad=st.sampled_from(BAD))
def test_no_claim_holds_on_what_is_not_finite(numbers: list[float], chosen: int, bad: float) -> None:
    numbers[chosen] = bad
    rise0, rise1, a, b, c, excess, zero = numbers
    claims = path_claims(verdict([rise0, rise1], [a, b, c], excess, zero), "x", "")
    assert not all(claim.holds for claim in claims)
    assert all(isfinite(claim.measured) for claim in claims if claim.holds)


@settings(deadline=None)
@given(s=NUMBERS, a=NUMBERS)
@example(-inf, 1.0)
@example(-1.0, nan)
def test_a_parabola_of_what_is_not_finite_has_no_rise(s: float, a: float) -> None:
    assert isfinite(rise_of_parabola(s, a)) <= (isfinite(s) and isfinite(a))


@pytest.mark.parametrize("order", [(0.0, nan), (nan, 0.0)], ids=str)
def test_the_worst_of_many_is_not_a_matter_of_order(order: tuple[float, float]) -> None:
    assert not any(claim.holds for claim in descent_claims("x", "", order, order))


def test_a_start_of_1e73_excuses_nothing_further_down() -> None:
    assert verdict([0.0, 1.0], [1e73, 1.0, 2.0]).relative_rise == 1.0
    assert verdict([1e60, 0.0], [1e73, 1.0, 0.5]).relative_rise == pytest.approx(1e-13)
    assert verdict([0.0], [1e73, 1e60], excess=1e60).end_gap == 1e60


def test_a_small_start_is_the_measure_and_an_optimal_one_is_held_against_rounding() -> None:
    assert verdict([1e-9], [1e-3, 1e-4], zero=1.0).relative_rise == pytest.approx(1e-6)
    assert verdict([1e-31], [0.0, 1e-31]).relative_rise <= 1e-12
    assert verdict([1e-20], [0.0, 1e-20]).relative_rise > 1e-12
    assert verdict([1e-31], [0.0, 1e-31], zero=None).relative_rise == inf


@pytest.mark.parametrize("excess, zero, gap", [(0.0, 0.0, 0.0), (1e-300, 0.0, inf), (2.0, 4.0, 0.5)])
def test_gap_at_the_end(excess: float, zero: float, gap: float) -> None:
    assert verdict([0.0], [1.0, 1.0], excess, zero).end_gap == gap


def test_knots_out_of_range_fail() -> None:
    risk = sample_risk("relu", 8, 3, 1)
    start = random_theta(1, 8, 3, generator(1))
    end = descend(start, risk, generator(2), Span(risk).dimension).path.end
    path = polygon([start, Theta(start.U * 1e200, start.W), end])
    claims = path_claims(judge_path(path, risk, Span(risk).excess(end)), "x", "")
    assert [claim.holds for claim in claims] == [False, True]


@pytest.mark.parametrize("size", [1.0, 1e4, 1e8])
def test_a_start_of_any_loss_ends_at_the_minimum_of_a_gaussian_law(size: float) -> None:
    sigma = activation("z3")
    risk = FeatureRisk(sigma, GaussianTeacher(random_theta(1, 6, 4, generator(1)), sigma))
    span, theta = Span(risk), random_theta(1, 24, 4, generator(2))
    path = descend(Theta(size * theta.U, theta.W), risk, generator(3), span.dimension).path
    claims = path_claims(judge_path(path, risk, span.excess(path.end)), "x", "")
    assert all(claim.holds for claim in claims), claims
    assert claims[1].measured <= 2 * SHORT**2 + 1e-24


def test_a_leg_is_shortened_and_costs_the_square_of_it() -> None:
    risk = sample_risk("relu", 30, 3, 1)
    span, theta = Span(risk), random_theta(1, 60, 3, generator(1))
    theta = Theta(theta.U * 0.1, theta.W)
    path = descend(theta, risk, generator(2), span.dimension).path
    before = span.excess(path.pieces[-1].start)
    assert span.excess(path.end) == pytest.approx(SHORT**2 * before, rel=0.1)


class Norm:
    """A loss that is no function of the network alone: ``|W|^2``."""

    n, m = 3, 1

    def value(self, theta: Theta) -> Tensor:
        return theta.W.square().sum(dim=(-2, -1))

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        raise NotImplementedError


def test_a_dead_leg_is_looked_at() -> None:
    dead, row = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 3, dtype=torch.float64)
    leg = judge_leg(Line(Theta(dead, row), Theta(dead, 2 * row)), Norm())
    assert (leg.kind, leg.rise) == ("dead", 9.0)


@pytest.mark.parametrize("weight", [5e-324, -1e-300, 1e-13])
def test_a_unit_of_any_output_weight_is_alive(weight: float) -> None:
    W = torch.ones(2, 3, dtype=torch.float64)
    U = torch.tensor([[1.0, weight]], dtype=torch.float64)
    assert moves(Theta(U, W), Theta(U, torch.cat([W[:1], 1e30 * W[1:]]))) == "grid"


def bump(at: float, width: float) -> Callable[[Tensor], Tensor]:
    return lambda t: torch.exp(-(((t - at) / width) ** 2))


@pytest.mark.parametrize("scale", [1.0, 1e20])
def test_a_bump_between_the_points_of_the_first_grid_is_found(scale: float) -> None:
    """The first grid sees nothing of it; a loss of 1e20 does not make that stable either."""
    between = (0.5 + GRID // 3) / GRID
    hill = bump(between, 0.1 / GRID)
    leg = judge_grid(torch.tensor(0.0), torch.tensor(1.0), lambda t: t.double(), lambda t: scale * (1 + hill(t)))
    assert leg.rise == pytest.approx(scale, rel=0.05)
    assert leg.points >= 4 * GRID + 1


def test_a_grid_that_meets_what_is_not_finite_stops_and_fails() -> None:
    leg = judge_grid(torch.tensor(0.0), torch.tensor(1.0), lambda t: t, lambda t: torch.where(t > 0.9, nan, 1 - t))
    assert not isfinite(leg.rise) and leg.points == GRID + 1


def write(file: File, U: list[float], W: list[float], **more: object) -> File:
    """Points of one-unit networks ``u w x`` on the sample ``x = 1, y = 1``."""
    one = np.ones((1, 1))
    law = {"activation": np.array("z"), "X": one, "Y": one}
    arrays = {"U": np.array(U).reshape(-1, 1, 1), "W": np.array(W).reshape(-1, 1, 1)}
    np.savez(file, **law, **arrays, **more)  # type: ignore[arg-type]
    return file


def test_two_points_far_apart_are_no_path(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    """From ``u = w = 1`` to ``u = w = -1``: the same function at both ends, the zero network between them."""
    file = write(tmp_path / "p.npz", [1.0, -1.0], [1.0, -1.0], t=np.array([0.0, 1.0]))
    assert judge([str(file)]) == 1
    told = capsys.readouterr().out
    assert [row.split()[1] for row in told.splitlines() if "no_jump" in row] == ["1"]
    assert [row.split()[-1] for row in told.splitlines() if row.startswith("path.")] == ["holds", "FAILS", "holds"]


def test_points_close_together_are_measured_not_verified(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    w = np.exp(np.linspace(0.0, 1.0, 400))
    file = write(tmp_path / "p.npz", list(1 / w), list(w), t=np.linspace(0, 1, 400))
    assert judge([str(file)]) == 0
    kinds = {row.split()[0]: row.split()[-2] for row in capsys.readouterr().out.splitlines() if row.startswith("path.")}
    assert kinds == {
        "path.never_rises_at_its_points": "measured",
        "path.no_jump_between_points": "measured",
        "path.ends_at_minimum": "verified",
    }


def test_points_that_rise_fail_at_the_points() -> None:
    risk, a, b = sample_risk("z", 5, 2, 1), random_theta(1, 2, 2, generator(1)), random_theta(1, 2, 2, generator(2))
    t = torch.linspace(0, 1, 2001, dtype=torch.float64)[:, None, None]
    batch = Theta(a.U + t * (3 * b.U - a.U), a.W + t * (3 * b.W - a.W))
    assert not path_claims(judge_points(batch, risk), "x", "")[0].holds
