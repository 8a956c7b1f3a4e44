"""Theorem 8's construction: the certificate holds from every start, and its hypothesis is needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import KINDS, degenerate, gaussian_risk, generator, sample_risk
from theorem8.th8construction import from_start
from theorem8.th8data import STARTS, diabetes, problems, start, thesis_network, thesis_sample
from theorem8.th8descents import descents
from theorem8.th8options import Config
from theorem8.th8thesis import principal_plane
from theorem8.th8training import fate
from theorem8.th8transition import certified_width
from valleys.construct.descent import _Factors, descend, descend_any_width
from valleys.construct.filters import FEW, apply_qt, independent_columns
from valleys.judge.certificate import judge_path
from valleys.judge.exact import judged_exactly
from valleys.own.certified import certified_descent
from valleys.problem.activations import activation
from valleys.problem.dimension import Span
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["z", "z2", "z3", "z4", "poly:1,0.5,2"])
@pytest.mark.parametrize("factor", [1, 2])
def test_polynomials(name: str, kind: str, factor: int) -> None:
    risk = gaussian_risk(name, 4, 2, noise=0.3)
    theta = random_theta(2, factor * Span(risk).dimension, 4, generator(5))
    theta = degenerate(kind, theta)
    found, verdict, _ = certified_descent(theta, risk, generator(6))
    assert found.path.start.equal(theta)
    assert verdict.relative_rise <= 2e-15
    assert verdict.excess is not None and verdict.excess <= 2e-12
    assert [leg.rise for leg in verdict.legs if leg.kind == "dead"] in ([], [0.0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_diabetes(name: str, kind: str) -> None:
    risk = FeatureRisk(activation(name), diabetes())
    theta = degenerate(kind, random_theta(1, 442, 11, generator(7)))
    found, verdict, span = certified_descent(theta, risk, generator(8))
    assert span.dimension == 442 == found.reached
    assert verdict.relative_rise <= 2e-15
    assert verdict.excess is not None and verdict.excess <= 1e-20 * verdict.start


@given(
    name=st.sampled_from(["relu", "leaky_relu", "tanh", "softplus", "z2", "z3", "poly:0.5,1,1"]),
    N=st.integers(1, 16), n=st.integers(3, 6), m=st.integers(1, 3), extra=st.integers(0, 4),
    kind=st.sampled_from(KINDS), seed=st.integers(0, 999),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_certificate_holds_whenever_the_width_suffices(
    name: str, N: int, n: int, m: int, extra: int, kind: str, seed: int
) -> None:
    risk = sample_risk(name, N, n, m, seed)
    span = Span(risk)
    theta = degenerate(kind, random_theta(m, span.dimension + extra, n, generator(seed + 1)))
    found, verdict, _ = certified_descent(theta, risk, generator(seed + 2))
    assert found.path.start.equal(theta)
    assert verdict.relative_rise <= 1e-12
    assert verdict.excess is not None
    assert verdict.excess <= 1e-12 * max(verdict.start, float(risk.scale))


@pytest.mark.parametrize("risk", [gaussian_risk("z2", 4, 1), sample_risk("relu", 12, 3, 1)], ids=["z2", "relu"])
def test_control_width_below_the_dimension(risk: FeatureRisk) -> None:
    """Below dim* the call refuses; the construction itself, run all the same, does not reach the minimum."""
    span = Span(risk)
    theta = random_theta(1, span.dimension - 1, risk.n, generator(3))
    with pytest.raises(InputError, match=f">= {span.dimension} "):
        descend(theta, risk, generator(), span.dimension)
    path = descend_any_width(theta, risk, generator(), span.dimension).path
    assert span.excess(path.end) > 1e-6


def test_start_at_the_end_of_a_path() -> None:
    risk = sample_risk("relu", 10, 3, 1)
    found, _, span = certified_descent(random_theta(1, 12, 3, generator(1)), risk, generator(2))
    _, verdict, _ = certified_descent(found.path.end, risk, generator(3))
    assert verdict.excess is not None and verdict.excess <= 1e-18
    assert verdict.rise <= 1e-18
    assert span.minimum < 1e-25


def test_thesis_draws() -> None:
    """The function is unchanged by freeing dependent rows; shares of variance as the thesis prints them."""
    network = thesis_network(20, 1, 0)
    assert (network.U[:, :10] == 0).all()
    assert torch.linalg.matrix_rank(network.W) == 10
    risk = FeatureRisk(activation("z"), thesis_sample(100, 0))
    U, history = network.U, [network.U.flatten()]
    for _ in range(1000):
        U = U - 0.005 * risk.value_and_gradient(Theta(U, network.W))[1].U
        history.append(U.flatten())
    path = torch.stack(history)
    assert [round(100 * float(x), 2) for x in principal_plane(path)[1][:2]] == pytest.approx([84.72, 13.15], abs=0.01)
    assert [round(100 * float(x), 2) for x in principal_plane(path[1:])[1][:2]] == pytest.approx(
        [85.22, 12.08], abs=0.01
    )


def test_stuck_start_is_stationary() -> None:
    risk = gaussian_risk("z3", 3, 1)
    theta = start("stuck", risk, 12, generator(4))
    value, gradient = risk.value_and_gradient(theta)
    assert float(gradient.U.norm() + gradient.W.norm()) < 1e-5 * float(value)
    assert value > Span(risk).minimum + 1e-3


@pytest.mark.parametrize("seed", [212, 386])
def test_a_start_that_is_almost_stationary_leaves_slack(seed: int, tmp_path: Path) -> None:
    """Where 100 steps have ended near a critical point; all the way to the least squares rounding would make a rise."""
    config = Config(seed=seed, quick=True)
    problem = problems(config)["cubic"]
    from_start(config, "cubic", problem, Span(problem.risk), "stuck", tmp_path / "path.npz")
    assert judged_exactly(tmp_path / "path.npz")["verdict"] == "never rises"


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ([1.0] + [0.9999] * 20, "stays"),
        ([1.0] * 20 + [0.5, 0.4], "still falls"),
        ([1.0] + [0.5] * 20, "comes to rest"),
        ([1.0] + [1e-7] * 20, "arrives"),
    ],
)
def test_fate_of_a_run(losses: list[float], words: str) -> None:
    assert fate(np.array(losses)) == words


def test_the_starts_in_full_are_those_that_show_it(tmp_path: Path) -> None:
    """The chord that climbs highest of all, and copies of one unit, which gradient descent never parts."""
    part = descents(tmp_path, Config(quick=True))
    rows, panels = part.values["descent"], part.values["descent_path"]
    highest = max((row for row in rows if row["start"] != "stuck"), key=lambda row: row["straight_line_peak"])
    assert [(x["name"], x["start"]) for x in panels] == [
        (highest["name"], highest["start"]),
        (highest["name"], "stuck"),
    ]
    for i, panel in enumerate(panels):
        row = next(r for r in rows if (r["name"], r["start"]) == (panel["name"], panel["start"]))
        path, line = part.arrays[f"path{i}"], part.arrays[f"line{i}"]
        assert path.shape == (row["legs"], len(part.arrays["times"])) and path[0, 0] == pytest.approx(
            line[0], rel=1e-12
        )
        assert path.ravel().max() == pytest.approx(path[0, 0], rel=1e-12)
        assert line.max() / line[0] == pytest.approx(row["straight_line_peak"], rel=1e-12)
        assert panel["descent"]["step"] > 0 and part.arrays[f"descent{i}"][0, -1] == panel["descent"]["steps"]


def test_an_unknown_start_is_refused() -> None:
    with pytest.raises(InputError, match="start: got typo; allowed: one of: " + ", ".join(STARTS)):
        start("typo", gaussian_risk("z3", 3, 1), 12, generator(4))


@pytest.mark.parametrize(("name", "degree", "width"), [("z", 1, 1), ("z2", 2, 3), ("z3", 3, 10), ("z4", 4, 15)])
def test_first_certified_width(name: str, degree: int, width: int) -> None:
    assert certified_width(degree, Span(gaussian_risk(name, 3, 1))) == width


def test_a_callable_of_the_user() -> None:
    sample = sample_risk("relu", 8, 3, 1).law
    risk = FeatureRisk(activation(torch.nn.functional.gelu), sample)
    _, verdict, _ = certified_descent(random_theta(1, 8, 3, generator(1)), risk, generator(2))
    assert verdict.relative_rise <= 1e-12
    assert verdict.excess is not None and verdict.excess < 1e-15


def test_judge_does_not_believe_the_builder() -> None:
    """A path for other data is judged on the data at hand."""
    risk, other = sample_risk("relu", 8, 3, 1), sample_risk("relu", 8, 3, 1, seed=5)
    found, _, _ = certified_descent(random_theta(1, 8, 3, generator(1)), other, generator(2))
    verdict = judge_path(found.path, risk, Span(risk).excess(found.path.end))
    assert verdict.excess is not None and verdict.excess > 1e-3


@pytest.mark.parametrize("rank", [0, 1, 4, 7])
def test_independent_columns_are_as_many_as_a_pivoted_qr_of_all_finds(rank: int) -> None:
    draw = np.random.default_rng(rank)
    B = np.asfortranarray(draw.standard_normal((7, rank)) @ draw.standard_normal((rank, FEW + 20)))
    packed, tau, which = independent_columns(B, 7, 1e-9)
    assert len(set(which.tolist())) == np.linalg.matrix_rank(B[:, which]) == rank
    np.testing.assert_allclose(apply_qt(packed, tau, B[:, which])[:rank], np.triu(packed[:rank, :rank]), atol=1e-12)


def test_copies_of_units_take_the_place_of_their_originals() -> None:
    """Leg 1 in the paper's form, from more copies than units: the function stays, and what is freed is all but ``rank``."""
    risk = sample_risk("tanh", 12, 3, 2)
    distinct = random_theta(risk.m, 5, risk.n, generator(4))
    order = torch.tensor([0, 1, 0, 2, 2, 3, 0, 4, 1, 1])
    theta = Theta(torch.randn(risk.m, 10, generator=generator(5), dtype=torch.float64), distinct.W[order])
    factors = _Factors(theta, risk)
    U = factors.fibre(5)
    assert int((U != 0).any(dim=0).sum()) == 5
    torch.testing.assert_close(U @ risk.features(theta.W), theta.U @ risk.features(theta.W), rtol=0, atol=1e-12)
