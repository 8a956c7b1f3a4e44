"""Does the end attain the minimum, up to one more leg of ``U`` that a file need not hold?

Where the filters at the end span all that filters can, some ``U*`` on the same ``W`` attains the minimum over all networks.
On the line from the end to ``U*`` the loss is a convex parabola that ends at its least value: it never rises.
"""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_mat, nmod_mat

from check.balls.gauss import Gauss
from check.laws import Law, Sample

PRIME = (1 << 62) - 57
UNDECIDED = "not decided"
ATTAINED = "a global minimum, after one more leg of U alone (convex, not in the file)"


def rank(F: fmpz_mat) -> int:
    """A lower bound of the rank over the rationals: the rank modulo a prime."""
    return int(nmod_mat(F.nrows(), F.ncols(), [int(x) % PRIME for x in F.entries()], PRIME).rank())


def points(sample: Sample, rays: bool) -> list[int]:
    """One index for each data point, or (``rays``) for each ray from 0: filters of ReLU are linear on rays, 0 at 0."""
    chosen: dict[Any, int] = {}
    for j, x in enumerate(sample.X.transpose().tolist()):
        size = next((abs(v) for v in x if v != 0), fmpq(0)) if rays else fmpq(1)
        if size > 0:
            chosen.setdefault(tuple(v / size for v in x), j)
    return list(chosen.values())


def spans_sample(sample: Sample, W: fmpq_mat) -> bool:
    """Whether the filters of ``W`` span all functions on the data that filters (and an output bias) can make."""
    n, powers, bias = sample.X.nrows(), sample.sigma.powers, W.ncols() > sample.X.nrows()
    apart = points(sample, sample.sigma.leak is not None and not bias)
    most = len(apart)
    if powers and not bias:
        most = int(sample.X.rank()) if set(powers) == {1} else min(most, sum(comb(n + k - 1, k) for k in powers))
    F = sample.features(W)[0]
    if sample.exact:
        return rank(F) == most
    return W.nrows() >= most and independent(arb_mat([[row[j] for j in apart] for row in F.tolist()]))


def independent(F: arb_mat) -> bool:
    """Whether the columns of ``F (p, N)`` are independent: ``|F^T B - I| < 1`` for some ``B``, here a float inverse."""
    B = np.linalg.pinv(np.array([float(x) for x in F.entries()]).reshape(F.nrows(), F.ncols()).T)
    rest = F.transpose() * arb_mat(B.tolist())
    size = sum(((x - 1 if i % (F.ncols() + 1) == 0 else x) ** 2 for i, x in enumerate(rest.entries())), arb(0))
    return bool(size < 1)


def spans_gauss(part: Gauss, W: fmpq_mat) -> bool:
    """The same for polynomials under ``N(0, I)``: the rows of all monomials of the degrees that occur, at ``W``."""
    columns: list[list[int]] = []
    rows, _ = W.numer_denom()
    for w in rows.tolist():
        values = []
        for k in part.sigma.powers:
            level = [(0, 1)]  # (largest index so far, product)
            for _ in range(k):
                level = [(j, v * int(w[j])) for i, v in level for j in range(i, len(w))]
            values += [v for _, v in level]
        columns.append(values)
    return rank(fmpz_mat(columns)) == len(columns[0])


def attained(law: Law, W: fmpq_mat) -> str:
    """What a path is at whose end the rows are ``W``."""
    part = law.parts[0][1]
    if len(law.parts) > 1 or law.loss != "square":
        return UNDECIDED
    ctx.prec = 128
    if isinstance(part, Sample):
        found = spans_sample(part, W)
    else:
        found = isinstance(part, Gauss) and part.exact and len(part.block) == W.ncols() and spans_gauss(part, W)
    return ATTAINED if found else UNDECIDED
