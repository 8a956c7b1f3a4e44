"""The floor under a convex loss, step by step, on samples whose best network is known by hand."""

from __future__ import annotations

from math import inf, log
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from tests.reference import generator
from tests.test_judge_of_legs import convex
from valleys.judge import convex_floor
from valleys.judge.convex_floor import Floor, _attained, _projected, dual_value, floor_of
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample
from valleys.problem.losses import CrossEntropy
from valleys.problem.named_losses import OwnLoss

ONES = [[1.0], [1.0], [1.0]]


def columns(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def one_hot(labels: list[int], m: int) -> list[list[float]]:
    return torch.nn.functional.one_hot(torch.tensor(labels), m).tolist()


def own(y: list[float], lower: float = -inf) -> ConvexRisk:
    """The square as a callable on points ``x = 1``: nothing is known of it but its gradient and ``lower``."""
    X, Y = torch.ones(len(y), 1, dtype=torch.float64), columns(y).T
    loss = OwnLoss("own", False, lambda z, t: (z - t).square().sum(dim=-1), None, lower)
    return ConvexRisk(activation("z"), Sample(X, Y), loss)


@pytest.mark.parametrize(
    ("G", "radius", "value"),
    [
        ([1.0, -1.0], 9.0, -(1.25 + 0.25) / 2),  # g^2/4 + g y with y = (1, 0), and no residual
        ([1.0, 1.0], 3.0, -1.5 / 2 - 2**0.5 * 3 / 2),
        ([0.1, 0.1], 3.0, -(0.005 + 0.1) / 2 - 2**0.5 * 0.3 / 2),
        ([0.0, 0.0], inf, 0.0),
    ],
    ids=str,
)
def test_value_of_a_dual_point(G: list[float], radius: float, value: float) -> None:
    risk = convex("square", [[1.0], [1.0]], [[1.0], [0.0]])
    assert dual_value(risk, columns(G), radius) == pytest.approx(value, rel=1e-14)


def test_no_value_outside_the_domain_and_without_a_conjugate() -> None:
    assert dual_value(convex("logistic", ONES, ONES), columns([0.5, -0.5, 0.5]), 1.0) == -inf
    assert dual_value(own([1.0]), columns([0.0]), 1.0) == -inf


BEST = {
    # loss, X, y, outputs near the minimum, its value, whether it is attained
    "mean of 0, 0, 3": ("square", ONES, [[0.0], [0.0], [3.0]], [[1.0] * 3], 2.0, True),
    "huber at 1/2": ("huber:1", ONES, [[0.0], [0.0], [3.0]], [[0.5] * 3], 0.75, True),
    "far from the minimum": ("huber:1", ONES, [[0.0], [0.0], [3.0]], [[9.0] * 3], 0.0, True),
    "two against one": ("hinge", ONES, [[1.0], [1.0], [-1.0]], [[0.0] * 3], 2 / 3, True),
    "odds of 2 to 1": ("logistic", ONES, [[1.0], [1.0], [-1.0]], [[log(2)] * 3], log(3) - log(4) / 3, True),
    "separable": ("logistic", ONES, [[1.0], [1.0], [1.0]], [[40.0] * 3], 0.0, False),
    "two classes": ("cross_entropy", ONES, one_hot([0, 0, 1], 2), [[log(2)] * 3, [0.0] * 3], log(3) - log(4) / 3, True),
    "two classes apart": ("cross_entropy", ONES, one_hot([0, 0, 0], 2), [[40.0] * 3, [0.0] * 3], 0.0, False),
    # of each of two groups: what may be moved off the label is bounded by the others' labels
    "hinge of 3 classes": (
        "hinge", [[1.0, 0.0]] * 5 + [[0.0, 1.0]] * 2, one_hot([0, 0, 0, 1, 2, 1, 2], 3), [[0.0] * 7] * 3, 6 / 7, True,
    ),
    "no more than the zero network": ("square", [[0.0], [0.0]], [[1.0], [3.0]], [[0.0] * 2], 5.0, True),
    "a small misfit of small targets": ("square", ONES[:2], [[0.01001], [0.00999]], [[0.01] * 2], 1e-10, True),
}  # fmt: skip


@pytest.mark.parametrize(("loss", "X", "y", "Z", "value", "attained"), BEST.values(), ids=list(BEST))
def test_floor(loss: str, X: list[list[float]], y: object, Z: list[list[float]], value: float, attained: bool) -> None:
    floor = floor_of(convex(loss, X, y), columns(*Z))
    assert floor.value == pytest.approx(value, rel=1e-9, abs=1e-15)
    assert floor.attained is attained


def test_for_which_outputs_a_floor_holds() -> None:
    """For all where the dual point is one exactly; else up to ten times the larger of the outputs and the targets."""
    X, y = columns([0.3, 0.7], [0.1, -0.9], [0.5, 0.2], [-0.8, 0.6]), columns([1.0], [3.0], [-2.0], [0.5])
    risk = convex("square", X.tolist(), y.tolist())
    end = (X @ torch.linalg.lstsq(X, y).solution).T
    assert floor_of(risk, end).radius == pytest.approx(10 * float(y.norm()), rel=1e-14)
    assert floor_of(convex("square", X.tolist(), (0 * y).tolist()), 0 * end).radius == inf


@pytest.mark.parametrize(
    ("z", "y", "lower", "floor"),
    [
        ([2.0, 2.0], [1.0, 1.0], -inf, Floor(-43.0, 20 * 2**0.5, None)),  # 1 - |G A| (R + |Z|)/N
        ([2.0, 2.0], [1.0, 1.0], 0.0, Floor(0.0, inf, None)),
        ([1.0, 1.0], [1.0, 1.0], 0.0, Floor(0.0, inf, None)),
        ([30.0, 30.0], [29.0, 31.0], 0.5, Floor(1.0, 10 * (29**2 + 31**2) ** 0.5, None)),
        ([0.125, 0.0], [0.0, 0.0], -1.0, Floor(2**-7 - 11 / 64 / 2**0.5, 1.25, None)),
        ([0.0, 0.0], [0.0, 0.0], -1.0, Floor(0.0, 10.0, None)),
    ],
    ids=str,
)
def test_by_the_slope_alone(z: list[float], y: list[float], lower: float, floor: Floor) -> None:
    found = floor_of(own(y, lower), columns(z))
    assert found.value == pytest.approx(floor.value, rel=1e-13)
    assert found.radius == pytest.approx(floor.radius, rel=1e-14) and found.attained is None


def test_no_dual_point_is_asked_for_beyond_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where the filters reach every output, not at the minimum, and no second where the first closes the gap."""
    asked: list[Tensor] = []

    def candidates(risk: ConvexRisk, Z: Tensor):  # type: ignore[no-untyped-def]
        for _ in range(3):
            asked.append(columns([-1.0, 1.0]))
            yield asked[-1]

    monkeypatch.setattr(convex_floor, "_candidates", candidates)
    assert floor_of(convex("square", [[1.0, 0.0], [0.0, 1.0]], [[1.0], [2.0]]), columns([5.0, 5.0])).value == 0.0
    assert not asked
    for y, end, value, count in (([0.0, 0.0], 0.0, 0.0, 1), ([1.0, 0.0], 0.5, 0.25, 2)):
        asked.clear()
        assert floor_of(convex("square", ONES[:2], columns(y).T.tolist()), columns([end, end])).value == value
        assert len(asked) == count  # the last one is made, but not looked at


def test_a_linear_program_that_fails_leaves_the_floor_at_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    risk = convex("hinge", ONES, [[1.0], [1.0], [-1.0]])
    monkeypatch.setattr("scipy.optimize.linprog", lambda *a, **k: SimpleNamespace(x=None))
    assert floor_of(risk, columns([0.0] * 3)) == Floor(0.0, inf, True)


def test_moved_within_the_face() -> None:
    """Three classes: no residual is left, columns add up to 0, and what has no share does not move."""
    A = torch.linalg.qr(torch.randn(9, 2, generator=generator(1), dtype=torch.float64))[0]
    Z = torch.randn(3, 9, generator=generator(2), dtype=torch.float64)
    T = columns(*one_hot([0, 1, 2] * 3, 3)).T
    Z[0, 4] = -50.0
    G, H = CrossEntropy("cross_entropy", True).face(Z, T, 1e-10)
    moved = _projected(G, H, A)
    assert float((moved @ A).norm()) <= 1e-15 * 9 and float((G @ A).norm()) > 0.1
    assert float(moved.sum(dim=0).abs().max()) <= 1e-14
    assert moved[0, 4] == G[0, 4] == 0
    assert torch.equal(_projected(G, torch.zeros_like(H), A), G)
    assert torch.equal(_projected(G, H, A[:, :0]), G)


@pytest.mark.parametrize(
    ("loss", "T", "G", "attained"),
    [
        ("logistic", [[1.0, -1.0]], [[-0.5, 0.5]], True), ("logistic", [[1.0, -1.0]], [[-1.0, 0.5]], False),
        ("logistic", [[1.0, -1.0]], [[-0.5, 0.0]], False), ("logistic", [[1.0]], [[-1e-8]], False),
        ("logistic", [[1.0]], [[-2e-8]], True), ("square", [[1.0]], [[-1.0]], True),
        ("cross_entropy", [[1.0], [0.0]], [[-0.5], [0.5]], True), ("cross_entropy", [[1.0], [0.0]], [[-1.0], [1.0]], False),
    ],
)  # fmt: skip
def test_attained(loss: str, T: list[list[float]], G: list[list[float]], attained: bool) -> None:
    risk = convex(loss, [[1.0]] * len(T[0]), columns(*T).T.tolist())
    assert _attained(risk, columns(*G)) is attained
