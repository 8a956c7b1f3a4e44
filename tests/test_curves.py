"""Curved pieces and their judge: ends bit for bit, rotations that rotate, geodesics that are shortest, rises found."""

from __future__ import annotations

from pathlib import Path as File

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.reference import generator, sample_risk
from valleys.judge.certificate import judge_leg, judge_path
from valleys.judge.grid import judge_grid
from valleys.paths.curves import Geodesic, curve, points_of, rotated, rotation, rotation_planes, straight
from valleys.paths.files import save_curve
from valleys.paths.path import Line, Path
from valleys.problem.network import Theta, random_theta
from valleys.run.errors import InputError


def random_rotation(k: int, seed: int) -> Tensor:
    Q = torch.linalg.qr(torch.randn(k, k, generator=generator(seed), dtype=torch.float64)).Q
    if torch.linalg.det(Q) < 0:
        Q[0] *= -1
    return Q


def grid(count: int = 5) -> Tensor:
    return torch.linspace(0, 1, count, dtype=torch.float64)


@given(k=st.integers(1, 7), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_rotation_is_the_matrix_power(k: int, seed: int) -> None:
    Q = random_rotation(k, seed)
    W = torch.randn(k, 3, generator=generator(seed + 1), dtype=torch.float64)
    found = rotated(*rotation_planes(Q), W, torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64))
    torch.testing.assert_close(found[0], W, rtol=0, atol=1e-13)
    torch.testing.assert_close(found[2], Q @ W, rtol=0, atol=1e-13)
    half = rotated(*rotation_planes(Q), torch.eye(k, dtype=torch.float64), torch.tensor([0.5], dtype=torch.float64))[0]
    torch.testing.assert_close(half @ half, Q, rtol=0, atol=1e-12)
    torch.testing.assert_close(half @ half.T, torch.eye(k, dtype=torch.float64), rtol=0, atol=1e-13)


def test_rotation_against_the_matrix_logarithm() -> None:
    Q = random_rotation(5, 3)
    slow = scipy.linalg.expm(0.3 * scipy.linalg.logm(Q.numpy()).real)
    fast = rotated(*rotation_planes(Q), torch.eye(5, dtype=torch.float64), torch.tensor([0.3], dtype=torch.float64))
    np.testing.assert_allclose(fast[0].numpy(), slow, atol=1e-12)


@pytest.mark.parametrize("signs", [(-1, -1, 1), (-1, -1, -1, -1), (1, 1)])
def test_half_turns_come_in_pairs(signs: tuple[int, ...]) -> None:
    Q = torch.diag(torch.tensor(signs, dtype=torch.float64))
    middle = rotated(*rotation_planes(Q), torch.eye(len(signs), dtype=torch.float64), grid(3))[1]
    torch.testing.assert_close(middle @ middle, Q, rtol=0, atol=1e-14)


@pytest.mark.parametrize("Q", [torch.diag(torch.tensor([1.0, -1.0])).double(), 2 * torch.eye(2).double()])
def test_what_is_no_rotation_is_refused(Q: Tensor) -> None:
    with pytest.raises(InputError, match="determinant 1"):
        rotation_planes(Q)


def test_rotating_a_class_keeps_its_matrix_and_nothing_else() -> None:
    theta = random_theta(1, 6, 3, generator(0))
    rows = torch.tensor([1, 3, 4])
    turned = rotation(theta, [(rows, random_rotation(3, 1))])
    batch = points_of(turned, grid())
    block = batch.W[:, rows]
    torch.testing.assert_close(block.mT @ block, (theta.W[rows].T @ theta.W[rows]).expand(5, 3, 3), rtol=0, atol=1e-14)
    assert all(torch.equal(batch.W[i, [0, 2, 5]], theta.W[[0, 2, 5]]) for i in range(5))
    assert turned.at(0.0).equal(theta)
    assert turned.at(1.0).equal(turned.end)


@given(p=st.integers(1, 4), extra=st.integers(0, 4), seed=st.integers(0, 999), close=st.sampled_from([1.0, 1e-6, 0.0]))
@settings(max_examples=40, deadline=None)
def test_geodesic_joins_the_spaces(p: int, extra: int, seed: int, close: float) -> None:
    def draw(k: int) -> Tensor:
        return torch.randn(p, p + extra, generator=generator(seed + k), dtype=torch.float64)

    first = torch.linalg.qr(draw(0).T).Q.T
    second = torch.linalg.qr((first + close * draw(1)).T).Q.T
    road = Geodesic.between(first, second)
    basis = road.basis(grid())
    torch.testing.assert_close(basis[0], first, rtol=0, atol=1e-13)
    torch.testing.assert_close(basis[-1].T @ basis[-1], second.T @ second, rtol=0, atol=1e-13)
    torch.testing.assert_close(basis @ basis.mT, torch.eye(p, dtype=torch.float64).expand(5, p, p), rtol=0, atol=1e-12)
    # the shortest: half the way is half the principal angles (scipy is the second route)
    half = scipy.linalg.subspace_angles(first.T.numpy(), basis[2].T.numpy())
    whole = scipy.linalg.subspace_angles(first.T.numpy(), second.T.numpy())
    np.testing.assert_allclose(half, whole / 2, atol=1e-7)


def test_straight_keeps_what_does_not_move() -> None:
    a = torch.tensor([0.1, 0.7], dtype=torch.float64)
    batch = straight(a, torch.tensor([0.1, 0.2], dtype=torch.float64), grid(7))
    assert (batch[:, 0] == a[0]).all()


def test_the_judge_finds_the_same_rise_on_lines_and_curves() -> None:
    risk = sample_risk("z2", 20, 3, 1)
    a, b = (random_theta(1, 4, 3, generator(k)) for k in (1, 2))
    line = Line(a, b)
    bent = curve(a, lambda t: points_of(line, t**2), b)
    one, two = judge_leg(line, risk), judge_leg(bent, risk)
    assert one.rise > 0
    assert abs(one.rise - two.rise) <= 1e-4 * one.rise


def test_the_judge_refines_until_a_narrow_peak_is_seen() -> None:
    width = 1e-3
    leg = judge_grid(
        torch.tensor(0.0), torch.tensor(1.0), lambda t: t, lambda t: torch.exp(-(((t - 0.377) / width) ** 2))
    )
    assert leg.rise == pytest.approx(1.0, abs=0.05)
    assert leg.points > 1000


def test_file_of_a_curved_path(tmp_path: File) -> None:
    start = random_theta(1, 4, 3, generator(0))
    turned = rotation(start, [(torch.arange(4), random_rotation(4, 1))])
    path = Path((turned, Line(turned.end, Theta(2 * turned.end.U, turned.end.W))))
    save_curve(tmp_path / "p.npz", path, {"law": np.array("x")})
    with np.load(tmp_path / "p.npz") as data:
        assert len(data["t"]) == len(data["U"]) == len(data["W"]) >= 2000
        assert (np.diff(data["t"]) > 0).all()
        np.testing.assert_array_equal(data["W"][0], start.W.numpy())
        assert any((w == turned.end.W.numpy()).all() for w in data["W"])
        np.testing.assert_array_equal(data["U"][-1], path.end.U.numpy())


def test_a_path_of_curves_is_judged_leg_by_leg() -> None:
    risk = sample_risk("z2", 20, 3, 1)
    start = Theta(torch.ones(1, 4, dtype=torch.float64), random_theta(1, 4, 3, generator(0)).W)
    path = Path((rotation(start, [(torch.arange(4), random_rotation(4, 1))]),))
    assert judge_path(path, risk).relative_rise <= 1e-14
    # control: units of both signs may not be turned into one another
    mixed = Theta(torch.tensor([[1.0, -1.0, 1.0, -1.0]], dtype=torch.float64), start.W)
    assert judge_path(Path((rotation(mixed, [(torch.arange(4), random_rotation(4, 1))]),)), risk).relative_rise > 1e-3
