"""Theorem 11's paths: any width, any depth, hard starts; what breaks the proof breaks the certificate."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.odd_data import odd_data
from tests.reference import generator, naive_loss
from theorem11 import th11judge
from theorem11.th11construction import Rows, two_layers
from theorem11.th11data import STARTS, covariance, deep_start, law_of, start
from theorem11.th11deepconstruction import complement, descent_path, ready, seen_space
from theorem11.th11judge import Judged, above_minimum, judged, judged_by_floats, path_claims
from theorem11.th11lift import Lift
from theorem11.th11model import DeepPath, Layers, Stage, between, product
from theorem11.th11options import Config
from theorem11.th11risk import LinearRisk
from theorem11.th11slope import downhill, exact_slope
from theorem11.th11turn import Turn
from valleys.problem.activations import activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.errors import InputError


def risk_of(name: str, n: int = 10, m: int = 10) -> LinearRisk:
    return law_of(Config(n=n, m=m, covariance=name))[0]


def certified(path: DeepPath, risk: LinearRisk, folder: Path) -> Judged:
    """The exact verdict: it never rises, and ends at the minimum."""
    found = judged(path, risk, folder / "p.npz")
    assert (found.kind, found.rise) == ("exact", 0.0)
    assert 0 <= found.gap <= 1e-14
    return found


@pytest.mark.parametrize("p", [1, 2, 5, 9, 15])
@pytest.mark.parametrize("name", ["identity", "ill", "singular"])
def test_one_hidden_layer(name: str, p: int, tmp_path: Path) -> None:
    risk = risk_of(name)
    for kind in STARTS:
        theta = start(kind, risk, p, generator(p))
        path = two_layers(theta, risk)
        found = certified(path, risk, tmp_path)
        assert path.start.equal(Layers.of(theta)) and len(path.knots) <= 7
        assert found.start == pytest.approx(float(risk.value(theta)))
        assert float(risk.value(path.end)) == pytest.approx(risk.minimum(p), abs=1e-14 * found.start)


@pytest.mark.parametrize("kind", ["typo", "s.npz", ""])
def test_an_unknown_start_is_refused(kind: str) -> None:
    risk = risk_of("identity", 4, 3)
    for make in (lambda: start(kind, risk, 2, generator()), lambda: deep_start(kind, risk, (2, 3), generator())):
        with pytest.raises(InputError, match=f"start: got {kind}; allowed: one of: " + ", ".join(STARTS)):
            make()


@given(
    n=st.integers(1, 6),
    m=st.integers(1, 6),
    widths=st.lists(st.integers(1, 8), min_size=1, max_size=3),
    points=st.sampled_from([3, 20]),
    unit=st.sampled_from([2.0**-27, 1.0, 1e3]),
    kind=st.sampled_from(STARTS),
    seed=st.integers(0, 999),
)
@settings(max_examples=60, deadline=None)
def test_any_sizes(
    n: int, m: int, widths: list[int], points: int, unit: float, kind: str, seed: int, tmp_path_factory: Any
) -> None:
    g = generator(seed)
    X, Y = (unit * torch.randn(points, k, generator=g, dtype=torch.float64) for k in (n, m))
    risk = LinearRisk.from_sample(Sample(X, Y))
    certified(descent_path(deep_start(kind, risk, tuple(widths), g), risk), risk, tmp_path_factory.getbasetemp())


def test_a_target_of_zeros(tmp_path: Path) -> None:
    risk = LinearRisk.from_covariance(covariance("identity", 4, generator()), torch.zeros(3, 4, dtype=torch.float64))
    for kind in STARTS:
        certified(two_layers(start(kind, risk, 2, generator(1)), risk), risk, tmp_path)


def test_risk_by_three_routes() -> None:
    g = generator(1)
    X, Y = (torch.randn(9, k, generator=g, dtype=torch.float64) for k in (4, 3))
    theta = random_theta(3, 2, 4, g)
    risk = LinearRisk.from_sample(Sample(X, Y))
    naive = naive_loss(activation("z"), theta, X, Y)
    assert float(risk.value(theta)) == pytest.approx(naive, rel=1e-13)
    residual = (X @ theta.W.T @ theta.U.T - Y).square().sum() / 9
    assert float(risk.value(theta)) == pytest.approx(float(residual), rel=1e-13)
    theta = theta.map(lambda x: x.requires_grad_())
    expected = torch.autograd.grad(risk.value(theta), (theta.U, theta.W))
    _, gradient = risk.value_and_gradient(theta.map(torch.detach))
    torch.testing.assert_close((gradient.U, gradient.W), expected)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_minimum_is_reduced_rank_regression(rank: int) -> None:
    risk = risk_of("ill", 4, 3)
    best = np.linalg.svd(risk.C.numpy())
    low = (best.U[:, :rank] * best.S[:rank]) @ best.Vh[:rank]
    assert risk.minimum(rank) == pytest.approx(float(np.square(low - risk.C.numpy()).sum()), rel=1e-12, abs=1e-15)


def close_risk() -> LinearRisk:
    """Singular values 1.01 and 1: turning gains little, so that chords have to be short."""
    return LinearRisk.from_covariance(torch.eye(2).double(), torch.diag(torch.tensor([1.01, 1.0])).double())


def tilted(angle: float) -> Theta:
    """One unit, turned from the weaker direction, the best readout."""
    w = torch.tensor([[np.sin(angle), np.cos(angle)]], dtype=torch.float64)
    return Theta(close_risk().C @ w.T, w)


def test_the_closed_form_of_a_chord_against_the_loss() -> None:
    """``falls`` says of a chord what the loss on it does, up to the share that it keeps for safety."""
    risk, said = close_risk(), []
    t = torch.linspace(0, 1, 401, dtype=torch.float64)
    for angle in (0.01, 0.1, 0.5, 1.0, 1.5):
        turn = Turn.of(tilted(angle), risk)
        assert turn is not None
        for a, b in ((0.0, 1.0), (0.0, 0.3), (0.3, 0.5), (0.9, 1.0)):
            first, last = (Layers.of(turn.at(place)) for place in (a, b))
            values = risk.value(between(first, last, t))
            rises = float((values - values.cummin(0).values).max()) > 1e-12
            said.append((turn.falls(a, b), rises))
            assert not (said[-1][0] and rises)
    assert (True, False) in said and (False, True) in said


def test_control_too_few_knots_are_caught(tmp_path: Path) -> None:
    """One chord where the closed form asks for more: it rises."""
    risk = close_risk()
    path = two_layers(tilted(0.1), risk)
    certified(path, risk, tmp_path)
    (turn,) = path.stages
    assert turn.name == "turn" and 4 < len(turn.knots) < 60
    bold = DeepPath((Stage("turn", (turn.knots[0], turn.knots[-1])),))
    found = judged(bold, risk, tmp_path / "p.npz")
    assert found.rise > 1e-3
    assert judged_by_floats(bold, risk).rise == pytest.approx(found.rise, rel=1e-3)
    assert [claim.holds for claim in path_claims([found], "bold", "")] == [False, True]


def test_control_a_path_that_goes_on_or_stops_early_is_caught(tmp_path: Path) -> None:
    risk = risk_of("identity")
    path = two_layers(start("random", risk, 5, generator(1)), risk)
    W, U = path.end.weights
    onward = DeepPath((*path.stages, Stage("too far", (path.end, Layers((W, (1 + 2**-30) * U))))))
    assert 0 < judged(onward, risk, tmp_path / "p.npz").rise < 1e-15
    early = judged(DeepPath(path.stages[:-1]), risk, tmp_path / "p.npz")
    assert early.rise == 0 and early.gap > 1e-3 and above_minimum("not decided") == float("inf")


def test_control_a_leg_that_goes_up_first_is_told_from_its_opposite() -> None:
    """At a saddle, to rounding, the sign of the slope is that of rounding: 1e-17 of the loss, decided over the rationals."""
    risk = risk_of("ill")
    here = Layers.of(start("saddle", risk, 2, generator(1)))
    for seed in range(8):
        step = random_theta(10, 2, 10, generator(seed)).map(lambda x: 1e-9 * x)
        W, U = here.weights
        ends = Layers((W + step.W, U + step.U)), Layers((W - step.W, U - step.U))
        slopes = [exact_slope(here, end, risk) for end in ends]
        assert min(slopes) < 0 < max(slopes)
        assert exact_slope(here, downhill(here, ends, risk), risk) < 0


def test_large_matrices_are_judged_in_float64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    risk = risk_of("identity")
    paths = [two_layers(start(kind, risk, 3, generator(1)), risk) for kind in STARTS]
    exact = [judged(path, risk, tmp_path / "p.npz") for path in paths]
    monkeypatch.setattr(th11judge, "EXACT", 9)
    floats = [judged(path, risk, tmp_path / "p.npz") for path in paths]
    assert all(one.kind == "verified" and one.rise < 1e-14 and one.gap < 1e-14 for one in floats)
    claims = path_claims(exact + floats, "linear", "")
    assert [claim.kind for claim in claims] == ["exact", "exact", "verified", "verified"]
    assert all(claim.holds for claim in claims) and len({claim.id for claim in claims}) == 4


def test_rows_are_taken_apart() -> None:
    g = generator(2)
    whitened = torch.randn(5, 4, generator=g, dtype=torch.float64) * 10.0 ** torch.tensor([[4], [0], [-4], [0], [1]])
    whitened[3], whitened[4] = 0, 3 * whitened[1]
    rows = Rows.of(whitened)
    eye = torch.eye(4, dtype=torch.float64)
    assert rows.rank == 3 and rows.dead.shape == (5, 2)
    torch.testing.assert_close(rows.inverse @ whitened, rows.basis, atol=1e-12, rtol=0)
    torch.testing.assert_close(rows.dead.T @ whitened, torch.zeros(2, 4, dtype=torch.float64), atol=1e-12, rtol=0)
    torch.testing.assert_close(rows.basis.T @ rows.basis + rows.beside @ rows.beside.T, eye, atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    "widths",
    [(4, 8), (12, 3, 9), (8, 4), (3, 8, 8, 8, 8, 8), (8, 8, 3, 8, 8, 8), (8, 8, 8, 8, 8, 3), (12,) * 6],
    ids=str,
)
def test_deep(widths: tuple[int, ...], tmp_path: Path) -> None:
    risk = risk_of("identity")
    for kind in STARTS:
        layers = deep_start(kind, risk, widths, generator(3))
        path = descent_path(layers, risk)
        certified(path, risk, tmp_path)
        assert path.start.equal(layers)


@pytest.mark.parametrize("spoilt", [0, 1, 2], ids=["first", "middle", "last"])
def test_deep_with_a_layer_of_zeros(spoilt: int, tmp_path: Path) -> None:
    risk = risk_of("identity")
    layers = deep_start("random", risk, (6, 7), generator(3))
    layers = layers.with_layer(spoilt, torch.zeros_like(layers.weights[spoilt]))
    certified(descent_path(layers, risk), risk, tmp_path)


def test_what_the_layers_between_carry() -> None:
    layers = deep_start("random", risk_of("identity", 5, 2), (7, 4, 6), generator(0))
    _, *others = layers.weights
    onward = product(tuple(others), 7)
    T = seen_space(onward, others)
    assert T.shape == (7, 2)
    torch.testing.assert_close(onward @ complement(T), torch.zeros(2, 5, dtype=torch.float64), atol=1e-12, rtol=0)
    repeated = deep_start("repeated", risk_of("identity", 5, 2), (7, 4, 6), generator(0))
    assert ready(layers) and not ready(repeated)
    lift, theta = Lift(layers), random_theta(2, 4, 5, generator(1))
    back = lift.seen(lift.at(theta))
    torch.testing.assert_close((back.U, back.W), (theta.U, theta.W), atol=1e-12, rtol=0)


def test_covariances() -> None:
    for name, condition in (("identity", 1.0), ("ill", 1e4), ("singular", np.inf)):
        values = torch.linalg.eigvalsh(covariance(name, 10, generator(0))).clamp(min=0)
        found = float(values[-1] / values[0]) if values[0] > 1e-12 else np.inf
        assert found == pytest.approx(condition, rel=1e-6)


def test_columns_that_float64_cannot_hold_together_are_refused(tmp_path: Path) -> None:
    X = np.random.default_rng(0).standard_normal((9, 3))
    for small, fits in ((1e-8, False), (1e-3, True)):
        np.savez(tmp_path / "d.npz", X=X * [small, 1.0, 1e8], Y=X[:, :1])
        with nullcontext() if fits else pytest.raises(InputError, match="times as large as another"):
            law_of(Config(data=str(tmp_path / "d.npz")))


def test_no_leg_rises_from_a_saddle_on_data_far_from_0() -> None:
    # its readout is asked for by rounding: along the rows the data are a million times smaller than elsewhere
    risk = LinearRisk.from_sample(Sample(*map(torch.from_numpy, odd_data()["far_from_zero"])))
    theta = start("saddle", risk, 1, stream(0, 1, Config().starts.index("saddle"), 0))
    knots = two_layers(theta, risk).knots
    assert all(exact_slope(a, b, risk) <= 0 for a, b in pairwise(knots))
