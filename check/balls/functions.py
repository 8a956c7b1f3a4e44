"""Activations by other names: polynomials with float64 coefficients, and functions whose values are balls."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, arb_series, fmpq, fmpq_mat, fmpz, fmpz_mat

from check.balls.precision import bits
from check.reading import require
from check.sample import Sample, Sigma

UNKNOWN = arb_series([arb.nan()] * 3)  #: not a number: compares as false with everything
BALLS = {
    "sigmoid": lambda z: 1 / (1 + (-z).exp()),
    "tanh": lambda z: 1 - 2 / (1 + (z + z).exp()),
    "softplus": lambda z: (1 + z.exp()).log(),
    "erf": lambda z: z.erf(),
    "erf01": lambda z: (1 + z.erf()) / 2,
}


def powers(name: str) -> dict[int, fmpq]:
    """``{k: a_k}`` of ``poly:a0,a1,..``, empty for a function in balls; other names are refused."""
    numbers = list[fmpq]()
    try:
        if name.startswith("poly:"):
            numbers = [fmpq(*float(a).as_integer_ratio()) for a in name[5:].split(",")]
    except (ValueError, OverflowError):
        require(False, f"activation {name!r}")
    require(name in BALLS or (any(numbers) and len(numbers) <= 100), f"activation {name!r}")
    return {k: a for k, a in enumerate(numbers) if a != 0}


def values(name: str, Z: fmpz_mat, d: fmpz) -> arb_mat:
    """``sigma(Z/d)``, entry by entry."""
    return arb_mat(Z.nrows(), Z.ncols(), [BALLS[name](arb(z) / d) for z in Z.entries()])


def taylor(sigma: Sigma, z: arb_series) -> arb_series:
    """``sigma`` of a ball with its Taylor terms; not a number where a kink may lie in the ball."""
    if sigma.leak is not None:
        return z if z[0] > 0 else z * sigma.leak if z[0] < 0 else UNKNOWN
    if sigma.powers:
        return sum((a * z**k for k, a in sigma.powers.items()), arb_series([0]))
    return BALLS[sigma.name](z)


def spans(sample: Sample, W: fmpq_mat) -> bool:
    """Whether the filters of ``W`` are independent on the data points, of which equal ones count once."""
    points: dict[Any, int] = {}
    for j, x in enumerate(sample.X.transpose().tolist()):
        points.setdefault(tuple(x), j)
    if W.nrows() < len(points):
        return False
    with bits():
        rows = sample.features(W)[0].tolist()
    with bits(128):  # to which + rounds
        return independent(arb_mat([[+row[j] for j in points.values()] for row in rows]))


def independent(F: arb_mat) -> bool:
    """Whether the columns of ``F (p, N)`` are independent: ``|F^T B - I| < 1`` for some ``B``, here a float inverse."""
    B = np.linalg.pinv(np.array([float(x) for x in F.entries()]).reshape(F.nrows(), F.ncols()).T)
    rest = (F.transpose() * arb_mat(B.tolist()) - arb_mat(np.eye(F.ncols()).tolist())).entries()
    size = arb_mat(1, len(rest), rest) * arb_mat(len(rest), 1, rest)
    return bool(size[0, 0] < 1)
