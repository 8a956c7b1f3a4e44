"""Laws other than a sample: ``gaussian``, one normal law with a teacher; ``mixture``, weighted normal laws and points."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from check.balls.gauss import Gauss, Triple, attained
from check.balls.series import Series, series
from check.reading import Arrays, require, shaped, text
from check.sample import Sample, Sigma, rational


def law(name: str, loss: str, arrays: Arrays, sigma: Sigma) -> Any:
    """The loss of that law; takes its arrays out of ``arrays``."""
    require(loss == "square", f"loss {loss!r} under law {name!r}")
    require(name in ("gaussian", "mixture"), f"law {name!r}")
    return gaussian(arrays, sigma) if name == "gaussian" else Mixture(arrays, sigma)


def gaussian(arrays: Arrays, sigma: Sigma) -> Gauss:
    """``x ~ N(0, I)``, a teacher, and noise."""
    T = shaped(arrays, "teacher_U", None, None)
    V = shaped(arrays, "teacher_W", T.shape[1], None)
    tau, noise = Sigma(text(arrays, "teacher_activation", sigma.name)), float(shaped(arrays, "noise"))
    require(noise >= 0, f"noise {noise}: allowed is a number >= 0")
    return Gauss(sigma, range(V.shape[1]), tau, rational(T), rational(V), noise)


class Mixture:
    """Parts of stated weights, in each of which some coordinates are standard normal and the others 0, or all are a point."""

    def __init__(self, arrays: Arrays, sigma: Sigma) -> None:
        moving = shaped(arrays, "moving", None, None)
        K, n = moving.shape
        V, weights, target = (
            shaped(arrays, "teacher_W", None, n),
            shaped(arrays, "weights", K),
            shaped(arrays, "target", K),
        )
        T, point = shaped(arrays, "teacher_U", K, len(V)), shaped(arrays, "point", K, n)
        fine = (weights >= 0).all() and abs(weights.sum() - 1) <= 1e-12 and np.isin(moving, (0, 1)).all()
        require(bool(fine), "weights: probabilities that add up to 1; moving: 0 or 1")
        self.parts = list[tuple[fmpq, Any]]()
        for k in range(K):
            columns, c = np.flatnonzero(moving[k]).tolist(), fmpq(*weights[k].item().as_integer_ratio())
            if columns:
                require(not (point[k].any() or target[k]), f"part {k + 1} moves: its point and its target are 0")
                self.parts.append((c, Gauss(sigma, columns, sigma, rational(T[k : k + 1]), rational(V))))
            else:
                require(not T[k].any(), f"part {k + 1} is a point: its teacher is 0, its target says Y")
                self.parts.append((c, Sample(sigma, rational(point[k : k + 1]), rational(target[k : k + 1, None]))))
        self.sigma, self.m, self.n, self.exact = sigma, 1, n, all(part.exact for _, part in self.parts)

    def along(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat) -> Triple:
        """``<R, D>``, ``|D|^2`` and the loss at ``U``."""
        forms = [[c * form for form in part.along(U, dU, W)] for c, part in self.parts]
        s, a, loss = (sum(column) for column in zip(*forms, strict=True))
        return s, a, loss

    def series(self, U: fmpq_mat, dU: fmpq_mat, W: fmpq_mat, dW: fmpq_mat) -> Series:
        """The loss as a function of ``t``, a ball with its Taylor terms."""
        parts = [(c, series(part, U, dU, W, dW)) for c, part in self.parts]
        return lambda x: sum((c * value(x) for c, value in parts), x * 0)

    def attained(self, W: fmpq_mat) -> str:
        """What an end is at."""
        return attained(self.sigma, W)
