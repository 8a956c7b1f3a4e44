"""Losses ``L(U, W) = E |U sigma(W x) - y|^2``: weighted parts, each a finite sample or a Gaussian law with a teacher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from flint import arb_series, fmpq, fmpq_mat, fmpq_poly

from check.activations import Sigma

Triple = tuple[Any, Any, Any]
Series = Callable[[arb_series], arb_series]


def rational(array: np.ndarray) -> fmpq_mat:
    """A matrix of float64 as what it is: integers times powers of two."""
    rows, columns = array.shape
    return fmpq_mat(rows, columns, [fmpq(*x.as_integer_ratio()) for x in array.ravel().tolist()])


def lines(A: fmpq_mat, dA: fmpq_mat) -> list[list[fmpq_poly]]:
    """``A + t dA``, entry by entry."""
    return [
        [fmpq_poly([a, d]) for a, d in zip(*rows, strict=True)] for rows in zip(A.tolist(), dA.tolist(), strict=True)
    ]


def at(poly: fmpq_poly, x: Any) -> Any:
    """The value of a polynomial, by Horner."""
    value = x * 0
    for a in reversed(poly.coeffs()):
        value = value * x + a
    return value


class Sample:
    """``N`` points: ``X (N, n)``, ``Y (N, m)``; every point has weight ``1/N``.

    A row of ``W`` that is 0 but for 1 in a last, additional coordinate is the unit of an output bias: it is 1 everywhere.
    """

    def __init__(self, sigma: Sigma, X: fmpq_mat, Y: fmpq_mat) -> None:
        self.sigma, self.N, self.X, self.Y = sigma, X.nrows(), X.transpose(), Y.transpose()
        self.exact, self.degree = sigma.exact, 2 + 2 * max(sigma.powers, default=0)

    def features(self, W: fmpq_mat) -> tuple[Any, Any]:
        """``sigma(W X^T)``, shape ``(p, N)``, and its denominator."""
        n = self.X.nrows()
        pinned = [i for i in range(W.nrows()) if W.ncols() > n and W[i, n] == 1]
        W = fmpq_mat([row[:n] for row in W.tolist()])
        (rows, d), (points, e) = W.numer_denom(), self.X.numer_denom()
        F, scale = self.sigma.on(rows * points, d * e)
        for i in pinned:
            for j in range(self.N):
                F[i, j] = scale
        return F, scale

    def outputs(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> tuple[list[Any], list[Any]]:
        """``U F`` and ``D = dU F``, row by row."""
        F, scale = self.features(W)
        stack, below = fmpq_mat(U.tolist() + dU.tolist()).numer_denom()
        unit = fmpq(1, below * scale)
        values = [v * unit for v in (type(F)(stack) * F).entries()]
        return values[: len(values) // 2], values[len(values) // 2 :]

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> Triple:
        """``<R, D>``, ``|D|^2`` and ``|R|^2``: residual ``R = U F - Y``, ``D = dU F``."""
        values, D = self.outputs(U, dU, W)
        R = [v - y for v, y in zip(values, self.Y.entries(), strict=True)]
        s, a, loss = (sum(x * y for x, y in zip(*pair, strict=True)) for pair in ((R, D), (D, D), (R, R)))
        return s / self.N, a / self.N, loss / self.N

    def series(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Series:
        """The loss as a function of ``t``, a ball with its Taylor terms, where ``U`` and ``W`` move."""
        pre, weights = lines(W * self.X, dW * self.X), lines(U, dU)

        def value(x: arb_series) -> arb_series:
            Z, total = [[self.sigma.ball(at(z, x)) for z in row] for row in pre], x * 0
            for o, u in enumerate([at(w, x) for w in row] for row in weights):
                for j in range(self.N):
                    total += (sum((w * z[j] for w, z in zip(u, Z, strict=True)), x * 0) - self.Y[o, j]) ** 2
            return total / self.N

        return value


class Part(Protocol):
    """One part of a loss: what ``Law`` sums."""

    sigma: Sigma
    exact: bool
    degree: int

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> Triple:
        """``<R, D>``, ``|D|^2`` and ``|R|^2``."""

    def series(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Series:
        """The loss as a function of ``t``."""


class Law:
    """A loss: parts with their weights, a constant (``E |noise|^2``), and the convex function that it is the mean of."""

    def __init__(self, parts: list[tuple[fmpq, Part]], m: int, n: int, constant: fmpq, loss: str = "square") -> None:
        self.parts, self.m, self.n, self.constant, self.loss = parts, m, n, constant, loss

    @property
    def degree(self) -> int | None:
        """Degree of ``L`` on a straight leg, None where it is no polynomial."""
        polynomial = all(part.exact and part.sigma.powers for _, part in self.parts)
        return max(part.degree for _, part in self.parts) if polynomial else None

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> Triple:
        """``<R, D>``, ``|D|^2`` and the loss at ``U``, where ``D = dU f``."""
        forms = [[c * form for form in part.along(U, dU, W)] for c, part in self.parts]
        s, a, loss = (sum(column) for column in zip(*forms, strict=True))
        return s, a, loss + self.constant

    def series(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Series:
        """The loss as a function of ``t``, a ball with its Taylor terms."""
        parts = [(c, part.series(U, dU, W, dW)) for c, part in self.parts]
        return lambda x: sum((c * value(x) for c, value in parts), x * 0) + self.constant
