"""Data of odd shapes and sizes: a certificate, or a line whose reason no construction has made."""

from __future__ import annotations

import pytest
import torch

from tests.odd_data import odd_data
from tests.reference import generator
from theorem8.th8own import check_digits
from valleys.own.certificate import certify
from valleys.own.joined import connect
from valleys.own.modules import Network
from valleys.own.problem import risk_of
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.network import random_theta
from valleys.problem.rows import rows_on_sample
from valleys.run.errors import InputError

#: What float64 leaves undecided without a bias, and what is too large for a quick test.
LEFT = {"far_from_zero", "many_rows"}
SMALL = {name: data for name, data in odd_data().items() if name not in LEFT}


def network(name: str, sigma: str, width: int = 45) -> tuple[Network, ConvexRisk]:
    X, Y = map(torch.from_numpy, odd_data()[name])
    found = Network(random_theta(Y.shape[1], width, X.shape[1], generator(3)), activation(sigma), False, False)
    return found, risk_of(found, X, Y)


@pytest.mark.parametrize("name", SMALL)
def test_certified_and_joined(name: str) -> None:
    a = network(name, "relu")[0]
    X, Y = map(torch.from_numpy, SMALL[name])
    assert certify(a, X, Y).holds
    b = a.with_theta(random_theta(a.outputs, a.width, a.inputs, generator(4)))
    assert connect(a, b, X, Y).holds


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
        ("far_from_zero", "relu", "apart"),
    ],
)
def test_too_few_digits_are_told(name: str, sigma: str, words: str) -> None:
    found, risk = network(name, sigma)
    with pytest.raises(InputError, match=words):
        check_digits(risk, found.theta, risk.dimension, generator(6))


def test_control_good_data_excuse_no_false_claim() -> None:
    found, risk = network("constant_target", "relu")
    check_digits(risk, found.theta, risk.dimension, generator(6))


def test_beyond_float64_is_one_line() -> None:
    with pytest.raises(InputError, match="beyond float64"):
        _ = network("large", "z99")[1].dimension
