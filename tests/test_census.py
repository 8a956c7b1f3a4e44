"""Census of end points: what counts as the same, and what each point is."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from theorem13.census.judge import k7_minimum
from theorem13.census.training import orthonormal_risk, student
from valleys.problem.activations import activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, random_theta, stack
from valleys.problem.risk import FeatureRisk
from valleys.search.census import (
    GLOBAL,
    SADDLE,
    SPURIOUS,
    UNCONVERGED,
    Thresholds,
    atoms,
    census,
    cluster,
    count_of,
)
from valleys.search.polish import finish

NAMES = ["relu", "z", "z2", "z3", "tanh", "sigmoid", "poly:0,1,1"]


def outputs(theta: Theta, name: str) -> torch.Tensor:
    X = torch.randn(40, theta.n, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return theta.U @ activation(name)(theta.W @ X.T)


def moved_by_symmetry(theta: Theta, name: str, seed: int) -> Theta:
    """The same function: units permuted, rescaled where sigma is homogeneous, signs changed where it allows."""
    g = torch.Generator().manual_seed(seed)
    U, W = theta.U, theta.W
    sigma = activation(name)
    if sigma.homogeneous is not None:
        scale = 0.5 + torch.rand(theta.p, generator=g, dtype=torch.float64)
        U, W = U / scale**sigma.homogeneous, W * scale[:, None]
    sign = torch.randint(2, (theta.p,), generator=g).double() * 2 - 1
    if name == "z2":
        W = W * sign[:, None]
    if name in {"z", "z3", "tanh"}:
        U, W = U * sign, W * sign[:, None]
    order = torch.randperm(theta.p, generator=g)
    return Theta(U[:, order], W[order])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(NAMES), st.integers(1, 5), st.integers(1, 3))
def test_networks_that_symmetry_joins_are_one_cluster(seed: int, name: str, p: int, m: int) -> None:
    theta = random_theta(m, p, 3, torch.Generator().manual_seed(seed))
    other = moved_by_symmetry(theta, name, seed + 1)
    torch.testing.assert_close(outputs(other, name), outputs(theta, name), rtol=1e-9, atol=1e-9)
    labels = cluster(stack([theta, other]), torch.ones(2).double(), activation(name), 1e-8)
    assert labels.tolist() == [0, 0]


@pytest.mark.parametrize("name", NAMES)
def test_networks_of_one_loss_that_differ_are_two_clusters(name: str) -> None:
    theta = random_theta(1, 3, 3, torch.Generator().manual_seed(0), (2,))
    assert cluster(theta, torch.ones(2).double(), activation(name), 1e-8).tolist() == [0, 1]
    # The same columns of numbers, units mixed up: permutations of units do not join these.
    mixed = Theta(theta.U[0], torch.stack([theta.W[0].roll(1, 0)[:, 0], *theta.W[0].T[1:]], dim=1))
    pair = stack([theta[0], mixed])
    assert cluster(pair, torch.ones(2).double(), activation(name), 1e-8).tolist() == [0, 1]


def test_permuted_inputs_count_as_the_same_only_on_request() -> None:
    theta = random_theta(1, 3, 3, torch.Generator().manual_seed(0))
    pair = stack([theta, Theta(theta.U, theta.W.roll(1, 1))])
    loss, sigma = torch.ones(2).double(), activation("relu")
    assert cluster(pair, loss, sigma, 1e-8).tolist() == [0, 1]
    assert cluster(pair, loss, sigma, 1e-8, any_order=True).tolist() == [0, 0]


def test_atoms_tell_a_unit_from_its_negative() -> None:
    one = Theta(torch.ones(1, 1).double(), torch.ones(1, 2).double())
    minus = Theta(-one.U, one.W)
    for name in NAMES:
        assert not torch.allclose(atoms(one, activation(name)), atoms(minus, activation(name)))


def one_unit(pairs: list[tuple[float, float]]) -> Theta:
    values = torch.tensor(pairs, dtype=torch.float64)
    return Theta(values[:, :1, None], values[:, 1:, None])


def test_verdicts_on_a_landscape_known_by_hand() -> None:
    # L = (u w - 1)^2: global minima u w = 1, a saddle at 0 with eigenvalues 2 and -2, nothing else critical.
    law = Sample(torch.ones(1, 1).double(), torch.ones(1, 1).double())
    risk = FeatureRisk(activation("z"), law)
    families = census(risk, one_unit([(2.0, 0.5), (1.0, 1.0), (0.0, 0.0), (0.3, 0.3)]), sigma=risk.sigma)
    assert [(f.verdict, f.count) for f in families] == [(GLOBAL, 2), (SADDLE, 1), (UNCONVERGED, 1)]
    assert families[1].min_eigenvalue == pytest.approx(-2.0, abs=1e-12)
    assert families[1].loss == 1.0
    assert count_of(families, GLOBAL) == 2


def test_a_spurious_minimum_is_told_from_a_global_one_and_a_raised_threshold_hides_it() -> None:
    risk = orthonormal_risk(7)
    start = student(torch.stack([k7_minimum(), torch.eye(7).double()]))
    end = finish(risk, start, frozen="U").theta
    families = census(risk, end, sigma=risk.sigma, frozen="U")
    assert [(f.verdict, f.count) for f in families] == [(GLOBAL, 1), (SPURIOUS, 1)]
    assert families[1].min_eigenvalue / 2 == pytest.approx(0.0140590, abs=1e-7)
    hidden = census(risk, end, sigma=risk.sigma, frozen="U", thresholds=Thresholds(loss=0.1))
    assert [f.verdict for f in hidden] == [GLOBAL]


def test_runs_that_blew_up_are_not_converged() -> None:
    risk = orthonormal_risk(3)
    W = torch.full((2, 3, 3), float("nan"), dtype=torch.float64)
    (family,) = census(risk, student(W), sigma=risk.sigma, frozen="U")
    assert (family.verdict, family.count) == (UNCONVERGED, 2)
