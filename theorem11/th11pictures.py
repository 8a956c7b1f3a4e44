"""What is computed for the pictures of one hidden layer: paths, straight lines and gradient descent."""

from __future__ import annotations

from pathlib import Path as File
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from theorem11.th11construction import two_layers
from theorem11.th11data import law_of
from theorem11.th11judge import Judged, judged, path_claims
from theorem11.th11model import DeepPath, between
from theorem11.th11own import chosen_start, save
from theorem11.th11risk import LinearRisk
from theorem11.th11tour import planar_tour
from theorem11.th11training import descent
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.pictures import Part
from valleys.run.words import tex

if TYPE_CHECKING:
    from theorem11.th11options import Config

SOURCE = "Theorem 11, p. 9"
#: Points a stage of a path for drawing; points on the straight line.
FINE, LINE = 40, 101


def relative(values: Tensor, first: float, minimum: float) -> Tensor:
    """``(L - L*)/(L_0 - L*)``."""
    return (values - minimum) / (first - minimum if first > minimum else 1.0)


def losses_along(path: DeepPath, risk: LinearRisk) -> Tensor:
    """``FINE`` values a stage, its ends included."""
    return risk.value(path.sampled(FINE))


def losses_between(path: DeepPath, risk: LinearRisk) -> Tensor:
    """On the straight line from the start of a path to its end."""
    return risk.value(between(path.start, path.end, torch.linspace(0, 1, LINE, dtype=torch.float64)))


def row(risk: LinearRisk, path: DeepPath, start: str, law: str, found: Judged) -> dict[str, Any]:
    """An entry of ``values.paths``."""
    widths = path.start.widths
    method = "theorem 11" if len(widths) == 1 else "theorem 11, deep"
    return {
        "n": risk.n, "m": risk.m, "p": min(widths), "widths": list(widths), "method": method, "start": start, "target": law,
        "legs": len(path.knots) - 1, "stages": [stage.name for stage in path.stages], "judge": found.kind,
        "relative_rise": found.rise, "end_gap": found.gap,
    }  # fmt: skip


def label(start: str) -> str:
    """A start in a file's name."""
    return File(start).stem


def linear_path(folder: File, config: Config) -> Part:
    """``linear_path``: for every start and width the loss along path, straight line and gradient descent.

    The knots of each path are written to ``folder``, and the exact checker reads them from there.
    """
    risk, law = law_of(config)
    rows, arrays, found = [], {}, []
    begun: dict[str, tuple[Theta, float, float]] = {}
    for k, name in enumerate(config.starts):
        for j, p in enumerate(config.single_widths):
            theta = chosen_start(name, risk, p, stream(config.seed, 1, k, j))
            path = two_layers(theta, risk)
            save(config, path, risk)
            verdict = judged(path, risk, folder / f"linear_{label(name)}_p{theta.p}.npz")
            rows.append(row(risk, path, name, law, verdict))
            found.append(verdict)
            minimum = risk.minimum(theta.p)
            for kind, values in (("path", losses_along(path, risk)), ("line", losses_between(path, risk))):
                arrays[f"{kind}_{k}_{j}"] = relative(values, verdict.start, minimum).numpy()
            begun[f"descent_{k}_{j}"] = (theta, verdict.start, minimum)
    losses = descent([theta for theta, _, _ in begun.values()], risk, config.step, config.steps)
    for i, (key, (_, first, minimum)) in enumerate(begun.items()):
        arrays[key] = relative(losses[:, i], first, minimum).numpy()
    rising = sum(float(arrays[key].max()) > 1 + 1e-9 for key in arrays if key.startswith("line_"))
    ends = [float(arrays[key][-1]) for key in arrays if key.startswith("descent_")]
    stuck, stays = (sum(end > share for end in ends) for share in (0.01, 0.999))
    shown = {
        "starts": list(config.starts), "widths": [r["p"] for r in rows[: len(config.single_widths)]],
        "steps": config.steps, "step": config.step, "rising_lines": rising, "unfinished_descents": stuck,
    }  # fmt: skip
    caption = (
        f"Linear networks $U W x$ with $n = {risk.n}$ inputs, $m = {risk.m}$ outputs ({law}): from {len(rows)} starts the "
        f"certified path falls to the global minimum $L^*$ in at most {max(r['legs'] for r in rows)} straight legs, at widths "
        "above and below $n$ alike; its stages (new rows, readout, turn) have equal shares of the axis. Gradient descent "
        f"({config.steps} steps of {tex(config.step)}) is still more than one per cent of the way above the minimum from "
        f"{stuck} of them, and from {stays} it does not move at all: a saddle has no gradient. The "
        f"straight line to the end of the path climbs above its start in {rising} of them"
        + (" (drawn)." if rising else ".")
    )
    told, watched = planar_tour()
    told |= {
        "paths": rows,
        "linear_exact": [one.verdict for one in found if one.verdict],
        "linear_path": shown,
    }
    return Part(told, arrays | watched, path_claims(found, "linear", SOURCE), caption)


def whole_landscape(folder: File, config: Config) -> Part:
    """``whole_landscape``: ``(u w - 3)^2`` in the plane, a path from each quadrant and one from the saddle."""
    one = torch.ones(1, 1, dtype=torch.float64)
    risk = LinearRisk.from_covariance(one, 3 * one)
    begin = torch.tensor([[2.6, 2.9], [-2.4, 1.6], [-1.1, -0.6], [1.5, -2.7], [0.0, 0.0]], dtype=torch.float64)
    rows, arrays, found = [], {}, []
    for k, (w, u) in enumerate(begin.tolist()):
        path = two_layers(Theta(u * one, w * one), risk)
        found.append(judged(path, risk, folder / f"landscape_{k + 1}.npz"))
        rows.append(row(risk, path, f"({w:g}, {u:g})", "Y = 3 X", found[-1]))
        points = path.sampled(FINE)
        arrays[f"path_{k}"] = torch.cat([weight[:, 0] for weight in points.weights], dim=1).numpy()
        arrays[f"loss_{k}"] = risk.value(points).numpy()
    grid = torch.linspace(-4, 4, 161, dtype=torch.float64)
    field = (grid[:, None] * grid[None, :] - 3).square()
    arrays |= {"grid": grid.numpy(), "field": field.numpy()}
    caption = (
        "The whole landscape of a linear network with one input, one hidden unit and one output that is to learn $Y = 3X$: "
        "$L(u, w) = (uw - 3)^2$. Its global minima are the two branches of the hyperbola $uw = 3$. From a start in each "
        "quadrant, and from the saddle at 0, a path leads to one of them on which the loss never rises: a valley that holds "
        "no global minimum does not exist."
    )
    return Part(
        {"landscape_paths": rows, "landscape_points": FINE}, arrays, path_claims(found, "landscape", SOURCE), caption
    )
