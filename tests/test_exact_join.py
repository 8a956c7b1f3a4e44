"""Connections before the exact checker: what lies above the worse end is seen; the wall of three units in rationals."""

from __future__ import annotations

from functools import partial
from math import inf, isnan
from pathlib import Path as File
from typing import Any

import pytest
import torch
from flint import arb, fmpq_mat

from tests.reference import generator
from theorem8.th8floor import filters, floor_ball, highest, oriented, over_floor, unit_risk
from valleys.judge.exact import judged_in_passing
from valleys.judge.exact_join import excess_of, join_claims
from valleys.paths.convex_files import save_convex_path
from valleys.paths.path import Path, polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta
from valleys.run.balls import above, below, rational

ONE = ConvexRisk(activation("relu"), Sample(*torch.ones(2, 1, 1).double()), loss_named("square"))


def unit(u: float, w: float = 1.0) -> Theta:
    return Theta(torch.tensor([[u]]).double(), torch.tensor([[w]]).double())


def judged(path: Path) -> dict[str, Any]:
    return judged_in_passing(partial(save_convex_path, path=path, risk=ONE, claim="connection"))


@pytest.mark.parametrize(
    ("knots", "others", "excess"),
    [
        ([unit(0), unit(0.5), unit(2)], 0, 0.0),  # L = (u - 1)^2: 1, 1/4, 1
        ([unit(1), unit(3), unit(0.5)], 0, 3.75),  # 0, 4, 1/4
        ([unit(0.5, 1), unit(1, 0.5)], 1, inf),  # live rows move: not looked into
        ([unit(1), unit(0), unit(0, 2), unit(0.5, 2)], 0, 1.0),  # dies, turns, lives
    ],
    ids=["below", "a knot above", "not affine", "through 0"],
)
def test_what_lies_above_the_worse_end(knots: list[Theta], others: int, excess: float) -> None:
    verdict = judged(polygon(knots))
    affine, high = join_claims("x", "", [verdict], [1.0], bound=1e-12)
    assert (affine.measured, affine.kind, high.kind) == (others, "exact", "exact")
    assert high.measured == pytest.approx(excess, rel=1e-10) and high.measured >= excess
    assert affine.holds == (others == 0) and high.holds == (excess == 0)


def test_undecided_and_nothing_do_not_hold() -> None:
    assert excess_of({"holds": False, "verdict": "undecided", "start": "1", "end": "1", "legs": []}) == inf
    assert not any(claim.holds for claim in join_claims("x", "", [], []))


def test_nothing_is_left_behind(tmp_path: File) -> None:
    seen: list[File] = []
    with pytest.raises(FileNotFoundError):
        judged_in_passing(lambda file: seen.append(file) or (_ for _ in ()).throw(FileNotFoundError()))  # type: ignore[func-returns-value]
    assert not seen[0].parent.exists()


# The wall of three units.


@pytest.mark.parametrize("seed", range(3))
def test_the_floor_from_both_sides(seed: int) -> None:
    Y = torch.randn(3, 5, generator=generator(seed), dtype=torch.float64)
    floor, expected = floor_ball(rational(Y)), float(torch.linalg.svdvals(Y)[-1]) ** 2 / 5
    assert below(floor) * (1 - 1e-12) <= expected <= above(floor) * (1 + 1e-12)


def test_the_floor_is_attained_by_dependent_filters() -> None:
    """``Y = diag(1, 2, 3)``: what is left of the best rank 2 is 1/3."""
    Y = fmpq_mat(3, 3, [1, 0, 0, 0, 2, 0, 0, 0, 3])
    assert floor_ball(Y).contains(arb(1) / 3) and above(floor_ball(Y)) - below(floor_ball(Y)) < 1e-14


def test_a_path_from_one_sign_to_the_other_is_above_the_floor() -> None:
    risk, draw = unit_risk(), generator(1)
    a, b, c = (oriented(risk, sign, draw) for sign in (1.0, -1.0, 1.0))
    assert filters(rational(a.W), risk).det() > 0 > filters(rational(b.W), risk).det()
    assert over_floor([polygon([a, b])], risk) >= 1
    assert isnan(over_floor([polygon([a, b]), polygon([a, c])], risk))  # the wall is not between these
    assert float(arb(highest(polygon([a, b]), risk))) == pytest.approx(float(max(
        risk.value(Theta(a.U + t * (b.U - a.U), a.W + t * (b.W - a.W))) for t in torch.linspace(0, 1, 2001).double()
    )), rel=1e-5)  # fmt: skip
