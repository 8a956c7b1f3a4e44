"""A user's own start, and the file that the path is written to."""

from __future__ import annotations

from pathlib import Path as File

import numpy as np
import torch

from theorem11.th11data import deep_start, start
from theorem11.th11model import DeepPath, Layers
from theorem11.th11options import Config
from theorem11.th11risk import LinearRisk
from valleys.paths.files import save_arrays
from valleys.problem.network import Theta, load_theta, read_npz
from valleys.run.errors import InputError


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
        raise InputError("--start", f"layers {shapes} in {File(file).name}", allowed)
    return layers


def chosen_start(name: str, risk: LinearRisk, p: int, generator: torch.Generator) -> Theta:
    """The start called ``name``, or the one in a file."""
    return start_from_file(name, risk) if name.endswith(".npz") else start(name, risk, p, generator)


def chosen_layers(
    config: Config, name: str, risk: LinearRisk, widths: tuple[int, ...], generator: torch.Generator
) -> Layers:
    """The same for deep networks."""
    if name.endswith(".npz"):
        return layers_from_file(name, risk, config.depth)
    return deep_start(name, risk, widths, generator)


def law_arrays(risk: LinearRisk) -> dict[str, np.ndarray]:
    """What a path file says of the loss: a sample of ``r`` points, ``LinearRisk.sample``."""
    X, Y = risk.sample
    return {"activation": np.array("z"), "X": X.numpy(), "Y": Y.numpy()}


def save(config: Config, path: DeepPath, risk: LinearRisk) -> None:
    """Write the knots if ``--save-path`` asks for it: ``W1 (K, p_1, n) .. W{depth + 1} (K, m, p_depth)``."""
    if config.save_path:
        save_arrays(config.save_path, path.arrays(), law_arrays(risk))
