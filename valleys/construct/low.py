"""The second float64 of an output weight, where a leg of ``U`` is to leave ``Phi`` as it is and no slack is left.

From a critical point every move within the span of the filters raises the loss by ``|D|^2``, ``D`` the change of the outputs.
Where dependent filters hand their weights on, ``D`` is the rounding of the new weights, ``|D|^2`` about ``1e-30`` of the loss.
With a second float64 for each of them ``D`` is that of the extended precision in which it is computed here.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from valleys.paths.path import Path
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.risk import FeatureRisk

Long = np.longdouble


def low_weights(path: Path, risk: FeatureRisk) -> np.ndarray | None:
    """``U_low (K, m, p)`` for the knots of a path of Theorem 8 whose first leg is to leave ``Phi`` as it is.

    Args:
        path: the path; its first leg moves ``U`` alone, and its second knot has the weights of independent filters.
        risk: the loss.

    Returns:
        0 at the start and at an end that is on; None for filters that are not known in extended precision.
    """
    first, freed = path.knots[:2]
    W = first.W.numpy().astype(Long)
    K = gram(risk, W)
    if K is None:
        return None
    live = np.flatnonzero((freed.U != 0).any(dim=0).numpy())
    change = (K @ (freed.U.numpy().astype(Long) - first.U.numpy().astype(Long)).T)[live].astype(float)
    low = np.zeros((len(path.knots), *freed.U.shape))
    for i in range(1, max(2, len(path.knots) - 1)):
        low[i][:, live] = -np.linalg.lstsq(K[np.ix_(live, live)].astype(float), change, rcond=None)[0].T
    return low


def gram(risk: FeatureRisk, W: np.ndarray) -> np.ndarray | None:
    """``E sigma(<w_i, x>) sigma(<w_j, x>)`` in extended precision, of polynomials and of ReLU on a sample; else None."""
    powers = None if risk.sigma.coefficients is None else dict(enumerate(risk.sigma.coefficients))
    if isinstance(risk.law, Sample) and (powers or risk.sigma.is_relu):
        Z = W @ risk.law.X.numpy().T.astype(Long)
        F = sum((Long(a) * Z**k for k, a in powers.items()), 0 * Z) if powers else np.maximum(Z, 0)
        return F @ F.T / len(risk.law.X)
    if isinstance(risk.law, GaussianTeacher) and powers:
        C = W @ W.T
        A, B = np.diag(C)[:, None], np.diag(C)[None, :]
        terms = [(Long(a) * Long(b), i, j) for i, a in powers.items() for j, b in powers.items() if a and b]
        return sum((ab * moment(i, j, A, B, C) for ab, i, j in terms), 0 * C)
    return None


def moment(a: int, b: int, A: np.ndarray, B: np.ndarray, C: np.ndarray) -> np.ndarray:
    """``E <w,x>^a <v,x>^b``, ``x ~ N(0, I)``: ``j`` pairs mix the two, the others pair with their own (Isserlis).

    >>> float(moment(2, 2, np.array(1.0), np.array(1.0), np.array(1.0)))  # E z^4
    3.0
    """
    total = 0 * C
    for j in range(a % 2, min(a, b) + 1, 2) if (a - b) % 2 == 0 else ():
        i, k = (a - j) // 2, (b - j) // 2
        ways = factorial(a) * factorial(b) // (factorial(j) * factorial(i) * factorial(k) * 2 ** (i + k))
        total = total + ways * C**j * A**i * B**k
    return total
