"""The judge: closed forms against sampling, and controls that must turn red."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import gaussian_risk, generator, sample_risk
from valleys.judge.certificate import judge_leg, judge_path, moves, path_claims, rise_of_parabola, rise_of_values
from valleys.own.certified import certified_descent
from valleys.paths.path import Line, Path, polygon
from valleys.problem.dimension import Span
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError


@settings(deadline=None)
@given(r=st.lists(st.floats(-3, 3), min_size=2, max_size=4), d=st.lists(st.floats(-3, 3), min_size=4, max_size=4))
def test_rise_of_parabola_against_sampling(r: list[float], d: list[float]) -> None:
    R0 = torch.tensor(r, dtype=torch.float64)
    D = torch.tensor(d[: len(r)], dtype=torch.float64)
    s, a = float(((R0 + D) * D).sum()), float((D * D).sum())
    t = torch.linspace(0, 1, 4001, dtype=torch.float64)
    values = (R0 + t[:, None] * D).square().sum(dim=1)
    assert rise_of_parabola(s, a) == pytest.approx(rise_of_values(values), abs=2e-6)


def test_a_rise_at_the_very_end_is_seen() -> None:
    """Sampling at t = 1 - 1e-3 would miss it."""
    assert rise_of_parabola(1e-6, 1.0) == pytest.approx(1e-12, rel=1e-12)


def test_kinds_of_legs() -> None:
    theta = random_theta(1, 4, 3, generator())
    dead = Theta(torch.cat([theta.U[:, :3], torch.zeros(1, 1, dtype=torch.float64)], dim=1), theta.W)
    other = theta.W.clone()
    other[3] += 1
    assert moves(theta, theta) == "still"
    assert moves(theta, dead) == "U"
    assert moves(dead, Theta(dead.U, other)) == "dead"
    assert moves(theta, Theta(theta.U, other)) == "grid"
    assert moves(dead, Theta(theta.U, other)) == "grid"
    leg = judge_leg(Line(dead, Theta(dead.U, other)), sample_risk("softplus", 9, 3, 1))
    assert (leg.kind, leg.rise) == ("dead", 0.0)


def certified(name: str = "z3") -> tuple[FeatureRisk, Path, Span]:
    risk = gaussian_risk(name, 3, 1)
    span = Span(risk)
    theta = random_theta(1, span.dimension, 3, generator(9))
    theta = Theta(theta.U, torch.cat([theta.W[:1].expand(5, -1), theta.W[5:]]))
    found, verdict, _ = certified_descent(theta, risk, generator(1))
    assert verdict.relative_rise <= 2e-15
    return risk, found.path, span


def holds(risk: FeatureRisk, path: Path, span: Span) -> list[bool]:
    verdict = judge_path(path, risk, span.excess(path.end))
    return [claim.holds for claim in path_claims(verdict, "x", "")]


def test_the_certified_path_holds() -> None:
    assert holds(*certified()) == [True, True]


def test_control_bent_upward_by_1e_9_of_the_loss() -> None:
    risk, path, span = certified()
    knots = path.knots
    _, gradient = risk.value_and_gradient(knots[1])
    away = (gradient.U == 0).all()
    direction = torch.where(knots[1].U != 0, 1.0, 0.0).to(torch.float64) if away else gradient.U
    level = float(risk.value(knots[1]))
    step = (1e-9 * level / float((direction @ risk.features(knots[1].W)).square().sum())) ** 0.5
    bent = Theta(knots[1].U + step * direction, knots[1].W)
    assert holds(risk, polygon([knots[0], knots[1], bent, knots[1], *knots[2:]]), span) == [False, True]


def test_control_wrong_end() -> None:
    risk, path, span = certified()
    end = Theta(path.end.U * (1 - 1e-4), path.end.W)
    assert holds(risk, polygon([*path.knots[:-1], end]), span) == [True, False]


def test_control_dead_row_that_is_not_dead() -> None:
    risk, path, span = certified()
    knots = path.knots
    alive = Theta(knots[2].U + 0.1, knots[2].W)
    assert holds(risk, polygon([knots[0], knots[1], alive, knots[3]]), span)[0] is False


def test_grid_leg_is_refined_until_stable() -> None:
    risk = sample_risk("tanh", 8, 3, 1)
    leg = judge_leg(Line(random_theta(1, 3, 3, generator(1)), random_theta(1, 3, 3, generator(2))), risk)
    assert leg.kind == "grid"
    assert leg.points > 500


def test_pieces_must_meet() -> None:
    a, b, c = (random_theta(1, 2, 2, generator(i)) for i in range(3))
    with pytest.raises(InputError, match="piece 2"):
        Path((Line(a, b), Line(c, a)))
