"""The wall at ``p = dim*`` and the legs beyond it: theorem8/th8wall.py by closed forms."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from flint import arb, ctx

from tests.reference import generator
from theorem8 import th8floor
from theorem8.th8connect import CLASSES, digits
from theorem8.th8floor import determinant_and_loss, floor_ball, highest, oriented, over_floor, three_units
from theorem8.th8options import Config
from theorem8.th8wall import GRID, legs_by_formula, legs_by_width, minimiser, one_unit
from valleys.paths.path import polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta
from valleys.run.balls import rational

EYE = torch.eye(3, dtype=torch.float64)


def on_axes(Y: torch.Tensor) -> ConvexRisk:
    return ConvexRisk(activation("relu"), Sample(EYE, Y), loss_named("square"))


@pytest.mark.parametrize(("q", "p", "legs"), [(60, 61, 123), (60, 62, 63), (60, 120, 5), (60, 180, 5), (12, 17, 9)])
def test_legs_by_formula(q: int, p: int, legs: int) -> None:
    assert legs_by_formula(q, p) == legs


def test_legs_by_width_keep_to_it() -> None:
    """From ``q + 1`` to ``3 q``; a step aside costs a round at most, and none of the connections climbs."""
    rows, claims = legs_by_width(Config(quick=True))
    assert [row["p"] for row in rows] == [13, 14, 15, 18, 21, 24, 30, 36] and {row["q"] for row in rows} == {12}
    for row in rows:
        assert (
            row["formula"] == legs_by_formula(12, row["p"]) <= row["legs"] <= row["formula"] + 2 * max(row["temps"], 1)
        )
    assert claims and all(claim.holds for claim in claims)


def test_one_unit_has_two_valleys_that_meet_at_1() -> None:
    axis, losses, components = one_unit()
    assert components == [2, 1]
    for w, u, loss in ((1.0, 1.0, 0.0), (0.0, 2.0, 1.0), (2.5, -2.5, 52.5625), (-2.0, -0.5, 0.49), (-2.0, 0.5, 1.69)):
        i, j = (int(np.abs(axis - x).argmin()) for x in (w, u))
        assert losses[i, j] == pytest.approx(loss, abs=1e-12)
    assert losses.shape == (GRID, GRID) and (axis[0], axis[-1], axis[GRID // 2]) == (-2.5, 2.5, 0.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_oriented_minimisers(sign: float) -> None:
    for seed in (*range(8), 62, 71):  # of the last two the determinant is between 0 and 1
        theta = oriented(on_axes(EYE), sign, generator(seed))
        assert float(torch.linalg.det(theta.W)) * sign > 0
        assert float(on_axes(EYE).value(theta)) <= 1e-28
        assert 1 <= float(theta.W.amax()) <= 2 and float(theta.W.amin()) >= 0


def test_minimisers_of_any_width() -> None:
    risk = on_axes(torch.arange(6.0, dtype=torch.float64).reshape(3, 2))
    theta = minimiser(risk, 9, generator())
    assert (theta.m, theta.p, theta.n) == (2, 9, 3)
    assert float(risk.value(theta)) <= 1e-24


def test_the_floor_where_filters_are_dependent() -> None:
    """Eckart and Young for ``Y = diag(3, 1, 2)``: the best of rank 2 leaves ``1^2/3``, and the formula says so."""
    risk = on_axes(torch.diag(torch.tensor([3.0, 1.0, 2.0])).double())
    with ctx.workprec(128):
        ball = floor_ball(rational(risk.target))
        assert (3 * ball).overlaps(arb(1)) and ball.rad() < 1e-30
    best = Theta(torch.diag(torch.tensor([3.0, 0.0, 2.0])).double(), EYE)
    assert float(risk.value(best)) == pytest.approx(1 / 3, rel=1e-14)


@pytest.mark.parametrize("legs", [1, 2])
def test_the_highest_point_of_a_polygon_in_rationals(legs: int) -> None:
    """``U = 0`` has the loss 1 for ``Y = I``; from the minimum to it ``L = t^2``, and beyond it falls again."""
    risk = on_axes(EYE)
    knots = [Theta(EYE, EYE), Theta(0 * EYE, EYE), Theta(EYE, EYE)][: legs + 1]
    assert highest(polygon(knots), risk) == 1
    bent = [Theta(EYE, EYE), Theta(-EYE, EYE), Theta(0 * EYE, EYE)][: legs + 1]
    assert highest(polygon(bent), risk) == 4


def test_over_the_floor_only_where_the_determinant_changes_its_sign() -> None:
    """From the minimum over ``U = 0`` to another one with two units swapped: 3 times the floor 1/3."""
    risk, swapped = on_axes(EYE), EYE[[1, 0, 2]]
    over = polygon([Theta(EYE, EYE), Theta(0 * EYE, EYE), Theta(0 * EYE, swapped), Theta(swapped, swapped)])
    assert over_floor([over], risk) == pytest.approx(3, rel=1e-14)
    assert np.isnan(over_floor([over, polygon([Theta(EYE, EYE), Theta(0 * EYE, EYE)])], risk))


def test_determinant_and_loss_along_a_swap() -> None:
    """Two rows swapped on a line: ``det F`` from 1 through 0 to -1, lengths apart, and the loss of ``U = 0`` stays."""
    swapped = 5 * EYE[[1, 0, 2]]
    curve = determinant_and_loss(polygon([Theta(0 * EYE, 2 * EYE), Theta(0 * EYE, swapped)]), on_axes(EYE))
    assert curve.shape == (2, 61)
    assert (curve[0, 0], curve[0, -1]) == pytest.approx((1, -1))
    # rows (2(1-t), 5t, 0) and (5t, 2(1-t), 0): det = (a^2 - b^2)/(a^2 + b^2)
    t = np.linspace(0, 1, 61)
    a, b = 2 * (1 - t), 5 * t
    np.testing.assert_allclose(curve[0], (a * a - b * b) / (a * a + b * b), atol=1e-12)
    np.testing.assert_allclose(curve[1], 1.0, rtol=1e-15)


def test_three_units_meet_the_floor() -> None:
    curves, found = three_units(Config(quick=True))
    assert found["floor"] == pytest.approx(1 / 3, rel=1e-12) and found["over"] >= 1
    for k in range(3):
        for name in (f"line{k}", f"string{k}"):
            determinant, loss = curves[name]
            assert determinant[0] * determinant[-1] < 0
            assert loss.max() <= found["peaks"][name] * (1 + 1e-9) and found["peaks"][name] >= found["floor"] * (
                1 - 1e-12
            )
        assert found["peaks"][f"string{k}"] <= found["peaks"][f"line{k}"]


@pytest.mark.parametrize(("quick", "steps"), [(True, 100), (False, 2000)])
def test_passes_are_searched_between_opposite_signs(quick: bool, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def searched(risk: ConvexRisk, a: Theta, b: Theta, draw: torch.Generator, **words: object) -> SimpleNamespace:
        assert float(torch.linalg.det(a.W)) > 0 > float(torch.linalg.det(b.W))
        assert words == {"legs": 4, "steps": steps, "refine": False}
        return SimpleNamespace(path=polygon([a, Theta(0 * a.U, a.W), Theta(0 * a.U, b.W), b]))

    monkeypatch.setattr(th8floor, "find_pass", searched)
    curves, found = three_units(Config(quick=quick))
    assert curves.keys() == found["peaks"].keys() == {f"{name}{k}" for name in ("line", "string") for k in range(3)}
    assert [found["peaks"][f"string{k}"] for k in range(3)] == [1.0] * 3


def test_digits_are_those_of_three_classes_and_no_image_is_in_both_parts() -> None:
    X, y, X_test, y_test = digits(20)
    assert len(CLASSES) == 3 and set(y.tolist()) | set(y_test.tolist()) == {0, 1, 2}
    assert X.shape == X_test.shape == (20, 64) and (float(X.min()), float(X.max())) == (0.0, 1.0)
    assert not any(torch.equal(a, b) for a in X for b in X_test)
