"""Theorem 12's paths: every width from n on, hard starts; below n, and with the step as printed, the judge says no."""

from __future__ import annotations

from itertools import product
from pathlib import Path as File
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.reference import gauss_hermite, generator
from theorem12.construction.falling_path import falling_path
from theorem12.construction.paper_path import paper_path, printed_last_step, to_standard_form
from theorem12.construction.straight import Here
from theorem12.th12data import STARTS as KINDS
from theorem12.th12data import TARGETS as NAMED
from theorem12.th12data import near, start
from theorem12.th12model import QuadraticRisk, matrix
from theorem12.th12options import STARTS, TARGETS
from theorem12.th12own import risk_for, save
from theorem12.th12paths import certified as certificate_of
from theorem12.th12tour import planar_watched
from valleys.judge.certificate import judge_leg, judge_path
from valleys.judge.exact import judged_exactly, rise_of, upper
from valleys.paths.path import Line, Path
from valleys.problem.activations import activation
from valleys.problem.laws import GaussianTeacher
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError


def symmetric(n: int, seed: int) -> Tensor:
    A = torch.randn(n, n, generator=generator(seed), dtype=torch.float64)
    return (A + A.T) / 2


def certified(path: Path, risk: QuadraticRisk, folder: File) -> dict[str, Any]:
    """The exact verdict on the knots: the loss never rises, and ends at nearly 0."""
    save(folder / "p.npz", path, risk)
    found = judged_exactly(folder / "p.npz")
    assert found["verdict"] == "never rises", [leg for leg in found["legs"] if leg["verdict"] != "never rises"]
    zero = float(risk.of_matrix(torch.zeros_like(risk.target)))
    assert upper(found["end"]) <= 1e-24 * (zero or upper(found["start"]))
    return found


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_sharp_path(n: int, kind: str, tmp_path: File) -> None:
    for p in {n, 2 * n - 1, 2 * n + 1}:
        risk = QuadraticRisk(symmetric(n, n))
        theta = start(kind, risk, p, generator(p))
        path = falling_path(theta, risk, generator(0))
        assert path.start.equal(theta)
        found = certified(path, risk, tmp_path)
        assert float(found["start"].split()[0].lstrip("[")) == pytest.approx(float(risk.value(theta)), rel=1e-9)


@pytest.mark.parametrize("size", [1e-8, 1e8])
@pytest.mark.parametrize("p", [4, 8])
def test_sharp_path_at_other_sizes(p: int, size: float, tmp_path: File) -> None:
    risk = QuadraticRisk(symmetric(4, 1))
    theta = random_theta(1, p, 4, generator(0))
    path = falling_path(Theta(size * theta.U, theta.W), risk, generator(0))
    save(tmp_path / "p.npz", path, risk)
    found = judged_exactly(tmp_path / "p.npz")
    assert found["verdict"] == "never rises"
    assert upper(found["end"]) <= 1e-14 * float(risk.of_matrix(torch.zeros(4, 4, dtype=torch.float64)))


@pytest.mark.parametrize("target", TARGETS)
def test_both_paths_for_every_law(target: str, tmp_path: File) -> None:
    for kind in STARTS:
        risk = risk_for(target, 4, 9)
        theta = start(kind, risk, 9, generator(2))
        certified(falling_path(theta, risk, generator(0)), risk, tmp_path)
        verdict = judge_path(paper_path(theta, risk.target), risk)
        assert verdict.relative_rise <= (1e-11 if kind == "scaled" else 1e-12)
        assert verdict.end <= 1e-15 * verdict.start


@given(
    n=st.integers(2, 4), extra=st.integers(0, 4), noise=st.sampled_from([0.0, 1e-9, 1e-4, 1.0]), seed=st.integers(0, 999),
    values=st.lists(st.integers(-2, 2), min_size=10, max_size=10),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_degenerate_eigenvalues(
    n: int, extra: int, noise: float, seed: int, values: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    # integer eigenvalues in shared coordinates: crossings, common kernels, nearly so with a little noise
    g = generator(seed)
    V = torch.linalg.qr(torch.randn(n, n, generator=g, dtype=torch.float64)).Q
    bend = torch.randn(n, n, generator=g, dtype=torch.float64)
    target = (V * torch.tensor(values[:n]).double()) @ V.T + noise * (bend + bend.T)
    risk = QuadraticRisk((target + target.T) / 2)
    U, W = torch.zeros(1, n + extra, dtype=torch.float64), torch.zeros(n + extra, n, dtype=torch.float64)
    U[0, :n], W[:n] = torch.tensor(values[n : 2 * n]).double(), V.T
    path = falling_path(Theta(U, W), risk, g)
    save(tmp_path_factory.getbasetemp() / "p.npz", path, risk)
    found = judged_exactly(tmp_path_factory.getbasetemp() / "p.npz")
    zero = max(float(risk.of_matrix(torch.zeros_like(risk.target))), upper(found["start"]))
    assert rise_of(found) <= 1e-30 and upper(found["end"]) <= 1e-14 * zero


def test_control_a_leg_that_goes_on_is_caught(tmp_path: File) -> None:
    """Each leg ends short of where it would rise: a millionth further, and the exact judge sees it."""
    risk = risk_for("indefinite", 4, 4)
    theta = start("random", risk, 4, generator(0))
    here = Here(theta, risk)
    t, loss = here.leg(here.newton)
    for share, verdict in ((1.0, "never rises"), (1 + 2**-19, "rises")):
        step = here.moved(share * t * here.newton)
        end = Theta(theta.U + step.U, theta.W + step.W)
        save(tmp_path / "p.npz", Path((Line(theta, end),)), risk)
        assert judged_exactly(tmp_path / "p.npz")["verdict"] == verdict
        assert float(risk.value(end)) == pytest.approx(loss, rel=1e-9)


def test_control_a_rotation_on_the_fibre_is_no_straight_leg(tmp_path: File) -> None:
    """Where ``A`` stays on a curve the chord does not fall: without the step down that pays for it, it rises."""
    risk = risk_for("psd", 3, 3)
    theta = Theta(torch.ones(1, 3).double(), torch.eye(3, dtype=torch.float64)[[1, 0, 2]])
    turned = torch.tensor([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]], dtype=torch.float64) @ theta.W
    save(tmp_path / "p.npz", Path((Line(theta, Theta(theta.U, turned)),)), risk)
    found = judged_exactly(tmp_path / "p.npz")
    assert found["verdict"] == "rises" and rise_of(found) > 0.1


@pytest.mark.parametrize("target", TARGETS)
def test_steps_by_automatic_differentiation(target: str) -> None:
    risk = risk_for(target, 4, 5)
    theta = random_theta(1, 5, 4, generator(1))
    here = Here(theta, risk)
    assert float(here.residual.square().sum()) == pytest.approx(float(risk.value(theta)), rel=1e-13)

    def loss(y: Tensor) -> Tensor:
        step = here.moved(y)
        return risk.value(Theta(theta.U + step.U, theta.W + step.W))

    y = torch.zeros(25, dtype=torch.float64)
    gradient = torch.autograd.functional.jacobian(loss, y)
    torch.testing.assert_close(2 * here.jacobian.T @ here.residual, gradient)
    H = torch.autograd.functional.hessian(loss, y)
    values, vectors = torch.linalg.eigh(H)
    assert abs(float(vectors[:, 0] @ here.curvature)) == pytest.approx(1) and float(gradient @ here.curvature) < 0
    assert values[0] < 0
    torch.testing.assert_close(here.jacobian @ here.newton, -here.residual)
    assert (here.jacobian @ here.untangling).abs().max() <= 1e-12 * here.untangling.abs().max()


def test_exactly_the_target_is_written(tmp_path: File) -> None:
    """``A*`` of a path file to the bit: the loss of the checker is 0 where ``A = A*``."""
    A = symmetric(3, 4)
    risk, rows = QuadraticRisk(A), [(i, j) for i in range(3) for j in range(i)]
    eye = torch.eye(3, dtype=torch.float64)
    W = torch.stack([*eye, *(eye[i] + eye[j] for i, j in rows), *(eye[i] - eye[j] for i, j in rows)])
    u = torch.stack([*A.diagonal(), *(A[i, j] / 2 for i, j in rows), *(-A[i, j] / 2 for i, j in rows)])
    theta = Theta(u[None], W)
    save(tmp_path / "p.npz", Path((Line(Theta(0 * theta.U, W), theta),)), risk)
    assert judged_exactly(tmp_path / "p.npz")["end"] == "0"


def test_control_below_n_there_is_no_sharp_path() -> None:
    with pytest.raises(InputError, match="p >= n = 4"):
        falling_path(random_theta(1, 3, 4, generator(0)), QuadraticRisk(symmetric(4, 0)), generator(0))


def test_control_the_paper_needs_more_than_2n() -> None:
    with pytest.raises(InputError, match="2n \\+ 1 = 9"):
        paper_path(random_theta(1, 8, 4, generator(0)), symmetric(4, 0))


@pytest.mark.parametrize("n", [3, 4, 8])
def test_control_the_printed_last_step_is_caught(n: int) -> None:
    risk = risk_for("psd", n, 2 * n + 1)
    standard = to_standard_form(near(risk, 2 * n + 1, generator(n)))
    leg = judge_leg(printed_last_step(standard.here, risk.target), risk)
    assert leg.kind == "grid"
    assert leg.rise > 0.5 * leg.start
    # as the text says: A_t = (1-t)^3 A + t^3 Abar
    A = matrix(standard.here)
    half = matrix(printed_last_step(standard.here, risk.target).at(0.5))
    torch.testing.assert_close(half, (A + risk.target) / 8, rtol=0, atol=1e-13)


@pytest.mark.parametrize("n", [2, 4])
def test_gaussian_risk_by_three_routes(n: int) -> None:
    risk = QuadraticRisk(symmetric(n, 5))
    theta = random_theta(1, 3, n, generator(6))
    x, w = gauss_hermite(n, 5)
    D = matrix(theta) - risk.target
    quadrature = float((w * ((x @ D) * x).sum(1).square()).sum())
    values, V = torch.linalg.eigh(risk.target)
    teacher = GaussianTeacher(Theta(values[None], V.T.contiguous()), activation("z2"))
    features = float(FeatureRisk(activation("z2"), teacher).value(theta))
    found = float(risk.value(theta))
    assert found == pytest.approx(quadrature, rel=1e-12)
    assert found == pytest.approx(features, rel=1e-12)


def test_two_part_risk_by_quadrature() -> None:
    risk = risk_for("theorem13", 4, 2)
    D = matrix(random_theta(1, 2, 4, generator(0))) - risk.target
    x, w = gauss_hermite(3, 5)
    y, v = gauss_hermite(1, 5)
    expected = (w * ((x @ D[:3, :3]) * x).sum(1).square()).sum() / 2 + (v * (D[3, 3] * y[:, 0] ** 2).square()).sum() / 2
    assert float(risk.of_matrix(D + risk.target)) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_gradient_and_parabola(target: str) -> None:
    risk = risk_for(target, 4, 6)
    theta = random_theta(1, 6, 4, generator(0), (2,))
    theta = theta.map(lambda x: x.requires_grad_())
    expected = torch.autograd.grad(risk.value(theta).sum(), (theta.U, theta.W))
    value, gradient = risk.value_and_gradient(theta.map(torch.detach))
    torch.testing.assert_close(value, risk.value(theta).detach())
    torch.testing.assert_close((gradient.U, gradient.W), expected)
    a, b = theta.map(torch.detach)[0], Theta(theta.U.detach()[1], theta.W.detach()[0])
    s, square = risk.parabola(a, b)
    middle = Theta((a.U + b.U) / 2, a.W)
    parabola = float(risk.value(b)) - s + square / 4
    assert float(risk.value(middle)) == pytest.approx(parabola, rel=1e-12)


def test_a_typo_is_no_random_start() -> None:
    assert tuple(KINDS) == STARTS and tuple(NAMED) == TARGETS
    risk = risk_for("psd", 3, 3)
    for refused in (lambda: start("ranodm", risk, 3, generator(0)), lambda: risk_for("pds", 3, 3)):
        with pytest.raises(InputError, match=r"random, repeated|psd, indefinite"):
            refused()


def test_the_animation_ends_on_its_targets() -> None:
    watched = planar_watched(0)
    x, wanted = watched.targets
    assert len(watched.loss) < 200 and watched.W.shape == (len(watched.loss), 3, 2)
    torch.testing.assert_close(torch.from_numpy(watched.outputs[-1]), torch.from_numpy(wanted), rtol=0, atol=1e-12)
    assert abs(watched.outputs[0] - wanted).max() > 0.5 and len(x) == len(watched.x)


def test_start_kinds_are_what_they_say() -> None:
    risk = risk_for("indefinite", 4, 6)
    assert matrix(start("repeated", risk, 6, generator(0))).abs().max() <= 1e-15
    torch.testing.assert_close(matrix(start("opposite", risk, 6, generator(0))), -risk.target)
    for target, p in product(("psd", "indefinite", "theorem13"), (2, 6)):
        risk = risk_for(target, 4, p)
        _, gradient = risk.value_and_gradient(start("saddle", risk, p, generator(0)))
        assert max(float(gradient.U.abs().max()), float(gradient.W.abs().max())) <= 1e-13


def test_where_no_straight_leg_leads_away_the_certificate_does() -> None:
    """Three units fit the upper three directions, the fourth cancels a part of them: critical, and flat to second order."""
    risk = risk_for("psd", 4, 4)
    W = torch.eye(4, dtype=torch.float64)
    W[3] = torch.tensor([0.5, 0.25, 0.0, 0.0])
    # A is the best fit on the first three coordinates, in the inner product of the law: the rest, 1/2, spread by its trace
    best = torch.diag(risk.target.diagonal().clone())
    best[3, 3], shift = 0.0, 0.5 / 5
    best[:3, :3] += shift * torch.eye(3).double()
    block = best[:3, :3] + 0.25 * torch.outer(W[3, :3], W[3, :3])
    values, V = torch.linalg.eigh(block)
    W[:3, :3] = V.T
    theta = Theta(torch.cat([values, torch.tensor([-0.25]).double()])[None], W)
    _, gradient = risk.value_and_gradient(theta)
    assert max(float(gradient.U.abs().max()), float(gradient.W.abs().max())) <= 1e-14 < float(risk.value(theta))
    assert certificate_of(theta, risk) == {"relative_rise": 0.0, "end_gap": 0.0}
