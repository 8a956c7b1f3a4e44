"""The judge of deep linear paths, and of geodesics in closed form: from the layers and the loss alone."""

from __future__ import annotations

from theorem11.th11model import DeepPath, LayerCurve, LayerLine
from theorem11.th11risk import LinearRisk
from valleys.judge.certificate import Verdict, rise_of_parabola
from valleys.judge.grid import Leg, judge_grid


def judge_deep_leg(piece: LayerCurve, risk: LinearRisk) -> Leg:
    """An exact parabola where one layer alone moves on a line, a refined grid otherwise."""
    if isinstance(piece, LayerLine) and piece.moved <= 1:
        R0, R1 = risk.residual(piece.start), risk.residual(piece.end)
        L0, L1 = float(risk.value(piece.start)), float(risk.value(piece.end))
        D = R1 - R0
        rise = rise_of_parabola(float((R1 * D).sum()), float(D.square().sum()))
        return Leg("layer", rise, L0, L1, 2)
    return judge_grid(piece.start, piece.end, piece.formula, risk.value)


def judge_deep_path(path: DeepPath, risk: LinearRisk, excess: float | None = None) -> Verdict:
    """The verdict on every leg."""
    return Verdict(tuple(judge_deep_leg(piece, risk) for piece in path.pieces), excess)
