"""Theorem 13: the floors, the path that attains them, attacks that fail and controls that must turn red."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import generator
from theorem13 import th13judge, th13problem, th13proof
from theorem13.th13attack import Attack, attack, leaving_time, random_paths
from theorem13.th13data import Setting, risk
from theorem13.th13exact import end_claims, margin_claims
from theorem13.th13floors import eps_closed
from theorem13.th13model import perturbed_starts, thesis_good
from theorem13.th13proof import Barrier, barrier, with_margin
from theorem13.th13whole import joining_level, sheet
from valleys.paths.heights import straight_peak
from valleys.paths.path import polygon
from valleys.problem.mixture import MixtureRisk, gaussian_part
from valleys.problem.network import Theta
from valleys.run.claims import Claim
from valleys.run.errors import InputError

DEFAULT = Setting("relu", "theorem", 10, 9, 2.0, 3.0)


def test_numbers_of_the_default() -> None:
    b, L = barrier(DEFAULT), risk(DEFAULT)
    assert b.valley_floor == 2.25
    assert b.closed == pytest.approx(2.452889, abs=1e-6)
    assert b.floor >= 2.473709 and (2.4737103122 - b.floor) / 2.4737103122 < 5e-7
    seen = th13judge.profile(b.path, L, 300)
    assert seen.peak == pytest.approx(2.4737103122, abs=1e-9)
    assert seen.values[-1].item() == pytest.approx(0.2237103122, abs=1e-9)
    assert L.value(thesis_good(DEFAULT)).item() == pytest.approx(1.0, abs=1e-12)
    assert straight_peak(L, b.path.start, thesis_good(DEFAULT)) == pytest.approx(3.25, abs=1e-9)
    assert b.global_minimum_lower == pytest.approx(0.2029, abs=1e-4)


def test_recipe_for_a_margin() -> None:
    setting = with_margin(DEFAULT, 1.0)
    alpha, eps = math.sqrt(2 / 0.1118546066), 0.1118551561
    assert (setting.alpha, setting.beta) == pytest.approx((alpha, math.sqrt(4 + 2 * alpha**2 * eps)), abs=1e-6)


@pytest.mark.parametrize(("name", "E2", "alpha", "floor", "good"), [
    ("softplus", 0.0215145, 9.6416, 2.00606, 1.00606), ("sigmoid", 0.0006868, 53.963, 1.28131, 0.28067),
    ("erf01", 0.0100365, 14.116, 1.39978, 0.39802),
])  # fmt: skip
def test_decoupled_recipe(name: str, E2: float, alpha: float, floor: float, good: float) -> None:
    setting = with_margin(Setting(name, "decoupled", 4, 3, 1.0, 1.0), 1.0)
    b = barrier(setting)
    assert eps_closed(setting) == pytest.approx(E2, abs=1e-7)
    assert setting.alpha == pytest.approx(alpha, rel=1e-4)
    assert b.valley_floor <= floor + 1e-5
    assert risk(setting).value(b.path.end).item() <= good + 1e-5
    assert b.valley_floor - risk(setting).value(b.path.end).item() >= 1 - 1e-9
    assert b.floor - b.valley_floor == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "law", "n", "p", "M"), [
    ("relu", "theorem", 6, 10, 8.508279857361053), ("relu", "decoupled", 3, 25, 1.0), ("relu", "theorem", 7, 5, 1e-6),
    ("z2", "theorem", 3, 2, 2.0), ("z4", "decoupled", 7, 3, 1e-6), ("sigmoid", "decoupled", 3, 2, 8.5),
    ("erf01", "decoupled", 4, 3, 1e6),
])  # fmt: skip
def test_the_recipe_proves_the_margin_itself(name: str, law: str, n: int, p: int, M: float) -> None:
    """Not a rounding less: the proved ends of both margins; and Omega is small enough, be M small or beta large."""
    b, L = th13problem.problem(with_margin(Setting(name, law, n, p, 1.0, 1.0), M))
    five, six = margin_claims(b, L, M)
    (left,) = th13judge.omega_claims(b, L, M, generator(0))
    assert five.measured >= five.bound == M and M <= six.measured <= M * (1 + 1e-10) and left.holds


@given(
    st.sampled_from(["z2", "z4"]), st.integers(1, 7), st.integers(0, 2), st.floats(0.1, 10), st.floats(0.1, 10)
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_even_powers_are_exact(name: str, p: int, more: int, alpha: float, beta: float) -> None:
    b = barrier(Setting(name, "theorem", p + 1 + more, p, alpha, beta))
    seen = th13judge.profile(b.path, risk(b.setting), 40)
    assert b.exact
    assert abs(seen.peak - b.floor) <= 1e-12 * max(1.0, b.floor)
    assert b.closed == b.floor
    # Corollary 14 for z^2: leaving costs alpha^2 (p+2)/(p+1) for p >= 2.
    if name == "z2" and p > 1:
        assert b.floor == pytest.approx(1.5 * beta**2 + alpha**2 * (p + 2) / (p + 1), rel=1e-12)


PATHS = [
    DEFAULT, replace(DEFAULT, p=3), replace(DEFAULT, p=2), replace(DEFAULT, p=1), replace(DEFAULT, n=3, p=4),
    replace(DEFAULT, n=3, p=12), replace(DEFAULT, law="decoupled"), Setting("z2", "theorem", 5, 4, 1.0, 3.0),
    Setting("z4", "decoupled", 4, 2, 1.0, 3.0), with_margin(Setting("softplus", "decoupled", 4, 3, 1.0, 1.0), 1.0),
    with_margin(Setting("sigmoid", "decoupled", 4, 3, 1.0, 1.0), 1.0),
    with_margin(Setting("erf01", "decoupled", 3, 2, 1.0, 1.0), 0.5),
]  # fmt: skip


@pytest.mark.parametrize("setting", PATHS, ids=lambda s: f"{s.activation}-{s.law}-n{s.n}-p{s.p}")
def test_path_climbs_to_the_gate_and_falls(setting: Setting) -> None:
    b, L = barrier(setting), risk(setting)
    claims = th13judge.path_claims(b, L, th13judge.profile(b.path, L, 150))
    assert [c.id for c in claims if not c.holds] == []
    assert b.path.knots[b.gate].U.min() == 0
    assert (
        b.closed <= b.floor <= b.upper + th13judge.rounding(b)
    )  # upper is float64, and at p = 2 floor and gate are one number


def floors(b: Barrier, L: MixtureRisk, tried: Attack) -> dict[str, Claim]:
    return {c.id: c for c in end_claims(b, L) + th13judge.floor_claims(b, tried)}


@pytest.mark.parametrize("setting", [DEFAULT, Setting("z2", "theorem", 4, 3, 1.0, 2.0), replace(DEFAULT, n=3, p=5)],
                         ids=["relu", "z2", "plane"])  # fmt: skip
def test_attack_never_gets_under_the_floor(setting: Setting) -> None:
    b, L = barrier(setting), risk(setting)
    assert all(c.holds for c in floors(b, L, attack(setting, L, 48, 250, generator(1))).values())
    peaks = random_paths(b.path.start, b.path.end, L, 150, 30, 0.1, generator(2))
    peaks = torch.cat([peaks, random_paths(b.path.start, b.path.end, L, 150, 30, 0.02, generator(3))])
    assert float(peaks.min()) >= b.floor


def test_control_one_teacher_direction_removed() -> None:
    """With p-1 directions p-1 units fit g1: the crossing set holds networks far below the claimed floor."""
    b, L = barrier(DEFAULT), risk(DEFAULT)
    first = gaussian_part("relu", slice(0, 9), DEFAULT.directions[:-1], torch.full((8,), 2.0, dtype=torch.float64))
    broken = MixtureRisk([first, L.parts[1]], L.probabilities, L.n, L.sigma)
    claims = floors(b, broken, attack(DEFAULT, broken, 32, 300, generator(1)))
    assert not claims["crossing_attacked"].holds
    assert "different teacher directions" in claims["crossing_attacked"].statement


def test_control_sign_of_beta_flipped() -> None:
    """With g2 added, not subtracted, positive weights can serve it: the valley's floor is broken."""
    b, broken = barrier(DEFAULT), risk(replace(DEFAULT, beta=-3.0))
    claims = floors(b, broken, attack(DEFAULT, broken, 32, 300, generator(1)))
    assert not claims["valley_attacked"].holds
    assert "minus sign" in claims["valley_floor"].statement


def test_control_beta_too_small() -> None:
    """beta = 0.4 alpha is below the threshold alpha sqrt(2 eps) = 0.473 alpha: the valley is not spurious."""
    for beta, spurious in ((0.4 * 2.0, False), (0.48 * 2.0, True)):
        setting = replace(DEFAULT, beta=beta)
        b, L = barrier(setting), risk(setting)
        claims = floors(b, L, Attack(math.inf, math.inf, 0))
        assert claims["spurious"].holds is spurious
        assert "alpha sqrt(2 eps)" in claims["spurious"].statement


def test_ends_and_margins_are_decided_in_balls() -> None:
    """Exact or proved but where the checker knows no kernel; controls: another start, another end, a margin of more."""
    for setting, kinds in ((DEFAULT, {"exact", "proved"}), (PATHS[9], {"verified", "computed", "proved"})):
        b = barrier(with_margin(setting, 1.0))
        claims = end_claims(b, risk(b.setting)) + margin_claims(b, risk(b.setting), 1.0)
        assert all(c.holds for c in claims) and {c.kind for c in claims} == kinds
        assert not any(c.holds for c in margin_claims(b, risk(b.setting), 1 + 1e-9))
    b = barrier(with_margin(DEFAULT, 1.0))
    wrong = [x.map(lambda v: v * (1 + 1e-4)) for x in (b.path.start, b.path.end)]
    lied = replace(b, path=polygon([wrong[0], *b.path.knots[1:-1], wrong[1]]))
    attained, _ = end_claims(lied, risk(b.setting))
    good, crossing = margin_claims(lied, risk(b.setting), 1.0)
    assert not attained.holds and not good.holds and crossing.holds


def test_control_judge_sees_a_broken_path() -> None:
    b, L = barrier(DEFAULT), risk(DEFAULT)
    lied = replace(b, eps_upper=b.eps_upper - 1e-3)
    seen = th13judge.profile(b.path, L, 50)
    assert {c.id for c in th13judge.path_claims(lied, L, seen) if not c.holds} == {"peak_touches_floor"}
    for place, claim in ((20, "climbs_to_gate"), (-20, "falls_after_gate")):
        dented = seen.values.clone()
        dented[place] -= 0.1
        claims = th13judge.path_claims(b, L, replace(seen, values=dented))
        assert {c.id for c in claims if not c.holds} == {claim}


def test_training_that_leaves_jumps_over_the_floor() -> None:
    """A run that steps out of u > 0 is seen; control: under a floor that is too high the claim fails."""
    b, L = barrier(DEFAULT), risk(DEFAULT)
    start, end = b.path.start, thesis_good(DEFAULT)
    run = [x.map(lambda v: v.unsqueeze(0)) for x in (start, end)]
    (claim,) = th13judge.leaving_claims(b, L, [run])
    assert claim.holds and claim.measured >= b.floor
    (lied,) = th13judge.leaving_claims(replace(b, eps_best=arb(2)), L, [run])
    assert not lied.holds
    assert th13judge.leaving_claims(b, L, [[run[0], run[0]]]) == []


def test_leaving_time() -> None:
    U0, U1 = torch.tensor([[1.0, 2.0, 1.0]]), torch.tensor([[-1.0, 1.0, -3.0]])
    assert leaving_time(U0, U1).item() == pytest.approx(0.25)
    assert leaving_time(U0, U0).item() == 1.0


def test_whole_landscape_joins_only_at_the_gate() -> None:
    side = torch.linspace(-4, 4, 41, dtype=torch.float64)
    q2, q1 = torch.meshgrid(side, side, indexing="ij")
    grids = torch.stack([sheet(q1, q2, s, 2.0, 3.0) for s in (1.0, -1.0)]).numpy()
    assert joining_level(grids) == 3.25
    grids[:, 20, 20] -= 0.5  # a gate that lies lower is seen at once
    assert joining_level(grids) < 3.25


def test_input_errors_name_what_is_allowed() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"activation": "tanh"}, "softplus"), ({"law": "other"}, "decoupled"), ({"p": 0}, "--p"), ({"n": 1}, "--n"),
        ({"alpha": -1.0}, "--alpha"), ({"activation": "z2", "p": 12}, "z2"), ({"activation": "sigmoid"}, "decoupled"),
    ]  # fmt: skip
    for change, words in cases:
        with pytest.raises(InputError, match=words):
            th13proof.checked(replace(DEFAULT, **change))


def test_perturbed_starts_and_theta_are_batches() -> None:
    starts = perturbed_starts(DEFAULT, 5, generator(0))
    assert isinstance(starts, Theta)
    torch.testing.assert_close(starts.W.norm(dim=-1), torch.ones(5, 9, dtype=torch.float64))
    assert bool((starts.U > 0).all())
