"""The proof of Theorem 16 as numbers: the exact law, d(lambda), both parts' bounds, and the judges of the claims."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import beta, chi2
from torch import Tensor

from theorem16.th16balls import Table
from theorem16.th16data import Teacher, ZonalTeacher
from theorem16.th16law import InputLaw
from theorem16.th16readout import Readout, readout, uncertainty
from theorem16.th16sphere import eigenvalues, energies
from valleys.run.claims import Claim, at_most, worst

SOURCE = "Theorem 16, pp. 13 and 29"


def judge_error(law: InputLaw, teacher: Teacher, W: Tensor, u: Tensor) -> float:
    """|f*|^2 - 2 b u + u K u from the parameters alone, in float64, with the kernel by its second route.

    An upper bound of R^2(W) at any u, equal to it at the best one.
    """
    W, u = W.double(), u.double()
    return teacher.norm2 - 2 * float(teacher.inner(W) @ u) + float(u @ (law.kernel_by_owen(W, W) @ u))


def judge_claim(law: InputLaw, teacher: Teacher, W: Tensor, found: Readout) -> Claim:
    """The prefix trick at the largest width against the quadratic form at its own readout.

    Args:
        law: the law of z.
        teacher: f*.
        W: the features of ``found``, shape (P, d).
        found: the errors to be judged.

    Returns:
        the difference over |f*|^2, at most what rounding allows.
    """
    difference = abs(float(found.errors[-1]) - judge_error(law, teacher, W, found.weights(len(W)))) / teacher.norm2
    statement = (
        f"prefix error at p = {len(W)} less the quadratic form at its readout, kernel by another route, over |f*|^2"
    )
    allowed = uncertainty(law, teacher, W, found) / teacher.norm2
    return at_most("t16.figure5.judge", SOURCE, statement, difference, allowed, "verified")


def law_claims(
    teacher: ZonalTeacher,
    widths: np.ndarray,
    errors: np.ndarray,
    drawn: np.ndarray,
    groups: np.ndarray,
    size: int,
    trusted: float,
) -> list[Claim]:
    """The claims on the theorem's own weights.

    Args:
        teacher: f*, with its density.
        widths: shape (n,).
        errors: R^2, shape (trials, n).
        drawn: R_MC^2 of the same features, shape (trials, n).
        groups: independent R_MC^2 at width ``size``, any shape.
        size: that width.
        trusted: error below which R^2 is rounding.

    Returns:
        the inequality for every draw, the median below the law, and the mean (from two draws on).
    """
    excess = float((errors - drawn).max()) / teacher.norm2
    ratio = float((np.median(errors, axis=0) * widths).max()) / teacher.law_constant
    below = f"largest median R^2 over the exact law, {len(widths)} widths, {len(errors)} draws"
    above = "largest R^2(W) - R_MC^2(W) over all draws and widths, over |f*|^2: at most 0 for each W, here in float64"
    claims = [
        at_most("t16.figure5.best_below_theorem", SOURCE, above, excess, trusted / teacher.norm2, "computed"),
        at_most("t16.figure5.median_below_law", SOURCE, below, ratio, 1.0, "measured"),
    ]
    return claims + ([mean_claim(groups.ravel(), teacher.law_constant / size, size)] if groups.size > 1 else [])


def ball_claim(law: InputLaw, teacher: Teacher, draws: Sequence[Tensor]) -> Claim:
    """The same inequality on some draws, their every width, in balls: kernels, ``b(w)`` and both errors.

    Args:
        law: the law of z.
        teacher: one that ``th16balls`` covers.
        draws: rows, each shape (P, d).

    Returns:
        the claim; not of all draws and widths, whose tables of Owen's T in balls would take days.
    """
    found = []
    for W in draws:
        prefix = readout(law, teacher, W)
        found.append(Table(law, W).excess([prefix.weights(p) for p in range(1, len(W) + 1)]))
    statement = f"largest R^2(W) - R_MC^2(W) of {len(draws)} draws at p = 1 .. {len(draws[0])}: an upper end, in balls"
    return at_most("t16.figure5.best_below_theorem_in_balls", SOURCE, statement, worst(found), 0.0, "proved")


def mean_claim(draws: np.ndarray, expected: float, size: int) -> Claim:
    """The mean of two or more independent ``R_MC^2`` against the exact law, in standard errors.

    ``R_MC^2`` is the squared length of a mean of ``size`` independent vectors: near enough a weighted sum of chi-squares of
    one degree of freedom. Its tail is heavy, and few draws miss it: a standard error estimated from them alone is too
    small (of 16 draws three in a hundred are more than 4 of their own standard errors off). So the error is not taken
    below that of the heaviest such sum, a single chi-square (``sqrt(2)`` times the mean), and the bound is what a mean of
    that many of these exceeds once in a million: 8 for 16 draws, 5 for 3000, 4.75 in the end.
    """
    count = len(draws)
    deviation = max(float(draws.std(ddof=1)), math.sqrt(2) * expected)
    error = abs(float(draws.mean()) - expected) * math.sqrt(count) / deviation
    bound = (float(chi2.isf(1e-6, count)) / count - 1) * math.sqrt(count / 2)
    statement = f"mean of {count} draws of R_MC^2 at p = {size} less the exact law, in standard errors"
    return at_most("t16.figure5.mean_is_law", SOURCE, statement, error, bound, "measured")


def effective_dimension(d: int, regularisation: float) -> float:
    """d(lambda) = sum_k N(d, k) mu_k / (mu_k + lambda), exactly (no bias, x ~ N(0, I_d)).

    >>> effective_dimension(11, 1e-3) < 1 / (2 * 1e-3)
    True
    """
    degree = 64
    while True:
        mu, energy = eigenvalues(d, degree), energies(d, degree)
        # The tail is at most (1/2 - sum N mu) / lambda, the trace being 1/2.
        tail = (0.5 - float(energy.sum())) / regularisation
        total = float((energy / (mu + regularisation)).sum())
        if tail < 1e-6 * total or degree >= 4096:
            return total
        degree *= 2


def width_by_dimension(dimension: float, delta: float) -> float:
    """The width 5 d log(16 d / delta) that part 1 asks for, with d = d(lambda) or its bound 1/(2 lambda)."""
    return 5 * dimension * math.log(16 * dimension / delta)


def stated_probability(epsilon: np.ndarray, bound: float, p: int) -> np.ndarray:
    """Part 2: P(R_MC <= eps) >= 1 - exp(-(eps - sqrt v)^2 / (2v)), v = C^2/p, for eps >= sqrt v (0 below)."""
    v = bound**2 / p
    return 1 - np.exp(-(np.maximum(epsilon - math.sqrt(v), 0.0) ** 2) / (2 * v))


def part_two_claim(errors: Tensor, bound: float, p: int) -> Claim:
    """The stated probability of part 2 against the measured frequency at eps = sqrt v (1 + j/4), j = 0 .. 12.

    Args:
        errors: independent draws of R_MC^2 at width p.
        bound: C = sup|g| max|psi_w|.
        p: the width.

    Returns:
        the largest excess of the stated probability over the frequency's upper 99.9 % limit: at most 0.
    """
    if not math.isfinite(bound):
        return at_most(
            f"t16.guarantee.part2.p{p}",
            SOURCE,
            "the density is unbounded: part 2 says nothing",
            math.nan,
            0.0,
            "measured",
        )
    epsilon = bound / math.sqrt(p) * (1 + np.arange(13) / 4)
    count = len(errors)
    hits = np.array([int((errors.clamp_min(0).sqrt() <= e).sum()) for e in epsilon])
    upper = np.where(hits < count, beta.ppf(0.999, hits + 1, np.maximum(count - hits, 1)), 1.0)
    excess = float((stated_probability(epsilon, bound, p) - upper).max())
    statement = f"largest stated probability less the measured frequency's 99.9 % limit, p = {p}, {count} draws"
    return at_most(f"t16.guarantee.part2.p{p}", SOURCE, statement, excess, 0.0, "measured")
