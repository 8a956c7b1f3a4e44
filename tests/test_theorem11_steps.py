"""Each leg of Theorem 11's paths by a closed form: where it ends, when there is none, what it leaves alone."""

from __future__ import annotations

from itertools import pairwise
from math import cos, sin

import pytest
import torch
from torch import Tensor

from tests.reference import generator
from theorem11.th11construction import SHORT, Rows, down, mixed, new_rows, opposite, readout, shortened, two_layers
from theorem11.th11deepconstruction import complement, descent_path, forget, ready, seen_space, span, widen
from theorem11.th11lift import Lift, narrowest
from theorem11.th11model import Layers, Walk
from theorem11.th11risk import LinearRisk
from theorem11.th11turn import SHORT as TURNED
from theorem11.th11turn import Turn
from valleys.problem.network import Theta, random_theta

EYE = torch.eye(3, dtype=torch.float64)


def matrix(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def risk_of(*singular: float, covariance: tuple[float, ...] = (1.0, 1.0, 1.0)) -> LinearRisk:
    """``C = diag(singular)`` for inputs with these variances."""
    law = torch.diag(torch.tensor(covariance, dtype=torch.float64))
    return LinearRisk.from_covariance(law, torch.diag(torch.tensor(singular, dtype=torch.float64)))


def random_layers(*sizes: int, seed: int = 5) -> Layers:
    draw = generator(seed)
    return Layers(tuple(torch.randn(b, a, generator=draw, dtype=torch.float64) for a, b in pairwise(sizes)))


@pytest.mark.parametrize("k", [1, 2, 5])
def test_mixing_leaves_no_row_out(k: int) -> None:
    Q = mixed(k)
    torch.testing.assert_close(Q @ Q.T, torch.eye(k, dtype=torch.float64))
    assert Q[:, 0].abs().tolist() == pytest.approx([k**-0.5] * k)


def test_rows_of_any_length_and_their_readout() -> None:
    """Lengths 2 and 8: 4 for new rows (the geometric mean, zeros as 1); ``C Wt^+`` in closed form."""
    whitened = matrix((2, 0, 0), (0, 8, 0))
    rows = Rows.of(whitened)
    assert rows.rank == 2 and rows.scale.tolist() == [2, 8] and float(rows.size) == pytest.approx(4)
    torch.testing.assert_close(
        rows.readout(torch.diag(matrix((3, 2, 1))[0]), whitened), matrix((1.5, 0), (0, 0.25), (0, 0))
    )
    zero = Rows.of(matrix((2, 0, 0), (0, 0, 0), (4, 1e-9, 0)))
    assert (zero.rank, zero.scale.tolist()) == (1, [2, 1, 4]) and float(zero.size) == pytest.approx(2)
    assert zero.dead[:, 0].tolist() == [0, 1, 0] and zero.dead[:, 1].abs().tolist() == pytest.approx([
        0.8**0.5,
        0,
        0.2**0.5,
    ])


@pytest.mark.parametrize(("moved", "ends"), [(1.0, 3 * SHORT), (1e6, 3 * SHORT * 1e0)])
def test_a_readout_stops_short_and_falls(moved: float, ends: float) -> None:
    """From ``U = 0`` or from afar: short by ``SHORT`` of the smaller of the way and ``|C|``; from the end no leg at all."""
    risk = risk_of(3, covariance=(1.0,))
    walk = Walk(Layers((matrix((1,)), matrix((3 - moved,)))))
    readout(walk, Lift(walk.here), risk)
    left = 3 - float(walk.here.weights[1])
    assert len(walk.stages) == 1 and left == pytest.approx(min(moved, 3) * SHORT, rel=1e-6) and left > 0
    again = Walk(walk.here)
    readout(again, Lift(again.here), risk)
    assert len(again.stages) <= 1 and float(risk.value(again.here)) <= float(risk.value(walk.here))
    assert shortened(Layers((matrix((1,)), matrix((3,)))), Layers((matrix((1,)), matrix((3,)))), risk) == 1.0


@pytest.mark.parametrize("lengths", [(1.0, 0.0, 0.0), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0)], ids=str)
def test_new_rows_make_the_rank_full_and_the_loss_fall(lengths: tuple[float, ...]) -> None:
    """Rows along one axis, the best readout or 0: a leg on which the loss falls, then rows that span; else no leg."""
    risk = risk_of(3, 2, 1)
    W = torch.tensor(lengths, dtype=torch.float64)[:, None] * matrix((0, 1, 0))
    walk = Walk(Layers.of(Theta(torch.zeros(3, 3, dtype=torch.float64), W)))
    readout(walk, Lift(walk.here), risk)
    before = walk.here
    new_rows(walk, Lift(walk.here), risk)
    assert [stage.name for stage in walk.stages][-1] == "rows" and len(walk.stages[-1].knots) == 2
    assert int(torch.linalg.matrix_rank(walk.here.weights[0])) == 3
    values = torch.stack([risk.value(Layers(tuple((1 - t) * a + t * b for a, b in zip(before.weights, walk.here.weights,
                          strict=True)))) for t in torch.linspace(0, 1, 33).double()])  # fmt: skip
    assert float(values.diff().max()) <= 1e-14 and float(values[-1]) < float(values[0]) - 0.1
    still = Walk(walk.here)
    new_rows(still, Lift(still.here), risk)
    assert still.stages == []


def test_the_opposite_of_a_climb_is_taken() -> None:
    """``(u w - 3)^2`` at (1, 1): up with ``-1``, down with ``+1``, whichever is offered."""
    risk, here = risk_of(3, covariance=(1.0,)), Layers((matrix((1,)), matrix((1,))))
    for sign in (1.0, -1.0):
        end = opposite(here, Lift(here), Theta(matrix((sign,)), matrix((0.5 * sign,))), risk)
        assert [w.item() for w in end.weights] == [1.5, 2.0]


def plane(angle: float, a: float = 2.0, b: float = 1.0, length: float = 1.0) -> tuple[Theta, LinearRisk]:
    """One unit at an angle to the dominant of two axes, ``C = diag(a, b)``, the best readout."""
    risk = risk_of(a, b, covariance=(1.0, 1.0))
    w = length * matrix((cos(angle), sin(angle)))
    return Theta(risk.C @ w.T / length**2, w), risk


@pytest.mark.parametrize("length", [1.0, 50.0])
def test_the_turn_in_the_plane(length: float) -> None:
    """From 1 radian to 0 by equal angles, the least squares at every knot, the length of the row kept."""
    theta, risk = plane(1.0, length=length)
    turn = Turn.of(theta, risk)
    assert turn is not None and not turn.level
    assert (float(turn.gain[0]), float(turn.weak[0]), float(turn.angles[0])) == pytest.approx((3, 1, 1))
    for t in (0.0, 0.25, 1.0):
        knot = turn.at(t)
        torch.testing.assert_close(knot.W, length * matrix((cos(1 - t), sin(1 - t))), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(knot.U, risk.C @ knot.W.T / length**2, rtol=1e-12, atol=1e-12)
    knots = turn.knots()
    assert float(risk.value(knots[-1])) == pytest.approx(1, rel=1e-12) and float(knots[-1].W[0, 1]) == pytest.approx(
        TURNED * length, rel=1e-5
    )
    values = [float(risk.value(x)) for x in (theta, *knots)]
    assert all(x > y for x, y in pairwise(values))


def test_each_vector_gains_in_a_plane_of_its_own() -> None:
    """``C = diag(4, 3, 2, 1)``, rows halfway from axis 3 to 1 and from 4 to 2: gains ``16 - 4`` and ``9 - 1``."""
    law = torch.eye(4, dtype=torch.float64)
    risk = LinearRisk.from_covariance(law, torch.diag(matrix((4, 3, 2, 1))[0]))
    W = matrix((1, 0, 1, 0), (0, 2, 0, 2))
    turn = Turn.of(Theta(risk.C @ torch.linalg.pinv(W), W), risk)
    assert turn is not None
    assert sorted(turn.gain.tolist()) == pytest.approx([8, 12]) and sorted(turn.weak.tolist()) == pytest.approx([1, 4])
    assert turn.angles.tolist() == pytest.approx([torch.pi / 4] * 2)


def test_there_is_no_turn_where_nothing_is_gained() -> None:
    for theta, risk in (plane(0.0), plane(0.7, 1.0, 1.0), plane(1e-9)):
        assert Turn.of(theta, risk) is None
    risk = risk_of(3, 2, 1)
    assert Turn.of(random_theta(3, 3, 3, generator()), risk) is None
    assert Turn.of(Theta(torch.zeros(3, 2).double(), matrix((1, 2, 3), (0, 0, 0))), risk) is None


@pytest.mark.parametrize(("angle", "level"), [(torch.pi / 2, True), (torch.pi / 2 - 1e-3, False), (0.3, False)])
def test_a_saddle_is_left_by_a_straight_leg(angle: float, level: bool) -> None:
    """From the weaker axis: ``L`` changes by ``-(g tau^2 t^2 - |C b|^2 tau^4 t^4)``, ``g = 3``, ``tau^2 = 3/16``."""
    theta, risk = plane(angle)
    turn = Turn.of(theta, risk)
    assert turn is not None and turn.level == level
    if level:
        move = turn.first()
        for t in (0.5, 1.0):
            change = float(risk.value(Theta(theta.U + t * move.U, theta.W + t * move.W))) - 4
            assert change == pytest.approx(-(3 * 3 / 16 * t**2 - 4 * (3 / 16) ** 2 * t**4), rel=1e-12)


@pytest.mark.parametrize("b", [1.0, 1.99])
def test_as_many_knots_as_the_chords_need(b: float) -> None:
    """One chord where the axes differ much; more, the closer they are."""
    theta, risk = plane(1.4, 2.0, b)
    turn = Turn.of(theta, risk)
    assert turn is not None
    assert (len(turn.knots()) <= 2) == (b == 1.0)
    assert turn.halved(0.0, 0.5, 0) == [0.5]
    assert turn.halved(0.0, 1.0, 1) == ([1.0] if turn.falls(0.0, 1.0) else [0.5, 1.0]), "halved once at most"
    ends = turn.halved(0.0, 1.0, 6)
    assert ends[-1] == 1.0 and ends == sorted(ends)


@pytest.mark.parametrize("p", [1, 2, 3, 4])
def test_a_minimum_stays_where_it_is(p: int) -> None:
    """All of what is left to do is far below the loss; elsewhere the end is that of Eckart and Young."""
    risk = risk_of(3, 2, 1)
    best = Theta(torch.diag(matrix((3, 2, 1))[0])[:, :p] @ torch.eye(min(p, 3), p).double(), torch.eye(p, 3).double())
    assert float(risk.value(two_layers(best, risk).end)) == pytest.approx((14, 5, 1, 0, 0)[p], abs=1e-25)
    theta = Theta(torch.randn(3, p, generator=generator(p), dtype=torch.float64), torch.eye(p, 3).double())
    assert float(risk.value(two_layers(theta, risk).end)) == pytest.approx((14, 5, 1, 0, 0)[p], abs=1e-13)


def test_a_saddle_goes_down_by_all_kinds_of_legs() -> None:
    """Rows on the two weaker axes, one of them twice: new rows, readout, away or turn, and the minimum."""
    risk = risk_of(3, 2, 1)
    theta = Theta(matrix((0, 0), (0, 0), (0.5, 0.5)), matrix((0, 0, 1), (0, 0, 1)))
    walk = Walk(Layers.of(theta))
    down(walk, risk)
    names = [stage.name for stage in walk.stages]
    assert names[:2] == ["rows", "readout"] and set(names) <= {"rows", "readout", "away", "turn"}
    assert float(risk.value(walk.here)) == pytest.approx(1, rel=1e-14)
    saddle = Theta(matrix((0,), (0,), (1,)), matrix((0, 0, 1)))
    assert [s.name for s in two_layers(saddle, risk).stages] == ["away", "readout", "turn"]


def test_complements_and_spans() -> None:
    basis = torch.linalg.qr(torch.randn(5, 2, generator=generator(), dtype=torch.float64)).Q
    both = torch.cat([basis, complement(basis)], dim=1)
    torch.testing.assert_close(both.mT @ both, torch.eye(5).double())
    torch.testing.assert_close(complement(basis[:, :0]), torch.eye(5).double(), rtol=0, atol=0)
    M = matrix((1, 1), (0, 0)) @ matrix((1, 2), (3, -2))
    torch.testing.assert_close(span(M, (M,)).abs(), matrix((1,), (0,)))
    torch.testing.assert_close(seen_space(M, [M]).abs(), matrix((1,), (0,)))
    assert seen_space(1e-17 * M, [M]).shape == span(1e-17 * M, (M,)).shape == (2, 0), (
        "relative to the layers, not the product"
    )


def test_the_narrowest_layer_and_what_is_ready() -> None:
    assert [narrowest(random_layers(*sizes)) for sizes in ((3, 4, 2, 5, 3), (3, 2, 4, 2, 3), (3, 5, 4, 2))] == [1, 0, 1]
    layers = random_layers(3, 4, 2, 5, 3)
    assert ready(layers)
    for k in (1, 2):
        w = layers.weights[k].clone()
        w[:, 0] = w[:, 1:2].sum(dim=1) if k == 2 else w[:, 0]
        w[0] = w[1] if k == 1 else w[0]
        assert not ready(layers.with_layer(k, w)), k


def test_the_outer_layers_move_and_the_rest_stays() -> None:
    """``seen`` of ``at`` is what was asked for; what the middle does not see of the outer layers stays where it was."""
    layers = random_layers(3, 4, 2, 5, 3)
    lift = Lift(layers)
    torch.testing.assert_close(lift.at(lift.seen(layers)).weights, layers.weights)
    theta = random_theta(3, 2, 3, generator(1))
    moved = lift.at(theta)
    torch.testing.assert_close((lift.seen(moved).U, lift.seen(moved).W), (theta.U, theta.W))
    assert all(torch.equal(moved.weights[k], layers.weights[k]) for k in (1, 2))
    apart = complement(torch.linalg.svd(layers.weights[1]).Vh.T[:, :2])
    torch.testing.assert_close(apart.T @ moved.weights[0], apart.T @ layers.weights[0], rtol=0, atol=1e-12)
    beside = complement(torch.linalg.svd(layers.weights[2]).U[:, :2])
    torch.testing.assert_close(moved.weights[3] @ beside, layers.weights[3] @ beside, rtol=0, atol=1e-12)


def test_what_is_hidden_is_forgotten_and_layers_are_widened() -> None:
    """``W_2`` sees one of two hidden units, ``W_3`` the sum: the other unit goes, the first to its least squares."""
    risk, layers = (
        risk_of(3, 2, 1),
        Layers((matrix((1, 2, 3), (4, 5, 6)), matrix((2, 0), (2, 0)), matrix((1, 1), (0, 0), (0, 0)))),
    )
    walk = Walk(layers)
    forget(walk, risk)
    torch.testing.assert_close(walk.here.weights[0], matrix((0.75, 0, 0), (0, 0, 0)), rtol=1e-6, atol=1e-6)
    widen(walk, 1, risk)
    w = walk.here.weights[1]
    assert int(torch.linalg.matrix_rank(w)) == 2 and [stage.name for stage in walk.stages] == ["forget", "widen"]
    torch.testing.assert_close(w[:, 0], matrix((2, 2))[0], rtol=1e-6, atol=1e-6)
    assert float(w[:, 1].norm()) == pytest.approx(8**0.5) and float(w[:, 0] @ w[:, 1]) == pytest.approx(0, abs=1e-6)
    assert float(risk.value(walk.here)) == pytest.approx(5, rel=1e-12)


def test_a_layer_of_zeros_is_widened_by_an_isometry() -> None:
    walk = Walk(Layers((matrix((1, 0, 0), (0, 1, 0)) * 0, matrix((0, 0), (0, 0)), matrix((1, 1), (0, 1), (0, 0)))))
    widen(walk, 1, risk_of(3, 2, 1))
    torch.testing.assert_close(walk.here.weights[1].T @ walk.here.weights[1], torch.eye(2).double())
    end = descent_path(walk.start, risk_of(3, 2, 1)).end
    assert float(risk_of(3, 2, 1).value(end)) == pytest.approx(1, rel=1e-12)
