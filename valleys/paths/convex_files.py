"""Path files of networks with an output bias, a convex loss, or the claim of a connection: ``files`` documents the format."""

from __future__ import annotations

from pathlib import Path as File

import numpy as np

from valleys.paths.files import save_arrays
from valleys.paths.law_files import Arrays
from valleys.paths.path import Path
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.network import stack
from valleys.run.errors import InputError


def convex_arrays(risk: ConvexRisk) -> Arrays:
    """What a path file says of a convex loss on a sample.

    Raises:
        InputError: for a callable of the user, as activation or as loss: no file can hold it.
    """
    if not risk.loss.named:
        raise InputError("loss", f"the callable {risk.loss.name}", "a loss with a name in a path file")
    return {"activation": np.array(risk.sigma.stored), "loss": np.array(risk.loss.name), **risk.law.stored()}


def save_convex_path(file: str | File, path: Path, risk: ConvexRisk, claim: str = "descent") -> None:
    """Write the knots of a piecewise linear path, a pinned unit as ``c``.

    Args:
        file: the .npz.
        path: straight pieces.
        risk: the loss.
        claim: what the path is to show: ``descent`` (never rises) or ``connection`` (never above the worse end).
    """
    knots = stack(path.knots)
    last = knots.U.shape[-1] - risk.pinned
    arrays = {"U": knots.U[..., :last].numpy(), "W": knots.W[:, :last].numpy()}
    if risk.pinned:
        arrays["c"] = knots.U[..., -1].numpy()
    arrays = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
    if claim != "descent":
        arrays["claim"] = np.array(claim)
    save_arrays(file, arrays, convex_arrays(risk))
