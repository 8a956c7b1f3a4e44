"""The paper's own path for ``p >= 2n + 1`` (Lemmas 23 to 25, Remark 26), its last step mended, and that step as printed."""

from __future__ import annotations

import torch
from torch import Tensor

from theorem12.construction.walk import Walk
from theorem12.th12model import matrix
from valleys.paths.curves import curve, rotation
from valleys.paths.path import Line, Path, Piece
from valleys.problem.network import Theta
from valleys.run.errors import InputError

#: Eigenvalues below this share of the largest count as 0.
RANK_TOLERANCE = 1e-13


def paper_path(start: Theta, target: Tensor) -> Path:
    """From any ``(u, W)`` with ``p >= 2n + 1`` to ``A = target``, about ``4n + 4`` legs.

    The last step of the proof moves ``u`` and ``W`` together; here the dead rows of ``W`` move first, then ``u``.

    Args:
        start: ``U (1, p)``, ``W (p, n)``.
        target: ``Abar (n, n)``, symmetric.

    Returns:
        the path; an InputError if ``p <= 2n``.
    """
    walk = to_standard_form(start)
    values, rows = eigenform(target)
    exchange(walk, values, rows)
    return walk.path()


def to_standard_form(start: Theta) -> Walk:
    """Step 1 of the proof: ``n`` rows are eigenvectors of ``A`` with ``u`` its eigenvalues, the rest is 0; ``A`` never moves.

    Raises:
        InputError: if ``p <= 2n``: neither class need then hold more rows than the space has dimensions.
    """
    n, p = start.n, start.p
    if p <= 2 * n:
        raise InputError("--p", p, f"p >= 2n + 1 = {2 * n + 1} for --method paper")
    walk = Walk(start)
    silent = (start.U[0] == 0).nonzero()[:, 0]
    walk.hidden(silent, 0.0)
    walk.output(silent, 1.0)
    walk.go(scaling(walk.here))
    eigenvectors = torch.linalg.eigh(matrix(walk.here)).eigenvectors.T
    active = torch.arange(p)
    for left, v in zip(range(n, 0, -1), eigenvectors, strict=True):
        row = free_row(walk, active)
        walk.output(row, 0.0)
        walk.hidden(row, v)
        active = active[active != row]
        orthogonalise(walk, row, active, last=left == 1)
    walk.output(active, 0.0)
    return walk


def scaling(theta: Theta) -> Piece:
    """Rows with ``u_k != 0`` to ``u_k = +-1``: ``u_k(t) = s_k |u_k|^(1-t)``, ``w_k(t) = |u_k|^(t/2) w_k``."""
    size = theta.U[0].abs()
    live = size > 0
    log = torch.where(live, size, 1.0).log()

    def formula(t: Tensor) -> Theta:
        fall = ((1 - t)[:, None] * log).exp()
        U = torch.where(live, theta.U.sign() * fall[:, None, :], 0.0)
        return Theta(U, (t[:, None] * log / 2).exp()[..., None] * theta.W)

    W = torch.where(live, size.sqrt(), 1.0)[:, None] * theta.W
    return curve(theta, formula, Theta(theta.U.sign(), W))


def eigenform(A: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues that are not 0, and their eigenvectors as rows."""
    values, V = torch.linalg.eigh(A)
    kept = values.abs() > RANK_TOLERANCE * values.abs().max()
    return values[kept], V[:, kept].T


def exchange(walk: Walk, values: Tensor, rows: Tensor) -> None:
    """Dead rows become eigenvectors of ``Abar``, then one line in ``u``: live rows out, eigenvectors in."""
    live = walk.here.U[0] != 0
    seats = dead(walk.here)[: len(values)]
    walk.hidden(seats, rows)
    u = torch.where(live, 0.0, walk.here.U[0])
    u[seats] = values
    walk.output(torch.arange(walk.here.p), u)


def dead(theta: Theta) -> Tensor:
    """Indices of the rows without effect: ``u_k = 0`` or ``w_k = 0``."""
    return ((theta.U[0] == 0) | (theta.W == 0).all(dim=1)).nonzero()[:, 0]


def free_row(walk: Walk, active: Tensor) -> Tensor:
    """Lemma 24: turn the larger class, which has more rows than dimensions are left, until its first row is 0."""
    theta = walk.here
    signs = theta.U[0, active]
    rows = active[signs > 0] if (signs > 0).sum() >= (signs < 0).sum() else active[signs < 0]
    still = (theta.W[rows] == 0).all(dim=1)
    if still.any():
        return rows[still][:1]
    h = torch.linalg.svd(theta.W[rows]).U[:, -1]
    Q = towards_first(h)
    W = theta.W.clone()
    W[rows] = Q @ theta.W[rows]
    W[rows[0]] = 0.0
    walk.go(rotation(theta, [(rows, Q)], W))
    return rows[:1]


def towards_first(h: Tensor) -> Tensor:
    """The rotation in the plane of ``h`` and ``e_1`` that takes the unit vector ``h`` to ``+-e_1``, whichever is nearer."""
    h = h if h[0] >= 0 else -h
    e = torch.zeros_like(h)
    e[0] = 1.0
    s = h + e
    # two reflections: in the bisector's hyperplane, then in that of e
    both = torch.eye(len(h), dtype=h.dtype) - torch.outer(s, s) * (2 / (s @ s))
    both[0] *= -1
    return both


def orthogonalise(walk: Walk, row: Tensor, others: Tensor, last: bool) -> None:
    """Lemma 25: ``w_k -> w_k - <w_k, v> v`` for the other rows; the row of ``v`` takes over what they lose in ``A``."""
    theta = walk.here
    v = theta.W[row][0]
    along = theta.W[others] @ v
    gained = (theta.U[0, others] * along.square()).sum()

    def formula(t: Tensor) -> Theta:
        U = theta.U.expand(len(t), 1, theta.p).clone()
        W = theta.W.expand(len(t), *theta.W.shape).clone()
        U[:, 0, row] = (gained * (1 - (1 - t) ** 2))[:, None]
        W[:, others] = theta.W[others] - t[:, None, None] * torch.outer(along, v)
        return Theta(U, W)

    end = formula(torch.ones(1, dtype=torch.float64))[0]
    if last:
        end.W[others] = 0.0
    walk.go(curve(theta, formula, end))


def printed_last_step(standard: Theta, target: Tensor) -> Line:
    """The last step as printed, ``(1-t)(u, W) + t (ubar, Wbar)`` on disjoint rows: ``A_t = (1-t)^3 A + t^3 Abar``.

    It is not the line from ``A`` to ``Abar`` that convexity needs, and it raises the loss.
    """
    values, rows = eigenform(target)
    free = (standard.W == 0).all(dim=1).nonzero()[:, 0]
    U, W = torch.zeros_like(standard.U), torch.zeros_like(standard.W)
    U[0, free[: len(values)]], W[free[: len(values)]] = values, rows
    return Line(standard, Theta(U, W))
