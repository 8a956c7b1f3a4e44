"""Data of odd shapes and sizes: a certificate, or a line whose reason no construction has made."""

from __future__ import annotations

import re

import pytest
import torch

from tests.odd_data import odd_data
from tests.reference import generator
from theorem8.th8own import check_digits
from valleys.own.certificate import certify
from valleys.own.cost import expect_decay, expect_path
from valleys.own.joined import connect
from valleys.own.modules import Network
from valleys.own.problem import risk_of
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.network import random_theta
from valleys.problem.rows import rows_on_sample, rows_through_points
from valleys.run.errors import InputError

#: Rows of ``many_rows`` that are enough to leave gaps of all sizes between their angles.
FEW = 60
DATA = {name: (X[:FEW], Y[:FEW]) for name, (X, Y) in odd_data().items()}


def network(name: str, sigma: str, width: int = FEW + 1) -> tuple[Network, ConvexRisk]:
    X, Y = map(torch.from_numpy, DATA[name])
    found = Network(random_theta(Y.shape[1], width, X.shape[1], generator(3)), activation(sigma), False, False)
    return found, risk_of(found, X, Y)


@pytest.mark.parametrize("name", DATA)
def test_certified_and_joined(name: str) -> None:
    a = network(name, "relu")[0]
    X, Y = map(torch.from_numpy, DATA[name])
    assert certify(a, X, Y).holds
    b = a.with_theta(random_theta(a.outputs, a.width, a.inputs, generator(4)))
    assert connect(a, b, X, Y).holds


@pytest.mark.parametrize("name", DATA)
def test_smooth_units_are_certified_or_the_reason_is_told(name: str) -> None:
    """On a line they are told apart by distance alone, exponentially badly."""
    X, Y = map(torch.from_numpy, DATA[name])
    found = [certify(network(name, sigma)[0], X, Y) for sigma in ("tanh", "sigmoid", "softplus")]
    reasons = [each.reason for each in found]
    if name in {"one_column", "collinear"}:
        assert all("float64 tells" in (reason or "") for reason in reasons)
        assert "float64 tells" in repr(found[0])
    else:
        assert all(each.holds for each in found) and reasons == [None] * 3


@pytest.mark.parametrize(
    ("name", "sigma", "loss"),
    [
        ("large_target", "z2", "huber:1"),  # every residual beyond DELTA: no curvature anywhere near the start
        ("large", "z2", "huber:1"),  # and a start of the loss 1e16, which hides the slope at the end
        ("small", "z", "square"),  # outputs of 1e-8: their size is the unit of the floor
        ("large", "relu", "hinge"),  # outputs of 1e8 that must clear a margin of 1
    ],
)
def test_sizes_far_from_one_are_certified(name: str, sigma: str, loss: str) -> None:
    X, Y = map(torch.from_numpy, DATA[name])
    assert certify(network(name, sigma)[0], X, torch.sign(Y) if loss == "hinge" else Y, loss).holds


def test_kinks_go_through_the_points_and_show_more_than_rounding() -> None:
    far = torch.from_numpy(DATA["far_from_zero"][0])
    rows = rows_through_points(far, 40, generator(5), torch.arange(len(far)))
    size = (rows @ far.T).abs()
    assert float((size.amin(dim=1) / size.amax(dim=1)).max()) < 1e-8
    filters = torch.relu(rows @ far.T)
    assert torch.linalg.matrix_rank(filters / filters.norm(dim=1, keepdim=True), rtol=1e-9) == len(far)
    line = torch.from_numpy(DATA["collinear"][0])
    assert len(rows_through_points(line, 40, generator(5), torch.arange(len(line)))) == 0


def test_the_unit_of_a_column_does_not_count() -> None:
    X = torch.from_numpy(odd_data()["constant_target"][0])
    unit = torch.tensor([2.0**-27, 1.0, 2.0**27], dtype=torch.float64)
    rows = rows_on_sample(activation("tanh"), X * unit, 50, generator(5))
    size = (rows @ (X * unit).T).abs().amax(dim=1)
    assert torch.linalg.matrix_rank(rows * unit) == 3 and float(size.min()) > 0.1 and float(size.max()) < 1e3


@pytest.mark.parametrize(
    ("name", "sigma", "words"),
    [
        ("ten_outputs", "z99", "times as large"),
        ("large", "z3", "loss at the start"),
        ("one_column", "tanh", "apart"),
    ],
)
def test_too_few_digits_are_told(name: str, sigma: str, words: str) -> None:
    found, risk = network(name, sigma)
    with pytest.raises(InputError, match=words):
        check_digits(risk, found.theta, generator(6))


def test_control_good_data_excuse_no_false_claim() -> None:
    found, risk = network("constant_target", "relu")
    check_digits(risk, found.theta, generator(6))


def test_beyond_float64_is_one_line() -> None:
    with pytest.raises(InputError, match="beyond float64"):
        _ = network("large", "z99")[1].dimension


def test_what_a_quick_run_would_cost_is_said_before_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    X = torch.from_numpy(odd_data()["many_rows"][0])
    for quick, size in ((False, 3000), (True, 2000)):
        expect_path(size, size, quick)
        assert re.fullmatch(f"{size} rows, {size} units: about .* ?minutes?\n", capsys.readouterr().out)
    expect_path(300, 300, True)
    expect_decay(X[:60], True)
    assert capsys.readouterr().out == ""
    expect_decay(X, False)
    assert re.fullmatch(r"3000 rows with weight decay: about \d+ days\n", capsys.readouterr().out)
    with pytest.raises(
        InputError, match=r"5000 rows, 5000 units; allowed: with --quick at most 3 minutes, .* about 10 minutes"
    ):
        expect_path(5000, 5000, True)
    with pytest.raises(InputError, match="with --quick at most 3 minutes"):
        expect_decay(X, True)
    with pytest.raises(InputError, match="GB"):
        expect_decay(torch.cat([X, torch.ones_like(X[:, :1])], dim=1))
