"""Path files: what is written reads back as the same path under the same loss, or is refused in one line."""

from __future__ import annotations

from pathlib import Path as File

import pytest
import torch

from tests.reference import generator
from valleys.paths.files import law_arrays, load_path, save_path
from valleys.paths.path import polygon
from valleys.problem.activations import activation, polynomial
from valleys.problem.gradients import gradient_of
from valleys.problem.laws import Sample
from valleys.problem.network import random_theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError


def relu(z: torch.Tensor) -> torch.Tensor:
    """A callable of a user that bears the name of another function."""
    return torch.where(z > 0, z, 0.2 * z)


def sample(N: int = 9, n: int = 3) -> Sample:
    g = generator(4)
    return Sample(torch.randn(N, n, generator=g).double(), torch.randn(N, 1, generator=g).double())


def test_a_callable_named_relu_is_trained_with_its_own_gradient() -> None:
    risk, theta = FeatureRisk(activation(relu), sample()), random_theta(1, 5, 3, generator(), (2,))
    (L, fast), (exact, slow) = gradient_of(risk)(theta), risk.value_and_gradient(theta)
    torch.testing.assert_close((L, fast.U, fast.W), (exact, slow.U, slow.W))


def test_a_callable_is_refused_in_a_path_file() -> None:
    with pytest.raises(InputError, match=r"the callable relu; allowed: .*judge_path"):
        law_arrays(FeatureRisk(activation(relu), sample()))


@pytest.mark.parametrize("sigma", [activation("z2"), activation("erf01"), activation(torch.relu), polynomial((1 / 3, 0, 2 / 7)),
                                   polynomial((0, 0, 1.0), "tanh")], ids=lambda s: s.name)  # fmt: skip
def test_the_written_activation_reads_back_as_the_same_function(sigma, tmp_path: File) -> None:  # type: ignore[no-untyped-def]
    risk, knots = FeatureRisk(sigma, sample()), [random_theta(1, 4, 3, generator(k)) for k in range(2)]
    save_path(tmp_path / "p.npz", polygon(knots), law_arrays(risk))
    stored = load_path(tmp_path / "p.npz")
    assert [float(stored.risk.value(stored.points[k])) for k in range(2)] == [float(risk.value(knot)) for knot in knots]
