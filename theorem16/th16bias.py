"""Two rectified units with a bias: J(h, k, r) = E (h + Z1)_+ (k + Z2)_+ for standard normals of correlation r.

Two routes that share no formula beyond the normal density:

- ``corner`` and ``corner_probability``: Owen's T, any r, about 1e-15, slow;
- ``corner_series``: Gauss-Legendre over the correlation, for |r| <= NEAR only, built from ring operations and one
  exponential a node, in place: the route for large tables.

With w = (w', b) and x ~ N(0, I/D), E relu(<w, (x, 1)>) relu(<v, (x, 1)>) = s1 s2 J(b1/s1, b2/s2, r), s = |w'|/sqrt(D).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.special import owens_t
from torch import Tensor

Corner = Callable[[Tensor, Tensor, Tensor], Tensor]

NEAR = 0.8
"""Beyond this correlation the twelve nodes no longer reach rounding; Owen's T takes over."""

_SMALL = 1e-150
"""Stands in for zero (and for what is nearer to it) where a quotient's sign matters."""

_NODES, _WEIGHTS = (np.polynomial.legendre.leggauss(12)[0] + 1) / 2, np.polynomial.legendre.leggauss(12)[1] / 2


def density(z: Tensor) -> Tensor:
    """The standard normal density."""
    return torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def ramp(z: Tensor) -> Tensor:
    """E (z + Z)_+ = z Phi(z) + phi(z).

    >>> ramp(torch.tensor([0.0, 30.0], dtype=torch.float64)).tolist()
    [0.3989422804014327, 30.0]
    """
    return z * torch.special.ndtr(z) + density(z)


def tilt(h: Tensor, k: Tensor, r: Tensor) -> Tensor:
    """(k - r h) / sqrt(1 - r^2) without the cancellation near r = 1 (k = h) and r = -1 (k = -h)."""
    q = ((1 - r) * (1 + r)).clamp_min(0.0).sqrt().clamp_min(_SMALL)
    return torch.where(r >= 0, (k - h) + (1 - r) * h, (k + h) - (1 + r) * h) / q


def corner_probability(h: Tensor, k: Tensor, r: Tensor) -> Tensor:
    """P(Z1 > -h, Z2 > -k) by Owen's T; shapes broadcast.

    >>> zero = torch.zeros(3, dtype=torch.float64)
    >>> corner_probability(zero, zero, torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)).tolist()
    [0.0, 0.25, 0.5]
    """
    shape = torch.broadcast_shapes(h.shape, k.shape, r.shape)  # type: ignore[no-untyped-call]
    h, k, r = h.expand(shape), k.expand(shape), r.expand(shape)
    h, k = (torch.where(z.abs() < _SMALL, _SMALL, z) for z in (h, k))
    half = (torch.special.ndtr(h) + torch.special.ndtr(k)) / 2
    return half - _owen(h, tilt(h, k, r) / h) - _owen(k, tilt(k, h, r) / k) - 0.5 * ((h < 0) != (k < 0))


def _owen(h: Tensor, a: Tensor) -> Tensor:
    """Owen's T(h, a), by scipy on the host."""
    return torch.from_numpy(np.asarray(owens_t(h.cpu().numpy(), a.cpu().numpy()))).to(h)


def corner(h: Tensor, k: Tensor, r: Tensor) -> Tensor:
    """J(h, k, r) by Owen's T; shapes broadcast.

    J = (hk + r) P + k phi(h) Phi(t) + h phi(k) Phi(t') + q phi(h) phi(t), t = (k - rh)/q, t' = (h - rk)/q.

    >>> one = torch.ones(1, dtype=torch.float64)
    >>> corner(0 * one, 0 * one, one).tolist()
    [0.5]
    """
    return corner_from(h, k, r, corner_probability(h, k, r), tilt(h, k, r), tilt(k, h, r))


def corner_from(h: Tensor, k: Tensor, r: Tensor, P: Tensor, t: Tensor, back: Tensor) -> Tensor:
    """J(h, k, r) from P = P(Z1 > -h, Z2 > -k), t = tilt(h, k, r) and back = tilt(k, h, r)."""
    q = ((1 - r) * (1 + r)).clamp_min(0.0).sqrt()
    edges = k * density(h) * torch.special.ndtr(t) + h * density(k) * torch.special.ndtr(back)
    return (h * k + r) * P + edges + q * density(h) * density(t)


def corner_series(h: Tensor, k: Tensor, r: Tensor) -> Tensor:
    """J(h, k, r), |r| <= NEAR, by quadrature over the correlation.

    J = ramp(h) ramp(k) + r Phi(h) Phi(k) + (1/2 pi) int_0^(asin r) (r - sin t) e^(-(h^2+k^2-2hk sin t)/(2 cos^2 t)) dt.
    """
    integral = _correlation_integral(h, k, r, excess=True)
    integral.addcmul_(ramp(h), ramp(k))
    return integral.addcmul_(torch.special.ndtr(h) * torch.special.ndtr(k), r)


def corner_probability_series(h: Tensor, k: Tensor, r: Tensor) -> Tensor:
    """P(Z1 > -h, Z2 > -k), |r| <= NEAR, by quadrature over the correlation."""
    return _correlation_integral(h, k, r, excess=False).addcmul_(torch.special.ndtr(h), torch.special.ndtr(k))


def _correlation_integral(h: Tensor, k: Tensor, r: Tensor, excess: bool) -> Tensor:
    """(1/2 pi) int_0^(asin r) f(t) exp(-(h^2 + k^2 - 2hk sin t)/(2 cos^2 t)) dt, f = r - sin t if ``excess``, else 1.

    In y = tan(t/2), where dt = 2 dy/(1+y^2) and sin t = 2y/(1+y^2): no sine is needed.
    """
    end = r / (1 + ((1 - r) * (1 + r)).sqrt())
    product, square = h * k, -0.5 * (h * h + k * k)
    one = torch.ones((), dtype=r.dtype, device=r.device)
    total, y, c, power = torch.zeros_like(r), torch.empty_like(r), torch.empty_like(r), torch.empty_like(r)
    for node, weight in zip(_NODES.tolist(), _WEIGHTS.tolist(), strict=True):
        torch.mul(end, node, out=y)
        torch.addcmul(one, y, y, out=c).reciprocal_()
        y.mul_(c).mul_(2)
        torch.addcmul(square, product, y, out=power)
        power.div_(torch.addcmul(one, y, y, value=-1)).exp_()
        if excess:
            c.mul_(torch.sub(r, y, out=y))
        total.addcmul_(c, power, value=weight)
    return total.mul_(end).mul_(1 / math.pi)


def corner_table(h: Tensor, k: Tensor, r: Tensor) -> Tensor:
    """J over a table r (rows h, columns k): quadrature where |r| <= NEAR, Owen's T elsewhere."""
    return _patched(corner_series, corner, h, k, r)


def corner_probability_table(h: Tensor, k: Tensor, r: Tensor) -> Tensor:
    """P(Z1 > -h, Z2 > -k) over a table r (rows h, columns k), as ``corner_table``."""
    return _patched(corner_probability_series, corner_probability, h, k, r)


def _patched(fast: Corner, exact: Corner, h: Tensor, k: Tensor, r: Tensor) -> Tensor:
    far = (r.abs() > NEAR).nonzero(as_tuple=True)
    h, k = h.unsqueeze(-1), k.unsqueeze(-2)
    table = fast(h, k, r)
    if len(far[0]):
        table[far] = exact(h.expand_as(r)[far], k.expand_as(r)[far], r[far])
    return table
