"""The judges of weight decay on arrangements of one to three lines: floors, peaks and exact values by hand."""

from __future__ import annotations

from dataclasses import astuple
from fractions import Fraction as Q
from math import inf, nan

import numpy as np
import pytest
import torch

from tests.test_judge_of_legs import decay, net
from valleys.judge.decay_floor import dual, exact_value, floor, root_below, scaling, sup_squared
from valleys.judge.decay_peak import Peak, judge_peak
from valleys.paths.curves import curve
from valleys.paths.path import Path, polygon
from valleys.problem.arrangement import faces
from valleys.problem.network import Theta

AXES = [[1.0, 0.0], [0.0, 1.0]]
TURNED = [[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [0.0, 0.0, 1.0]]
SPACE = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

# `S(nu) = max |nu . sigma(X u)|` over the unit ball, and signs of the face where it is attained.
SUPREMA = {
    # X, nu, leak, S^2, signs
    "one point, on its side": ([[0.5]], [3.0], 0.0, Q(9, 4), [1]),
    "of minus h": ([[0.5]], [-3.0], 0.0, Q(9, 4), [1]),
    "two sides": ([[1.0], [-1.0]], [1.0, 3.0], 0.0, Q(9), [-1, 1]),
    "below 1": ([[0.25]], [0.5], 0.0, Q(1, 64), [1]),
    "the leak joins in": ([[1.0], [-1.0]], [1.0, -3.0], 0.5, Q(49, 4), [-1, 1]),
    "the leak of the same unit": ([[1.0]], [-2.0], 0.5, Q(4), [1]),
    "in a cell": (AXES, [3.0, 4.0], 0.0, Q(25), [1, 1]),
    "on a ray": (AXES, [1.0, -1.0], 0.0, Q(1), [1, 0]),
    "on a ray, of length 5": ([[3.0, 4.0], [-4.0, 3.0]], [1.0, -2.0], 0.0, Q(100), [0, 1]),
    "on a wall": (SPACE, [3.0, 4.0, -1.0], 0.0, Q(25), [1, 1, 0]),
    "on a wall that g leans on": ([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [2.0, -1.0, 1.0], 0.0, Q(3), [1, 0, 1]),
    "minus h is less": ([[0.5], [-0.5]], [3.0, -1.0], 0.0, Q(9, 4), [1, -1]),
    "on a wall whose normal is long": (TURNED, [2.0, -1.0, 2.0], 0.0, Q(12), [1, 0, 1]),
    "a thin wedge": ([[1.0, 0.0], [1.0, 1.0]], [2.0, -1.0], 0.0, Q(2), [1, 0]),
    "halves and thirds of the denominator": ([[0.5, 0.0], [0.0, 0.25]], [Q(1, 3), Q(4, 3)], 0.0, Q(1, 36) + Q(1, 9), [1, 1]),
    "nothing": (AXES, [0.0, 0.0], 0.0, Q(0), None),
}  # fmt: skip


@pytest.mark.parametrize(("X", "nu", "leak", "square", "signs"), SUPREMA.values(), ids=list(SUPREMA))
def test_suprema(X: list[list[float]], nu: list[float], leak: float, square: Q, signs: list[int] | None) -> None:
    found = faces(np.array(X))
    best, where = sup_squared(nu, found, leak)
    assert best == square
    assert where == -1 if signs is None else found.signs[where].tolist() == signs
    assert leak or sup_squared(nu, found) == (best, where)


def test_suprema_over_chosen_faces() -> None:
    """Of ``h`` the first row of ``chosen`` counts, of ``-h`` the second."""
    found = faces(np.array([[1.0], [-1.0]]))
    right = found.signs[:, 0] > 0
    none = np.zeros(2, dtype=bool)
    for chosen, square in (((right, none), 1), ((~right, none), 9), ((none, right), 0), ((none, none), 0)):
        assert sup_squared([1.0, 3.0], found, 0.0, np.array(chosen))[0] == square
    assert sup_squared([-1.0, -3.0], found, 0.0, np.array((none, right)))[0] == 1
    assert floor([1.0, 3.0], [1.0, 3.0], 1.0, found, chosen=np.array((right, none))) == 5
    assert floor([1.0, 3.0], [1.0, 3.0], 1.0, found, chosen=np.array((~right, none))) == Q(10, 3) - Q(10, 18)


@pytest.mark.parametrize(
    ("nu", "y", "beta", "leak", "value"),
    [
        ([1.0], [2.0], 2.0, 0.0, Q(2)),  # alpha = 2, S = 1: as good as none is
        ([1.0], [2.0], 1.0, 0.0, Q(3, 2)), ([2.0], [2.0], 1.0, 0.0, Q(3, 2)), ([1.0], [2.0], 0.5, 0.0, Q(7, 8)),
        ([1.0], [-2.0], 1.0, 0.0, Q(0)), ([0.0], [1.0], 1.0, 0.0, Q(0)),
        ([1.0, -2.0], [1.0, -2.0], 1.0, 0.0, Q(5, 2) - Q(5, 8)), ([1.0, -2.0], [1.0, -2.0], 1.0, 0.5, Q(2) - Q(2, 5)),
    ],
)  # fmt: skip
def test_floors(nu: list[float], y: list[float], beta: float, leak: float, value: Q) -> None:
    """One input at 1 and -1: ``alpha nu . y - alpha^2 |nu|^2/2`` with the larger side's ``S``."""
    found = faces(np.array([[1.0], [-1.0]][: len(nu)]))
    assert floor(nu, y, beta, found, leak) == value
    assert leak or floor(nu, y, beta, found) == value


def test_dual_scaling_and_roots() -> None:
    assert dual([1.0, 2.0], [3.0, 0.5], Q(1, 2)) == Q(2) - Q(5, 8)
    assert dual([], [], Q(1)) == 0
    for beta, square, alpha in (
        (2.0, 4, 1),
        (3.0, 16, Q(3, 4)),
        (0.5, Q(1, 64), 3),
        (4.0, 0, 3),
        (2.5, 1, Q(5, 2)),
        (4.0, 1, 3),
    ):
        assert scaling([1.0], [3.0], beta, Q(square)) == alpha, (beta, square)
    assert root_below(Q(4, 9)) == Q(2, 3)
    assert (root_below(Q(2)) * 2**160).denominator == 1


def test_the_value_of_a_network_with_a_leak() -> None:
    """``x = 1, -1`` and one unit ``3 sigma(2 x)``: outputs 6 and ``-6 leak``; decay ``9 + 4``."""
    risk = decay([[1.0], [-1.0]], [5.0, 1.0], 0.5, "leaky_relu")
    leak = Q(risk.leak)
    assert exact_value(net(3.0, 2.0), risk) == ((6 - 5) ** 2 + (-6 * leak - 1) ** 2 + Q(1, 2) * 13) / 2


# The grid of every leg.


@pytest.mark.parametrize(
    ("start", "end", "peak", "excess"),
    [(2.0, 4.0, 4.0, 0.0), (4.0, 2.0, 5.0, 0.25), (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1e-300, inf), (0.0, 0.0, nan, inf),
     (0.5, 0.25, 1.0, 1.0)],
    ids=str,
)  # fmt: skip
def test_excess_over_the_worse_network(start: float, end: float, peak: float, excess: float) -> None:
    assert Peak(start, end, peak, 0.0).excess == excess


def test_claims_on_a_peak_word_by_word() -> None:
    source, above = (
        "weight_decay/PROOF.md, Corollary A'",
        "largest loss on a grid of the legs over the worse end, less 1",
    )
    assert [astuple(claim) for claim in Peak(2.0, 4.0, 5.0, 0.5).claims("x")] == [
        ("x.below_worse_end", source, above, 0.25, "<=", 1e-12, "verified"),
        (
            "x.holds_together",
            source,
            "distance of a leg's formula from its ends, relative",
            0.5,
            "<=",
            1e-12,
            "verified",
        ),
    ]


def test_peaks() -> None:
    """``(u - 1)^2/2 + (u^2 + 1)/2``: both ends, a knot between them, and the middle of a leg."""
    risk = decay([[1.0]], [1.0], 1.0)
    f = lambda u: (u - 1) ** 2 / 2 + (u * u + 1) / 2  # noqa: E731
    for knots, peak in (([0.0, 1.0, 3.0], f(3)), ([3.0, 1.0, 0.0], f(3)), ([1.0, 4.0, 0.0], f(4))):
        found = judge_peak(polygon([net(u) for u in knots]), risk)
        assert found == Peak(f(knots[0]), f(knots[-1]), peak, 0.0)
    hill = judge_peak(polygon([net(-1.0, -1.0), net(1.0, 1.0)]), decay([[1.0]], [3.0], 1e-3, "z"))
    assert hill.peak == pytest.approx(4.5, rel=1e-3) and hill.peak > hill.bound
    assert hill.seam == 0.0


def test_the_points_of_a_peak() -> None:
    seen: list[torch.Tensor] = []

    class Watched:
        n, m = 1, 1

        def value(self, theta: Theta) -> torch.Tensor:
            seen.append(theta.U.flatten())
            return theta.U.sum(dim=(-2, -1))

        def value_and_gradient(self, theta: Theta) -> tuple[torch.Tensor, Theta]:
            raise NotImplementedError

    judge_peak(polygon([net(0.0), net(1.0)]), Watched())
    assert seen[0].tolist() == [k / 256 for k in range(257)]


def test_a_peak_that_is_no_number_is_above_every_end() -> None:
    """The formula jumps between its ends, and between them it is no number: neither is passed over."""
    here, risk = net(1.0), decay([[1.0]], [1.0], 1.0)

    def formula(t: torch.Tensor) -> Theta:
        return Theta(torch.where((t > 0.4) & (t < 0.6), nan, 1 + t)[:, None, None], here.W.expand(len(t), 1, 1))

    found = judge_peak(polygon([here, here]) + Path((curve(here, formula, here),)), risk)
    assert found.seam == 1.0 and not any(claim.holds for claim in found.claims("x"))
