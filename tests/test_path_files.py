"""Path files: what is written reads back as the same path under the same loss, or is refused in one line."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
import torch

from check.legs import law_of
from check.reading import read
from check.sample import rational
from tests.reference import generator
from theorem13.th13data import Setting
from theorem13.th13data import law_arrays as arrays13
from theorem13.th13data import risk as risk13
from valleys.judge.verify import main as judge
from valleys.paths.files import load_path, save_path
from valleys.paths.law_files import law_arrays, mixture_arrays, read_law
from valleys.paths.path import polygon
from valleys.problem.activations import activation, polynomial
from valleys.problem.gradients import gradient_of
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.network import Theta, random_theta
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


@pytest.mark.parametrize("sigma", ["relu", "z2", "softplus", "sigmoid", "z4"])
@pytest.mark.parametrize("law", ["theorem", "decoupled"])
def test_theorem_13_is_a_mixture_in_numbers(sigma: str, law: str) -> None:
    setting = Setting(sigma, law, 4, 3, 1.0, 1.5)
    given, read = risk13(setting), read_law(arrays13(setting), "p.npz", "FILE")
    theta = random_theta(1, 5, 4, generator(3), (6,))
    (L, gradient), (L2, gradient2) = given.value_and_gradient(theta), read.value_and_gradient(theta)
    torch.testing.assert_close((L2, gradient2.U, gradient2.W), (L, gradient.U, gradient.W), rtol=1e-9, atol=1e-9)


def test_parts_of_a_mixture_may_move_any_coordinates() -> None:
    """Coordinates 0 and 2 of three move in one part; the other is a point. By its sample."""
    sigma, teacher = (
        activation("z2"),
        Theta(torch.tensor([[1.0], [0.0]]).double(), torch.tensor([[1.0, 5.0, -1.0]]).double()),
    )
    moving, point = torch.tensor([[1, 0, 1], [0, 0, 0]]), torch.tensor([[0, 0, 0], [1, -1, 2]])
    arrays = mixture_arrays(sigma, [0.25, 0.75], moving, teacher, point, torch.tensor([0.0, 3.0]))
    risk, theta, g = read_law(arrays, "p.npz", "FILE"), random_theta(1, 4, 3, generator(1)), generator(2)
    X = torch.randn(200_000, 3, generator=g).double() * moving[0]
    y = (X @ teacher.W[0]) ** 2
    first = ((sigma(X @ theta.W.T) @ theta.U[0] - y) ** 2).double()
    x = point[1].double()
    second = float((theta.U[0] @ sigma(theta.W @ x) - 3.0) ** 2)
    error = 0.25 * float(first.std()) / len(X) ** 0.5
    assert abs(float(risk.value(theta)) - 0.25 * float(first.mean()) - 0.75 * second) <= 4.5 * error


GOOD: dict[str, Any] = {
    "format": "1", "U": np.ones((2, 1, 3)), "W": np.ones((2, 3, 2)), "activation": "z2", "X": np.ones((4, 2)), "Y": np.ones(4),
}  # fmt: skip
GAUSSIAN = {
    "law": "gaussian",
    "teacher_U": np.ones((1, 2)),
    "teacher_W": np.ones((2, 2)),
    "teacher_activation": "z2",
    "noise": 0.0,
}
MIXTURE = {
    "law": "mixture", "weights": np.ones(2) / 2, "moving": np.eye(2), "point": np.zeros((2, 2)), "target": np.zeros(2),
    "teacher_U": np.ones((2, 1)), "teacher_W": np.ones((1, 2)),
}  # fmt: skip
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "another format": ({"format": "2"}, "format 2"),
    "another loss": ({"loss": "absolute"}, "--loss absolute in p.npz"),
    "an output bias that does not fit": ({"c": np.ones((2, 2))}, "numbers (2, 1), as U"),
    "a curve with an output bias": ({"c": np.ones((2, 1)), "t": np.arange(2.0)}, "straight legs"),
    "another claim": ({"claim": "lowest"}, "claim lowest"),
    "an unknown law": ({"law": "cauchy"}, "sample, gaussian, mixture"),
    "the law of a theorem": ({"law": "two-part"}, "sample, gaussian, mixture"),
    "a law of two texts": ({"law": ["sample", "sample"]}, "one text"),
    "an unknown activation": ({"activation": "gelu"}, "activation gelu in p.npz"),
    "an activation of numbers": ({"activation": np.ones(2)}, "one text"),
    "no activation": ({"activation": None}, "also activation, X, Y"),
    "X of one dimension": ({"X": np.ones(4)}, "X float64 (4,)"),
    "Y of another length": ({"Y": np.ones(5)}, "numbers (4)"),
    "text for numbers": ({"X": "text"}, "X <U4"),
    "one knot": ({"U": np.ones((1, 1, 3)), "W": np.ones((1, 3, 2))}, "K >= 2"),
    "a network of text": ({"U": "text"}, "U None"),
    "units that do not fit": ({"U": np.ones((2, 1, 4))}, "the same p"),
    "inputs that do not fit": ({"W": np.ones((2, 3, 5))}, "n = 5"),
    "t that falls": ({"t": np.array([1.0, 0.0])}, "increasing"),
    "t of text": ({"t": "text"}, "increasing"),
    "t of another length": ({"t": np.arange(3.0)}, "t (2,)"),
    "noise of two numbers": ({**GAUSSIAN, "noise": np.ones(2)}, "noise float64 (2,)"),
    "negative noise": ({**GAUSSIAN, "noise": -1.0}, "noise -1"),
    "a teacher of other units": ({**GAUSSIAN, "teacher_W": np.ones((3, 2))}, "teacher_W"),
    "weights that do not add up": ({**MIXTURE, "weights": np.ones(2)}, "add up to 1"),
    "half a coordinate": ({**MIXTURE, "moving": np.eye(2) / 2}, "1 where a coordinate"),
    "a point that moves": ({**MIXTURE, "target": np.ones(2)}, "0 in a part"),
    "a point with a teacher": ({**MIXTURE, "moving": np.array([[1.0, 0.0], [0.0, 0.0]])}, "teacher_U not 0 in part 2"),
    "no kernel": ({**MIXTURE, "activation": "tanh"}, "activation tanh"),
    "layers of text": ({"W1": "text", "W2": "text", "t": np.arange(2.0), "activation": "z"}, "layers"),
}


@pytest.mark.parametrize(("change", "told"), CHANGES.values(), ids=list(CHANGES))
def test_a_bad_file_is_one_line(
    change: dict[str, Any],
    told: str,
    tmp_path: File,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("p.npz", **{key: value for key, value in {**GOOD, **change}.items() if value is not None})
    assert judge(["p.npz"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith("error: FILE: got ") and told in error, error


@pytest.mark.parametrize("law", [{}, GAUSSIAN, MIXTURE, {"format": 1}], ids=["sample", "gaussian", "mixture", "number"])
def test_the_good_files_are_good(law: dict[str, Any], tmp_path: File) -> None:
    np.savez(tmp_path / "p.npz", **{**GOOD, **law})
    assert judge([str(tmp_path / "p.npz")]) in {0, 1}


@pytest.mark.parametrize("law", ["theorem", "decoupled", "noise"])
def test_the_checker_reads_the_same_loss(law: str, tmp_path: File) -> None:
    """Format 1 means one thing to two readers that share no line."""
    knots = [random_theta(1, 3, 3, generator(k)) for k in (1, 2)]
    if law == "noise":
        squares = activation("z2")
        arrays = law_arrays(FeatureRisk(squares, GaussianTeacher(random_theta(1, 2, 3, generator(3)), squares, 0.3)))
    else:
        arrays = arrays13(Setting("relu", law, 3, 2, 1.0, 1.5))
    save_path(tmp_path / "p.npz", polygon([knots[0], Theta(knots[1].U, knots[0].W)]), arrays)
    exact = law_of(dict(read(str(tmp_path / "p.npz"))[0]))
    U, W = rational(knots[0].U.numpy()), rational(knots[0].W.numpy())
    loss = exact.along(U, U * 0, W)[2]
    value = float(loss.mid()) if hasattr(loss, "mid") else float(loss.p) / float(loss.q)
    assert (exact.m, exact.n) == (1, 3)
    assert value == pytest.approx(float(load_path(tmp_path / "p.npz").risk.value(knots[0])), rel=1e-12)
