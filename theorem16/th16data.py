"""The data set of Theorem 16: laws (``th16law``) and teachers f*, with b(w) = E f* relu(<w, z>) and |f*|^2 exactly.

A zonal teacher is f*(z) = int g(w) relu(<w, z>) dtau(w) with g(w) = sum_a h(<w, v_a>) over its axes v_a.  With bias the
only axis is the bias coordinate, so that f* depends on |x| alone; without, there may be several (Funk-Hecke).
An atomic teacher is a finite network (1/q) sum_i g_i relu(<w_i, z>): it has no density, hence no law with a constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from theorem16.th16law import InputLaw
from theorem16.th16radial import radial_teacher
from theorem16.th16sphere import (
    Series,
    draw_features,
    effective_degree,
    eigenvalues,
    gegenbauer,
    harmonics,
    zonal_coefficients,
    zonal_rule,
)


class Profile(NamedTuple):
    """A bounded h on [-1, 1], its kinks or jumps, and sup |h|."""

    h: Callable[[Tensor], Tensor]
    kinks: tuple[float, ...]
    bound: float


PROFILES = {
    "smooth": Profile(lambda t: torch.exp(t), (), math.e),
    "kinked": Profile(lambda t: (t - 0.3).abs(), (0.3,), 1.3),
    "discontinuous": Profile(lambda t: (t > 0.3).to(t), (0.3,), 1.0),
    "sum": Profile(lambda t: torch.exp(t), (), math.e),
}
"""Profiles of the zonal teachers, t = <w, axis>."""

THESIS_ATOMS, QUICK_ATOMS = 16000, 500
"""Atoms of the thesis' teacher, and with --quick."""


@dataclass(frozen=True)
class ZonalTeacher:
    """A teacher with a bounded density.

    Attributes:
        law: the law of z.
        profile: h.
        axes: v_a, unit rows, shape (A, d).
        response: b(w) = sum_a |w| response(<w, v_a> / |w|).
        norm2: |f*|^2.
        density2: int g^2 |psi_w|^2 dtau.
        g2: int g^2 dtau.
        accuracy: relative difference of two routes to |f*|^2: rounding, unless few inputs meet a bias and a kink.
    """

    law: InputLaw
    profile: Profile
    axes: Tensor
    response: Series
    norm2: float
    density2: float
    g2: float
    accuracy: float = 0.0

    @property
    def law_constant(self) -> float:
        """The constant of the exact law: E R_MC^2 = law_constant / p for the weights g(w_k) / p."""
        return self.density2 - self.norm2

    @property
    def bound(self) -> float:
        """C = sup|g| max|psi_w| of part 2 (for several axes an upper bound of it)."""
        longest = 0.5 if not self.law.bias else float(self.law.norm2(_pole(self.law.d)[None])[0])
        return self.profile.bound * len(self.axes) * math.sqrt(longest)

    def density(self, W: Tensor) -> Tensor:
        """g(w) for unit rows, shape (p,)."""
        return self.profile.h((W @ self.axes.T.to(W)).clamp(-1.0, 1.0)).sum(-1)

    def inner(self, W: Tensor) -> Tensor:
        """b(w_i) = E f* relu(<w_i, z>), shape (p,); rows of any length."""
        length = W.norm(dim=-1)
        return length * self.response((W @ self.axes.T.to(W) / length[:, None]).clamp(-1.0, 1.0)).sum(-1)

    def pull(self, W: Tensor) -> tuple[Tensor, Tensor]:
        """b(w_i) and its gradient in w_i: shapes (..., p) and (..., p, d)."""
        length = W.norm(dim=-1, keepdim=True)
        axes, unit = self.axes.to(W), W / length
        t = (unit @ axes.T).clamp(-1.0, 1.0)
        value, slope = self.response(t), self.response.derivative()(t)
        return (length * value).sum(-1), (value - slope * t).sum(-1, keepdim=True) * unit + slope @ axes


@dataclass(frozen=True)
class AtomTeacher:
    """The teacher (1/q) sum_i g_i relu(<w_i, z>).

    Attributes:
        law: the law of z.
        atoms: rows, shape (q, d).
        weights: g_i / q, shape (q,).
        norm2: |f*|^2.
    """

    law: InputLaw
    atoms: Tensor
    weights: Tensor
    norm2: float
    accuracy: float = 0.0

    def inner(self, W: Tensor) -> Tensor:
        """b(w_i) = E f* relu(<w_i, z>), shape (p,)."""
        b = torch.zeros(len(W), dtype=W.dtype, device=W.device)
        for part in range(0, len(self.atoms), 2048):
            some = slice(part, part + 2048)
            b += self.law.kernel(W, self.atoms[some].to(W)) @ self.weights[some].to(W)
        return b

    def pull(self, W: Tensor) -> tuple[Tensor, Tensor]:
        """b(w_i) and its gradient in w_i: shapes (..., p) and (..., p, d)."""
        value, slope = self.law.pull(W.reshape(-1, W.shape[-1]), self.atoms.to(W), self.weights.to(W))
        return value.reshape(W.shape[:-1]), slope.reshape(W.shape)


Teacher = ZonalTeacher | AtomTeacher


def zonal_teacher(name: str, law: InputLaw) -> ZonalTeacher:
    """The zonal teacher of that name; ``sum`` has three axes and needs a law without bias.

    >>> teacher = zonal_teacher("smooth", InputLaw(3, bias=False))
    >>> teacher.law_constant > 0
    True
    """
    profile = PROFILES[name]
    t, weight = zonal_rule(law.d, profile.kinks)
    g = profile.h(t)
    g2 = float(weight @ g**2)
    if law.bias:
        response, norm2 = radial_teacher(law, profile.h, profile.kinks)
        ring = torch.cat([(1 - t * t).clamp_min(0).sqrt()[:, None], t.new_zeros(len(t), law.d - 2), t[:, None]], dim=1)
        density2 = float(weight @ (g**2 * law.norm2(ring)))
        # int g b dtau is |f*|^2 by a second route.
        accuracy = abs(float(weight @ (g * response(t))) / norm2 - 1)
        return ZonalTeacher(law, profile, _pole(law.d)[None], response, norm2, density2, g2, accuracy)
    axes = _three_axes(law.d) if name == "sum" else _pole(law.d)[None]
    degree = effective_degree(law.d)
    c, mu = zonal_coefficients(profile.h, law.d, degree, profile.kinks), eigenvalues(law.d, degree)
    # P_k about two axes: int P_k(<w, v>) P_k(<w, v'>) dtau = P_k(<v, v'>) / N(d, k).
    pairs = gegenbauer(law.d, degree, (axes @ axes.T).clamp(-1.0, 1.0).ravel()).sum(1)
    energy = c * c / harmonics(law.d, degree) * pairs
    if len(axes) > 1:
        g2 = float(energy.sum())
    return ZonalTeacher(law, profile, axes, Series(law.d, mu * c), float(mu @ energy), g2 / 2, g2)


def atom_teacher(atoms: Tensor, g: Tensor, law: InputLaw) -> AtomTeacher:
    """The teacher (1/q) sum_i g_i relu(<w_i, z>) with |f*|^2 from the exact kernel, by blocks of 2048 atoms."""
    weights = g / len(g)
    norm2 = 0.0
    for i in range(0, len(atoms), 2048):
        rows = slice(i, i + 2048)
        norm2 += float(weights[rows] @ (law.kernel_symmetric(atoms[rows]) @ weights[rows]))
        for j in range(0, i, 2048):
            columns = slice(j, j + 2048)
            norm2 += 2 * float(weights[rows] @ (law.kernel(atoms[rows], atoms[columns]) @ weights[columns]))
    return AtomTeacher(law, atoms, weights, norm2)


def thesis_teacher(law: InputLaw, generator: torch.Generator, count: int = THESIS_ATOMS) -> AtomTeacher:
    """The thesis' teacher: atoms uniform on the sphere, weights uniform on [-1, 1] over sqrt(count)."""
    atoms = draw_features(count, law.d, generator)
    g = torch.rand(count, generator=generator, dtype=torch.float64) * 2 - 1
    return atom_teacher(atoms, g * math.sqrt(count), law)


def _pole(d: int) -> Tensor:
    """The last coordinate axis: with bias, the bias axis."""
    return torch.eye(d, dtype=torch.float64)[-1]


def _three_axes(d: int) -> Tensor:
    """Three unit vectors in the plane of the last two coordinates, at 0, 60 and 150 degrees from the last."""
    angle = torch.tensor([0.0, math.pi / 3, 5 * math.pi / 6], dtype=torch.float64)
    axes = torch.zeros(3, d, dtype=torch.float64)
    axes[:, -1], axes[:, -2] = angle.cos(), angle.sin()
    return axes
