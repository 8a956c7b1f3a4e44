"""Bases of filters, best outputs and basis exchange by closed forms on a few unit vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.reference import generator
from tests.test_connect import convex_risk, network
from valleys.construct.best_output import _newton, _quasi_newton, best_output, hinge_program
from valleys.construct.connect import connect
from valleys.construct.connect_ends import independent, settle, weights
from valleys.construct.convex_descent import HALF_WAY, descend_convex
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta

EYE = torch.eye(3, dtype=torch.float64)


def matrix(*rows: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def on_axes(Y: torch.Tensor, loss: Any = "square", pinned: bool = False) -> ConvexRisk:
    """ReLU on the points ``e_1, e_2, e_3``: the filter of a row ``w >= 0`` is ``w``."""
    return ConvexRisk(activation("relu"), Sample(EYE, Y), loss_named(loss), pinned)


F = np.array([[1.0, 0, 0], [3, 0, 0], [0, 2, 0], [0, 0, 1e-9], [1, 0.1, 0]])
E1 = np.array([[1.0], [0.0], [0.0]])


@pytest.mark.parametrize(
    ("groups", "tolerance", "Q", "chosen"),
    [
        ([[0], [1, 2]], 0.5, None, [0, 2]), ([[1], [0, 2]], 0.5, None, [1, 2]), ([[], [2]], 0.5, None, [2]),
        ([[0], [4]], 0.2, None, [0]), ([[0], [4]], 0.05, None, [0, 4]), ([[0, 1, 2, 4]], 0.5, E1, [2]),
        ([[2, 3]], 0.5, None, [2]), ([[3]], 0.5, None, [3]), ([[2, 3]], 1e-12, None, [2, 3]), ([], 0.5, E1, []),
    ],
    ids=str,
)  # fmt: skip
def test_independent_filters(
    groups: list[list[int]], tolerance: float, Q: np.ndarray | None, chosen: list[int]
) -> None:
    """Group after group; a filter counts by the part of it that is new, and a faint one only where there is no better."""
    found, basis = independent(F, [np.array(g, dtype=int) for g in groups], tolerance, Q)
    assert found.tolist() == chosen
    had = 0 if Q is None else Q.shape[1]
    np.testing.assert_allclose(basis.T @ basis, np.eye(had + len(chosen)), atol=1e-15)
    added = F[np.array(chosen, dtype=int)].T
    np.testing.assert_allclose(basis @ (basis.T @ added), added, atol=1e-15)


def test_weights_and_their_condition() -> None:
    """On ``e_1`` and ``(e_2 - e_1)/sqrt 2`` (any lengths) the 1-norm condition is ``2 + sqrt 2``."""
    U, condition = weights(np.array([[5.0, 0, 0], [-3, 3, 0]]), np.array([[1.0, 6, 0], [5, 0, 0]]))
    np.testing.assert_allclose(U, np.array([[1.4, 2.0], [1.0, 0.0]]), atol=1e-15)
    assert condition == pytest.approx(2 + 2**0.5, rel=1e-14)
    assert weights(np.zeros((0, 3)), np.zeros((2, 3)))[0].shape == (2, 0)
    assert weights(np.zeros((0, 3)), np.zeros((2, 3)))[1] == 1.0


def test_an_end_on_a_basis() -> None:
    """Copies of a unit are one; which of them stays is the other end's to say; the loss is the best, or the function stays."""
    risk = on_axes(matrix((1.0,), (2.0,), (4.0,)))
    theta = Theta(matrix((1.0, 1.0, -1.0)), matrix((1.0, 0, 0), (1, 0, 0), (0, 1, 0)))
    for apart, units in ((np.array([0]), [1, 2]), (np.array([1]), [0, 2])):
        best, same = settle(theta, risk, apart), settle(theta, risk, apart, descend=False)
        assert sorted(best.units.tolist()) == sorted(same.units.tolist()) == units
        assert (best.loss, same.loss) == pytest.approx((16 / 3, (1 + 9 + 16) / 3), rel=1e-14)
        torch.testing.assert_close(best.outputs, matrix((1.0, 2.0, 0.0)))
        torch.testing.assert_close(same.outputs, matrix((2.0, -1.0, 0.0)))
        for end in (best, same):
            torch.testing.assert_close(end.theta.U @ risk.features(theta.W), end.outputs)
            assert torch.count_nonzero(end.theta.U) == 2 and end.theta.W is theta.W and end.condition == 1.0


def test_the_pinned_unit_comes_first() -> None:
    risk = on_axes(matrix((1.0,), (2.0,), (4.0,)), pinned=True)
    theta = Theta(matrix((1.0, 1.0, 5.0)), matrix((1.0, 0, 0), (1, 1, 1), (0, 0, 0)))
    found = settle(theta, risk)
    assert found.units.tolist() == [2, 0], "the row of ones is the output bias over again"
    torch.testing.assert_close(found.outputs, matrix((1.0, 3.0, 3.0)))


@pytest.mark.parametrize("size", [1.0, 100.0])
def test_exchanges_on_the_axes(size: float) -> None:
    """``b`` has the units in another order: two filters take a place, one of them aside, by pivots 1, whatever the lengths."""
    risk = on_axes(matrix((1.0,), (2.0,), (4.0,)))
    a = Theta(matrix((1.0, 2.0, 4.0, 0.0)), torch.cat([EYE, 0 * EYE[:1]]))
    b = Theta(matrix((0.0, 4.0, 2.0, 1.0)) / size, size * torch.cat([0 * EYE[:1], EYE.flip(0)]))
    found = connect(a, b, risk)
    assert (found.smallest_pivot, found.condition) == pytest.approx((1.0, 1.0), rel=1e-14)
    assert (found.exchanges, found.temps) == (2, 1)
    losses = torch.stack([risk.value(knot) for knot in found.path.knots])
    assert float(losses.max()) <= 1e-28


def test_no_exchange_where_all_is_there() -> None:
    """Units that both networks have stay where they are: only ``U`` moves, on a line."""
    risk = on_axes(matrix((1.0,), (2.0,), (4.0,)))
    W = torch.cat([EYE, 0 * EYE[:1]])
    found = connect(Theta(matrix((1.0, 2.0, 4.0, 0.0)), W), Theta(matrix((1.0, 2.0, 4.0, 7.0)), W), risk)
    assert (found.exchanges, found.temps, found.smallest_pivot, len(found.path.pieces)) == (0, 0, 1.0, 1)


def test_what_is_reported_of_a_convex_descent() -> None:
    """From copies of two filters: rank 2, two new rows; the first leg goes half its way, the last to the minimum."""
    risk = on_axes(matrix((1.0,), (2.0,), (4.0,)))
    theta = Theta(torch.zeros(1, 4, dtype=torch.float64), EYE[[0, 0, 1, 1]])
    found = descend_convex(theta, risk, generator())
    assert (found.rank, found.reached, len(found.path.pieces)) == (2, 3, 3)
    freed, moved = found.path.knots[1:3]
    assert sorted(freed.U[0].tolist()) == pytest.approx([0, 0, HALF_WAY * 1, HALF_WAY * 2], rel=1e-12)
    assert torch.equal(moved.W[freed.U[0] != 0], theta.W[freed.U[0] != 0]) and not torch.equal(moved.W, theta.W)
    assert float(risk.value(found.path.end)) <= 1e-25
    whole = descend_convex(Theta(theta.U[:, :3], 2 * EYE), risk, generator())
    assert (whole.rank, whole.reached, whole.condition, len(whole.path.pieces)) == (3, 3, 1.0, 1)


A = torch.linalg.qr(torch.randn(7, 3, generator=generator(2), dtype=torch.float64)).Q


@pytest.mark.parametrize("m", [1, 2])
def test_a_callable_by_both_methods(m: int) -> None:
    """The square loss as a callable: projection, by L-BFGS and by Newton's method; which of them is better is taken."""
    law = Sample(torch.eye(7, dtype=torch.float64), torch.randn(7, m, generator=generator(3), dtype=torch.float64))
    risk = ConvexRisk(activation("relu"), law, loss_named(lambda z, y: ((z - y) ** 2).sum(dim=-1)))
    best = risk.target @ A @ A.T
    for found, atol in (
        (_quasi_newton(risk, A), 1e-6),
        (_newton(risk, A, 50), 1e-9),
        (best_output(risk, A, best), 1e-9),
    ):
        torch.testing.assert_close(found, best, rtol=0, atol=atol)


def test_a_callable_without_curvature() -> None:
    """``|z - y|`` on the constants: the median."""
    law = Sample(torch.eye(7, dtype=torch.float64), matrix((5.0,), (0.0,), (1.0,), (1.5,), (9.0,), (-4.0,), (7.0,)))
    risk = ConvexRisk(activation("relu"), law, loss_named(lambda z, y: (z - y).abs().sum(dim=-1)))
    ones = torch.full((7, 1), 7**-0.5, dtype=torch.float64)
    found = best_output(risk, ones, 0 * risk.target)
    assert float(risk.value_of(found)) == pytest.approx(float((law.Y - 1.5).abs().mean()), rel=1e-3)


def test_no_filter_no_output() -> None:
    risk = convex_risk("relu", 4, 3, 1, "logistic")
    assert not best_output(risk, torch.zeros(4, 0, dtype=torch.float64), risk.target).any()


@pytest.mark.parametrize("classes", [2, 3])
def test_the_hinge_on_the_constants(classes: int) -> None:
    """``k`` of ``N`` points in one class, one in each other: the margin 1 between it and the others; multipliers by hand."""
    labels = [0, 0, 0, 1] if classes == 2 else [0, 0, 0, 0, 1, 2]
    N = len(labels)
    T = torch.tensor([[1.0 if y == 0 else -1.0 for y in labels]]) if classes == 2 else torch.eye(3)[labels].T
    risk = ConvexRisk(activation("relu"), Sample(torch.eye(N).double(), T.T.double()), loss_named("hinge"))
    Z, G = hinge_program(risk, torch.full((N, 1), N**-0.5, dtype=torch.float64))
    wrong = len([y for y in labels if y])
    assert float(risk.value_of(Z)) == pytest.approx(2 * wrong / N, abs=1e-9)
    assert float(G.sum(dim=1).abs().max()) <= 1e-9, "orthogonal to the span"
    conjugate = risk.loss.conjugate(G, risk.target)
    assert conjugate is not None and -float(conjugate.mean()) == pytest.approx(2 * wrong / N, abs=1e-9)


def test_two_networks_of_one_width_and_other_sizes_of_units() -> None:
    risk = convex_risk("tanh", 6, 3, 1, "huber:0.5", True)
    a, b = (network(risk, risk.dimension + 2, k) for k in (1, 2))
    found = connect(a, b, risk)
    assert 1 < found.condition < 1e12 and 0 < found.smallest_pivot <= 1
