"""Each leg of Theorem 11's paths by a closed form: where it begins, where it ends, when there is none, what it holds still."""

from __future__ import annotations

from math import cos, radians, sin

import pytest
import torch
from torch import Tensor

from tests.reference import generator
from theorem11.th11construction import UNEVEN, balance, descent_path, fibre, geodesic_rise, polar, readout, turn
from theorem11.th11deepconstruction import complement, deep_descent_path, lifted_legs, reached_spaces, widened
from theorem11.th11model import LayerLine, Layers
from theorem11.th11risk import LinearRisk
from valleys.paths.curves import points_of
from valleys.paths.path import Line, Piece
from valleys.problem.network import Theta, random_theta

TIMES = torch.linspace(0, 1, 17, dtype=torch.float64)
EYE = torch.eye(3, dtype=torch.float64)


def matrix(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def risk_of(*singular: float, covariance: tuple[float, ...] = (1.0, 1.0, 1.0)) -> LinearRisk:
    """``C = diag(singular)`` for inputs with these variances."""
    law = torch.diag(torch.tensor(covariance, dtype=torch.float64))
    return LinearRisk.from_covariance(law, torch.diag(torch.tensor(singular, dtype=torch.float64)))


def holds_still(piece: Piece, seen: Tensor) -> None:
    """``U W`` stays on what the data see, and ``W`` on what they do not."""
    batch = points_of(piece, TIMES)
    first = piece.start.U @ piece.start.W
    torch.testing.assert_close((batch.U @ batch.W) @ seen, (first @ seen).expand(17, *first.shape), rtol=0, atol=1e-12)
    blind = torch.eye(len(seen), dtype=seen.dtype) - seen
    torch.testing.assert_close(batch.W @ blind, (piece.start.W @ blind).expand_as(batch.W), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("longest", "balanced"), [(UNEVEN, False), (UNEVEN * 1.001, True), (1e-9, True)])
def test_rows_of_unlike_length_are_balanced(longest: float, balanced: bool) -> None:
    risk = risk_of(3, 2, 1)
    theta = Theta(matrix((2.0, 4.0, 5.0)), matrix((0, 1, 0), (longest, 0, 0), (0, 0, 0)))
    piece = balance(theta, risk)
    assert (piece is not None) == balanced
    if piece is not None:
        torch.testing.assert_close(piece.end.W, matrix((0, 1, 0), (1, 0, 0), (0, 0, 0)))
        torch.testing.assert_close(piece.end.U, matrix((2.0, 4 * longest, 5.0)))
        holds_still(piece, EYE)
    assert balance(theta.map(torch.zeros_like), risk) is None


@pytest.mark.parametrize(
    ("W", "end"),
    [([(1, 1, 0), (1, 1, 0)], [3.0, 3.0]), ([(1, 0, 0), (0, 2, 0)], None), ([(0, 0, 0), (0, 5, 0)], [0.0, 4.0]),
     ([(1, 0, 0), (1, 1e-17, 0)], [3.0, 3.0])],
)  # fmt: skip
def test_what_the_rows_do_not_use_is_dropped(W: list[tuple[float, ...]], end: list[float] | None) -> None:
    piece = fibre(Theta(matrix((2.0, 4.0)), matrix(*W)), risk_of(3, 2, 1))
    assert (piece is None) == (end is None)
    if piece is not None and end is not None:
        assert isinstance(piece, Line) and piece.end.U[0].tolist() == pytest.approx(end, abs=1e-14)
        holds_still(piece, EYE)


def test_more_rows_than_dimensions_are_projected() -> None:
    """``p > r``: all ``r`` directions are used and ``U`` still has a part that nothing sees."""
    piece = fibre(Theta(matrix((1.0, 2.0, 3.0)), matrix((1, 0), (1, 0), (0, 1))), risk_of(1, 1, covariance=(1.0, 1.0)))
    assert piece is not None and piece.end.U[0].tolist() == pytest.approx([1.5, 1.5, 3.0])


@pytest.mark.parametrize("rank", [1, 2])
def test_singular_values_go_to_1(rank: int) -> None:
    """Two rows of three coordinates of which two are seen; a singular value 0 goes to 1 on a line, the others as powers."""
    risk = risk_of(3, 2, 0, covariance=(4.0, 1.0, 0.0))
    W = matrix((2, 0, 7), (0, 5.0 * (rank - 1), 8))
    piece = polar(Theta(matrix((1.0, rank - 1.0)), W), risk)
    holds_still(piece, torch.diag(matrix((1, 1, 0))[0]))
    whitened = points_of(piece, TIMES).W @ risk.K
    values = torch.linalg.svdvals(whitened)
    expected = (
        torch.stack([4 ** (1 - TIMES), TIMES if rank == 1 else 5 ** (1 - TIMES)], dim=1).sort(descending=True).values
    )
    torch.testing.assert_close(values, expected, rtol=1e-12, atol=1e-14)


def test_the_best_readout_on_a_line() -> None:
    piece = readout(Theta(matrix((1, 1), (0, 0), (0, 0)), matrix((2, 0, 0), (0, 1, 1))), risk_of(3, 2, 1))
    assert isinstance(piece, Line)
    torch.testing.assert_close(piece.end.U, matrix((1.5, 0), (0, 1), (0, 0.5)))


def test_the_space_turns_into_the_dominant_one() -> None:
    """From the second axis to the first at a constant speed, what the data do not see apart; none for ``p >= r``."""
    risk = risk_of(3, 2, 0, covariance=(1.0, 1.0, 0.0))
    piece = turn(Theta(matrix((0,), (2,), (0,)), matrix((0, 1, 5))), risk)
    assert piece is not None and turn(random_theta(3, 2, 3, generator()), risk) is None
    batch = points_of(piece, TIMES)
    angle = torch.pi / 2 * (1 - TIMES)
    torch.testing.assert_close(batch.W[:, 0].abs(), torch.stack([angle.cos(), angle.sin(), 5 + 0 * angle], dim=1))
    torch.testing.assert_close(risk.value(batch), 13 - 9 * angle.cos() ** 2 - 4 * angle.sin() ** 2)


@pytest.mark.parametrize(
    ("begin", "end", "rise"),
    [(90, 0.001, 0.0), (0.001, 90, 3.0), (-40, 40, 3 * sin(radians(40)) ** 2), (50, 130, 3 * cos(radians(50)) ** 2),
     (-40, 10, 3 * sin(radians(10)) ** 2), (80, 120, 3 * cos(radians(80)) ** 2), (30, 60, 3 * (sin(radians(60)) ** 2 - 0.25))],
)  # fmt: skip
def test_the_rise_of_a_turn_in_the_plane(begin: float, end: float, rise: float) -> None:
    """``L = 1 + 3 sin^2`` of the angle to the dominant axis, ``C = diag(2, 1)``: up to its top, or from its bottom on."""
    rows = [matrix((cos(radians(x)), sin(radians(x)))) for x in (begin, end)]
    risk = risk_of(2, 1, covariance=(1.0, 1.0))
    assert geodesic_rise(rows[0], rows[1], risk) == pytest.approx(rise, abs=1e-4 if 0.001 in (begin, end) else 1e-13)


def test_rises_of_two_planes_add() -> None:
    """``C = diag(2, 1, 4, 3)``: in the plane of axes 1, 2 a rise of 3, in that of 3, 4 one of 7 from its bottom on."""
    law, c, s = torch.eye(4, dtype=torch.float64), cos(radians(20)), sin(radians(20))
    risk = LinearRisk.from_covariance(law, torch.diag(matrix((2, 1, 4, 3))[0]))
    a, b = matrix((1, 0, 0, 0), (0, 0, c, -s)), matrix((0, 1, 0, 0), (0, 0, c, s))
    assert geodesic_rise(a, b, risk) == pytest.approx(3 + 7 * s**2, rel=1e-13)


@pytest.mark.parametrize("p", [1, 2, 3, 4])
def test_legs_that_do_not_move_are_left_out(p: int) -> None:
    """A minimum stays where it is; where all is seen one line is enough; the end is that of the closed form."""
    risk = risk_of(3, 2, 1)
    best = Theta(torch.diag(matrix((3, 2, 1))[0])[:, :p] @ torch.eye(min(p, 3), p).double(), torch.eye(p, 3).double())
    assert [piece.end.equal(best) for piece in descent_path(best, risk).pieces] == [True]
    theta = Theta(torch.randn(3, p, generator=generator(p), dtype=torch.float64), torch.eye(p, 3).double())
    path = descent_path(theta, risk)
    assert len(path.pieces) == 1 and float(risk.value(path.end)) == pytest.approx((14, 5, 1, 0, 0)[p], abs=1e-25)


def test_complements() -> None:
    basis = torch.linalg.qr(torch.randn(5, 2, generator=generator(), dtype=torch.float64)).Q
    rest = complement(basis)
    assert rest.shape == (5, 3)
    torch.testing.assert_close(
        torch.cat([basis, rest], dim=1).mT @ torch.cat([basis, rest], dim=1), torch.eye(5).double()
    )
    assert torch.equal(complement(basis[:, :0]), torch.eye(5).double())


@pytest.mark.parametrize(("before", "after", "size"), [(1, 1, 7.0), (0, 0, 1.0), (1, 0, 0.0)])
def test_a_layer_is_widened_beside_what_is_reached(before: int, after: int, size: float) -> None:
    """As it was on the first ``before`` axes; an isometry of its size from the other ones, as far as there is room."""
    w = matrix((7, 1, 2), (0, 3, 4)) * (size or 7) / 7 * (size > 0)
    found = widened(w, EYE[:, :before], torch.eye(2, dtype=torch.float64)[:, :after])
    torch.testing.assert_close(found[:, :before], w[:, :before])
    rest = found[:, before:]
    assert int(torch.linalg.matrix_rank(rest)) == (min(3 - before, 2 - after) if size else 0)
    torch.testing.assert_close(torch.linalg.svdvals(rest)[: 2 - after], torch.full((2 - after,), size).double())
    assert after == 0 or not rest[:after].any()


def test_what_is_reached_and_what_is_forgotten() -> None:
    """``W_2`` sees one of two hidden units, ``W_3`` the sum: one direction is carried on, the other is forgotten first."""
    layers = Layers((matrix((1, 2, 3), (4, 5, 6)), matrix((2, 0), (2, 0)), matrix((1, 1))))
    spaces = reached_spaces(layers)
    assert [s.shape for s in spaces] == [(2, 1), (2, 1)]
    torch.testing.assert_close(spaces[0].abs(), matrix((1,), (0,)))
    torch.testing.assert_close(spaces[1].abs(), matrix((0.5**0.5,), (0.5**0.5,)))
    path = deep_descent_path(layers, risk_of(3, 2, 1))
    forget, widen = path.pieces[:2]
    assert isinstance(forget, LayerLine) and isinstance(widen, LayerLine)
    torch.testing.assert_close(forget.end.weights[0], matrix((1, 2, 3), (0, 0, 0)))
    assert (forget.moved, widen.moved) == (1, 1)
    for leg in (forget, widen):
        torch.testing.assert_close(leg.end.through(EYE), matrix((4, 8, 12)))
    assert int(torch.linalg.matrix_rank(widen.end.weights[1])) == 2


def test_lifted_legs_leave_the_middle_alone_and_begin_where_they_should() -> None:
    """The first leg owns the layers bit for bit; the product is that of the path of one hidden layer, the rest stays."""
    risk = risk_of(3, 2, 1)
    draw = generator(5)
    layers = Layers(
        tuple(torch.randn(b, a, generator=draw, dtype=torch.float64) for a, b in ((3, 4), (4, 2), (2, 5), (5, 3)))
    )
    legs = lifted_legs(layers, risk)
    assert legs[0].start.equal(layers)
    flat = descent_path(Theta(layers.weights[3] @ layers.weights[2], layers.weights[1] @ layers.weights[0]), risk)
    assert len(legs) == len(flat.pieces)
    for leg, piece in zip(legs, flat.pieces, strict=True):
        batch, points = leg.formula(TIMES), points_of(piece, TIMES)
        torch.testing.assert_close(batch.through(EYE), points.U @ points.W, rtol=1e-10, atol=1e-10)
        for k in (1, 2):
            assert torch.equal(batch.weights[k], layers.weights[k].expand_as(batch.weights[k]))
    apart = complement(torch.linalg.svd(layers.weights[1]).Vh.T[:, :2])
    torch.testing.assert_close(apart.T @ legs[-1].end.weights[0], apart.T @ layers.weights[0], rtol=0, atol=1e-12)
    assert float(risk.value(legs[-1].end)) == pytest.approx(1, rel=1e-12)
