"""Basis exchange: every two networks of width ``dim* + 1`` are joined below the worse of the two; A4 says why not fewer."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.reference import KINDS, degenerate, generator
from valleys.construct.connect import Connection, connect
from valleys.judge.convex import judge_join
from valleys.paths.path import Line, Path, polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample
from valleys.problem.named_losses import loss_named, targets
from valleys.problem.network import Theta, random_theta
from valleys.run.errors import InputError

LOSSES = ("square", "cross_entropy", "logistic", "huber:0.5", "hinge")


def convex_risk(
    name: str, N: int, n: int, m: int, loss: str = "square", pinned: bool = False, repeated: int = 0, seed: int = 0
) -> ConvexRisk:
    """A sample, ``repeated`` of its inputs twice with other targets."""
    g = generator(seed)
    X = torch.randn(N, n, generator=g, dtype=torch.float64)
    X = torch.cat([X, X[:repeated]])
    chosen = loss_named(loss)
    m = 1 if loss == "logistic" else 3 if loss == "cross_entropy" else m
    y: Tensor = torch.randn(len(X), m, generator=g, dtype=torch.float64)
    if chosen.classes:
        y = torch.randint(0, max(m, 2), (len(X),), generator=g)
    return ConvexRisk(activation(name), Sample(X, targets(y, chosen, m)), chosen, pinned)


def network(risk: ConvexRisk, units: int, seed: int, kind: str = "random") -> Theta:
    """``units`` in all, the pinned one counted."""
    theta = degenerate(kind, random_theta(risk.m, units, risk.n, generator(seed)))
    if risk.pinned:
        theta.W[-1] = 0.0
    return theta


def minimiser(risk: ConvexRisk, units: int, seed: int) -> Theta:
    theta = network(risk, units, seed)
    return Theta(risk.target @ torch.linalg.pinv(risk.features(theta.W), rtol=1e-13), theta.W)


def joined(a: Theta, b: Theta, risk: ConvexRisk, bound: float = 4e-16) -> Connection:
    """The connection; it must hold: the ends bit for bit, legal legs, no knot above the worse end."""
    found = connect(a, b, risk)
    verdict = judge_join(found.path, risk)
    assert found.path.start.equal(a)
    assert found.path.end.equal(b)
    assert verdict.affine, verdict.kinds
    assert verdict.excess <= bound
    for before, after, kind in zip(verdict.losses, verdict.losses[1:], verdict.kinds, strict=False):
        assert kind != "dead" or before == after
    return found


def counted(q: int, p: int) -> int:
    return 2 * -(-q // (p - q)) + 3


@pytest.mark.parametrize(
    "risk",
    [
        convex_risk("relu", 19, 4, 1, repeated=1), convex_risk("relu", 19, 4, 3, repeated=1),
        convex_risk("leaky_relu", 20, 3, 3, pinned=True), convex_risk("z3", 60, 3, 3), convex_risk("tanh", 19, 6, 3, repeated=1),
    ],
    ids=["relu1", "relu3", "leaky_bias", "cubic", "tanh"],
)  # fmt: skip
def test_every_pair_of_kinds(risk: ConvexRisk) -> None:
    q = risk.dimension
    for p in (q + 1, 2 * q):
        for i, kind in enumerate(KINDS):
            for j, other in enumerate(KINDS):
                found = joined(network(risk, p, 7 * i + j, kind), network(risk, p, 900 + 7 * i + j, other), risk)
                assert len(found.path.pieces) <= (7 if p == 2 * q else 4 * q + 3)


@given(
    name=st.sampled_from(["relu", "leaky_relu", "tanh", "softplus", "z2", "z3", "poly:0.5,1,1"]),
    loss=st.sampled_from(LOSSES), pinned=st.booleans(), N=st.integers(2, 12), n=st.integers(1, 4), m=st.sampled_from([1, 3]),
    repeated=st.integers(0, 2), extra=st.integers(1, 12), kinds=st.tuples(*[st.sampled_from(KINDS)] * 2),
    seed=st.integers(0, 999),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_whenever_the_width_suffices(
    name: str,
    loss: str,
    pinned: bool,
    N: int,
    n: int,
    m: int,
    repeated: int,
    extra: int,
    kinds: tuple[str, str],
    seed: int,
) -> None:
    risk = convex_risk(name, N, n, m, loss, pinned, repeated, seed)
    units = risk.dimension + extra
    joined(network(risk, units, seed + 1, kinds[0]), network(risk, units, seed + 2, kinds[1]), risk)


def test_leg_counts_between_minimisers() -> None:
    """The least number of legs (A3) or one step aside more."""
    risk = convex_risk("leaky_relu", 24, 24, 3)
    q = risk.dimension
    assert q == 24
    for p in (25, 26, 27, 36, 48, 72):
        found = joined(minimiser(risk, p, 1), minimiser(risk, p, 2), risk, 1e-22)
        assert counted(q, p) <= len(found.path.pieces) <= counted(q, p) + 2 * max(found.temps, 1)


def test_forced_pivots_need_every_step_aside() -> None:
    q = 12
    X = torch.eye(q, dtype=torch.float64)
    risk = ConvexRisk(
        activation("relu"), Sample(X, torch.randn(q, 3, generator=generator(), dtype=X.dtype)), loss_named("square")
    )
    W = torch.cat([X, torch.zeros(1, q, dtype=X.dtype)])
    U = torch.randn(3, q + 1, generator=generator(1), dtype=X.dtype)
    found = joined(Theta(U, W), Theta(U / 2, 2 * W), risk)
    assert (len(found.path.pieces), found.temps) == (4 * q + 3, q)


def test_a_network_and_itself() -> None:
    risk = convex_risk("relu", 8, 3, 1)
    theta = network(risk, 9, 1)
    assert len(joined(theta, theta, risk).path.pieces) <= 3


def test_control_swapped_units_at_width_dim() -> None:
    """At ``p = q`` the sign of ``det F`` is a wall (A4): refused, and the line says why."""
    X = torch.eye(3, dtype=torch.float64)
    risk = ConvexRisk(
        activation("relu"), Sample(X, torch.randn(3, 3, generator=generator(), dtype=X.dtype)), loss_named("square")
    )
    a = Theta(risk.target.clone(), X)
    swap = torch.tensor([1, 0, 2])
    b = Theta(a.U[:, swap], a.W[swap])
    assert torch.det(risk.features(a.W)) * torch.det(risk.features(b.W)) < 0
    floor = float(torch.linalg.svdvals(risk.target)[-1]) ** 2 / 3
    line = judge_join(polygon([a, b]), risk)
    assert line.peak >= floor > 1e-3
    assert line.bound == 0.0
    assert [claim.holds for claim in line.claims("x")] == [False, False]
    with pytest.raises(InputError, match=r"width >= 4 = dim\* \+ 1.*determinant"):
        connect(a, b, risk)
    wider = [Theta(torch.nn.functional.pad(x.U, (0, 1)), torch.nn.functional.pad(x.W, (0, 0, 0, 1))) for x in (a, b)]
    joined(wider[0], wider[1], risk)


def a_connection() -> tuple[ConvexRisk, Path]:
    risk = convex_risk("tanh", 8, 3, 1, "huber:0.5")
    return risk, joined(network(risk, 10, 1), network(risk, 10, 2), risk).path


def test_control_a_leg_that_is_not_affine() -> None:
    risk, path = a_connection()
    pieces = list(path.pieces)
    i = next(i for i in range(1, len(pieces)) if not torch.equal(pieces[i].start.W, pieces[i].end.W))
    skipped = Path((*pieces[: i - 1], Line(pieces[i - 1].start, pieces[i].end), *pieces[i + 1 :]))
    claims = judge_join(skipped, risk).claims("x")
    assert claims[0].holds is False


def test_control_a_knot_above_the_bound() -> None:
    risk, path = a_connection()
    knots = path.knots
    i = max(range(len(knots)), key=lambda i: float(risk.value(knots[i])))
    raised = Theta(knots[i].U + 1e-6 * (knots[i].U != 0), knots[i].W)
    lowered = Theta(knots[i].U - 1e-6 * (knots[i].U != 0), knots[i].W)
    bent = max((raised, lowered), key=lambda theta: float(risk.value(theta)))
    verdict = judge_join(polygon([*knots[: i + 1], bent, *knots[i:]]), risk)
    assert [claim.holds for claim in verdict.claims("x")] == [True, False]


def test_control_a_knot_that_is_not_finite() -> None:
    risk, path = a_connection()
    knots = path.knots
    broken = Theta(knots[1].U * float("inf"), knots[1].W).map(torch.nan_to_num)
    broken = Theta(broken.U * 1e300, broken.W)
    assert judge_join(polygon([knots[0], broken, *knots[2:]]), risk).excess == float("inf")


def test_sizes_that_do_not_fit() -> None:
    risk = convex_risk("relu", 8, 3, 1)
    with pytest.raises(InputError, match="widen"):
        connect(network(risk, 9, 1), network(risk, 10, 1), risk)
