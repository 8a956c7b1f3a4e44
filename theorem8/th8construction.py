"""From one start: the descent path of Theorem 8, its verdict, and the loss along it, the straight line and training."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import numpy as np
import torch
from torch import Tensor

from theorem8.th8data import Problem, start
from theorem8.th8options import Config
from valleys.construct.descent import Descent, descend
from valleys.judge.certificate import Verdict, judge_path
from valleys.judge.exact import exact_claims
from valleys.paths.files import save_path
from valleys.paths.law_files import law_arrays
from valleys.problem.dimension import Span
from valleys.problem.network import Theta, move
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_most, diagnosis

POINTS = 60
#: Times on a leg, dense at its end, where the logarithm of a parabola falls.
TIMES = torch.cat([
    torch.linspace(0, 0.99, POINTS, dtype=torch.float64),
    1 - torch.logspace(-2, -13, POINTS, dtype=torch.float64),
    torch.ones(1, dtype=torch.float64),
])
SOURCE = "Theorem 8, p. 7; proof A.1"
#: Allowed loss at the end, of ``L(start)``: the shortened leg costs 1e-22 of it, rounding the square of 1e-16 conditions.
GAP = 1e-18


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
        "condition": diagnosis(found.condition), "start": label, "start_loss": verdict.start, "legs": len(verdict.legs),
        "rise": verdict.rise, "relative_rise": verdict.relative_rise, "end_loss": verdict.end,
        "end_excess": verdict.excess, "end_gap": verdict.end_gap, "minimum": span.minimum, "straight_line_rise": line,
        "end_norm_U": float(found.path.end.U.norm()),
    }  # fmt: skip


def claims_of(prefix: str, rows: list[dict[str, Any]], rank: int, exact: list[dict[str, Any]]) -> list[Claim]:
    """The claims of one panel, the worst of its starts: the exact checker's verdicts, and the width that is needed.

    The least loss of each of the four problems is 0, so the loss at the end is what the path ends above the minimum.
    """
    difference = abs(rank - rows[0]["dimension"])
    return [
        *exact_claims(prefix, SOURCE, exact, gap=GAP),
        at_most(f"{prefix}.dimension", "Lemma 4, p. 6", "dim* by formula less dim* by rank of drawn filters",
                difference, 0, "verified"),
    ]  # fmt: skip


def from_start(
    config: Config, name: str, problem: Problem, span: Span, label: str, file: File
) -> tuple[dict[str, Any], dict[str, np.ndarray], Theta]:
    """One start of one problem: its entry of ``values.descent``, the loss along path and straight line, the start.

    The path is written to ``file``.
    """
    risk = problem.risk
    theta = start(label, risk, problem.p, stream(config.seed, name, label), 100 if config.quick else 3000)
    found = descend(theta, risk, stream(config.seed, name, label, "rows"), span.dimension)
    save_path(file, found.path, law_arrays(risk))
    verdict = judge_path(found.path, risk, span.excess(found.path.end))
    line, rise = straight_line(risk, span, theta, found.path.end)
    curves = {"path": loss_along(risk, span, found.path).numpy(), "line": line.numpy()}
    entry = row(name, label, risk, span, found, verdict, rise)
    return entry | {"straight_line_peak": float(line.max() / line[0])}, curves, theta
