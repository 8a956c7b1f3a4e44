"""The zonal teacher with bias: f* depends on rho = |x| alone, and b(w) on the bias coordinate of w alone.

f*(x) = sqrt(1 + rho^2) sum_k c_k a_k P_k(1 / sqrt(1 + rho^2)); with w = (w', tau) of length 1 and s = |w'| / sqrt(D),

    b(w) = E relu(s Z + tau) M(Z),   M(z) = E f* given that one coordinate of x is z / sqrt(D).

M is analytic (poles at z = +-i sqrt(D)) and is tabulated once; b is tabulated by Chebyshev in tau.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from theorem16.th16bias import density
from theorem16.th16law import InputLaw
from theorem16.th16sphere import Series, effective_degree, gauss, relu_coefficients, zonal_coefficients

_REACH = 9.5
"""Standard deviations beyond which the normal density is below 1e-19."""


def radial_teacher(law: InputLaw, h: Callable[[Tensor], Tensor], kinks: Sequence[float]) -> tuple[Series, float]:
    """Response series of b and |f*|^2 for g(w) = h(bias coordinate of w).

    Args:
        law: a law with bias.
        h: bounded profile on [-1, 1].
        kinks: where h is not smooth.

    Returns:
        The Chebyshev series tau -> b, and |f*|^2.
    """
    target = radial_profile(law.d, h, kinks)
    rho, weight = radial_rule(law.inputs, law.inputs)
    norm2 = float(weight @ target(rho) ** 2)
    average = chebyshev(lambda z: _averaged(law.inputs, target, z * _REACH))
    return chebyshev(lambda tau: response(law.inputs, lambda z: average((z / _REACH).clamp(-1, 1)), tau)), norm2


def radial_profile(d: int, h: Callable[[Tensor], Tensor], kinks: Sequence[float]) -> Callable[[Tensor], Tensor]:
    """f* as a function of rho = |x|, for the sphere of R^d, d = D + 1."""
    degree = effective_degree(d)
    series = Series(d, relu_coefficients(d, degree) * zonal_coefficients(h, d, degree, kinks))
    return lambda rho: (1 + rho * rho).sqrt() * series((1 + rho * rho).rsqrt())


def radial_rule(coordinates: int, inputs: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights of E f(|x|) for that many coordinates of N(0, 1/inputs)."""
    rho, weight = gauss([0.0, (math.sqrt(coordinates) + _REACH) / math.sqrt(inputs)], panels=24)
    log = (coordinates - 1) * rho.log() - inputs * rho * rho / 2
    weight = weight * (log - log.max()).exp()
    return rho, weight / weight.sum()


def _averaged(inputs: int, target: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """M(z): the mean of f* over the other D - 1 coordinates."""
    if inputs == 1:
        return target(z.abs())
    rest, weight = radial_rule(inputs - 1, inputs)
    return target((z[:, None] ** 2 / inputs + rest**2).sqrt()) @ weight


def response(inputs: int, average: Callable[[Tensor], Tensor], tau: Tensor) -> Tensor:
    """b(w) = E relu(s Z + tau) M(Z) for unit w with bias coordinate tau, by quadrature from the kink on."""
    s = ((1 - tau) * (1 + tau)).clamp_min(0.0).sqrt() / math.sqrt(inputs)
    start = (-tau / s.clamp_min(1e-150)).clamp(-_REACH, _REACH)
    x, weight = gauss([0.0, 1.0], panels=20)
    z = start[:, None] + (_REACH - start)[:, None] * x
    inside = (s[:, None] * z + tau[:, None]).clamp_min(0.0) * density(z) * average(z)
    return (_REACH - start) * (inside @ weight)


def chebyshev(f: Callable[[Tensor], Tensor]) -> Series:
    """The Chebyshev series of f on [-1, 1], its degree doubled until the last quarter is rounding (2048 at most)."""
    degree = 64
    while True:
        odd = 2 * torch.arange(degree) + 1
        values = f(torch.cos(odd.double() * (math.pi / (2 * degree))))
        turns = (torch.arange(degree)[:, None] * odd % (4 * degree)).double()
        c = torch.cos(turns * (math.pi / (2 * degree))) @ values * (2 / degree)
        c[0] /= 2
        if degree >= 1024 or c[-degree // 4 :].abs().max() < 4e-16 * values.abs().max():
            return Series(2, c)
        degree *= 2
