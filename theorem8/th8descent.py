"""The descent paths of Theorem 8 as figures and records: panels of four starts, one's own data, the gully."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from theorem8.th8data import STARTS, calm_descent, diabetes, start
from theorem8.th8options import Config
from theorem8.th8tour import planar_tour
from valleys.construct.descent import Descent, descend
from valleys.construct.filters import rank_of_filters
from valleys.judge.certificate import Verdict, descent_claims, judge_path
from valleys.paths.path import Line
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import GaussianTeacher
from valleys.problem.network import Theta, move, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_most
from valleys.run.pictures import Part

POINTS = 60
#: Times on a leg, dense at its end, where the logarithm of a parabola falls.
TIMES = torch.cat([torch.linspace(0, 0.99, POINTS), 1 - torch.logspace(-2, -13, POINTS), torch.ones(1)]).double()
SOURCE = "Theorem 8, p. 7; proof A.1"
#: Allowed gap at the end, of ``E|Y|^2``: the shortened leg costs 1e-22 of it, rounding the square of 1e-16 conditions.
GAP = 1e-18


def panels(config: Config) -> dict[str, tuple[FeatureRisk, int, int]]:
    """The four problems: risk, width and steps of gradient descent."""
    rows, steps = (40, 60) if config.quick else (None, 2000)
    linear, cubic = activation("z"), activation("z3")
    teacher = random_theta(10, 10, 10, stream(config.seed, "linear", "teacher"))
    third = random_theta(1, 6, 4, stream(config.seed, "cubic", "teacher"))
    real = diabetes(rows)
    return {
        "linear": (FeatureRisk(linear, GaussianTeacher(teacher, linear)), 20, steps),
        "cubic": (FeatureRisk(cubic, GaussianTeacher(third, cubic)), 24, steps),
        "relu": (FeatureRisk(activation("relu"), real), len(real.X), 200),
        "sigmoid": (FeatureRisk(activation("sigmoid"), real), len(real.X), 200),
    }


def loss_along(risk: FeatureRisk, span: Span, path: Any) -> Tensor:
    """``L - L*`` at ``TIMES`` on each leg, ``(legs, len(TIMES))``; without cancellation."""
    rows = []
    for piece in path.pieces:
        R0, R1 = (p.U @ risk.features(p.W) - span.projected for p in (piece.start, piece.end))
        if torch.equal(piece.start.W, piece.end.W):
            rows.append(torch.stack([(R0 + t * (R1 - R0)).square().sum() for t in TIMES]))
        else:
            rows.append(R0.square().sum().expand(len(TIMES)))
    return torch.stack(rows)


def straight_line(risk: FeatureRisk, span: Span, a: Theta, b: Theta) -> tuple[Tensor, float]:
    """``L - L*`` at ``TIMES`` on the straight line from ``a`` to ``b``, and the largest rise there (grid)."""
    values = torch.tensor([span.excess(move(a, b, float(t))) for t in TIMES], dtype=torch.float64)
    return values, float((values - torch.cummin(values, dim=0).values).max())


def row(
    name: str, label: str, risk: FeatureRisk, span: Span, found: Descent, verdict: Verdict, line: float
) -> dict[str, Any]:
    """One entry of ``values.descent``."""
    first = found.path.start
    return {
        "name": name, "activation": risk.sigma.name, "law": risk.law.name, "n": risk.n, "m": risk.m, "p": first.p,
        "dimension": span.dimension, "reached": found.reached, "rank": found.rank, "tolerance": found.tolerance,
        "condition": found.condition, "start": label, "start_loss": verdict.start, "legs": len(verdict.legs),
        "rise": verdict.rise, "relative_rise": verdict.relative_rise, "end_loss": verdict.end,
        "end_excess": verdict.excess, "end_gap": verdict.end_gap, "minimum": span.minimum, "straight_line_rise": line,
        "end_norm_U": float(found.path.end.U.norm()),
    }  # fmt: skip


def claims_of(prefix: str, rows: list[dict[str, Any]], rank: int) -> list[Claim]:
    """The claims of one panel: the worst of its starts."""
    difference = abs(rank - rows[0]["dimension"])
    rises, gaps = ([row[key] for row in rows] for key in ("relative_rise", "end_gap"))
    return [
        *descent_claims(prefix, SOURCE, rises, gaps, gap_bound=GAP),
        at_most(f"{prefix}.dimension", "Lemma 4, p. 6", "dim* by formula less dim* by rank of drawn filters",
                difference, 0, "verified"),
    ]  # fmt: skip


def from_start(
    config: Config, name: str, problem: tuple[FeatureRisk, int, int], span: Span, label: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """One start of one problem: its entry of ``values.descent``, and the three curves."""
    risk, p, steps = problem
    theta = start(label, risk, p, stream(config.seed, name, label), 100 if config.quick else 3000)
    found = descend(theta, risk, stream(config.seed, name, label, "rows"), span.dimension)
    verdict = judge_path(found.path, risk, span.excess(found.path.end))
    line, rise = straight_line(risk, span, theta, found.path.end)
    curves = {"path": loss_along(risk, span, found.path).numpy(), "line": line.numpy()}
    curves["descent"] = gradient_descent(risk, span, theta, steps)
    return row(name, label, risk, span, found, verdict, rise), curves


def descents(config: Config) -> Part:
    """``descent_path.png``: four problems, four starts each: certified path, straight line, gradient descent."""
    rows: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    claims: list[Claim] = []
    with ThreadPoolExecutor(2) as pool, tqdm(total=16, desc="descent paths", leave=False) as bar:
        for name, problem in panels(config).items():
            span = Span(risk := problem[0])
            mine = []
            for i, (entry, curves) in enumerate(pool.map(partial(from_start, config, name, problem, span), STARTS)):
                mine.append(entry)
                arrays |= {f"{name}/{key}{i}": curve for key, curve in curves.items()}
                bar.update()
            rank = rank_of_filters(risk, stream(config.seed, name, "rank"), span.dimension)
            claims += claims_of(f"descent.{name}", mine, rank)
            rows += mine
    arrays["times"] = TIMES.numpy()
    caption = (
        "From any start, a path of at most three straight legs down to the global minimum: free units (1), give them new "
        "rows while they are dead (2), straight to the least squares (3). The straight line to the same end climbs by up "
        f"to {max(r['straight_line_rise'] / r['start_loss'] for r in rows):.2g} times the loss at the start; the "
        f"certified path rises by at most {max(r['relative_rise'] for r in rows):.1g} of it."
    )
    shown, points = planar_tour(config.seed)
    return Part({"descent": rows} | shown, arrays | points, claims, caption)


def gradient_descent(risk: FeatureRisk, span: Span, theta: Theta, steps: int) -> np.ndarray:
    """``(2, points)``: steps and ``L - L*`` of plain gradient descent on both layers from ``theta``."""
    recorded = np.unique(np.round(np.linspace(0, steps, 51)).astype(int))
    run = calm_descent(risk, theta, steps, recorded.tolist())
    return np.array([recorded, [span.excess(point) for point in run.path]])


def gully(config: Config) -> Part:
    """``descent_gully.png``: ``log L`` over (path parameter, displacement towards the straight chord)."""
    arrays: dict[str, np.ndarray] = {}
    size = (61, 31) if config.quick else (181, 81)
    chosen = ("cubic",) if config.quick else ("cubic", "relu")
    ridge = {}
    for name in chosen:
        risk, p, _ = panels(config)[name]
        span = Span(risk)
        theta = start("repeated rows", risk, p, stream(config.seed, name, "repeated rows"))
        path = descend(theta, risk, stream(config.seed, name, "repeated rows", "rows"), span.dimension).path
        chord = Line(path.start, path.end)
        s, d = np.linspace(0, 0.999, size[0]), np.linspace(-0.4, 1.2, size[1])
        grid = np.array([[span.excess(move(path.at(x), chord.at(x), y)) for x in s] for y in tqdm(d, leave=False)])
        arrays |= {f"{name}/grid": grid, f"{name}/s": s, f"{name}/d": d}
        arrays[f"{name}/legs"] = np.array(len(path.pieces))
        ridge[name] = float(grid[np.abs(d - 1).argmin()].max() / grid[np.abs(d).argmin()][0])
    heights = ", ".join(f"{value:.3g} times the loss at the start ({name})" for name, value in ridge.items())
    caption = (
        "Loss over position on the certified path (horizontal) and displacement from it towards the straight chord "
        "(vertical; 0 is the path, 1 the chord): on the path the loss never rises. Highest point of the chord: "
        f"{heights}."
    )
    return Part({"gully": ridge}, arrays, [], caption)
