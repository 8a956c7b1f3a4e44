"""Kernels ``E sigma(<w,x>) tau(<v,x>)``, ``x ~ N(0, I)``, along a line: polynomials over any ring, ReLU in balls."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial
from typing import Any

from flint import arb, arb_series, fmpq_poly

from check.balls.functions import UNKNOWN
from check.balls.series import at
from check.reading import require
from check.sample import Sigma

Ring = Any  #: fmpq or arb_series: all that the formulas need is + - * /


def moment(a: int, b: int, A: Ring, B: Ring, C: Ring) -> Ring:
    """``E <w,x>^a <v,x>^b``, ``x ~ N(0, I)``, from ``A = |w|^2``, ``B = |v|^2``, ``C = <w,v>`` (Isserlis)."""
    total = A * 0
    for j in range(a % 2, min(a, b) + 1, 2) if (a - b) % 2 == 0 else ():
        i, k = (a - j) // 2, (b - j) // 2
        count = factorial(a) * factorial(b) // (factorial(j) * factorial(i) * factorial(k) * 2 ** (i + k))
        total += count * C**j * A**i * B**k
    return total


def kernel(sigma: Sigma, tau: Sigma, A: fmpq_poly, B: fmpq_poly, C: fmpq_poly) -> Callable[[Ring], Ring]:
    """``E sigma(<w,x>) tau(<v,x>)`` at ``t``, of polynomials or of ReLU: ``A = |w|^2``, ``B = |v|^2``, ``C = <w,v>``."""
    if sigma.powers and tau.powers:
        terms = [(p * q, i, j) for i, p in sigma.powers.items() for j, q in tau.powers.items()]
        return lambda x: sum((pq * moment(i, j, at(A, x), at(B, x), at(C, x)) for pq, i, j in terms), x * 0)
    require(sigma.name == tau.name == "relu", f"activations {sigma.name}, {tau.name} under a Gaussian law")
    return kappa(A, B, C)


def kappa(A: fmpq_poly, B: fmpq_poly, C: fmpq_poly) -> Callable[[arb_series], arb_series]:
    """``(s + c (pi - phi))/(2 pi)``: ``c = C``, ``s^2 = S = A B - C^2``, ``phi`` the angle; with two derivatives.

    ``kappa_c = (pi - phi)/(2 pi)`` and ``kappa_A = s/(4 pi A)`` need no division by ``s``; ``phi' = (s' c - c' s)/(A B)``.
    ``s = |w ^ v|`` has ``|s'| <= |w'||v| + |w||v'|`` also where rows are parallel (there ``kappa'`` is Lipschitz, and
    the mean value form that uses ``kappa''`` holds). Where ``S`` has the factor ``t^2`` or ``(1-t)^2``, its root is exact.
    """
    S, zeros = A * B - C * C, [0, 0]
    if S == 0:  # parallel all along: (c + |c|)/2, times 1/2
        low, high = min(C.coeffs(), default=0), max(C.coeffs(), default=0)
        return lambda x: (
            at(C, x) / 2 if low >= 0 or at(C, x)[0] >= 0 else x * 0 if high <= 0 or at(C, x)[0] <= 0 else UNKNOWN
        )
    for t, square in ((0, fmpq_poly([0, 0, 1])), (1, fmpq_poly([1, -2, 1]))):
        while S(t) == 0:
            S, zeros[t] = S // square, zeros[t] + 1

    def value(x: arb_series) -> arb_series:
        a, b, c, q = (at(f, x) for f in (A, B, C, S))
        if not (a[0] > 0 and b[0] > 0):
            return UNKNOWN
        root, pi = x ** zeros[0] * (1 - x) ** zeros[1], arb.pi()
        speed = ((A[2] * b[0]).sqrt() + (B[2] * a[0]).sqrt()).upper()
        sine = root * (q.sqrt() if q[0] > 0 else UNKNOWN)
        s = sine[0] if q[0] > 0 else root[0] * arb(0).union(q[0].upper().sqrt())
        ds = sine[1] if sine[1].rad() < speed else arb(0, speed)
        if c[0] > 0 or c[0] < 0:
            phi = (s / c[0]).atan() + (0 if c[0] > 0 else pi)
        else:
            phi = pi / 2 - (c[0] / s).atan() if s > 0 else arb(0).union(pi)
        turn = (ds * c[0] - c[1] * s) / (a[0] * b[0])
        rate = a[1] / a[0] + b[1] / b[0]
        bend = 2 * (a[2] / a[0] + b[2] / b[0]) - (a[1] / a[0]) ** 2 - (b[1] / b[0]) ** 2
        first = (pi - phi) * c[1] + s * rate / 2
        second = (pi - phi) * 2 * c[2] - turn * c[1] + (ds * rate + s * bend) / 2
        return arb_series([s + c[0] * (pi - phi), first, second / 2]) / (2 * pi)

    return value
