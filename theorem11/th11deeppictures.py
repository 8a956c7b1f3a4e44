"""What is computed for the picture of deep linear networks."""

from __future__ import annotations

from pathlib import Path as File
from typing import TYPE_CHECKING, Any

import numpy as np

from theorem11.th11data import law_of
from theorem11.th11deepconstruction import descent_path
from theorem11.th11judge import Judged, judged, path_claims
from theorem11.th11model import Layers
from theorem11.th11own import chosen_layers, save
from theorem11.th11pictures import SOURCE, label, losses_along, losses_between, relative, row
from theorem11.th11training import deep_descent
from valleys.problem.streams import stream
from valleys.run.pictures import Part
from valleys.run.words import tex

if TYPE_CHECKING:
    from theorem11.th11options import Config


def deep_linear_path(folder: File, config: Config) -> Part:
    """``deep_linear_path``: for every architecture and start the loss along path, straight line and gradient descent."""
    risk, law = law_of(config)
    rows: list[dict[str, Any]] = []
    found: list[Judged] = []
    arrays: dict[str, Any] = {}
    architectures: list[tuple[int, ...]] = []
    for j, wanted in enumerate(config.architectures):
        begun: list[tuple[Layers, float, float]] = []
        for k, name in enumerate(config.starts):
            layers = chosen_layers(config, name, risk, wanted, stream(config.seed, 2, k, j))
            path = descent_path(layers, risk)
            widths, minimum = layers.widths, risk.minimum(min(layers.widths))
            save(config, path, risk)
            sizes = "_".join(map(str, widths))
            verdict = judged(path, risk, folder / f"deep_{label(name)}_{sizes}.npz")
            rows.append(row(risk, path, name, law, verdict))
            found.append(verdict)
            for kind, values in (("path", losses_along(path, risk)), ("line", losses_between(path, risk))):
                arrays[f"{kind}_{k}_{j}"] = relative(values, verdict.start, minimum).numpy()
            begun.append((layers, verdict.start, minimum))
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
        f"{max(r['legs'] for r in rows)} straight legs; its stages have equal shares of the axis. Gradient descent takes "
        f"{config.steps} steps of {tex(config.step)}" + (f" and diverges in {diverged} of them." if diverged else ".")
    )
    told: dict[str, Any] = {
        "deep_paths": rows,
        "deep_exact": [one.verdict for one in found if one.verdict],
        "deep_linear_path": shown,
    }
    return Part(told, arrays, path_claims(found, "deep", SOURCE), caption)
