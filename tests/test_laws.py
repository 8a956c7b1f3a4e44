"""Reading user files: what is read is what stands there, and every bad file is one line naming what is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.reference import gaussian_risk, generator
from valleys.problem.activations import activation
from valleys.problem.laws import read_sample, standardised, with_bias
from valleys.problem.network import Theta, load_theta, random_theta
from valleys.run.errors import InputError


def test_csv_default_target_is_the_last_column(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("# a comment\na,b,y\n1,2,3\n4,5,6\n")
    sample = read_sample(file)
    assert sample.X.tolist() == [[1, 2], [4, 5]]
    assert sample.Y.tolist() == [[3], [6]]
    named = read_sample(file, ("y", "a"))
    assert named.X.tolist() == [[2], [5]]
    assert named.Y.tolist() == [[3, 1], [6, 4]]


def test_a_first_line_of_numbers_is_data(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("1,2,3\n4,5,6\n")
    sample = read_sample(file)
    assert sample.X.tolist() == [[1, 2], [4, 5]] and sample.Y.tolist() == [[3], [6]]
    assert read_sample(file, ("1",)).Y.tolist() == [[1], [4]]
    file.write_text("1,2\n3,y\n")
    with pytest.raises(InputError, match="'y' in column 2, row 2"):
        read_sample(file)


def test_npz_targets_may_be_flat(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.arange(6.0).reshape(3, 2), Y=np.arange(3))
    sample = read_sample(tmp_path / "a.npz")
    assert sample.X.shape == (3, 2) and sample.Y.tolist() == [[0], [1], [2]]


BAD_CSV = {
    "text in a number column": ("a,y\n1,two\n", (), r"'two' in column y, row 2"),
    "nan": ("a,y\n1,nan\n", (), r"'nan' in column y"),
    "inf": ("a,y\ninf,1\n", (), r"'inf' in column a"),
    "empty field": ("a,y\n,1\n", (), r"'' in column a"),
    "ragged": ("a,y\n1,2,3\n", (), r"3 fields in row 2"),
    "no rows": ("a,y\n", (), r"at least one row"),
    "too large": ("a,y\n1e300,1\n", (), r"1e.300 in .*; allowed: numbers up to 1e.50"),
    "one column": ("y\n1\n", (), r"two columns"),
    "repeated name": ("a,a\n1,2\n", (), r"differ"),
    "missing column": ("a,y\n1,2\n", ("z",), r"--target: got z; allowed: columns of .*: a, y"),
    "nothing left": ("a,y\n1,2\n", ("a", "y"), r"at least one column"),
}


@pytest.mark.parametrize(("text", "target", "message"), BAD_CSV.values(), ids=BAD_CSV.keys())
def test_bad_csv(tmp_path: Path, text: str, target: tuple[str, ...], message: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        read_sample(file, target)


BAD_NPZ = {
    "lengths": ({"X": np.ones((3, 2)), "Y": np.ones(2)}, "same length"),
    "missing key": ({"X": np.ones((3, 2))}, "the keys X, Y"),
    "nan": ({"X": np.full((3, 2), np.nan), "Y": np.ones(3)}, "X with NaN or inf"),
    "objects": ({"X": np.array([{}], dtype=object), "Y": np.ones(1)}, "plain arrays"),
    "complex": ({"X": np.ones((1, 1), dtype=complex), "Y": np.ones(1)}, "real numbers"),
    "empty": ({"X": np.ones((0, 2)), "Y": np.ones(0)}, "N >= 1"),
    "flat X": ({"X": np.ones(3), "Y": np.ones(3)}, r"X \(N, n\)"),
}


@pytest.mark.parametrize(("arrays", "message"), BAD_NPZ.values(), ids=BAD_NPZ.keys())
def test_bad_npz(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    named: dict[str, object] = {**arrays}
    np.savez(tmp_path / "a.npz", **named)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        read_sample(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["absent.csv", "absent.npz", "a.txt"])
def test_files_that_are_not_there_or_foreign(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(InputError, match="--data: got .*; allowed"):  # noqa: RUF043
        read_sample(tmp_path / name)


def test_broken_npz(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(InputError, match="plain arrays"):
        read_sample(tmp_path / "a.npz")


BAD_START = {
    "missing key": ({"U": np.ones((1, 2))}, "the keys U, W"),
    "widths differ": ({"U": np.ones((1, 2)), "W": np.ones((3, 2))}, "same p"),
    "flat": ({"U": np.ones(2), "W": np.ones((2, 2))}, r"U \(m, p\)"),
}


@pytest.mark.parametrize(("arrays", "message"), BAD_START.values(), ids=BAD_START.keys())
def test_bad_start(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    named: dict[str, object] = {**arrays}
    np.savez(tmp_path / "a.npz", **named)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"--start: .*{message}"):
        load_theta(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["", "z0", "relu6", "poly:", "poly:a", "poly:0,0", "poly:nan", "zz", "Z2"])
def test_unknown_activation(name: str) -> None:
    with pytest.raises(InputError, match="--activation"):
        activation(name)


def test_theta_checks_its_shapes() -> None:
    with pytest.raises(InputError, match="same p"):
        Theta(torch.ones(1, 2), torch.ones(3, 2))
    with pytest.raises(InputError, match="floating"):
        Theta(torch.ones(1, 2, dtype=torch.int64), torch.ones(2, 2, dtype=torch.int64))


def test_standardised_and_bias() -> None:
    X = with_bias(standardised(torch.tensor([[1.0, 5.0], [3.0, 5.0]], dtype=torch.float64)))
    assert X.tolist() == [[-1, 0, 1], [1, 0, 1]]


@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_points_of_a_gaussian_law_have_its_loss(noise: float) -> None:
    """Mean and standard error over 20000 points against the closed form."""
    risk = gaussian_risk("z2", 3, 2, noise=noise)
    theta = random_theta(2, 4, 3, generator(5))
    sample = risk.sample(20000, generator(6))
    values = (risk.sigma(sample.X @ theta.W.T) @ theta.U.T - sample.Y).square().sum(dim=1)
    assert abs(float(values.mean() - risk.value(theta))) <= 4.5 * float(values.std()) / len(values) ** 0.5
