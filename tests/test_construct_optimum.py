"""The optimum under weight decay, step by step, by closed forms: units on the axes of the plane and of space."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from tests.test_construct_decay import theta_of
from tests.test_weight_decay import risk_of
from valleys.construct.decay_optimum import Oracle, merged, network, optimum, polished, room, signed
from valleys.construct.decay_refined import refined, root, scaled_solution, span
from valleys.problem.arrangement import CELL, RAY, WALL, faces

X2 = np.array([[1.0, 0.0], [0.0, 1.0]])


def oracle(leak: float = 0.0, X: np.ndarray = X2) -> Oracle:
    return Oracle(X, faces(X), leak)


@pytest.mark.parametrize(
    ("nu", "leak", "best", "u"),
    [((3, 4), 0.0, 5.0, (0.6, 0.8)), ((-3, 4), 0.0, 4.0, (0, 1)), ((-3, -4), 0.0, 5.0, (0.6, 0.8)),
     ((-3, 4), 0.5, 18.25**0.5, (-1.5 / 18.25**0.5, 4 / 18.25**0.5)), ((0, 0), 0.0, 0.0, None)],
)  # fmt: skip
def test_the_oracle_on_the_axes(nu: tuple[int, int], leak: float, best: float, u: tuple[float, float] | None) -> None:
    """``|nu . sigma(u)|`` over the unit circle: the better of the positive and of the negative parts, with a leak both."""
    value, atom = oracle(leak).best(np.array(nu, dtype=float))
    assert value == pytest.approx(best, rel=1e-14)
    assert abs(atom.e[0]) == 1.0 and np.linalg.norm(atom.d) == pytest.approx(1.0, rel=1e-14)
    if u is not None:
        assert atom.d.tolist() == pytest.approx(u, rel=1e-14)
        assert float(atom.e[0] * (np.where(atom.d > 0, atom.d, leak * atom.d) @ nu)) == pytest.approx(best, rel=1e-14)


@pytest.mark.parametrize(("v", "kind"), [((1, 1), CELL), ((1, 0), RAY), ((1, 1e-13), RAY), ((1, 1e-9), CELL)])
def test_the_face_of_a_unit_to_rounding(v: tuple[float, float], kind: int) -> None:
    asked = oracle()
    face = asked.face_of(np.array(v, dtype=float))
    assert asked.faces.kind[face] == kind
    assert asked.basis(face).shape == (2, 2 if kind == CELL else 1)


def test_bases_of_faces_in_space() -> None:
    """Each basis spans its face: rays 1, walls 2 (orthogonal to their normal), cells 3 dimensions; so do the integers."""
    asked = oracle(X=np.eye(3))
    dims = {RAY: 1, WALL: 2, CELL: 3}
    for face, kind in enumerate(asked.faces.kind):
        B, S = asked.basis(face), np.asarray(span(asked, face), dtype=float)
        assert B.shape == S.shape == (3, dims[int(kind)])
        np.testing.assert_allclose(B.T @ B, np.eye(B.shape[1]), atol=1e-15)
        np.testing.assert_allclose(B @ (B.T @ S), S, atol=1e-14)
        assert np.linalg.matrix_rank(S) == B.shape[1]
        zero = asked.faces.signs[face] == 0
        np.testing.assert_allclose((asked.X @ B)[zero], 0, atol=1e-15)


def test_units_of_one_sign_in_one_closed_cell_are_merged() -> None:
    signs = np.array([1.0, 1.0, -1.0, 1.0])
    V = np.array([[1.0, 0.0], [1.0, 2.0], [1.0, 1.0], [-1.0, 1.0]])
    found, sums = merged(signs, V, oracle())
    units = sorted((s, *v) for s, v in zip(found.tolist(), sums.tolist(), strict=True))
    assert units == [(-1.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 2.0, 2.0)]
    assert merged(np.zeros(0), np.zeros((0, 2)), oracle())[1].shape == (0, 2)


def test_signed_units_and_their_network() -> None:
    theta = theta_of([-2.0, 0.0, 1.0, 3.0], [[1.0, 2.0], [1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    signs, V = signed(theta)
    assert (signs.tolist(), V.tolist()) == ([-1.0, 1.0], [[2.0, 4.0], [0.0, 3.0]])
    back = network(np.array([-1.0]), np.array([[0.0, 9.0]]), 2)
    assert (back.U.tolist(), back.W.tolist()) == ([[-3.0, 0.0]], [[0.0, 3.0], [0.0, 0.0]])


@pytest.mark.parametrize(("change", "step"), [((1.0, 1.0), 1.0), ((-2.0, 0.0), 0.5), ((-8.0, -2.0), 0.125)])
def test_room_in_a_cell(change: tuple[float, float], step: float) -> None:
    V = np.array([[1.0, 1.0]])
    asked = oracle()
    assert room(V, np.array([change]), [asked.face_of(V[0])], asked) == step


@pytest.mark.parametrize(("y", "beta", "v"), [((3, 4), 1.0, (2.4, 3.2)), ((3, -4), 1.0, (2, 0)), ((6, 8), 5.0, (3, 4))])
def test_newton_on_one_unit(y: tuple[int, int], beta: float, v: tuple[float, float]) -> None:
    """``|v_+ - y|^2/2 + beta |v|``: shrunk by ``beta``, on the ray where a point pulls the other way; residual and all."""
    signs, V, nu = polished(np.array([1.0]), np.array([[1.0, 0.1]]), np.array(y, dtype=float), beta, oracle())
    assert signs.tolist() == [1.0] and V[0].tolist() == pytest.approx(v, abs=1e-13)
    assert nu.tolist() == pytest.approx([a - b for a, b in zip(y, v, strict=True)], abs=1e-13)


def test_a_unit_that_would_turn_round_is_dropped() -> None:
    signs, V, nu = polished(np.array([1.0]), np.array([[1.0, 1.0]]), np.array([-1.0, -1.0]), 1.0, oracle())
    assert len(signs) == len(V) == 0 and nu.tolist() == [-1.0, -1.0]


@pytest.mark.parametrize("sign", [1, -1])
def test_the_optimum_of_two_axes(sign: int) -> None:
    """Targets of one sign: one unit ``y (1 - beta/|y|)``; of both: one unit on each axis, each shrunk."""
    for y, value in (((3, 4), 1 / 2 + 4), ((3, -4), 1 / 2 * 2 + 2 + 3)):
        risk = risk_of(X2, sign * np.array(y), 1.0)
        found = optimum(risk, faces(X2), 2)
        assert float(risk.value(found.theta)) == pytest.approx(value, rel=1e-14)
        assert found.theta.p == 3 and np.abs(found.nu).tolist() == pytest.approx(
            [0.6, 0.8] if y == (3, 4) else [1, 1], rel=1e-13
        )


def test_the_optimum_in_many_digits() -> None:
    """Of ``y = (3, 4)``: the residual ``(3/5, 4/5)`` to 50 digits, from a start with 3."""
    V, nu = refined(np.array([1.0]), np.array([[2.401, 3.199]]), np.array([3.0, 4.0]), 1.0, oracle())
    assert V[0].tolist() == [2.4, 3.2]
    assert max(abs(a - b) for a, b in zip(nu, (Fraction(3, 5), Fraction(4, 5)), strict=True)) < Fraction(1, 10**35)
    none, target = refined(np.zeros(0), np.zeros((0, 2)), np.array([3.0, 4.0]), 1.0, oracle())
    assert len(none) == 0 and target.tolist() == [3, 4]


def test_roots_and_scaled_systems() -> None:
    assert root(Fraction(9, 4)) == Fraction(3, 2)
    assert 0 <= Fraction(2) - root(Fraction(2)) ** 2 < Fraction(1, 2**197)
    assert scaled_solution(np.diag([1e-20, 4.0]), np.array([1e-20, 8.0])).tolist() == pytest.approx([1, 2], rel=1e-12)
