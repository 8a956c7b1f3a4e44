"""The smooth teacher in balls: kernels, ``b(w) = E f* relu(<w, z>)``, and that the best readout beats the theorem's weights.

``g(w) = exp(<w, e>)``, ``e`` the last axis, is ``sum_k c_k P_k``, ``c_k = N(d, k) Gamma(d/2) 2^(d/2-1) I_(k+d/2-1)(1) > 0``, and
``sum_k c_k = exp(1)``, which bounds what is left out. So ``f*(z) = |z| sum_k c_k a_k P_k(<z, e>/|z|)`` (Funk-Hecke), with
``a_k = 0`` for odd ``k >= 3``. Without bias ``b(w) = |w| sum_k d a_k^2 c_k P_k(<w, e>/|w|)``. With bias ``<z, e> = 1``, and
``q = 1/|z|^2``: ``f* = c_1 a_1 + sum_j A_j q^(j - 1/2)``, whose powers are integrals of ``exp(-x^2/q)``, under which ``x`` stays
normal with the variance ``s^2/D``, ``s^2 = 1/(1 + 2 x^2/D)``: one integral over ``x`` is left (``response``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import inf

from flint import acb, arb, arb_mat, arb_poly, ctx, fmpq_poly
from torch import Tensor

from theorem16.th16data import PROFILES, Teacher, ZonalTeacher
from theorem16.th16law import InputLaw
from valleys.run.balls import above, exact
from valleys.run.claims import worst

PRECISION, DEGREE = 192, 40
#: Beyond this ``x`` what is left of ``response`` is bounded.
FAR = 12


@cache
def legendre(d: int) -> list[fmpq_poly]:
    """``P_0 .. P_DEGREE`` of the sphere of R^d, exactly: ``(k+d-2) P_(k+1) = (2k+d-2) t P_k - k P_(k-1)``."""
    t, table = fmpq_poly([0, 1]), [fmpq_poly([1]), fmpq_poly([0, 1])]
    for k in range(1, DEGREE):
        table.append(((2 * k + d - 2) * t * table[k] - k * table[k - 1]) / (k + d - 2))
    return table


@cache
def series(d: int) -> tuple[list[arb], list[arb], arb]:
    """``a_k`` of the rectifier, ``c_k`` of the exponential, ``k = 0 .. DEGREE``, and the sum of all later ``c_k``."""
    with ctx.workprec(PRECISION):
        half = arb(d) / 2
        a = [half.gamma() / (arb.pi().sqrt() * (half - arb(1) / 2).gamma() * (d - 1)), arb(1) / (2 * d)]
        numbers, c = [arb(1), arb(d)], []
        for k in range(DEGREE + 1):
            a.append(a[k] * (1 - k) / (k + d + 1))
            numbers.append(numbers[-1] * (2 * k + 2 + d) * (k + d - 1) / ((2 * k + d) * (k + 2)))
            c.append(numbers[k] * half.gamma() * arb(2) ** (half - 1) * arb(1).bessel_i(half - 1 + k))
        return a[: DEGREE + 1], c, arb(1).exp() - sum(c, arb(0))


def normal(x: acb) -> tuple[acb, acb]:
    """``Phi(x)`` and the density."""
    return (1 + (x / acb(2).sqrt()).erf()) / 2, (-x * x / 2).exp() / (2 * acb.pi()).sqrt()


def ramp(h: arb) -> arb:
    """``E relu(h + Z)``."""
    Phi, phi = normal(acb(h))
    return (h * Phi + phi).real


def corner(h: arb, k: arb, r: arb) -> arb:
    """``E relu(h + Z1) relu(k + Z2)`` with the correlation ``|r| < 1`` (``th16bias.corner_series``)."""

    def integrand(t: acb, _: bool) -> acb:
        sine = t.sin()
        return (r - sine) * ((2 * h * k * sine - h * h - k * k) / (2 * (1 - sine * sine))).exp()

    if not abs(r) < 1:
        return arb.nan()  # rows that may be parallel: not decided
    integral = acb.integral(integrand, 0, r.asin()).real / (2 * arb.pi())
    return ramp(h) * ramp(k) + r * (normal(acb(h))[0] * normal(acb(k))[0]).real + integral


class Smooth:
    """The teacher ``smooth`` under a law of the inputs with two of them or more."""

    def __init__(self, law: InputLaw) -> None:
        """For ``law``."""
        self.law, self.D, self.d = law, law.inputs, law.d
        self.a, self.c, self.rest = series(law.d)

    def polar(self, w: Sequence[arb]) -> tuple[arb, arb]:
        """Length of the inner part over ``sqrt(D)`` and the bias; without bias the length and 0."""
        inner = w[:-1] if self.law.bias else w
        length = sum((x * x for x in inner), arb(0)).sqrt()
        return (length / arb(self.D).sqrt(), w[-1]) if self.law.bias else (length, arb(0))

    def kernel(self, w: Sequence[arb], v: Sequence[arb]) -> arb:
        """``E relu(<w, z>) relu(<v, z>)``."""
        (s, tau), (t, eta) = self.polar(w), self.polar(v)
        dot = sum((x * y for x, y in zip(w, v, strict=True)), arb(0)) - tau * eta
        r = dot / (s * t) / (self.D if self.law.bias else 1)
        return s * t * (corner(tau / s, eta / t, r))

    def norm2(self, w: Sequence[arb]) -> arb:
        """``E relu(<w, z>)^2``."""
        s, tau = self.polar(w)
        h = tau / s
        Phi, phi = normal(acb(h))
        return s * s * ((1 + h * h) * Phi + h * phi).real

    def inner(self, w: Sequence[arb]) -> arb:
        """``b(w)``; what the series leaves out of ``f*`` is at most ``|z| a_0`` times the rest of the ``c_k``."""
        second = 2 if self.law.bias else self.d  # E |z|^2
        length = sum((x * x for x in w), arb(0)).sqrt()
        left = arb(0, (self.rest * self.a[0] * second * length).upper())
        if self.law.bias:
            return self.response(*self.polar(w)) + left
        t = w[-1] / length
        terms = (self.d * a * a * c * arb_poly(P)(t) for a, c, P in zip(self.a, self.c, legendre(self.d), strict=True))
        return length * sum(terms, arb(0)) + left

    def powers(self) -> list[arb]:
        """``A_j``, ``j = 0 .. DEGREE/2``: ``sum_k c_k a_k P_k(sqrt(q))/sqrt(q)`` over even ``k``, in powers of ``q``."""
        even = range(0, DEGREE + 1, 2)
        return [
            sum((self.c[k] * self.a[k] * arb(legendre(self.d)[k][2 * j]) for k in even), arb(0))
            for j in range(DEGREE // 2 + 1)
        ]

    def response(self, s: arb, tau: arb) -> arb:
        """``E f* relu(s Z + tau)`` with bias.

        With ``G(x) = E exp(-x^2/q) relu(s Z + tau) = exp(-x^2) v^D psi``, ``v^2 = 1/(1 + 2 x^2/D)`` and
        ``psi = E relu(s v Z + tau)``: ``E q^(j - 1/2) relu = 2/Gamma(j - 1/2) int_0^oo x^(2j - 2) G dx`` for ``j >= 1``; for
        ``j = 0``, by parts, ``2/sqrt(pi) int_0^oo exp(-x^2) (v^D psi + v^(D+2) (psi + s v phi/D)) dx``, ``phi`` the density at
        ``tau/(s v)``. Beyond ``FAR`` the brackets are at most ``3 (|tau| + s)``, and ``int x^n exp(-x^2) <= FAR^n exp(-FAR^2)``
        for ``n < 2 DEGREE``.
        """
        A, D = self.powers(), self.D
        weights = arb_poly([2 * A[j] / (arb(j) - arb(1) / 2).gamma() for j in range(1, len(A))])
        first = 2 * A[0] / arb.pi().sqrt()

        def integrand(x: acb, analytic: bool) -> acb:
            square = x * x
            v = 1 / (1 + 2 * square / D).sqrt(analytic=analytic)
            Phi, phi = normal(tau / (s * v))
            psi, power = tau * Phi + s * v * phi, v**D
            return (-square).exp() * power * (first * (psi + v * v * (psi + s * v * phi / D)) + weights(square) * psi)

        most = sum((abs(w) * arb(FAR) ** (2 * j) for j, w in enumerate(weights.coeffs())), abs(first))
        far = 3 * (abs(tau) + s) * most * arb(-(FAR**2)).exp()
        whole = acb.integral(integrand, 0, FAR).real + arb(0, far.upper())
        return whole + self.c[1] * self.a[1] * s * ramp(tau / s)


class Table:
    """Kernels and ``b`` of rows in balls, and what follows for output weights.

    Attributes:
        K: kernels, ``(P, P)``.
        b: ``E f* relu(<w_i, z>)``, ``(P, 1)``.
        rows: the rows.
    """

    def __init__(self, law: InputLaw, W: Tensor) -> None:
        """Of the rows of ``W (P, d)``."""
        with ctx.workprec(PRECISION):
            smooth, self.rows = Smooth(law), [[exact(x) for x in row] for row in W.tolist()]
            self.b, self.K = arb_mat([[smooth.inner(w)] for w in self.rows]), arb_mat(len(W), len(W))
            for i, w in enumerate(self.rows):
                self.K[i, i] = smooth.norm2(w)
                for j in range(i):
                    self.K[i, j] = self.K[j, i] = smooth.kernel(w, self.rows[j])

    def slope(self, u: Sequence[arb], v: Sequence[arb]) -> tuple[arb, arb]:
        """``<u, K v - b>`` and ``u K v``; of the first rows, if there are fewer weights."""
        left, right = (arb_mat([[*x, *[arb(0)] * (len(self.rows) - len(x))]]) for x in (u, v))
        form = (left * self.K * right.transpose())[0, 0]
        return form - (left * self.b)[0, 0], form

    def excess(self, readouts: Sequence[Tensor]) -> float:
        """The largest ``R^2 - R_MC^2`` over the widths of these readouts, at most: 0 or less is proved.

        ``R^2`` is at most the error ``|f*|^2 + u K u - 2 b u`` of any readout; ``R_MC^2`` is that of ``g(w_k)/p``.
        """
        found = []
        with ctx.workprec(PRECISION):
            for readout in readouts:
                u, drawn = floats(readout), [w[-1].exp() / len(readout) for w in self.rows[: len(readout)]]
                ours, theirs = (2 * slope - form for slope, form in (self.slope(u, u), self.slope(drawn, drawn)))
                found.append(above(ours - theirs))
        return worst(found)

    def rise(self, start: Tensor, end: Tensor) -> float:
        """How far the risk rises on the line between two output weights, at most: infinite if it is not decided."""
        with ctx.workprec(PRECISION):
            u, step = floats(end), [b - a for a, b in zip(floats(start), floats(end), strict=True)]
            s, a = self.slope(step, u)[0], self.slope(step, step)[1]
            return 0.0 if s <= 0 else above(2 * s - a if s >= a else s * s / a) if s > 0 else inf


def floats(u: Tensor) -> list[arb]:
    """Float64 as what they are."""
    return [exact(x) for x in u.tolist()]


def covered(law: InputLaw, teacher: Teacher) -> bool:
    """Whether ``Table`` is about this teacher; with one input two rows can be parallel."""
    return isinstance(teacher, ZonalTeacher) and teacher.profile is PROFILES["smooth"] and law.inputs > 1
