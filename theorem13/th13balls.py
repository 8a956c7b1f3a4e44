"""The proved floors of Theorem 13 in balls: midpoint and radius, every rounding outwards; what is printed is a lower end.

The formulas are those of ``th13floors.eps_proved``; here each is evaluated so that the number itself is proved.
"""

from __future__ import annotations

import math

from flint import arb, arb_mat, ctx, fmpq

from theorem13.th13data import VANISHES_AT_ZERO, Setting

PRECISION = 128
#: ``E sigma(z)`` and ``E sigma(z)^2`` of the even powers.
POWERS = {"z2": (1, 3), "z4": (3, 105)}


def exact(x: float) -> arb:
    """A float64 as what it is."""
    return arb(fmpq(*x.as_integer_ratio()))


def below(ball: arb) -> float:
    """The largest float64 found that is not above the ball's lower end."""
    value = float(ball.mid())
    while not exact(value) <= ball:
        value = math.nextafter(value, -math.inf)
    return value


def above(ball: arb) -> float:
    """The least float64 found that is not below the ball's upper end."""
    return -below(-ball)


def level(setting: Setting) -> arb | None:
    """The floor under every path, ``E g2^2/2 + alpha^2 eps/2``; None where its moments are quadratures (sigma(0) != 0)."""
    if setting.activation not in VANISHES_AT_ZERO:
        return None
    ctx.prec = PRECISION
    second = moments(setting.activation)[1] if setting.law == "theorem" else arb(1)
    return exact(setting.beta) ** 2 * second / 2 + exact(setting.alpha) ** 2 * eps(setting) / 2


def in_digits(setting: Setting) -> str:
    """``level`` as a record holds it: its digits and their error; empty where there is none."""
    ball = level(setting)
    return "" if ball is None else ball.str(25)


def moments(name: str) -> tuple[arb, arb, arb]:
    """``E sigma``, ``E sigma^2`` and ``E sigma'``, ReLU or an even power, ``z ~ N(0, 1)``."""
    if name == "relu":
        return 1 / (2 * arb.pi()).sqrt(), arb(1) / 2, arb(1) / 2
    mean, square = POWERS[name]
    return arb(mean), arb(square), arb(0)


def eps(setting: Setting) -> arb:
    """What a unit less costs at least: ``E + c0^2 (E/N)/(c0^2 + E/N)``, ``N = p - 1``; in the plane by Hadamard powers."""
    c0, mu, c1 = moments(setting.activation)
    if setting.p == 1:
        return mu
    if not setting.orthonormal:
        return hadamard(setting.p)
    energy = mu - c0**2 - c1**2
    share = energy / (setting.p - 1)
    return energy + c0**2 * share / (c0**2 + share)


def hadamard(p: int, orders: int = 60) -> arb:
    """``sum_k c_k^2 lambda_min(G^{o k/2})^2``, ``G_ij = cos(pi (i - j)/p)``: ``p`` lines equally spread in the plane, ReLU.

    The eigenvalue never falls with ``k`` (Schur), so the largest lower bound so far serves every later order.
    """
    G = [[arb.cos_pi_fmpq(fmpq(i - j, p)) for j in range(p)] for i in range(p)]
    total, least, c2, rest = arb(0), arb(0), 1 / (4 * arb.pi()), arb(1) / 4 - 1 / (2 * arb.pi())
    for half in range(1, orders + 1):
        found = smallest(arb_mat([[g**half for g in row] for row in G]))
        least = found if found > least else least
        total, rest = total + c2 * least**2, rest - c2
        k = 2 * half
        c2 = c2 * (k - 1) ** 2 / ((k + 1) * (k + 2))
    return total + rest * least**2


def smallest(M: arb_mat) -> arb:
    """A lower bound (exact number) of the least eigenvalue of a symmetric matrix: ``M - x I`` has positive pivots; or 0."""
    x = arb(1)
    for _ in range(60):
        if definite(M, x):
            break
        x /= 2
    else:
        return arb(0)
    step = x
    for _ in range(40):  # the next binary digits
        step /= 2
        x = x + step if definite(M, x + step) else x
    return x


def definite(M: arb_mat, x: arb) -> bool:
    """Whether ``M - x I`` is positive definite: all pivots of Gaussian elimination are positive."""
    n = M.nrows()
    rows = [[M[i, j] - (x if i == j else 0) for j in range(n)] for i in range(n)]
    for k in range(n):
        if not rows[k][k] > 0:
            return False
        for i in range(k + 1, n):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True
