"""The k = 7 minimum and the ways out of it with one unit more."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

from tests.running import verify
from theorem13.census import escape, training
from theorem13.census.judge import k7_minimum, kernel_risk, smallest_eigenvalue
from theorem13.census.pictures import escape_claims, proved_eigenvalue
from theorem13.census.training import orthonormal_risk, student
from valleys.judge.certificate import judge_path
from valleys.judge.exact import judged_exactly
from valleys.paths.files import load_path
from valleys.paths.path import Path, polygon
from valleys.run.claims import Claim, all_hold


def failing(claims: list[Claim]) -> set[str]:
    return {claim.id for claim in claims if not claim.holds}


def test_splitting_a_unit_leaves_the_function() -> None:
    W = escape.refined_minimum()
    for unit in (0, 1):
        parts = kernel_risk(7).value(student(W)), kernel_risk(7).value(student(escape.split(W, unit)))
        assert float(parts[0]) == pytest.approx(float(parts[1]), abs=1e-14)
    assert float((W - k7_minimum()).abs().max()) < 1e-9


@pytest.fixture(scope="module")
def paths() -> list[Path]:
    return escape.escapes((0, 1))


@pytest.fixture(scope="module")
def found(paths: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], float]]:
    """Of each path: the verdict on its file, and the proved eigenvalue at its end."""
    file = tmp_path_factory.mktemp("escape") / "path.npz"
    verdicts = []
    for path in paths:
        escape.write(path, file)
        verdicts.append((judged_exactly(file), proved_eigenvalue(path.end.W)))
    return verdicts


def test_the_judge_finds_no_rise_and_the_published_ends(
    paths: list[Path], found: list[tuple[dict[str, Any], float]], tmp_path: File
) -> None:
    for unit, path in enumerate(paths):
        escape.write(path, tmp_path / "path.npz")
        stored = load_path(tmp_path / "path.npz")
        points, risk = stored.points, stored.risk
        assert stored.t is None and points[0].equal(path.start)
        verdict = judge_path(polygon([points[i] for i in range(len(points.U))]), risk)
        assert verdict.relative_rise <= 1e-12
        assert all_hold(escape_claims(unit, *found[unit]))


def test_the_proved_eigenvalue_at_the_end_is_that_of_the_kernels(
    paths: list[Path], found: list[tuple[dict[str, Any], float]]
) -> None:
    mine, other = (smallest_eigenvalue(kernel_risk(7), path.end.W) for path in paths)
    assert mine - 3e-4 < found[0][1] < mine + 1e-9
    assert other < 1e-3


def test_control_the_path_walked_backwards_rises(paths: list[Path], tmp_path: File) -> None:
    back = polygon(list(reversed(paths[0].knots)))
    assert judge_path(back, orthonormal_risk(7)).rise > 0
    escape.write(back, tmp_path / "back.npz")
    red = failing(escape_claims(0, judged_exactly(tmp_path / "back.npz"), 1.0))
    assert "escape.unit0.never_rises_exactly" in red


def test_control_the_other_units_path_does_not_end_there(found: list[tuple[dict[str, Any], float]]) -> None:
    assert failing(escape_claims(0, *found[1])) == {"escape.unit0.end", "escape.unit0.end_is_minimum"}


def test_path_files_pass_the_public_judge_and_a_tampered_one_does_not(paths: list[Path], tmp_path: File) -> None:
    file = tmp_path / "path.npz"
    escape.write(paths[0], file)
    arrays = dict(np.load(file))
    arrays["W"][-1, 0, 0] += 0.05
    np.savez(tmp_path / "tampered.npz", **arrays)
    assert [verify(tmp_path / name).returncode for name in ("path.npz", "tampered.npz")] == [0, 1]


def test_a_run_on_a_saddle_is_pushed_downhill() -> None:
    saddle = escape.split(escape.refined_minimum(), 1)[None]
    risk = orthonormal_risk(7)
    pushed = training._pushed(risk, saddle)
    assert float((pushed - saddle).norm()) == pytest.approx(training.PUSH)
    assert float(risk.value(student(pushed)) - risk.value(student(saddle))) < -1e-8
