"""The spurious minimum of Safran and Shamir at every ``k``: one unit reversed, the others alike; five numbers say all.

Up to order the unit 0 points away from teacher 0, and every permutation of the other ``k - 1`` units together with their inputs
leaves the network alone. Critical in these five numbers is critical in all ``k^2`` (the gradient has the same symmetry).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from theorem13.census.published import K7_ENTRIES
from theorem13.census.training import orthonormal_risk, student
from valleys.problem.hessian import flatten, hessian

#: Newton steps; from the numbers of a neighbouring ``k`` six are enough.
STEPS = 12


def symmetric(k: int, entries: Sequence[float]) -> Tensor:
    """``W (k, k)`` from entry ``(0, 0)``, rest of row 0, rest of column 0, other diagonal, rest.

    >>> symmetric(3, (1.0, 2.0, 3.0, 4.0, 5.0)).tolist()
    [[1.0, 2.0, 2.0], [3.0, 4.0, 5.0], [3.0, 5.0, 4.0]]
    """
    corner, row, column, diagonal, rest = entries
    W = torch.full((k, k), rest, dtype=torch.float64)
    W[0], W[:, 0] = row, column
    W.diagonal().fill_(diagonal)
    W[0, 0] = corner
    return W


def critical_entries(k: int, start: Sequence[float]) -> tuple[float, ...]:
    """Newton steps in the five numbers from those of a neighbouring ``k``; where they end is for others to judge."""
    risk, basis = orthonormal_risk(k), torch.stack([symmetric(k, row).flatten() for row in torch.eye(5).tolist()])
    entries = torch.tensor(start, dtype=torch.float64)
    for _ in range(STEPS):
        theta = student(symmetric(k, entries.tolist()))
        slope = basis @ flatten(risk.gradient(theta), "U")
        entries = entries - torch.linalg.solve(basis @ hessian(risk, theta, "U") @ basis.T, slope)
    return tuple(entries.tolist())


def family(ks: Sequence[int]) -> dict[int, tuple[float, ...]]:
    """The five numbers for each ``k >= 3``, followed from the published ones at ``k = 7``, one ``k`` at a time.

    >>> [round(x, 8) for x in family([7])[7]] == [round(x, 8) for x in K7_ENTRIES]
    True
    """
    found = {7: critical_entries(7, K7_ENTRIES)}
    for k in range(8, max(ks) + 1):
        found[k] = critical_entries(k, found[k - 1])
    for k in range(6, min(ks) - 1, -1):
        found[k] = critical_entries(k, found[k + 1])
    return {k: found[k] for k in ks}
