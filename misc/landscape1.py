"""The classifier, its training, and its loss over planes of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot
from tqdm import tqdm

from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.pictures import Part

if TYPE_CHECKING:
    from misc.options import Config

INPUTS, HIDDEN, CLASSES = 64, 32, 10
IMAGES, BATCH = 1000, 64
STEP, TOLERANCE = 0.1, 1e-4
#: Points drawn on each side: more could not be told apart in print.
DRAWN = 155


def loss(theta: Theta, X: Tensor, y: Tensor) -> Tensor:
    """Cross entropy of ``Phi(x) = U relu(W x)``: mean over the images ``X (N, n)`` with classes ``y (N,)``."""
    return cross_entropy((X @ theta.W.T).relu() @ theta.U.T, y)


def gradient(theta: Theta, X: Tensor, y: Tensor) -> Theta:
    """The gradient of ``loss``: with ``R = (softmax(Phi) - Y) / N`` and ``H = relu(X W^T)``, ``R^T H`` for ``U``."""
    H = (X @ theta.W.T).relu()
    R = ((H @ theta.U.T).softmax(1) - one_hot(y, theta.m)) / len(X)
    return Theta(R.T @ H, ((R @ theta.U) * (H > 0)).T @ X)


@dataclass(frozen=True)
class Trained:
    """Where training stopped.

    Attributes:
        theta: the parameters.
        losses: the loss on all images, before training and after each epoch.
        settled: whether the last change was less than the tolerance (else the epochs ran out).
    """

    theta: Theta
    losses: list[float]
    settled: bool


def train(theta: Theta, X: Tensor, y: Tensor, epochs: int, tolerance: float = TOLERANCE) -> Trained:
    """Gradient descent, one batch a step, until the loss on all images changes by less than ``tolerance`` in an epoch.

    The batches keep their order: shuffled, the loss jitters, and the first two epochs that chance to agree would end
    the training in the middle of its descent.

    Args:
        theta: the start.
        X: images, shape (N, n).
        y: their classes, shape (N,).
        epochs: the most epochs.
        tolerance: of the change from one epoch to the next.

    Returns:
        where it stopped.
    """
    batches = list(zip(torch.split(X, BATCH), torch.split(y, BATCH), strict=True))
    losses = [float(loss(theta, X, y))]
    for _ in tqdm(range(epochs), desc="training", unit="epoch", leave=False):
        for images, classes in batches:
            g = gradient(theta, images, classes)
            theta = Theta(theta.U - STEP * g.U, theta.W - STEP * g.W)
        losses.append(float(loss(theta, X, y)))
        if abs(losses[-1] - losses[-2]) < tolerance:
            return Trained(theta, losses, True)
    return Trained(theta, losses, False)


def orthonormal(theta: Theta, generator: torch.Generator) -> tuple[Theta, Theta]:
    """Two random directions, orthonormal in the space of all ``(U, W)``: the QR of two Gaussian vectors."""
    d = theta.U.numel() + theta.W.numel()
    Q = torch.linalg.qr(torch.randn(d, 2, generator=generator, dtype=theta.U.dtype)).Q
    first, second = (
        Theta(q[: theta.U.numel()].view_as(theta.U), q[theta.U.numel() :].view_as(theta.W)) for q in Q.T.contiguous()
    )
    return first, second


def filter_normalised(theta: Theta, generator: torch.Generator) -> tuple[Theta, Theta]:
    """Two Gaussian directions, each row (filter) of ``U`` and ``W`` scaled to the length of the same row of ``theta``."""

    def scaled(rows: Tensor) -> Tensor:
        d = torch.randn(rows.shape, generator=generator, dtype=rows.dtype)
        return d * (rows.norm(dim=1) / d.norm(dim=1))[:, None]

    return theta.map(scaled), theta.map(scaled)


def surface(
    theta: Theta, plane: tuple[Theta, Theta], a: Tensor, b: Tensor, X: Tensor, y: Tensor, progress: str | None = None
) -> Tensor:
    """The loss at ``theta + a d1 + b d2`` for all ``a`` and ``b``, in single precision, a line of the grid at once.

    On the line of a fixed ``b`` both ``W X^T`` and ``U`` are affine in ``a``: no point needs a product with ``X``, and
    the line is one batched product.  Beside the logits it holds ``len(a)`` hidden layers: 5 MB for 620 points.  Single
    precision halves the time; its error, about 1e-6 of the largest logit, is far below what a picture can show.

    Args:
        theta: the centre.
        plane: the directions ``d1, d2``.
        a: coordinates along ``d1``, shape (A,).
        b: coordinates along ``d2``, shape (B,).
        X: images, shape (N, n).
        y: their classes, shape (N,).
        progress: name of the progress bar; None for no bar.

    Returns:
        the losses, shape (B, A), float32.
    """
    points = (theta, *plane)
    A0, A1, A2 = ((point.W @ X.T).float() for point in points)
    U0, U1, U2 = (point.U.float() for point in points)
    steps = a.float()[:, None, None]
    classes = one_hot(y, theta.m).T.float() / len(y)
    hidden = torch.empty(len(a), theta.p, len(X))
    logits = torch.empty(len(a), theta.m, len(X))
    values = torch.empty(len(b), len(a))
    for row, t in enumerate(tqdm(b.tolist(), desc=progress, disable=progress is None, unit="line", leave=False)):
        torch.addcmul(A0 + t * A2, steps, A1, out=hidden).relu_()
        torch.bmm(torch.addcmul(U0 + t * U2, steps, U1), hidden, out=logits)
        values[row] = logits.logsumexp(1).mean(1) - logits.flatten(1) @ classes.flatten()
    return values


def dataset(seed: int) -> tuple[Tensor, Tensor]:
    """Random images, ``X (1000, 64)`` with standard normal pixels, and random classes ``y (1000,)``."""
    g = stream(seed, 0)
    X = torch.randn(IMAGES, INPUTS, generator=g, dtype=torch.float64)
    return X, torch.randint(CLASSES, (IMAGES,), generator=g)


def loss_landscape(config: Config) -> Part:
    """Train, then evaluate the loss on the first batch of images over both planes."""
    X, y = dataset(config.seed)
    start = random_theta(CLASSES, HIDDEN, INPUTS, stream(config.seed, 1))
    trained = train(start, X, y, config.epochs)
    theta, X, y = trained.theta, X[:BATCH], y[:BATCH]
    values: dict[str, Any] = {
        "parameters": theta.U.numel() + theta.W.numel(),
        "norm": float((theta.U.square().sum() + theta.W.square().sum()).sqrt()),
        "epochs": len(trained.losses) - 1,
        "settled": trained.settled,
        "start_loss": trained.losses[0],
        "loss": trained.losses[-1],
        "batch_loss": float(loss(theta, X, y)),
        "grid": config.grid,
    }
    arrays = {}
    drawn = np.linspace(0, config.grid - 1, min(config.grid, DRAWN)).round().astype(int)
    for k, (name, directions, reach) in enumerate((
        ("orthonormal", orthonormal, config.reach),
        ("filter", filter_normalised, config.filter_reach),
    )):
        side = torch.linspace(-reach, reach, config.grid, dtype=torch.float64)
        L = surface(theta, directions(theta, stream(config.seed, 2, k)), side, side, X, y, progress=name).numpy()
        values[name] = {"reach": reach, "lowest": float(L.min()), "highest": float(L.max())}
        arrays[f"{name}_side"] = side.numpy()[drawn]
        arrays[f"{name}_loss"] = L[np.ix_(drawn, drawn)]
    return Part({"loss_landscape": values}, arrays, [], caption(values))


def caption(values: dict[str, Any]) -> str:
    """What is drawn and what it cannot show, with the numbers of the run."""
    rule = "the loss changed by less than 1e-4" if values["settled"] else "the epochs ran out, the loss still changing"
    return (
        f"Cross entropy on one batch of {BATCH} random images, on two planes through the point where training stopped "
        f"after {values['epochs']} epochs ({rule}). {WARNING.format(d=values['parameters'])}"
    )


WARNING = (
    "A slice shows the loss on its plane and nothing else: a path may leave the plane, so it shows neither that a "
    "valley is spurious nor that it is not; a random direction sees an average of all {d} curvatures."
)
