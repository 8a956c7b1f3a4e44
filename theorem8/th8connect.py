"""Two trained classifiers of handwritten digits, joined: the certified path beside what others would draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from theorem8.th8options import Config
from valleys.judge.convex import CONNECTED
from valleys.judge.exact import judged_in_passing
from valleys.judge.exact_join import join_claims
from valleys.own.comparison import compare
from valleys.own.joined import connect
from valleys.paths.path import Path as Way
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import read_sample
from valleys.problem.streams import stream
from valleys.run.claims import at_least
from valleys.run.pictures import Part
from valleys.run.words import tex

DIGITS = Path(__file__).parent / "digits.csv"
CLASSES = (3, 5, 8)
#: Points on a leg of the certified path, on a line, on a leg of the learnt curve.
POINTS, LINE_POINTS, CURVE_POINTS = 40, 200, 40
RATE = 3e-3


def digits(count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """``count`` training and as many test images (grey values over 16) with their classes 0, 1, 2."""
    sample = read_sample(DIGITS)
    labels = sample.Y.eq(torch.tensor(CLASSES)).to(torch.int64).argmax(dim=1)
    X = sample.X / 16
    half = len(X) // 2
    return X[:count], labels[:count], X[half : half + count], labels[half : half + count]


def classifier(X: Tensor, y: Tensor, width: int, steps: int, generator: torch.Generator) -> nn.Sequential:
    """A network trained by Adam on the cross-entropy, as anybody would train it."""
    model = nn.Sequential(nn.Linear(X.shape[1], width), nn.ReLU(), nn.Linear(width, len(CLASSES))).double()
    with torch.no_grad():
        for parameter in model.parameters():
            draw = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.copy_(draw * (2 / parameter.shape[-1]) ** 0.5 if parameter.dim() == 2 else 0 * draw)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    for _ in range(steps):
        gradients = torch.autograd.grad(nn.functional.cross_entropy(model(X), y), list(model.parameters()))
        for parameter, gradient in zip(model.parameters(), gradients, strict=True):
            parameter.grad = gradient
        optimiser.step()
    return model


def along(path: Way, risk: ConvexRisk, points: int, X: Tensor, y: Tensor) -> np.ndarray:
    """Time, loss, and the shares of training and of test images that are told right: ``(4, K)``."""
    thetas = path.sampled(points)
    F = risk.sigma(thetas.W @ torch.cat([X, torch.ones(len(X), 1, dtype=X.dtype)], dim=1).T)
    F[:, -1] = 1.0
    right = [
        ((thetas.U @ risk.features(thetas.W)).argmax(dim=1) == risk.target.argmax(dim=0)).double().mean(dim=1),
        ((thetas.U @ F).argmax(dim=1) == y).double().mean(dim=1),
    ]
    t = torch.linspace(0, 1, len(thetas.U), dtype=torch.float64)
    return torch.stack([t, risk.value(thetas), *right]).numpy()


def connected(config: Config) -> Part:
    """``connected.png``: loss and accuracy along the certified path, two lines and a learnt curve."""
    count, width, train, search = (24, 50, 30, 30) if config.quick else (150, 300, 60, 200)
    X, y, X_test, y_test = digits(count)
    a, b = (classifier(X, y, width, train, stream(config.seed, "digits", k)) for k in "ab")
    joined = connect(a, b, X, y, "cross_entropy")
    exact = judged_in_passing(joined.save)
    others = compare(joined, seed=config.seed, steps=search)
    ways = {"certified path": (joined.path, POINTS)}
    ways |= {name: (path, CURVE_POINTS if "curve" in name else LINE_POINTS) for name, path in others.paths.items()}
    curves = {name: along(path, joined.risk, points, X_test, y_test) for name, (path, points) in ways.items()}
    peaks = {name: float(curve[1].max()) for name, curve in curves.items()}
    values: dict[str, Any] = {
        "images": count, "width": width, "dimension": joined.risk.width_needed, "legs": joined.legs,
        "ends": [joined.verdict.losses[0], joined.verdict.losses[-1]], "bound": joined.bound, "peak": joined.peak,
        "peaks": peaks, "temps": joined.construction.temps,
        "least_test_accuracy": {name: float(curve[3].min()) for name, curve in curves.items()},
    }  # fmt: skip
    claims = [
        *join_claims("connected", CONNECTED, [exact], [joined.risk.at_zero]),
        at_least(
            "connected.line_climbs", "theorem8/CONNECT.md", "peak of the straight line over that of the worse end",
            peaks["straight line"] / joined.bound, 1.0, "measured",
        ),
    ]  # fmt: skip
    caption = (
        f"Two classifiers of the handwritten digits 3, 5 and 8 ({count} images, $p = {width}$ ReLU units, both biases, "
        f"$\\dim^* = {values['dimension']}$), trained from different seeds to the cross-entropies "
        f"{tex(values['ends'][0])} and {tex(values['ends'][1])}. The certified path has {joined.legs} straight legs on which the "
        f"output is affine, so it never rises above the worse end; the straight line climbs to {tex(peaks['straight line'])}, "
        f"after matching the units to {tex(peaks['matched line'])}, the learnt curve to {tex(peaks['learnt curve'])}."
    )
    return Part({"connected": values}, curves, claims, caption)
