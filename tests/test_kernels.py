"""Kernels and mixture risks against quadrature, sampling, finite differences and a second formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from torch import Tensor

from tests.reference import generator
from theorem13.th13data import Setting, risk
from valleys.problem.activations import activation
from valleys.problem.hessian import difference_hessian, flatten
from valleys.problem.kernels import KERNELS, gauss_nodes, kappa, quadrature_kernel
from valleys.problem.mixture import GaussianPart, MixtureRisk, gaussian_part
from valleys.problem.network import Theta
from valleys.problem.population import PopulationRisk

CASES = [
    ("relu", "theorem"), ("z2", "theorem"), ("z4", "theorem"), ("relu", "decoupled"), ("z4", "decoupled"),
    ("softplus", "decoupled"), ("sigmoid", "decoupled"), ("erf01", "decoupled"), ("erf01", "theorem"),
]  # fmt: skip


def rows(seed: int, p: int, n: int) -> Tensor:
    return torch.randn(p, n, generator=generator(seed), dtype=torch.float64)


def awkward(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Rows among which some are parallel, opposite, orthogonal or zero."""
    W, V = rows(seed, 4, 3), rows(seed + 1, 5, 3)
    V[0], V[1], V[2], V[3] = 2 * W[0], 0.0, -W[1], torch.linalg.cross(W[2], W[3])
    return W, V


def by_angle(name: str, a: float, b: float, c: float) -> float:
    """E sigma(a x) sigma(b (c x + s y)) in polar coordinates for homogeneous sigma, else on a fine square grid."""
    sigma, s = activation(name), math.sqrt(max(0.0, 1 - c * c))

    def at(z: float) -> float:
        return float(sigma(torch.tensor(z, dtype=torch.float64)))

    k = sigma.homogeneous
    if k is not None:
        radial = 2**k * math.factorial(k)  # E R^(2k) of a planar normal
        kinks = [math.pi / 2, math.pi, 1.5 * math.pi] + [math.atan2(s, c) + q * math.pi / 2 for q in (-1, 0, 1, 2)]
        inside = sorted(x % (2 * math.pi) for x in kinks)
        angular = quad(
            lambda t: at(a * math.cos(t)) * at(b * (c * math.cos(t) + s * math.sin(t))),
            0, 2 * math.pi, points=inside, limit=200,
        )[0]  # fmt: skip
        return radial * angular / (2 * math.pi)
    x, w = np.polynomial.legendre.leggauss(120)
    z, weight = torch.tensor(9 * x), torch.tensor(9 * w * np.exp(-0.5 * (9 * x) ** 2) / math.sqrt(2 * math.pi))
    inner = sigma(b * (c * z[:, None] + s * z)) @ weight
    return float((sigma(a * z) * inner) @ weight)


@pytest.mark.parametrize("name", sorted(KERNELS))
@pytest.mark.parametrize("c", [-1.0, -0.3, 0.0, 0.6, 1.0])
def test_kernel_against_quadrature(name: str, c: float) -> None:
    a, b = 1.3, 0.7
    W = torch.tensor([[a, 0.0]], dtype=torch.float64)
    V = torch.tensor([[b * c, b * math.sqrt(1 - c * c)]], dtype=torch.float64)
    assert KERNELS[name](W, V).k.item() == pytest.approx(by_angle(name, a, b, c), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_slopes_against_differences_at_awkward_rows(name: str) -> None:
    W, V = awkward()
    table, h = KERNELS[name](W, V), 1e-5
    written = table.P[..., None] * V[None] + table.Q[..., None] * W[:, None]
    steps = h * torch.eye(3, dtype=torch.float64)
    measured = torch.stack([(KERNELS[name](W + e, V).k - KERNELS[name](W - e, V).k) / (2 * h) for e in steps], dim=-1)
    torch.testing.assert_close(written, measured, rtol=1e-8, atol=1e-8 * float(written.abs().max()))


def test_erf_by_both_routes() -> None:
    sigma = activation("erf01")
    route = quadrature_kernel(sigma, sigma.derivative, lambda z: -2 * z * sigma.derivative(z), strip=1.5)
    for one, other in zip(route(*awkward()), KERNELS["erf01"](*awkward()), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", ["softplus", "sigmoid"])
def test_long_rows_have_nodes_of_their_own_or_no_table(name: str) -> None:
    """Training that diverges asks for any row: memory for one of length 30, none for 1e3; nothing else is disturbed."""
    W = rows(7, 3, 2)
    W = W / W.norm(dim=1, keepdim=True)
    factors = torch.tensor([1.0, 5.0, 30.0, 1e3, 1e200, math.inf, math.nan], dtype=torch.float64)
    table, short = KERNELS[name](W[:1], factors[:, None] * W[1]), KERNELS[name](W[:1], W[1:2])
    assert table.k[0].isfinite().tolist() == [True, True, True, False, False, False, False]
    assert all(torch.equal(one[:, :1], other) for one, other in zip(table, short, strict=True))
    assert table.k[0, 1].item() == pytest.approx(by_angle(name, 1.0, 5.0, float(W[0] @ W[1])), rel=1e-10)
    # k grows by P <w, v> + Q |w|^2 with the length of w: both tables at the long row, against a difference
    long, h = 30 * W[1:2], 1e-4
    up, middle, down = (KERNELS[name](f * W[:1], long) for f in (1 + h, 1.0, 1 - h))
    slope = middle.P * (W[:1] @ long.T) + middle.Q
    torch.testing.assert_close(slope, (up.k - down.k) / (2 * h), rtol=1e-6, atol=1e-9)


def test_relu_part_is_the_kernel_table() -> None:
    V, t = rows(1, 3, 4), rows(2, 1, 3)[0]
    u, W = rows(3, 6, 5), torch.stack([rows(4 + i, 5, 4) for i in range(6)])
    fast, table = gaussian_part("relu", slice(0, 4), V, t), GaussianPart("relu", slice(0, 4), V, t)
    for one, other in zip(fast.value_and_gradient(u, W), table.value_and_gradient(u, W), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@given(st.floats(-1, 1), st.floats(0.01, 100), st.floats(0.01, 100))
@settings(max_examples=60, deadline=None)
def test_relu_kernel_laws(c: float, a: float, b: float) -> None:
    """Homogeneity, k(w, v) - k(w, -v) = <w, v>/2, and 0 <= kappa <= 1/2."""
    W = torch.tensor([[a, 0.0]], dtype=torch.float64)
    V = torch.tensor([[b * c, b * math.sqrt(1 - c * c)]], dtype=torch.float64)
    k = KERNELS["relu"](W, V).k.item()
    assert 0 <= k <= a * b / 2 * (1 + 1e-12)
    assert k == pytest.approx(a * b * kappa(torch.tensor(c, dtype=torch.float64)).item(), abs=1e-9 * a * b)
    assert k - KERNELS["relu"](W, -V).k.item() == pytest.approx(a * b * c / 2, abs=1e-12 * a * b)


def network(setting: Setting, seed: int) -> Theta:
    """A student of width 4 with two parallel rows, and a row along a teacher's."""
    W = rows(seed, 4, setting.n)
    W[0], W[1] = torch.eye(setting.n, dtype=torch.float64)[0], 2 * W[2]
    W[0, -1] = 0.1
    return Theta(rows(seed + 1, 1, 4), W)


@pytest.mark.parametrize(("name", "law"), CASES)
def test_risk_gradient_against_differences(name: str, law: str) -> None:
    setting = Setting(name, law, 4, 3, 2.0, 3.0)
    L, theta = risk(setting), network(setting, 5)
    value, gradient = L.value_and_gradient(theta)
    x, g, h = flatten(theta), flatten(gradient), 1e-5
    eye = torch.eye(len(x), dtype=torch.float64)

    def batch(y: Tensor) -> Theta:
        return Theta(y[:, :4].reshape(-1, 1, 4), y[:, 4:].reshape(-1, 4, 4))

    measured = (L.value(batch(x + h * eye)) - L.value(batch(x - h * eye))) / (2 * h)
    torch.testing.assert_close(g, measured, rtol=1e-7, atol=1e-8 * float(g.abs().max()))
    assert L.value(batch(x[None]))[0].item() == pytest.approx(value.item(), rel=1e-13)


def test_hessian_at_parallel_rows() -> None:
    L = PopulationRisk(Theta(torch.ones(1, 3, dtype=torch.float64), torch.eye(3, 4, dtype=torch.float64)))
    W = rows(8, 4, 4)
    W[0], W[1] = torch.eye(4, dtype=torch.float64)[1], 3 * W[2]
    theta = Theta(rows(9, 1, 4), W)
    torch.testing.assert_close(L.hessian(theta), difference_hessian(L, theta), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("name", "law"), [("relu", "theorem"), ("softplus", "decoupled"), ("erf01", "theorem")])
def test_risk_against_four_million_samples(name: str, law: str) -> None:
    setting = Setting(name, law, 4, 3, 2.0, 3.0)
    L, theta, g = risk(setting), network(setting, 11), generator(3)
    total, square, N = 0.0, 0.0, 0
    slope = torch.zeros(2, 4, dtype=torch.float64)
    for _ in range(8):
        data = L.sample(500_000, g)
        hidden = L.sigma(data.X @ theta.W.T)
        residual = hidden @ theta.U[0] - data.Y[:, 0]
        total, square, N = total + float((residual**2).sum()), square + float((residual**4).sum()), N + len(residual)
        by_u = 2 * residual[:, None] * hidden
        slope += torch.stack([by_u.sum(0), (by_u**2).sum(0)])
    value, gradient = L.value_and_gradient(theta)
    mean = total / N
    assert abs(mean - value.item()) <= 4 * math.sqrt((square / N - mean**2) / N)
    means = slope[0] / N
    error = ((slope[1] / N - means**2) / N).sqrt()
    assert bool(((means - gradient.U[0]).abs() <= 4 * error).all())


def test_parabola_is_the_risk_on_a_leg_of_u() -> None:
    setting = Setting("relu", "theorem", 4, 3, 2.0, 3.0)
    L: MixtureRisk = risk(setting)
    a = network(setting, 21)
    b = Theta(rows(30, 1, 4), a.W)
    s, size = L.parabola(a, b)
    middle = Theta((a.U + b.U) / 2, a.W)
    assert L.value(b).item() - s + size / 4 == pytest.approx(L.value(middle).item(), rel=1e-12)


def test_nodes_integrate_moments() -> None:
    z, w = gauss_nodes(2.0)
    for k in range(0, 12, 2):
        assert float(w @ z**k) == pytest.approx(math.prod(range(1, k, 2)), rel=1e-11)
