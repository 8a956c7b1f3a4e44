"""Theorem 12 as paths: the paper's, for ``p >= 2n + 1``, and a sharp one, for every ``p >= n``.

Both hold ``A = W^T diag(u) W`` fixed until enough rows are dead, then move ``A`` straight to ``Abar``; every loss that is
convex in ``A`` then does not rise, for any law of the inputs. ``PROOF.md`` has the argument.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from theorem12.construction.eigenform import to_eigenform
from theorem12.construction.eigenvectors import Pencil, Step, follow, points
from theorem12.construction.fibre import align, dead, merge, scaling
from theorem12.construction.walk import Walk
from theorem12.th12model import matrix
from valleys.paths.curves import Curve, curve
from valleys.paths.path import Path
from valleys.problem.network import Theta
from valleys.run.errors import InputError

RANK_TOLERANCE = 1e-13


def eigenform(A: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues that are not 0, and their eigenvectors as rows."""
    values, V = torch.linalg.eigh(A)
    kept = values.abs() > RANK_TOLERANCE * values.abs().max()
    return values[kept], V[:, kept].T


def sharp_path(start: Theta, target: Tensor) -> Path:
    """From any ``(u, W)`` with ``p >= n`` to ``A = target``.

    Args:
        start: ``U (1, p)``, ``W (p, n)``.
        target: ``Abar (n, n)``, symmetric.

    Returns:
        the path.

    Raises:
        InputError: if ``p < n``: below, Corollary 14 has laws with spurious valleys.
    """
    if start.p < start.n:
        raise InputError("--p", start.p, f"p >= n = {start.n} for the sharp path (below, Corollary 14 forbids one)")
    walk = Walk(start)
    walk.go(scaling(walk.here))
    turned, pairs = align(walk.here)
    walk.go(turned)
    walk.go(merge(walk.here, pairs))
    walk.output(dead(walk.here), 0.0)
    values, rows = eigenform(target)
    if len(dead(walk.here)) >= len(values):
        exchange(walk, values, rows)
    else:
        along_eigenvectors(walk, target)
    return walk.path()


def exchange(walk: Walk, values: Tensor, rows: Tensor) -> None:
    """Dead rows become eigenvectors of ``Abar``, then one line in ``u``: live rows out, eigenvectors in."""
    live = walk.here.U[0] != 0
    seats = dead(walk.here)[: len(values)]
    walk.hidden(seats, rows)
    u = torch.where(live, 0.0, walk.here.U[0])
    u[seats] = values
    walk.output(torch.arange(walk.here.p), u)


def along_eigenvectors(walk: Walk, target: Tensor) -> None:
    """The end for ``n <= p < 2n``: eigenform, a full orthonormal basis, then ``A_t = (1-t) A + t Abar`` by eigenvectors."""
    live = (walk.here.U[0] != 0).nonzero()[:, 0]
    if len(live):
        to_eigenform(walk, live)
    V_live = walk.here.W[live].T
    spare = dead(walk.here)[: walk.here.n - len(live)]
    rest = torch.linalg.svd(V_live).U[:, len(live) :] if len(live) else torch.eye(walk.here.n, dtype=torch.float64)
    # where A does not choose a basis the direction of travel does
    rest = rest @ torch.linalg.eigh(rest.T @ target @ rest).eigenvectors
    walk.hidden(spare, rest.T)
    rows = torch.cat([live, spare])
    rows = rows[walk.here.U[0, rows].argsort(stable=True)]
    pencil = Pencil(matrix(walk.here), target)
    steps = follow(pencil, walk.here.W[rows].T)
    while steps:
        count = next((k for k, step in enumerate(steps) if step.bridge), len(steps)) or 1
        walk.go(eigen_leg(walk.here, rows, pencil, steps[:count]))
        steps = steps[count:]


def eigen_leg(theta: Theta, rows: Tensor, pencil: Pencil, steps: Sequence[Step]) -> Curve[Theta]:
    """``A_t`` along eigenvectors (``eigenvectors.points``); every step takes the same share of the leg."""

    def formula(tau: Tensor) -> Theta:
        U = theta.U.expand(len(tau), 1, theta.p).clone()
        W = theta.W.expand(len(tau), *theta.W.shape).clone()
        u, frame, _ = points(pencil, steps, tau)
        U[:, 0, rows], W[:, rows] = u, frame
        return Theta(U, W)

    return curve(theta, formula)
