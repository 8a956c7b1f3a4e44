"""How many legs a connection takes, by width; and the wall at ``p = dim*`` that it cannot pass."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import numpy as np
import scipy.ndimage
import torch
from torch import Tensor

from theorem8.th8options import Config
from valleys.construct.connect import connect
from valleys.judge.convex import judge_join
from valleys.judge.exact import exact_judges, judged_exactly
from valleys.paths.convex_files import save_convex_path
from valleys.paths.heights import straight_peak
from valleys.paths.path import Path, polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample, with_bias
from valleys.problem.named_losses import loss_named, targets
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.claims import at_least, at_most, worst
from valleys.run.pictures import Part
from valleys.run.words import tex
from valleys.search.lowest_pass import find_pass

SOURCE = "theorem8/CONNECT.md"
#: Slope of the leaky ReLU of the landscape with one unit, half its side, and points along it (odd: the axes are on it).
SLOPE, SIDE, GRID = 0.3, 2.5, 251
PAIRS, POINTS = 3, 60


def legs_by_formula(q: int, p: int) -> int:
    """``2 ceil(q/(p - q)) + 3``: rounds of ``p - q`` exchanges, with no step aside."""
    return 2 * -(-q // (p - q)) + 3


def legs_by_width(config: Config) -> tuple[list[dict[str, Any]], list[float]]:
    """Paths between minimisers of a leaky network on ``q`` points in ``q`` dimensions: legs, and excess of each."""
    q = 12 if config.quick else 60
    draw = stream(config.seed, "wall", "data")
    X, Y = (torch.randn(q, k, generator=draw, dtype=torch.float64) for k in (q, 3))
    risk = ConvexRisk(activation("leaky_relu"), Sample(X, Y), loss_named("square"))
    widths = sorted({
        q + 1,
        q + 2,
        q + q // 12,
        q + q // 6,
        q + q // 4,
        3 * q // 2,
        7 * q // 4,
        2 * q,
        5 * q // 2,
        3 * q,
    })
    rows, excess = [], []
    for p in widths:
        for k in range(1 if config.quick else 3):
            a, b = (minimiser(risk, p, stream(config.seed, "wall", p, k, end)) for end in "ab")
            found = connect(a, b, risk)
            verdict = judge_join(found.path, risk)
            excess.append(verdict.excess if verdict.affine else float("inf"))
            rows.append({
                "q": q, "p": p, "legs": len(found.path.pieces), "formula": legs_by_formula(q, p), "temps": found.temps,
            })  # fmt: skip
    return rows, excess


def minimiser(risk: ConvexRisk, p: int, generator: torch.Generator) -> Theta:
    """Random rows with the output weights that fit the data."""
    theta = random_theta(risk.m, p, risk.n, generator)
    return Theta(risk.target @ torch.linalg.pinv(risk.features(theta.W), rtol=1e-13), theta.W)


def one_unit() -> tuple[np.ndarray, np.ndarray, list[int]]:
    """``L(u, w) = (1 - u sigma(w))^2``, leaky ReLU: axis, losses ``(w, u)``, components of ``{L <= 1 -+ 1e-6}``."""
    axis = np.linspace(-SIDE, SIDE, GRID)
    filters = np.where(axis > 0, axis, SLOPE * axis)
    losses = (1 - axis[None, :] * filters[:, None]) ** 2
    return axis, losses, [scipy.ndimage.label(losses <= level)[1] for level in (1 - 1e-6, 1 + 1e-6)]


def three_units(config: Config) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """``p = q = 3``, ``X = Y = I``, ReLU: minimisers whose filters differ in the sign of their determinant.

    Returns:
        ``(det F, L)`` along the straight line between each pair, and along a lowest pass that was searched; their peaks.
    """
    eye = torch.eye(3, dtype=torch.float64)
    risk = ConvexRisk(activation("relu"), Sample(eye, eye), loss_named("square"))
    paths, peaks = {}, {}
    for k in range(PAIRS):
        draw = stream(config.seed, "wall", "pair", k)
        a, b = (oriented(risk, sign, draw) for sign in (1.0, -1.0))
        paths[f"line{k}"] = polygon([a, b])
        steps = 100 if config.quick else 2000
        found = find_pass(risk, a, b, draw, legs=4, steps=steps, refine=False)
        paths[f"string{k}"], peaks[f"string{k}"] = found.path, found.peak
        peaks[f"line{k}"] = straight_peak(risk, a, b)
    curves = {name: determinant_and_loss(path, risk) for name, path in paths.items()}
    return curves, {"peaks": peaks, "floor": floor_at_zero(risk)}


def oriented(risk: ConvexRisk, sign: float, generator: torch.Generator) -> Theta:
    """A minimiser with random filters whose determinant has this sign: two units are swapped if need be."""
    W = torch.eye(3, dtype=torch.float64) + torch.rand(3, 3, generator=generator, dtype=torch.float64)
    if float(torch.linalg.det(risk.features(W))) * sign < 0:
        W = W[torch.tensor([1, 0, 2])]
    return Theta(torch.linalg.inv(risk.features(W)), W)


def floor_at_zero(risk: ConvexRisk) -> float:
    """``sigma_min(Y)^2/N``: no network whose filters are dependent has a smaller loss (Eckart and Young)."""
    return float(torch.linalg.svdvals(risk.target)[-1]) ** 2 / risk.N


def determinant_and_loss(path: Path, risk: ConvexRisk) -> np.ndarray:
    """``det F`` of the filters, scaled to length 1, and ``L`` along a path, ``(2, K)``."""
    thetas = path.sampled(POINTS)
    F: Tensor = risk.features(thetas.W)
    F = F / F.norm(dim=2, keepdim=True).clamp(min=1e-300)
    return torch.stack([torch.linalg.det(F), risk.value(thetas)]).numpy()


def small_connection(config: Config, folder: File) -> dict[str, Any]:
    """``paths/connection.npz``: two random classifiers of 12 points at the least width, with both biases, cross-entropy.

    Returns:
        the exact checker's verdict on the file.
    """
    draw = stream(config.seed, "wall", "small")
    X, loss = torch.randn(12, 3, generator=draw, dtype=torch.float64), loss_named("cross_entropy")
    y = targets(torch.randint(0, 3, (12,), generator=draw), loss, 3)
    risk = ConvexRisk(activation("relu"), Sample(with_bias(X), y), loss, pinned=True)
    pinned = torch.ones(13, 1, dtype=X.dtype)
    pinned[-1] = 0.0
    a, b = (Theta(theta.U, theta.W * pinned) for theta in (random_theta(3, 13, 4, draw), random_theta(3, 13, 4, draw)))
    file = folder / "connection.npz"
    save_convex_path(file, connect(a, b, risk).path, risk, "connection")
    with exact_judges(1) as judges:
        return judges.submit(judged_exactly, file).result()


def connected_width(folder: File, config: Config) -> Part:
    """``connected_width.png``: legs against width, and the wall at ``p = dim*``."""
    small = small_connection(config, folder)
    rows, excess = legs_by_width(config)
    axis, losses, components = one_unit()
    curves, wall = three_units(config)
    floor, peaks = wall["floor"], wall["peaks"]
    claims = [
        at_most("width.exactly_below", SOURCE, "connections in paths/ with a loss above the higher end somewhere, or where this "
                "is undecided: balls, from the file alone", int(not small["holds"]), 0, "exact"),
        at_most("width.below_worse_end", SOURCE, f"A1: largest excess of {len(rows)} connections over the worse end, relative "
                "to L(0)", worst(excess), 1e-12, "verified"),
        at_most("width.seven_legs", SOURCE, "A2: most legs at p >= 2 dim*",
                max(row["legs"] for row in rows if row["p"] >= 2 * row["q"]), 7, "verified"),
        at_most("width.legs", SOURCE, "A1: most legs over 4 dim* + 3", max(row["legs"] / (4 * row["q"] + 3) for row in rows),
                1, "verified"),
        at_least("wall.two_valleys", SOURCE, "A4, one unit: components of {L <= 1 - 1e-6} on a grid", components[0], 2,
                 "measured"),
        at_most("wall.joined", SOURCE, "A4, one unit: components of {L <= 1 + 1e-6} on a grid", components[1], 1, "measured"),
        at_least("wall.floor", SOURCE, "A4, three units: lowest peak of the paths on which det F changes sign, over the floor "
                 "(to rounding)", min(peaks.values()) / floor, 1 - 1e-12, "proved"),
        at_most("wall.sharp", SOURCE, "lowest peak found over the floor", min(peaks.values()) / floor, 1.05, "measured"),
    ]  # fmt: skip
    q = rows[0]["q"]
    values = {"rows": rows, "components": components, "slope": SLOPE, "exact": small, **wall}
    caption = (
        f"(a) Legs of certified paths between minimisers (leaky ReLU, $\\dim^* = q = {q}$) against the width: one unit more than "
        "$\\dim^*$ is enough, $2q$ units take five legs, or seven. (b) At $p = q$ it can be impossible: all of the landscape "
        f"of one leaky ReLU unit on one data point; $\\{{L < 1\\}}$ is two valleys, which meet at $L = 1$. (c) Three ReLU units "
        "on three points: between minimisers whose filters have determinants of opposite signs, as after a swap of two units, "
        f"every path takes the determinant through 0, where no network lies below {tex(floor, 3)}; "
        f"the lowest pass found reaches {tex(min(peaks.values()), 5)}."
    )
    arrays = {"axis": axis, "losses": losses, **curves}
    return Part({"connected_width": values}, arrays, claims, caption)
