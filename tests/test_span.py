"""The upper intrinsic dimension by formula and by rank of drawn filters, and the minimum by least squares."""

from __future__ import annotations

from math import comb

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import gaussian_risk, generator, sample_risk
from valleys.construct.filters import draw_filters, rank_of_filters
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.network import random_theta
from valleys.problem.risk import FeatureRisk

#: Points on a line through 0, opposite points, a repeated point, the origin.
SPECIAL = torch.tensor([[1.0, 0], [2, 0], [-1, 0], [0, 0], [1, 1], [-1, -1], [1, 1], [0, 2]], dtype=torch.float64)


def special(name: str) -> FeatureRisk:
    Y = torch.randn(len(SPECIAL), 2, generator=generator(1), dtype=torch.float64)
    return FeatureRisk(activation(name), Sample(SPECIAL, Y))


@pytest.mark.parametrize("name", ["z", "z2", "z3", "z4", "poly:1,0.5,2", "poly:0,1,0,-2"])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_formula_of_lemma_4_is_the_rank(name: str, n: int) -> None:
    risk = gaussian_risk(name, n, 1)
    expected = sum(comb(n + k - 1, k) for k in activation(name).powers)
    assert Span(risk).dimension == expected
    assert rank_of_filters(risk, generator(), expected) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("relu", 5), ("leaky_relu", 5), ("tanh", 4), ("erf", 4), ("sigmoid", 5), ("erf01", 5), ("softplus", 7),
     ("z", 2), ("z2", 3), ("poly:1,1", 3)],
)  # fmt: skip
def test_degenerate_sample(name: str, expected: int) -> None:
    risk = special(name)
    assert Span(risk).dimension == expected
    rows = torch.cat([draw_filters(risk, 400, generator()) * s for s in (0.3, 1.0, 4.0)])
    values = torch.linalg.svdvals(risk.features(rows))
    assert int((values > 1e-9 * values[0]).sum()) == expected


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "softplus", "z2"])
def test_minimum_is_the_least_squares_over_many_filters(name: str) -> None:
    risk = special(name)
    rows = torch.cat([draw_filters(risk, 200, generator()) * s for s in (0.3, 1.0, 4.0)])
    F = risk.features(rows)
    coefficients = torch.linalg.lstsq(F.T, risk.target.T, rcond=1e-11, driver="gelsd").solution
    best = float((F.T @ coefficients - risk.target.T).square().sum())
    assert Span(risk).minimum == pytest.approx(best, abs=1e-9)


@given(N=st.integers(2, 14), n=st.integers(1, 4), name=st.sampled_from(["relu", "tanh", "z3"]), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_random_samples(N: int, n: int, name: str, seed: int) -> None:
    X = torch.randn(N, n, generator=generator(seed), dtype=torch.float64)
    risk = FeatureRisk(activation(name), Sample(X, torch.zeros(N, 1, dtype=torch.float64)))
    expected = {"tanh": N, "z3": min(N, comb(n + 2, 3)), "relu": N if n > 1 else len(X[:, 0].sign().unique())}[name]
    assert Span(risk).dimension == expected


def test_excess_is_loss_less_minimum() -> None:
    for risk in (special("relu"), gaussian_risk("z2", 3, 2, noise=0.5), sample_risk("z2", 20, 3, 1)):
        span, theta = Span(risk), random_theta(risk.m, 6, risk.n, generator(2))
        assert span.excess(theta) == pytest.approx(float(risk.value(theta)) - span.minimum, rel=1e-10)


def test_teacher_outside_the_span() -> None:
    """A cubic teacher for quadratic students: what they cannot represent stays."""
    teacher = random_theta(1, 2, 3, generator(3))
    risk = FeatureRisk(activation("z2"), GaussianTeacher(teacher, activation("z3")))
    assert Span(risk).minimum == pytest.approx(float(risk.target.square().sum()), rel=1e-12)


def test_unknown_callable_counts_points() -> None:
    risk = FeatureRisk(activation(torch.cos), Sample(SPECIAL, SPECIAL))
    assert Span(risk).dimension == 7
