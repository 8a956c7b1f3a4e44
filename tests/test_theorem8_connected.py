"""Theorem 8's digits, legs and wall as the record holds them: made again, but for what takes minutes (from the record)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.replay import claims_in, record_of, replayed
from tests.running import ROOT
from theorem8 import th8connect, th8wall
from theorem8.th8connect import along, classifier, digits
from theorem8.th8options import Config
from valleys.paths.path import Path as Way
from valleys.paths.path import polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample, with_bias
from valleys.problem.named_losses import loss_named, targets
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.record import Record


@pytest.fixture(scope="module")
def eighth() -> Record:
    return record_of("theorem8/outputs_t8", "main")


def test_digits_joined(eighth: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    held = eighth.values["connected"]
    ways = {
        name: polygon([Theta(torch.zeros(1, 1), torch.full((1, 1), float(i)))] * 2)
        for i, name in enumerate(held["peaks"])
    }
    asked: list[tuple[Any, ...]] = []

    def trained(X: torch.Tensor, y: torch.Tensor, width: int, steps: int, generator: torch.Generator) -> str:
        assert torch.equal(X, digits(150)[0]) and torch.equal(y, digits(150)[1])
        asked.append((len(X), width, steps, generator.initial_seed()))
        return "ab"[len(asked) - 1]

    joined = SimpleNamespace(
        path=ways["certified path"], legs=held["legs"], bound=held["bound"], peak=held["peak"], save=lambda file: None,
        verdict=SimpleNamespace(losses=torch.tensor([held["ends"][0], 9.0, held["ends"][1]]).double().tolist()),
        risk=SimpleNamespace(width_needed=held["dimension"], at_zero=1.0986),
        construction=SimpleNamespace(temps=held["temps"]),
    )  # fmt: skip

    def connect(a: str, b: str, X: torch.Tensor, y: torch.Tensor, loss: str) -> Any:
        assert (a, b, loss) == ("a", "b", "cross_entropy") and X.shape == (held["images"], 64) and len(y) == len(X)
        return joined

    def compare(found: Any, seed: int, steps: int) -> Any:
        assert found is joined and (seed, steps) == (eighth.seed, 200)
        return SimpleNamespace(paths={name: way for name, way in ways.items() if name != "certified path"})

    def curve(path: Way, risk: Any, points: int, X: torch.Tensor, y: torch.Tensor) -> np.ndarray:
        name = next(name for name, way in ways.items() if way is path)
        assert points == {"certified path": 40, "learnt curve": 40}.get(name, 200) and risk is joined.risk
        assert torch.equal(X, digits(150)[2]) and torch.equal(y, digits(150)[3])
        return eighth.arrays[f"connected/{name}"]

    for name, fake in {"classifier": trained, "connect": connect, "compare": compare, "along": curve}.items():
        monkeypatch.setattr(th8connect, name, fake)

    def judged(save: Any) -> dict[str, Any]:
        assert save is joined.save
        return {"holds": True, "legs": [{"kind": "U"}]}

    monkeypatch.setattr(th8connect, "judged_in_passing", judged)
    replayed(th8connect.connected(Config(seed=eighth.seed)), eighth, "connected", ("connected.",))
    seeds = [stream(eighth.seed, "digits", k).initial_seed() for k in "ab"]
    assert asked == [(150, 300, 60, seed) for seed in seeds]


def test_digits_trained() -> None:
    """He's draws with biases 0; Adam's first step moves what has a gradient by the rate; thirty of them learn."""
    X, y, *_ = digits(24)

    def numbers(steps: int) -> list[torch.Tensor]:
        model = classifier(X, y, 50, steps, stream(0, "some digits"))
        return [x.detach() for x in model.parameters()]

    W, b, V, c = numbers(0)
    assert (W.shape, b.shape, V.shape, c.shape) == ((50, 64), (50,), (3, 50), (3,)) and not b.any() and not c.any()
    draw = stream(0, "some digits")
    first = torch.randn(50, 64, generator=draw, dtype=torch.float64)
    torch.testing.assert_close(W, first * (2 / 64) ** 0.5)
    torch.randn(50, generator=draw, dtype=torch.float64)
    torch.testing.assert_close(V, torch.randn(3, 50, generator=draw, dtype=torch.float64) * (2 / 50) ** 0.5)
    step = (numbers(1)[2] - V).abs()
    assert float(step.max()) == pytest.approx(3e-3, rel=1e-4) and float((step > 2.9e-3).double().mean()) > 0.7
    losses = [
        float(torch.nn.functional.cross_entropy(classifier(X, y, 50, steps, stream(0, "s"))(X), y).detach())
        for steps in (0, 1, 30)
    ]
    assert losses[2] < losses[1] / 2 and losses[1] < losses[0]


def test_digits_come_from_the_two_halves() -> None:
    sample = np.loadtxt(ROOT / "theorem8" / "digits.csv", delimiter=",", skiprows=4)
    X, y, X_test, y_test = digits(7)
    half = len(sample) // 2
    for (images, labels), begin in (((X, y), 0), ((X_test, y_test), half)):
        rows = sample[begin : begin + 7]
        np.testing.assert_array_equal(images.numpy(), rows[:, :-1] / 16)
        assert [(3, 5, 8)[k] for k in labels.tolist()] == rows[:, -1].tolist()


def test_along_a_line_of_classifiers() -> None:
    """Loss and accuracy by loops over the images, of training and of test."""
    g = stream(0, "along")
    X, X_test = (torch.randn(k, 2, generator=g, dtype=torch.float64) for k in (9, 5))
    y, y_test = (torch.randint(0, 3, (k,), generator=g) for k in (9, 5))
    loss = loss_named("cross_entropy")
    risk = ConvexRisk(activation("relu"), Sample(with_bias(X), targets(y, loss, 3)), loss, pinned=True)
    pinned = torch.tensor([[1.0]] * 4 + [[0.0]]).double()
    ends = [random_theta(3, 5, 3, g) for _ in range(2)]
    ends = [Theta(theta.U, theta.W * pinned) for theta in ends]
    curves = along(polygon(ends), risk, 6, X_test, y_test)
    assert curves.shape == (4, 7)

    def outputs(theta: Theta, x: torch.Tensor) -> torch.Tensor:
        hidden = (theta.W @ torch.cat([x, torch.ones(1).double()])).clamp(min=0.0)
        hidden[-1] = 1.0
        return theta.U @ hidden

    for k in range(7):
        theta = polygon(ends).at(k / 6)
        told = [torch.stack([outputs(theta, x) for x in inputs]) for inputs in (X, X_test)]
        right = [
            float((z.argmax(dim=1) == labels).double().mean()) for z, labels in zip(told, (y, y_test), strict=True)
        ]
        mean = float(torch.nn.functional.cross_entropy(told[0], y))
        np.testing.assert_allclose(curves[:, k], [k / 6, mean, *right], rtol=1e-12)


def test_legs_and_the_wall(eighth: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held = eighth.values["connected_width"]
    wall = {key: held[key] for key in ("peaks", "floor", "floor_ball", "lowest_ball", "over")}
    curves = {key: eighth.arrays[f"connected_width/{key}"] for key in held["peaks"]}
    told = claims_in(eighth, ("width.affine", "width.below_worse_end"))
    below = [SimpleNamespace(as_dict=lambda claim=claim: claim) for claim in told]
    given = Config(seed=eighth.seed)

    def small(config: Config, folder: Path) -> Any:
        assert config is given and folder == tmp_path
        return held["exact"]

    monkeypatch.setattr(th8wall, "small_connection", small)
    monkeypatch.setattr(th8wall, "legs_by_width", lambda config: (held["rows"], below) if config is given else None)
    monkeypatch.setattr(th8wall, "three_units", lambda config: (curves, wall) if config is given else None)
    replayed(th8wall.connected_width(tmp_path, given), eighth, "connected_width", ("width.", "wall."))


def test_the_legs_and_the_wall_fail_where_they_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A small connection that does not hold, one leg too many at each width, a pass far above the floor."""
    rows = [{"q": 60, "p": 61, "legs": 244, "temps": 0}, {"q": 60, "p": 120, "legs": 8, "temps": 0}]
    monkeypatch.setattr(th8wall, "small_connection", lambda config, folder: {"holds": False})
    monkeypatch.setattr(th8wall, "legs_by_width", lambda config: (rows, []))
    monkeypatch.setattr(
        th8wall, "three_units", lambda config: ({}, {"floor": 1.0, "peaks": {"a": 2.0, "b": 1.5}, "over": 0.5})
    )
    claims = {claim.id: claim for claim in th8wall.connected_width(tmp_path, Config()).claims}
    assert {name for name, claim in claims.items() if claim.holds} == {"wall.two_valleys", "wall.joined"}
    told = [claims[name].measured for name in ("width.exactly_below", "width.seven_legs", "width.legs", "wall.sharp")]
    assert told == [1, 8, 244 / 243, 1.5]


class _Here:
    """An executor that computes at once."""

    def submit(self, f: Callable[..., Any], *words: Any) -> Any:
        found = f(*words)
        return SimpleNamespace(result=lambda: found)

    def __enter__(self) -> _Here:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left."""


def test_a_small_connection_and_its_file(eighth: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The committed file, made again: the same knots, data and verdict."""
    monkeypatch.setattr(th8wall, "exact_judges", lambda processes: _Here())
    told = th8wall.small_connection(Config(seed=eighth.seed), tmp_path)
    held = eighth.values["connected_width"]["exact"]
    assert {key: told[key] for key in ("file", "holds", "claim", "verdict")} == {
        key: held[key] for key in ("file", "holds", "claim", "verdict")
    }
    with (
        np.load(tmp_path / "connection.npz") as made,
        np.load(ROOT / "theorem8/outputs_t8/paths/connection.npz") as kept,
    ):
        assert made.files == kept.files
        for key in made.files:
            if kept[key].dtype.kind == "f":
                np.testing.assert_allclose(made[key], kept[key], rtol=1e-5, atol=1e-9)
            else:
                np.testing.assert_array_equal(made[key], kept[key])
