"""Theorem 16: kernels, harmonics and teachers, each by an independent route."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil

import mpmath  # type: ignore[import-untyped]
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import theorem16
from tests.reference import generator
from tests.reference16 import CASES, LAWS, reals
from theorem16.th16bias import NEAR, corner, corner_probability, corner_probability_series, corner_series
from theorem16.th16data import AtomTeacher, atom_teacher, thesis_teacher, zonal_teacher
from theorem16.th16law import InputLaw
from theorem16.th16readout import readout
from theorem16.th16sphere import Series, draw_features, eigenvalues, gegenbauer, harmonics, zonal_rule


def corner_by_quadrature(h: float, k: float, r: float) -> float:
    """J in 30 digits: the inner mean is in closed form, the outer integral is split at the kinks."""
    with mpmath.workdps(30):
        h, k, r = mpmath.mpf(h), mpmath.mpf(k), mpmath.mpf(r)
        q = mpmath.sqrt(1 - r * r)

        def inner(z: mpmath.mpf) -> mpmath.mpf:
            m = k + r * z
            return max(m, 0) if q == 0 else m * mpmath.ncdf(m / q) + q * mpmath.npdf(m / q)

        start = max(-h, mpmath.mpf(-14))
        marks = [start + 1, start + 3, 0, 14]
        if r:
            marks += [-k / r, -k / r - 4 * q, -k / r + 4 * q]
        marks = [start, *sorted(m for m in marks if start < m <= 14)]
        return float(mpmath.quad(lambda z: (h + z) * inner(z) * mpmath.npdf(z), marks))


@pytest.mark.parametrize("r", [-1.0, -0.999999, -0.8, -0.3, 0.0, 0.5, 0.8, 0.97, 1.0 - 1e-9, 1.0])
@pytest.mark.parametrize(
    ("h", "k"), [(0.0, 0.0), (0.0, 1.2), (-0.7, 0.0), (1.5, -1.5), (0.4, 0.4), (-2.0, -1.0), (3.0, 1.0)]
)
def test_corner_by_both_routes(h: float, k: float, r: float) -> None:
    expected = corner_by_quadrature(h, k, r)
    assert abs(corner(reals(h), reals(k), reals(r)).item() - expected) < 1e-14
    if abs(r) <= NEAR:
        assert abs(corner_series(reals(h), reals(k), reals(r)).item() - expected) < 1e-14


@settings(max_examples=200, deadline=None)
@given(h=st.floats(-4, 4), k=st.floats(-4, 4), r=st.floats(-NEAR, NEAR))
def test_corner_routes_agree(h: float, k: float, r: float) -> None:
    h_, k_, r_ = reals(h), reals(k), reals(r)
    assert abs(corner(h_, k_, r_) - corner_series(h_, k_, r_)).item() < 1e-13
    assert abs(corner_probability(h_, k_, r_) - corner_probability_series(h_, k_, r_)).item() < 1e-14


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_kernel_against_the_other_route_and_samples(law: InputLaw) -> None:
    W, V = 1.3 * draw_features(60, law.d, generator(1)), draw_features(50, law.d, generator(2))
    K = law.kernel(W, V)
    torch.testing.assert_close(K, law.kernel_by_owen(W, V), rtol=0, atol=1e-13)
    torch.testing.assert_close(law.gram(W), law.kernel_by_owen(W, W).tril(), rtol=0, atol=1e-13)
    z = law.sample(200_000, generator(3))
    products = torch.relu(z @ W[:4].T).unsqueeze(2) * torch.relu(z @ V[:4].T).unsqueeze(1)
    error = products.std(0) / math.sqrt(len(z))
    assert ((products.mean(0) - K[:4, :4]).abs() <= 5 * error + 1e-7).all()


def test_kernel_of_a_row_on_the_bias_axis() -> None:
    law, W = InputLaw(4, bias=True), draw_features(5, 5, generator())
    axis = torch.eye(5, dtype=torch.float64)[-1:]
    s, b = W[:, :-1].norm(dim=1) / 2, W[:, -1]
    expected = b * torch.special.ndtr(b / s) + s * torch.exp(-0.5 * (b / s) ** 2) / math.sqrt(2 * math.pi)
    torch.testing.assert_close(law.kernel(axis, W)[0], expected, rtol=1e-13, atol=0)
    torch.testing.assert_close(law.norm2(axis), reals(1.0))


def test_nearly_parallel_rows_keep_their_digits() -> None:
    angle = 1e-4
    W = reals(1, 0, math.cos(angle), math.sin(angle)).reshape(2, 2)
    with mpmath.workdps(30):
        c = mpmath.cos(mpmath.mpf(angle))
        expected = float((mpmath.sqrt(1 - c * c) + (mpmath.pi - mpmath.acos(c)) * c) / (2 * mpmath.pi))
    assert abs(InputLaw(2, bias=False).gram(W)[1, 0].item() - expected) < 2e-16


@pytest.mark.parametrize("d", [2, 3, 5, 11])
def test_harmonics(d: int) -> None:
    t, weight = zonal_rule(d)
    table = gegenbauer(d, 12, t)
    torch.testing.assert_close(table @ (weight * table).T, torch.diag(1 / harmonics(d, 12)), rtol=0, atol=1e-14)
    trace = (harmonics(d, 4000) * eigenvalues(d, 4000)).sum().item()
    assert 0 <= 0.5 - trace < 1e-10 * 10**d
    c = torch.randn(13, generator=generator(), dtype=torch.float64)
    torch.testing.assert_close(Series(d, c)(t), c @ table, rtol=0, atol=1e-13)
    x = t.clone().requires_grad_()
    (slope,) = torch.autograd.grad(Series(d, c)(x).sum(), x)
    torch.testing.assert_close(Series(d, c).derivative()(t), slope, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("law", "name"), CASES)
def test_teacher_inner_products(law: str, name: str) -> None:
    """b(w), |f*|^2 and int g^2 |psi|^2 against means over random features, within five standard errors."""
    teacher, V = zonal_teacher(name, LAWS[law]), draw_features(20_000, LAWS[law].d, generator(4))
    W, g = draw_features(5, LAWS[law].d, generator(5)), teacher.density(V)
    for draws, value in (
        (LAWS[law].kernel(W, V) * g, teacher.inner(W)),
        (teacher.inner(V) * g, teacher.norm2),
        (LAWS[law].norm2(V) * g * g, teacher.density2),
        (g * g, teacher.g2),
    ):
        error = draws.std(-1) / math.sqrt(len(V))
        assert ((draws.mean(-1) - value).abs() <= 5 * error).all()
    assert g.max() <= teacher.profile.bound * len(teacher.axes)
    assert (g * g * LAWS[law].norm2(V)).max().sqrt() <= teacher.bound * (1 + 1e-14)


@pytest.mark.parametrize(("law", "name"), [case for case in CASES if case[1] != "sum"])
def test_teacher_against_quadrature(law: str, name: str) -> None:
    """b(w) = E g(v) k(w, v) by quadrature over the sphere, from the kernel alone."""
    teacher, d = zonal_teacher(name, LAWS[law]), LAWS[law].d
    t, weight = zonal_rule(d, teacher.profile.kinks, panels=10)
    c, around = zonal_rule(d - 1, panels=10)
    V = torch.zeros(len(t), len(c), d, dtype=torch.float64)
    ring = (1 - t * t).clamp_min(0).sqrt()[:, None]
    V[..., -1], V[..., 0] = t[:, None], ring * c
    V[..., 1] = ring * (1 - c * c).clamp_min(0).sqrt()
    tau = reals(-0.9, -0.2, 0.5, 0.95)
    W = torch.zeros(4, d, dtype=torch.float64)
    W[:, -1], W[:, 0] = tau, (1 - tau * tau).sqrt()
    table = LAWS[law].kernel(W, V.reshape(-1, d)).reshape(4, len(t), len(c))
    expected = (table @ around) @ (weight * teacher.profile.h(t))
    slack = 1e-14 if d > 3 else 5e-12  # the kernel is rough where features align, and less so the larger d is
    torch.testing.assert_close(teacher.inner(W), expected, rtol=0, atol=slack)
    assert abs(float(weight @ (teacher.profile.h(t) * teacher.response(t))) / teacher.norm2 - 1) < max(
        1e-13, 2 * teacher.accuracy
    )


def test_atoms_are_a_finite_network() -> None:
    law, atoms, g = (
        LAWS["bias"],
        draw_features(30, 11, generator(6)),
        torch.randn(30, generator=generator(7), dtype=torch.float64),
    )
    teacher = atom_teacher(atoms, g, law)
    assert abs(teacher.norm2 - (g @ law.kernel_by_owen(atoms, atoms) @ g).item() / 900) < 1e-15
    # Features that contain the atoms represent the teacher exactly.
    errors = readout(law, teacher, torch.cat([draw_features(10, 11, generator(8)), atoms])).errors
    assert abs(errors[-1].item()) < 1e-13 * teacher.norm2
    assert errors[20].item() > 1e-6 * teacher.norm2
    assert isinstance(thesis_teacher(law, generator(), 50), AtomTeacher)


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(theorem16.__path__)])
def test_doctests(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"theorem16.{name}")).failed == 0
