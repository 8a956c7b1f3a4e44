"""Steps of the constructions under weight decay by closed forms: one or two units, one or two points."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from tests.test_weight_decay import risk_of
from valleys.construct.decay_algebra import DIGITS, Algebra, Doubles, Rationals, Rounded
from valleys.construct.decay_connect import CROSS, MOVE, SETTLE, into_slots, join, move, pivot, settle
from valleys.construct.decay_optimum import optimum
from valleys.construct.decay_path import (
    EXCHANGE,
    FACE,
    THIN,
    Atom,
    Descent,
    atoms_of,
    balanced_leg,
    descend,
    descent_of,
    ratio_toward,
)
from valleys.problem.arrangement import faces
from valleys.problem.network import Theta
from valleys.run.errors import InputError

ALGEBRAS = pytest.mark.parametrize(
    "algebra", [Doubles(), Rationals(), Rounded()], ids=["doubles", "rationals", "rounded"]
)


RATIONALS = Rationals()


def theta_of(U: list[float], W: list[list[float]]) -> Theta:
    return Theta(torch.tensor([U], dtype=torch.float64), torch.tensor(W, dtype=torch.float64))


@ALGEBRAS
@pytest.mark.parametrize(
    ("A", "rank", "kernel"),
    [([[1, 2], [1, 2]], 2, (2, -1)), ([[1, 1], [0, 1]], 2, None), ([[2, 1, 1], [0, 3, 3]], 2, (0, 1, -1)),
     ([[1, 0, 2], [0, 1, 3]], 2, (2, 3, -1)), ([[], []], 2, None), ([[1e-8, 1], [0, 1e8]], 2, None)],
    ids=str,
)  # fmt: skip
def test_kernel(algebra: Algebra, A: list[list[float]], rank: int, kernel: tuple[int, ...] | None) -> None:
    found = algebra.kernel(algebra.numbers(A).reshape(2, -1), rank)
    if kernel is None:
        assert found is None
    else:
        found = np.asarray(found, dtype=float)
        np.testing.assert_allclose(found / np.abs(found).max(), np.array(kernel) / max(map(abs, kernel)) *
                                   np.sign(found @ kernel), atol=1e-14)  # fmt: skip


@pytest.mark.parametrize(("angle", "dependent"), [(1e-13, True), (1e-10, False)])
def test_doubles_that_are_dependent_to_rounding(angle: float, dependent: bool) -> None:
    assert (Doubles().kernel(np.array([[1.0, 1.0], [0.0, angle]]), 2) is not None) == dependent


@ALGEBRAS
def test_stationary(algebra: Algebra) -> None:
    """``A^T A z = A^T y - w``: ``z = (1, 2)`` for ``A = ((3, 1), (0, 2), (4, 0))``, ``w = (2, -3)``; lengths differ."""
    A = algebra.numbers([[3, 1], [0, 2], [4, 0]])
    gram, w = np.array([[25, 3], [3, 5]]), np.array([2, -3])
    # y with A^T y = gram z + w = (33, 10): (33 - 4 c)/3 = a, a + 2 b = 10
    y = algebra.numbers([3, Fraction(7, 2), 6])
    assert (np.array([[3, 0, 4], [1, 2, 0]]) @ np.array([3, 3.5, 6])).tolist() == (gram @ [1, 2] + w).tolist()
    found = algebra.stationary(A, y, algebra.numbers(w))
    np.testing.assert_allclose(np.asarray(found, dtype=float), [1, 2], rtol=1e-14)


@pytest.mark.parametrize("size", [Fraction(1), Fraction(5, 1 << 300), Fraction(7**200)])
def test_masses_of_so_many_digits(size: Fraction) -> None:
    """To about ``2^-DIGITS`` of the largest: so long are its digits; what is rounded stays, and so does 0."""
    numbers, rounded = Rounded().numbers, Rounded().rounded
    values = numbers([size / 3, size / 10**30, 0])
    found = rounded(values)
    for a, b in zip(found, values, strict=True):
        assert abs(a - b) <= 2 * size / 2**DIGITS
    odd = found[0].numerator // (found[0].numerator & -found[0].numerator)
    assert DIGITS - 3 <= odd.bit_length() <= DIGITS + 1
    assert rounded(found).tolist() == found.tolist() and found[2] == 0
    zero = numbers([0, 0])
    assert rounded(zero).tolist() == [0, 0] and rounded(zero[:0]).tolist() == []
    for algebra in (Doubles(), Rationals()):
        assert algebra.rounded(values) is values


@pytest.mark.parametrize(("e", "d"), [(3.0, 1.0), (1.0, 3.0), (0.1, 0.7), (0.7, 0.1), (2.0, 2.0)])
def test_the_ratio_lies_between_balance_and_1(e: float, d: float) -> None:
    """Between 1 and ``sqrt(sum e^2/sum d^2)``, to one double: on the way there the decay falls exactly."""
    q = ratio_toward(np.array([e, e]), np.array([d, d]))
    exact = Fraction(e) ** 2 / Fraction(d) ** 2
    low, high = sorted([Fraction(1), exact])
    assert low <= Fraction(q) ** 2 <= high
    assert q == pytest.approx(e / d, rel=4e-16)


def test_the_balance_leg() -> None:
    """Unit 0 to ``|u| = |w|``; units without an output, or dead on all the data, to 0. A leaky one is never dead."""
    theta = theta_of([4.0, 0.0, 2.0], [[1.0], [1.0], [-3.0]])
    leg = balanced_leg(theta, 0.0, np.array([[1.0], [2.0]]))
    assert leg.stretch.tolist() == [0.25, 0.0, 0.0] and leg.units.ratio.tolist() == [4.0, 1.0, 1.0]
    assert balanced_leg(theta, 0.1, np.array([[1.0]])).stretch.tolist() == pytest.approx([0.25, 0.0, 1.5])
    end = leg.units.theta(leg.last)
    assert (end.U.tolist(), end.W.tolist()) == ([[2.0, 0.0, 0.0]], [[2.0], [0.0], [0.0]])


def state_of(
    U: list[float],
    W: list[list[float]],
    X: object = ((1,),),
    y: object = (2,),
    beta: float = 0.5,
    algebra: Algebra = RATIONALS,
) -> Descent:
    risk = risk_of(X, y, beta)
    return descent_of(theta_of(U, W), risk, len(np.asarray(y)), algebra)[1]


@ALGEBRAS
def test_one_unit_on_one_point(algebra: Algebra) -> None:
    """``f = (k - 2)^2/2 + k/2`` for ``|u| = |w| = 1``: ``k = 3/2``, ``f = 7/8``; the slope there is 0 for it, less for others."""
    state = state_of([1.0, 0.0], [[1.0], [0.0]], algebra=algebra)
    assert (state.value(), state.residual().tolist()) == (1.0, [1.0])
    # f falls in the mass of (e, d) at  a . r/rate - beta
    assert float(state.slope(Atom(np.array([1.0]), np.array([1.0])))) == 0.5
    assert float(state.slope(Atom(np.array([-1.0]), np.array([1.0])))) == -1.5
    assert float(state.slope(Atom(np.array([2.0]), np.array([1.0]), 1.0))) == pytest.approx(0.3, rel=1e-15)
    state.face()
    assert (float(state.k[0]), float(state.value()), [leg.name for leg in state.legs]) == (1.5, 0.875, [FACE])
    assert 0 <= state.slope(Atom(np.array([1.0]), np.array([1.0]))) <= 2.0**-90


@ALGEBRAS
def test_copies_are_thinned_out(algebra: Algebra) -> None:
    """Two copies of one unit, the second at twice the ratio: mass goes where decay is less, and one unit dies."""
    state = state_of([1.0, 1.0], [[1.0], [1.0]], algebra=algebra)
    state.units = state.units.replaced(1, np.array([1.0]), np.array([1.0]), 2.0)
    state.fill(1)
    assert (float(state.decay[1]), state.value()) == (1.25, 0.5 * 2.25)
    state.thin()
    assert (state.live, state.k[1], [leg.name for leg in state.legs]) == ([0], 0, [THIN])
    assert (float(state.k[0]), float(state.value())) == pytest.approx((2, 1), rel=1e-15)


def test_a_unit_that_enters_gains_mass() -> None:
    """Two equal columns of one decay: the kernel has no sign of its own, and the unit that enters keeps its mass."""
    for entering, live in ((0, [0]), (1, [1])):
        state = state_of([1.0, 1.0], [[1.0], [1.0]])
        state.thin(EXCHANGE, entering)
        assert state.live == live and float(state.k[live[0]]) == 2.0


def test_numbers_that_are_not_resolved_are_named() -> None:
    """Two opposite units: both masses grow along the kernel vector; in no arithmetic without rounding would one enter."""
    state = state_of([1.0, -1.0], [[1.0], [1.0]])
    with pytest.raises(
        InputError, match=r"^X: got numbers that float64 does not resolve; allowed: columns of like size"
    ):
        state.thin(EXCHANGE, 1)


def test_a_unit_that_the_face_does_not_want_dies_on_the_way() -> None:
    """``y < 0``: a positive unit goes to 0, no further; the leg ends there."""
    state = state_of([1.0], [[1.0]], y=(-1,))
    state.face()
    assert (state.live, float(state.k[0]), float(state.value())) == ([], 0.0, 0.5)


def test_exchange_ends_at_the_better_unit() -> None:
    """From a unit along ``(1, 0)`` to one along ``(3, 4)/5`` on the point (3, 4): ``f = |y| beta/5 - beta^2/50``."""
    risk = risk_of(((3, 4),), (1,), 1.0)
    target = Atom(np.array([5.0]), np.array([3.0, 4.0]))
    assert target.ratio == 1.0 and Atom(np.array([5.0]), np.array([3.0, 4.0]), 2.0).ratio == 2.0
    path = descend(theta_of([1.0, 0.0], [[1.0, 0.0], [0.0, 0.0]]), risk, 1, [target], RATIONALS)
    # (5 k - 1)^2/2 + k for the unit direction:  k = (1 - 1/5)/5
    end = path.path().end
    assert float(risk.value(end)) == pytest.approx(0.5 * (1 / 5) ** 2 + 4 / 25, rel=1e-14)
    assert path.names == ["balance", FACE, EXCHANGE, FACE]


def test_a_width_without_a_promise_is_named() -> None:
    risk = risk_of(((3, 4),), (1,), 1.0)
    with pytest.raises(InputError, match=r"^width: got 1; allowed: at least r \+ 1 = 2 units"):
        descend(theta_of([1.0], [[1.0, 0.0]]), risk, 1, [])


def test_atoms_are_units_that_are_not_zero() -> None:
    atoms = atoms_of(theta_of([1.0, 0.0, 2.0], [[1.0], [1.0], [0.0]]))
    assert [(a.e.tolist(), a.d.tolist(), a.ratio) for a in atoms] == [([1.0], [1.0], 1.0)]


X2 = np.array([[1.0, 0.0], [0.0, 1.0]])


def two_states() -> tuple[Descent, Descent]:
    return tuple(  # type: ignore[return-value]
        state_of(U, W, X2, (3, -4), 1.0) for U, W in (([1.0, -2.0, 0.0], [[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]),
                                                      ([0.0, 1.0, -2.0], [[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]))
    )  # fmt: skip


def test_moves_leave_the_network_alone() -> None:
    here, _ = two_states()
    before = here.value()
    move(here, 1, 2)
    assert (here.live, here.value(), [leg.name for leg in here.legs]) == ([0, 2], before, [MOVE])
    assert float(here.k[1]) == 0.0 and here.k[2] * here.decay[2] == 4


def test_a_move_goes_where_it_is_told() -> None:
    here = state_of([1.0, -2.0, 0.0, 0.0], [[1.0, 0.0], [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]], X2, (3, -4), 1.0)
    move(here, 1, 3)
    assert here.live == [0, 3] and here.units.D[3].tolist() == [0.0, 2.0]


def test_a_pivot_takes_decay_from_units_that_are_to_go() -> None:
    """A copy takes all of a unit's mass; not of one that has its place already, or the pivots would go in circles."""
    here = state_of([1.0, 0.0, 0.0], [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]], X2, (3, -4), 1.0)
    there = state_of([0.0, 0.0, 2.0], [[0.0, 0.0], [0.0, 0.0], [2.0, 0.0]], X2, (3, -4), 1.0)
    settled = {0: 1}
    assert not pivot(here, there, 2, settled) and settled == {0: 1} and here.live == [0]
    home: dict[int, int] = {}
    before = here.value()
    assert pivot(here, there, 2, home) and home == {2: 2}
    assert here.live == [2] and here.value() == before and [leg.name for leg in here.legs] == [CROSS]


def test_units_go_into_their_slots_through_a_free_one() -> None:
    here, there = two_states()
    home = {0: 1, 1: 2}
    before = here.value()
    into_slots(here, home)
    assert home == {1: 1, 2: 2} and sorted(here.live) == [1, 2] and here.value() == before
    assert [leg.name for leg in here.legs] == [MOVE, MOVE]
    settle(here, there)
    assert len(here.legs) == 2, "nothing to settle"
    swapped = {1: 2, 2: 1}
    into_slots(here, swapped)
    assert swapped == {1: 1, 2: 2} and here.value() == before and len(here.legs) == 5


def test_the_last_leg_ends_at_the_second_networks_masses() -> None:
    here, there = two_states()
    there.k = 2 * there.k
    settle(here, there)
    leg = here.legs[-1]
    assert (leg.name, leg.first.tolist(), leg.last.tolist()) == (SETTLE, here.k.tolist(), there.k.tolist())
    assert sorted(here.live) == [0, 1, 2] and here.units.D[2].tolist() == there.units.D[2].tolist()


def test_joined_optima_cross_and_end_where_they_should() -> None:
    """Two networks, one a permutation of the other: down, across at the optimum's level, up."""
    risk = risk_of(X2, (3, -4), 1.0)
    best = optimum(risk, faces(X2), 2).theta
    a, b = (theta_of(U, W) for U, W in (([1.0, -2.0, 1.0], [[1.0, 1.0], [0.0, 2.0], [1.0, 0.0]]),
                                        ([1.0, 1.0, -2.0], [[1.0, 0.0], [1.0, 0.5], [0.0, 2.0]])))  # fmt: skip
    done = join(a, b, risk, 2, atoms_of(best))
    path = done.path()
    assert path.start.equal(a) and path.end.equal(b) and len(done.names) == len(path.pieces)
    assert {*done.names} <= {"balance", THIN, FACE, EXCHANGE, CROSS, MOVE, SETTLE}
    values = [float(risk.value(knot)) for knot in path.knots]
    level = 1 / 2 * 2 + 2 + 3
    assert min(values) == pytest.approx(level, rel=1e-14)
    first = len(done.down.names)
    flat: Any = values[first : first + len(done.flat) + 1]
    assert flat == pytest.approx([level] * len(flat), rel=1e-14)
    assert max(values) == max(values[0], values[-1])
