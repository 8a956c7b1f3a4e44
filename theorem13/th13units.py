"""The units that Theorem 13's path keeps: the best p-1 found for g1, and the good end of the bounded activations.

All at unit strength of the teacher, so that alpha, beta and the law play no part.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from theorem13.th13data import Setting, first_teacher_risk
from theorem13.th13floors import moments
from valleys.problem.kernels import kappa
from valleys.problem.network import Theta

BOUNDED = ("sigmoid", "erf01")
MERGING = 5
STEPS = 1000


@dataclass(frozen=True)
class Dropped:
    """p-1 units for g1 at unit strength.

    Attributes:
        u: weights (p-1).
        w: rows (p-1, n-1).
        eps: their error, eps_upper.
        partner: the unit that took over direction p as well as its own, where there is one.
    """

    u: Tensor
    w: Tensor
    eps: float
    partner: int | None = None


def dropped(setting: Setting) -> Dropped:
    """The best p-1 units found for g1 (exact for even powers; a search for the others)."""
    return _dropped(setting.activation, setting.n, setting.p)


@cache
def _dropped(name: str, n: int, p: int) -> Dropped:
    """``dropped`` at unit strength: law, alpha and beta play no part."""
    s = Setting(name, "theorem", n, p, 1.0, 1.0)
    if s.p == 1:
        none = torch.zeros(0, dtype=torch.float64)
        return Dropped(none, torch.zeros(0, s.n - 1, dtype=torch.float64), moments(s.activation)[1])
    if s.activation in ("z2", "z4"):
        return even_units(s)
    if s.activation == "relu" and s.orthonormal and s.p >= 4:
        return drop_one(s)
    return searched(s)


def even_units(setting: Setting) -> Dropped:
    """z^{2k}: units e_1 .. e_{p-1} of total weight (c0^2 p + E) / (c0^2 + E/N); the error is exactly eps(p)."""
    s, N = setting, setting.p - 1
    c0, mu, _ = moments(s.activation)
    E = mu - c0**2
    total = (c0**2 * s.p + E) / (c0**2 + E / N)
    u = torch.full((N,), total / N, dtype=torch.float64)
    return Dropped(u, s.directions[:-1], E + c0**2 * (E / N) / (c0**2 + E / N))


def drop_one(setting: Setting) -> Dropped:
    """ReLU, p >= 3: w_i = a e_i + b sum_{l != i, l < p} e_l + c e_p, equal weights, (a, b, c) on the sphere.

    F = p/2 + p(p-1)/(2 pi) - B^2/A,  A = N/2 + N(N-1) kappa(rho),  B = N [kappa(a) + (N-1) kappa(b) + kappa(c)].

    Args:
        setting: the instance.

    Returns:
        The p-1 units that minimise F.
    """
    p, N = setting.p, setting.p - 1

    def parts(v: np.ndarray) -> tuple[Tensor, float, float]:
        b, c = v
        a = math.sqrt(max(0.0, 1 - (N - 1) * b * b - c * c))
        k = kappa(torch.tensor([a, b, c, 2 * a * b + (N - 2) * b * b + c * c], dtype=torch.float64)).tolist()
        return torch.tensor([a, b, c]), N / 2 + N * (N - 1) * k[3], N * (k[0] + (N - 1) * k[1] + k[2])

    def loss(v: np.ndarray) -> float:
        _, A, B = parts(v)
        return p / 2 + p * (p - 1) / (2 * math.pi) - B * B / A

    options = {"xatol": 1e-11, "fatol": 1e-16, "maxiter": 2000}
    v = minimize(loss, (0.0, 0.7 / p), method="Nelder-Mead", options=options).x
    _, A, B = parts(v)
    b, c = v
    a = math.sqrt(1 - (N - 1) * b * b - c * c)
    w = torch.zeros(N, setting.n - 1, dtype=torch.float64)
    w[:, :N] = b
    w.diagonal().fill_(a)
    w[:, N] = c
    return Dropped(torch.full((N,), B / A, dtype=torch.float64), w, loss(v))


def searched(setting: Setting) -> Dropped:
    """The best p-1 units of non-negative weight found: descents from v_p dropped, or merged with a neighbour.

    For ReLU the straight path to the gate, row p staying where it is, rises all the way whatever the units, and both
    starts are tried; for the smooth activations row p has to join a partner first.

    Args:
        setting: the instance.

    Returns:
        The best units found.
    """
    V, ones = setting.directions, torch.ones(setting.p - 1, dtype=torch.float64)
    relu = setting.activation == "relu"
    found = [_descend(setting, ones, V[:-1])] if relu else []
    near = 1 if not relu else min(2, setting.p - 1) if setting.p <= MERGING else 0
    for i in (V[:-1] @ V[-1]).topk(near).indices.tolist():
        w = V[:-1].clone()
        w[i] = (V[i] + V[-1]) / math.sqrt(2)
        found.append(replace(_descend(setting, ones, w), partner=None if relu else i))
    return min(found, key=lambda d: d.eps)


def beyond(setting: Setting) -> Dropped | None:
    """For the bounded activations, the best p units found of which the last has a negative weight; else None.

    sigma(z) = 1 - sigma(-z): a negative unit that looks along -v_p imitates a positive one along v_p, and the others
    make up for the constant.  Its last coordinate is then free to serve the target -gamma.
    """
    return _beyond(setting.activation, setting.n, setting.p) if setting.activation in BOUNDED else None


@cache
def _beyond(name: str, n: int, p: int) -> Dropped:
    """``beyond`` at unit strength."""
    setting = Setting(name, "decoupled", n, p, 1.0, 1.0)
    signs = torch.ones(p, dtype=torch.float64)
    signs[-1] = -1.0
    return _descend(setting, signs, setting.directions * signs.unsqueeze(-1))


def _descend(setting: Setting, signs: Tensor, w: Tensor) -> Dropped:
    """Quasi-Newton descent of the exact risk of g1 from unit weights; a weight is its sign times a square."""
    risk, N, shape = first_teacher_risk(setting), len(signs), w.shape

    def unpack(v: np.ndarray) -> tuple[Tensor, Tensor]:
        x = torch.from_numpy(v)
        return x[:N], x[N:].reshape(shape)

    def loss(v: np.ndarray) -> tuple[float, np.ndarray]:
        root, rows = unpack(v)
        value, g = risk.value_and_gradient(Theta((signs * root**2).unsqueeze(0), rows))
        return float(value), torch.cat([2 * root * signs * g.U[0], g.W.reshape(-1)]).numpy()

    start = torch.cat([torch.ones(N, dtype=torch.float64), w.reshape(-1)]).numpy()
    options = {"maxiter": STEPS, "ftol": 1e-15, "gtol": 1e-10}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    root, rows = unpack(found.x)
    return Dropped(signs * root**2, rows.clone(), float(found.fun))
