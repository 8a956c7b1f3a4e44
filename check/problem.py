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
    half = fmpq(1, 2)
    if name == "sample":
        X = shaped(arrays, "X", None, None)
        Y = shaped(arrays, "Y", len(X), *[None] * (arrays["Y"].ndim - 1)) if "Y" in arrays else shaped(arrays, "Y")
        Y = Y.reshape(len(X), -1)
        return Law([(fmpq(1), Sample(sigma, rational(X), rational(Y)))], fmpq(0)), Y.shape[1], X.shape[1]
    if name not in ("gaussian", "two-part", "gaussian-and-point"):
        raise RefusedError(f"law {name!r}")
    T = shaped(arrays, "teacher_U", None, None)
    V, m = shaped(arrays, "teacher_W", T.shape[1], None), len(T)
    n, tau = V.shape[1], Sigma(text(arrays, "teacher_activation", sigma.name))
    noise = fmpq(*float(shaped(arrays, "noise")).as_integer_ratio()) if "noise" in arrays else fmpq(0)
    blocks = {"gaussian": [(fmpq(1), slice(0, n))], "two-part": [(half, slice(0, n - 1)), (half, slice(n - 1, n))]}
    blocks["gaussian-and-point"] = blocks["two-part"][:1]
    parts: list[tuple[fmpq, Part]] = [
        (c, Gauss(sigma, block, tau, rational(T), rational(V))) for c, block in blocks[name]
    ]
    if name == "gaussian-and-point":
        point, target = (rational(shaped(arrays, key).reshape(1, 1)) for key in ("point", "target"))
        last = rational(V[:1] * 0)
        last[0, n - 1] = point[0, 0]
        parts.append((half, Sample(sigma, last, target)))
    return Law(parts, noise * noise), m, n
