"""Corollary 14 for ``z^2``: below ``n`` units a law with a spurious valley, its barrier in closed form.

The law of Theorem 13, ``p <= n - 1``: ``Y = alpha sum_{j <= p} x_j^2 - beta x_n^2``, ``A* = alpha I_p (+) 0 (+) -beta``.
On ``{u > 0}`` the matrix ``A`` is positive semi-definite, so ``L >= (3/2) beta^2``; leaving costs a unit: some ``u_k = 0``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, nextafter

import numpy as np
import scipy.optimize
import torch
from torch import Tensor

from theorem12.th12model import QuadraticRisk, matrix
from valleys.problem.network import Theta
from valleys.run.errors import InputError


@dataclass(frozen=True)
class Valley:
    """The valley ``{u > 0}`` for width ``p`` in ``n`` dimensions.

    Raises:
        InputError: unless ``1 <= p <= n - 1``.

    >>> valley = Valley(n=4, p=3, alpha=1.0, beta=1.5)
    >>> valley.floor, valley.barrier, valley.minimum, valley.spurious
    (3.375, 4.625, 1.25, True)
    """

    n: int
    p: int
    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not 1 <= self.p <= self.n - 1:
            raise InputError("p", self.p, f"1 <= p <= n - 1 = {self.n - 1} for the law of Corollary 14")

    @property
    def target(self) -> Tensor:
        """``A* = alpha I_p (+) 0 (+) -beta``, shape ``(n, n)``."""
        diagonal = torch.zeros(self.n, dtype=torch.float64)
        diagonal[: self.p], diagonal[-1] = self.alpha, -self.beta
        return torch.diag(diagonal)

    @property
    def risk(self) -> QuadraticRisk:
        """The loss."""
        return QuadraticRisk(self.target, "two-part")

    @property
    def floor(self) -> float:
        """``min L = (3/2) beta^2`` over the closure of the valley, attained at ``A = alpha I_p (+) 0``."""
        return 1.5 * self.beta**2

    @property
    def climb(self) -> float:
        """``alpha^2 (p + 2)/(p + 1)``: what leaving costs above the floor, exactly."""
        return self.alpha**2 * (self.p + 2) / (self.p + 1)

    @property
    def barrier(self) -> float:
        """The least height that every path out of the valley reaches, ``(3/2) beta^2 + alpha^2 (p + 2)/(p + 1)``, rounded down.

        >>> Valley(n=3, p=2, alpha=0.1, beta=0.1).barrier
        0.028333333333333335
        """
        alpha, beta = Fraction(self.alpha), Fraction(self.beta)
        exact = 3 * beta**2 / 2 + alpha**2 * (self.p + 2) / (self.p + 1)
        return float(exact) if Fraction(float(exact)) <= exact else nextafter(float(exact), -inf)

    @property
    def minimum(self) -> float:
        """``min L`` over all parameters: the smaller of ``climb`` (one unit turned to ``-beta x_n^2``) and ``floor``."""
        return min(self.climb, self.floor)

    @property
    def spurious(self) -> bool:
        """Whether the valley holds no global minimum."""
        return self.climb < self.floor

    @property
    def bottom(self) -> Theta:
        """A point on the floor: unit rows ``e_1 .. e_p``, ``u = alpha``."""
        W = torch.eye(self.n, dtype=torch.float64)[: self.p]
        return Theta(torch.full((1, self.p), self.alpha, dtype=torch.float64), W)

    @property
    def gate(self) -> Theta:
        """A lowest point on the way out: ``p - 1`` units of weight ``alpha (1 + 1/(p+1))``, the last with ``u_p = 0``."""
        u = torch.full((1, self.p), self.alpha * (1 + 1 / (self.p + 1)), dtype=torch.float64)
        u[0, -1] = 0.0
        return Theta(u, self.bottom.W)

    def found_gate(self, generator: torch.Generator, runs: int = 12) -> float:
        """The least loss with ``p - 1`` units of non-negative weight, by direct minimisation (BFGS) over their rows.

        Args:
            generator: draws the starts.
            runs: number of starts.

        Returns:
            the least value found; to be held against ``barrier``.
        """
        risk, units = self.risk, self.p - 1
        if units == 0:
            return float(risk.of_matrix(torch.zeros(self.n, self.n, dtype=torch.float64)))
        ones = torch.ones(1, units, dtype=torch.float64)

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = risk.value_and_gradient(Theta(ones, torch.from_numpy(flat).reshape(units, self.n)))
            return float(value), gradient.W.reshape(-1).numpy()

        starts = torch.randn(runs, units * self.n, generator=generator, dtype=torch.float64).numpy()
        options = {"gtol": 1e-9, "maxiter": 2000}
        ends = [scipy.optimize.minimize(objective, x, jac=True, method="BFGS", options=options).x for x in starts]
        rows = torch.from_numpy(np.stack(ends)).reshape(runs, units, self.n)
        return float(risk.of_matrix(matrix(Theta(ones.expand(runs, 1, units), rows))).min())
