"""Theorem 13's floors: closed forms by a second route, and what PROOF.md leaves to a check."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from theorem13.th13activations import out_of_reach
from theorem13.th13balls import eps_closed as eps_in_balls
from theorem13.th13balls import exact, level, smallest
from theorem13.th13balls import moments as moments_in_balls
from theorem13.th13data import Setting
from theorem13.th13exact import peak_exactly
from theorem13.th13floors import eps_closed, hadamard_bound, moments
from theorem13.th13proof import barrier
from theorem13.th13units import drop_one, dropped, searched
from valleys.paths.path import polygon
from valleys.run.claims import down

DEFAULT = Setting("relu", "theorem", 10, 9, 2.0, 3.0)


def test_floor_of_many_directions_by_another_route() -> None:
    """The Hadamard sum term by term in exact double factorials, and its last lambda_min for the rest."""
    setting = replace(DEFAULT, n=3, p=4)
    G = (setting.directions @ setting.directions.T).numpy()
    total = 0.0
    for k in range(2, 101, 2):
        odd = math.prod(range(1, k - 2, 2))
        total += odd**2 / (2 * math.pi * math.factorial(k)) * np.linalg.eigvalsh(G ** (k // 2))[0] ** 2
    assert total == pytest.approx(2.000e-3, rel=0.02)
    assert total <= hadamard_bound(setting.directions) <= dropped(setting).eps
    assert dropped(setting).eps == pytest.approx(7.4e-3, abs=5e-5)
    assert hadamard_bound(setting.directions, 10) <= hadamard_bound(setting.directions, 60)


def test_floor_in_print_and_in_float64_stays_below_the_exact_one() -> None:
    """Section 3's closed form in 40 digits, for settings at which float64 alone ends above it."""
    for n, p, alpha, beta in ((10, 9, 2.0, 3.0), (15, 12, 3.0, 3.5), (9, 7, 1.7, 4.1)):
        with localcontext(prec=40):
            pi = Decimal("3.141592653589793238462643383279502884197")
            c, E, N = 1 / (2 * pi), Decimal("0.25") - 1 / (2 * pi), p - 1
            eps = E + c * (E / N) / (c + E / N)
            exact = Decimal(beta) ** 2 / 4 + Decimal(alpha) ** 2 * eps / 2
        proved = barrier(Setting("relu", "theorem", n, p, alpha, beta)).closed
        assert exact * (1 - Decimal("1e-14")) < Decimal(proved) <= exact
        assert Decimal(down(proved, 7)) <= exact
    assert down(barrier(DEFAULT).closed, 7) == "2.452888"


BALLS = [
    ("relu", "theorem", 10, 9, 2.0, 3.0, "2.45288885742048693"), ("relu", "theorem", 15, 12, 3.0, 3.5, "3.50663331973486847"),
    ("relu", "theorem", 9, 7, 1.7, 4.1, "4.35374906739160607"), ("relu", "theorem", 3, 4, 1.0, 1.0, None),
    ("z2", "theorem", 5, 3, 1.5, 2.0, "8.8125"), ("z4", "theorem", 5, 3, 1.5, 2.0, "326.52631578947368"),
    ("z2", "decoupled", 5, 3, 1.5, 2.0, "4.8125"), ("softplus", "decoupled", 4, 3, 9.6, 2.0, None),
    ("sigmoid", "decoupled", 4, 3, 54.0, 1.6, None), ("erf01", "decoupled", 4, 3, 14.1, 1.7, None),
    ("relu", "theorem", 3, 1, 1.0, 1.0, "0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "law", "n", "p", "alpha", "beta", "known"), BALLS)
def test_floors_in_balls(name: str, law: str, n: int, p: int, alpha: float, beta: float, known: str | None) -> None:
    """From both sides: the printed number is not above the ball, and not further below it than two roundings."""
    setting = Setting(name, law, n, p, alpha, beta)
    ball, value = level(setting, eps_in_balls(setting)), barrier(setting).closed
    assert exact(value) <= ball <= exact(value) * (1 + 2.0**-51)
    floats = (
        setting.beta**2 * (1.0 if law == "decoupled" else moments(name)[1]) / 2 + alpha**2 * eps_closed(setting) / 2
    )
    assert float(ball) == pytest.approx(floats, rel=1e-12)
    if known is not None:  # the digits of the note on exact verdicts, cut off
        assert abs(Decimal(ball.mid().str(30, radius=False)) - Decimal(known)) < Decimal("2e-17") * Decimal(known)


def test_the_peak_of_the_path_is_its_gate_exactly() -> None:
    b = barrier(replace(DEFAULT, n=5, p=3))
    (claim,) = peak_exactly(b)
    assert claim.holds and claim.kind == "exact" and claim.measured == pytest.approx(b.upper, rel=1e-11)
    higher = replace(b, path=polygon([b.path.knots[0], b.path.knots[0].map(lambda x: 2 * x), *b.path.knots[1:]]))
    assert not peak_exactly(higher)[0].holds, "control: a detour over a higher point"
    for unsaid in (replace(DEFAULT, activation="z2"), replace(DEFAULT, n=4, p=4)):
        assert peak_exactly(barrier(unsaid)) == []


@pytest.mark.parametrize(("p", "power"), [(1, 3), (2, 1), (3, 2), (5, 9), (9, 8), (9, 30)])
def test_the_least_eigenvalue_of_a_fan_is_exact(p: int, power: int) -> None:
    angles = np.pi * np.subtract.outer(range(p), range(p)) / p
    found = smallest(p, power)
    assert int(found.p) / int(found.q) == pytest.approx(np.linalg.eigvalsh(np.cos(angles) ** power)[0], abs=1e-13)


def test_drop_one_by_free_descent() -> None:
    """A quasi-Newton descent on all rows, from the merged start, finds nothing better than drop-one."""
    setting = Setting("relu", "theorem", 6, 5, 1.0, 1.0)
    assert drop_one(setting).eps <= searched(setting).eps + 1e-12


@pytest.mark.parametrize("name", ["softplus", "sigmoid", "erf01"])
def test_moments_by_quadrature(name: str) -> None:
    from valleys.problem.activations import activation

    def mean(power: int) -> float:
        def at(z: float) -> float:
            value = float(activation(name)(torch.tensor([z], dtype=torch.float64)))
            return value**power * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        return quad(at, -12, 12, limit=200)[0]

    c0, mu, _ = moments(name)
    assert (c0, mu) == pytest.approx((mean(1), mean(2)), abs=1e-12)
    balls = moments_in_balls(name)
    assert [float(ball) for ball in balls] == pytest.approx(moments(name), abs=1e-14)
    assert all(ball.rad() < 1e-30 for ball in balls)
    assert out_of_reach(name, 3) > 1 / math.sqrt(2)
