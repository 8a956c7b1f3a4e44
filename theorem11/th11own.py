"""What the options ask for: the law, the start, and the file that the path is written to."""

from __future__ import annotations

from math import ceil
from pathlib import Path as File
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from theorem11.th11layers import DeepPath, Layers
from theorem11.th11risk import LinearRisk
from theorem11.th11starts import deep_start, layers_from_file, start, start_from_file
from valleys.paths.curve_files import POINTS, save_curve
from valleys.paths.path import Path
from valleys.problem.laws import read_sample
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.record import save_npz

if TYPE_CHECKING:
    from theorem11.th11options import Config

#: Eigenvalues of ``ill`` fall from 1 to this; ``singular`` keeps the first ``KEPT`` of the directions.
ILL, KEPT = 1e-4, 0.6


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
    """The loss that the options describe, and its name: the user's data, or a random linear teacher."""
    if config.data is not None:
        sample = read_sample(config.data, config.target)
        return LinearRisk.from_sample(sample), f"{len(sample.X)} points of {File(config.data).name}"
    generator = stream(config.seed, 0)
    teacher = torch.randn(config.m, config.n, generator=generator, dtype=torch.float64) / config.n**0.5
    return LinearRisk.from_covariance(covariance(config.covariance, config.n, generator), teacher), config.covariance


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
    """A sample of ``r`` points with the same loss: ``X = sqrt(r) K^T``, ``Y = sqrt(r) C^T`` (without the constant)."""
    scale = risk.K.shape[1] ** 0.5
    return {"activation": np.array("z"), "X": (scale * risk.K.T).numpy(), "Y": (scale * risk.C.T).numpy()}


def save(config: Config, path: Path, risk: LinearRisk) -> None:
    """Write the path if ``--save-path`` asks for it."""
    if config.save_path:
        save_curve(config.save_path, path, law_arrays(risk))


def save_deep(config: Config, path: DeepPath, risk: LinearRisk) -> None:
    """The same for deep networks: ``t (K,)``, ``W1 (K, p_1, n) .. W{depth + 1} (K, m, p_depth)``."""
    if not config.save_path:
        return
    each = ceil(POINTS / len(path.pieces))
    points = [path.start, *(piece.at(i / each) for piece in path.pieces for i in range(1, each + 1))]
    layers = {f"W{k + 1}": torch.stack([x.weights[k] for x in points]).numpy() for k in range(len(path.start.weights))}
    t = np.linspace(0, 1, len(points))
    save_npz(File(config.save_path), {"t": t, **layers, **law_arrays(risk)})
