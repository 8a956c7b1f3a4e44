"""Which step the paper's construction of Theorem 12 takes: each choice by a closed form; any path is judged."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.reference import generator
from theorem12.construction.paper_path import eigenform, free_row, orthogonalise, to_standard_form, towards_first
from theorem12.construction.walk import Walk
from theorem12.th12model import matrix
from valleys.paths.curves import points_of
from valleys.problem.network import Theta, random_theta

EYE = torch.eye(3, dtype=torch.float64)


def diag(*values: float) -> Tensor:
    return torch.diag(torch.tensor(values, dtype=torch.float64))


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


def test_eigenform_leaves_out_what_is_0_to_rounding() -> None:
    values, rows = eigenform(diag(2, 1e-14, -1))
    assert values.tolist() == [-1, 2] and rows.abs().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert eigenform(diag(2, 1e-12, -1))[0].numel() == 3
