"""From the arrays of a path file to its loss and its knots; README.md states the format."""

from __future__ import annotations

import numpy as np
from flint import fmpq

from check.activations import Sigma
from check.balls.gauss import Gauss
from check.kinds.losses import known
from check.laws import Law, Part, Sample, rational
from check.reading import Arrays, RefusedError, shaped, text


def law_of(arrays: Arrays) -> Law:
    """The loss; takes its arrays out of ``arrays``.

    Raises:
        RefusedError: for a loss, a law or an activation that is not known here.
    """
    name, sigma, loss = text(arrays, "law", "sample"), Sigma(text(arrays, "activation")), text(arrays, "loss", "square")
    if name == "sample":
        X = shaped(arrays, "X", None, None)
        Y = shaped(arrays, "Y", len(X), *[None] * (arrays["Y"].ndim == 2)) if "Y" in arrays else shaped(arrays, "Y")
        sample = Sample(sigma, rational(X), rational(Y.reshape(len(X), -1)))
        known(loss, sample.Y)
        return Law([(fmpq(1), sample)], sample.Y.nrows(), X.shape[1], fmpq(0), loss)
    if loss != "square" or name not in ("gaussian", "mixture"):
        raise RefusedError(f"loss {loss!r} under law {name!r}")
    if name == "mixture":
        return mixture(arrays, sigma)
    T = shaped(arrays, "teacher_U", None, None)
    V = shaped(arrays, "teacher_W", T.shape[1], None)
    tau, noise = Sigma(text(arrays, "teacher_activation", sigma.name)), float(shaped(arrays, "noise"))
    if noise < 0:
        raise RefusedError(f"noise {noise}: allowed is a number >= 0")
    part = Gauss(sigma, range(V.shape[1]), tau, rational(T), rational(V))
    return Law([(fmpq(1), part)], len(T), V.shape[1], fmpq(*noise.as_integer_ratio()))


def mixture(arrays: Arrays, sigma: Sigma) -> Law:
    """Parts of stated weights, in each of which some coordinates are standard normal and the others 0, or all are a point.

    Raises:
        RefusedError: for arrays that are no mixture.
    """
    moving = shaped(arrays, "moving", None, None)
    K, n = moving.shape
    V, weights, target = shaped(arrays, "teacher_W", None, n), shaped(arrays, "weights", K), shaped(arrays, "target", K)
    T, point = shaped(arrays, "teacher_U", K, len(V)), shaped(arrays, "point", K, n)
    if (weights < 0).any() or abs(weights.sum() - 1) > 1e-12 or not np.isin(moving, (0, 1)).all():
        raise RefusedError("weights: probabilities that add up to 1; moving: 0 or 1")
    parts: list[tuple[fmpq, Part]] = []
    for k in range(K):
        columns, c = np.flatnonzero(moving[k]).tolist(), fmpq(*weights[k].item().as_integer_ratio())
        if columns and (point[k].any() or target[k]):
            raise RefusedError(f"part {k + 1} moves: its point and its target are 0")
        if columns:
            parts.append((c, Gauss(sigma, columns, sigma, rational(T[k : k + 1]), rational(V))))
        elif T[k].any():
            raise RefusedError(f"part {k + 1} is a point: its teacher is 0, its target says Y")
        else:
            parts.append((c, Sample(sigma, rational(point[k : k + 1]), rational(target[k : k + 1, None]))))
    return Law(parts, 1, n, fmpq(0))
