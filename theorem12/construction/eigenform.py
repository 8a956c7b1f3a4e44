"""The two legs special to ``n <= p < 2n``: to the orthonormal eigenform inside the fibre, and along eigenvectors of ``A_t``.

Live rows ``B (l x n)`` with signs ``J``: ``A = B^T J B``. With the eigenform ``A = T^T J T``, ``T = |Lam|^(1/2) V^T``, and
``B = M T``, ``M`` lies in ``O(J)``; its polar decomposition ``M = K exp(H)`` stays inside: ``K`` turns each class by itself,
``H`` is symmetric with blocks off the diagonal only. ``B_t = K exp((1-t) H) T`` holds ``A`` fixed, then ``K`` is unwound.
"""

from __future__ import annotations

import torch
from torch import Tensor

from theorem12.construction.fibre import EPS
from theorem12.construction.walk import Walk
from valleys.paths.curves import curve, rotation, seam
from valleys.paths.path import Line
from valleys.problem.network import Theta

#: A start that the formula of the curve misses by more is led to it on a line, so that no leg jumps.
LOOSE = 1e-12


def to_eigenform(walk: Walk, rows: Tensor) -> None:
    """From live rows with ``u = +-1``, linearly independent, to ``sqrt(|lam_i|) v_i``; then to unit rows with ``u = lam_i``.

    Args:
        walk: extended by up to four legs. The first is there where a row's square is lost in the rounding of ``A``: such a row
            is known to half the digits, and so is the formula's.
        rows: indices of the live rows.
    """
    theta = walk.here
    signs = theta.U[0, rows]
    plus, minus = rows[signs > 0], rows[signs < 0]
    rows, k = torch.cat([plus, minus]), len(plus)
    B, J = theta.W[rows], theta.U[0, rows]
    values, V = torch.linalg.eigh(B.T @ (J[:, None] * B))
    chosen = torch.cat([torch.arange(len(values) - k, len(values)), torch.arange(len(minus))])
    size = values[chosen].abs().clamp(min=(EPS * float(B.square().sum())) ** 2 / max(float(B.square().sum()), 1e-300))
    T = size.sqrt()[:, None] * V[:, chosen].T
    K, Y = indefinite_polar(B @ (V[:, chosen] / size.sqrt()), k)
    X, eta, Zt = torch.linalg.svd(Y, full_matrices=False)

    def formula(t: Tensor) -> Theta:
        W = theta.W.expand(len(t), *theta.W.shape).clone()
        W[:, rows] = K @ boost(X, eta, Zt, 1 - t) @ T
        return Theta(theta.U.expand(len(t), *theta.U.shape), W)

    unbent = theta.W.clone()
    unbent[rows] = K @ T
    bent = curve(theta, formula, Theta(theta.U, unbent))
    if seam(bent) > LOOSE:
        walk.go(Line(theta, formula(torch.zeros(1, dtype=torch.float64))[0]))
        bent = curve(walk.here, formula, bent.end)
    walk.go(bent)
    turns, target, form = [], unbent.clone(), T.clone()
    for block, here in ((slice(0, k), plus), (slice(k, len(rows)), minus)):
        Q = K[block, block].T.clone()
        if len(here):
            if torch.linalg.det(Q) < 0:
                Q[-1] *= -1
                form[block.stop - 1] *= -1
            turns.append((here, Q))
    target[rows] = form
    walk.go(rotation(walk.here, turns, target))
    _unit_rows(walk, rows, size)


def indefinite_polar(M: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """``M = K exp([[0, Y], [Y^T, 0]])`` for ``M`` in ``O(J)``, ``J = diag(1 (k times), -1 ..)``.

    Args:
        M: ``(l, l)``.
        k: number of plus signs.

    Returns:
        ``K (l, l)``, orthogonal and block diagonal, and ``Y (k, l - k)``: rounding is projected away from both.
    """
    U, s, Vt = torch.linalg.svd(M)
    H = (Vt.T * s.clamp(min=1e-300).log()) @ Vt
    turned = U @ Vt
    K = torch.zeros_like(M)
    for block in (slice(0, k), slice(k, len(M))):
        a, _, bt = torch.linalg.svd(turned[block, block])
        K[block, block] = a @ bt
    return K, H[:k, k:]


def boost(X: Tensor, eta: Tensor, Zt: Tensor, t: Tensor) -> Tensor:
    """``exp(t [[0, Y], [Y^T, 0]])`` for ``Y = X diag(eta) Z^T`` and every ``t (T,)``, shape ``(T, l, l)``."""
    k, rest = len(X), Zt.shape[1]
    out = torch.eye(k + rest, dtype=X.dtype).repeat(len(t), 1, 1)
    angle = t[:, None] * eta
    grow, shift = 2 * (angle / 2).sinh().square()[:, None, :], angle.sinh()[:, None, :]
    out[:, :k, :k] += (X * grow) @ X.T
    out[:, k:, k:] += (Zt.T * grow) @ Zt
    out[:, :k, k:] = (X * shift) @ Zt
    out[:, k:, :k] = out[:, :k, k:].mT
    return out


def _unit_rows(walk: Walk, rows: Tensor, size: Tensor) -> None:
    """Rows of length ``sqrt(size_i)`` with ``u = +-1`` to unit rows with ``u = +-size_i``, the function fixed."""
    theta, log = walk.here, torch.zeros(walk.here.p, dtype=torch.float64)
    log[rows] = size.log()

    def formula(t: Tensor) -> Theta:
        power = (t[:, None] * log).exp()
        return Theta(theta.U * power[:, None, :], theta.W / power.sqrt()[..., None])

    walk.go(curve(theta, formula))
