"""The exact judge of a path in masses: on each leg the loss is a convex function with rational coefficients.

From directions, ratios, masses and data alone, in Fractions: on a mass leg ``f`` is a parabola ``a t^2/2 + b t + c`` with
``a >= 0``, which never rises on ``[0, 1]`` if and only if ``a + b <= 0``. On the balance leg a unit's share of the decay is
``(|u|^2 s + |w|^2/s)/2``, convex in ``s``, and the output stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from valleys.paths.masses import BalanceLeg, MassLeg, MassPath, Units, joined
from valleys.problem.arrangement import integers
from valleys.problem.decay import DecayRisk
from valleys.problem.network import Theta


@dataclass(frozen=True)
class ExactVerdict:
    """What the exact judge found.

    Attributes:
        start: ``f`` at the start.
        end: ``f`` at the end.
        rise: the largest rise on a leg; 0 where the path never rises.
        connected: whether each leg begins where the last one ended.
    """

    start: Fraction
    end: Fraction
    rise: Fraction
    connected: bool


def exact(values: Any) -> Any:
    """An array of Fractions, of the same shape."""
    return np.frompyfunc(Fraction, 1, 1)(np.asarray(values))


def parts(units: Units, i: int, risk: DecayRisk) -> tuple[Any, Any]:
    """Output ``(N m,)`` and decay of a mass 1 in slot ``i``."""
    e, d, q = exact(units.E[i]), exact(units.D[i]), Fraction(float(units.ratio[i]))
    z = exact(risk.sample.X.numpy()) @ d
    output = np.where(z > 0, z, Fraction(risk.leak) * z)
    return (output[:, None] * e).ravel(), ((e @ e) / q + q * (d @ d)) / 2


def mass_leg(leg: MassLeg, risk: DecayRisk) -> tuple[Fraction, Fraction, Fraction]:
    """``f`` at the start, at the end, and the rise on the leg."""
    y, beta = exact(risk.sample.Y.numpy()).ravel(), risk.exact_beta
    first, last = exact(leg.first), exact(leg.last)
    error, change = -y, 0 * y
    decay = slope = Fraction(0)
    for i in range(len(first)):
        if first[i] or last[i]:
            output, rate = parts(leg.units, i, risk)
            error, change = error + first[i] * output, change + (last[i] - first[i]) * output
            decay, slope = decay + first[i] * rate, slope + (last[i] - first[i]) * rate
    start = (error @ error) / 2 + beta * decay
    b, a = error @ change + beta * slope, change @ change
    rise = Fraction(0) if a + b <= 0 else b + a / 2 if b >= 0 else (a + b) ** 2 / (2 * a)
    return start, start + b + a / 2, rise


def exact_value(theta: Theta, risk: DecayRisk) -> Fraction:
    """``f(theta)`` without rounding; the doubles of network and data are taken as the rationals that they are.

    In integers over common denominators. Units that are 0 add nothing, and are left out.
    """
    there = (theta.U != 0).any(dim=0) | (theta.W != 0).any(dim=1)
    given = (theta.U[:, there], theta.W[there], risk.sample.X, risk.sample.Y)
    (U, u), (W, w), (X, x), (Y, y) = (integers(a.numpy()) for a in given)
    left, right = Fraction(risk.leak).as_integer_ratio()
    Z = X @ W.T
    error = np.where(Z > 0, right * Z, left * Z) @ U.T * y - Y * (x * w * right * u)
    loss = Fraction(int((error * error).sum()), (x * w * right * u * y) ** 2)
    return (loss + risk.exact_beta * (Fraction(int((U * U).sum()), u**2) + Fraction(int((W * W).sum()), w**2))) / 2


def balance_leg(leg: BalanceLeg, risk: DecayRisk) -> Fraction:
    """A bound for the rise on the balance leg: 0, or all that a unit stretched beyond its balance could add.

    Raises:
        ArithmeticError: if a unit that goes to 0 has an output, so that the network would change.
    """
    rise, X = Fraction(0), exact(risk.sample.X.numpy())
    for i, stretch in enumerate(leg.stretch):
        e, d = exact(leg.start.U.numpy()[:, i]), exact(leg.start.W.numpy()[i])
        if stretch == 0:
            z = X @ d
            if (e != 0).any() and (z != 0 if risk.leak else z > 0).any():
                raise ArithmeticError(f"unit {i} goes to 0 although it has an output")
            continue
        s = 1 / Fraction(float(leg.units.ratio[i]))
        out, into = s * s * (e @ e), d @ d
        if out > into if s > 1 else out < into:
            rise += risk.exact_beta * ((e @ e) * abs(s - 1) + (d @ d) * abs(1 / s - 1)) / 2
    return rise


def judge_exactly(path: MassPath, risk: DecayRisk) -> ExactVerdict:
    """The verdict on a path in masses, without rounding."""
    first = path.balance
    still = MassLeg(first.name, first.units, first.last, first.last)
    rows = [mass_leg(leg, risk) for leg in (still, *path.legs)]
    kept = np.array_equal(first.units.E, first.start.U.numpy().T) and np.array_equal(
        first.units.D, first.start.W.numpy()
    )
    rise = max([balance_leg(first, risk), *(row[2] for row in rows)])
    return ExactVerdict(exact_value(first.start, risk), rows[-1][1], rise, kept and joined((still, *path.legs)))
