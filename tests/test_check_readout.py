"""Readout curves of linear networks: exact against a grid of least squares, paths from every start, and controls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq_poly

from check.__main__ import checked
from check.kinds.readout import positive
from check.reading import RefusedError
from tests.reference import generator
from tests.test_check_kinds import path, precision
from theorem11.th11data import law_of, start
from theorem11.th11exact import exact_path
from theorem11.th11options import Config

__all__ = ["precision"]


def curve(seed: int) -> dict[str, Any]:
    g = np.random.default_rng(seed)
    W = g.normal(size=(2, 2, 4))
    arrays = {"activation": "z", "X": g.normal(size=(9, 4)), "Y": g.normal(size=(9, 3))}
    return arrays | {"U": g.normal(size=(1, 3, 2)), "W": W[:1], "W_readout": W}


def readout_loss(arrays: dict[str, Any], W: np.ndarray) -> float:
    Z = arrays["X"] @ W.T
    return float(((Z @ np.linalg.lstsq(Z, arrays["Y"], rcond=None)[0] - arrays["Y"]) ** 2).sum() / len(Z))


@pytest.mark.parametrize("seed", range(4))
def test_the_rise_agrees_with_a_grid_of_least_squares(seed: int) -> None:
    arrays = curve(seed)
    found = path(arrays)
    a, b = arrays["W_readout"]
    values = np.array([readout_loss(arrays, a + t * (b - a)) for t in np.linspace(0, 1, 4001)])
    expected = float(np.max(values - np.minimum.accumulate(values)))
    assert [kind for kind, _, _ in found["legs"]] == ["U", "readout"]
    assert float(arb(found["legs"][1][2][1])) == pytest.approx(expected, rel=1e-5, abs=1e-12)
    assert float(arb(found["end"])) == pytest.approx(values[-1], rel=1e-10)


@pytest.mark.parametrize("name", ["random", "zero", "repeated", "saddle"])
@pytest.mark.parametrize("p", [1, 3, 9, 12])
def test_paths_of_theorem_11(tmp_path: Path, name: str, p: int) -> None:
    risk, _ = law_of(Config())
    theta = start(name, risk, p, generator(p))
    arrays = exact_path(theta, risk, generator(7))
    np.savez(tmp_path / "p.npz", **arrays)  # type: ignore[arg-type]
    found = checked(str(tmp_path / "p.npz"))
    assert found["verdict"] == "never rises", found
    least = risk.minimum(p) - risk.constant
    assert float(found["end"].split()[0].lstrip("[")) == pytest.approx(least, rel=1e-11, abs=1e-15)
    assert np.array_equal(arrays["W"][0], theta.W.numpy())
    if p < 10:
        words = found["attained"].split()
        assert words[:2] == ["at", "most"] and 0 <= float(words[2]) < 1e-13
    if p < 10:
        arrays["W_readout"] = np.stack([arrays["W_readout"][1], arrays["W_readout"][0]])
        arrays["W"] = arrays["W_readout"][:1]
        arrays["U"] = arrays["U"][:1]
        np.savez(tmp_path / "back.npz", **arrays)  # type: ignore[arg-type]
        assert checked(str(tmp_path / "back.npz"))["verdict"] == "rises"


def test_controls() -> None:
    arrays = curve(1)
    with pytest.raises(RefusedError, match="does not begin"):
        path(arrays | {"W": arrays["W"] + 1})
    with pytest.raises(RefusedError, match="cannot tell apart"):
        path(arrays | {"W_readout": arrays["W_readout"] * 0, "W": arrays["W"] * 0})
    with pytest.raises(RefusedError, match="activation z"):
        path(arrays | {"activation": "z2"})
    crossing = arrays | {"W_readout": np.stack([arrays["W"][0], -arrays["W"][0]])}  # through dependent rows
    assert path(crossing)["verdict"] == "undecided"


def test_positive_polynomials() -> None:
    assert positive(fmpq_poly([1])) and positive(fmpq_poly([1, -1, 1]))
    assert not positive(fmpq_poly([1, -4, 4])) and not positive(fmpq_poly([1, -1])) and not positive(fmpq_poly([-1]))
