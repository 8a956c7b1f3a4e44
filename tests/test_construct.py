"""Steps of Theorem 8's constructions by closed forms: what a path that is only judged as a whole would not show."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.reference import gaussian_risk, generator, sample_risk
from tests.test_connect import convex_risk, network
from valleys.construct.connect import connect
from valleys.construct.connect_tableau import REFRESH, Tableau
from valleys.construct.convex_descent import descend_convex
from valleys.construct.descent import SHORT, TOLERANCES, _condition, _Factors, descend
from valleys.construct.filters import leading_rank, rank_of_filters, unit_columns
from valleys.problem.activations import activation
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError


def matrix(*rows: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize(
    ("diagonal", "tolerance", "rank"),
    [((), 0.5, 0), ((0.0, 0.0), 0.5, 0), ((-4.0, 2.0, 1.0), 0.25, 2), ((4.0, -2.0, 1.0), 0.2, 3), ((0.5, 0.1), 0.3, 1)],
)
def test_rank_is_relative_to_the_first_pivot(diagonal: tuple[float, ...], tolerance: float, rank: int) -> None:
    assert leading_rank(np.diag(diagonal), tolerance) == rank


def test_a_zero_column_has_length_1() -> None:
    columns, lengths = unit_columns(matrix((0.0, 3.0), (0.0, 4.0)))
    assert (columns.tolist(), lengths.tolist()) == ([[0.0, 0.6], [0.0, 0.8]], [1.0, 5.0])


@pytest.mark.parametrize(
    ("triangle", "condition"),
    [(np.zeros((0, 0)), 1.0), (np.diag([1.0, 0.25]), 4.0), (np.array([[1.0, 1.0], [0.0, 0.0]]), np.inf)],
)
def test_condition(triangle: np.ndarray, condition: float) -> None:
    assert _condition(triangle) == condition


def line(noise: float, u: float) -> _Factors:
    """``L = (u - 1)^2 + noise`` at the network ``u z`` of one input."""
    law = GaussianTeacher(Theta(matrix((1.0,)), matrix((1.0,))), activation("z"), noise)
    return _Factors(Theta(matrix((u,)), matrix((1.0,))), FeatureRisk(activation("z"), law))


@pytest.mark.parametrize(("u", "end", "rise"), [(0.0, 2.0, 1.0), (2.0, 4.0, 8.0), (4.0, 2.0, 0.0), (1.0, 2.0, 1.0)])
def test_the_builders_own_look_at_a_leg(u: float, end: float, rise: float) -> None:
    """From beyond the vertex the whole rise, across it that from the vertex on, on the way to it none."""
    assert line(3.0, u).rise(matrix((end,))) == rise


@pytest.mark.parametrize(
    ("noise", "u", "share"), [(0.0, 11.0, 0.1), (3.0, 1 + 13**0.5, 0.5), (0.0, 1.5, 1), (0.0, 1, 1)]
)
def test_a_leg_stops_short_by_the_root_of_the_losses(noise: float, u: float, share: float) -> None:
    """``E|Y|^2 = 1 + noise``: from a loss that is ``s^-2`` times as large the share is ``s SHORT``."""
    factors = line(noise, u)
    assert factors.loss == pytest.approx((u - 1) ** 2 + noise, rel=1e-12)
    short = float(factors.short_of(matrix((u,)), matrix((0.0,))))
    assert short == pytest.approx(share * SHORT * u, rel=1e-9)


def test_what_is_reported_of_a_descent() -> None:
    """On orthogonal filters of one length: the coarsest tolerance, condition 1; copies of one unit are one filter."""
    eye = torch.eye(4, dtype=torch.float64)
    risk = FeatureRisk(activation("relu"), Sample(eye, matrix((1.0,), (2.0,), (3.0,), (4.0,))))
    found = descend(Theta(torch.zeros(1, 4, dtype=torch.float64), 2 * eye), risk, generator(), 4)
    assert (found.rank, found.reached, found.tolerance, found.condition) == (4, 4, TOLERANCES[0], 1.0)
    assert len(found.path.pieces) == 1
    torch.testing.assert_close(found.path.end.U, matrix((0.5, 1.0, 1.5, 2.0)), rtol=1e-10, atol=0)
    copies = descend(Theta(torch.ones(1, 5, dtype=torch.float64), eye[[0, 0, 1, 1, 1]]), risk, generator(), 4)
    assert (copies.rank, copies.reached, len(copies.path.pieces)) == (2, 4, 3)


def test_randomness_is_an_argument() -> None:
    """The same generator makes the same path, and nothing draws from the global one."""
    torch.manual_seed(0)
    before = torch.get_rng_state()
    risk, convex, gauss = (
        sample_risk("tanh", 6, 3, 1),
        convex_risk("tanh", 6, 3, 1, "huber:0.5"),
        gaussian_risk("z2", 3, 1),
    )
    theta = Theta(torch.zeros(1, 9, dtype=torch.float64), torch.zeros(9, 3, dtype=torch.float64))
    for _ in range(2):
        assert descend(theta, risk, generator(1), 6).path.end.equal(descend(theta, risk, generator(1), 6).path.end)
        ends = [descend_convex(theta, convex, generator(1)).path.end for _ in range(2)]
        assert ends[0].equal(ends[1])
    assert rank_of_filters(gauss, generator(), 6) == 6
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("pivots", [1, REFRESH + 2])
def test_the_tableau_is_the_inverse_of_its_basis(pivots: int) -> None:
    """After any number of exchanges; one live filter, the others start as phantoms."""
    draw = np.random.default_rng(0)
    coming = np.linalg.qr(draw.standard_normal((6, 6)))[0][:, :4]
    coming[:, 3] = (coming[:, 0] + coming[:, 1]) / 2**0.5
    tableau = Tableau(coming[:, :1] * 1.0, coming[:, [1, 2, 3]])
    assert tableau.phantoms.tolist() == [False, True, True]
    for k in range(pivots):
        column = min(k, 2)
        row = int(np.abs(tableau.table[:, column] * (tableau.phantoms | (k > 1))).argmax())
        tableau.exchange(row, column)
    assert tableau.phantoms.sum() == max(2 - pivots, 0)
    inverse = tableau.table[:, 3:]
    np.testing.assert_allclose(inverse @ tableau.basis, np.eye(3), atol=1e-13)
    np.testing.assert_allclose(tableau.coordinates([0, 2]), inverse @ tableau.columns[:, [0, 2]], atol=1e-13)
    outputs = np.array([[1.0, -2.0]]) @ (tableau.Q @ tableau.basis[:, ~tableau.phantoms][:, :2]).T
    weights = tableau.weights(outputs)
    np.testing.assert_allclose(weights[0, ~tableau.phantoms][:2], [1.0, -2.0], atol=1e-13)
    assert not weights[:, tableau.phantoms].any()


BIASED = convex_risk("relu", 6, 3, 1, pinned=True)
REFUSED = {
    "descend": (
        lambda: descend(random_theta(1, 5, 3, generator()), sample_risk("relu", 6, 3, 1), generator(), 6),
        "--width: got 5; allowed: a width >= 6 = dim*(relu, sample of 6 points)",
    ),
    "descend_convex": (
        lambda: descend_convex(network(convex_risk("relu", 6, 3, 1, "logistic", True), 6, 1),
                               convex_risk("relu", 8, 3, 1, "logistic", True), generator()),
        "width: got 5; allowed: a width >= 7 = dim* of this activation and data (valleys.widen adds dead units)",
    ),
    "connect": (
        lambda: connect(network(BIASED, 9, 1), network(BIASED, 8, 1), BIASED),
        "b: got width 7; allowed: the width of a, 8: valleys.widen adds dead units",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "text"), REFUSED.values(), ids=list(REFUSED))
def test_what_a_refusal_says(call: object, text: str) -> None:
    with pytest.raises(InputError) as refused:
        call()  # type: ignore[operator]
    assert str(refused.value) == text
