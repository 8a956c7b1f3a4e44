"""One unit more: splitting a unit of the k = 7 minimum opens a way down, to a spurious minimum or to the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as File

import torch
from torch import Tensor

from theorem13.census.judge import k7_minimum
from theorem13.census.training import orthonormal_risk, student
from valleys.judge.certificate import rise_of_values
from valleys.paths.files import save_path
from valleys.paths.law_files import teacher_arrays
from valleys.paths.path import Path, polygon
from valleys.problem.hessian import hessian
from valleys.problem.network import Theta, between
from valleys.problem.population import PopulationRisk
from valleys.search.polish import finish
from valleys.search.training import train

STEPS = 3000
RECORD = range(0, STEPS + 1, 10)
EPSILON = 0.05
GRID = 64
#: Two neighbouring values on a leg may differ by this much from rounding.
ROUNDING = 1e-14
#: Rows of the split point and the first step are multiples of this, so that ``w/2 + d`` and ``w/2 - d`` are what they say:
#: the loss is then even along the first leg, its derivative at the critical start exactly 0.
STEP = 2.0**-50
#: The last leg stops this share before the minimum, where rounding could turn it into a rise.
SHORT = 1e-8


def refined_minimum() -> Tensor:
    """The k = 7 minimum to the last digits (multiples of ``STEP``), by Newton steps from its ten."""
    start = student(k7_minimum()[None])
    return rounded(finish(orthonormal_risk(7), start, frozen="U", tolerance=1e-14, iterations=20).theta.W[0])


def rounded(W: Tensor) -> Tensor:
    """To multiples of ``STEP``."""
    return (W / STEP).round() * STEP


def split(W: Tensor, unit: int) -> Tensor:
    """The same function with one unit more: ``w_unit`` becomes two units ``w_unit/2``."""
    half = W[unit] / 2
    W = torch.cat([W, half[None]])
    W[unit] = half
    return W


def opening(risk: PopulationRisk, W: Tensor, unit: int) -> Tensor:
    """The change ``+v, -v`` of the two halves, ``|v| = 1``, in which the loss falls fastest (to second order)."""
    k = W.shape[1]
    H = hessian(risk, student(W), "U").reshape(len(W), k, len(W), k)
    # Moving the halves by +v and -v leaves all others still: v^T (H_aa - H_ab - H_ba + H_bb) v.
    quadratic = H[unit, :, unit] - H[unit, :, -1] - H[-1, :, unit] + H[-1, :, -1]
    v = torch.linalg.eigh(quadratic)[1][:, 0]
    change = torch.zeros_like(W)
    change[unit], change[-1] = v, -v
    return change


def escapes(units: Sequence[int]) -> list[Path]:
    """For each unit a path from the split k = 7 minimum along which the loss falls, to the end of gradient descent.

    Knots: the split point, ``w/2 +- eps v``, points of the descent (as few as keep every leg falling), and, short of
    it, the minimum by Newton steps.
    """
    risk = orthonormal_risk(7)
    begun = [split(refined_minimum(), unit) for unit in units]
    opened = torch.stack([W + rounded(EPSILON * opening(risk, W, unit)) for W, unit in zip(begun, units, strict=True)])
    descent = train(
        risk, student(opened), step=2.5 / opened.shape[1], steps=STEPS, frozen="U", record=RECORD, keep_path=True
    )
    end = finish(risk, descent.theta, frozen="U", tolerance=1e-10, iterations=200).theta
    return [
        shortened([student(W), *fewest_knots(risk, [*(theta[i] for theta in descent.path), end[i]])])
        for i, W in enumerate(begun)
    ]


def shortened(knots: list[Theta]) -> Path:
    """The path through ``knots`` whose last leg stops ``SHORT`` before its end."""
    return polygon([*knots[:-1], Theta(knots[-1].U, knots[-1].W + SHORT * (knots[-2].W - knots[-1].W))])


def fewest_knots(risk: PopulationRisk, points: list[Theta]) -> list[Theta]:
    """Skip points as long as the loss does not rise on the straight leg from the last knot (doubling)."""
    knots, i = [points[0]], 0
    while i < len(points) - 1:
        reach = 1
        while i + 2 * reach < len(points) and falls(risk, points[i], points[i + 2 * reach]):
            reach *= 2
        last = len(points) - 1
        if i + 2 * reach >= len(points) and falls(risk, points[i], points[last]):
            reach = last - i
        i += reach
        knots.append(points[i])
    return knots


def falls(risk: PopulationRisk, a: Theta, b: Theta) -> bool:
    """Whether the loss never rises on 65 points of the segment from ``a`` to ``b``."""
    t = torch.linspace(0, 1, GRID + 1, dtype=a.W.dtype)[:, None, None]
    values = risk.value(between(a, b, t))
    return rise_of_values(values) <= ROUNDING


def profile(path: Path, points: int) -> tuple[Tensor, Tensor]:
    """Length along the path and half loss, at ``points`` places of every leg."""
    theta = path.sampled(points)
    length = torch.cat([torch.zeros(1, dtype=theta.W.dtype), theta.W.diff(dim=0).flatten(1).norm(dim=1).cumsum(0)])
    return length, orthonormal_risk(7).value(theta) / 2


def write(path: Path, file: File) -> None:
    """The path file for ``python -m valleys.verify``."""
    save_path(file, path, teacher_arrays(orthonormal_risk(7).teacher))
