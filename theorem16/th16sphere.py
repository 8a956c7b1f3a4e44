"""Zonal harmonics on the sphere of R^d, and the rectifier in them (Funk-Hecke).

P_k is the Gegenbauer polynomial of the sphere of R^d with P_k(1) = 1, and N(d, k) the number of harmonics of degree k.
For d = 2 the P_k are the Chebyshev polynomials, so one recurrence serves both kinds of series.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

Profile = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Series:
    """The function t -> sum_k c_k P_k(t) on [-1, 1].

    Attributes:
        d: dimension of the space that holds the sphere; 2 means a Chebyshev series.
        coefficients: c_0 .. c_K, float64.

    >>> half = Series(2, torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64))
    >>> half(torch.tensor([0.5], dtype=torch.float64)).tolist()
    [-0.5]
    """

    d: int
    coefficients: Tensor

    def __call__(self, t: Tensor) -> Tensor:
        """Evaluate by Clenshaw's recurrence, for any shape, device and dtype of t."""
        c = self.coefficients.tolist()
        ahead, after = torch.zeros_like(t), torch.zeros_like(t)
        for k in range(len(c) - 1, 0, -1):
            up, back = (2 * k + self.d - 2) / (k + self.d - 2), (k + 1) / (k + self.d - 1)
            ahead, after = up * t * ahead - back * after + c[k], ahead
        return t * ahead - after / (self.d - 1) + c[0]

    def derivative(self) -> Series:
        """The derivative, by P_k' = k (k+d-2) / (d-1) P_(k-1) of the sphere of R^(d+2)."""
        k = torch.arange(1, len(self.coefficients), dtype=torch.float64)
        return Series(self.d + 2, self.coefficients[1:] * k * (k + self.d - 2) / (self.d - 1))


def gegenbauer(d: int, degree: int, t: Tensor) -> Tensor:
    """The table P_k(t), k = 0 .. degree, shape (degree + 1, len(t)).

    Uses (k+d-2) P_(k+1) = (2k+d-2) t P_k - k P_(k-1).
    """
    table = [torch.ones_like(t), t]
    for k in range(1, degree):
        table.append(((2 * k + d - 2) * t * table[k] - k * table[k - 1]) / (k + d - 2))
    return torch.stack(table[: degree + 1])


def harmonics(d: int, degree: int) -> Tensor:
    """N(d, k), the number of spherical harmonics of degree k in R^d, k = 0 .. degree.

    >>> harmonics(3, 4).tolist()
    [1.0, 3.0, 5.0, 7.0, 9.0]
    """
    numbers = [1.0, float(d)]
    for k in range(1, degree):
        numbers.append(numbers[k] * (2 * k + d) * (k + d - 2) / ((2 * k + d - 2) * (k + 1)))
    return torch.tensor(numbers[: degree + 1], dtype=torch.float64)


def relu_coefficients(d: int, degree: int) -> Tensor:
    """a_k with integral P_k(<w, v>) relu(<w, z>) dtau(w) = a_k P_k(<v, z>) for unit v and z (Funk-Hecke).

    a_0 = Z / (d-1) with Z = Gamma(d/2) / (sqrt(pi) Gamma((d-1)/2)), a_1 = 1/(2d), a_(k+2) = -a_k (k-1) / (k+d+1):
    odd degrees from 3 on vanish.

    >>> [round(a, 12) for a in relu_coefficients(3, 4).tolist()]
    [0.25, 0.166666666667, 0.0625, 0.0, -0.010416666667]
    """
    zonal = math.exp(math.lgamma(d / 2) - math.lgamma((d - 1) / 2)) / math.sqrt(math.pi)
    a = [zonal / (d - 1), 1 / (2 * d)]
    for k in range(degree - 1):
        a.append(a[k] * (1 - k) / (k + d + 1))
    return torch.tensor(a[: degree + 1], dtype=torch.float64)


def eigenvalues(d: int, degree: int) -> Tensor:
    """mu_k = d a_k^2: the kernel kappa of x ~ N(0, I_d) on harmonics of degree k; sum_k N(d, k) mu_k = 1/2."""
    return d * relu_coefficients(d, degree) ** 2


def energies(d: int, degree: int) -> Tensor:
    """``N(d, k) mu_k``, k = 0 .. degree: what each degree adds to the trace 1/2 of the kernel.

    By their own recurrence: for many inputs ``N(d, k)`` alone overflows.

    >>> torch.testing.assert_close(energies(5, 9), harmonics(5, 9) * eigenvalues(5, 9))
    """
    mu = eigenvalues(d, min(degree, 2))
    found = (harmonics(d, min(degree, 2)) * mu).tolist()
    for k in range(1, degree - 1):
        grows = math.prod((2 * j + d) * (j + d - 2) / ((2 * j + d - 2) * (j + 1)) for j in (k, k + 1))
        found.append(found[k] * grows * ((1 - k) / (k + d + 1)) ** 2)
    return torch.tensor(found[: degree + 1], dtype=torch.float64)


def gauss(breaks: Sequence[float], panels: int, nodes: int = 16) -> tuple[Tensor, Tensor]:
    """Composite Gauss-Legendre nodes and weights over an interval split at the given break points.

    Args:
        breaks: end points and kinks, increasing.
        panels: panels between two neighbours.
        nodes: nodes in a panel.

    Returns:
        Nodes and weights, float64, of the plain integral.
    """
    x, w = np.polynomial.legendre.leggauss(nodes)
    edges = np.unique(np.concatenate([np.linspace(a, b, panels + 1) for a, b in pairwise(breaks)]))
    half = np.diff(edges)[:, None] / 2
    middle = (edges[1:] + edges[:-1])[:, None] / 2
    return torch.from_numpy((middle + half * x).ravel()), torch.from_numpy((half * w).ravel())


def zonal_rule(d: int, kinks: Sequence[float] = (), panels: int = 40) -> tuple[Tensor, Tensor]:
    """Nodes t and weights of E h(w_1), w uniform on the sphere of R^d, for h smooth between the kinks.

    The rule is Gauss-Legendre in the angle, where the density is proportional to sin^(d-2).

    >>> t, weight = zonal_rule(5)
    >>> round(float(weight @ t**2), 14)
    0.2
    """
    angles = sorted({0.0, math.pi, *(math.acos(t) for t in kinks)})
    angle, weight = gauss(angles, panels)
    weight = weight * angle.sin() ** (d - 2)
    return angle.cos(), weight / weight.sum()


def zonal_coefficients(h: Profile, d: int, degree: int, kinks: Sequence[float] = ()) -> Tensor:
    """c_k = N(d, k) E h(w_1) P_k(w_1), k = 0 .. degree, so that h = sum c_k P_k in L^2 of the sphere."""
    t, weight = zonal_rule(d, kinks, panels=max(8, degree // 4))
    values = weight * h(t)
    before, now = torch.ones_like(t), t
    moments = [float(values.sum()), float(values @ t)]
    for k in range(1, degree):
        before, now = now, ((2 * k + d - 2) * t * now - k * before) / (k + d - 2)
        moments.append(float(values @ now))
    return harmonics(d, degree) * torch.tensor(moments[: degree + 1], dtype=torch.float64)


def effective_degree(d: int) -> int:
    """A degree beyond which the harmonics of any bounded profile add less than about 1e-15 to an inner product.

    For a jump the terms mu_k c_k P_k fall like k^(-4-d/2); the cap of 2000 binds for d <= 3 only.
    """
    return int(min(2000, max(128, 10 ** (15 / (3 + d / 2)))))


def draw_features(count: int, d: int, generator: torch.Generator) -> Tensor:
    """Rows uniform on the unit sphere of R^d, shape (count, d); the first p rows do not depend on count.

    >>> W = draw_features(3, 5, torch.Generator().manual_seed(0))
    >>> torch.testing.assert_close(W.norm(dim=1), torch.ones(3, dtype=torch.float64))
    """
    W = torch.randn(count, d, generator=generator, dtype=torch.float64)
    return W / W.norm(dim=1, keepdim=True)
