"""The judge to the letter: which points it looks at, what each leg's verdict is, every word that it prints."""

from __future__ import annotations

from dataclasses import astuple
from math import inf
from pathlib import Path as File

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.reference import generator, sample_risk
from valleys.judge.certificate import (
    Leg,
    Verdict,
    descent_claims,
    judge_leg,
    judge_points,
    live_part,
    path_claims,
    rise_of_parabola,
)
from valleys.judge.grid import GRID, MAX_GRID, judge_grid, largest_jump
from valleys.judge.verify import main as judge
from valleys.paths.curves import curve
from valleys.paths.path import Line
from valleys.problem.network import Theta, random_theta

#: Points of the grid after which there is none: 256, 513, 1027, 2055, 4111, 8223 pieces.
LAST = 8224
ZERO, ONE = torch.tensor(0.0), torch.tensor(1.0)


def theta(u: list[float], rows: list[list[float]]) -> Theta:
    return Theta(torch.tensor([u], dtype=torch.float64), torch.tensor(rows, dtype=torch.float64))


class Rows:
    """A loss that anybody can add up: the sum of the entries of ``W``; it knows no parabola."""

    n, m = 1, 1

    def __init__(self) -> None:
        self.seen: list[Tensor] = []

    def value(self, theta: Theta) -> Tensor:
        self.seen.append(theta.W.flatten())
        return theta.W.sum(dim=(-2, -1))

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        raise NotImplementedError


# The grid.


def test_the_points_of_the_first_two_grids() -> None:
    seen: list[Tensor] = []
    leg = judge_grid(ZERO, ONE, lambda t: seen.append(t) or t, lambda t: 1 - t.double())  # type: ignore[func-returns-value]
    assert leg == Leg("grid", 0.0, 1.0, 0.0, 2 * GRID + 2)
    asked = torch.cat(seen)
    assert asked.dtype == torch.float64
    assert asked.tolist() == [k / GRID for k in range(1, GRID)] + [k / 513 for k in range(1, 513)]


@pytest.mark.parametrize(
    ("name", "value", "rise", "points"),
    [
        ("a slope stops at once", lambda t: 1 + t, 1.0, 2 * GRID + 2),
        ("so does nothing", lambda t: 0 * t, 0.0, 2 * GRID + 2),
        ("a constant does not rise by rounding", lambda t: 0 * t + 0.1, 0.0, 2 * GRID + 2),
        ("a large loss rests on what is small of it", lambda t: 1e10 + torch.sin(5 * t), 1.0, 2 * GRID + 2),
        ("an irrational top is followed to the end", lambda t: torch.sin(5 * t) + 1, 1.0, LAST),
        ("a small loss too", lambda t: 1e-9 * (torch.sin(5 * t) + 1), 1e-9, LAST),
    ],
)
def test_when_a_grid_is_fine_enough(name: str, value, rise: float, points: int) -> None:  # type: ignore[no-untyped-def]
    leg = judge_grid(ZERO, ONE, lambda t: t, lambda t: value(t.double()))
    assert leg.points == points, name
    assert leg.rise == pytest.approx(rise, rel=1e-4, abs=0)


# The lines between the points of a curve.


@pytest.mark.parametrize(
    ("losses", "zero", "jump"),
    [([1, 2, 5], 0.5, 1.5), ([5, 2, 1], 0.5, 0.0), ([1, 1.5], 2.0, 0.25), ([0, 0], 0.0, 0.0), ([1, 2, 5], 10.0, 0.3)],
    ids=str,
)
def test_a_jump_is_measured_line_by_line(losses: list[float], zero: float, jump: float) -> None:
    points = Theta(torch.zeros(len(losses), 1, 1).double(), torch.tensor(losses).double()[:, None, None])
    assert largest_jump(points, points.W.flatten(), Rows().value, zero) == pytest.approx(jump, rel=1e-12)


def test_the_points_between() -> None:
    points, risk = Theta(torch.zeros(3, 1, 1).double(), torch.tensor([0.0, 1.0, 2.0]).double()[:, None, None]), Rows()
    largest_jump(points, points.W.flatten(), risk.value, 1.0)
    steps = 2 + MAX_GRID // 3
    asked = torch.cat(risk.seen)
    expected = torch.tensor([k + i / steps for k in (0, 1) for i in range(1, steps)], dtype=torch.float64)
    torch.testing.assert_close(asked, expected, rtol=0, atol=1e-15)


def test_points_of_a_curve() -> None:
    points = Theta(torch.zeros(3, 1, 1).double(), torch.tensor([2.0, 1.0, 1.5]).double()[:, None, None])
    verdict = judge_points(points, Rows(), 0.25)
    assert (verdict.legs, verdict.excess, verdict.zero) == ((Leg("points", 0.5, 2.0, 1.5, 3),), 0.25, 2.0)
    assert verdict.jump == pytest.approx(0.25)


# Legs.


def test_a_leg_of_u_is_a_parabola_where_the_risk_has_one() -> None:
    risk, start = sample_risk("tanh", 8, 3, 1), random_theta(1, 4, 3, generator(1))
    end = Theta(3 * start.U, start.W)
    exact = judge_leg(Line(start, end), risk)
    L0, L1 = float(risk.value(start)), float(risk.value(end))
    assert exact == Leg("U", rise_of_parabola(*risk.parabola(start, end)), L0, L1, 2)
    rows = theta([1.0], [[1.0]])
    assert judge_leg(Line(rows, Theta(2 * rows.U, rows.W)), Rows()).kind == "grid"


def test_a_leg_that_stays_is_two_evaluations() -> None:
    rows = theta([1.0], [[3.0]])
    assert judge_leg(Line(rows, rows), Rows()) == Leg("still", 0.0, 3.0, 3.0, 2)
    dead = theta([0.0], [[3.0]])
    assert judge_leg(Line(dead, theta([0.0], [[1.0]])), Rows()) == Leg("dead", 2.0, 3.0, 1.0, 2)


def test_a_curve_that_comes_back_is_looked_at() -> None:
    """Its ends are equal; a straight leg between them would not move."""
    rows = theta([1.0], [[3.0]])
    loop = curve(
        rows, lambda t: Theta(rows.U.expand(len(t), 1, 1), 3 + torch.sin(2 * torch.pi * t)[:, None, None]), rows
    )
    leg = judge_leg(loop, Rows())
    assert leg.kind == "grid" and leg.rise == pytest.approx(2.0 - 1.0, rel=1e-3)


@pytest.mark.parametrize(
    ("u", "kept"), [([2.0, 0.0, 1.0], [0, 2]), ([0.0, 1.0, 0.0], [1]), ([0.0, 0.0, 0.0], [0]), ([1.0, 1.0, 1.0], [0, 1, 2])]
)  # fmt: skip
def test_live_part(u: list[float], kept: list[int]) -> None:
    found = live_part(theta(u, [[1.0], [2.0], [3.0]]))
    assert found.U.tolist() == [[u[i] for i in kept]]
    assert found.W.flatten().tolist() == [i + 1.0 for i in kept]


def test_nothing_rises_where_nothing_is() -> None:
    flat = Leg("grid", 0.0, 0.0, 0.0, 9)
    assert Verdict((flat,), 0.0, 0.0).relative_rise == 0.0
    assert Verdict((Leg("grid", 1e-300, 0.0, 1e-300, 9),), 0.0, 0.0).relative_rise == inf


# Words.


def test_claims_word_by_word() -> None:
    risen = "largest rise on a leg, relative to the loss at the start"
    ended = "loss at the end less the minimum, relative to E|Y|^2"
    one = Verdict((Leg("U", 1e-14, 1.0, 0.5, 2),), 1e-15, 2.0)
    assert [astuple(claim) for claim in path_claims(one, "x", "p. 7")] == [
        ("x.never_rises", "p. 7", risen, 1e-14, "<=", 1e-12, "verified"),
        ("x.ends_at_minimum", "p. 7", ended, 5e-16, "<=", 1e-12, "verified"),
    ]
    of, to = " (worst of 2 paths)", "relative to L(start)"
    many = descent_claims("x", "p. 7", [0.0, 1.0], [2.0, 0.5], rise_bound=3.0, gap_bound=4.0, to=to)
    assert [astuple(claim) for claim in many] == [
        ("x.never_rises", "p. 7", risen + of, 1.0, "<=", 3.0, "verified"),
        ("x.ends_at_minimum", "p. 7", ended.replace("relative to E|Y|^2", to) + of, 2.0, "<=", 4.0, "verified"),
    ]
    points = Verdict((Leg("points", 0.0, 1.0, 0.5, 7),), 1e-15, 2.0, 0.125)
    at = (
        "largest rise among 7 points, relative to the loss at the start; the curve between them is not in the file and was "
        "not looked at"
    )
    line = "largest rise on a straight line between neighbouring points, relative to E|Y|^2: the points do not jump"
    assert [astuple(claim) for claim in path_claims(points, "x", "p. 7")] == [
        ("x.never_rises_at_its_points", "p. 7", at, 0.0, "<=", 1e-12, "measured"),
        ("x.no_jump_between_points", "p. 7", line, 0.125, "<=", 1e-3, "measured"),
        ("x.ends_at_minimum", "p. 7", ended, 5e-16, "<=", 1e-12, "verified"),
    ]


PRINTED = """\
leg 1: U      L 1 -> 0.5, rise 0
leg 2: still  L 0.5 -> 0.5, rise 0
leg 3: grid   L 0.5 -> 2.5, rise 2
width 1, dim* 2, minimum 0.5

claim                 measured      bound      kind      verdict
----------------------------------------------------------------
path.never_rises      2         <=  1.000e-12  exact     FAILS
path.ends_at_minimum  2         <=  1.000e-12  verified  FAILS
"""


def test_the_verdict_word_by_word(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    """``Y = X`` on the unit vectors and one linear unit, which can do one of the two: from 0 to ``x_1``, then to ``3 x_1``."""
    U = np.array([[[0.0], [0.0]], [[1.0], [0.0]], [[1.0], [0.0]], [[1.5], [0.0]]])
    W = np.array([[[1.0, 0.0]], [[1.0, 0.0]], [[1.0, 0.0]], [[2.0, 0.0]]])
    np.savez(tmp_path / "p.npz", U=U, W=W, X=np.eye(2), Y=np.eye(2), activation=np.array("z"))
    assert judge([str(tmp_path / "p.npz")]) == 1
    assert capsys.readouterr().out == PRINTED


def test_help_says_what_it_judges(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        judge(["--help"])
    told = capsys.readouterr().out
    assert stop.value.code == 0
    assert told.startswith("usage: python -m valleys.verify [-h] file\n")
    assert (
        "It prints one line a leg (closed-form parabola for legs that move only U, constant for legs of dead units"
        in told
    )
    assert "\n  file        path file: U (K, m, p), W (K, p, n), activation, X, Y (or law" in told
    assert "perhaps c (K, m), loss, claim; deep linear: t, W1, W2, .. options:" in " ".join(told.split())
