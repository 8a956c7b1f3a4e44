"""Theorem 13 as numbers and a path: floors, barrier, and the recipe for a wanted margin."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from flint import arb, ctx

from theorem13.th13balls import PRECISION, above, below, eps_closed, exact, level
from theorem13.th13data import ACTIVATIONS, LAWS, VANISHES_AT_ZERO, Setting
from theorem13.th13floors import eps_best, moments, valley_floor
from theorem13.th13model import corners
from theorem13.th13units import BOUNDED, Dropped, beyond, dropped
from valleys.paths.path import Path, polygon
from valleys.run.errors import InputError

#: What float64 may take from the loss of the good end, with a factor 2 to spare: a share of the levels, and one of the terms
#: that cancel in it, ``E g1^2 <= alpha^2 p^2 E sigma^2``.  The judge's tolerances are smaller.
LEVELS, TERMS = 2e-11, 2e-14


@dataclass(frozen=True)
class Barrier:
    """What is known about the valley {u > 0} of one setting.

    Attributes:
        setting: the instance.
        valley_floor: inf of L over {u > 0}.
        eps_closed: a lower bound of eps(p) in closed form, in a ball.
        eps_best: the best lower bound of eps(p) known here, in a ball.
        eps_upper: error of the best p-1 units found.
        path: a path that reaches the valley's floor + alpha^2 eps_upper / 2 and no more, out of the valley.
        gate: the knot of the path at which u_p has become 0.
    """

    setting: Setting
    valley_floor: float
    eps_closed: arb
    eps_best: arb
    eps_upper: float
    path: Path
    gate: int

    def above(self, eps: float) -> float:
        """The level floor + alpha^2 eps / 2."""
        return self.valley_floor + self.setting.alpha**2 * eps / 2

    @property
    def closed(self) -> float:
        """The floor under every path in closed form: the lower end of its ball."""
        return below(level(self.setting, self.eps_closed))

    @property
    def floor(self) -> float:
        """The best floor under every path known here: the lower end of its ball."""
        return below(level(self.setting, self.eps_best))

    @property
    def upper(self) -> float:
        """The level of the gate: no path need climb higher."""
        return self.above(self.eps_upper)

    @property
    def exact(self) -> bool:
        """Whether floor and gate are the same number by proof (even powers; p = 1)."""
        return self.setting.activation in ("z2", "z4") or (
            self.setting.p == 1 and self.setting.activation in VANISHES_AT_ZERO
        )

    @property
    def global_minimum_lower(self) -> float:
        """A lower bound of min L: all u > 0 costs the valley's floor, anything else alpha^2 eps / 2.

        The second bound uses ``eps_closed``, which holds as soon as at most p-1 output weights are positive.
        """
        return min(below(exact(self.setting.alpha) ** 2 * self.eps_closed / 2), self.valley_floor)


def barrier(setting: Setting) -> Barrier:
    """Floors, gate and path of a setting."""
    units = dropped(setting)
    knots = corners(setting, units, beyond(setting))
    return Barrier(
        setting,
        valley_floor(setting),
        eps_closed(setting),
        eps_best(setting),
        units.eps,
        polygon(knots),
        len(knots) - 3,
    )


def beta_range(setting: Setting) -> tuple[float, float]:
    """Below the first beta the good end is no lower than the valley's floor: no spurious valley is shown.

    From the second on (infinite but for the bounded activations) the good end cannot serve the target -gamma.
    """
    power = 1.0 if setting.law == "decoupled" else moments(setting.activation)[1]
    signed = beyond(setting)
    units: Dropped = signed or dropped(setting)
    lowest = setting.alpha * math.sqrt(units.eps / power)
    return lowest, math.inf if signed is None else -setting.alpha * float(signed.u[-1])


def with_margin(setting: Setting, M: float) -> Setting:
    """Choose alpha and beta so that both of the paper's inequalities hold with margin M, in balls and not just in float64.

    alpha = sqrt(2 M / eps_best), the next float64 above it;  beta (or gamma) so that floor >= M + L_good, with L_good the
    loss of an explicit theta outside: alpha^2 eps_upper / 2, or that of the signed units for bounded activations; and what
    float64 may take from it.

    Args:
        setting: activation, law and sizes; its alpha and beta are not used.
        M: the margin.

    Returns:
        The setting with alpha and beta chosen.
    """
    unit = replace(setting, alpha=1.0, beta=1.0)
    with ctx.workprec(PRECISION):
        alpha = math.nextafter(above((2 * exact(M) / eps_best(unit)).sqrt()), math.inf)
    square = moments(setting.activation)[1]
    kept: Dropped = dropped(unit)
    good = alpha**2 * (beyond(unit) or kept).eps / 2
    lost = LEVELS * max(1.0, M + good + alpha**2 * kept.eps / 2) + TERMS * (alpha * setting.p) ** 2 * square
    power = 1.0 if setting.law == "decoupled" else square
    return replace(setting, alpha=alpha, beta=math.sqrt(2 * (M + good + lost) / power))


def checked(setting: Setting) -> Setting:
    """The setting itself, if a floor is known for it.

    Args:
        setting: the instance.

    Returns:
        The setting.

    Raises:
        InputError: names the option that is out of range and says why.
    """
    s = setting
    if s.activation not in ACTIVATIONS:
        allowed = f"one of {', '.join(ACTIVATIONS)}: the theorem needs sigma >= 0, and a floor has to be known"
        raise InputError("--activation", s.activation, allowed)
    if s.law not in LAWS:
        raise InputError("--law", s.law, "theorem (the paper's) or decoupled (made for sigma(0) != 0)")
    if s.n < 2:
        raise InputError("--n", s.n, "an integer >= 2: the law splits the coordinates in two")
    if s.p < 1:
        raise InputError("--p", s.p, "an integer >= 1")
    for name, value in (("--alpha", s.alpha), ("--beta", s.beta)):
        if not 0 < value < math.inf:
            raise InputError(name, value, "a number > 0")
    if s.law == "theorem" and s.activation not in VANISHES_AT_ZERO:
        allowed = f"relu, z2 or z4 under --law theorem; sigma(0) != 0 for {s.activation}: use --law decoupled"
        raise InputError("--activation", s.activation, allowed)
    if not s.orthonormal and (s.activation != "relu" or s.n < 3):
        allowed = f"at most n-1 = {s.n - 1} for {s.activation} (beyond it a floor is known for relu with n >= 3 only)"
        raise InputError("--p", s.p, allowed)
    if s.activation in BOUNDED and s.p < 2:
        raise InputError("--p", s.p, f"at least 2 for {s.activation}: no good end is known with one unit")
    return s
