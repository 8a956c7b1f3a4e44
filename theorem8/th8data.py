"""Data of Theorem 8's figures: the thesis' draws, the diabetes set, and the starts of the descent paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from valleys.problem.laws import Sample, read_sample, standardised, with_bias
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.search.training import Training, train

DIABETES = Path(__file__).parent / "diabetes.csv"
STARTS = ("random", "repeated rows", "zero rows", "stuck")


def thesis_sample(points: int, seed: int) -> Sample:
    """The thesis' sample: ``N`` inputs uniform on ``[-2, 2]^10``, ``y = 3 x`` (NumPy's legacy stream, as drawn there)."""
    X = np.random.RandomState(seed).uniform(-2.0, 2.0, (10, points)).T
    inputs = torch.from_numpy(np.ascontiguousarray(X))
    return Sample(inputs, 3.0 * inputs)


def thesis_network(p: int, seed_W: int, seed_U: int | None) -> Theta:
    """The thesis' network of width ``p``, ten inputs and outputs, with dependent rows freed.

    ``W`` and ``U`` are standard normal from NumPy's ``default_rng``; ``U`` has its own seed, or follows ``W`` in the
    same stream (None). Where ``p > 10`` rows ``0 .. p - 11`` are combinations ``W_J = C W_I`` of the last ten: their
    output weights go to the others (``U_I += U_J C``: ``Phi`` is unchanged) and they are drawn again.
    """
    generator = np.random.default_rng(seed_W)
    W = generator.standard_normal((p, 10))
    U = (generator if seed_U is None else np.random.default_rng(seed_U)).standard_normal((10, p))
    freed = max(p - 10, 0)
    if freed:
        C = np.linalg.solve(W[freed:].T, W[:freed].T).T
        U[:, freed:] += U[:, :freed] @ C
        U[:, :freed] = 0.0
        W[:freed] = np.random.default_rng(seed_W).standard_normal((freed, 10))
    return Theta(torch.from_numpy(U), torch.from_numpy(W))


def diabetes(rows: int | None = None) -> Sample:
    """The diabetes set (442 x 10): standardised columns over ``sqrt(10)``, a column of ones, standardised target."""
    raw = read_sample(DIABETES)
    X, Y = raw.X[:rows], raw.Y[:rows]
    return Sample(with_bias(standardised(X) / X.shape[1] ** 0.5), standardised(Y))


def start(name: str, risk: FeatureRisk, p: int, generator: torch.Generator, steps: int = 3000) -> Theta:
    """A start of width ``p``: random, with repeated rows, with zero rows, or where gradient descent got stuck.

    The stuck one is ``p`` copies of a network of width 1 that gradient descent has trained: the copies have the same
    gradient, so gradient descent never parts them.
    """
    theta = random_theta(risk.m, p, risk.n, generator)
    if name == "repeated rows":
        half = p // 2
        W = torch.cat([theta.W[:1].expand(half, -1), theta.W[half:]])
        return Theta(theta.U, W.contiguous())
    if name == "zero rows":
        keep = torch.arange(p) % 2 == 0
        return Theta(theta.U, torch.where(keep[:, None], theta.W, 0.0))
    if name == "stuck":
        single = random_theta(risk.m, 1, risk.n, generator)
        trained = calm_descent(risk, single, steps).theta
        return Theta((trained.U / p).repeat(1, p), trained.W.repeat(p, 1))
    return theta


def calm_descent(risk: FeatureRisk, theta: Theta, steps: int, record: Sequence[int] = ()) -> Training:
    """Gradient descent whose step is cut by four until no recorded loss lies above the start."""
    step = safe_step(risk, theta)
    while True:
        run = train(risk, theta, step=step, steps=steps, record=[0, *record], keep_path=True)
        if (run.losses <= run.losses[0] * (1 + 1e-12)).all():
            return run
        step /= 4


def safe_step(risk: FeatureRisk, theta: Theta, share: float = 0.1) -> float:
    """A step for gradient descent: ``share`` over the curvature in ``U`` at the start (``2 |F|_2^2``, at least 2)."""
    F = risk.features(theta.W)
    curvature = 2 * max(float(torch.linalg.matrix_norm(F, 2)) ** 2, 1.0)
    return share / curvature


def principal_plane(history: Tensor) -> tuple[Tensor, Tensor]:
    """First two principal directions of the steps of a trajectory ``(T, Q)``, and all shares of variance."""
    steps = history.diff(dim=0)
    _, values, directions = torch.linalg.svd(steps - steps.mean(dim=0), full_matrices=False)
    return directions[:2], values.square() / values.square().sum()
