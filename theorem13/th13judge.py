"""The judge of Theorem 13: recomputes everything it needs from parameters and the exact risk, then states claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from theorem13.th13attack import Attack, leaving_time
from theorem13.th13floors import moments
from theorem13.th13proof import Barrier
from valleys.paths.path import Path
from valleys.problem.network import Theta, between
from valleys.problem.risk import Risk
from valleys.run.claims import Claim, at_least, at_most

SOURCE = "Theorem 13, p. 10"
#: Of the levels, and of E g1^2, whose terms cancel in the loss.
ROUNDING, CANCELLED = 1e-12, 1e-14


@dataclass(frozen=True)
class Profile:
    """The loss along a path: times in [0, 1], values, the smallest output weight, and the peak."""

    t: Tensor
    values: Tensor
    weight: Tensor
    peak: float


def profile(path: Path, risk: Risk, points: int) -> Profile:
    """Evaluate L along a path, ``points`` on each leg, and sharpen the peak between the grid's points.

    Args:
        path: the path.
        risk: the loss.
        points: points a leg.

    Returns:
        The profile.
    """
    batch = path.sampled(points)
    values = risk.value(batch)
    t = torch.linspace(0, 1, len(values), dtype=torch.float64)
    return Profile(t, values, batch.U.amin(dim=(-2, -1)), peak(lambda s: risk.value(path.at(s)), values))


def peak(loss: Callable[[float], Tensor], values: Tensor) -> float:
    """The largest of ``values`` of the loss, equally spread over [0, 1], or of a search next to their maximum."""
    k, last = int(values.argmax()), len(values) - 1
    bounds = (max(k - 1, 0) / last, min(k + 1, last) / last)
    found = minimize_scalar(lambda s: -float(loss(s)), bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return max(float(values[k]), -float(found.fun))


def segment(a: Theta, b: Theta, points: int) -> Theta:
    """A batch of points + 1 networks on the straight line from a to b (both may be batches: then one more dimension)."""
    t = torch.linspace(0, 1, points + 1, dtype=a.W.dtype).reshape(-1, *[1] * a.W.dim())
    return between(a, b, t)


def rounding(b: Barrier) -> float:
    """How far a loss may be off: in proportion to the levels, and to ``alpha^2 p^2 E sigma^2 >= E g1^2``, which cancels."""
    s = b.setting
    power = (s.alpha * s.p) ** 2 * moments(s.activation)[1]
    return max(ROUNDING * max(1.0, b.upper), CANCELLED * power)


def doomed(theta: Theta, loss: Tensor, floor: float) -> Tensor:
    """Which networks have u > 0 and a loss below the floor of every path."""
    return (theta.U > 0).all(dim=-1).squeeze(-1) & (loss < floor)


def floor_claims(b: Barrier, tried: Attack) -> list[Claim]:
    """The floors: ordered, and not broken by the attack; that the first is attained is the exact checker's to say.

    Args:
        b: the numbers that are claimed.
        tried: the lowest losses found by an attack.

    Returns:
        The claims.
    """
    inside = f"lowest L found with u >= 0, {tried.tries} descents: not below the valley's floor"
    crossing = (
        f"lowest L found where some u_i = 0, the others >= 0, {tried.tries} descents: not below the floor of every"
        " path (needs: p different teacher directions)"
    )
    return [
        at_least("valley_attacked", SOURCE, inside, tried.valley, b.valley_floor - rounding(b), "measured"),
        at_least("proved_floor", SOURCE, "floor of every path in closed form exceeds the valley's floor",
                 b.closed, b.valley_floor, "proved"),
        at_least("sharper_floor", SOURCE, "floor of every path used below is not below the closed form",
                 b.floor, b.closed, "proved"),
        at_least("crossing_attacked", SOURCE, crossing, tried.crossing, b.floor - rounding(b), "measured"),
    ]  # fmt: skip


def path_claims(b: Barrier, risk: Risk, p: Profile) -> list[Claim]:
    """The path: it climbs to the gate, no higher, and falls from there.

    Args:
        b: the numbers that are claimed.
        risk: the loss.
        p: the profile of the path, as evaluated by the judge.

    Returns:
        The claims.
    """
    points = (len(p.values) - 1) // len(b.path.pieces)
    before, after = torch.diff(p.values[: b.gate * points + 1]), torch.diff(p.values[b.gate * points :])
    gap = b.upper - b.floor
    touches = "peak of the path above the floor; bound: the stated gap" + (" (none: exact)" if b.exact else "")
    return [
        at_least("peak_above_floor", SOURCE, "peak of the path is not below the floor of every path",
                 p.peak, b.floor - rounding(b), "verified"),
        at_most("peak_touches_floor", SOURCE, touches, p.peak - b.floor, gap + rounding(b), "verified"),
        at_least("climbs_to_gate", SOURCE, "smallest step of L before the gate: the path only climbs",
                 float(before.min()), -rounding(b), "verified"),
        at_most("falls_after_gate", SOURCE, "largest step of L after the gate: the path never rises again",
                float(after.max()), rounding(b), "verified"),
    ]  # fmt: skip


def omega_claims(b: Barrier, risk: Risk, M: float, generator: torch.Generator) -> list[Claim]:
    """The left half of the paper's inequality (5), as mended, with margin M, for a setting made by the recipe.

    Omega is a ball about theta_bad on which L stays below the valley's floor + M/2.  A step of size r moves the function by up
    to r max(1, |u_i|): L grows with the square of this on Z = 1, and with beta times this on Z = 0.

    Args:
        b: the numbers of the recipe's setting.
        risk: its loss.
        M: the wanted margin.
        generator: the source of the points drawn in Omega.

    Returns:
        The claim.
    """
    moved = 0.03 * min(M**0.5, 4 * M / b.setting.beta)
    theta, radius = b.path.start, min(1e-3, moved / max(1.0, b.setting.alpha))
    n = 1000
    noise = theta.map(
        lambda x: radius * torch.randn(n, *x.shape, generator=generator, dtype=x.dtype) / x.numel() ** 0.5
    )
    highest = float(risk.value(Theta(theta.U + noise.U, theta.W + noise.W)).max())
    left = f"(5), left: largest L on {n} points of a ball Omega of radius {radius:g}; bound: M/2 + min over Omega"
    return [at_most("inequality_5_left", SOURCE, left, highest, M / 2 + b.valley_floor + rounding(b), "measured")]


def straight_lines_claims(b: Barrier, risk: Risk, starts: Theta, ends: Theta, peaks: Tensor) -> list[Claim]:
    """Straight lines from starts that are provably in the valley all climb to the floor of every path.

    A grid may miss a peak, so L is also taken where a line leaves u > 0: there the floor holds.

    Args:
        b: the numbers that are claimed.
        risk: the loss.
        starts: networks with u > 0 below the floor, a batch.
        ends: the ends of their lines.
        peaks: the largest losses on a grid of each line.

    Returns:
        The claim, or none where there is no line.
    """
    if len(starts.U) == 0:
        return []
    crossing = between(starts, ends, leaving_time(starts.U, ends.U).unsqueeze(-1))
    text = f"lowest peak among {len(starts.U)} straight lines from starts below the floor of every path"
    lowest = float(torch.maximum(peaks, risk.value(crossing)).min())
    return [at_least("straight_lines", SOURCE, text, lowest, b.floor - rounding(b), "verified")]


def leaving_claims(b: Barrier, risk: Risk, runs: Sequence[Sequence[Theta]]) -> list[Claim]:
    """A run that leaves u > 0 between two recorded steps jumps over the floor: the segment between them reaches it.

    Args:
        b: the numbers that are claimed.
        risk: the loss.
        runs: for each method the networks at the recorded steps, batches of one size.

    Returns:
        The claim, or none where no run leaves.
    """
    peaks = []
    for old, new in (pair for path in runs for pair in pairwise(path)):
        gone = (old.U > 0).all(dim=-1).squeeze(-1) & ~(new.U > 0).all(dim=-1).squeeze(-1)
        gone &= torch.isfinite(new.U).all(dim=-1).squeeze(-1) & torch.isfinite(new.W).all(dim=(-2, -1))
        if gone.any():
            a, c = old[gone], new[gone]
            peaks.append(risk.value(between(a, c, leaving_time(a.U, c.U).unsqueeze(-1))))
    if not peaks:
        return []
    lowest = torch.cat(peaks)
    text = (
        f"lowest loss at which the segments between recorded steps leave u > 0, {len(lowest)} runs of training: a step "
        "can jump over the floor, not pass under it"
    )
    bound = b.floor - rounding(b)
    return [at_least("leaves_over_floor", SOURCE, text, float(lowest.min()), bound, "verified")]
