"""The search for low passes: against a pass known in closed form, an explicit path, and the straight line."""

from __future__ import annotations

import pytest
import torch

from theorem13.th13data import Setting, risk
from theorem13.th13proof import barrier
from valleys.paths.heights import peak_of, profile, straight_peak
from valleys.paths.path import polygon
from valleys.problem.activations import activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError
from valleys.search.lowest_pass import Pass, find_pass, refined_saddle


def search(setting: Setting, steps: int) -> tuple[Pass, float]:
    b, L = barrier(setting), risk(setting)
    found = find_pass(L, b.path.start, b.path.end, torch.Generator().manual_seed(0), steps=steps)
    return found, b.upper


@pytest.mark.parametrize("setting", [
    Setting("relu", "theorem", 10, 9, 2.0, 3.0), Setting("relu", "theorem", 4, 3, 2.0, 3.0),
], ids=["p9", "p3"])  # fmt: skip
def test_finds_the_gate_without_knowing_it(setting: Setting) -> None:
    found, gate = search(setting, steps=1200)
    assert -1e-4 < found.peak - gate < 1e-3
    assert found.peak < straight_peak(risk(setting), found.path.start, found.path.end) - 0.1


def test_even_activation_attains_the_exact_barrier() -> None:
    found, gate = search(Setting("z2", "theorem", 4, 3, 1.0, 2.0), steps=600)
    assert found.peak == pytest.approx(gate, rel=1e-9)
    assert found.level == pytest.approx(gate, rel=1e-9)
    assert found.gradient_norm < 1e-9


def test_ends_are_bit_for_bit_and_the_peak_is_reproduced() -> None:
    setting = Setting("z2", "theorem", 3, 2, 1.0, 2.0)
    b, L = barrier(setting), risk(setting)
    runs = [find_pass(L, b.path.start, b.path.end, torch.Generator().manual_seed(5), steps=100) for _ in range(2)]
    assert runs[0].peak == runs[1].peak
    assert runs[0].path.start.equal(b.path.start)
    assert runs[0].path.end.equal(b.path.end)
    assert float(profile(L, runs[0].path, 200)[1].max()) <= runs[0].peak * (1 + 1e-9)


def test_never_above_the_straight_line_on_own_data() -> None:
    g = torch.Generator().manual_seed(1)
    X, Y = (torch.randn(30, k, generator=g, dtype=torch.float64) for k in (3, 2))
    L = FeatureRisk(activation("tanh"), Sample(X, Y))
    a, b = random_theta(2, 4, 3, g), random_theta(2, 4, 3, g)
    found = find_pass(L, a, b, g, steps=100, legs=4, points=4)
    assert found.peak <= straight_peak(L, a, b)
    assert found.peak >= max(float(L.value(a)), float(L.value(b))) - 1e-12


def test_a_convex_loss_has_no_barrier() -> None:
    """Only U moves on the straight line, so the peak is at an end and stays there."""
    g = torch.Generator().manual_seed(2)
    X, Y = (torch.randn(20, k, generator=g, dtype=torch.float64) for k in (3, 1))
    L = FeatureRisk(activation("relu"), Sample(X, Y))
    a = random_theta(1, 4, 3, g)
    b = Theta(random_theta(1, 4, 3, g).U, a.W)
    found = find_pass(L, a, b, g, steps=100, refine=False)
    assert found.peak == pytest.approx(max(float(L.value(a)), float(L.value(b))), rel=1e-12)


def test_saddle_of_a_known_landscape() -> None:
    """p = 1, n = 2 for z^2 has its gate at q = 0; refining from nearby returns a critical point."""
    setting = Setting("z2", "theorem", 3, 2, 1.0, 2.0)
    gate = barrier(setting).path.knots[1]
    near = Theta(gate.U + 1e-3, gate.W + 1e-3)
    _, level, norm = refined_saddle(risk(setting), near)
    assert norm < 1e-10
    assert level == pytest.approx(barrier(setting).upper, rel=1e-6)


def test_peak_between_grid_points() -> None:
    setting = Setting("relu", "theorem", 4, 3, 2.0, 3.0)
    b, L = barrier(setting), risk(setting)
    line = torch.stack([torch.cat([x.U.flatten(), x.W.flatten()]) for x in (b.path.start, b.path.end)])
    coarse, fine = peak_of(L, b.path.start, line, 16)[0], peak_of(L, b.path.start, line, 4096)[0]
    assert coarse == pytest.approx(fine, rel=1e-9)


def test_sizes_must_agree() -> None:
    L = risk(Setting("relu", "theorem", 4, 3, 2.0, 3.0))
    g = torch.Generator().manual_seed(0)
    with pytest.raises(InputError, match="equal sizes"):
        find_pass(L, random_theta(1, 3, 4, g), random_theta(1, 2, 4, g), g)
    with pytest.raises(InputError, match="n = 4"):
        find_pass(L, random_theta(1, 3, 5, g), random_theta(1, 3, 5, g), g)
    path = polygon([random_theta(1, 3, 4, g), random_theta(1, 3, 4, g)])
    assert profile(L, path, 3)[0].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
