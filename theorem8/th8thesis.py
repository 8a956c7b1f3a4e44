"""What the thesis' Figures 2a and 2b show: gradient descent on ``U`` for linear networks, with the exact minima."""

from __future__ import annotations

import torch
from torch import Tensor

from theorem8.th8data import thesis_network, thesis_sample
from theorem8.th8options import Config
from valleys.problem.activations import activation
from valleys.problem.network import Theta, stack
from valleys.problem.risk import FeatureRisk
from valleys.run.claims import at_least, at_most
from valleys.run.pictures import Part
from valleys.run.words import tex
from valleys.search.training import train

STEP = 0.005
LEVELS = 18
GRID = 141
WIDTHS = (2, 5, 9, 15)
#: Shares of variance (per cent) that the thesis prints, from the first update on, and with the start in the history.
THESIS_SHARES = ((85.22, 12.08), (84.93, 12.44), (82.49, 14.55), (84.48, 13.30))
THESIS_SHARES_WITH_START = ((84.72, 13.15), (86.96, 11.11), (85.99, 12.11), (87.45, 10.58))


def contours(config: Config) -> Part:
    """Figure 2a: four runs with one ``W``, each in the plane of its own two main directions of the steps of ``U``."""
    risk = FeatureRisk(activation("z"), thesis_sample(100, config.seed))
    W = config.seed + 1
    theta = stack([thesis_network(20, W, config.seed + i) for i in range(4)])
    epochs = 100 if config.quick else 1000
    run = train(risk, theta, step=STEP, steps=epochs, frozen="W", record=range(epochs + 1), keep_path=True)
    history = torch.stack([point.U for point in run.path]).flatten(2)
    panels, shares, shipped, errors = [], [], [], []
    for i in range(4):
        plane, share = principal_plane(history[:, i])
        panels.append((history[:, i] - history[-1, i]) @ plane.T)
        shares.append(100 * share[:2])
        shipped.append(100 * principal_plane(history[1:, i])[1][:2])
        errors.append(_quadratic(risk, run.theta[i], plane)[1])
    half = 1.08 * float(torch.stack(panels).abs().max())
    axis = torch.linspace(-half, half, GRID, dtype=torch.float64)
    surfaces = [_surface(_quadratic(risk, run.theta[i], principal_plane(history[:, i])[0])[0], axis) for i in range(4)]
    found, found_shipped = torch.stack(shares), torch.stack(shipped)
    increase = float((run.losses.diff(dim=0) / run.losses[0]).max())
    claims = [
        at_most("fig2a.contours_exact", "Figure 2a", "relative error of the quadratic form against direct evaluation",
                max(errors), 1e-12, "verified"),
        at_most("fig2a.loss_falls", "Figure 2a", "largest increase in one step of training, relative to the start",
                increase, 1e-15, "measured"),
    ]  # fmt: skip
    if config.seed == 0 and not config.quick:
        differences = [
            float((found - torch.tensor(THESIS_SHARES_WITH_START)).abs().max()),
            float((found_shipped - torch.tensor(THESIS_SHARES)).abs().max()),
        ]
        claims.append(
            at_most("fig2a.explained_variance", "Figure 2a", "points of variance share from the thesis' (both ways)",
                    max(differences), 0.01, "verified")
        )  # fmt: skip
    final = [float(risk.value(run.theta[i])) for i in range(4)]
    values = {
        "explained_variance": found, "explained_variance_from_first_update": found_shipped, "epochs": epochs,
        "step": STEP, "final_loss": final, "points": 100, "p": 20, "n": 10,
    }  # fmt: skip
    caption = (
        f"Figure 2a of the thesis: linear units, $n = m = 10$, $p = 20$, $N = 100$ points with $y = 3x$. Gradient descent on "
        f"the output weights $U$ alone ({epochs} steps of {tex(STEP)}; $W$ is fixed and the same) from four random starts, "
        "each in the plane of the first two principal components of its steps; contours of $L$ from the exact quadratic form. "
        "With $W$ fixed the loss is convex in $U$ at any width, so that this says nothing of the landscape in $(U, W)$: it "
        "is the last leg of the path in the proof. The thesis prints this loss divided by 20."
    )
    arrays = {"paths": torch.stack(panels).numpy(), "surfaces": torch.stack(surfaces).numpy(), "axis": axis.numpy()}
    return Part({"fig2a": values}, arrays, claims, caption)


def _quadratic(risk: FeatureRisk, end: Theta, plane: Tensor) -> tuple[Tensor, float]:
    """Coefficients of ``L(U + a V1 + b V2) = c0 + c1 a + c2 b + c3 a^2 + c4 a b + c5 b^2``, and their error at (1, -2)."""
    F = risk.features(end.W)
    V1, V2 = (row.reshape_as(end.U) for row in plane)
    R, D1, D2 = risk.residual(end), V1 @ F, V2 @ F
    form = [R.square(), 2 * R * D1, 2 * R * D2, D1.square(), 2 * D1 * D2, D2.square()]
    c = torch.stack([term.sum() for term in form])
    direct = risk.value(Theta(end.U + V1 - 2 * V2, end.W))
    predicted = c @ torch.tensor([1.0, 1.0, -2.0, 1.0, -2.0, 4.0], dtype=torch.float64)
    return c, abs(float(direct - predicted)) / float(direct)


def _surface(c: Tensor, axis: Tensor) -> Tensor:
    a, b = torch.meshgrid(axis, axis, indexing="xy")
    return c[0] + c[1] * a + c[2] * b + c[3] * a * a + c[4] * a * b + c[5] * b * b


def loss_curves(config: Config) -> Part:
    """Figure 2b: widths below and above ``n = 10``, only ``U`` trained; per width both true minima."""
    risk = FeatureRisk(activation("z"), thesis_sample(200, config.seed))
    epochs = 100 if config.quick else 2000
    rows, curves, claims = [], [], []
    for j, p in enumerate(WIDTHS, 1):
        run = train(risk, thesis_network(p, config.seed + j, None), step=STEP, steps=epochs, frozen="W",
                    record=range(epochs + 1))  # fmt: skip
        curves.append(run.losses)
        final = float(risk.value(run.theta))
        fixed = float(risk.value(Theta(risk.best_U(run.theta.W), run.theta.W)))
        best = reduced_rank_minimum(risk, p)
        rows.append({"p": p, "final_loss": final, "minimum_fixed_W": fixed, "minimum": best})
        claims += [
            at_least(f"fig2b.p{p}.above_fixed_W", "Figure 2b", "final loss less the minimum for the drawn W",
                     final - fixed, -1e-12, "verified"),
            at_least(f"fig2b.p{p}.order", "Figure 2b", "minimum for the drawn W less the minimum over theta",
                     fixed - best, -1e-12, "verified"),
        ]  # fmt: skip
    caption = (
        f"Figure 2b of the thesis: linear units, $n = m = 10$, $N = 200$ points with $y = 3x$; $U$ alone is trained ({epochs} "
        f"steps of {tex(STEP)}), $W$ is fixed as drawn. Below $p = n$ the loss stops at the minimum for that $W$ (dotted), "
        "above the minimum over $U$ and $W$ (dashed). That is no spurious valley: linear networks have none at any width "
        "(Theorem 11), and a way down opens once $W$ may move. At $p = 15$ both minima are 0."
    )
    return Part({"fig2b": rows}, {"losses": torch.stack(curves).numpy()}, claims, caption)


def reduced_rank_minimum(risk: FeatureRisk, p: int) -> float:
    """``min over theta`` of a linear network of width ``p`` on a sample: least squares cut to rank ``p``.

    With ``K = C^(1/2)`` for ``C = E x x^T`` the loss is ``|U W K - M|^2 + c``: the rest of the singular values of ``M``.
    """
    X = risk.features(torch.eye(risk.n, dtype=torch.float64))
    _, values, right = torch.linalg.svd(X, full_matrices=False)
    kept = values > 1e-12 * values[0]
    projected = risk.target @ right[kept].T
    outside = float(risk.target.square().sum() - projected.square().sum())
    return float(torch.linalg.svdvals(projected)[p:].square().sum()) + max(outside, 0.0)


def principal_plane(history: Tensor) -> tuple[Tensor, Tensor]:
    """First two principal directions of the steps of a trajectory ``(T, Q)``, and all shares of variance."""
    steps = history.diff(dim=0)
    _, values, directions = torch.linalg.svd(steps - steps.mean(dim=0), full_matrices=False)
    return directions[:2], values.square() / values.square().sum()
