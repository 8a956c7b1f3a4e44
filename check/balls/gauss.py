"""The part of a loss in which ``x`` is standard normal and ``y`` a network of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flint import arb_mat, arb_series, fmpq, fmpq_mat, fmpq_poly

from check.activations import Sigma
from check.balls.kernels import kernel
from check.laws import Series, Triple, at, lines


def beside(A: fmpq_mat, B: fmpq_mat) -> fmpq_mat:
    """``[A, B]``."""
    return fmpq_mat([a + b for a, b in zip(A.tolist(), B.tolist(), strict=True)])


class Gauss:
    """``x`` standard normal on the coordinates ``block``, 0 elsewhere; ``y = T tau(V x)``."""

    def __init__(self, sigma: Sigma, block: Iterable[int], tau: Sigma, T: fmpq_mat, V: fmpq_mat) -> None:
        self.sigma, self.tau, self.T, self.V, self.block = sigma, tau, T, V, list(block)
        self.exact, self.degree = bool(sigma.powers and tau.powers), 2 + 2 * max(sigma.powers, default=0)

    def gram(self, W: fmpq_mat, dW: fmpq_mat) -> Callable[[Any], list[list[Any]]]:
        """``E f_i f_j`` as a function of ``t`` for all units, the student's and the teacher's."""
        rows = [[row[k] for k in self.block] for row in lines(W, dW) + lines(self.V, self.V * fmpq(0))]
        sigmas = [self.sigma] * W.nrows() + [self.tau] * self.V.nrows()
        pairs = [(i, j) for i in range(len(rows)) for j in range(i + 1)]
        dot = {(i, j): sum((a * b for a, b in zip(rows[i], rows[j], strict=True)), fmpq_poly([0])) for i, j in pairs}
        kernels = {(i, j): kernel(sigmas[i], sigmas[j], dot[i, i], dot[j, j], dot[i, j]) for i, j in pairs}

        def table(x: Any) -> list[list[Any]]:
            half = {pair: k(x) for pair, k in kernels.items()}
            return [[half[max(i, j), min(i, j)] for j in range(len(rows))] for i in range(len(rows))]

        return table

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> Triple:
        """``<R, D>``, ``|D|^2`` and ``|R|^2``: residual ``R = U f - T g``, ``D = dU f``."""
        K = self.gram(W, W * fmpq(0))(fmpq(0) if self.exact else arb_series([0]))
        G = fmpq_mat(K) if self.exact else arb_mat([[k[0] for k in row] for row in K])
        R, D = beside(U, self.T * fmpq(-1)), beside(dU, self.T * fmpq(0))
        kind = type(G)
        forms = [(kind(A) * G * kind(B.transpose())) for A, B in ((R, D), (D, D), (R, R))]
        s, a, loss = (sum(M[i, i] for i in range(M.nrows())) for M in forms)
        return s, a, loss

    def series(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Series:
        """The loss as a function of ``t``, a ball with its Taylor terms, where ``U`` and ``W`` move."""
        table, weights = self.gram(W, dW), lines(beside(U, self.T * fmpq(-1)), beside(dU, self.T * fmpq(0)))

        def value(x: arb_series) -> arb_series:
            K, total = table(x), x * 0
            for u in ([at(w, x) for w in c] for c in weights):
                for i, row in enumerate(K):
                    total += u[i] * (u[i] * row[i] + 2 * sum((u[j] * row[j] for j in range(i)), x * 0))
            return total

        return value
