"""The networks of Theorem 13: the bottom of the valley, the gate, and the good end beyond it.

The gate is a network with one output weight 0 whose other p-1 units are the best found for g1: its loss is
floor + alpha^2 eps_upper / 2.  For even powers the units are e_1 .. e_{p-1} with equal weights and eps_upper = eps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import erfinv
from torch import Tensor

from theorem13.th13data import VANISHES_AT_ZERO, Setting, first_teacher_risk
from theorem13.th13floors import moments
from valleys.errors import InputError
from valleys.kernels import kappa
from valleys.network import Theta

CLIFF = 40.0
FAR = 1e6
MERGING = 5
BOUNDED = ("sigmoid", "erf01")


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


def theta(u: Tensor, wb: Tensor, last: Tensor) -> Theta:
    """Put weights u (..., p), first coordinates wb (..., p, n-1) and last coordinates (..., p) together."""
    return Theta(u.unsqueeze(-2), torch.cat([wb, last.unsqueeze(-1)], dim=-1))


def off(setting: Setting) -> float:
    """The last coordinate of a row that is blind on Z = 0: 0, or far down where sigma only tends to its infimum."""
    return 0.0 if setting.activation in VANISHES_AT_ZERO else -CLIFF


def theta_bad(setting: Setting) -> Theta:
    """The bottom of the valley: W = [v_1 .. v_p], u = alpha (a near-minimiser where the infimum is not attained)."""
    u = torch.full((setting.p,), setting.alpha, dtype=torch.float64)
    return theta(u, setting.directions, torch.full_like(u, off(setting)))


def thesis_good(setting: Setting) -> Theta:
    """The thesis' good end: rows v_1 .. v_{p-1} with weight alpha, and the row e_n with weight -beta."""
    bad = theta_bad(setting)
    W, U = bad.W.clone(), bad.U.clone()
    W[-1], U[:, -1] = 0.0, -setting.beta
    W[-1, -1] = 1.0
    return Theta(U, W)


def corners(setting: Setting, units: Dropped, beyond: Dropped | None) -> list[Theta]:
    """Knots of the path that attains the barrier: theta_bad, [merged], gate, gate with its dead row turned, good end.

    At the gate u_p = 0.  Where the kept units have a `partner`, row p first joins it (merged) and then hands its weight
    over, which changes nothing; otherwise row p stays at v_p while its weight falls.  Turning the dead row costs
    nothing.  Then row p takes over the target of Z = 0.

    Args:
        setting: the instance.
        units: the p-1 units kept at the gate.
        beyond: for bounded activations, the p units (the last of negative weight) of the good end.

    Returns:
        The four or five knots.
    """
    bad, s = theta_bad(setting), setting
    u = torch.cat([s.alpha * units.u, torch.zeros(1, dtype=torch.float64)])
    W = bad.W.clone()
    W[:-1, :-1] = units.w
    if s.activation == "relu":
        W[:-1, :-1] *= units.u.unsqueeze(-1)
        u[:-1] = s.alpha
    joined = [] if units.partner is None else [merged(s, u, W, units.partner)]
    if joined:
        W[-1] = joined[0].W[-1]
    turned, end = W.clone(), u.clone()
    turned[-1] = 0.0
    turned[-1, -1] = FAR if s.activation == "softplus" else 1.0
    end[-1] = -s.beta / (FAR if s.activation == "softplus" else 1.0)
    final = turned
    if beyond is not None:
        end, final = s.alpha * beyond.u, torch.cat([beyond.w, turned[:, -1:]], dim=-1)
        final[-1, -1] = level_row(s, float(-end[-1]))
        turned[-1] = final[-1]
    after = [Theta(u.unsqueeze(0), W), Theta(u.unsqueeze(0), turned), Theta(end.unsqueeze(0), final)]
    return [bad, *joined, *after]


def merged(setting: Setting, u: Tensor, W: Tensor, partner: int) -> Theta:
    """The gate's function with unit `partner` in two equal halves, the second of which is unit p."""
    u, W = u.clone(), W.clone()
    if setting.activation == "relu":
        W[partner] /= 2
        u[-1] = u[partner]
    else:
        u[partner] /= 2
        u[-1] = u[partner]
    W[-1] = W[partner]
    return Theta(u.unsqueeze(0), W)


def level_row(setting: Setting, weight: float) -> float:
    """The last coordinate w with weight * sigma(w) = gamma, for the bounded activations."""
    share = setting.beta / weight
    if not 0 < share < 1:
        raise InputError("beta", setting.beta, f"less than {weight:.6g}, the weight of the negative unit here")
    return math.log(share / (1 - share)) if setting.activation == "sigmoid" else float(erfinv(2 * share - 1))


def dropped(setting: Setting) -> Dropped:
    """The best p-1 units found for g1 (exact for even powers; a search for the others)."""
    s = setting
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
    """The best p-1 units of non-negative weight found: descents from v_p dropped, and (p <= 5) merged with a neighbour.

    For ReLU the straight path to the gate, row p staying where it is, rises all the way whatever the units; for the
    smooth activations row p has to join its partner first.

    Args:
        setting: the instance.

    Returns:
        The best units found.
    """
    V, ones = setting.directions, torch.ones(setting.p - 1, dtype=torch.float64)
    found = [_descend(setting, ones, V[:-1])]
    near = min(2, setting.p - 1) if setting.p <= MERGING else 0
    for i in (V[:-1] @ V[-1]).topk(near).indices.tolist():
        w = V[:-1].clone()
        w[i] = (V[i] + V[-1]) / math.sqrt(2)
        partner = None if setting.activation == "relu" else i
        found.append(replace(_descend(setting, ones, w), partner=partner))
    return min(found, key=lambda d: d.eps)


def beyond(setting: Setting) -> Dropped | None:
    """For the bounded activations, the best p units found of which the last has a negative weight; else None.

    sigma(z) = 1 - sigma(-z): a negative unit that looks along -v_p imitates a positive one along v_p, and the others
    make up for the constant.  Its last coordinate is then free to serve the target -gamma.
    """
    if setting.activation not in BOUNDED:
        return None
    signs = torch.ones(setting.p, dtype=torch.float64)
    signs[-1] = -1.0
    w = setting.directions * signs.unsqueeze(-1)
    return _descend(setting, signs, w)


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
    options = {"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-10}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    root, rows = unpack(found.x)
    return Dropped(signs * root**2, rows.clone(), float(found.fun))
