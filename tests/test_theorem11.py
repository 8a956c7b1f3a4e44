"""Theorem 11's paths: any width, any depth, hard starts; what breaks the proof breaks the certificate."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import generator, naive_loss
from tests.running import ROOT, python, verify
from theorem11.th11construction import descent_path, geodesic_rise
from theorem11.th11data import STARTS, covariance, deep_start, law_of, start
from theorem11.th11deepconstruction import complement, deep_descent_path, reached_spaces
from theorem11.th11judge import judge_deep_path
from theorem11.th11model import Layers
from theorem11.th11options import Config
from theorem11.th11pictures import allowed_rise
from theorem11.th11risk import LinearRisk
from valleys.judge.certificate import judge_path
from valleys.judge.verify import main as judge
from valleys.paths.curves import Geodesic, points_of
from valleys.paths.path import Path as Route
from valleys.problem.activations import activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.errors import InputError


def risk_of(name: str, n: int = 10, m: int = 10) -> LinearRisk:
    return law_of(Config(n=n, m=m, covariance=name))[0]


@pytest.mark.parametrize("p", [1, 2, 5, 9, 15])
@pytest.mark.parametrize("name", ["identity", "ill", "singular"])
@pytest.mark.parametrize("kind", STARTS)
def test_one_hidden_layer(name: str, p: int, kind: str) -> None:
    risk = risk_of(name)
    theta = start(kind, risk, p, generator(p))
    path = descent_path(theta, risk)
    verdict = judge_path(path, risk)
    assert path.start.equal(theta)
    assert len(verdict.legs) <= 5
    assert verdict.relative_rise <= 1e-14
    assert abs(verdict.end - risk.minimum(p)) <= 1e-14 * verdict.start
    for piece in path.pieces:
        ends = points_of(piece, torch.tensor([0.0, 1.0], dtype=torch.float64))
        for i, point in enumerate((piece.start, piece.end)):
            assert (ends.W[i] - point.W).abs().max() <= 1e-12 * max(1.0, float(point.W.abs().max()))
            assert (ends.U[i] - point.U).abs().max() <= 1e-12 * max(1.0, float(point.U.abs().max()))


@pytest.mark.parametrize("seed", [1, 3, 10])
def test_ill_conditioned_inputs_round_more(seed: int) -> None:
    """The rise of a leg on which the function stays is rounding, and grows with the condition of the inputs."""
    risk = law_of(Config(covariance="ill", seed=seed))[0]
    assert risk.condition == pytest.approx(100, rel=1e-6)
    theta = start("repeated", risk, 2, stream(seed, 1, 2, 1))
    rise = judge_path(descent_path(theta, risk), risk).relative_rise
    assert 1e-14 < rise <= allowed_rise(risk, 1e-14) < 1e-12


@pytest.mark.parametrize("kind", ["typo", "s.npz", ""])
def test_an_unknown_start_is_refused(kind: str) -> None:
    risk = risk_of("identity", 4, 3)
    for make in (lambda: start(kind, risk, 2, generator()), lambda: deep_start(kind, risk, (2, 3), generator())):
        with pytest.raises(InputError, match=f"start: got {kind}; allowed: one of: " + ", ".join(STARTS)):
            make()


@given(
    n=st.integers(1, 6),
    m=st.integers(1, 6),
    p=st.integers(1, 8),
    kind=st.sampled_from(STARTS),
    seed=st.integers(0, 999),
)
@settings(max_examples=60, deadline=None)
def test_any_sizes(n: int, m: int, p: int, kind: str, seed: int) -> None:
    g = generator(seed)
    X = torch.randn(7, n, generator=g, dtype=torch.float64)
    risk = LinearRisk.from_sample(Sample(X, torch.randn(7, m, generator=g, dtype=torch.float64)))
    theta = start(kind, risk, p, g)
    verdict = judge_path(descent_path(theta, risk), risk)
    scale = max(verdict.start, 1e-3 * float(risk.C.square().sum()))
    assert verdict.rise <= 1e-13 * scale
    assert abs(verdict.end - risk.minimum(p)) <= 1e-13 * scale


@pytest.mark.parametrize("unit", [2.0**-27, 1.0, 2.0**27])
@pytest.mark.parametrize("p", [2, 8])
def test_the_unit_of_the_data_does_not_count(unit: float, p: int) -> None:
    X, Y = (unit * torch.randn(20, k, generator=generator(2), dtype=torch.float64) for k in (3, 2))
    risk = LinearRisk.from_sample(Sample(X, Y))
    verdict = judge_path(descent_path(start("repeated", risk, p, generator(3)), risk), risk)
    assert verdict.relative_rise <= 1e-14


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


def test_geodesic_closed_form_against_the_grid() -> None:
    risk = risk_of("identity", 6, 6)
    g = generator(5)
    a, b = (torch.linalg.qr(torch.randn(6, 2, generator=g, dtype=torch.float64)).Q.T for _ in range(2))
    # an arbitrary target space: the loss may rise, and the closed form bounds what the grid sees
    t = torch.linspace(0, 1, 2001, dtype=torch.float64)
    basis = Geodesic.between(a, b).basis(t)
    values = risk.value(Theta(risk.C @ basis.mT, basis @ risk.inverse))
    seen = float((values - values.cummin(0).values).max())
    assert seen > 0.01
    assert seen <= geodesic_rise(a, b, risk) + 1e-12
    # the dominant space: it never rises (Lemma 19 in one leg)
    assert geodesic_rise(a, risk.spectrum[1][:2], risk) <= 1e-14 * float(risk.C.square().sum())


def test_control_a_geodesic_to_the_weakest_space_is_caught() -> None:
    risk = risk_of("identity", 6, 6)
    path = descent_path(random_theta(6, 2, 6, generator(2)), risk)
    back = Route(tuple(path.pieces[:-1]))
    weak = risk.spectrum[1][-2:]
    assert geodesic_rise(path.pieces[-1].end.W @ risk.K, weak, risk) > 0.1
    assert judge_path(back, risk).end - risk.minimum(2) > 1e-3


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize(
    "widths",
    [(4, 8), (12, 3, 9), (8, 4), (3, 8, 8, 8, 8, 8), (8, 8, 3, 8, 8, 8), (8, 8, 8, 8, 8, 3), (12,) * 6],
    ids=str,
)
def test_deep(widths: tuple[int, ...], kind: str) -> None:
    risk = risk_of("identity")
    layers = deep_start(kind, risk, widths, generator(3))
    path = deep_descent_path(layers, risk)
    verdict = judge_deep_path(path, risk)
    assert path.start.equal(layers)
    assert verdict.relative_rise <= (1e-11 if len(widths) == 6 else 1e-12)
    assert abs(verdict.end - risk.minimum(min(widths))) <= 1e-14 * verdict.start


@pytest.mark.parametrize("spoilt", [0, 1, 2], ids=["first", "middle", "last"])
def test_deep_with_a_layer_of_zeros(spoilt: int) -> None:
    risk = risk_of("identity")
    weights = list(deep_start("random", risk, (6, 7), generator(3)).weights)
    weights[spoilt] = torch.zeros_like(weights[spoilt])
    verdict = judge_deep_path(deep_descent_path(Layers(tuple(weights)), risk), risk)
    assert verdict.relative_rise <= 1e-12
    assert abs(verdict.end - risk.minimum(6)) <= 1e-14 * verdict.start


def test_reached_spaces_carry_everything() -> None:
    layers = deep_start("random", risk_of("identity", 5, 2), (7, 4, 6), generator(0))
    spaces = reached_spaces(layers)
    assert [s.shape[1] for s in spaces] == [2, 2, 2]
    rest = complement(spaces[1])
    torch.testing.assert_close(
        rest.T @ layers.weights[1] @ spaces[0], torch.zeros(2, 2, dtype=torch.float64), atol=1e-12, rtol=0
    )


def test_covariances() -> None:
    for name, condition in (("identity", 1.0), ("ill", 1e4), ("singular", np.inf)):
        values = torch.linalg.eigvalsh(covariance(name, 10, generator(0))).clamp(min=0)
        found = float(values[-1] / values[0]) if values[0] > 1e-12 else np.inf
        assert found == pytest.approx(condition, rel=1e-6)


def script(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return python(ROOT / "theorem11" / "theorem_11.py", *words, cwd=cwd)


def test_quick_run(tmp_path: Path) -> None:
    done = script("--quick", "--outdir", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((tmp_path / "out" / "theorem_11.json").read_text())
    assert set(record["figures"]) == {"linear_path", "whole_landscape", "deep_linear_path"}
    keys = {"n", "m", "p", "widths", "method", "start", "target", "legs", "relative_rise", "end_gap"}
    assert record["values"]["paths"] and all(set(row) == keys for row in record["values"]["paths"])
    assert record["claims"] and all(claim["holds"] for claim in record["claims"])


def test_own_start_and_saved_path(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    U, W = rng.standard_normal((2, 3)), rng.standard_normal((3, 4))
    np.savez(tmp_path / "s.npz", U=U, W=W)
    np.savez(tmp_path / "d.npz", X=rng.standard_normal((9, 4)), Y=rng.standard_normal((9, 2)))
    done = script("--data", "d.npz", "--start", "s.npz", "--save-path", "p.npz", "--outdir", "o", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "p.npz") as data:
        assert data["U"].shape[1:] == (2, 3) and data["W"].shape[1:] == (3, 4)
        assert len(data["t"]) == len(data["U"]) >= 2000
        np.testing.assert_array_equal(data["U"][0], U)
        np.testing.assert_array_equal(data["W"][0], W)
    judged = verify(tmp_path / "p.npz")
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_deep_saved_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = deep_start("random", risk_of("identity", 4, 3), (2, 5), generator(1))
    W1, W2, W3 = (w.numpy() for w in layers.weights)
    np.savez(tmp_path / "s.npz", W1=W1, W2=W2, W3=W3)
    words = ("--n", 4, "--m", 3, "--depth", 2, "--start", "s.npz", "--save-path", "p.npz", "--outdir", "o")
    done = script(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "p.npz") as data:
        for k, w in enumerate(layers.weights):
            assert len(data[f"W{k + 1}"]) == len(data["t"]) >= 2000
            np.testing.assert_array_equal(data[f"W{k + 1}"][0], w.numpy())
        arrays = dict(data)
    assert judge([str(tmp_path / "p.npz")]) == 0 and "width 2," in capsys.readouterr().out
    tampered = {
        "turned back": arrays | {f"W{k}": arrays[f"W{k}"][::-1] for k in (1, 2, 3)},
        "bent in the middle": arrays | {"W2": arrays["W2"] + (np.arange(len(arrays["t"])) == 900)[:, None, None]},
    }
    for name, changed in tampered.items():
        np.savez(tmp_path / "bad.npz", **changed)
        assert judge([str(tmp_path / "bad.npz")]) == 1, name
    foreign = {
        "layers that do not fit": arrays | {"W2": arrays["W2"][:, :, :1]},
        "no t": {key: value for key, value in arrays.items() if key != "t"},
        "another activation": arrays | {"activation": np.array("relu")},
        "one layer": {key: value for key, value in arrays.items() if key not in {"W2", "W3"}},
    }
    for name, changed in foreign.items():
        np.savez(tmp_path / "bad.npz", **changed)
        assert judge([str(tmp_path / "bad.npz")]) == 2 and capsys.readouterr().err.count("\n") == 1, name
