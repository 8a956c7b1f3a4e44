"""Theorem 13's floors: closed forms by a second route, and what PROOF.md leaves to a check."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch
from flint import arb
from scipy.integrate import quad

from tests.reference import generator
from theorem13.th13activations import out_of_reach
from theorem13.th13balls import eps_closed as eps_in_balls
from theorem13.th13balls import exact, hadamard, level, smallest, smallest_ball
from theorem13.th13balls import moments as moments_in_balls
from theorem13.th13data import Setting, first_teacher_risk
from theorem13.th13exact import peak_exactly
from theorem13.th13floors import eps_closed, hadamard_bound, moments
from theorem13.th13proof import barrier
from theorem13.th13units import beyond, drop_one, dropped, searched
from valleys.paths.path import polygon
from valleys.problem.network import Theta
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
    assert (smallest_ball(p, power) - arb(found)).contains(0)


def test_the_floor_of_many_directions_falls_with_a_power_of_the_width() -> None:
    """About ``p^-3 / 15``, where 60 orders alone would leave 0; below the sum of all, one by one, and the units found."""
    for p in (30, 62, 100):
        assert 0.06 < float(hadamard(p)) * p**3 < 0.08
    every = hadamard_bound(replace(DEFAULT, n=3, p=9).directions, 500)
    assert 0.99 * every < float(hadamard(9)) < every < dropped(replace(DEFAULT, n=3, p=9)).eps


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


UNITS = [
    ("relu", 6, 5), ("relu", 3, 4), ("relu", 6, 2), ("relu", 6, 3), ("z2", 5, 4), ("z4", 5, 3), ("softplus", 4, 3),
    ("sigmoid", 4, 3), ("relu", 4, 1), ("z2", 4, 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "n", "p"), UNITS)
def test_the_kept_units_have_the_error_that_they_say(name: str, n: int, p: int) -> None:
    """``p - 1`` units of positive weight; their error by the exact risk of g1, and what scaling or moving them makes of it."""
    setting = Setting(name, "decoupled", n, p, 2.0, 3.0)
    units, risk = dropped(setting), first_teacher_risk(replace(setting, alpha=1.0))
    assert units.u.shape == (p - 1,) and units.w.shape == (p - 1, n - 1) and bool((units.u > 0).all())

    def error(u: torch.Tensor, w: torch.Tensor) -> float:
        """With one unit of weight 0 beside them, so that no network is empty."""
        return float(risk.value(Theta(torch.cat([u, u.new_zeros(1)])[None], torch.cat([w, w.new_ones(1, n - 1)]))))

    assert error(units.u, units.w) == pytest.approx(units.eps, abs=1e-13)
    around = torch.randn(p - 1, n - 1, generator=generator(0), dtype=torch.float64)
    for u, w in ((units.u * 1.01, units.w), (units.u * 0.99, units.w), (units.u, units.w + 0.01 * around)):
        assert p == 1 or error(u, w) > units.eps
    assert eps_closed(setting) <= units.eps * (1 + 1e-12)


def test_one_unit_for_two_directions() -> None:
    """Even powers: ``2 e_1`` less what the mean asks for, in closed form; a partner only where row p has to join one."""
    units = dropped(Setting("z2", "theorem", 4, 2, 1.0, 1.0))
    # |u e_1^2 - e_1^2 - e_2^2|^2 in 4th moments: 3 u^2 - 8 u + 8, least at u = 4/3
    assert units.u.tolist() == pytest.approx([4 / 3]) and units.eps == pytest.approx(8 / 3)
    assert units.w.tolist() == [[1.0, 0.0, 0.0]] and units.partner is None
    assert dropped(Setting("softplus", "decoupled", 4, 3, 1.0, 1.0)).partner in (0, 1)
    assert dropped(Setting("relu", "theorem", 4, 3, 1.0, 1.0)).partner is None


@pytest.mark.parametrize("name", ["sigmoid", "erf01"])
def test_the_signed_units_fit_better_than_one_unit_less(name: str) -> None:
    """All ``p`` units, the last alone negative, imitate g1 better than ``p - 1`` positive ones; none for the unbounded."""
    setting = Setting(name, "decoupled", 4, 3, 2.0, 3.0)
    signed = beyond(setting)
    assert signed is not None and (signed.u > 0).tolist() == [True, True, False]
    value = first_teacher_risk(replace(setting, alpha=1.0)).value(Theta(signed.u[None], signed.w))
    assert float(value) == pytest.approx(signed.eps, abs=1e-13) and signed.eps < dropped(setting).eps
    assert beyond(replace(setting, activation="softplus")) is None
