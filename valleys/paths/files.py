"""Path files: the knots of a path and all that the loss needs, in one .npz that anybody can write.

``U (K, m, p)`` and ``W (K, p, n)``: the knots of a piecewise linear path, or, where ``t (K,)`` is there, points along a
curve. The loss: ``activation`` with ``X (N, n)`` and ``Y (N, m)``, or with ``law`` and the numbers of that law. Deep linear
networks have ``t`` and their layers, ``W1 (K, p_1, n) .. W{D + 1} (K, m, p_D)``, in the place of ``U`` and ``W``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path as File

import numpy as np
import torch
from torch import Tensor

from valleys.paths.path import Path
from valleys.problem.activations import activation
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.mixture import MixtureRisk, gaussian_part, point_part
from valleys.problem.network import Theta, read_npz, stack
from valleys.problem.population import PopulationRisk
from valleys.problem.risk import FeatureRisk, Risk
from valleys.run.errors import InputError
from valleys.run.record import save_npz

Arrays = dict[str, np.ndarray]


def _sample(arrays: Arrays) -> FeatureRisk:
    X, Y = (torch.from_numpy(arrays[key]) for key in ("X", "Y"))
    return FeatureRisk(activation(str(arrays["activation"])), Sample(X, Y[:, None] if Y.dim() == 1 else Y))


def _gaussian(arrays: Arrays) -> Risk:
    teacher = Theta(torch.from_numpy(arrays["teacher_U"]), torch.from_numpy(arrays["teacher_W"]))
    if arrays["activation"] == arrays["teacher_activation"] == "relu" and arrays["noise"] == 0:
        return PopulationRisk(teacher)
    law = GaussianTeacher(teacher, activation(str(arrays["teacher_activation"])), arrays["noise"].item())
    return FeatureRisk(activation(str(arrays["activation"])), law)


def _two_part(arrays: Arrays) -> Risk:
    """Theorem 13's law: ``x = (xb, 0)`` or ``x = (0, .., 0, x_n)``, probability 1/2 each, all standard normal."""
    name, W = str(arrays["activation"]), torch.from_numpy(arrays["teacher_W"])
    weights, n = torch.from_numpy(arrays["teacher_U"])[0], W.shape[1]
    blocks = (slice(0, n - 1), slice(n - 1, n))
    return MixtureRisk([gaussian_part(name, b, W[:, b], weights) for b in blocks], [0.5, 0.5], n, activation(name))


def _gaussian_and_point(arrays: Arrays) -> Risk:
    """The decoupled law: ``x = (xb, 0)``, standard normal ``xb``, or ``x = (0, .., 0, point)``, probability 1/2 each."""
    name, W = str(arrays["activation"]), torch.from_numpy(arrays["teacher_W"])
    n, point = W.shape[1], torch.from_numpy(arrays["point"]).reshape(1)
    first = gaussian_part(name, slice(0, n - 1), W[:, :-1], torch.from_numpy(arrays["teacher_U"])[0])
    second = point_part(name, slice(n - 1, n), point, arrays["target"].item())
    return MixtureRisk([first, second], [0.5, 0.5], n, activation(name))


#: How a loss is read from a path file, and the keys it needs: by ``law`` (``sample`` where the file names none).
READERS: dict[str, tuple[tuple[str, ...], Callable[[Arrays], Risk]]] = {
    "sample": (("activation", "X", "Y"), _sample),
    "gaussian": (("activation", "teacher_U", "teacher_W", "teacher_activation", "noise"), _gaussian),
    "two-part": (("activation", "teacher_U", "teacher_W"), _two_part),
    "gaussian-and-point": (("activation", "teacher_U", "teacher_W", "point", "target"), _gaussian_and_point),
}


@dataclass(frozen=True)
class PathFile:
    """What a path file holds.

    Attributes:
        points: knots or points, a batch.
        t: where the points lie along a curve; None for the knots of a piecewise linear path.
        risk: the loss.
        width: of the narrowest hidden layer.
    """

    points: Theta
    t: Tensor | None
    risk: Risk
    width: int


def law_arrays(risk: FeatureRisk) -> Arrays:
    """What a path file says of the loss; a callable as activation is refused (``Activation.stored``)."""
    return {"activation": np.array(risk.sigma.stored), **risk.law.stored()}


def teacher_arrays(teacher: Theta) -> Arrays:
    """What a path file says of the loss of ReLU students of a ReLU teacher under ``N(0, I_n)``."""
    relu = np.array("relu")
    return {
        "law": np.array("gaussian"), "activation": relu, "teacher_U": teacher.U.numpy(),
        "teacher_W": teacher.W.numpy(), "teacher_activation": relu, "noise": np.array(0.0),
    }  # fmt: skip


def save_path(file: str | File, path: Path, law: Arrays) -> None:
    """Write the knots of a piecewise linear path and what the loss needs; the first knot is the start bit for bit."""
    knots = stack(path.knots)
    save_npz(File(file), {"U": knots.U.numpy(), "W": knots.W.numpy(), **law}, "--save-path")


def folded(arrays: Arrays, file: str | File, argument: str) -> tuple[Arrays, int]:
    """The layers of a deep linear network as ``W = W1`` and ``U = W{D + 1} .. W2``, which has the same loss everywhere.

    Args:
        arrays: of the file.
        file: its name.
        argument: the option that named it.

    Returns:
        the arrays with ``U`` and ``W``, and the smallest hidden width.

    Raises:
        InputError: if the layers do not fit together, the activation is not ``z``, or there is no ``t``.
    """
    count = next(k for k in range(1, len(arrays) + 2) if f"W{k}" not in arrays) - 1
    layers = [arrays[f"W{k}"] for k in range(1, count + 1)]
    chained = all(
        a.ndim == b.ndim == 3 and a.shape[:2] == (b.shape[0], b.shape[2]) for a, b in itertools.pairwise(layers)
    )
    if count < 2 or not chained or "t" not in arrays or str(arrays.get("activation")) != "z":
        got = f"layers {[layer.shape for layer in layers]} in {file}"
        raise InputError(argument, got, "t (K,), activation z and W1 (K, p_1, n) .. that fit together, two or more")
    U = reduce(lambda product, layer: layer @ product, layers[1:])
    return arrays | {"W": layers[0], "U": U}, min(layer.shape[1] for layer in layers[:-1])


def load_path(file: str | File, argument: str = "FILE") -> PathFile:
    """Read a path file.

    Args:
        file: the .npz.
        argument: the option that named it, for the error line.

    Returns:
        its points and its loss.

    Raises:
        InputError: for a missing key, an unknown law or arrays that do not fit.
    """
    arrays, width = read_npz(file, argument, ()), None
    if "W1" in arrays:
        arrays, width = folded(arrays, file, argument)
    name = str(arrays.get("law", "sample"))
    if name not in READERS:
        raise InputError(argument, f"law {name} in {file}", "one of: " + ", ".join(READERS))
    keys, reader = READERS[name]
    for key in ("U", "W", *keys):
        if key not in arrays:
            raise InputError(argument, f"{file} with keys {sorted(arrays)}", "also " + ", ".join(("U", "W", *keys)))
    if arrays["U"].ndim != 3 or arrays["W"].ndim != 3 or len(arrays["U"]) < 2:
        got = f"U {arrays['U'].shape}, W {arrays['W'].shape} in {file}"
        raise InputError(argument, got, "U (K, m, p) and W (K, p, n) with K >= 2 points")
    risk = reader(arrays)
    points = Theta(torch.from_numpy(arrays["U"]), torch.from_numpy(arrays["W"]))
    if (points.m, points.n) != (risk.m, risk.n):
        got = f"m = {points.m}, n = {points.n} in {file}"
        raise InputError(argument, got, f"m = {risk.m} outputs and n = {risk.n} inputs, as the law in the file")
    t = torch.from_numpy(arrays["t"]) if "t" in arrays else None
    if t is not None and (t.shape != (len(points.U),) or (t.diff() <= 0).any()):
        raise InputError(argument, f"t {tuple(t.shape)} in {file}", f"t ({len(points.U)},), increasing")
    return PathFile(points, t, risk, points.p if width is None else width)
