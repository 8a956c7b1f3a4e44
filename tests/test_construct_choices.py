"""What the constructions for convex losses choose, each by itself: ends of legs, new rows, connections, filters."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from tests.reference import generator
from tests.test_connect import convex_risk, network
from valleys.construct import connect as connecting
from valleys.construct import convex_descent
from valleys.construct.connect import _Exchange, connect
from valleys.construct.connect_ends import independent
from valleys.construct.convex_descent import _candidates, _freed, _further, _new_rows, descend_convex, farthest, slack
from valleys.paths.path import polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta
from valleys.run.errors import InputError


@pytest.mark.parametrize(
    ("root", "far", "found"),
    [(2.0, 1.0, 1.0), (0.7, 1.0, 0.7), (0.7, 0.5, 0.5), (1e-3, 1.0, 1e-3), (0.4, 0.3, 0.3), (-1.0, 1.0, 0.0)],
)
def test_the_farthest_point_before_the_root(root: float, far: float, found: float) -> None:
    """Of ``t - root``: the root to the last digit, but not beyond ``far``; 0 where there is none."""
    t = farthest(lambda t: t - root, far)
    assert t == pytest.approx(found, rel=1e-15) and t <= max(root, 0.0)


def test_slack_by_hand() -> None:
    """Square loss: ``l'' = 2``, so ``64 eps (1/N) sum |D| 2 (|U_1| + |U_0|) |F|``; Huber's in its middle; no other loss."""
    F = torch.tensor([[1.0, -2.0], [0.0, 3.0]], dtype=torch.float64)
    U0, U1 = torch.tensor([[1.0, 1.0]], dtype=torch.float64), torch.tensor([[-2.0, 1.0]], dtype=torch.float64)
    law = Sample(torch.eye(2, dtype=torch.float64), torch.ones(2, 1, dtype=torch.float64))
    # D = -3 (1, -2); (|U_1| + |U_0|) |F| = (3, 6 + 6)
    wanted = 64 * 2.0**-52 * (3 * 2 * 3 + 6 * 2 * 12) / 2
    square, logistic = (ConvexRisk(activation("relu"), law, loss_named(name)) for name in ("square", "logistic"))
    assert slack(square, U1, U0, F, F.abs()) == pytest.approx(wanted, rel=1e-14)
    assert slack(logistic, U1, U0, F, F.abs()) == 0.0


def test_candidates_of_each_round() -> None:
    """At first as the law draws them; then half of them by up to 10^(3/2) times as large, and kinks at unseen points."""
    risk, Q = convex_risk("relu", 12, 3, 1), np.zeros((12, 1))
    Q[:9] = 1 / 3
    first = _candidates(risk, Q, 40, 0, generator())
    torch.testing.assert_close(first, risk.law.rows(risk.sigma, 40, generator()))
    later = _candidates(risk, Q, 40, 1, generator())
    drawn, g = risk.law.rows(risk.sigma, 20, g := generator()), g
    steep = 10 ** (2 * torch.rand(20, 1, generator=g, dtype=torch.float64) - 0.5)
    torch.testing.assert_close(later[:20], drawn * steep)
    kinks = (later[20:] @ risk.law.X.T).abs() / (later[20:].norm(dim=1)[:, None] * risk.law.X.norm(dim=1))
    assert len(later) == 40 and set(kinks.argmin(dim=1).tolist()) == {0, 1, 2, 3, 4, 5, 6, 9, 10, 11}
    assert float(kinks.amin(dim=1).max()) <= 1e-14
    smooth = convex_risk("z3", 12, 3, 1)
    assert len(_candidates(smooth, Q, 40, 1, generator())) == 20


def test_thousands_of_points_have_a_kink_each_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convex_descent, "MANY", 10)
    for name, N, each in (("relu", 11, True), ("relu", 10, False), ("z3", 11, False)):
        risk = convex_risk(name, N, 3, 1)
        rows = _candidates(risk, np.zeros((N, 0)), 11, 0, generator())
        least = ((rows @ risk.law.X.T).abs() / rows.norm(dim=1)[:, None]).argmin(dim=1)
        assert (sorted(least.tolist()) == list(range(N))) == each and len(rows) == 11


def test_rounds_of_new_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round asks for what is still missing: more rows, and a tenth of the tolerance."""
    risk, asked = convex_risk("relu", 8, 3, 1), list[tuple[int, int]]()
    tolerances: list[float] = []
    choose = convex_descent.independent

    def candidates(risk: Any, Q: Any, count: int, attempt: int, generator: torch.Generator) -> torch.Tensor:
        asked.append((count, attempt))
        rows = torch.ones(1, 3, dtype=torch.float64) if attempt == 0 else risk.law.rows(risk.sigma, count, generator)
        return cast(torch.Tensor, rows)

    def independent(F: Any, groups: Any, tolerance: float, Q: Any = None) -> Any:
        tolerances.append(tolerance)
        return choose(F, groups, tolerance, Q)

    monkeypatch.setattr(convex_descent, "_candidates", candidates)
    monkeypatch.setattr(convex_descent, "independent", independent)
    rows, Q = _new_rows(risk, np.zeros((8, 0)), 4, generator())
    assert asked == [(20, 0), (34, 1)] and tolerances == pytest.approx([1e-6, 1e-7])
    assert rows.shape == (4, 3) and torch.equal(rows[0], torch.ones(3, dtype=torch.float64))
    np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=1e-12)
    F = risk.sigma(rows @ risk.law.X.T).numpy()
    np.testing.assert_allclose(F @ Q @ Q.T, F, atol=1e-10)


def test_names_in_errors() -> None:
    risk = convex_risk("relu", 6, 3, 1)
    good, narrow, other = network(risk, 8, 0), network(risk, 3, 0), network(convex_risk("relu", 6, 2, 1), 8, 0)
    told = []
    for call in (
        lambda: connect(other, good, risk),
        lambda: connect(good, other, risk),
        lambda: connect(good, network(risk, 9, 0), risk),
        lambda: connect(narrow, narrow, risk),
        lambda: descend_convex(narrow, risk, generator()),
    ):
        with pytest.raises(InputError) as error:
            call()
        told.append(str(error.value).partition(":")[0].split()[0])
    assert told == ["a", "b", "b", "width", "width"]


@pytest.mark.parametrize(
    ("paths", "chosen", "tried"),
    [
        ([(0.0, 5), (0.0, 2), (0.0, 1), (0.0, 1)], 0, 1),  # the first that does not rise
        ([(0.3, 2), (0.0, 9), (0.0, 1), (0.0, 1)], 1, 2),
        ([(0.3, 2), (0.2, 9), (0.2, 3), (0.4, 1)], 2, 4),  # the lowest, then the fewest legs
        ([(0.3, 2), (0.3, 2), (0.5, 1), (0.4, 1)], 0, 4),
    ],
)
def test_which_connection(
    paths: list[tuple[float, int]], chosen: int, tried: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four constructions, by how far they are above the worse end and by their legs; ``L = (1 - u)^2`` on one point."""
    one = torch.ones(1, 1, dtype=torch.float64)
    risk = ConvexRisk(activation("relu"), Sample(one, one), loss_named("square"))
    ends = [Theta(x * torch.ones(1, 2, dtype=torch.float64), torch.ones(2, 1, dtype=torch.float64)) for x in (0.5, 1.0)]
    made: list[Any] = []

    def run() -> Any:
        above, legs = paths[len(made)]
        top = Theta(ends[0].U * (1 + above**0.5) * 2, ends[0].W)
        made.append(SimpleNamespace(path=polygon([top] * (legs + 1))))
        return made[-1]

    monkeypatch.setattr(connecting, "settle", lambda *words, **more: SimpleNamespace(units=None))
    monkeypatch.setattr(connecting, "_Exchange", lambda *words: SimpleNamespace(run=run))
    found = cast(Any, connect(ends[0], ends[1], risk))
    assert found is made[chosen] and len(made) == tried


def test_which_filter_first() -> None:
    """Of the absent ones that with the largest coordinate where a place is wanted; as they are where none is."""
    C = np.array([[0.0, 1.0, -3.0], [9.0, 9.0, 9.0], [2.0, 0.5, 1.0]])

    def order(absent: list[int], wanted: list[bool]) -> list[int]:
        tableau = SimpleNamespace(coordinates=lambda columns: C[:, columns])
        here = SimpleNamespace(_wanted=lambda: np.array(wanted), tableau=tableau)
        return _Exchange._easiest(cast(Any, here), absent)

    assert order([0, 1, 2], [True, False, True]) == [2, 0, 1]
    assert order([0, 1], [True, False, False]) == [1, 0]
    assert order([1, 0], [False, True, False]) == [1, 0]
    assert order([0, 1, 2], [False, False, False]) == [0, 1, 2]


@pytest.mark.parametrize(("factor", "legs"), [(1e9, 2), (1.0, 1)])
def test_one_more_leg_from_a_start_of_huge_outputs(factor: float, legs: int) -> None:
    """It goes on to the least squares, of loss 0 here; from other starts nothing is left to do."""
    risk = convex_risk("relu", 6, 3, 1)
    theta = network(risk, 9, 0)
    F = risk.features(theta.W)
    units, Q = independent(F.numpy(), [np.arange(9)], 1e-9)
    knots = [Theta(factor * theta.U, theta.W), theta]
    _further(knots, risk, F, units, torch.from_numpy(Q))
    assert len(knots) == legs + 1 and knots[1] is theta
    if legs == 2:
        assert torch.equal(knots[2].W, theta.W) and float(risk.value(knots[2])) <= 1e-9 * float(risk.value(theta))


@pytest.mark.parametrize(("slopes", "chosen"), [((0.5, 0.2, 0.3), 2), ((0.5, 0.6, 0.7), 1), ((0.5, 0.0, -1.0), 2)])
def test_the_first_leg_that_falls_all_the_way_or_nearly(
    slopes: tuple[float, ...], chosen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first tolerance of no slope left, or else of the least; each has one unit more here."""
    risk = convex_risk("relu", 6, 3, 1)
    theta, tried = network(risk, 9, 0), list[int]()

    def basis(F: Any, groups: Any, count: int) -> Any:
        return np.arange(count), np.eye(6)[:, :count]

    def line(begin: Theta, risk: Any, F: Any, units: Any, *more: Any) -> Any:
        tried.append(len(units))
        return begin, slopes[len(tried) - 1]

    monkeypatch.setattr(convex_descent, "TOLERANCES", (1, 2, 3))
    monkeypatch.setattr(convex_descent, "independent", basis)
    monkeypatch.setattr(convex_descent, "_line", line)
    units, Q, end = _freed(theta, risk, risk.features(theta.W))
    assert len(units) == Q.shape[1] == chosen and end is theta and tried == [1, 2, 3][: 2 if slopes[1] == 0 else 3]


@pytest.mark.parametrize("loss", ["logistic", "hinge"])
def test_from_dead_units_to_outputs_that_every_filter_allows(loss: str) -> None:
    """As many filters as points: beyond the margins of where leg 3 begins, so no loss to speak of is left."""
    law = Sample(torch.eye(3, dtype=torch.float64), torch.tensor([[1.0], [-1.0], [1.0]], dtype=torch.float64))
    risk = ConvexRisk(activation("relu"), law, loss_named(loss))
    theta = network(risk, 4, 0)
    found = descend_convex(Theta(theta.U, 0 * theta.W), risk, generator())
    assert (found.rank, found.reached) == (0, 3) and float(risk.value(found.path.end)) <= 1.1e-10
