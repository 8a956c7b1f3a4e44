"""What is computed for the pictures of one hidden layer: paths, straight lines and gradient descent."""

from __future__ import annotations

from pathlib import Path as File
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from theorem11.th11construction import EPS, descent_path, geodesic_rise
from theorem11.th11data import law_of
from theorem11.th11exact import exact_path
from theorem11.th11model import DeepPath, LayerLine
from theorem11.th11own import chosen_start, save
from theorem11.th11risk import LinearRisk
from theorem11.th11tour import planar_tour
from theorem11.th11training import descent
from valleys.judge.certificate import Verdict, descent_claims, judge_path
from valleys.judge.exact import exact_claims, judged_exactly
from valleys.paths.curves import Curve, points_of
from valleys.paths.files import save_arrays
from valleys.paths.path import Line, Path
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_most
from valleys.run.pictures import Part
from valleys.run.words import tex

if TYPE_CHECKING:
    from theorem11.th11options import Config

SOURCE = "Theorem 11, p. 9"
SOURCE_GEODESIC = "Lemma 19, p. 20"
BOUND = 1e-14
#: Points a leg for drawing; points on the straight line.
FINE, LINE = 40, 101


def relative(values: Tensor, first: float, minimum: float) -> Tensor:
    """``(L - L*)/(L_0 - L*)``."""
    return (values - minimum) / (first - minimum if first > minimum else 1.0)


def losses_along(path: Path | DeepPath, risk: LinearRisk) -> Tensor:
    """``FINE`` values a leg, knots included."""
    inside = torch.arange(1, FINE, dtype=torch.float64) / FINE
    parts = [risk.value(path.start)[None]]
    for piece in path.pieces:
        points = piece.formula(inside) if isinstance(piece, (Curve, LayerLine)) else points_of(piece, inside)
        parts += [risk.value(points), risk.value(piece.end)[None]]
    return torch.cat(parts)


def closed_form_rise(path: Path, risk: LinearRisk, scale: float) -> float:
    """The rise of the last leg where it is a geodesic, from the closed form, relative."""
    last = path.pieces[-1]
    if isinstance(last, Line) or last.start.p >= risk.K.shape[1]:
        return 0.0
    inside = risk.in_units
    return geodesic_rise(last.start.W @ inside.K, last.end.W @ inside.K, inside) * risk.unit**2 / scale


def row(risk: LinearRisk, widths: tuple[int, ...], start: str, law: str, verdict: Verdict) -> dict[str, Any]:
    """An entry of ``values.paths``; a start that is optimal to rounding is measured against rounding of ``|C|^2 + c``."""
    p, scale = min(widths), scale_of(risk, verdict)
    method = "theorem 11" if len(widths) == 1 else "theorem 11, deep"
    return {
        "n": risk.n, "m": risk.m, "p": p, "widths": list(widths), "method": method, "start": start, "target": law,
        "legs": len(verdict.legs), "relative_rise": verdict.rise / scale,
        "end_gap": abs(verdict.end - risk.minimum(p)) / scale,
    }  # fmt: skip


def scale_of(risk: LinearRisk, verdict: Verdict) -> float:
    """What a rise is held against: the loss at the start, or rounding of the loss of the zero network."""
    return max(verdict.start, EPS * (float(risk.C.square().sum()) + risk.constant)) or 1.0


def allowed_rise(risk: LinearRisk, base: float) -> float:
    """``base``, or what rounding makes of a leg on which the function stays, where the inputs are ill-conditioned.

    ``W`` is made as ``Wt K^+``, with a rounding of ``eps`` in each of the ``r`` terms of its products, and the loss sees
    ``W K``, in which it is up to ``cond(K)`` times as large: ``r eps cond(K)``.
    """
    return max(base, risk.K.shape[1] * EPS * risk.condition)


def path_claims(rows: list[dict[str, Any]], name: str, source: str, rise: float, gap: float) -> list[Claim]:
    """No path rises, each ends at the minimum: the worst over ``rows``."""
    rises, gaps = ([r[key] for r in rows] for key in ("relative_rise", "end_gap"))
    return descent_claims(name, source, rises, gaps, rise_bound=rise, gap_bound=gap, to="relative to L(start)")


def linear_path(folder: File, config: Config) -> Part:
    """``linear_path``: for every start and width the loss along path, straight line and gradient descent.

    A path with a loss that is rational in ``t`` is written to ``folder`` for each, and the exact checker reads it from there.
    """
    risk, law = law_of(config)
    rows, arrays, closed, exact = [], {}, 0.0, []
    begun: dict[str, tuple[Theta, float, float]] = {}
    for k, name in enumerate(config.starts):
        for j, p in enumerate(config.single_widths):
            theta = chosen_start(name, risk, p, stream(config.seed, 1, k, j))
            path = descent_path(theta, risk)
            verdict, minimum = judge_path(path, risk), risk.minimum(theta.p)
            rows.append(row(risk, (theta.p,), name, law, verdict))
            closed = max(closed, closed_form_rise(path, risk, scale_of(risk, verdict)))
            line = points_of(Line(path.start, path.end), torch.linspace(0, 1, LINE, dtype=torch.float64))
            for kind, values in (("path", losses_along(path, risk)), ("line", risk.value(line))):
                arrays[f"{kind}_{k}_{j}"] = relative(values, verdict.start, minimum).numpy()
            begun[f"descent_{k}_{j}"] = (theta, verdict.start, minimum)
            save(config, path, risk)
            if not (config.single or config.data):
                file = folder / f"linear_{name}_p{theta.p}.npz"
                save_arrays(file, exact_path(theta, risk, stream(config.seed, "exact", k, j)), {})
                exact.append(judged_exactly(file))
    losses = descent([theta for theta, _, _ in begun.values()], risk, config.step, config.steps)
    for i, (key, (_, first, minimum)) in enumerate(begun.items()):
        arrays[key] = relative(losses[:, i], first, minimum).numpy()
    claims = path_claims(rows, "linear", SOURCE, allowed_rise(risk, BOUND), BOUND)
    wide = [verdict for verdict, entry in zip(exact, rows, strict=False) if entry["p"] >= risk.K.shape[1]]
    claims += exact_claims("linear", SOURCE, exact, ends=False) if exact else []
    claims += exact_claims("linear_wide", SOURCE, wide) if wide else []
    claims.append(
        at_most("linear.geodesic", SOURCE_GEODESIC, "rise of the geodesic legs by their closed form, relative",
                closed, BOUND, "verified")
    )  # fmt: skip
    rising = sum(float(arrays[key].max()) > 1 + 1e-9 for key in arrays if key.startswith("line_"))
    ends = [float(arrays[key][-1]) for key in arrays if key.startswith("descent_")]
    stuck, stays = (sum(end > share for end in ends) for share in (0.01, 0.999))
    shown = {
        "starts": list(config.starts), "widths": [r["p"] for r in rows[: len(config.single_widths)]],
        "steps": config.steps, "step": config.step, "rising_lines": rising, "unfinished_descents": stuck,
    }  # fmt: skip
    caption = (
        f"Linear networks $U W x$ with $n = {risk.n}$ inputs, $m = {risk.m}$ outputs ({law}): from {len(rows)} starts the "
        f"certified path falls to the global minimum $L^*$ in at most {max(r['legs'] for r in rows)} legs, at widths above "
        f"and below $n$ alike; legs have equal shares of the axis. Gradient descent ({config.steps} steps of "
        f"{tex(config.step)}) is still more than one per cent of the way above the minimum from {stuck} of them, and "
        f"from {stays} it does not move at all: a saddle has no gradient. The "
        f"straight line to the end of the path climbs above its start in {rising} of them"
        + (" (drawn)." if rising else ".")
    )
    told, watched = planar_tour()
    return Part({"paths": rows, "linear_exact": exact, "linear_path": shown, **told}, arrays | watched, claims, caption)


def whole_landscape(config: Config) -> Part:
    """``whole_landscape``: ``(u w - 3)^2`` in the plane, a path from each quadrant and one from the saddle."""
    one = torch.ones(1, 1, dtype=torch.float64)
    risk = LinearRisk.from_covariance(one, 3 * one)
    begin = torch.tensor([[2.6, 2.9], [-2.4, 1.6], [-1.1, -0.6], [1.5, -2.7], [0.0, 0.0]], dtype=torch.float64)
    rows, arrays = [], {}
    for k, (w, u) in enumerate(begin.tolist()):
        path = descent_path(Theta(u * one, w * one), risk)
        verdict = judge_path(path, risk)
        rows.append(row(risk, (1,), f"({w:g}, {u:g})", "Y = 3 X", verdict))
        points = path.sampled(FINE)
        arrays[f"path_{k}"] = torch.cat([points.W[:, 0], points.U[:, 0]], dim=1).numpy()
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
        {"landscape_paths": rows, "landscape_points": FINE},
        arrays,
        path_claims(rows, "landscape", SOURCE, BOUND, BOUND),
        caption,
    )
