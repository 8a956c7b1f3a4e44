"""Three ReLU units at ``p = q = 3``: a floor under every path on which ``det F`` changes its sign (A4 of CONNECT.md).

Floor and peaks are rationals and balls: where the determinant is 0, ``U F`` has a rank below 3, so that
``|U F - Y|^2 >= sigma_min(Y)^2`` (Eckart and Young); and the loss at any one point of a path is not above its peak.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import torch
from flint import arb, ctx, fmpq, fmpq_mat, fmpq_poly
from torch import Tensor

from theorem8.th8options import Config
from valleys.paths.heights import peak_of
from valleys.paths.path import Path, polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.hessian import flatten
from valleys.problem.laws import Sample
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta, stack
from valleys.problem.streams import stream
from valleys.run.balls import below, rational
from valleys.search.lowest_pass import find_pass

PAIRS, POINTS, FINE = 3, 60, 512
PRECISION = 128


def unit_risk() -> ConvexRisk:
    """``X = Y = I``, ReLU, the square loss: ``L = |U relu(W)^T - I|^2/3``."""
    eye = torch.eye(3, dtype=torch.float64)
    return ConvexRisk(activation("relu"), Sample(eye, eye), loss_named("square"))


def three_units(config: Config) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Minimisers whose filters differ in the sign of their determinant, joined by straight lines and by searched passes.

    Returns:
        ``(det F, L)`` along each path; their peaks in float64, the floor and the lowest peak in balls, and how far that
        is above the floor, at least: see ``over_floor``.
    """
    risk, paths = unit_risk(), dict[str, Path]()
    for k in range(PAIRS):
        draw = stream(config.seed, "wall", "pair", k)
        a, b = (oriented(risk, sign, draw) for sign in (1.0, -1.0))
        paths[f"line{k}"] = polygon([a, b])
        steps = 100 if config.quick else 2000
        paths[f"string{k}"] = find_pass(risk, a, b, draw, legs=4, steps=steps, refine=False).path
    peaks = {name: highest(path, risk) for name, path in paths.items()}
    with ctx.workprec(PRECISION):
        floor, lowest = floor_ball(rational(risk.target)), arb(min(peaks.values()))
        told = {
            "peaks": {name: float(arb(peak)) for name, peak in peaks.items()}, "floor": below(floor),
            "floor_ball": floor.str(25), "lowest_ball": lowest.str(25), "over": over_floor(list(paths.values()), risk),
        }  # fmt: skip
    return {name: determinant_and_loss(path, risk) for name, path in paths.items()}, told


def oriented(risk: ConvexRisk, sign: float, generator: torch.Generator) -> Theta:
    """A minimiser with random filters whose determinant has this sign: two units are swapped if need be."""
    W = torch.eye(3, dtype=torch.float64) + torch.rand(3, 3, generator=generator, dtype=torch.float64)
    if float(torch.linalg.det(risk.features(W))) * sign < 0:
        W = W[torch.tensor([1, 0, 2])]
    return Theta(torch.linalg.inv(risk.features(W)), W)


def filters(W: fmpq_mat, risk: ConvexRisk) -> fmpq_mat:
    """``F = relu(W X^T)`` in rationals."""
    Z = W * rational(risk.law.X).transpose()
    return fmpq_mat(Z.nrows(), Z.ncols(), [max(z, fmpq(0)) for z in Z.entries()])


def floor_ball(Y: fmpq_mat) -> arb:
    """``sigma_min(Y)^2/N``, ``Y (3, N)``: the least root of the characteristic polynomial of ``Y Y^T``, in a ball."""
    roots = fmpq_poly((Y * Y.transpose()).charpoly()).complex_roots()
    return reduce(arb.min, [z.real for z, _ in roots]) / Y.ncols()


def highest(path: Path, risk: ConvexRisk) -> fmpq:
    """The loss, in rationals, at the point of a polygon where float64 finds the highest: a lower bound of the peak."""
    knots = flatten(stack(path.knots))
    _, point, leg = peak_of(risk, path.start, knots, FINE)
    a, step = knots[leg], knots[leg + 1] - knots[leg]
    share = float((flatten(point) - a) @ step / step.square().sum())
    t = fmpq(*min(max(share, 0.0), 1.0).as_integer_ratio())
    start, end = ([rational(x) for x in (theta.U, theta.W)] for theta in (path.knots[leg], path.knots[leg + 1]))
    U, W = (a * (1 - t) + b * t for a, b in zip(start, end, strict=True))
    rest = U * filters(W, risk) - rational(risk.target)
    return sum((x * x for x in rest.entries()), fmpq(0)) / risk.N


def over_floor(paths: list[Path], risk: ConvexRisk) -> float:
    """The lowest peak over the floor, at least; NaN if ``det F`` has not opposite signs at the ends of each path."""
    ends = [[filters(rational(theta.W), risk).det() for theta in (path.start, path.end)] for path in paths]
    if not all(a * b < 0 for a, b in ends):
        return float("nan")
    with ctx.workprec(PRECISION):
        return below(min(highest(path, risk) for path in paths) / floor_ball(rational(risk.target)))


def determinant_and_loss(path: Path, risk: ConvexRisk) -> np.ndarray:
    """``det F`` of the filters, scaled to length 1, and ``L`` along a path, ``(2, K)``."""
    thetas = path.sampled(POINTS)
    F: Tensor = risk.features(thetas.W)
    F = F / F.norm(dim=2, keepdim=True).clamp(min=1e-300)
    return torch.stack([torch.linalg.det(F), risk.value(thetas)]).numpy()
