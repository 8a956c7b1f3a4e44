"""The trainer, its gradients, Hessians and finish, against loops of modules, kernels, sampling and autograd."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.reference import generator
from valleys.problem.activations import activation
from valleys.problem.hessian import difference_hessian, flatten, hessian
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.mixture import gaussian_risk
from valleys.problem.network import Theta, random_theta
from valleys.problem.population import PopulationRisk
from valleys.problem.risk import FeatureRisk, Risk
from valleys.run.errors import InputError
from valleys.search.lbfgs import lbfgs
from valleys.search.polish import finish, newton
from valleys.search.training import Training, train

FUNCTIONS = {"relu": torch.relu, "tanh": torch.tanh, "softplus": nn.functional.softplus, "z2": torch.square}


class Module(nn.Module):
    """The network as anybody would write it."""

    def __init__(self, theta: Theta, name: str) -> None:
        super().__init__()
        self.hidden, self.out = nn.Linear(theta.n, theta.p, bias=False), nn.Linear(theta.p, theta.m, bias=False)
        self.hidden.weight = nn.Parameter(theta.W.clone())
        self.out.weight = nn.Parameter(theta.U.clone())
        self.sigma = FUNCTIONS[name]

    def forward(self, X: Tensor) -> Tensor:
        return self.out(self.sigma(self.hidden(X)))


def sample_risk(name: str = "relu", m: int = 1, N: int = 30, n: int = 4) -> FeatureRisk:
    g = generator(1)
    X, Y = torch.randn(N, n, generator=g), torch.randn(N, m, generator=g)
    return FeatureRisk(activation(name), Sample(X.double(), Y.double()))


def population_risk(q: int = 3, n: int = 4) -> PopulationRisk:
    return PopulationRisk(random_theta(1, q, n, generator(2)))


def loop(risk: FeatureRisk, theta: Theta, steps: int, optimiser: Any, rows: Tensor | None = None) -> list[Theta]:
    """``nn.Module`` and an optimiser of torch, one network after the other."""
    ends = []
    for b in range(len(theta.U)):
        net = Module(theta[b], risk.sigma.name)
        step = optimiser(net.parameters(), lr=0.02)
        for s in range(steps):
            X, Y = (risk.law.X, risk.law.Y) if rows is None else (risk.law.X[rows[s]], risk.law.Y[rows[s]])
            step.zero_grad()
            (net(X) - Y).square().sum(dim=1).mean().backward()
            step.step()
        ends.append(Theta(net.out.weight.detach(), net.hidden.weight.detach()))
    return ends


def assert_same(end: Training, expected: list[Theta], tolerance: float = 1e-12) -> None:
    for b, theta in enumerate(expected):
        torch.testing.assert_close(end.theta.U[b], theta.U, rtol=tolerance, atol=tolerance)
        torch.testing.assert_close(end.theta.W[b], theta.W, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name, m", [("relu", 1), ("relu", 2), ("tanh", 2), ("softplus", 1), ("z2", 1)])
@pytest.mark.parametrize("method, optimiser", [("gd", torch.optim.SGD), ("adam", torch.optim.Adam)])
def test_same_end_points_as_a_loop_of_modules(name: str, m: int, method: str, optimiser: Any) -> None:
    risk = sample_risk(name, m)
    theta = random_theta(m, 5, 4, generator(), (3,))
    end = train(risk, theta, method=method, step=0.02, steps=100)
    assert_same(end, loop(risk, theta, 100, optimiser))


def test_sgd_draws_the_same_points_for_every_network() -> None:
    risk = sample_risk()
    theta = random_theta(1, 5, 4, generator(), (3,))
    end = train(risk, theta, method="sgd", step=0.02, steps=40, batch_size=6, generator=generator(5), chunk=2)
    g = generator(5)
    rows = torch.stack([torch.randint(30, (6,), generator=g) for _ in range(40)])
    assert_same(end, loop(risk, theta, 40, torch.optim.SGD, rows))


def test_sgd_on_a_population_draws_fresh_points() -> None:
    risk = population_risk()
    theta = random_theta(1, 6, 4, generator(), (4,))
    end = train(risk, theta, method="sgd", step=0.02, steps=600, batch_size=20, generator=generator(5))
    assert (end.loss < 0.2 * risk.value(theta)).all()


RISKS: list[tuple[str, Risk]] = [
    ("sample", sample_risk()),
    ("two outputs", sample_risk("tanh", 2)),
    ("population", population_risk()),
    (
        "polynomial",
        FeatureRisk(activation("z2"), GaussianTeacher(random_theta(1, 2, 4, generator(3)), activation("z2"))),
    ),
    ("kernel", gaussian_risk("erf01", torch.eye(2, 4).double(), torch.ones(2).double())),
]


@pytest.mark.parametrize("risk", [risk for _, risk in RISKS], ids=[name for name, _ in RISKS])
def test_every_risk_is_trained_whatever_the_chunks(risk: Risk) -> None:
    theta = random_theta(risk.m, 3, 4, generator(), (7,))
    whole = train(risk, theta, step=0.01, steps=450)
    assert (whole.loss < risk.value(theta)).all()
    for chunk, threads in ((2, 1), (3, 2)):
        parts = train(risk, theta, step=0.01, steps=450, chunk=chunk, threads=threads)
        assert_same(parts, [whole.theta[b] for b in range(7)], 1e-11)
    alone = train(risk, theta[4], step=0.01, steps=450)
    assert alone.loss.shape == () and alone.theta.U.shape == theta.U[4].shape
    torch.testing.assert_close(alone.theta.W, whole.theta.W[4], rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("frozen", ["U", "W"])
def test_a_frozen_parameter_stays_bit_for_bit(frozen: str) -> None:
    theta = random_theta(1, 5, 4, generator(), (3,))
    end = train(sample_risk(), theta, step=0.02, steps=30, frozen=frozen)
    assert torch.equal(getattr(end.theta, frozen), getattr(theta, frozen))
    other = "W" if frozen == "U" else "U"
    assert not torch.equal(getattr(end.theta, other), getattr(theta, other))


def test_float32_is_kept_and_close_to_float64() -> None:
    theta = random_theta(1, 5, 4, generator(), (3,))
    for risk in (sample_risk(), population_risk()):
        single = train(risk, theta.map(lambda x: x.float()), step=0.02, steps=50)
        assert single.theta.U.dtype == torch.float32
        double = train(risk, theta, step=0.02, steps=50)
        torch.testing.assert_close(single.theta.W.double(), double.theta.W, rtol=1e-3, atol=1e-4)


def test_history_starts_at_the_start_and_ends_at_the_end() -> None:
    risk, theta = sample_risk(), random_theta(1, 5, 4, generator(), (3,))
    end = train(risk, theta, step=0.02, steps=30, record=[0, 7, 99], keep_path=True)
    assert end.recorded == (0, 7, 30)
    torch.testing.assert_close(end.losses, torch.stack([risk.value(x) for x in end.path]))
    assert end.path[0].equal(theta) and end.path[-1].equal(end.theta)
    assert_same(train(risk, theta, step=0.02, steps=7), [end.path[1][b] for b in range(3)])


def test_each_network_stops_by_itself() -> None:
    risk = sample_risk("softplus")
    theta = random_theta(1, 2, 4, generator(), (6,))
    end = train(risk, theta, step=0.05, steps=3000, tolerance=0.02, record=[2999])
    assert end.converged.all() and len(set(end.steps.tolist())) > 1
    assert ((end.steps % 25 == 0) & (end.steps < 3000)).all()
    assert (end.gradient_norm <= 0.02).all()
    torch.testing.assert_close(end.losses[0], end.loss)
    for b in range(6):
        alone = train(risk, theta[b], step=0.05, steps=int(end.steps[b]))
        torch.testing.assert_close(alone.theta.W, end.theta.W[b], rtol=1e-11, atol=1e-11)


def test_a_diverging_network_is_stopped_and_counted_and_the_rest_go_on() -> None:
    risk = sample_risk("z2")
    theta = random_theta(1, 3, 4, generator(), (4,))
    theta.W[1] *= 100
    theta.U[2, 0, 0] = float("nan")
    end = train(risk, theta, step=1e-3, steps=200, record=[0, 100])
    assert end.diverged.tolist() == [False, True, True, False]
    assert (end.steps[end.diverged] < 200).all() and (end.steps[~end.diverged] == 200).all()
    assert torch.isnan(end.losses[-1]).tolist() == [False, True, True, False]
    assert (end.loss[~end.diverged] < end.losses[0][~end.diverged]).all()


def test_a_start_at_the_minimum_does_not_diverge() -> None:
    risk = population_risk()
    theta = risk.teacher.map(lambda x: x.expand(3, *x.shape).clone())
    end = train(risk, theta, step=0.1, steps=60)
    assert not end.diverged.any() and (end.loss.abs() < 1e-12).all()


@pytest.mark.parametrize(
    "change, named",
    [
        ({"step": 0.0}, "step"),
        ({"step": float("nan")}, "step"),
        ({"steps": -1}, "steps"),
        ({"method": "newton"}, "method"),
        ({"frozen": "V"}, "frozen"),
        ({"method": "sgd"}, "batch_size"),
        ({"method": "sgd", "batch_size": 0}, "batch_size"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        train(sample_risk(), random_theta(1, 2, 4, generator(), (2,)), **{"step": 0.1, "steps": 5, **change})


class Bare:
    """A risk that has no more than it must."""

    n, m = 4, 1

    def value(self, theta: Theta) -> Tensor:
        return theta.W.square().sum(dim=(-2, -1))

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        return self.value(theta), Theta(0 * theta.U, 2 * theta.W)


def test_sgd_needs_a_law_that_can_be_sampled() -> None:
    with pytest.raises(InputError, match="this risk"):
        theta = random_theta(1, 2, 4, generator(), (2,))
        train(Bare(), theta, step=0.1, steps=5, method="sgd", batch_size=2, generator=generator())


# The population risk: four independent routes.


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 5), st.integers(1, 4))
def test_population_risk_agrees_with_the_table_of_kernels(seed: int, p: int, q: int, n: int) -> None:
    teacher = random_theta(1, q, n, generator(seed))
    theta = random_theta(1, p, n, generator(seed + 1), (3,))
    value, gradient = PopulationRisk(teacher).value_and_gradient(theta)
    expected, slope = gaussian_risk("relu", teacher.W, teacher.U[0]).value_and_gradient(theta)
    torch.testing.assert_close(value, expected, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(flatten(gradient), flatten(slope), rtol=1e-10, atol=1e-12)
    assert torch.equal(flatten(PopulationRisk(teacher).gradient(theta)), flatten(gradient))


def test_population_risk_agrees_with_sampling_within_four_standard_errors() -> None:
    risk, theta = population_risk(), random_theta(1, 3, 4, generator(4))
    law = risk.sample(400_000, generator(9))
    squares = (torch.relu(law.X @ theta.W.T) @ theta.U.T - law.Y).square()
    assert (squares.mean() - risk.value(theta)).abs() < 4 * squares.std() / len(squares) ** 0.5


def degenerate() -> Theta:
    """Parallel rows, antiparallel rows, a row parallel to a teacher's."""
    W = torch.randn(5, 4, generator=generator(6)).double()
    W[1], W[2], W[3] = 2 * W[0], -W[0], population_risk().teacher.W[0] / 2
    return Theta(torch.randn(1, 5, generator=generator(7)).double(), W)


@pytest.mark.parametrize("theta", [random_theta(1, 5, 4, generator(8)), degenerate()], ids=["generic", "parallel"])
@pytest.mark.parametrize("frozen", ["", "U", "W"])
def test_population_hessian_is_the_derivative_of_the_gradient(theta: Theta, frozen: str) -> None:
    risk = population_risk()
    H = hessian(risk, theta, frozen)
    assert torch.isfinite(H).all()
    # At parallel rows the Hessian has a kink: the error of a difference is then of the order of its step.
    torch.testing.assert_close(H, difference_hessian(risk, theta, frozen), rtol=0, atol=1e-4)
    torch.testing.assert_close(H, H.mT, rtol=0, atol=1e-12)


def test_population_gradient_is_finite_at_a_zero_row() -> None:
    theta = random_theta(1, 3, 4, generator())
    theta.W[1] = 0
    value, gradient = population_risk().value_and_gradient(theta)
    assert torch.isfinite(flatten(gradient)).all() and torch.isfinite(value)


# Hessians on samples and the finish.


@pytest.mark.parametrize("name, m", [("relu", 1), ("tanh", 2), ("softplus", 1), ("z3", 2)])
def test_sample_hessian_agrees_with_automatic_differentiation(name: str, m: int) -> None:
    risk, theta = sample_risk(name, m), random_theta(m, 3, 4, generator())

    def value(x: Tensor) -> Tensor:
        U, W = x[: 3 * m].reshape(m, 3), x[3 * m :].reshape(3, 4)
        return (risk.sigma(risk.law.X @ W.T) @ U.T - risk.law.Y).square().sum() / len(risk.law.X)

    expected = torch.autograd.functional.hessian(value, flatten(theta))
    torch.testing.assert_close(hessian(risk, theta), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", [newton, lbfgs])
def test_finish_reaches_1e_minus_10_and_never_climbs(method: Any) -> None:
    risk = PopulationRisk(Theta(torch.ones(1, 4).double(), torch.eye(4).double()))
    theta = train(risk, random_theta(1, 4, 4, generator(), (6,)), step=0.2, steps=300).theta
    end = method(risk, theta, "U", 1e-10, 100)
    value, gradient = risk.value_and_gradient(end)
    assert (flatten(gradient, "U").norm(dim=-1) <= 1e-10).all()
    assert (value <= risk.value(theta) + 1e-13).all()
    assert torch.equal(end.U, theta.U)


def test_finish_says_what_did_not_converge() -> None:
    risk = sample_risk("softplus")
    theta = random_theta(1, 2, 4, generator(), (3,))
    end = finish(risk, theta, iterations=1)
    assert not end.converged.any() and (end.gradient_norm > 1e-10).all()
