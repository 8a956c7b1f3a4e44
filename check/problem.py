"""From the arrays of a path file to its loss and its knots; README.md states the format."""

from __future__ import annotations

from flint import fmpq

from check.activations import Sigma
from check.balls.gauss import Gauss
from check.laws import Law, Part, Sample, rational
from check.reading import Arrays, RefusedError, shaped, text


def law_of(arrays: Arrays) -> tuple[Law, int, int]:
    """The loss, ``m`` and ``n``; takes its arrays out of ``arrays``.

    Raises:
        RefusedError: for a loss, a law or an activation that is not known here.
    """
    name, sigma, loss = text(arrays, "law", "sample"), Sigma(text(arrays, "activation")), text(arrays, "loss", "square")
    if loss != "square":
        raise RefusedError(f"loss {loss!r}")
    if name == "sample":
        X = shaped(arrays, "X", None, None)
        Y = shaped(arrays, "Y", len(X), *[None] * (arrays["Y"].ndim - 1)) if "Y" in arrays else shaped(arrays, "Y")
        Y = Y.reshape(len(X), -1)
        return Law([(fmpq(1), Sample(sigma, rational(X), rational(Y)))], fmpq(0)), Y.shape[1], X.shape[1]
    if name == "mixture":
        return mixture(arrays, sigma)
    if name != "gaussian":
        raise RefusedError(f"law {name!r}")
    T = shaped(arrays, "teacher_U", None, None)
    V, m = shaped(arrays, "teacher_W", T.shape[1], None), len(T)
    n, tau = V.shape[1], Sigma(text(arrays, "teacher_activation", sigma.name))
    noise = fmpq(*float(shaped(arrays, "noise")).as_integer_ratio()) if "noise" in arrays else fmpq(0)
    if noise < 0:
        raise RefusedError(f"noise {noise}: allowed is a number >= 0")
    return Law([(fmpq(1), Gauss(sigma, range(n), tau, rational(T), rational(V)))], noise), m, n


def mixture(arrays: Arrays, sigma: Sigma) -> tuple[Law, int, int]:
    """Parts of stated weights, in each of which some coordinates are standard normal and the others 0, or all are a point.

    Raises:
        RefusedError: for arrays that are no mixture.
    """
    moving = shaped(arrays, "moving", None, None)
    K, n = moving.shape
    V, weights, target = shaped(arrays, "teacher_W", None, n), shaped(arrays, "weights", K), shaped(arrays, "target", K)
    T, point = shaped(arrays, "teacher_U", K, len(V)), shaped(arrays, "point", K, n)
    if (weights < 0).any() or abs(weights.sum() - 1) > 1e-12 or not ((moving == 0) | (moving == 1)).all():
        raise RefusedError("weights: probabilities that add up to 1; moving: 0 or 1")
    parts: list[tuple[fmpq, Part]] = []
    for k in range(K):
        columns, c = moving[k].nonzero()[0].tolist(), fmpq(*weights[k].item().as_integer_ratio())
        if columns and (point[k].any() or target[k]):
            raise RefusedError(f"part {k + 1} moves: its point and its target are 0")
        teacher = rational(T[k : k + 1]), rational(V)
        if columns:
            parts.append((c, Gauss(sigma, columns, sigma, *teacher)))
        elif T[k].any():
            raise RefusedError(f"part {k + 1} is a point: its teacher is 0, its target says Y")
        else:
            parts.append((c, Sample(sigma, rational(point[k : k + 1]), rational(target[k : k + 1, None]))))
    return Law(parts, fmpq(0)), 1, n
