"""Data of Theorem 11: the law, and where paths begin (random, repeated rows, zero, a saddle, rows of unlike size)."""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from pathlib import Path

import torch
from torch import Tensor

from theorem11.th11model import Layers
from theorem11.th11options import STARTS, Config
from theorem11.th11risk import RANK_TOLERANCE, LinearRisk
from valleys.problem.laws import read_sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.errors import InputError

#: Eigenvalues of ``ill`` fall from 1 to this; ``singular`` keeps the first ``KEPT`` of the directions.
ILL, KEPT = 1e-4, 0.6
#: Rows of ``scaled`` starts are stretched by up to ``10^SPREAD`` and shrunk as much.
SPREAD = 4.0


def covariance(name: str, n: int, generator: torch.Generator) -> Tensor:
    """``E X X^T``: the identity, or random directions with falling (*ill*) or partly vanishing (*singular*) variances."""
    if name == "identity":
        return torch.eye(n, dtype=torch.float64)
    V = torch.linalg.qr(torch.randn(n, n, generator=generator, dtype=torch.float64)).Q
    values = ILL ** torch.linspace(0, 1, n, dtype=torch.float64)
    if name == "singular":
        values = (torch.arange(n) < ceil(KEPT * n)).to(torch.float64)
    return (V * values) @ V.T


def law_of(config: Config) -> tuple[LinearRisk, str]:
    """The loss that the options describe, and its name: the user's data, or a random linear teacher.

    Raises:
        InputError: for data that cannot be read, inputs that are all 0 (no linear network changes anything there), or columns
            of which the smaller would count as 0 beside the larger.
    """
    if config.data is not None:
        sample = read_sample(config.data, config.target)
        if not sample.X.any():
            raise InputError("--data", f"inputs that are all 0 in {config.data}", "an input that is not 0")
        size = torch.linalg.vector_norm(sample.X, dim=0)
        spread = float(size.max() / size[size > 0].min())
        if spread > 1 / RANK_TOLERANCE:
            allowed = f"at most {1 / RANK_TOLERANCE:g} times: rescale the columns"
            raise InputError("--data", f"a column {spread:.1g} times as large as another", allowed)
        return LinearRisk.from_sample(sample), f"{len(sample.X)} points of {Path(config.data).name}"
    generator = stream(config.seed, 0)
    teacher = torch.randn(config.m, config.n, generator=generator, dtype=torch.float64) / config.n**0.5
    return LinearRisk.from_covariance(covariance(config.covariance, config.n, generator), teacher), config.covariance


def check_start(name: str) -> None:
    """Refuse a name that is none of ``STARTS``.

    Raises:
        InputError: lists them.
    """
    if name not in STARTS:
        raise InputError("start", name, "one of: " + ", ".join(STARTS))


def start(name: str, risk: LinearRisk, p: int, generator: torch.Generator) -> Theta:
    """A start of width ``p`` for one hidden layer.

    Args:
        name: one of ``STARTS``; *saddle*: the least squares on the weakest directions of ``C``, about half of those that
            matter, other rows 0: the gradient vanishes there and the loss is no minimum.
        risk: gives the sizes, and the saddle.
        p: width.
        generator: draws the random numbers.

    Returns:
        the parameters; an unknown name is an InputError.
    """
    check_start(name)
    theta = random_theta(risk.m, p, risk.n, generator)
    if name == "zero":
        return theta.map(torch.zeros_like)
    if name == "repeated":
        return Theta(theta.U, theta.W[:1].repeat(p, 1))
    if name == "scaled":
        stretch = 10 ** torch.linspace(-SPREAD, SPREAD, p, dtype=torch.float64)
        return Theta(theta.U / stretch, stretch[:, None] * theta.W)
    if name == "saddle":
        rank = risk.K.shape[1]
        rows = torch.zeros(p, rank, dtype=torch.float64)
        count = min(p, max(1, rank // 2))
        rows[:count] = risk.spectrum[1][rank - count :]
        return Theta(risk.C @ rows.T, rows @ risk.inverse)
    return theta


def deep_start(name: str, risk: LinearRisk, widths: tuple[int, ...], generator: torch.Generator) -> Layers:
    """A start for hidden widths ``widths``; *saddle* carries the one of width ``min(widths)`` through all layers.

    Args:
        name: one of ``STARTS``; *repeated* repeats the first row of every hidden layer, *scaled* stretches whole layers.
        risk: gives the sizes, and the saddle.
        widths: ``(p_1, .., p_K)``.
        generator: draws the random numbers.

    Returns:
        the layers; an unknown name is an InputError.
    """
    check_start(name)
    sizes = (risk.n, *widths, risk.m)
    weights = [torch.randn(b, a, generator=generator, dtype=torch.float64) / a**0.5 for a, b in pairwise(sizes)]
    if name == "zero":
        weights = [torch.zeros_like(w) for w in weights]
    elif name == "repeated":
        weights = [*(w[:1].repeat(len(w), 1) for w in weights[:-1]), weights[-1]]
    elif name == "scaled":
        weights = [w * 10 ** (SPREAD * (1 - 2 * (k % 2))) for k, w in enumerate(weights)]
    elif name == "saddle":
        flat, p = start("saddle", risk, min(widths), generator), min(widths)
        weights = [torch.eye(b, a, dtype=torch.float64) for a, b in pairwise(sizes)]
        weights[0], weights[-1] = weights[0] * 0, weights[-1] * 0
        weights[0][:p], weights[-1][:, :p] = flat.W, flat.U
    return Layers(tuple(weights))
