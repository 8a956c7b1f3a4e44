"""What a spurious valley is, on a true landscape: one ReLU unit under Theorem 13's law with p = 1, n = 2.

A ReLU unit u relu(<w, x>) is u |w| relu(<w/|w|, x>): with w = (cos phi, sin phi) the parameters (u, phi) are all functions
that it can be.  The line u = 0 is one function, the zero one, and lies at the gate's level everywhere.

Beside it, on the same law with n = 10, p = 9: a width that is too large for a valley, one that is not, and random units.
"""

from __future__ import annotations

from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from scipy.linalg import solve_triangular
from scipy.ndimage import label
from torch import Tensor

from theorem13 import th13data
from theorem13.th13data import Setting
from theorem13.th13model import theta_bad
from theorem13.th13options import Config
from theorem13.th13problem import problem
from theorem13.th13whole import SOURCE, sheet
from valleys.judge.certificate import GAP
from valleys.judge.exact import exact_claims, judged_exactly
from valleys.own.certified import certified_descent
from valleys.own.exactly import longer
from valleys.paths.files import save_path
from valleys.paths.heights import profile
from valleys.paths.law_files import law_arrays
from valleys.problem.kernels import relu_kernel
from valleys.problem.mixture import MixtureRisk
from valleys.problem.network import Theta, widened
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_most, down
from valleys.run.pictures import Part

ALPHA, BETA = 2.0, 3.0
SMALL, LARGE = Setting("relu", "theorem", 2, 1, ALPHA, BETA), Setting("relu", "theorem", 10, 9, ALPHA, BETA)
#: What the wide network shows.
WIDE = "Theorem 8, p. 8"
#: Where the drawn circle of directions is cut open.
SEAM = -0.75 * torch.pi
#: Ends of the drawn range of u, and the water's level as a share of the way from the valley's floor to the gate.
RANGE, WATER = (-5.0, 3.8), 0.6
#: Data points, and hidden units, of the wide network.
POINTS = 40


def relief(u: Tensor, phi: Tensor) -> Tensor:
    """L at (u, phi): the unit u relu(<(cos phi, sin phi), x>).

    >>> zero = torch.zeros((), dtype=torch.float64)
    >>> [round(float(relief(zero + u, zero + phi)), 12) for u, phi in ((2.0, 0.0), (-3.0, torch.pi / 2), (0.0, 1.0))]
    [2.25, 1.0, 3.25]
    """
    q1, q2 = u.abs() * phi.cos(), u.abs() * phi.sin()
    return torch.where(u >= 0, sheet(q1, q2, 1.0, ALPHA, BETA), sheet(q1, q2, -1.0, ALPHA, BETA))


def lakes(L: np.ndarray, level: float) -> np.ndarray:
    """Which lake each point of {L <= level} lies in, 0 on land; columns (the angle) close to a circle.

    >>> lakes(np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.0, 1.0]]), 0.5).tolist()
    [[1, 0, 1], [0, 0, 0], [0, 3, 0]]
    """
    found, _ = label(level >= L, structure=np.ones((3, 3)))
    for left, right in zip(found[:, 0], found[:, -1], strict=True):
        if left and right and left != right:
            found[found == right] = left
    return found


def joins(L: np.ndarray, points: list[tuple[int, int]]) -> float:
    """The lowest level of the grid at which both points lie in one lake, by bisection."""
    levels = np.unique(L)
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high) // 2
        found = lakes(L, float(levels[middle]))
        together = found[points[0]] == found[points[1]] != 0
        low, high = (low, middle) if together else (middle + 1, high)
    return float(levels[low])


def best_readout(widths: int, draws: int, generator: torch.Generator) -> Tensor:
    """Loss of the best output weights for random hidden units, at every width: shape (draws, widths).

    Units w uniform on the sphere of R^n, K = E relu(Wx) relu(Wx)^T, b = E relu(Wx) Y: E Y^2 - |L^{-1} b|^2 with K = L L^T,
    and one Cholesky factor serves all smaller widths.
    """
    s, found = LARGE, []
    power = float(th13data.risk(s).value(Theta(torch.zeros(1, 1), torch.zeros(1, s.n)).map(lambda x: x.double())))
    for _ in range(draws):
        W = torch.randn(widths, s.n, generator=generator, dtype=torch.float64)
        W = W / W.norm(dim=1, keepdim=True)
        K, b = moments_of(W)
        z = solve_triangular(torch.linalg.cholesky(K).numpy(), b.numpy(), lower=True)
        found.append(power - torch.from_numpy(z**2).cumsum(0))
    return torch.stack(found)


def moments_of(W: Tensor) -> tuple[Tensor, Tensor]:
    """K = E relu(Wx) relu(Wx)^T and b = E relu(Wx) Y under the law of the larger setting."""
    s, first, last = LARGE, W[:, :-1], W[:, -1:]
    up, down = last.clamp_min(0), (-last).clamp_min(0)
    K = relu_kernel(first, first).k / 2 + (up @ up.T + down @ down.T) / 4
    b = s.alpha * relu_kernel(first, s.directions).k.sum(dim=1) / 2 - s.beta * up[:, 0] / 4
    return K, b


def valley(config: Config) -> Part:
    """Compute valley.png."""
    rows, columns, widths, draws = (89, 81, 128, 5) if config.quick else (221, 201, 512, 20)
    side = torch.linspace(*RANGE, rows, dtype=torch.float64)
    side[side.abs().argmin()] = 0.0  # the ridge is on the grid
    u, phi = torch.meshgrid(
        side, torch.linspace(SEAM, SEAM + 2 * torch.pi, columns, dtype=torch.float64), indexing="ij"
    )
    L = relief(u, phi)
    theta = Theta(u[..., None, None], torch.stack([phi.cos(), phi.sin()], dim=-1).unsqueeze(-2))
    apart = float((th13data.risk(SMALL).value(theta) - L).abs().max())
    inside, outside = L.masked_fill(u <= 0, torch.inf), L.masked_fill(u >= 0, torch.inf)
    bottoms = [tuple(int(i) for i in np.unravel_index(int(x.argmin()), x.shape)) for x in (inside, outside)]
    gate = (ALPHA**2 + BETA**2) / 4
    joined = joins(L.numpy(), bottoms)  # type: ignore[arg-type]
    low = best_readout(widths, draws, stream(config.seed, "valley", "random units"))
    b, risk = problem(LARGE)
    wide_t, wide_L, claims = wide(risk, config.seed)
    narrow_t, narrow_L = profile(risk, b.path, config.path_points)
    level = BETA**2 / 4 + WATER * (gate - BETA**2 / 4)
    values = {
        "floor": BETA**2 / 4, "good": ALPHA**2 / 4, "gate": gate, "water": level, "narrow_floor": b.valley_floor,
        "narrow_every_path": b.floor, "narrow_end": float(narrow_L[-1]), "wide_width": POINTS, "n": LARGE.n, "p": LARGE.p,
        "draws": draws, "random_median": float(low[:, -1].median()), "random_width": widths,
        "random_below_floor_from": int((low.median(dim=0).values > b.valley_floor).sum()) + 1,
    }  # fmt: skip
    arrays = {
        "u": side, "phi": phi[0], "L": L, "wide_t": wide_t, "wide_L": wide_L, "narrow_t": narrow_t, "narrow_L": narrow_L,
        "random_L": low,
    }  # fmt: skip
    text = f"median loss of the best output weights of {widths} random units, {draws} draws; bound: the valley's floor"
    claims = relief_claims(apart, abs(joined - gate), float(L.max())) + claims
    claims.append(
        at_most("valley_random_low", "Theorem 16, p. 12", text, values["random_median"], b.valley_floor, "measured")
    )
    return Part({"valley": values}, {key: x.numpy() for key, x in arrays.items()}, claims, caption(values))


def wide(risk: MixtureRisk, seed: int) -> tuple[Tensor, Tensor, list[Claim]]:
    """The valley's bottom among enough units for a sample of the law: the certified way down from there, judged exactly."""
    sample = risk.sample(POINTS, stream(seed, "valley", "sample"))
    wider = FeatureRisk(risk.sigma, sample)
    start = widened(theta_bad(LARGE), POINTS)
    descent, *_ = certified_descent(start, wider, stream(seed, "valley", "rows"))
    t, L = profile(wider, descent.path, 60)
    with TemporaryDirectory() as folder:
        file = File(folder) / "wide.npz"
        save_path(file, descent.path, law_arrays(wider))
        exactly = longer(judged_exactly(file), file.parent, wider)
    return t, L, exact_claims("valley_wide", WIDE, [exactly], gap=GAP)  # as many units as points: the least loss is 0


def relief_claims(apart: float, off: float, largest: float) -> list[Claim]:
    """The relief is the exact risk, and its two lakes join at the gate.

    Args:
        apart: largest difference of the closed form and the exact risk.
        off: distance of the level at which the lakes join from the gate.
        largest: the largest loss.

    Returns:
        The claims.
    """
    size = max(1.0, largest)
    exact, level = (
        "closed form against the exact risk, largest difference",
        "level at which the two lakes join, less the gate",
    )
    return [
        at_most("valley_relief_exact", SOURCE, exact, apart, 1e-12 * size, "verified"),
        at_most("valley_lakes_join", SOURCE, level, off, 1e-15 * size, "verified"),
    ]


def caption(v: dict[str, Any]) -> str:
    """The caption of valley.png, made from the record's values."""
    return (
        "What a spurious valley is. (a) The loss of one ReLU unit u relu(<w, x>), w = (cos phi, sin phi), under Theorem 13's "
        f"law with p = 1, n = 2, filled with water up to {v['water']:.4g} and cut off at twice the gate's level: two lakes, and "
        f"the one over u > 0 does not hold the lowest point. Its floor is {v['floor']:.4g}, the minimum {v['good']:.4g}; at the "
        f"gate's level {v['gate']:.4g}, that of the whole line u = 0, they join. (b) to (d): the same law, n = {v['n']}, p = "
        f"{v['p']}. (b) The valley's bottom among {v['wide_width']} units, the loss over {v['wide_width']} points of the law: a "
        f"way down from it (triangle) that never rises (Theorem 8). (c) With {v['p']} units every way out of the valley climbs "
        f"to {down(v['narrow_every_path'], 6)} or more (Theorem 13). (d) Random hidden units with their best output weights, "
        f"{v['draws']} draws (band: all, line: median): below the valley's floor from {v['random_below_floor_from']} units on "
        "(Theorem 16)."
    )
