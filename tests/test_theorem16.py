"""Theorem 16: exact errors, the law of the theorem's own weights, descent, the guarantee, and what must fail."""

from __future__ import annotations

import math

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from torch import Tensor

from tests.reference import generator
from tests.reference16 import CASES, LAWS
from theorem16.th16data import zonal_teacher
from theorem16.th16gradient import pull_network
from theorem16.th16law import InputLaw
from theorem16.th16model import KernelRisk, random_networks
from theorem16.th16proof import (
    effective_dimension,
    judge_claim,
    judge_error,
    mean_claim,
    part_two_claim,
    width_by_dimension,
)
from theorem16.th16readout import errors_for, readout, theorem_groups
from theorem16.th16sphere import draw_features
from theorem16.th16training import stable_step, train_both_layers
from valleys.judge.certificate import judge_path
from valleys.paths.path import Line, Path
from valleys.problem.network import Theta


def exact_errors(W: Tensor, teacher_b: Tensor, norm2: float, widths: list[int]) -> list[float]:
    """R^2 by a 40-digit Cholesky factorisation of kappa(<w_i, w_j>), w_i as they are in float64."""
    with mpmath.workdps(40):
        rows = [[mpmath.mpf(x) for x in row] for row in W.tolist()]
        lengths = [mpmath.sqrt(mpmath.fsum(x * x for x in row)) for row in rows]
        b, total = [mpmath.mpf(x) for x in teacher_b.tolist()], mpmath.mpf(0)
        L: list[list[mpmath.mpf]] = []
        errors: list[float] = []
        z: list[mpmath.mpf] = []
        for i, row in enumerate(rows):
            line: list[mpmath.mpf] = []
            for j in range(i + 1):
                scale = lengths[i] * lengths[j]
                c = mpmath.mpf(1) if i == j else mpmath.fdot(row, rows[j]) / scale
                k = scale * (mpmath.sqrt(1 - c * c) + (mpmath.pi - mpmath.acos(c)) * c) / (2 * mpmath.pi)
                rest = k - mpmath.fdot(line[:j], L[j][:j] if j < i else line[:j])
                line.append(mpmath.sqrt(rest) if i == j else rest / L[j][j])
            L.append(line)
            z.append((b[i] - mpmath.fdot(line[:i], z)) / line[i])
            total += z[-1] ** 2
            if i + 1 in widths:
                errors.append(float(mpmath.mpf(norm2) - total))
        return errors


@pytest.mark.parametrize("d", [3, 11])
def test_errors_against_forty_digits(d: int) -> None:
    law, widths = InputLaw(d, bias=False), [1, 16, 64, 128]
    teacher, W = zonal_teacher("kinked", law), draw_features(128, d, generator(9))
    found = readout(law, teacher, W).errors
    for p, expected in zip(widths, exact_errors(W, teacher.inner(W), teacher.norm2, widths), strict=True):
        assert abs(found[p - 1].item() - expected) <= 1e-14 * teacher.norm2


@pytest.mark.parametrize(("law", "name"), CASES)
def test_readout_is_optimal_and_below_the_theorem(law: str, name: str) -> None:
    where, teacher = LAWS[law], zonal_teacher(name, LAWS[law])
    W = draw_features(130, where.d, generator(10))
    found = readout(where, teacher, W)
    slack = max(1e-13, 10 * teacher.accuracy) * teacher.norm2
    assert (found.errors <= found.drawn + slack).all()
    assert (found.errors.diff() <= 0).all()
    for p in (1, 40, 130):
        u = found.weights(p)
        best = judge_error(where, teacher, W[:p], u)
        assert abs(best - found.errors[p - 1].item()) <= slack
        worse = judge_error(
            where, teacher, W[:p], u + 1e-3 * torch.randn(p, generator=generator(), dtype=torch.float64)
        )
        assert worse > best
        weights = teacher.density(W[:p]) / p
        assert abs(judge_error(where, teacher, W[:p], weights) - found.drawn[p - 1].item()) <= slack
    torch.testing.assert_close(errors_for(where, [teacher], W)[0], found.errors, rtol=0, atol=slack)


def test_a_jitter_is_found_out() -> None:
    """Control: a jitter of 1e-6 moves the prefix errors off the quadratic form at their own readout."""
    law = LAWS["bias"]
    teacher, W = zonal_teacher("smooth", law), draw_features(256, law.d, generator(11))
    for jitter, honest in ((0.0, True), (1e-6, False)):
        assert judge_claim(law, teacher, W, readout(law, teacher, W, jitter)).holds == honest


def test_singular_features_fall_back_to_a_jitter() -> None:
    law = InputLaw(3, bias=False)
    W = draw_features(20, 3, generator(12)).repeat(2, 1)
    teacher = zonal_teacher("smooth", law)
    found = readout(law, teacher, W)
    assert found.jitter > 0
    single = readout(law, teacher, W[:20])
    assert single.errors[-1] - 1e-13 <= found.errors[-1] <= single.errors[-1] + 1e-9


@pytest.mark.parametrize(("law", "name"), CASES)
def test_mean_of_the_theorems_weights_is_the_law(law: str, name: str) -> None:
    """And the control: the constant without -|f*|^2 is refused."""
    where, teacher = LAWS[law], zonal_teacher(name, LAWS[law])
    draws = []
    for trial in range(300 if name == "discontinuous" else 50):
        W = draw_features(64, where.d, generator(100 + trial))
        draws.append(theorem_groups(where.gram(W), teacher.inner(W), teacher, W, 4))
    groups = torch.cat(draws).numpy()
    assert mean_claim(groups, teacher.law_constant / 4, 4).holds
    assert not mean_claim(groups, (teacher.density2 + teacher.norm2) / 4, 4).holds


def test_the_bound_on_the_mean_fits_the_number_of_draws() -> None:
    """Draws as heavy as they come, one chi-square: no false alarm for any number of them; a law that is off is refused."""
    rng = np.random.default_rng(0)
    for count in (2, 16, 256, 3000):
        assert all(mean_claim(draws, 1.0, 64).holds for draws in rng.chisquare(1, (500, count)))
    for off in (0.7, 1.4):
        assert not any(mean_claim(draws, off, 64).holds for draws in rng.chisquare(1, (100, 3000)))
    # what four of their own standard errors said of sixteen such draws
    draws = rng.chisquare(1, (2000, 16))
    alarms = abs(draws.mean(1) - 1) * 4 > 4 * draws.std(1, ddof=1)
    assert alarms.mean() > 0.02


def test_descent_line_never_rises_and_a_wrong_end_does() -> None:
    law = LAWS["bias"]
    risk = KernelRisk(law, zonal_teacher("smooth", law))
    start = random_networks(law, 40, [generator(13)])[0]
    found = readout(law, risk.teacher, start.W)
    end = Theta(found.weights(40)[None], start.W)
    leg = judge_path(Path((Line(start, end),)), risk).legs[0]
    assert leg.kind == "U"
    assert leg.rise <= 1e-15 * leg.start
    assert abs(leg.end - found.errors[-1].item()) <= 1e-13 * risk.teacher.norm2
    beyond = Theta(start.U + 1.2 * (end.U - start.U), start.W)
    assert judge_path(Path((Line(start, beyond),)), risk).legs[0].rise > 1e-4 * leg.start


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_gradients(law: InputLaw) -> None:
    """The closed-form gradient of the risk against central differences of the exact value, for a batch."""
    teacher = zonal_teacher("smooth", law)
    risk = KernelRisk(law, teacher)
    theta = random_networks(law, 9, [generator(14), generator(15)]).map(lambda x: 1.2 * x)
    value, gradient = risk.value_and_gradient(theta)
    torch.testing.assert_close(value, risk.value(theta), rtol=0, atol=1e-13)
    dU, dW = (torch.randn(x.shape, generator=generator(16), dtype=torch.float64) for x in (theta.U, theta.W))
    step = 1e-5
    ahead, back = (risk.value(Theta(theta.U + s * dU, theta.W + s * dW)) for s in (step, -step))
    expected = (gradient.U * dU).sum((1, 2)) + (gradient.W * dW).sum((1, 2))
    torch.testing.assert_close((ahead - back) / (2 * step), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_pull_by_blocks_is_the_plain_sum(law: InputLaw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("theorem16.th16gradient.TABLE", 300)
    W, u = draw_features(40, law.d, generator(17)), torch.randn(40, generator=generator(18), dtype=torch.float64)
    for found, expected in zip(pull_network(law, W, u), law.pull(W, W, u), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)


def test_training_descends() -> None:
    law = LAWS["bias"]
    risk = KernelRisk(law, zonal_teacher("smooth", law))
    start = random_networks(law, 16, [generator(19), generator(20)])
    losses = train_both_layers(risk, start, 30).losses
    assert (losses.diff(dim=0) < 0).all()
    assert stable_step(law, start.W) > 0


def test_effective_dimension_by_a_random_gram_matrix() -> None:
    """d(lambda) = trace of K/p (K/p + lambda)^-1 for many features, and the width that part 1 asks for."""
    W = draw_features(3000, 3, generator(21))
    spectrum = torch.linalg.eigvalsh(InputLaw(3, bias=False).kernel_symmetric(W) / 3000)
    for value in (1e-1, 1e-2):
        sampled = (spectrum / (spectrum + value)).sum().item()
        assert abs(effective_dimension(3, value) / sampled - 1) < 0.02
    assert abs(effective_dimension(11, 1e-3) - 54.634445) < 1e-5
    assert math.ceil(width_by_dimension(effective_dimension(11, 1e-3), 0.05)) == 2669


def test_part_two_needs_a_bounded_density() -> None:
    """Control: a spike of norm one and size 1/sqrt(mass), held to C from its norm instead of its supremum, fails."""
    law, mass = InputLaw(3, bias=False), 1e-3
    height = 1 / math.sqrt(mass)
    draws = []
    t0 = 1 - 2 * mass
    for trial in range(40):
        W = draw_features(64 * 20, 3, generator(500 + trial))
        g = height * (W[:, -1] > t0).to(W)
        # |f*|^2 and b are at most of order mass: the error is that of the hits alone.
        for part in range(20):
            rows = slice(64 * part, 64 * part + 64)
            draws.append((g[rows] @ law.kernel_symmetric(W[rows]) @ g[rows]) / 64**2)
    errors = torch.stack(draws)
    assert part_two_claim(errors, height * math.sqrt(0.5), 64).holds
    assert not part_two_claim(errors, math.sqrt(0.5), 64).holds
    assert not part_two_claim(errors, math.inf, 64).holds


def test_float32_runs_and_says_less() -> None:
    law = LAWS["bias"]
    teacher = zonal_teacher("smooth", law)
    W = draw_features(64, law.d, generator(22))
    rough, fine = readout(law, teacher, W.float()), readout(law, teacher, W)
    assert rough.errors.dtype == torch.float32
    np.testing.assert_allclose(rough.errors.numpy(), fine.errors.numpy(), rtol=0, atol=5e-5 * teacher.norm2)
