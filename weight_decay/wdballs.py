"""Theorem B in balls: its levels, and the loss of networks that attain them, on points that are square roots.

``x_i`` are the rows of the symmetric root of the Gram matrix; balanced networks are told by ``v_i = |u_i| w_i``, ``u_i > 0``, so
that ``f = F = |sum_i (X v_i)_+ - Y|^2/2 + beta sum_i |v_i|``. Every rounding is outwards.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, ctx, fmpq

from valleys.judge.decay_floor import rounded_down, rounded_up
from weight_decay.wdmodel import Levels, levels

BITS = 256
Y, BETA = fmpq(1), fmpq(1, 10)


def angle(N: int) -> fmpq:
    """The ``eps`` that is used: 2/5 for two points, else ``1/N``."""
    return fmpq(2, 5) if N == 2 else fmpq(1, N)


def levels_in_balls(N: int) -> Levels:
    """The valley's lowest value, the level at which it can be left, and a lower value elsewhere."""
    with ctx.workprec(BITS):
        return levels(N, arb(angle(N)), arb(Y), arb(BETA))


def points(N: int, eps: arb) -> arb_mat:
    """``X``: unit vectors in ``R^N`` with ``x_i . x_j = -eps``."""
    along = (1 - (N - 1) * eps).sqrt() - (1 + eps).sqrt()
    return arb_mat([[(1 + eps).sqrt() * (i == j) + along / N for j in range(N)] for i in range(N)])


def mixed(X: arb_mat, weights: list[dict[int, Any]]) -> arb_mat:
    """Units as sums of points: ``v_i = sum_j weights[i][j] x_j``."""
    N = X.nrows()
    return arb_mat([[arb(row.get(j, 0)) for j in range(N)] for row in weights]) * X


def networks_in_balls(N: int, eps: arb) -> dict[str, list[dict[int, Any]]]:
    """The networks of ``wdmodel``, as sums of points: a unit along each; the first one turned; one unit for the first two."""
    alone, rho, kappa = Y - BETA, (1 - eps**2).sqrt(), ((1 - eps) / 2).sqrt()
    one: list[dict[int, Any]] = [{i: alone} for i in range(N)]
    turned = (Y - BETA / rho) / rho / rho
    pair = (Y - BETA / (2 * kappa)) / kappa / (2 * kappa)  # |x_1 + x_2| = 2 kappa
    return {
        "valley": one, "exit": [{0: turned, 1: turned * eps}, *one[1:]], "lower": [{0: pair, 1: pair}, *one[2:]],
    }  # fmt: skip


def loss(X: arb_mat, V: arb_mat) -> arb:
    """``F`` of the units ``V``."""
    Z = (V * X.transpose()).tolist()
    outputs = [sum((z.max(arb(0)) for z in column), arb(0)) for column in zip(*Z, strict=True)]
    sizes = [sum((v * v for v in row), arb(0)).sqrt() for row in V.tolist()]
    return sum(((z - Y) ** 2 for z in outputs), arb(0)) / 2 + BETA * sum(sizes, arb(0))


def attained(N: int) -> float:
    """How far the losses of the three networks may be from the closed forms, relative: an upper end."""
    known = levels_in_balls(N)
    with ctx.workprec(BITS):
        eps = arb(angle(N))
        X = points(N, eps)
        found = {name: loss(X, mixed(X, weights)) for name, weights in networks_in_balls(N, eps).items()}
        return max(above(abs(found[name] / getattr(known, name) - 1)) for name in found)


def fraction(end: arb) -> Fraction:
    """An exact ball as a rational."""
    mantissa, exponent = end.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def below(ball: arb) -> float:
    """The largest double that is not above the ball's lower end."""
    return rounded_down(fraction(ball.lower()))


def above(ball: arb) -> float:
    """The smallest double that is not below the ball's upper end."""
    return rounded_up(fraction(ball.upper()))
