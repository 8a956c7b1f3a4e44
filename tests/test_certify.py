"""Theorem 8 for convex losses with biases: rises exactly 0, the end within 1e-8 of a lower bound for every network."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.reference import KINDS, generator
from tests.test_connect import LOSSES, convex_risk, network
from valleys.construct.convex_descent import descend_convex
from valleys.judge.certificate import Verdict
from valleys.judge.convex import judge_descent
from valleys.judge.convex_floor import Floor, dual_value, floor_of
from valleys.judge.verify_convex import convex_claims
from valleys.paths.path import polygon
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.dimension import Span
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError


def judged(risk: ConvexRisk, theta: Theta) -> tuple[Verdict, Floor]:
    path = descend_convex(theta, risk, generator(3)).path
    assert path.start.equal(theta)
    floor = floor_of(risk, path.end.U @ risk.features(path.end.W))
    return judge_descent(path, risk, floor.value), floor


@given(
    name=st.sampled_from(["relu", "leaky_relu", "tanh", "softplus", "z2", "z3", "poly:0.5,1,1"]),
    loss=st.sampled_from(LOSSES), pinned=st.booleans(), N=st.integers(2, 12), n=st.integers(2, 4), m=st.sampled_from([1, 3]),
    repeated=st.integers(0, 2), extra=st.integers(0, 4), kind=st.sampled_from(KINDS), seed=st.integers(0, 999),
)  # fmt: skip
@example("relu", "cross_entropy", False, 3, 4, 3, 1, 0, "random", 1)  # saturated: rounding shifts all classes
@settings(max_examples=100, deadline=None)
def test_whenever_the_width_suffices(
    name: str, loss: str, pinned: bool, N: int, n: int, m: int, repeated: int, extra: int, kind: str, seed: int
) -> None:
    risk = convex_risk(name, N, n, m, loss, pinned, repeated, seed)
    verdict, _ = judged(risk, network(risk, max(risk.dimension, 1) + extra, seed + 1, kind))
    assert verdict.relative_rise <= 1e-12
    assert verdict.excess is not None
    assert -1e-12 <= verdict.excess / risk.at_zero <= 1e-8


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["relu", "z2", "tanh"])
@pytest.mark.parametrize("pinned", [False, True], ids=["", "bias"])
def test_rises_exactly_nothing_and_agrees_with_sampling(name: str, loss: str, pinned: bool) -> None:
    risk = convex_risk(name, 24, 3, 3, loss, pinned, repeated=1)
    theta = network(risk, risk.dimension + 2, 5, "nearly parallel")
    path = descend_convex(theta, risk, generator(3)).path
    verdict = judge_descent(path, risk)
    assert verdict.rise == 0.0
    losses = risk.value(path.sampled(200))
    assert float(losses.diff().max()) <= 1e-13 * float(losses[0])


@pytest.mark.parametrize("pinned", [False, True], ids=["", "bias"])
def test_square_loss_against_the_projection(pinned: bool) -> None:
    """The dual bound against the residual of a projection; with a bias, of centred data on centred filters."""
    risk = convex_risk("z2", 40, 3, 3, pinned=pinned)
    _, floor = judged(risk, network(risk, risk.dimension, 5))
    span = Span(FeatureRisk(risk.sigma, risk.law))
    columns = torch.cat([span.basis, torch.ones(40, pinned, dtype=torch.float64)], dim=1)
    residual = risk.target - risk.target @ columns @ torch.linalg.pinv(columns)
    assert floor.value == pytest.approx(float(residual.square().sum()) / 40, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "n", "repeated", "hidden", "wanted"),
    [("z2", 4, 0, False, (10, 10)), ("z2", 5, 0, True, (15, 14)), ("relu", 4, 0, False, (30, 29))],
)
def test_an_output_bias_saves_a_unit_iff_constants_are_spanned(
    name: str, n: int, repeated: int, hidden: bool, wanted: tuple[int, int]
) -> None:
    """Theory, section C: ``z^2`` of four inputs, of four inputs and a bias, ReLU on 30 points."""
    for pinned, needed in zip((False, True), wanted, strict=True):
        risk = convex_risk(name, 30, n, 1, pinned=pinned)
        if hidden:
            risk.law.X[:, -1] = 1.0
        assert risk.width_needed == needed


def test_two_equal_inputs_with_two_classes() -> None:
    """The infimum is then known: two points share their outputs, all the others are free."""
    risk = convex_risk("relu", 12, 4, 3, "cross_entropy", repeated=0)
    law = risk.law
    law.X[1] = law.X[0]
    law.Y[0], law.Y[1] = law.Y.new_tensor([1, 0, 0]), law.Y.new_tensor([0, 1, 0])
    again = ConvexRisk(risk.sigma, law, risk.loss)
    verdict, floor = judged(again, network(again, 11, 5))
    assert verdict.end == pytest.approx(2 * torch.tensor(2.0).log().item() / 12, abs=1e-8)
    assert floor.attained is False
    assert floor.value <= verdict.end


def a_descent() -> tuple[ConvexRisk, list[Theta], float]:
    risk = convex_risk("z2", 40, 3, 3, "cross_entropy", True)
    path = descend_convex(network(risk, risk.dimension, 5), risk, generator(3)).path
    return risk, path.knots, floor_of(risk, path.end.U @ risk.features(path.end.W)).value


def verdicts(risk: ConvexRisk, knots: list[Theta], floor: float) -> list[bool]:
    verdict = judge_descent(polygon(knots), risk, floor)
    return [claim.holds for claim in convex_claims(verdict.relative_rise, verdict.end - floor, risk.at_zero, "x")]


def test_the_descent_holds() -> None:
    assert verdicts(*a_descent()) == [True, True]


def test_control_a_leg_that_goes_too_far() -> None:
    risk, knots, floor = a_descent()
    beyond = Theta(knots[-1].U + 1e-3 * (knots[-1].U - knots[-2].U), knots[-1].W)
    assert verdicts(risk, [*knots[:-1], beyond], floor) == [False, False]


def test_control_an_end_too_early() -> None:
    risk, knots, floor = a_descent()
    early = Theta(knots[-1].U - 1e-2 * (knots[-1].U - knots[-2].U), knots[-1].W)
    assert verdicts(risk, [*knots[:-1], early], floor) == [True, False]


def test_control_a_dual_point_made_infeasible() -> None:
    risk, knots, floor = a_descent()
    outputs = knots[-1].U @ risk.features(knots[-1].W)
    G = risk.loss.gradient(outputs, risk.target)
    assert dual_value(risk, G, 1.0) == pytest.approx(floor, abs=1e-6)
    assert dual_value(risk, G + 0.01, 1.0) == -torch.inf


def test_control_width_below_the_dimension() -> None:
    risk = convex_risk("relu", 12, 4, 1, "logistic", True)
    with pytest.raises(InputError, match=r"width >= 11 = dim\*"):
        descend_convex(network(risk, 11, 1), risk, generator())


def test_one_class_only() -> None:
    risk = convex_risk("relu", 8, 4, 1, "logistic")
    risk.law.Y[:] = 1.0
    again = ConvexRisk(risk.sigma, risk.law, risk.loss)
    verdict, floor = judged(again, network(again, 8, 1))
    assert (verdict.rise, floor.value, floor.attained) == (0.0, 0.0, False)
    assert verdict.end < 1e-8
