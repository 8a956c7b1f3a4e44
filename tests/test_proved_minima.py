"""Spurious minima proved in balls: formulas by a second route, bounds from both sides, controls that prove nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path as File

import numpy as np
import pytest
import torch
from flint import arb, arb_mat, ctx
from torch import Tensor

from theorem13 import spurious_minima
from theorem13.census import balls, distinct, escape, proof
from theorem13.census.family import family, symmetric
from theorem13.census.judge import K7_EIGENVALUE, K7_LOSS, Judged, judge, kernel_risk, smallest_eigenvalue
from theorem13.census.proof import least_eigenvalue, prove
from theorem13.census.proved import minimum_claim
from theorem13.census.training import Setting, orthonormal_risk, student
from valleys.problem.hessian import hessian
from valleys.search.polish import finish

SHAPES = [(1, 2), (2, 4), (3, 3), (5, 4)]


def weights(n: int, k: int, seed: int = 0) -> Tensor:
    return torch.randn(n, k, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def floats(rows: list[list[arb]]) -> np.ndarray:
    return np.array([[float(x) for x in row] for row in rows])


def flat(rows: list[list[arb]]) -> list[arb]:
    return [x for row in rows for x in row]


@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_loss_gradient_and_hessian_agree_with_the_torch_code(n: int, k: int) -> None:
    W = weights(n, k)
    value, slope = kernel_risk(k).value_and_gradient(student(W))
    point = balls.box(W.tolist())
    assert float(balls.half_loss(point)) == pytest.approx(float(value) / 2, abs=1e-13)
    np.testing.assert_allclose(floats(balls.gradient(point)), slope.W / 2, atol=1e-13)
    H = hessian(orthonormal_risk(k), student(W), "U") / 2
    np.testing.assert_allclose(floats(balls.hessian(point).tolist()), H, atol=1e-13)


@pytest.mark.parametrize(("n", "k"), SHAPES)
def test_derivatives_are_differences_in_many_digits(n: int, k: int) -> None:
    with ctx.workprec(300):
        step, W = arb(2) ** -60, balls.box(weights(n, k, 1).tolist())
        slope, H = balls.gradient(W), balls.hessian(W)
        for i in range(n):
            for a in range(k):
                ahead, back = ([list(row) for row in W] for _ in range(2))
                ahead[i][a] += step
                back[i][a] -= step
                rise = (balls.half_loss(ahead) - balls.half_loss(back)) / (2 * step)
                assert abs(rise - slope[i][a]) < 1e-30
                turn = zip(flat(balls.gradient(ahead)), flat(balls.gradient(back)), strict=True)
                assert all(abs((x - y) / (2 * step) - H[k * i + a, j]) < 1e-30 for j, (x, y) in enumerate(turn))


def test_the_hessian_of_a_box_holds_those_of_its_points() -> None:
    W, radius = weights(4, 4), 2.0**-8
    whole = balls.hessian(balls.box(W.tolist(), radius))
    for seed in range(5):
        inside = W + radius * (2 * torch.rand(4, 4, generator=torch.Generator().manual_seed(seed)) - 1)
        assert whole.contains(balls.hessian(balls.box(inside.tolist())).mid())
    outside = balls.hessian(balls.box((W + 0.1).tolist()))
    assert not whole.contains(outside.mid())


@pytest.mark.parametrize("shift", [0.01, 1.0])
def test_the_least_eigenvalue_is_bounded_closely_and_from_below(shift: float) -> None:
    A = weights(12, 12)
    A = A @ A.T + shift * torch.eye(12, dtype=torch.float64)
    low, true = least_eigenvalue(arb_mat(A.tolist())), float(torch.linalg.eigvalsh(A)[0])
    assert low is not None
    assert true - 1e-10 < float(low) < true + 1e-13
    below = A - (true + 1e-9) * torch.eye(12, dtype=torch.float64)
    assert least_eigenvalue(arb_mat(below.tolist())) is None


@pytest.mark.parametrize("k", [6, 7, 9])
def test_a_spurious_minimum_is_proved_and_its_bounds_are_close(k: int) -> None:
    W = symmetric(k, family([k])[k])
    found = prove(W.tolist())
    assert found is not None
    eigenvalue = smallest_eigenvalue(kernel_risk(k), W)
    assert eigenvalue - 1e-7 < found.min_eigenvalue < eigenvalue + 1e-9
    assert found.loss_at_least == pytest.approx(float(kernel_risk(k).value(student(W))) / 2, abs=1e-13)
    with ctx.workprec(128):
        assert arb(found.loss).upper() >= found.loss_at_least > 0
    assert found.distance < 1e-12 < 1e-5 < found.radius
    if k == 7:
        assert abs(found.loss_at_least - K7_LOSS) < 1e-10
        assert abs(found.min_eigenvalue - K7_EIGENVALUE) < 1e-7


def test_a_spurious_minimum_of_one_unit_more_is_proved_without_any_symmetry() -> None:
    W = escape.escapes((0,))[0].end.W
    found = prove(finish(orthonormal_risk(7), student(W[None]), frozen="U", tolerance=1e-13).theta.W[0].tolist())
    assert found is not None
    assert found.loss.startswith("[0.022147443")
    assert 0.0026 < found.min_eigenvalue < 0.0027


def at(k: int) -> Tensor:
    return symmetric(k, family([k])[k])


NO_MINIMUM: dict[str, Callable[[], Tensor]] = {
    "saddle: the same critical point at k = 5": lambda: at(5),
    "saddle: a unit split in two": lambda: escape.split(at(7), 1),
    "no critical point: moved by a thousandth": lambda: at(7) + 1e-3,
    "not converged: ten units in a row alike": lambda: weights(7, 7),
    "global minimum": lambda: torch.eye(7, dtype=torch.float64),
    "global minimum, out of float64's reach": lambda: torch.eye(7, dtype=torch.float64) + 1e-9 * weights(7, 7),
}


@pytest.mark.parametrize("point", NO_MINIMUM.values(), ids=list(NO_MINIMUM))
def test_control_where_there_is_none_none_is_proved(point: Callable[[], Tensor]) -> None:
    assert prove(point().tolist()) is None


def test_control_a_hessian_of_the_other_sign_a_lower_loss_and_a_steeper_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    W = at(7).tolist()
    broken = {
        "hessian": lambda rows: -balls.hessian(rows),
        "half_loss": lambda rows: balls.half_loss(rows) - 0.0233,
        "gradient": lambda rows: [[x + 1e-4 for x in row] for row in balls.gradient(rows)],
    }
    for name, wrong in broken.items():
        with monkeypatch.context() as patch:
            patch.setattr(proof, name, wrong)
            assert prove(W) is None, name
    assert prove(W) is not None


def test_control_a_box_too_wide_is_not_claimed() -> None:
    assert prove(at(7).tolist(), radii=(0.1,)) is None


def test_control_a_claim_without_a_proof_fails() -> None:
    assert not minimum_claim(7, None).holds
    assert minimum_claim(7, prove(at(7).tolist())).holds


def cell(W: Tensor) -> Judged:
    return judge(Setting(W.shape[2], W.shape[1] - W.shape[2], len(W), seed=0, step=5.0, steps=9), W)


@pytest.mark.parametrize(
    ("weights_proved", "kind", "id"),
    [(450, "proved", "spurious.are_minima"), (0, "verified", "spurious.more_are_minima")],
)
def test_a_family_is_proved_or_said_to_be_verified(
    weights_proved: int, kind: str, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distinct, "WEIGHTS", weights_proved)
    found = cell(torch.stack([torch.eye(7, dtype=torch.float64), at(7), at(7).flip(0)]))
    proofs = distinct.proofs_of(found)
    (claim,) = distinct.spurious_claims([found], [proofs])
    assert (claim.id, claim.kind, claim.holds) == (id, kind, True)
    rows = distinct.minima_rows(found, proofs)
    assert [(row["verdict"], row["count"]) for row in rows] == [("global minimum", 1), ("spurious minimum", 2)]
    assert rows[1]["kind"] == kind and kind in distinct.listed(rows)


def test_control_a_saddle_among_the_ends_is_not_proved_and_fails() -> None:
    found = cell(escape.split(at(7), 1)[None])
    assert distinct.proofs_of(found) == {}
    (claim,) = distinct.spurious_claims([found], [{}])
    assert claim.kind == "verified" and not claim.holds


def test_the_picture_and_its_record(tmp_path: File) -> None:
    assert spurious_minima.main(["--only", "proved_minima", "--quick", "--outdir", str(tmp_path)]) == 0
    record = json.loads((tmp_path / "spurious_minima.json").read_text())
    assert [(c["id"], c["kind"]) for c in record["claims"]] == [(f"minimum.k{k}", "proved") for k in (6, 7, 8)]
    assert all(row["min_eigenvalue"] < 0 for row in record["values"]["below"])
    for row in record["values"]["proved"]:
        again = prove(symmetric(row["k"], row["entries"]).tolist())
        assert again is not None and again.loss == row["loss"]
    assert (tmp_path / "proved_minima.png").is_file()
