"""Which step Theorem 12's constructions take: each choice by a closed form, since a path is judged whichever is taken."""

from __future__ import annotations

from itertools import pairwise
from math import cos, sin

import pytest
import torch
from torch import Tensor

from tests.reference import generator
from theorem12.construction.eigenform import to_eigenform
from theorem12.construction.eigenvectors import (
    FIRST_STEP,
    LARGEST_ENTRY,
    LARGEST_TURN,
    LOOKAHEAD,
    Pencil,
    Step,
    beyond,
    factor,
    follow,
    largest_entry,
    nearest,
    pivot_order,
    points,
    turn,
)
from theorem12.construction.paper_path import free_row, orthogonalise, to_standard_form, towards_first
from theorem12.construction.sharp_path import eigenform
from theorem12.construction.walk import Walk
from theorem12.th12model import matrix
from valleys.paths.curves import points_of
from valleys.problem.network import Theta, random_theta

EYE = torch.eye(3, dtype=torch.float64)


def diag(*values: float) -> Tensor:
    return torch.diag(torch.tensor(values, dtype=torch.float64))


def turned(angle: float, n: int = 3) -> Tensor:
    """The rotation by ``angle`` in the plane of the first two axes."""
    Q = torch.eye(n, dtype=torch.float64)
    Q[:2, :2] = torch.tensor([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]], dtype=torch.float64)
    return Q


@pytest.mark.parametrize(
    ("t", "t_end", "order"), [(0.0, 0.125, [0, 2, 1]), (0.0, 0.25, [2, 0, 1]), (0.0, 1.0, [2, 1, 0]), (1.0, 1.0, [2, 1, 0])]
)  # fmt: skip
def test_pivots_by_their_least_size_over_a_step(t: float, t_end: float, order: list[int]) -> None:
    """``-4 -> 4`` beside 2 and 3: the least size over the step counts, 0 for one that changes its sign."""
    assert pivot_order(Pencil(diag(-4, 2, 3), diag(4, 2, 3)), t, t_end).tolist() == order


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_factors_give_the_matrix_back(order: list[int]) -> None:
    M = torch.randn(2, 3, 3, generator=generator(1), dtype=torch.float64)
    M, places = M + M.mT, torch.tensor([order, order])
    u, L = factor(M, places, 1.0)
    torch.testing.assert_close(L @ torch.diag_embed(u) @ L.mT, M, rtol=1e-11, atol=1e-11)
    ordered = L[:, order][:, :, order]
    assert torch.equal(ordered, ordered.tril()) and torch.equal(
        torch.diagonal(L, dim1=1, dim2=2), torch.ones(2, 3).double()
    )


@pytest.mark.parametrize(("pivot", "entry"), [(1e-13, 0.0), (4e-13, 0.25), (-4e-13, -0.25)])
def test_a_pivot_that_is_0_to_rounding_divides_nothing(pivot: float, entry: float) -> None:
    M = torch.tensor([[[pivot, 1e-13], [1e-13, 1.0]]], dtype=torch.float64)
    u, L = factor(M, torch.tensor([[0, 1]]), 1.0)
    assert u[0].tolist() == pytest.approx([pivot, 1.0], rel=1e-12)
    assert L[0].tolist() == [[1.0, 0.0], [pytest.approx(entry), 1.0]]
    assert factor(M, torch.tensor([[0, 1]]), 100.0)[1][0, 1, 0] == 0.0, "relative to the scale"


def test_nearest_basis_and_turn() -> None:
    """In the plane of two axes the basis nearest to one turned out of it is that one's projection, made orthonormal."""
    tilted = turned(0.3)[:, :2]
    torch.testing.assert_close(nearest(EYE[:, :2], tilted), tilted)
    space = turned(1.1)[:, :2] * torch.tensor([1.0, -1.0]).double()
    torch.testing.assert_close(nearest(space, tilted), tilted)
    assert turn(EYE, turned(0.3)) == pytest.approx(2 * sin(0.15), rel=1e-14)
    assert turn(EYE[:, :2], -EYE[:, :2]) == 2.0


def test_frames_keep_signs_and_share_a_basis_where_eigenvalues_are_equal() -> None:
    Q = turned(0.4)
    values, V = Pencil(diag(1, 1, 2), diag(1, 1, 2)).frames(torch.tensor([0.0, 0.5]).double(), Q)
    torch.testing.assert_close(V, Q.expand(2, 3, 3))
    assert values.tolist() == [[1, 1, 2]] * 2
    _, V = Pencil(diag(1, 2, 3), diag(1, 2, 3)).frames(torch.zeros(1).double(), -Q)
    torch.testing.assert_close(V[0], -EYE)
    assert Pencil(diag(1, -5, 2), diag(1, 2, 3)).scale == 5.0 and Pencil(diag(1, 2, 3), diag(7, 2, 3)).scale == 7.0


def test_steps_are_as_long_as_they_may_be() -> None:
    """A pencil that stands still takes steps of 1/16; one whose frame turns takes shorter ones there and longer ones after."""
    still = follow(Pencil(diag(1, 2, 3), diag(1, 2, 3)), EYE)
    assert [(s.t, s.t_end) for s in still] == [(k * FIRST_STEP, (k + 1) * FIRST_STEP) for k in range(16)]
    A, B = diag(0, 1, 3), turned(1.5) @ diag(0, 1, 3) @ turned(1.5).T
    pencil = Pencil(A, (B + B.T) / 2)
    steps = follow(pencil, EYE)
    lengths = [s.t_end - s.t for s in steps]
    assert max(lengths) == FIRST_STEP and 2**-9 <= min(lengths) < FIRST_STEP
    assert all(turn(s.V_end, s.V) <= LARGEST_TURN and largest_entry(pencil, s) <= LARGEST_ENTRY for s in steps)
    assert all(a.t_end == b.t and torch.equal(a.V_end, b.V) for a, b in pairwise(steps))
    assert all(n <= 2 * m for m, n in pairwise(lengths))
    torch.testing.assert_close(steps[-1].V_end @ torch.diag(torch.linalg.eigvalsh(B)) @ steps[-1].V_end.T, B)


def test_a_bridge_goes_to_the_frame_beyond_the_crossing() -> None:
    """``(t - 1/2) S``, ``S`` swapping two axes: at 1/2 the eigenvectors ``(1, 1)`` and ``(1, -1)`` change places."""
    S = torch.tensor([[0.0, 1.0, 0], [1, 0, 0], [0, 0, 4]], dtype=torch.float64)
    before, after = -S / 2, S / 2
    before[2, 2] = after[2, 2] = 4.0
    pencil = Pencil(before, after)
    h = 0.5**0.5
    V = torch.tensor([[h, h, 0], [h, -h, 0], [0, 0, 1]], dtype=torch.float64)
    frame, ahead = beyond(pencil, 0.5, V, 1e-12)
    assert ahead == LOOKAHEAD[0]
    torch.testing.assert_close(
        frame[:, :2].abs(), torch.full((3, 2), h).double() * torch.tensor([[1.0], [1], [0]]).double()
    )
    torch.testing.assert_close(frame[:, 0] @ V[:, 0], torch.zeros(()).double(), atol=1e-12, rtol=0)
    assert torch.equal(frame[:, 2], V[:, 2]) and float(torch.linalg.det(V.T @ frame)) == pytest.approx(1)
    # near the end there is nothing to look ahead to but the nearest distance
    assert beyond(Pencil(diag(-1, 0, 1), diag(0, 0, 1)), 1 - 5e-8, EYE, 1e-12)[1] == LOOKAHEAD[2]


@pytest.mark.parametrize(
    ("A", "Abar", "angle", "entry"),
    [((1, 2, 3), (2, 3, 4), 0.0, 0.0), ((-1, -2, 3), (2, 1, 3), 0.0, 0.0), ((-1, -2, 3), (2, 1, 3), 0.01, float("inf")),
     ((-1, 2, 3), (1, 2, 3), 0.01, None)],
)  # fmt: skip
def test_two_pivots_may_vanish_in_one_step_only_if_the_frame_keeps_them_apart(
    A: tuple[float, ...], Abar: tuple[float, ...], angle: float, entry: float | None
) -> None:
    pencil = Pencil(diag(*A), diag(*Abar))
    V = turned(angle)
    found = largest_entry(pencil, Step(0.0, 1.0, V, V, torch.tensor([2, 1, 0])))
    assert found == entry if entry is not None else 0 < found < 0.1


def test_the_largest_entry_of_a_frame_that_is_not_the_eigenvectors() -> None:
    """In the frame of the axes ``((4, 1), (1, 3))`` has ``L = ((1, 0), (1/4, 1))``, and the pencil meets it exactly."""
    A = torch.tensor([[4.0, 1.0, 0], [1, 3, 0], [0, 0, 9]], dtype=torch.float64)
    step = Step(0.0, 0.5, EYE, EYE, torch.tensor([2, 0, 1]))
    assert largest_entry(Pencil(A, A), step) == 0.25
    u, rows, _ = points(Pencil(A, A), [step], torch.tensor([0.0, 0.5, 1.0]).double())
    torch.testing.assert_close((rows.mT * u[:, None, :]) @ rows, A.expand(3, 3, 3))
    assert u[0].tolist() == [4.0, 2.75, 9.0]


def test_points_of_several_steps_share_the_leg() -> None:
    pencil = Pencil(diag(1, 2, 3), diag(3, 4, 7))
    steps = [Step(0.0, 0.25, EYE, EYE, torch.tensor([2, 1, 0])), Step(0.25, 1.0, EYE, EYE, torch.tensor([2, 1, 0]))]
    u, _, _ = points(pencil, steps, torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0]).double())
    assert u[:, 2].tolist() == pytest.approx([3, 3.5, 4, 5.5, 7], rel=1e-14)


@pytest.mark.parametrize("h", [(0.6, 0.8, 0.0), (-0.6, 0.0, 0.8), (1.0, 0.0, 0.0), (0.0, 0.6, 0.8)])
def test_the_rotation_towards_the_first_axis(h: tuple[float, float, float]) -> None:
    """In one plane, by the smaller angle; what is orthogonal to the plane stays."""
    v = torch.tensor(h, dtype=torch.float64)
    Q = towards_first(v)
    torch.testing.assert_close(Q @ Q.T, EYE)
    torch.testing.assert_close(Q @ v, EYE[0] * (1.0 if h[0] >= 0 else -1.0))
    assert float(torch.linalg.det(Q)) == pytest.approx(1)
    assert float(torch.diagonal(Q).sum()) == pytest.approx(1 + 2 * abs(h[0])), "the angle's cosine is |h_1|"
    apart = torch.linalg.cross(v, EYE[0])
    torch.testing.assert_close(Q @ apart, apart)


@pytest.mark.parametrize(
    ("U", "zero", "row", "legs"),
    [((1, 1, -1), None, 0, 1), ((1, -1, -1), None, 1, 1), ((1, 1, -1), 1, 1, 0), ((1, -1, 1), None, 0, 1)],
)
def test_the_free_row_is_the_first_of_the_larger_class(
    U: tuple[float, ...], zero: int | None, row: int, legs: int
) -> None:
    """On a line two rows of one class are dependent; a row that is 0 already is taken as it is."""
    W = torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64)
    if zero is not None:
        W[zero] = 0.0
    walk = Walk(Theta(torch.tensor([U], dtype=torch.float64), W))
    A = matrix(walk.here)
    assert free_row(walk, torch.arange(3)).tolist() == [row] and len(walk.pieces) == legs
    assert not walk.here.W[row].any()
    torch.testing.assert_close(matrix(walk.here), A)


@pytest.mark.parametrize("last", [False, True])
def test_orthogonalised_rows_hand_over_what_they_lose(last: bool) -> None:
    theta = Theta(
        torch.tensor([[0.0, 2.0, -1.0]]).double(), torch.tensor([[1.0, 0], [3, 4 * (not last)], [1, 0]]).double()
    )
    walk = Walk(theta)
    orthogonalise(walk, torch.tensor([0]), torch.tensor([1, 2]), last)
    assert walk.here.U.tolist() == [[17.0, 2.0, -1.0]]
    assert walk.here.W.tolist() == [[1.0, 0], [0, 4.0 * (not last)], [0, 0]]
    batch = points_of(walk.pieces[0], torch.linspace(0, 1, 9, dtype=torch.float64))
    torch.testing.assert_close(batch.W[4, 1, 0], torch.tensor(1.5).double())


def test_the_standard_form() -> None:
    """Eigenvectors with their eigenvalues in ``n`` rows, all others 0; ``A`` stays on every leg."""
    start = random_theta(1, 7, 3, generator(4))
    start.U[0, 2] = 0.0
    walk = to_standard_form(start)
    A = matrix(start)
    for piece in walk.pieces:
        batch = points_of(piece, torch.linspace(0, 1, 9, dtype=torch.float64))
        torch.testing.assert_close(matrix(batch), A.expand(9, 3, 3), rtol=0, atol=1e-13)
    live = walk.here.U[0] != 0
    assert int(live.sum()) == 3 and not walk.here.W[~live].any()
    torch.testing.assert_close(walk.here.W[live] @ walk.here.W[live].T, EYE)
    torch.testing.assert_close(walk.here.U[0, live].sort().values, torch.linalg.eigvalsh(A))


@pytest.mark.parametrize("signs", [(1, 1, 1), (1, -1, 1), (-1, -1, 1), (-1, -1, -1), (1, -1)], ids=str)
def test_to_the_eigenform_inside_the_fibre(signs: tuple[int, ...]) -> None:
    """Live rows end as unit eigenvectors with ``u`` the eigenvalues; ``A`` stays on all legs, three at most."""
    theta = random_theta(1, 5, 3, generator(len(signs) + 10 * sum(signs)))
    live = torch.tensor([4, 0, 2][: len(signs)])
    U = torch.zeros(1, 5, dtype=torch.float64)
    U[0, live] = torch.tensor(signs, dtype=torch.float64)
    walk = Walk(Theta(U, theta.W))
    A = matrix(walk.here)
    to_eigenform(walk, live)
    assert len(walk.pieces) <= 3
    for piece in walk.pieces:
        batch = points_of(piece, torch.linspace(0, 1, 17, dtype=torch.float64))
        torch.testing.assert_close(matrix(batch), A.expand(17, 3, 3), rtol=0, atol=1e-12 * float(A.abs().max()))
    W, u = walk.here.W[live], walk.here.U[0, live]
    torch.testing.assert_close(W @ W.T, torch.eye(len(live), dtype=torch.float64))
    torch.testing.assert_close(W @ A, u[:, None] * W, rtol=0, atol=1e-12 * float(A.abs().max()))
    assert torch.equal(u.sign(), U[0, live])
    assert torch.equal(walk.here.W[[1, 3]], theta.W[[1, 3]])


def test_eigenform_leaves_out_what_is_0_to_rounding() -> None:
    values, rows = eigenform(diag(2, 1e-14, -1))
    assert values.tolist() == [-1, 2] and rows.abs().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert eigenform(diag(2, 1e-12, -1))[0].numel() == 3
