"""The proved floors of Theorem 13 in balls: midpoint and radius, every rounding outwards; what is printed is a lower end.

The formulas are those of ``th13floors.eps_closed``; here each is evaluated so that the number itself is proved.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from math import comb

from flint import acb, arb, ctx, fmpq

from theorem13.th13data import Setting
from valleys.run.balls import above as above
from valleys.run.balls import below as below
from valleys.run.balls import exact as exact

PRECISION = 128
#: ``E sigma(z)`` and ``E sigma(z)^2`` of the even powers.
POWERS = {"z2": (1, 3), "z4": (3, 105)}
#: The smooth activations at a complex number; the flag asks flint to refuse a ball that meets the branch cut.
SMOOTH: dict[str, Callable[[acb, bool], acb]] = {
    "softplus": lambda z, analytic: (1 + z.exp()).log(analytic=analytic),
    "sigmoid": lambda z, _: 1 / (1 + (-z).exp()),
    "erf01": lambda z, _: (1 + z.erf()) / 2,
}
#: Even orders whose Hadamard power is looked at one by one; beyond, the steps from one to the next grow, by a share 1/SPARSE.
ORDERS, SPARSE = 60, 4
#: Moments are integrated up to this far from 0.
FAR = 24


def level(setting: Setting, eps: arb) -> arb:
    """The floor under every path, ``E g2^2/2 + alpha^2 eps/2``, for a lower bound of eps(p) at unit strength."""
    second = moments(setting.activation)[1] if setting.law == "theorem" else arb(1)
    with ctx.workprec(PRECISION):
        return exact(setting.beta) ** 2 * second / 2 + exact(setting.alpha) ** 2 * eps / 2


@cache
def moments(name: str) -> tuple[arb, arb, arb]:
    """``E sigma``, ``E sigma^2`` and ``E sigma' = E z sigma(z)``, ``z ~ N(0, 1)``."""
    with ctx.workprec(PRECISION):
        if name == "relu":
            return 1 / (2 * arb.pi()).sqrt(), arb(1) / 2, arb(1) / 2
        if name in POWERS:
            mean, square = POWERS[name]
            return arb(mean), arb(square), arb(0)
        sigma = SMOOTH[name]
        return (
            gauss_mean(sigma),
            gauss_mean(lambda z, analytic: sigma(z, analytic) ** 2),
            gauss_mean(lambda z, analytic: z * sigma(z, analytic)),
        )


def gauss_mean(f: Callable[[acb, bool], acb]) -> arb:
    """``E f(z)`` for ``|f(z)| <= (|z| + 1)^2``: flint's rigorous integral over ``|z| <= FAR``, and the rest.

    Beyond, ``(|z| + 1)^2 <= e^|z|``, whose share is ``2 sqrt(e) P(z > FAR - 1) <= 2 sqrt(e) exp(-(FAR - 1)^2/2)``.
    """

    def density(z: acb, analytic: bool) -> acb:
        return f(z, analytic) * (-z * z / 2).exp() / (2 * acb.pi()).sqrt()

    rest = 2 * (arb(1) / 2).exp() * (-(arb(FAR - 1) ** 2) / 2).exp()
    return acb.integral(density, -FAR, FAR).real + rest.union(-rest)


def eps_closed(setting: Setting) -> arb:
    """What a unit less costs at least: ``E + c0^2 (E/N)/(c0^2 + E/N)``, ``N = p - 1``, or ``E`` for sigma(0) != 0.

    More directions than dimensions: by Hadamard powers.
    """
    c0, mu, c1 = moments(setting.activation)
    if setting.p == 1:
        return mu
    if not setting.orthonormal:
        return hadamard(setting.p)
    with ctx.workprec(PRECISION):
        energy = mu - c0**2 - c1**2
        if setting.activation in SMOOTH:
            return energy
        share = energy / (setting.p - 1)
        return energy + c0**2 * share / (c0**2 + share)


@cache
def hadamard(p: int) -> arb:
    """``sum_k c_k^2 lambda_min(G^{o k/2})^2``, ``G_ij = cos(pi (i - j)/p)``: ``p`` lines equally spread in the plane, ReLU.

    The eigenvalue never falls with ``k`` (Schur): the last one computed serves the orders up to the next, and all later ones.
    It is 0 for ``k/2 < p - 1`` and near 1 from ``p^2`` on.
    """
    with ctx.workprec(PRECISION):
        total, least, c2, rest, due = arb(0), arb(0), 1 / (4 * arb.pi()), arb(1) / 4 - 1 / (2 * arb.pi()), 1
        for half in range(1, max(ORDERS, p * p) + 1):
            if half == due:
                least = arb(smallest(p, half)) if half <= ORDERS else arb.max(least, smallest_ball(p, half))
                due = half + 1 + max(0, half - ORDERS + 1) // SPARSE
            total, rest = total + c2 * least**2, rest - c2
            k = 2 * half
            c2 = c2 * (k - 1) ** 2 / ((k + 1) * (k + 2))
        return total + rest * least**2


def smallest(p: int, power: int) -> fmpq:
    """The least eigenvalue of the matrix of ``cos(pi (i - j)/p)^power``, ``(p, p)``: exact.

    ``cos^k x = 2^-k sum_j C(k, j) e^{i (k - 2j) x}``, and waves whose numbers differ by ``2 p`` are the same at ``pi d/p``: the
    eigenvectors are these ``p`` waves, each with the eigenvalue ``p 2^-k`` times the sum of its coefficients.

    >>> smallest(3, 1), smallest(3, 2), smallest(1, 5)
    (0, 3/4, 1)
    """
    waves: dict[int, int] = {}
    for j in range(power + 1):
        number = (power - 2 * j) % (2 * p)
        waves[number] = waves.get(number, 0) + comb(power, j)
    return fmpq(p * min(waves.values()), 2**power) if len(waves) == p else fmpq(0)


def smallest_ball(p: int, power: int) -> arb:
    """``smallest`` in a ball, fast for large powers.

    Wave ``q``, as even or odd as the power ``k``, has the eigenvalue ``sum_d cos^k(pi d/p) cos(pi d q/p)``.

    >>> (smallest_ball(9, 30) - arb(smallest(9, 30))).contains(0)
    True
    """
    with ctx.workprec(PRECISION):
        waves = [arb(fmpq(d, p)).cos_pi() for d in range(2 * p)]
        entries = [x**power for x in waves[:p]]
        sums = [
            sum((x * waves[d * q % (2 * p)] for d, x in enumerate(entries)), arb(0)) for q in range(power % 2, p + 1, 2)
        ]
        return reduce(arb.min, sums)


def digits(x: float) -> float:
    """``x`` to eight digits: what a search leaves behind them depends on where the arrays lie in memory."""
    return float(f"{x:.8g}")
