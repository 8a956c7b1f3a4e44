"""Files of curved paths: points along the way, every knot among them, with their ``t``."""

from __future__ import annotations

from math import ceil
from pathlib import Path as File

import numpy as np
import torch

from valleys.paths.path import Path
from valleys.run.record import save_npz

POINTS = 2000


def save_curve(file: str | File, path: Path, law: dict[str, np.ndarray], points: int = POINTS) -> None:
    """Write ``t (K,)``, ``U (K, m, p)``, ``W (K, p, n)`` and what the loss needs; the first point is the start bit for bit.

    Args:
        file: the .npz.
        path: straight and curved pieces; each takes the same share of ``t``.
        law: further arrays, as ``valleys.paths.files`` reads them.
        points: at least so many points.
    """
    each = ceil(points / len(path.pieces))
    batch = path.sampled(each)
    t = torch.linspace(0, 1, len(batch.U), dtype=torch.float64)
    save_npz(File(file), {"t": t.numpy(), "U": batch.U.numpy(), "W": batch.W.numpy(), **law})
