"""The judge of convex losses and connections to the letter: kinds of legs, rises at rounding, what is not finite, every word."""

from __future__ import annotations

from dataclasses import astuple
from math import inf, isnan
from pathlib import Path as File

import numpy as np
import pytest
import torch

from tests.test_judge_of_legs import convex, net, two
from valleys.judge import verify as public
from valleys.judge import verify_convex
from valleys.judge.convex import JoinVerdict, judge_convex_leg, judge_descent, judge_join, leg_kind, live_part
from valleys.judge.convex_floor import Floor
from valleys.judge.verify import main as judge
from valleys.paths.convex_files import save_convex_path
from valleys.paths.curves import curve
from valleys.paths.path import Line, polygon
from valleys.problem.network import Theta
from valleys.run.claims import Claim

EPS = 2.0**-52


def theta(u: list[float], rows: list[float]) -> Theta:
    return Theta(torch.tensor([u], dtype=torch.float64), torch.tensor(rows, dtype=torch.float64)[:, None])


@pytest.mark.parametrize(
    ("rows", "kind"), [([1.0, 7.0, 3.0], "dead"), ([1.0, 2.0, 9.0], "grid"), ([1.0, 2.0, 3.0], "still")]
)
def test_of_three_units_the_last_is_pinned(rows: list[float], kind: str) -> None:
    start, end = theta([1.0, 0.0, 0.0], [1.0, 2.0, 3.0]), theta([1.0, 0.0, 0.0], rows)
    assert leg_kind(Line(start, end), convex("square", [[1.0]], [[1.0]], pinned=True)) == kind
    assert leg_kind(Line(start, end), convex("square", [[1.0]], [[1.0]])) == ("still" if kind == "still" else "dead")


def test_a_curve_is_looked_at_and_the_last_unit_is_kept() -> None:
    risk, here = convex("square", [[1.0]], [[1.0]]), net(1.0, 2.0)
    loop = curve(here, lambda t: Theta(here.U.expand(len(t), 1, 1), here.W.expand(len(t), 1, 1)), here)
    assert leg_kind(loop, risk) == "grid"
    assert live_part(theta([0.0, 2.0, 0.0], [1.0, 2.0, 3.0])).W.flatten().tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("loss", "y", "a", "b", "rise"),
    [
        ("square", [1.0, -1.0], 1.0, 0.0, 8 * EPS),  # the slope is 0, and known to rounding only
        ("square", [1.0, 1.0], 0.0, 0.5, 0.0),
        ("square", [1.0, 1.0], 0.5, 1.0, 0.0),
        ("square", [1.0, 1.0], 2.0, 2.0 + 2**-20, 2**-19 * (1 + 2**-20) + EPS * 8 * (1 + 2**-20) * (4 + 2**-20)),
        ("hinge", [1.0, 1.0], -1.0, -4.0, 3.0),  # bounded by how far it moves, without rounding
        ("hinge", [1.0, -1.0], 2.0, 2.0, 0.0),
    ],
)
def test_the_rise_of_a_leg_to_the_last_digit(loss: str, y: list[float], a: float, b: float, rise: float) -> None:
    risk = convex(loss, [[1.0], [1.0]], [[v] for v in y])
    end = net(b) if a != b else theta([1.0, 1.0], [1.0, 1.0])  # the same outputs by another output weight
    start = net(a) if a != b else theta([2.0, 0.0], [1.0, 1.0])
    assert judge_convex_leg(Line(start, end), risk).rise == pytest.approx(rise, rel=1e-15, abs=0)


def test_a_leg_without_outputs_that_move_has_a_number_for_a_rise() -> None:
    """Without a Lipschitz constant: ``0 * inf`` is no bound, the slope is. Dead and still legs are two equal values."""
    trade = Line(theta([2.0, 0.0], [1.0, 1.0]), theta([1.0, 1.0], [1.0, 1.0]))
    risk = convex("square", [[1.0]], [[1.0]])
    assert judge_convex_leg(trade, risk).rise == pytest.approx(4 * EPS * 2 * 4)
    for leg in (Line(two(2.0, 1.0), two(2.0, 5.0)), Line(two(2.0, 1.0), two(2.0, 1.0))):
        assert judge_convex_leg(leg, risk).rise == 0.0


def test_a_descent_without_a_floor_has_no_excess() -> None:
    verdict = judge_descent(polygon([net(0.0), net(1.0)]), convex("square", [[1.0]], [[1.0]]))
    assert verdict.excess is None


def test_a_connection_below_one_has_its_own_peak() -> None:
    found = judge_join(polygon([net(0.5), net(0.75)]), convex("square", [[1.0]], [[1.0]]))
    assert (found.between, found.peak) == (0.0, 0.25)


def test_a_leg_that_meets_what_is_no_number_is_above_every_end() -> None:
    """Two units of ``1e300 x`` and ``-1e300 x``: the output is 0 at both knots and ``inf - inf`` between them."""
    big = [1e300, -1e300]
    path = polygon([theta(big, [1e-300] * 2), theta([1e-300, -1e-300], [1e300] * 2), theta([0.0, 0.0], [1e300] * 2)])
    found = judge_join(path, convex("square", [[1.0]], [[1.0]]))
    assert found.losses[:2] == (1.0, 1.0) and isnan(found.between)
    assert not any(claim.holds for claim in found.claims("x"))


@pytest.mark.parametrize(
    ("losses", "between", "scale", "excess"),
    [((0.0, 0.0), 0.0, 0.0, 0.0), ((0.0, 1.0, 0.0), 0.0, 0.0, inf), ((1.0, 3.0, 2.0), 0.0, 4.0, 0.25),
     ((1.0, 2.0), 3.0, 2.0, 0.5), ((1.0, float("nan")), 0.0, 1.0, inf), ((1.0, 2.0), inf, 2.0, inf)],
)  # fmt: skip
def test_excess_over_the_worse_end(losses: tuple[float, ...], between: float, scale: float, excess: float) -> None:
    assert JoinVerdict(("U",) * (len(losses) - 1), losses, between, scale).excess == excess


def test_claims_word_by_word() -> None:
    found = JoinVerdict(("still", "U", "dead", "grid", "grid"), (1.0, 1.0, 1.0, 1.0, 1.5, 1.0), 0.0, 2.0)
    assert [astuple(claim) for claim in found.claims("x", "here")] == [
        ("x.affine", "here", "legs on which the output is not affine", 2, "<=", 0, "verified"),
        ("x.below_worse_end", "here", "largest loss at a knot less max(L(a), L(b)), relative", 0.25, "<=", 1e-12, "verified"),
    ]  # fmt: skip
    assert found.claims("x")[0].source == "every two networks of width dim* + 1"
    ending = verify_convex.convex_claims(0.0, 1e-8, 0.5, "x")[1]
    words = "loss at the end less the minimum, relative to L(0)"
    assert astuple(ending) == ("x.ends_at_minimum", "Theorem 8, p. 7", words, 2e-8, "<=", 1e-8, "verified")


CONNECTION = """\
leg 1: U      L 1 -> 0.1
leg 2: U      L 0.1 -> 5
width 1, dim* 1, peak 5, worse end 5

claim                 measured      bound      kind   verdict
-------------------------------------------------------------
path.affine           0         <=  0          exact  holds
path.below_worse_end  0         <=  1.000e-12  exact  holds
"""
DESCENT = """\
leg 1: U      L 1 -> 0, rise 0
leg 2: still  L 0 -> 0, rise 0
width 1, dim* 1, no network is below 0

claim                 measured      bound      kind      verdict
----------------------------------------------------------------
path.never_rises      0         <=  1.000e-12  exact     holds
path.ends_at_minimum  0         <=  1.000e-08  verified  holds
path.end_attained     0         <=  0          exact     holds
"""
FILES = {
    "connection": (convex("square", [[1.0], [2.0]], [[1.0], [1.0]]), [0.0, 0.6, 2.0], CONNECTION),
    "descent": (convex("hinge", [[1.0]], [[1.0]]), [0.0, 2.0, 2.0], DESCENT),
}


@pytest.mark.parametrize("claim", FILES)
def test_a_file_word_by_word(claim: str, tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    risk, knots, printed = FILES[claim]
    save_convex_path(tmp_path / "p.npz", polygon([net(u) for u in knots]), risk, claim)
    assert judge([str(tmp_path / "p.npz")]) == 0
    assert capsys.readouterr().out == printed


def test_how_far_a_floor_reaches_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(verify_convex, "floor_of", lambda risk, end: Floor(-0.5, 12.345, None))
    claims = verify_convex.verify_convex(
        polygon([net(0.0), net(1.0)]), convex("square", [[1.0]], [[1.0]]), "descent", 1
    )
    assert "no network is below -0.5 (of outputs of length 12.3 or less)\n" in capsys.readouterr().out
    assert (claims[1].id, claims[1].measured) == ("path.ends_at_minimum", 0.5)


def test_of_a_loss_without_a_known_minimum_the_end_is_not_judged(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of weight decay: no filters' space, no excess; the one claim says where the paper says it."""
    claims: list[Claim] = []
    monkeypatch.setattr(public, "closing", lambda found: claims.extend(found) or len(claims))  # type: ignore[func-returns-value]
    one = np.ones((1, 1))
    knots = {"U": np.array([one, 0.5 * one]), "W": np.array([one, one])}
    np.savez(tmp_path / "p.npz", **knots, X=one, Y=0 * one, activation="z", loss="square+decay:0.5")  # type: ignore[arg-type]
    assert judge([str(tmp_path / "p.npz")]) == 1
    assert [(claim.id, claim.source) for claim in claims] == [("path.never_rises", "P.1, p. 4")]
    assert "minimum" not in capsys.readouterr().out
