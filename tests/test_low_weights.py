"""Knots in two float64: from an exact critical point with an inexact dependency a path rises by rounding, with them by none."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
import torch

from check.reading import RefusedError
from tests.reference import generator
from valleys.construct.low import gram, low_weights
from valleys.judge.exact import judged_exactly, rise_of
from valleys.own.exactly import longer
from valleys.paths.files import save_path
from valleys.paths.law_files import law_arrays
from valleys.paths.path import Path, polygon
from valleys.problem.activations import activation
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk

#: Two equal points, whose targets add up to twice ``0.7 + 0.1`` without rounding: ``U0`` is exactly critical.
X, Y = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), np.array([[2 * 0.7], [2 * 0.1], [0.3]])
W = np.array([[1.0, 0.0], [0.0, 1.0], [0.1, 0.3]])
U0, U1 = np.array([[0.7, 0.0, 1.0]]), np.array([[0.7 + 0.1, 0.3, 0.0]])
REST = 0.7 - (0.7 + 0.1) + 0.1  # exact, what 0.7 + 0.1 loses


def critical() -> tuple[Path, FeatureRisk]:
    knots = [Theta(torch.from_numpy(U), torch.from_numpy(W)) for U in (U0, U1)]
    return polygon(knots), FeatureRisk(activation("z"), Sample(torch.from_numpy(X), torch.from_numpy(Y)))


@pytest.mark.parametrize(("low", "rises"), [(None, True), (REST, False), (-REST, True), (0.0, True)])
def test_the_second_float64_counts(low: float | None, rises: bool, tmp_path: File) -> None:
    path, risk = critical()
    more = {} if low is None else {"U_low": np.array([np.zeros((1, 3)), [[low, 0.0, 0.0]]])}
    save_path(tmp_path / "p.npz", path, law_arrays(risk) | more)
    found = judged_exactly(tmp_path / "p.npz")
    assert (found["verdict"] == "rises") == rises and (rise_of(found) > 0) == rises


def test_a_path_without_slack_is_written_again(tmp_path: File) -> None:
    path, risk = critical()
    save_path(tmp_path / "p.npz", path, law_arrays(risk))
    before = judged_exactly(tmp_path / "p.npz")
    after = longer(before, tmp_path, risk)
    assert 0 < rise_of(before) < 1e-30 and after["sha256"] != before["sha256"]
    assert rise_of(after) <= (1e-4 if np.finfo(np.longdouble).eps < 1e-18 else 1) * rise_of(before)
    assert longer(after | {"verdict": "never rises"}, tmp_path, risk)["sha256"] == after["sha256"]


@pytest.mark.skipif(bool(np.finfo(np.longdouble).eps > 1e-18), reason="no extended precision here")
@pytest.mark.parametrize("legs", [1, 2, 3])
def test_every_knot_but_the_two_ends_has_it(legs: int) -> None:
    """What rounding took from a live unit, 0 in dead ones; an end that is on is the best as it is."""
    path, risk = critical()
    first, freed = path.knots
    further = [Theta(freed.U, freed.W + torch.tensor([[0.0], [0.0], [float(k)]])) for k in range(1, legs)]
    low = low_weights(polygon([first, freed, *further]), risk)
    assert low is not None and low.shape == (legs + 1, 1, 3)
    for k in range(legs + 1):
        expected = [REST, 0.0, 0.0] if k in range(1, max(2, legs)) else [0.0, 0.0, 0.0]
        assert low[k, 0].tolist() == pytest.approx(expected, rel=0.05, abs=1e-19)


@pytest.mark.parametrize("change", ["U_low of another width", "no U"])
def test_refused(change: str, tmp_path: File) -> None:
    arrays: dict[str, Any] = {
        "activation": "z",
        "X": X,
        "Y": Y,
        "U": [U0, U1],
        "W": [W, W],
        "U_low": np.zeros((2, 1, 3)),
    }
    arrays |= {"U_low": np.zeros((2, 1, 2))} if change != "no U" else {}
    if change == "no U":
        del arrays["U"]
    np.savez(tmp_path / "p.npz", **arrays)
    with pytest.raises(RefusedError):
        judged_exactly(tmp_path / "p.npz")


@pytest.mark.parametrize("name", ["relu", "z3", "poly:1,-2,0.5", "tanh"])
@pytest.mark.parametrize("law", ["sample", "gaussian"])
def test_the_gram_matrix_against_features(name: str, law: str) -> None:
    theta, squares = random_theta(1, 4, 3, generator(1)), activation("z2")
    theta.W[0] = 0.0
    if law == "gaussian" and name in ("relu", "tanh"):
        return
    points = Sample(torch.from_numpy(X) @ theta.W[:2], torch.from_numpy(Y))
    risk = FeatureRisk(activation(name), points if law == "sample" else GaussianTeacher(theta, squares))
    K, F = gram(risk, theta.W.numpy().astype(np.longdouble)), risk.features(theta.W)
    if name == "tanh":
        assert K is None and low_weights(polygon([theta, theta]), risk) is None
    else:
        np.testing.assert_allclose(np.asarray(K, dtype=float), (F @ F.T).numpy(), rtol=1e-12, atol=1e-13)
