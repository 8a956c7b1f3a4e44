"""Tours: points, losses and what is said of each leg."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from theorem8.th8tour import planar_tour as tour8
from theorem11.th11tour import planar_tour as tour11
from theorem12.th12tour import planar_tour as tour12
from theorem13.th13data import risk as risk13
from theorem13.th13options import Config as Config13
from theorem13.th13problem import setting_of
from theorem13.th13proof import barrier
from theorem13.th13tour import way_out
from theorem16.th16tour import planar_tour as tour16
from valleys.paths.path import polygon
from valleys.paths.tour import Level, read_tour, tour
from valleys.problem.activations import activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError

RISK = FeatureRisk(activation("z"), Sample(torch.eye(2).double(), torch.ones(2, 1).double()))


def theta(u: list[float], W: list[list[float]]) -> Theta:
    return Theta(torch.tensor([u]).double(), torch.tensor(W).double())


LEGS = {
    "down": (theta([0.0], [[1, 1]]), theta([1.0], [[1, 1]]), "output weights move; L falls"),
    "up": (theta([1.0], [[1, 1]]), theta([0.0], [[1, 1]]), "output weights move; L rises"),
    "over": (theta([2.0], [[1, 1]]), theta([0.0], [[1, 1]]), "output weights move; L rises and falls"),
    "dead": (theta([0.0], [[1, 1]]), theta([0.0], [[2, 0]]), "rows of W with output weight 0 move; L stays"),
    "live": (theta([1.0], [[1, 0]]), theta([1.0], [[1, 1]]), "rows of W move; L falls"),
    "both": (theta([0.0], [[0, 0]]), theta([1.0], [[1, 1]]), "both layers move; L falls"),
}


@pytest.mark.parametrize(("a", "b", "words"), LEGS.values(), ids=list(LEGS))
def test_words_of_a_leg(a: Theta, b: Theta, words: str) -> None:
    values, arrays = tour("x", polygon([a, b]), RISK, "t", "t", points=8)
    # "over" passes the minimum half-way: falls, then rises
    assert values["x_tour"]["legs"] == [words]
    assert arrays["tour/loss"].shape == (9,) and arrays["tour/leg"].tolist() == [0] * 9


def made(name: str) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
    if name == "theorem8":
        return ("descent_path", *tour8(0))
    if name == "theorem12":
        return ("quadratic_path", *tour12(0))
    if name == "theorem11":
        return ("linear_path", *tour11())
    if name == "theorem16":
        return ("th16_descent", *tour16(0))
    setting = setting_of(replace(Config13(), n=4, p=3))
    return ("path_loss", *way_out(barrier(setting), risk13(setting)))


@pytest.mark.parametrize("name", ["theorem8", "theorem11", "theorem12", "theorem13", "theorem16"])
def test_committed_tours(name: str) -> None:
    stem, values, arrays = made(name)
    shown = read_tour(stem, values, {f"{stem}/{key}": value for key, value in arrays.items()}, name)
    assert shown is not None and shown["leg"][-1] == len(shown["legs"]) - 1
    K = len(shown["loss"])
    assert len(shown["U"]) == len(shown["W"]) == len(shown["leg"]) == K
    assert np.shape(shown["U"]) == (K, shown["m"], shown["p"]) and np.shape(shown["W"]) == (K, shown["p"], shown["n"])
    loss = np.array(shown["loss"])
    assert np.shape(shown["outputs"]) == (K, len(shown["targets"]["names"])) == (K, len(shown["targets"]["values"]))
    np.testing.assert_allclose([shown["chord"][0], shown["chord"][-1]], [loss[0], loss[-1]], rtol=1e-5, atol=1e-9)
    if loss[-1] < 1e-12:  # at a loss of 0 the network is what it ought to be
        np.testing.assert_allclose(shown["outputs"][-1], shown["targets"]["values"], atol=1e-5)
    if name == "theorem13":
        levels = {line["label"]: line["value"] for line in shown["lines"]}
        assert loss.max() >= levels["floor of every path"] >= levels["floor of every path, closed form"]
        assert loss[-1] < levels["valley floor"] < loss.max()
    else:
        minimum = {"theorem11": 1.5**2, "theorem16": loss[-1]}.get(name, 0.0)
        assert np.diff(loss).max() <= 1e-12 * loss[0] and loss[-1] - minimum < 1e-12
        assert not any("rises" in words for words in shown["legs"])


def test_no_tour_and_half_a_tour() -> None:
    values, arrays = tour("x", polygon([LEGS["down"][0], LEGS["down"][1]]), RISK, "t", "t", (Level("a", 1.0, "floor"),))
    stored = {f"x/{key}": value for key, value in arrays.items()}
    assert read_tour("y", values, stored, "y") is None
    with pytest.raises(InputError, match="x_tour"):
        read_tour("x", values, {k: v for k, v in stored.items() if not k.endswith("loss")}, "x")
    with pytest.raises(InputError, match="x_tour"):
        read_tour("x", {"x_tour": {"title": "t"}}, stored, "x")
