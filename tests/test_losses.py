"""Convex losses: value against torch's own or a loop, gradient against autograd, conjugate against its definition."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.reference import generator
from tests.test_connect import convex_risk
from valleys.construct.best_output import best_output
from valleys.problem.losses import Loss
from valleys.problem.named_losses import loss_named, targets
from valleys.run.errors import InputError

NAMES = [
    ("square", 1), ("square", 3), ("cross_entropy", 2), ("cross_entropy", 4), ("logistic", 1), ("huber:0.5", 1),
    ("huber:0.5", 3), ("hinge", 1), ("hinge", 3),
]  # fmt: skip


def case(name: str, m: int, seed: int = 0, N: int = 7) -> tuple[Loss, Tensor, Tensor]:
    loss, g = loss_named(name), generator(seed)
    y = torch.randint(0, max(m, 2), (N,), generator=g) if loss.classes else torch.randn(N, m, generator=g)
    return loss, 2 * torch.randn(m, N, generator=g, dtype=torch.float64), targets(y, loss, m).T


def reference(name: str, z: Tensor, y: Tensor) -> Tensor:
    """The loss of one sample by torch's function, or by its formula."""
    F = torch.nn.functional
    m, label = len(z), int(y.argmax())
    kind = name.partition(":")[0]
    if kind == "square":
        return ((z - y) ** 2).sum()
    if kind == "cross_entropy":
        return F.cross_entropy(z[None], torch.tensor([label]))
    if kind == "logistic":
        return F.binary_cross_entropy_with_logits(z, (y + 1) / 2)
    if kind == "huber":
        return F.huber_loss(z, y, reduction="sum", delta=0.5)
    if m == 1:
        return (1 - y * z).clamp(min=0.0)[0]
    others = torch.stack([1 + z[k] - z[label] for k in range(m) if k != label])
    return others.max().clamp(min=0.0)


@pytest.mark.parametrize(("name", "m"), NAMES)
def test_value_and_gradient(name: str, m: int) -> None:
    loss, Z, T = case(name, m)
    values, G = loss.values(Z, T), loss.gradient(Z, T)
    for i in range(Z.shape[1]):
        z = Z[:, i].clone().requires_grad_()
        value = reference(name, z, T[:, i])
        (g,) = torch.autograd.grad(value, z)
        torch.testing.assert_close(values[i], value.detach(), rtol=1e-14, atol=1e-15)
        torch.testing.assert_close(G[:, i], g, rtol=1e-13, atol=1e-14)
    batch = torch.stack([Z, 2 * Z])
    # Vectors of a processor hold several numbers, and what is left over is computed otherwise: the last bit may differ.
    torch.testing.assert_close(loss.values(batch, T)[0], values, rtol=1e-15, atol=1e-15)
    torch.testing.assert_close(loss.gradient(batch, T)[0], G, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize(("name", "m"), NAMES)
def test_curvature_against_differences(name: str, m: int) -> None:
    loss, Z, T = case(name, m)
    H, h = loss.curvature(Z, T), 1e-6
    if H is None:
        assert name == "hinge"
        return
    for k in range(m):
        E = torch.zeros_like(Z)
        E[k] = h
        difference = (loss.gradient(Z + E, T) - loss.gradient(Z - E, T)) / (2 * h)
        torch.testing.assert_close(H[:, k], difference, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("name", "m"), NAMES)
def test_conjugate_is_a_supremum(name: str, m: int) -> None:
    """``l*(g) >= <g, z> - l(z)`` everywhere, with equality where ``g`` is a gradient at ``z`` (Fenchel)."""
    loss, Z, T = case(name, m)
    G = loss.gradient(Z, T)
    conjugate = loss.conjugate(G, T)
    assert conjugate is not None
    torch.testing.assert_close(conjugate, (G * Z).sum(dim=0) - loss.values(Z, T), rtol=1e-12, atol=1e-12)
    other = loss.feasible(G + 0.3 * torch.randn(G.shape, generator=generator(1), dtype=G.dtype), T)
    bound = loss.conjugate(other, T)
    assert bound is not None and torch.isfinite(bound).all()
    for seed in range(50):
        far = 5 * torch.randn(Z.shape, generator=generator(2 + seed), dtype=Z.dtype)
        assert ((other * far).sum(dim=0) - loss.values(far, T) <= bound + 1e-12).all()


@pytest.mark.parametrize(("name", "m"), [case for case in NAMES if case[0] != "square"])
def test_control_outside_the_domain_the_conjugate_is_infinite(name: str, m: int) -> None:
    loss, Z, T = case(name, m)
    conjugate = loss.conjugate(loss.gradient(Z, T) + 3.0, T)
    assert conjugate is not None and torch.isinf(conjugate).all()


@given(st.sampled_from(NAMES), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_lipschitz_and_the_left_slope(case_of: tuple[str, int], seed: int) -> None:
    loss, Z, T = case(*case_of, seed=seed)
    D = torch.randn(Z.shape, generator=generator(seed + 1), dtype=Z.dtype)
    change = (loss.values(Z + D, T) - loss.values(Z, T)).abs()
    assert (change <= loss.lipschitz(len(Z)) * D.norm(dim=0) * (1 + 1e-12)).all()
    h = 1e-7
    slope = (loss.values(Z, T) - loss.values(Z - h * D, T)) / h
    torch.testing.assert_close(loss.left_slope(Z, D, T), slope, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("m", [1, 3])
def test_left_slope_at_a_kink_of_the_hinge(m: int) -> None:
    """At margin 1 the loss falls to 0 from the left, and does not rise where it comes from beyond."""
    loss = loss_named("hinge")
    T = torch.ones(1, 1) if m == 1 else torch.tensor([[1.0], [0.0], [0.0]])
    for sign, slope in ((1.0, -1.0), (-1.0, 0.0)):
        assert float(loss.left_slope(T, sign * T, T)) == slope


@pytest.mark.parametrize(("name", "m"), NAMES)
def test_lowest_falls_all_the_way(name: str, m: int) -> None:
    loss, Z, T = case(name, m)
    end = loss.lowest(Z, T, 1e-9)
    assert end is not None
    values = torch.stack([loss.values(Z + t * (end - Z), T) for t in np.linspace(0, 1, 101)])
    assert (values.diff(dim=0) <= 1e-13).all()
    assert values[-1].max() <= 1e-9


def test_a_callable_against_its_name() -> None:
    _, Z, T = case("square", 3)
    named = loss_named("square")
    for own in (
        lambda z, y: ((z - y) ** 2).sum(dim=-1),
        (lambda z, y: ((z - y) ** 2).sum(dim=-1), lambda z, y: 2 * (z - y)),
    ):
        loss = loss_named(own)
        torch.testing.assert_close(loss.values(Z, T), named.values(Z, T))
        torch.testing.assert_close(loss.gradient(torch.stack([Z, Z]), T)[1], named.gradient(Z, T))
        torch.testing.assert_close(loss.curvature(Z, T), named.curvature(Z, T))


def test_softmax_minimum_by_another_solver() -> None:
    """The interior of the simplex: Newton's end against scipy's."""
    risk = convex_risk("z2", 40, 3, 3, "cross_entropy")
    A = risk.basis
    found = scipy.optimize.minimize(
        lambda v: float(risk.value_of(torch.from_numpy(v).reshape(3, -1) @ A.T)), np.zeros(3 * A.shape[1]), tol=1e-12
    )
    end = best_output(risk, A, torch.zeros_like(risk.target))
    assert float(risk.value_of(end)) == pytest.approx(found.fun, abs=1e-8)
    assert float(risk.value_of(end)) <= found.fun + 1e-12


@pytest.mark.parametrize(
    ("y", "name", "m", "message"),
    [
        ([0, 1, 3], "cross_entropy", 3, r"classes \[3.0\].*classes 0 .. 2"), ([0.5, 1.0], "cross_entropy", 3, "classes"),
        ([0, 1], "cross_entropy", 1, "logistic"), ([0, 1], "logistic", 2, "cross_entropy"), ([0, 2], "hinge", 1, "-1, 1"),
        ([float("nan"), 1.0], "square", 1, "NaN"), ([[1.0, 2.0]], "square", 3, r"\(N, 3\)"), ([-1, 0], "hinge", 3, "classes"),
    ],
)  # fmt: skip
def test_targets_that_do_not_fit(y: list[float], name: str, m: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        targets(torch.tensor(y), loss_named(name), m)


@pytest.mark.parametrize("name", ["huber:-1", "huber:x", "huber:nan", "absolute", "", 3])
def test_unknown_losses(name: object) -> None:
    with pytest.raises(InputError, match="--loss"):
        loss_named(name)  # type: ignore[arg-type]
