"""The part of a loss in which ``x`` is standard normal and ``y`` a network of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flint import arb_mat, arb_series, fmpq, fmpq_mat, fmpq_poly, nmod_mat

from check.balls.kernels import kernel
from check.balls.series import Series, at, lines
from check.sample import ATTAINED, PRIME, UNDECIDED, Sigma

Triple = tuple[Any, Any, Any]


def beside(A: fmpq_mat, B: fmpq_mat) -> fmpq_mat:
    """``[A, B]``."""
    return fmpq_mat([a + b for a, b in zip(A.tolist(), B.tolist(), strict=True)])


def monomials(powers: Iterable[int], W: fmpq_mat) -> fmpq_mat:
    """The values of all monomials of these degrees at each row of ``W``, up to a factor for each degree."""
    table: list[list[fmpq]] = []
    for w in W.tolist():
        values = []
        for k in powers:
            level = [(0, fmpq(1))]  # (largest index so far, product)
            for _ in range(k):
                level = [(j, v * w[j]) for i, v in level for j in range(i, len(w))]
            values += [v for _, v in level]
        table.append(values)
    return fmpq_mat(table)


def attained(sigma: Sigma, W: fmpq_mat) -> str:
    """Where the rows of ``W`` have all monomials' full rank, its filters span what filters of a polynomial can, under any law."""
    if not sigma.powers:
        return f"not decided: filters of {sigma.name} under a Gaussian law span no finite space"
    M = monomials(sigma.powers, W)
    return ATTAINED if nmod_mat(M.numer_denom()[0], PRIME).rank() == M.ncols() else UNDECIDED


class Gauss:
    """``x`` standard normal on the coordinates ``block``, 0 elsewhere; ``y = T tau(V x)`` plus noise of this variance."""

    def __init__(
        self, sigma: Sigma, block: Iterable[int], tau: Sigma, T: fmpq_mat, V: fmpq_mat, noise: float = 0.0
    ) -> None:
        self.sigma, self.tau, self.T, self.V, self.block = sigma, tau, T, V, list(block)
        self.exact, self.m, self.n = bool(sigma.powers and tau.powers), T.nrows(), V.ncols()
        self.noise = fmpq(*noise.as_integer_ratio())

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
        """``<R, D>``, ``|D|^2`` and the loss at ``U``: residual ``R = U f - T g``, its change ``D = dU f``."""
        K = self.gram(W, W * fmpq(0))(fmpq(0) if self.exact else arb_series([0]))
        G = fmpq_mat(K) if self.exact else arb_mat([[k[0] for k in row] for row in K])
        R, D = beside(U, self.T * fmpq(-1)), beside(dU, self.T * fmpq(0))
        kind = type(G)
        forms = [(kind(A) * G * kind(B.transpose())) for A, B in ((R, D), (D, D), (R, R))]
        s, a, loss = (sum(M[i, i] for i in range(M.nrows())) for M in forms)
        return s, a, loss + self.noise

    def series(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Series:
        """The loss as a function of ``t``, a ball with its Taylor terms, where ``U`` and ``W`` move."""
        table, weights = self.gram(W, dW), lines(beside(U, self.T * fmpq(-1)), beside(dU, self.T * fmpq(0)))

        def value(x: arb_series) -> arb_series:
            K, total = table(x), x * 0 + self.noise
            for u in ([at(w, x) for w in c] for c in weights):
                for i, row in enumerate(K):
                    total += u[i] * (u[i] * row[i] + 2 * sum((u[j] * row[j] for j in range(i)), x * 0))
            return total

        return value

    def attained(self, W: fmpq_mat) -> str:
        """What an end is at."""
        return attained(self.sigma, W)
