"""Features and risks by independent routes: quadrature, a loop, finite differences, the symmetric tensor."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from tests.reference import gauss_hermite, gaussian_risk, generator, naive_loss, numerical_gradient, sample_risk
from theorem8.th8risk import TensorRisk
from valleys.problem.activations import activation
from valleys.problem.network import random_theta

POLYNOMIALS = ("z", "z2", "z3", "z4", "poly:1,0.5,-2", "poly:0,1,0,-2")
NAMES = ("relu", "leaky_relu", "tanh", "sigmoid", "softplus", "erf", "erf01", *POLYNOMIALS)


@pytest.mark.parametrize("name", POLYNOMIALS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_features_are_isometric(name: str, n: int) -> None:
    risk = gaussian_risk(name, n, 1)
    W = torch.randn(4, n, generator=generator(1), dtype=torch.float64)
    F = risk.features(W)
    x, weight = gauss_hermite(n, 6)
    filters = activation(name)(W @ x.T)
    assert_close(F @ F.T, (filters * weight) @ filters.T, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_gaussian_risk_against_quadrature(name: str) -> None:
    risk = gaussian_risk(name, 3, 2, noise=0.25)
    theta = random_theta(2, 5, 3, generator(2))
    x, weight = gauss_hermite(3, 6)
    teacher = risk.law.teacher
    sigma = activation(name)
    difference = theta.U @ sigma(theta.W @ x.T) - teacher.U @ sigma(teacher.W @ x.T)
    assert_close(risk.value(theta), (difference.square() * weight).sum() + 0.25, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_sample_risk_against_a_loop(name: str) -> None:
    risk = sample_risk(name, 9, 3, 2)
    theta = random_theta(2, 4, 3, generator(3))
    assert float(risk.value(theta)) == pytest.approx(
        naive_loss(activation(name), theta, risk.law.X, risk.law.Y), rel=1e-13
    )


@pytest.mark.parametrize("name", NAMES)
def test_gradient_against_finite_differences(name: str) -> None:
    theta = random_theta(2, 3, 3, generator(4))
    risks = [sample_risk(name, 8, 3, 2)] + ([gaussian_risk(name, 3, 2)] if name in POLYNOMIALS else [])
    for risk in risks:
        _, found = risk.value_and_gradient(theta)
        expected = numerical_gradient(risk, theta)
        assert_close(found.U, expected.U, rtol=1e-6, atol=1e-6)
        assert_close(found.W, expected.W, rtol=1e-6, atol=1e-6)


def test_gradient_of_a_callable() -> None:
    sigma = activation(torch.nn.functional.gelu)
    z = torch.linspace(-2, 2, 7, dtype=torch.float64)
    h = 1e-6
    assert_close(sigma.derivative(z), (sigma(z + h) - sigma(z - h)) / (2 * h), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_tensor_route_agrees_with_hermite_route(degree: int) -> None:
    name = "z" if degree == 1 else f"z{degree}"
    risk = gaussian_risk(name, 3, 1)
    other = TensorRisk(degree, risk.law.teacher)
    theta = random_theta(1, 4, 3, generator(5), (6,))
    value, gradient = risk.value_and_gradient(theta)
    found, slope = other.value_and_gradient(theta)
    assert_close(found, value, rtol=1e-12, atol=1e-12)
    assert_close(slope.U, gradient.U, rtol=1e-11, atol=1e-11)
    assert_close(slope.W, gradient.W, rtol=1e-11, atol=1e-11)


def test_a_batch_is_its_members() -> None:
    for risk in (sample_risk("relu", 8, 3, 2), gaussian_risk("z3", 3, 2)):
        theta = random_theta(2, 4, 3, generator(6), (5,))
        assert_close(risk.value(theta), torch.stack([risk.value(theta[i]) for i in range(5)]), rtol=1e-13, atol=0)


def test_best_U_beats_perturbations() -> None:
    risk = sample_risk("sigmoid", 12, 3, 2)
    W = random_theta(2, 4, 3, generator(7)).W
    U = risk.best_U(W)
    theta = random_theta(2, 4, 3, generator(8), (20,))
    others = theta.map(lambda x: x)
    best = risk.value(type(theta)(U, W))
    assert (risk.value(type(theta)(U + 1e-3 * others.U, W.expand_as(others.W))) > best).all()
