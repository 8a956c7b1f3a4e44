"""Theorem 8's descents: a row of the record made again, and the loss along legs and lines in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.replay import claims_in, record_of, same
from tests.running import ROOT
from theorem8 import th8construction, th8data
from theorem8.th8options import Config
from valleys.paths.path import polygon
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk
from valleys.problem.streams import stream
from valleys.run.record import Record, plain


@pytest.fixture(scope="module")
def eighth() -> Record:
    return record_of("theorem8/outputs_t8", "main")


def test_a_descent_from_its_start(eighth: Record, tmp_path: Path) -> None:
    """The cubic network's random start: its row of the record, and the committed file's knots."""
    config, label = Config(seed=eighth.seed), "random"
    problem = th8data.problems(config)["cubic"]
    span = Span(problem.risk)
    entry, curves, theta = th8construction.from_start(config, "cubic", problem, span, label, tmp_path / "p.npz")
    held = next(row for row in eighth.values["descent"] if (row["name"], row["start"]) == ("cubic", label))
    held = {key: value for key, value in held.items() if key not in ("words", "exact")}
    rounded = {"rise", "relative_rise", "end_loss", "end_excess", "end_gap", "minimum", "condition"}
    assert entry.keys() == held.keys()
    same(
        {k: v for k, v in plain(entry).items() if k not in rounded}, {k: v for k, v in held.items() if k not in rounded}
    )
    assert entry["condition"] == pytest.approx(held["condition"], rel=2e-2)
    path = np.load(tmp_path / "p.npz")
    kept = np.load(ROOT / "theorem8/outputs_t8/paths/cubic_random.npz")
    assert path.files == [key for key in kept.files if key in path.files] and "activation" in path.files
    np.testing.assert_array_equal(path["U"][0], theta.U.numpy())
    for key in ("U", "W"):
        np.testing.assert_allclose(path[key], kept[key], rtol=1e-5, atol=1e-8)
    end = Theta(torch.from_numpy(path["U"][-1]), torch.from_numpy(path["W"][-1]))
    assert entry["end_excess"] == span.excess(end) and entry["end_loss"] == pytest.approx(
        float(problem.risk.value(end)), abs=1e-12
    )
    assert entry["minimum"] == span.minimum and 0 <= entry["rise"] <= 1e-20 * entry["start_loss"]
    assert (
        entry["relative_rise"] == pytest.approx(entry["rise"] / entry["start_loss"]) and 0 <= entry["end_gap"] <= 1e-9
    )
    assert (
        curves.keys() == {"path", "line"}
        and curves["path"].shape == (entry["legs"], 121)
        and curves["line"].shape == (121,)
    )
    np.testing.assert_allclose([curves["path"][0, 0], curves["line"][0]], span.excess(theta), rtol=1e-12)
    assert (entry["name"], entry["start"], entry["legs"]) == ("cubic", label, len(path["U"]) - 1)
    assert curves["path"][-1, -1] == pytest.approx(curves["line"][-1], abs=1e-12)


@pytest.mark.parametrize(("quick", "steps"), [(True, 100), (False, 3000)])
def test_steps_of_the_stuck_start(quick: bool, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class AskedError(Exception):
        pass

    def asked(label: str, risk: FeatureRisk, p: int, generator: torch.Generator, count: int) -> Theta:
        assert (label, p, count) == ("stuck", 24, steps)
        assert generator.initial_seed() == stream(7, "cubic", "stuck").initial_seed()
        raise AskedError

    monkeypatch.setattr(th8construction, "start", asked)
    config = Config(seed=7, quick=quick)
    problem = th8data.problems(config)["cubic"]
    with pytest.raises(AskedError):
        th8construction.from_start(config, "cubic", problem, Span(problem.risk), "stuck", Path("none"))


@pytest.mark.parametrize("name", ["linear", "cubic", "relu", "sigmoid"])
def test_claims_of_descents(name: str, eighth: Record) -> None:
    rows = [row for row in eighth.values["descent"] if row["name"] == name]
    exact = [row["exact"] for row in rows]
    dimension = rows[0]["dimension"]
    claims = th8construction.claims_of(f"descent.{name}", rows, dimension, exact)
    same(plain([claim.as_dict() for claim in claims]), claims_in(eighth, (f"descent.{name}.",)))
    assert [th8construction.claims_of("a", rows, dimension + k, exact)[-1].measured for k in (-2, 1)] == [2, 1]


#: ``x = 1, 2, -1`` and ``y = 1``: the best of all ReLU networks without bias has ``U = (3/5, 1)`` on rows ``1, -1``.
THREE = FeatureRisk(
    activation("relu"), Sample(torch.tensor([[1.0], [2.0], [-1.0]]).double(), torch.ones(3, 1).double())
)
ROWS, BEST = torch.tensor([[1.0], [-1.0]]).double(), torch.tensor([[0.6, 1.0]], dtype=torch.float64)


def test_loss_above_the_minimum_along_legs() -> None:
    """New rows for ``U = 0``, then the best weights: ``L - L* = (14/15) (1 - t)^2`` on the last leg."""
    path = polygon([Theta(0 * BEST, 0 * ROWS), Theta(0 * BEST, ROWS), Theta(BEST, ROWS)])
    found = th8construction.loss_along(THREE, Span(THREE), path)
    t = th8construction.TIMES.numpy()
    assert found.shape == (2, 121) and (t[0], t[-1]) == (0, 1) and (np.diff(t) >= 0).all()
    assert len(set(t)) == 120 and 1 - t[-2] == pytest.approx(1e-13, rel=2e-3)
    np.testing.assert_allclose(found[0], 14 / 15, rtol=1e-13)
    # of the residual, of length about 1, the last digits are rounding
    np.testing.assert_allclose(found[1] ** 0.5, (14 / 15) ** 0.5 * (1 - t), rtol=1e-13, atol=5e-16)


def test_loss_above_the_minimum_on_a_straight_line() -> None:
    """Through the minimum at ``t = 1/3`` and beyond: ``L - L* = (14/15) (1 - 3 t)^2``, which rises by ``4 (14/15)``."""
    a, b = Theta(0 * BEST, ROWS), Theta(3 * BEST, ROWS)
    values, rise = th8construction.straight_line(THREE, Span(THREE), a, b)
    wanted = 14 / 15 * (1 - 3 * th8construction.TIMES.numpy()) ** 2
    np.testing.assert_allclose(values, wanted, rtol=1e-11)
    assert values.dtype == torch.float64
    assert rise == pytest.approx(float(wanted[-1] - wanted.min()), rel=1e-12)
