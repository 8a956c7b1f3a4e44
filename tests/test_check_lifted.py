"""Theorem 12's lifted certificate: every start has one, and one that is touched is refused by the name of its identity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from flint import fmpq, fmpq_mat

from check.__main__ import checked
from check.kinds.lifted import as_network, stationary
from check.kinds.polynomials import interpolated
from check.kinds.squares import squares
from check.legs import law_of
from check.reading import RefusedError, read
from check.sample import rational
from tests.reference import generator
from theorem12.construction.lifted import kernel, lifted
from theorem12.th12data import start
from theorem12.th12own import risk_for, save_lifted
from valleys.problem.network import random_theta
from valleys.run.errors import InputError

STARTS = ("random", "repeated", "zero", "saddle", "scaled", "opposite")


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize(("n", "p"), [(2, 2), (3, 3), (3, 5), (3, 7)])
def test_every_start_has_one(tmp_path: Path, name: str, n: int, p: int) -> None:
    risk = risk_for("indefinite", n, p)
    theta = start(name, risk, p, generator(n))
    save_lifted(tmp_path / "c.npz", theta, risk)
    verdict = checked(str(tmp_path / "c.npz"))
    assert (verdict["verdict"], verdict["attained"], verdict["end"]) == ("never rises", "a global minimum", "0")
    assert float(verdict["start"].split()[0].lstrip("[")) == pytest.approx(float(risk.value(theta)), rel=1e-9)


def leg(g: np.random.Generator, m: int) -> list[fmpq_mat]:
    """``U, dU, W, dW`` of a leg of four units and three inputs."""
    return [rational(g.normal(size=size)) for size in ((m, 4), (m, 4), (4, 3), (4, 3))]


@pytest.mark.parametrize("law", ["gaussian", "mixture"])
def test_the_polynomial_of_a_leg_from_four_matrices(law: str) -> None:
    """As through seven exact values of the loss, which know nothing of ``A``; other laws are left to these."""
    g = np.random.default_rng(3)
    m = 2 if law == "gaussian" else 1
    arrays = {"law": law, "activation": "z2", "teacher_W": g.normal(size=(5, 3)), "teacher_U": g.normal(size=(2, 5))}
    arrays |= {"noise": np.array(0.25)} if law == "gaussian" else {"weights": np.array([0.25, 0.75])}
    if law == "mixture":
        arrays |= {"moving": np.array([[1.0, 1, 0], [0, 1, 1]]), "point": np.zeros((2, 3)), "target": np.zeros(2)}
    loss = law_of({key: np.array(value) for key, value in arrays.items()})
    U, dU, W, dW = leg(g, m)
    through = interpolated(lambda t: loss.along(U + dU * t, dU * fmpq(0), W + dW * t)[2], 6)
    assert squares(loss, U, dU, W, dW) == through
    if law == "gaussian":
        arrays["teacher_activation"] = np.array("z")
        assert squares(law_of({key: np.array(value) for key, value in arrays.items()}), U, dU, W, dW) is None


TOUCHED = {
    "not symmetric": ("S", (0, 1), "S is not symmetric"),
    "first": ("S", (0, 0), "W^T S1 W is not"),
    "last": ("S", (3, 0), "W_end^T S2 W_end does not minimise"),
    "end": ("W_end", (0, 0), "S1 (W_end - W) is not 0"),
    "start": ("U", (0, 0, 0), "W^T S1 W is not"),
}


@pytest.mark.parametrize(("key", "place", "says"), TOUCHED.values(), ids=TOUCHED.keys())
def test_a_touched_one_is_refused(tmp_path: Path, key: str, place: tuple[int, ...], says: str) -> None:
    risk = risk_for("psd", 3, 3)
    save_lifted(tmp_path / "c.npz", start("random", risk, 3, generator(1)), risk)
    arrays = dict(np.load(tmp_path / "c.npz"))
    if arrays[key].dtype.kind == "U":
        p, q = [*arrays[key][place].split("/"), "1"][:2]
        changed = arrays[key].astype("U500")
        changed[place] = f"{int(p) * 10**9 + 1}/{int(q) * 10**9}"  # by one part in a thousand million
        arrays[key] = changed
    else:
        arrays[key][place] = np.nextafter(arrays[key][place], 9.0)
    np.savez(tmp_path / "touched.npz", **arrays)
    with pytest.raises(RefusedError, match=says.replace("(", r"\(").replace(")", r"\)").replace("^", r"\^")):
        checked(str(tmp_path / "touched.npz"))


@pytest.mark.parametrize("entry", ["1e5", "1/0", "x", "", "1/-2", "nan"])
def test_texts_that_are_no_rationals(tmp_path: Path, entry: str) -> None:
    risk = risk_for("psd", 2, 2)
    save_lifted(tmp_path / "c.npz", start("random", risk, 2, generator(1)), risk)
    arrays = dict(np.load(tmp_path / "c.npz"))
    arrays["S"][0, 0] = entry
    np.savez(tmp_path / "touched.npz", **arrays)
    with pytest.raises(RefusedError, match="no rational"):
        checked(str(tmp_path / "touched.npz"))


def test_networks_of_a_matrix() -> None:
    risk = risk_for("psd", 3, 3)
    A = torch.tensor([[1.0, 2.0, 3.0], [2.0, -1.0, 0.5], [3.0, 0.5, 4.0]], dtype=torch.float64)

    class Three:
        n = 3

    exact = fmpq_mat([[fmpq(*x.as_integer_ratio()) for x in row] for row in A.tolist()])
    U, W = as_network(Three(), exact)  # type: ignore[arg-type]
    diagonal = fmpq_mat(U.ncols(), U.ncols())
    for i in range(U.ncols()):
        diagonal[i, i] = U[0, i]
    assert W.transpose() * diagonal * W == exact
    assert risk.n == 3


def test_stationary_on_a_sample(tmp_path: Path) -> None:
    """Three points, ``n = 2``: the interpolating matrix is stationary, another is not."""
    X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    np.savez(tmp_path / "s.npz", activation="z2", X=X, Y=[[2.0], [3.0], [9.0]])
    law = law_of(read(str(tmp_path / "s.npz"))[0])
    assert stationary(law, fmpq_mat([[2, 2], [2, 3]]))
    assert not stationary(law, fmpq_mat([[2, 2], [2, 4]]))


def test_kernels() -> None:
    M = fmpq_mat([[1, 2, 3], [2, 4, 6]])
    assert kernel(M).ncols() == 2 and M * kernel(M) == fmpq_mat(2, 2)


def test_too_narrow() -> None:
    with pytest.raises(InputError, match="p >= n"):
        lifted(random_theta(1, 2, 3, generator(0)), fmpq_mat(3, 3))
