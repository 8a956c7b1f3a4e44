"""Where paths begin: random, repeated rows, zero, a saddle, rows of very different size, or a file."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch

from theorem11.th11layers import Layers
from theorem11.th11risk import LinearRisk
from valleys.problem.network import Theta, load_theta, random_theta, read_npz
from valleys.run.errors import InputError

STARTS = ("random", "zero", "repeated", "saddle", "scaled")
#: Rows of ``scaled`` starts are stretched by up to ``10^SPREAD`` and shrunk as much.
SPREAD = 4.0


def start(name: str, risk: LinearRisk, p: int, generator: torch.Generator) -> Theta:
    """A start of width ``p`` for one hidden layer.

    Args:
        name: one of ``STARTS``; *saddle*: the least squares on the weakest directions of ``C``, about half of those that
            matter, other rows 0: the gradient vanishes there and the loss is no minimum.
        risk: gives the sizes, and the saddle.
        p: width.
        generator: draws the random numbers.

    Returns:
        the parameters.
    """
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
        the layers.
    """
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


def start_from_file(file: str, risk: LinearRisk) -> Theta:
    """``U (m, p)``, ``W (p, n)`` from an .npz.

    Raises:
        InputError: if the sizes are not those of the data.
    """
    theta = load_theta(file)
    if (theta.m, theta.n) != (risk.m, risk.n):
        got = f"U {tuple(theta.U.shape)}, W {tuple(theta.W.shape)} in {file}"
        raise InputError("--start", got, f"U (m, p) and W (p, n) with m = {risk.m} and n = {risk.n}")
    return theta


def layers_from_file(file: str, risk: LinearRisk, depth: int) -> Layers:
    """``W1 .. W{K+1}`` from an .npz.

    Raises:
        InputError: if a layer is missing or does not fit its neighbours or the data.
    """
    keys = tuple(f"W{k}" for k in range(1, depth + 2))
    arrays = read_npz(file, "--start", keys)
    shapes = [arrays[key].shape for key in keys]
    ends = all(len(shape) == 2 for shape in shapes) and (shapes[0][1], shapes[-1][0]) == (risk.n, risk.m)
    try:
        layers = Layers(tuple(torch.from_numpy(arrays[key]) for key in keys)) if ends else None
    except InputError:
        layers = None
    if layers is None or 0 in layers.widths:
        allowed = f"W1 (p_1, n) .. W{depth + 1} (m, p_{depth}) that fit, with n = {risk.n} and m = {risk.m}"
        raise InputError("--start", f"layers {shapes} in {Path(file).name}", allowed)
    return layers
