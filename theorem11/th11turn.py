"""The turn of Lemma 19 as a polygon: the row space goes down to the dominant one, with as many knots as its chords need.

With ``W = E a`` (``a (p, r)`` orthonormal) principal vectors ``a_i`` turn by ``theta_i`` in the plane of ``b_i`` (dominant)
and ``d_i``: ``x_i = cos(f) b_i + sin(f) d_i``, ``f = theta_i (1 - t)``, and ``U`` is the least squares ``C x^T E^+``. On a
chord of this curve ``U`` and ``W`` move on lines, so ``x_i`` does, and as the planes are orthogonal

    L = const + sum_i |C x_i|^2 (|x_i|^2 - 2),    |C x_i|^2 = |C d_i|^2 |x_i|^2 + g_i <x_i, b_i>^2,

``g_i = |C b_i|^2 - |C d_i|^2 >= 0`` (``<C b_i, C d_i> = 0``: ``b_i`` lies in an invariant space of ``M``, ``d_i`` beside
it). With ``q = |x|^2`` and ``y = <x, b>``

    L' = sum_i g_i y (2 y' (q - 2) + q' y) + 2 |C d_i|^2 q' (q - 1):

the first falls as the step ``h``, the second, which alone may rise, is of order ``h^4``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from theorem11.th11risk import LinearRisk
from valleys.paths.curves import Geodesic
from valleys.problem.network import Theta

EPS = torch.finfo(torch.float64).eps
#: The turn ends this share before its end, where rounding would decide whether it rises.
SHORT = 1e-9
#: Below this slope, relative to ``|C|^2``, the turn begins level; then principal vectors with a smaller cosine go away.
LEVEL, ORTHOGONAL = 1e-9, 1e-4
#: Of a chord so many places are looked at; what rises may be this share of what falls.
PLACES, SHARE = 33, 0.9
#: A chord is halved no more often than this.
DEEPEST = 12


@dataclass(frozen=True, eq=False)
class Turn:
    """The principal vectors that gain by turning.

    Attributes:
        outer: ``E turn (p, p)``: whitened rows are ``outer x``.
        back: ``(p, p)``, its inverse.
        road: the geodesic.
        gain: ``g_i (p,)``, 0 where a vector stays.
        weak: ``|C d_i|^2``.
        unseen: ``(p, n)``, what of the rows the data cannot see.
        risk: the loss.
    """

    outer: Tensor
    back: Tensor
    road: Geodesic
    gain: Tensor
    weak: Tensor
    unseen: Tensor
    risk: LinearRisk

    @classmethod
    def of(cls, theta: Theta, risk: LinearRisk) -> Turn | None:
        """The turn from the rows of ``theta``, which are independent; None where nothing can be gained."""
        whitened = theta.W @ risk.K
        p, r = whitened.shape
        length = torch.linalg.vector_norm(whitened, dim=1, keepdim=True)
        if p >= r or bool((length == 0).any()):
            return None
        Q, R = torch.linalg.qr((whitened / length).T)
        road = Geodesic.between(Q.T, risk.spectrum[1][:p])
        gain = (risk.C @ road.b.T).square().sum(dim=0) - (risk.C @ road.d.T).square().sum(dim=0)
        gain = torch.where(gain * road.angles.sin().square() > EPS * risk.C.square().sum(), gain, 0.0)
        if not gain.any():
            return None
        outer = length * (R.T @ road.turn)
        back = road.turn.T @ torch.linalg.inv(R.T) / length.T
        weak = (risk.C @ road.d.T).square().sum(dim=0)
        return cls(outer, back, road, gain, weak, risk.unseen(theta.W), risk)

    @property
    def angles(self) -> Tensor:
        """``theta_i``, 0 where a vector stays."""
        return torch.where(self.gain > 0, self.road.angles, 0.0)

    @property
    def level(self) -> bool:
        """Whether the loss does not fall at the start of the turn: a critical point, to rounding, that is no minimum."""
        slope = float((self.gain * (2 * self.angles).sin()).sum())
        return slope <= LEVEL * float(self.risk.C.square().sum()) and bool((self.angles.cos() < ORTHOGONAL).any())

    def first(self) -> Theta:
        """The move of step 4, from ``x = d`` to ``d + tau b``: ``L`` changes by ``-(g tau^2 t^2 - |C b|^2 tau^4 t^4)``."""
        strong = self.weak + self.gain
        away = (self.gain > 0) & (self.road.angles.cos() < ORTHOGONAL)
        tau = torch.where(away, (self.gain / (4 * strong.clamp(min=1e-300))).sqrt(), 0.0)
        change = tau[:, None] * self.road.b
        return Theta(self.risk.C @ change.T @ self.back, self.outer @ change @ self.risk.inverse)

    def at(self, t: float) -> Theta:
        """The knot at ``t``: rows, and their least squares."""
        f = (self.road.angles - t * self.angles)[:, None]
        x = f.cos() * self.road.b + f.sin() * self.road.d
        return Theta(self.risk.C @ x.T @ self.back, self.unseen + self.outer @ x @ self.risk.inverse)

    def knots(self) -> list[Theta]:
        """The knots after the first, as few as needed."""
        return [self.at(t) for t in self.halved(0.0, 1.0 - SHORT, DEEPEST)]

    def halved(self, a: float, b: float, left: int) -> list[float]:
        """The ends of the chords from ``a`` to ``b``."""
        if left == 0 or self.falls(a, b):
            return [b]
        middle = (a + b) / 2
        return self.halved(a, middle, left - 1) + self.halved(middle, b, left - 1)

    def falls(self, a: float, b: float) -> bool:
        """Whether the loss falls on the chord from ``a`` to ``b``, by the closed form."""
        s = torch.linspace(0, 1, PLACES, dtype=torch.float64)[:, None]
        f, h = self.road.angles - a * self.angles, (b - a) * self.angles
        short = 4 * (h / 2).sin().square()
        q, dq = 1 - short * s * (1 - s), -short * (1 - 2 * s)
        y, dy = f.cos() + s * ((f - h).cos() - f.cos()), (f - h).cos() - f.cos()
        down = self.gain * y * (2 * dy * (q - 2) + dq * y)
        up = 2 * self.weak * dq * (q - 1)
        return bool((up.sum(dim=1).clamp(min=0) <= -SHARE * down.sum(dim=1)).all())
