"""Basis exchange: a Gauss-Jordan tableau whose pivots may be chosen freely.

The tableau holds, in the basis of the filters that are live, the coordinates of all filters to come and the inverse of the basis.
A *phantom* fills the basis where the live filters do not span: a direction that no unit has, with weight 0.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

#: A filter whose part along a phantom is larger than this is independent of the live ones.
INDEPENDENT = 1e-8
REFRESH = 100


class Tableau:
    """Live filters and filters to come, as unit vectors in coordinates of their common span.

    Args:
        live: ``(N, r)``, independent columns.
        coming: ``(N, k)``, independent columns.

    Attributes:
        columns: the filters to come in coordinates, ``(D, k)``.
        basis: columns of the basis in coordinates, ``(D, D)``: live filters, then phantoms.
        table: ``basis^{-1} [columns, 1]``.
    """

    def __init__(self, live: np.ndarray, coming: np.ndarray) -> None:
        r = live.shape[1]
        Q = scipy.linalg.qr(live, mode="economic", check_finite=False)[0]
        rest = coming - Q @ (Q.T @ coming)
        left, R, _ = scipy.linalg.qr(rest - Q @ (Q.T @ rest), mode="economic", pivoting=True, check_finite=False)
        extra = left[:, : int((np.abs(np.diagonal(R)) > INDEPENDENT).sum())]
        self.Q = np.hstack([Q, extra])
        D = self.Q.shape[1]
        self.columns = self.Q.T @ coming
        self.basis = np.eye(D)
        self.basis[:, :r] = self.Q.T @ live
        self.phantoms = np.arange(D) >= r
        self.pivots = 0
        self._refresh()

    def _refresh(self) -> None:
        inverse = scipy.linalg.inv(self.basis, check_finite=False)
        self.table = np.hstack([inverse @ self.columns, inverse])

    def coordinates(self, which: list[int]) -> np.ndarray:
        """The filters ``which`` to come in the basis, ``(D, len(which))``."""
        return self.table[:, which]

    def exchange(self, row: int, column: int) -> None:
        """The filter ``column`` takes the place of what stands at ``row`` of the basis."""
        self.basis[:, row] = self.columns[:, column]
        self.phantoms[row] = False
        self.pivots += 1
        if self.pivots % REFRESH == 0:
            self._refresh()
            return
        pivot = self.table[row] / self.table[row, column]
        self.table -= self.table[:, [column]] * pivot
        self.table[row] = pivot

    def weights(self, outputs: np.ndarray) -> np.ndarray:
        """Weights ``(m, D)`` on the basis with these outputs ``(m, N)``; refined twice, 0 on phantoms."""
        goal = outputs @ self.Q
        inverse = self.table[:, self.columns.shape[1] :]
        U = np.zeros_like(goal)
        for _ in range(3):
            U += (goal - U @ self.basis.T) @ inverse.T
            U[:, self.phantoms] = 0.0
        return U
