"""The picture of what a spurious valley is: a true landscape, its lakes, and random units, each by a second route."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tests.reference import generator
from theorem13 import th13data, th13valley
from theorem13.th13problem import problem
from theorem13.th13tour import planar_watched
from theorem13.th13valley import (
    ALPHA,
    BETA,
    LARGE,
    SMALL,
    best_readout,
    joins,
    lakes,
    moments_of,
    relief,
    relief_claims,
    wide,
)
from valleys.problem.network import Theta


def relief_grid(rows: int = 41, columns: int = 49) -> np.ndarray:
    side = torch.linspace(-5, 3.8, rows, dtype=torch.float64)
    side[side.abs().argmin()] = 0.0
    u, phi = torch.meshgrid(side, torch.linspace(-2, -2 + 2 * math.pi, columns, dtype=torch.float64), indexing="ij")
    return relief(u, phi).numpy()


def test_relief_is_the_risk_of_a_sample() -> None:
    """By a second route: the mean over points of the law, to its own accuracy."""
    sample = th13data.risk(SMALL).sample(200_000, generator(0))
    for u, phi in ((2.0, 0.3), (-3.0, 1.2), (1.0, -2.0)):
        w = torch.tensor([math.cos(phi), math.sin(phi)], dtype=torch.float64)
        errors = (u * (sample.X @ w).clamp_min(0) - sample.Y[:, 0]) ** 2
        exact = float(relief(torch.tensor(u, dtype=torch.float64), torch.tensor(phi, dtype=torch.float64)))
        assert abs(float(errors.mean()) - exact) < 5 * float(errors.std()) / len(errors) ** 0.5


def test_lakes_join_at_the_gate_and_not_before() -> None:
    L, gate = relief_grid(), (ALPHA**2 + BETA**2) / 4
    valley, good = (np.unravel_index(np.where(half, L, np.inf).argmin(), L.shape) for half in halves(L))
    points = [(int(valley[0]), int(valley[1])), (int(good[0]), int(good[1]))]
    assert joins(L, points) == gate
    below = lakes(L, np.nextafter(gate, 0))
    assert below[points[0]] != below[points[1]]
    L[np.abs(L - gate) < 1e-12] -= 0.3  # control: a lower ridge
    assert gate - 0.3 <= joins(L, points) < gate - 0.2
    assert [c.holds for c in relief_claims(1e-3, 0.3, 10.0)] == [False, False]


def test_the_way_down_of_the_wide_network_never_rises_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without the second float64 it rises by a rounding, and the claim on a path that climbs fails."""
    _, risk = problem(LARGE)
    assert [c.holds for c in wide(risk, 0)[2]] == [True, True, True]
    monkeypatch.setattr(
        th13valley, "longer", lambda verdict, *_: verdict | {"verdict": "rises", "legs": [{"rise": "1"}]}
    )
    assert [c.holds for c in wide(risk, 0)[2]] == [False, True, True]


def halves(L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ridge = int(np.abs(np.linspace(-5, 3.8, len(L))).argmin())
    rows = np.arange(len(L))[:, None] * np.ones_like(L)
    return rows > ridge, rows < ridge


def test_best_readout_is_a_least_squares_minimum() -> None:
    """At the weights of one solve the exact risk is what the prefix of the factor says, and its slope vanishes."""
    p = 6
    found = best_readout(p, 1, generator(3))[0]
    W = torch.randn(p, LARGE.n, generator=generator(3), dtype=torch.float64)
    W = W / W.norm(dim=1, keepdim=True)
    K, b = moments_of(W)
    for k in (1, p):
        theta = Theta(torch.linalg.solve(K[:k, :k], b[:k]).unsqueeze(0), W[:k])
        value, slope = th13data.risk(LARGE).value_and_gradient(theta)
        assert float(value) == pytest.approx(float(found[k - 1]), abs=1e-12)
        assert float(slope.U.abs().max()) < 1e-12
    assert bool((found.diff() <= 1e-15).all())


def test_the_animation_starts_at_the_bottom_and_passes_at_the_floor() -> None:
    watched = planar_watched(ALPHA, BETA, points=5)
    assert watched.loss[0] == pytest.approx(BETA**2 / 4) and watched.loss[-1] == pytest.approx(ALPHA**2 / 4)
    assert watched.level is not None and watched.loss.max() == pytest.approx(watched.level[0])
    np.testing.assert_allclose(watched.outputs[-1], [0, -BETA, 0, 0, 0], atol=1e-12)
