"""What is computed for the picture of deep linear networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from theorem11.th11data import law_of
from theorem11.th11deepconstruction import deep_descent_path
from theorem11.th11judge import judge_deep_path
from theorem11.th11model import LayerLine, Layers
from theorem11.th11own import chosen_layers, save_deep
from theorem11.th11pictures import LINE, SOURCE, allowed_rise, losses_along, path_claims, relative, row
from theorem11.th11risk import LinearRisk
from theorem11.th11training import deep_descent
from valleys.problem.streams import stream
from valleys.run.claims import Claim
from valleys.run.pictures import Part
from valleys.run.words import tex

if TYPE_CHECKING:
    from theorem11.th11options import Config

#: Allowed rise: products of up to five middle layers, and of six, lose digits.
BOUND, BOUND_SIX, GAP = 1e-12, 1e-11, 1e-14


def claims_by_depth(rows: list[dict[str, Any]], risk: LinearRisk) -> list[Claim]:
    """Six hidden layers have their own bound."""
    claims = []
    for name, bound, some in (
        ("deep", BOUND, [r for r in rows if len(r["widths"]) < 6]),
        ("deep_six", BOUND_SIX, [r for r in rows if len(r["widths"]) == 6]),
    ):
        if some:
            claims += path_claims(some, name, SOURCE, allowed_rise(risk, bound), GAP)
    return claims


def deep_linear_path(config: Config) -> Part:
    """``deep_linear_path``: for every architecture and start the loss along path, straight line and gradient descent."""
    risk, law = law_of(config)
    rows: list[dict[str, Any]] = []
    arrays: dict[str, Any] = {}
    architectures: list[tuple[int, ...]] = []
    for j, wanted in enumerate(config.architectures):
        begun: list[tuple[Layers, float, float]] = []
        for k, name in enumerate(config.starts):
            layers = chosen_layers(config, name, risk, wanted, stream(config.seed, 2, k, j))
            path = deep_descent_path(layers, risk)
            widths, minimum = layers.widths, risk.minimum(min(layers.widths))
            verdict = judge_deep_path(path, risk)
            rows.append(row(risk, widths, name, law, verdict))
            line = LayerLine(path.start, path.end).formula(torch.linspace(0, 1, LINE, dtype=torch.float64))
            for kind, values in (("path", losses_along(path, risk)), ("line", risk.value(line))):
                arrays[f"{kind}_{k}_{j}"] = relative(values, verdict.start, minimum).numpy()
            begun.append((layers, verdict.start, minimum))
            save_deep(config, path, risk)
        losses = deep_descent([layers for layers, _, _ in begun], risk, config.step, config.steps)
        for k, (_, first, minimum) in enumerate(begun):
            arrays[f"descent_{k}_{j}"] = relative(losses[:, k], first, minimum).numpy()
        architectures.append(begun[0][0].widths)
    shown = {"starts": list(config.starts), "widths": [list(w) for w in architectures]}
    sizes = "; ".join("-".join(map(str, w)) for w in architectures)
    diverged = sum(bool(np.isnan(arrays[key][-1])) for key in arrays if key.startswith("descent_"))
    caption = (
        f"Deep linear networks with $n = {risk.n}$ inputs, $m = {risk.m}$ outputs and hidden widths {sizes}: from {len(rows)} "
        f"starts the certified path falls to the global minimum $L^*$, which the narrowest layer sets, in at most "
        f"{max(r['legs'] for r in rows)} legs, which have equal shares of the axis. Gradient descent takes {config.steps} "
        f"steps of {tex(config.step)}" + (f" and diverges in {diverged} of them." if diverged else ".")
    )
    return Part({"deep_paths": rows, "deep_linear_path": shown}, arrays, claims_by_depth(rows, risk), caption)
