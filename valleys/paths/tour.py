"""Tours of a path for the page: points along it with all their parameters, the loss at each, what each leg moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from valleys.paths.curves import points_of
from valleys.paths.path import Line, Path, Piece
from valleys.problem.network import Theta, stack
from valleys.problem.risk import Risk
from valleys.run.errors import InputError

#: Points on each leg of a tour, the end of the leg among them.
POINTS = 40
#: Changes below this share of the loss at the start count as rounding.
ROUNDING = 1e-12
KEYS = ("title", "text", "scale", "legs", "lines")
ARRAYS = ("U", "W", "loss", "leg")
#: What a tour may have besides.
COMPARED = ("outputs", "chord")


@dataclass(frozen=True)
class Level:
    """A horizontal line in the picture of the loss: a floor, the gate, the minimum or the start."""

    label: str
    value: float
    kind: Literal["proved", "floor", "gate", "minimum", "start"]


@dataclass(frozen=True)
class Targets:
    """What the network ought to be, number by number: outputs at some inputs, or the entries of a matrix.

    Attributes:
        title: what is compared.
        names: of the numbers.
        values: what they ought to be.
        outputs: what they are, ``(K, len(names))`` for a batch of ``K`` networks.
    """

    title: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    outputs: Callable[[Theta], Tensor]


def outputs_at(X: Tensor, sigma: Callable[[Tensor], Tensor]) -> Callable[[Theta], Tensor]:
    """``Phi`` at the rows of ``X (K, n)`` as ``Targets`` want it, for one output."""
    return lambda theta: (theta.U @ sigma(theta.W @ X.T))[..., 0, :]


def tour(
    stem: str,
    path: Path,
    risk: Risk,
    title: str,
    text: str,
    levels: tuple[Level, ...] = (),
    scale: Literal["linear", "log"] = "linear",
    points: int = POINTS,
    targets: Targets | None = None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Values and arrays that a picture adds to its record, so that the page can show the path.

    Args:
        stem: the picture that the tour belongs to; the values' key is ``<stem>_tour``.
        path: the path.
        risk: recomputes the loss at each point.
        title: what is shown.
        text: one or two sentences on what to look at.
        levels: horizontal lines.
        scale: of the loss axis.
        points: on each leg.
        targets: what the network is held against, where that can be shown.

    Returns:
        ``values`` with one entry, and the arrays ``tour/U (K, m, p)``, ``tour/W (K, p, n)``, ``tour/loss (K,)``,
        ``tour/leg (K,)``, ``tour/chord (K,)`` (the loss on the straight line from start to end) and, with targets,
        ``tour/outputs (K, ..)``, for ``K = legs * points + 1``.
    """
    t = torch.arange(1, points, dtype=torch.float64) / points
    batches = [stack([path.start])]
    for piece in path.pieces:
        batches += [points_of(piece, t), stack([piece.end])]
    theta = Theta(torch.cat([b.U for b in batches]), torch.cat([b.W for b in batches]))
    loss = risk.value(theta)
    legs = [
        describe(piece, theta.W[first : first + points + 1], loss[first : first + points + 1], float(loss[0]))
        for piece, first in zip(path.pieces, range(0, len(loss), points), strict=False)
    ]
    leg = np.concatenate([[0], np.repeat(np.arange(len(legs)), points)])
    lines = [{"label": level.label, "value": level.value, "kind": level.kind} for level in levels]
    values: dict[str, Any] = {"title": title, "text": text, "scale": scale, "legs": legs, "lines": lines}
    arrays = {"U": theta.U.numpy(), "W": theta.W.numpy(), "loss": loss.numpy(), "leg": leg}
    line = points_of(Line(path.start, path.end), torch.linspace(0, 1, len(loss), dtype=torch.float64))
    arrays["chord"] = risk.value(line).numpy()
    if targets:
        values["targets"] = {"title": targets.title, "names": list(targets.names), "values": list(targets.values)}
        arrays["outputs"] = targets.outputs(theta).numpy()
    return {f"{stem}_tour": values}, {f"tour/{key}": value for key, value in arrays.items()}


def describe(piece: Piece, W: Tensor, loss: Tensor, start: float) -> str:
    """What a leg moves, and what the loss does on it.

    Args:
        piece: the leg.
        W: hidden weights along it, ``(T, p, n)``.
        loss: along it, ``(T,)``.
        start: the loss at the start of the path.

    Returns:
        a phrase as ``output weights move; L falls``.
    """
    turning = (W[0] != W).any(dim=0).any(dim=1)
    before, after = piece.start.U, piece.end.U
    if not turning.any():
        moves = "output weights move"
    elif not torch.equal(before, after):
        moves = "both layers move"
    else:
        live = bool((before[:, turning] != 0).any())
        moves = "rows of W move" if live else "rows of W with output weight 0 move"
    slack = ROUNDING * start
    rises, falls = bool((loss.diff() > slack).any()), bool((loss.diff() < -slack).any())
    does = {(False, False): "stays", (True, False): "rises", (False, True): "falls", (True, True): "rises and falls"}
    return f"{moves}; L {does[rises, falls]}"


def read_tour(stem: str, values: dict[str, Any], arrays: dict[str, np.ndarray], name: str) -> dict[str, Any] | None:
    """The tour of a picture as the page's data, rounded for it; None where the picture has none.

    Args:
        stem: the picture.
        values: of the record.
        arrays: of the record.
        name: of the tour, unique on the page.

    Returns:
        plain data: ``id, title, text, scale, legs, lines, n, p, m, loss, leg, U, W`` and, where the record has them,
        ``chord``, ``targets`` and ``outputs``.

    Raises:
        InputError: where the record holds only a part of it.
    """
    told = values.get(f"{stem}_tour")
    if told is None:
        return None
    found = {key: arrays[f"{stem}/tour/{key}"] for key in ARRAYS if f"{stem}/tour/{key}" in arrays}
    if not isinstance(told, dict) or set(told) - {"targets"} != set(KEYS) or len(found) != len(ARRAYS):
        raise InputError("record", f"{stem}_tour", f"a tour with {', '.join(KEYS + ARRAYS)}")
    _, m, p = found["U"].shape
    more = {key: _rounded(arrays[at], 6) for key in COMPARED if (at := f"{stem}/tour/{key}") in arrays}
    return {
        "id": name, **told, "n": found["W"].shape[2], "p": p, "m": m,
        "loss": _rounded(found["loss"], 10), "leg": found["leg"].tolist(),
        "U": _rounded(found["U"], 5), "W": _rounded(found["W"], 5), **more,
    }  # fmt: skip


def _rounded(values: np.ndarray, digits: int) -> Any:
    """Nested lists with so many significant digits; a weight that is exactly 0 stays 0, and no other becomes it."""
    if values.ndim > 1:
        return [_rounded(row, digits) for row in values]
    return [float(f"{value:.{digits}g}") for value in values.tolist()]
