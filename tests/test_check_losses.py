"""The exact checker on convex losses, output biases and connections, against the library's losses and known answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from flint import arb, fmpq

from check.kinds.losses import FLOW, point
from check.sample import ATTAINED
from tests.test_check_kinds import path, precision, whole
from valleys.problem.named_losses import loss_named

__all__ = ["precision"]

SLOPES = [("logistic", 1), ("cross_entropy", 3), ("hinge", 1), ("hinge", 3), ("huber:0.5", 1), ("huber:0.5", 3)]


@pytest.mark.parametrize(("name", "m"), SLOPES)
def test_slopes_of_convex_losses(name: str, m: int) -> None:
    g = np.random.default_rng(1)
    z, d = g.integers(-3, 4, size=(2, m, 40)).astype(float)  # integers: ties occur
    classes = np.eye(m)[g.integers(0, m, 40)].T if m > 1 else g.choice([-1.0, 1.0], size=(1, 40))
    Y = g.normal(size=(m, 40)) if name.startswith("huber") else classes
    Z, D, T = (torch.from_numpy(v) for v in (z, d, Y))
    expected = loss_named(name).values(Z, T), loss_named(name).left_slope(Z, D, T)
    for j in range(40):
        columns = [[fmpq(*x.as_integer_ratio()) for x in v[:, j].tolist()] for v in (z, d, Y)]
        delta = fmpq(1, 2)
        for found, other in zip(point(name, delta, columns[0], columns[1], columns[2]), expected, strict=True):
            assert float(arb(found)) == pytest.approx(float(other[j]), abs=1e-12)
        if name.startswith("huber"):
            balls = point(name, delta, [arb(x) for x in columns[0]], [arb(x) for x in columns[1]], columns[2])
            assert all(
                float(a) == pytest.approx(float(arb(b)))
                for a, b in zip(balls, point(name, delta, columns[0], columns[1], columns[2]), strict=True)
            )


@pytest.mark.parametrize(("name", "target"), [("logistic", [1.0]), ("hinge", [1.0]), ("huber:1", [0.5])])
def test_convex_losses_on_a_leg(name: str, target: list[float]) -> None:
    arrays = {"activation": "relu", "loss": name, "X": [[1.0]], "Y": [target]}
    for U, verdict in (([0.0, 0.25], "never rises"), ([0.25, 0.0], "rises")):
        assert whole(arrays | {"U": [[[u]] for u in U], "W": [[[1.0]]] * 2})[0] == verdict


@pytest.mark.parametrize("bias", [1.0, 0.0])
def test_an_output_bias_counts(bias: float) -> None:
    """``Phi = c`` from 0 to ``bias`` with ``Y = 1``: falls; with ``Y = 0`` it rises."""
    arrays = {
        "activation": "relu",
        "X": [[1.0]],
        "Y": [[bias]],
        "U": [[[0.0]]] * 2,
        "W": [[[1.0]]] * 2,
        "c": [[0.0], [1.0]],
    }
    assert whole(arrays)[:2] == ("never rises" if bias else "rises", ["U"])


@pytest.mark.parametrize("middle", [0.5, 3.0], ids=["between", "above"])
def test_the_highest_knot(middle: float) -> None:
    """``L = u^2`` at 2, ``middle``, 1: never above the higher end, or highest in the middle."""
    U = [[[2.0]], [[middle]], [[1.0]]]
    arrays = {"activation": "relu", "claim": "connection", "X": [[1.0]], "Y": [[0.0]], "U": U, "W": [[[1.0]]] * 3}
    found = path(arrays)
    assert (found["highest"], found["at_knot"]) == ((4, 0) if middle < 2 else (9, 1))
    assert path(arrays | {"claim": "descent"})["verdict"] == "rises"


@pytest.mark.parametrize("loss", ["square", "huber:1", "logistic", "hinge"])
@pytest.mark.parametrize(("middle", "holds"), [(0.5, True), (1.5, True), (2.5, False)])
def test_connections_stay_below_their_higher_end(loss: str, middle: float, holds: bool) -> None:
    """From 1 over ``middle`` to 2, where the loss grows with the output."""
    arrays = {"activation": "z", "loss": loss, "claim": "connection", "X": [[1.0]], "Y": [[-1.0]], "W": [[[1.0]]] * 3}
    found = path(arrays | {"U": [[[1.0]], [[middle]], [[2.0]]]})
    assert found["verdict"] == ("never above its higher end" if holds else "rises above its higher end")


@pytest.mark.parametrize(("name", "end"), [("logistic", FLOW), ("hinge", ATTAINED), ("huber:1", ATTAINED)])
@pytest.mark.parametrize("rows", [2, 1])
def test_ends_of_convex_losses(name: str, end: str, rows: int) -> None:
    """Two points: with two independent filters the least value over ``U`` is the least over all networks, with one not."""
    X, W = [[1.0, 0.0], [0.0, 1.0]], np.eye(2)[:rows]
    arrays = {"activation": "relu", "loss": name, "X": X, "Y": [[1.0], [-1.0]]}
    found = path(arrays | {"U": np.zeros((2, 1, rows)), "W": np.stack([W, W])})["attained"]
    assert found == end if rows == 2 else found.startswith("not decided")


@pytest.mark.parametrize("sigma", ["relu", "z2", "tanh"])
@pytest.mark.parametrize("moves", ["U", "W", "dead W", "U, W"])
def test_weight_decay_against_a_grid(sigma: str, moves: str) -> None:
    g, lam = np.random.default_rng(5), 0.3
    X, Y, U, W = g.normal(size=(4, 2)), g.normal(size=(4, 1)), g.normal(size=(2, 1, 3)), g.normal(size=(2, 3, 2))
    if "U" not in moves:
        U[1] = U[0]
    if moves == "dead W":
        U[:, :, 0] = 0
        W[1, 1:], W[1, 0] = W[0, 1:], 3 * W[0, 0]
    elif "W" not in moves:
        W[1] = W[0]
    functions: dict[str, Any] = {"relu": lambda z: np.maximum(z, 0), "z2": np.square, "tanh": np.tanh}
    values = []
    for t in np.linspace(0, 1, 2001):
        u, w = U[0] + t * (U[1] - U[0]), W[0] + t * (W[1] - W[0])
        fit = ((u @ functions[sigma](w @ X.T) - Y.T) ** 2).mean()
        values.append(fit + lam * ((u**2).sum() + (w**2).sum()))
    expected = np.max(np.array(values) - np.minimum.accumulate(values))
    arrays = {"activation": sigma, "loss": f"square+decay:{lam}", "X": X, "Y": Y, "U": U, "W": W}
    found, (verdict, _, rise, end) = path(arrays), whole(arrays)
    assert float(arb(found["start"])) == pytest.approx(values[0], rel=1e-12) and end.startswith("not decided")
    assert (verdict == "rises") == (expected > 0)
    assert expected * 0.95 - 1e-9 <= float(arb(rise)) <= expected * 1.001 + 1e-9


def test_points_of_a_curve_are_judged_as_the_path_through_them() -> None:
    """``(u, w)`` on a circle about the minimum of ``(u w)^2``: the chord of two far points rises, that of near ones less."""
    for angles, verdict in (([0.1, 1.5], "rises"), ([0.1, 0.05, 0.0], "never rises")):
        U, W = [[[np.cos(a)]] for a in angles], [[[np.sin(a)]] for a in angles]
        arrays = {"activation": "z", "X": [[1.0]], "Y": [[0.0]], "U": U, "W": W, "t": np.arange(float(len(U)))}
        assert path(arrays)["verdict"] == verdict
