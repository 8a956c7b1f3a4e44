"""The judges of convex losses and of weight decay, held against closed forms and against paths that break a rule."""

from __future__ import annotations

from fractions import Fraction
from math import exp, inf, log, log1p

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from valleys.judge.convex import judge_convex_leg, judge_descent, judge_join
from valleys.judge.convex_floor import floor_of
from valleys.judge.decay_floor import dual, root_below, rounded_down, scaling
from valleys.judge.verify_convex import GAP_BOUND, convex_claims, verify_convex
from valleys.paths.path import polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.decay import DecayRisk
from valleys.problem.laws import Sample
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta

thirds = st.integers(-6, 6).map(lambda k: k / 2)


def decay(X: object, y: object, beta: float, name: str = "relu") -> DecayRisk:
    X, y = (torch.tensor(np.asarray(a, dtype=float)) for a in (X, y))
    return DecayRisk(activation(name), Sample(X, y.reshape(-1, 1)), beta)


@pytest.mark.parametrize(
    ("nu", "y", "square", "alpha"),
    [([1.0, 1.0], [1.0, 0.0], 4, "1/2"), ([1.0, 1.0], [3.0, 3.0], 4, "1/2"), ([2.0], [1.0], 1, "1/2"), ([1.0], [-1.0], 1, "0"),
     ([1.0], [0.0], 1, "0"), ([1.0], [0.25], 16, "1/4"), ([2.0], [8.0], 9, "1/3"), ([1.0], [4.0], Fraction(1, 4), "2")],
)  # fmt: skip
def test_the_scaling_is_the_smaller_of_two_bounds(
    nu: list[float], y: list[float], square: Fraction, alpha: str
) -> None:
    """``min(nu . y/|nu|^2, beta/S)`` with ``beta = 1``, 0 where ``nu`` looks the wrong way."""
    assert scaling(nu, y, 1.0, Fraction(square)) == Fraction(alpha)


def test_lengths_that_differ_are_refused() -> None:
    for action in (lambda: dual([1.0], [1.0, 2.0], Fraction(1)), lambda: scaling([1.0], [1.0, 2.0], 1.0, Fraction(1))):
        with pytest.raises(ValueError, match=r"is (shorter|longer) than"):
            action()


@given(st.fractions(0, 50, max_denominator=999).filter(bool))
def test_roots_and_doubles_are_rounded_down_and_by_little(square: Fraction) -> None:
    root = root_below(square)
    assert root**2 <= square < (root + Fraction(1, 1 << 100)) ** 2
    near = rounded_down(square)
    assert Fraction(near) <= square < Fraction(float(np.nextafter(near, inf)))
    assert rounded_down(Fraction(near)) == near


def convex(loss: str, X: list[list[float]], y: object, pinned: bool = False) -> ConvexRisk:
    return ConvexRisk(
        activation("z"),
        Sample(torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)),
        loss_named(loss),
        pinned,
    )


def net(u: float, w: float = 1.0) -> Theta:
    return Theta(torch.tensor([[u]], dtype=torch.float64), torch.tensor([[w]], dtype=torch.float64))


def two(u: float, w: float) -> Theta:
    """A second unit of no output whose row is ``w``."""
    return Theta(torch.tensor([[u, 0.0]], dtype=torch.float64), torch.tensor([[1.0], [w]], dtype=torch.float64))


@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (0.0, 3.0), (3.0, 1.5), (0.5, 2.0), (1.0, 0.0)])
def test_a_leg_of_U_is_bounded_by_its_slope_at_the_end(a: float, b: float) -> None:
    """``L = (u - 1)^2`` on one point: slope ``2 (b - 1)(b - a)`` at the end; the bound is that, or 0."""
    leg = judge_convex_leg(polygon([net(a), net(b)]).pieces[0], convex("square", [[1.0]], [[1.0]]))
    slope = 2 * (b - 1) * (b - a)
    assert leg.kind == "U" and leg.points == 2
    assert (leg.start, leg.end) == pytest.approx(((a - 1) ** 2, (b - 1) ** 2))
    assert leg.rise == pytest.approx(max(slope, 0.0), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize(("loss", "y"), [("logistic", [[1.0]]), ("hinge", [[1.0]])])
def test_a_leg_of_U_under_a_lipschitz_loss_rises_by_no_more_than_it_moves(loss: str, y: list[list[float]]) -> None:
    """From ``u = 0`` to ``-4``: the slope at the end is close to ``4``, the move ``4`` times the constant bounds it, too."""
    leg = judge_convex_leg(polygon([net(0.0), net(-4.0)]).pieces[0], convex(loss, [[1.0]], y))
    rise = log1p(exp(4)) - log(2) if loss == "logistic" else 4.0
    assert rise <= leg.rise <= 4.0 * (1 + 1e-14)


def test_legs_of_every_kind() -> None:
    risk = convex("square", [[1.0], [2.0]], [[1.0], [1.0]])
    kinds = {
        "still": (two(1.0, 1.0), two(1.0, 1.0), 0.0), "dead": (two(1.0, 1.0), two(1.0, 9.0), 0.0),
        "grid": (net(1.0, 0.0), net(1.0, 1.0), 0.0),
    }  # fmt: skip
    for kind, (start, end, rise) in kinds.items():
        leg = judge_convex_leg(polygon([start, end]).pieces[0], risk)
        assert leg.kind == kind
        assert leg.points == 2 or kind == "grid"
        assert (leg.start, leg.end) == pytest.approx((float(risk.value(start)), float(risk.value(end))))
        assert leg.rise >= rise
    hill = judge_convex_leg(polygon([net(1.0, 0.6), net(1.0, -0.6)]).pieces[0], risk)  # past the minimum, then up
    low = 1 - 3**2 / 5 / 2
    assert hill.kind == "grid"
    assert hill.rise == pytest.approx(float(risk.value(net(1.0, -0.6))) - low, rel=1e-6)


def test_a_pinned_row_may_not_move() -> None:
    risk = convex("square", [[1.0]], [[1.0]], pinned=True)
    for w, kind in ((0.0, "still"), (2.0, "grid")):
        assert judge_join(polygon([two(1.0, 0.0), two(1.0, w)]), risk).kinds == (kind,)


def test_a_join_counts_knots_grids_and_both_ends() -> None:
    risk = convex("square", [[1.0]], [[1.0]])
    high, low = net(3.0), net(2.0)
    for ends, peak in (((high, net(2.5), low), 4.0), ((low, net(2.5), high), 4.0), ((low, net(5.0), high), 16.0)):
        found = judge_join(polygon(list(ends)), risk)
        assert (found.bound, found.peak, found.scale, found.affine) == (4.0, peak, 4.0, True)
        assert found.excess == pytest.approx(max(peak - 4.0, 0.0) / 4.0)
    near = judge_join(polygon([net(0.5), net(0.75)]), risk)
    assert near.scale == risk.at_zero == 1.0
    bent = judge_join(polygon([net(-1.0, 2.0), net(1.0, -2.0)]), risk)  # the product is -2 at both ends, 0 between
    assert (bent.kinds, bent.affine) == (("grid",), False)
    over = judge_join(polygon([net(-1.0, -1.0), net(4.0, 0.25)]), risk)  # 1 at both ends; between them it is not
    assert over.between > 0.05 and over.excess == pytest.approx(over.peak)
    claims = over.claims("x", "here")
    assert [(claim.id, claim.source, claim.kind, claim.holds) for claim in claims] == [
        ("x.affine", "here", "verified", False), ("x.below_worse_end", "here", "verified", False),
    ]  # fmt: skip
    assert claims[0].measured == 1


@pytest.mark.parametrize(
    ("gap", "at_zero", "holds"),
    [(1e-7, 100.0, True), (1e-7, 1.0, False), (1e-7, 0.5, False), (1e-9, 0.0, True), (1e-7, 0.0, False)],
)
def test_a_gap_is_relative_to_the_network_0(gap: float, at_zero: float, holds: bool) -> None:
    rising, ending = convex_claims(0.0, gap, at_zero, "x", "here")
    assert (rising.id, ending.id, ending.source, ending.kind) == (
        "x.never_rises",
        "x.ends_at_minimum",
        "here",
        "verified",
    )
    assert (ending.bound, ending.holds) == (GAP_BOUND, holds)
    assert "L(0)" in ending.statement


def test_the_public_judge_of_a_convex_descent_and_of_a_connection(capsys: pytest.CaptureFixture[str]) -> None:
    risk = convex("square", [[1.0], [2.0]], [[1.0], [1.0]])
    down = polygon([net(0.0), net(0.6)])
    rising, ending = verify_convex(down, risk, "descent", 1)
    assert rising.holds and ending.holds
    said = capsys.readouterr().out
    assert "leg 1: U      L 1 -> 0.1" in said and "width 1, dim* 1, no network is below 0.1" in said
    rising, ending = verify_convex(polygon([net(0.0), net(0.7)]), risk, "descent", 1)
    assert not rising.holds and not ending.holds
    capsys.readouterr()
    affine, below = verify_convex(polygon([net(0.0), net(0.6), net(2.0)]), risk, "connection", 1)
    assert affine.holds and below.holds
    assert "peak 5, worse end 5" in capsys.readouterr().out
    _, below = verify_convex(polygon([net(0.0), net(3.0), net(2.0)]), risk, "connection", 1)
    assert not below.holds


@pytest.mark.parametrize("loss", ["square", "logistic", "huber:0.5", "hinge"])
def test_a_floor_is_below_every_network_and_near_the_best(loss: str) -> None:
    """One input, three points, ``L`` convex in one number: the best by a fine search, a second route."""
    y = [[1.0], [-1.0], [1.0]]
    risk = convex(loss, [[1.0], [2.0], [0.5]], y)
    values = torch.linspace(-3, 3, 60001, dtype=torch.float64)
    losses = risk.value_of(values[:, None, None] * risk.law.X[:, 0])
    best = values[int(losses.argmin())]
    floor = floor_of(risk, best * risk.law.X.T)
    assert floor.value <= float(losses.min()) + 1e-12
    assert floor.value == pytest.approx(float(losses.min()), abs=1e-6)
    assert floor.attained is True


def test_verdicts_carry_the_size_of_the_problem() -> None:
    risk = convex("square", [[1.0]], [[2.0]])
    verdict = judge_descent(polygon([net(0.0), net(2.0)]), risk, floor=-1.0)
    assert (verdict.zero, verdict.excess) == (4.0, 1.0)
