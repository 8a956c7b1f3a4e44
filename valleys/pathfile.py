"""Path files: the knots of a path and all that the loss needs, in one .npz that anybody can write.

``U (K, m, p)`` and ``W (K, p, n)``: the knots of a piecewise linear path, or, where ``t (K,)`` is there, points along a
curve. The loss: ``activation`` with ``X (N, n)`` and ``Y (N, m)``, or with ``law`` and the numbers of that law.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as File

import numpy as np
import torch
from torch import Tensor

from valleys.activations import activation
from valleys.errors import InputError
from valleys.laws import GaussianTeacher, Sample
from valleys.mixture import MixtureRisk, gaussian_part
from valleys.network import Theta, read_npz, stack
from valleys.path import Path
from valleys.population import PopulationRisk
from valleys.record import save_npz
from valleys.risk import FeatureRisk, Risk

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


#: How a loss is read from a path file, and the keys it needs: by ``law`` (``sample`` where the file names none).
READERS: dict[str, tuple[tuple[str, ...], Callable[[Arrays], Risk]]] = {
    "sample": (("activation", "X", "Y"), _sample),
    "gaussian": (("activation", "teacher_U", "teacher_W", "teacher_activation", "noise"), _gaussian),
    "two-part": (("activation", "teacher_U", "teacher_W"), _two_part),
}


def law_arrays(risk: FeatureRisk) -> Arrays:
    """What a path file says of the loss."""
    law, name = risk.law, np.array(risk.sigma.name)
    if isinstance(law, Sample):
        return {"activation": name, "X": law.X.numpy(), "Y": law.Y.numpy()}
    return {
        "law": np.array("gaussian"), "activation": name, "teacher_U": law.teacher.U.numpy(),
        "teacher_W": law.teacher.W.numpy(), "teacher_activation": np.array(law.sigma.name), "noise": np.array(law.noise),
    }  # fmt: skip


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


def load_path(file: str | File, argument: str = "FILE") -> tuple[Theta, Tensor | None, Risk]:
    """Read a path file.

    Args:
        file: the .npz.
        argument: the option that named it, for the error line.

    Returns:
        the points as a batch, ``t`` where the file has it, and the loss.

    Raises:
        InputError: for a missing key, an unknown law or arrays that do not fit.
    """
    arrays = read_npz(file, argument, ("U", "W"))
    name = str(arrays.get("law", "sample"))
    if name not in READERS:
        raise InputError(argument, f"law {name} in {file}", "one of: " + ", ".join(READERS))
    keys, reader = READERS[name]
    for key in keys:
        if key not in arrays:
            raise InputError(argument, f"{file} with keys {sorted(arrays)}", "also " + ", ".join(keys))
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
    return points, t, risk
