"""Networks of Theorem 8's figures: the thesis' network with dependent rows freed, and copies of one unit."""

from __future__ import annotations

import numpy as np
import torch

from valleys.problem.network import Theta


def freed(W: np.ndarray, U: np.ndarray, rows: np.ndarray) -> Theta:
    """The network ``(U, W)`` with its first ``k`` rows freed and drawn again.

    Rows ``0 .. k - 1`` are combinations ``W_J = C W_I`` of the others: their output weights go there
    (``U_I += U_J C``: ``Phi`` is unchanged for linear units) and they become ``rows``.

    Args:
        W: ``(p, n)``, the last ``n`` rows independent.
        U: ``(m, p)``.
        rows: ``(p - n, n)``, the new rows.

    Returns:
        the network.
    """
    k = len(rows)
    W, U = W.copy(), U.copy()
    if k:
        C = np.linalg.solve(W[k:].T, W[:k].T).T
        U[:, k:] += U[:, :k] @ C
        U[:, :k] = 0.0
        W[:k] = rows
    return Theta(torch.from_numpy(U), torch.from_numpy(W))


def copies(single: Theta, p: int) -> Theta:
    """The function of a network of one unit, as ``p`` equal units."""
    return Theta((single.U / p).repeat(1, p), single.W.repeat(p, 1))
