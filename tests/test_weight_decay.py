"""Weight decay: faces, exact floor, optimum and paths of Theorem A, each by a second route and with what breaks it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from tests.reference import numerical_gradient
from valleys.construct.decay_algebra import Algebra, Rationals, Rounded
from valleys.construct.decay_path import atoms_of, descend
from valleys.judge.certificate import judge_path
from valleys.judge.decay_floor import dual, exact_value, floor, rounded_down, sup_squared
from valleys.judge.exact import upper
from valleys.own.decay import certified_decay, lowest
from valleys.own.exactly import verdict_of
from valleys.paths.mass_files import mass_knots, save_masses
from valleys.paths.masses import MassPath
from valleys.problem.activations import activation
from valleys.problem.arrangement import CELL, RAY, WALL, faces
from valleys.problem.decay import DecayRisk, leak_of
from valleys.problem.dimension import Span
from valleys.problem.laws import Sample
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.errors import InputError

EXA = (((3, 4), (3, -4)), (1, 1), 1.0)
EXB = (((28, 45), (28, -45)), (1, 1), 10.0)
WITNESS = (((6, -5), (-7, -4), (-2, 6)), (-0.25, -1.75, -0.75), 0.5)
#: Data, and the optimum of every width that the argument gives by hand (the last one: to eight digits).
KNOWN = {
    "two points, a unit in the middle": (*EXA, Fraction(11, 36), 0.0),
    "the figure's example": (*EXB, Fraction(255, 784), 0.0),
    "one input": (((1,), (-1,)), (2, 1), 0.5, Fraction(5, 4), 0.0),
    "targets are zero": (((1, 2), (2, 1)), (0, 0), 1.0, Fraction(0), 0.0),
    "decay beats the data": (((1, 2), (2, 1)), (1, 1), 100.0, Fraction(1), 0.0),
    "three points": (*WITNESS, Fraction(14530883, 10**8), 5e-9),
}
RANDOM = [(4, 2, 0.5), (8, 2, 0.1), (8, 3, 0.1), (12, 3, 0.02)]


def risk_of(X: object, y: object, beta: float, name: str = "relu") -> DecayRisk:
    X, y = (torch.tensor(np.asarray(a, dtype=float)) for a in (X, y))
    return DecayRisk(activation(name), Sample(X, y.reshape(len(X), -1)), beta)


def drawn(N: int, n: int, beta: float, seed: int = 0, name: str = "relu", m: int = 1) -> DecayRisk:
    g = stream(seed, "weight decay", N, n)
    X, Y = (torch.randn(N, k, generator=g, dtype=torch.float64) for k in (n, m))
    return risk_of(X, Y, beta, name)


def scalar(h: np.ndarray, leak: float) -> np.ndarray:
    return np.where(h > 0, h, leak * h)


@pytest.mark.parametrize("N", [3, 8, 12])
def test_faces_in_general_position(N: int) -> None:
    X = stream_normal(N, 3)
    kinds = np.bincount(faces(X).kind)
    assert [kinds[RAY], kinds[WALL], kinds[CELL]] == [N * (N - 1), 2 * N * (N - 1), N * (N - 1) + 2]
    assert len(faces(X[:, :2])) == 4 * N


def stream_normal(*shape: int) -> np.ndarray:
    return torch.randn(*shape, generator=stream(1, "normal", *shape), dtype=torch.float64).numpy()


small = st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(small, st.integers(0, 99))
def test_every_direction_lies_in_a_listed_face(rows: list[list[int]], seed: int) -> None:
    X = np.array(rows, dtype=float)
    if not X.any():
        return
    found = faces(X)
    patterns = {p.tobytes() for p in found.signs}
    assert len(patterns) == len(found)
    rng = np.random.default_rng(seed)
    for u in [*rng.standard_normal((30, 3)), *rng.integers(-2, 3, (60, 3)).astype(float)]:
        pattern = np.sign(X @ u).astype(np.int8)
        assert pattern.tobytes() in patterns or not pattern.any()


@pytest.mark.parametrize("leak", [0.0, 0.01, 1.0])
@pytest.mark.parametrize(("N", "n"), [(5, 1), (6, 2), (6, 3)])
def test_sup_is_attained_and_above_every_sample(N: int, n: int, leak: float) -> None:
    X, nu = stream_normal(N, n), stream_normal(N)
    u = stream_normal(40000, n)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    seen = np.abs(scalar(u @ X.T, leak) @ nu).max()
    exact = float(sup_squared(nu, faces(X), leak)[0]) ** 0.5
    assert seen <= exact * (1 + 1e-14)
    assert seen >= exact * (1 - 2e-3)


def test_a_face_left_out_is_seen() -> None:
    nu, found = stream_normal(6), faces(stream_normal(6, 2))
    square, face = sup_squared(nu, found)
    chosen = np.ones((2, len(found)), dtype=bool)
    chosen[:, face] = False
    assert sup_squared(nu, found, 0.0, chosen)[0] < square


@pytest.mark.parametrize(("X", "y", "beta", "best", "tolerance"), KNOWN.values(), ids=list(KNOWN))
def test_known_optimum(X: object, y: object, beta: float, best: Fraction, tolerance: float) -> None:
    found = lowest(risk_of(X, y, beta))
    assert found.floor <= found.value
    assert found.gap <= 1e-15
    assert abs(found.floor - best) <= max(tolerance, 1e-15 * float(best))


def test_floor_from_rational_nu_is_exact() -> None:
    for (X, y, beta), best in ((EXA, Fraction(11, 36)), (EXB, Fraction(255, 784))):
        assert floor([1, 1], y, beta, faces(np.array(X, dtype=float))) == best
    assert rounded_down(Fraction(11, 36)) <= Fraction(11, 36)


@pytest.mark.parametrize(("N", "n", "beta"), RANDOM)
@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_optimum_meets_its_floor(N: int, n: int, beta: float, name: str) -> None:
    found = lowest(drawn(N, n, beta, name=name))
    assert 0 <= found.gap <= 1e-14


def test_optimum_by_a_fine_grid_of_directions() -> None:
    """Second route: a non-negative least-squares problem over 4000 directions, the decay as one heavy row."""
    risk = drawn(6, 2, 0.3)
    X, y = risk.sample.X.numpy(), risk.sample.Y.numpy()[:, 0]
    angle = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    A = np.maximum(X @ np.array([np.cos(angle), np.sin(angle)]), 0)
    A = np.concatenate([A, -A], axis=1)
    small = 1e-4
    c = nnls(np.vstack([A, np.full((1, A.shape[1]), small)]), np.append(y, -risk.beta / small))[0]
    value = ((A @ c - y) ** 2).sum() / 2 + risk.beta * c.sum()
    best = float(lowest(risk).value)
    assert best <= value * (1 + 1e-12)
    assert value <= best * (1 + 1e-4)  # directions on kinks are missed by half a step


def test_nu_beyond_feasibility_is_no_floor() -> None:
    """Scaled by ``1 + 1e-12`` the optimal ``nu`` is not feasible any more, and its dual value lies above the optimum."""
    risk = risk_of(*EXA)
    found, y = lowest(risk), [1, 1]
    nu = [Fraction(1, 6), Fraction(1, 6)]
    beyond = [v * (1 + Fraction(1, 10**12)) for v in nu]
    assert sup_squared(nu, found.faces)[0] == risk.beta**2 < sup_squared(beyond, found.faces)[0]
    assert dual(beyond, y, Fraction(1)) > found.value
    assert floor(beyond, y, risk.beta, found.faces) == Fraction(11, 36)


def test_gradient_and_exact_value() -> None:
    risk, theta = drawn(5, 3, 0.2, m=2), random_theta(2, 4, 3, stream(0, "theta"))
    value, gradient = risk.value_and_gradient(theta)
    numeric = numerical_gradient(risk, theta)  # type: ignore[arg-type]
    torch.testing.assert_close(gradient.U, numeric.U, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(gradient.W, numeric.W, rtol=1e-6, atol=1e-8)
    assert float(value) == pytest.approx(float(exact_value(theta, risk)), rel=1e-14)
    assert float(risk.value(theta)) == pytest.approx(float(value), rel=1e-14)


def start(kind: str, p: int, n: int, m: int = 1) -> Theta:
    theta = random_theta(m, p, n, stream(2, "start", p, n))
    U, W = theta.U.clone(), theta.W.clone()
    if kind == "copies":
        W[1], U[:, 1], W[2] = W[0], U[:, 0], 2 * W[0]
    if kind == "dead":
        W[0], U[:, 1] = 0, 0
    if kind == "zero":
        W, U = 0 * W, 0 * U
    if kind == "far":
        U, W = 1e3 * U, 1e-3 * W
    return Theta(U, W)


@pytest.mark.parametrize(("N", "n", "beta"), RANDOM)
@pytest.mark.parametrize("kind", ["random", "copies", "dead", "zero", "far"])
def test_path_from_anywhere(N: int, n: int, beta: float, kind: str) -> None:
    risk = drawn(N, n, beta)
    best = lowest(risk)
    done = certified_decay(start(kind, best.rank + 1, n), risk, best)
    assert done.exact is not None and done.exact["verdict"] == "never rises"
    assert done.verdict.relative_rise <= 1e-12  # of the networks, whose weights are rounded
    assert 0 <= done.excess / best.value <= 1e-12


@pytest.mark.parametrize(("N", "n", "p"), [(2, 2, 3), (3, 2, 4), (4, 3, 5), (5, 2, 12)])
@pytest.mark.parametrize("kind", ["random", "copies", "dead"])
@pytest.mark.parametrize("algebra", [Rationals(), Rounded()], ids=["rational", "rounded"])
def test_rational_paths_never_rise(N: int, n: int, p: int, kind: str, algebra: Algebra) -> None:
    risk = drawn(N, n, 0.3)
    best = lowest(risk)
    done = certified_decay(start(kind, p, n), risk, best, algebra)
    # the checker, which shares no line with builder or judge, in units of L = (2/N) f; its ends by a second route
    assert done.exact is not None and done.exact["verdict"] == "never rises"
    for told, theta in (("start", start(kind, p, n)), ("end", done.path.path().end)):
        assert float(exact_value(theta, risk)) * 2 / N == pytest.approx(upper(done.exact[told]), rel=1e-10)
    assert upper(done.exact["above_floor"]) <= 1e-14 * float(best.value) * 2 / N
    assert done.verdict.relative_rise <= 1e-12


def checked(path: MassPath, risk: DecayRisk) -> str | None:
    """The exact checker's verdict; None where it refuses the file."""
    found = verdict_of(lambda file: save_masses(file, mass_knots(path), risk))
    return None if found is None else str(found["verdict"])


def test_a_bent_or_overshooting_leg_is_seen() -> None:
    risk = drawn(4, 2, 0.3)
    best = lowest(risk)
    path = certified_decay(start("random", 5, 2), risk, best, Rationals()).path
    # bent back, the first leg ends where the second does not begin: refused
    for i, factor, found in ((0, Fraction(-1), None), (len(path.legs) - 1, Fraction(21, 10), "rises")):
        leg = path.legs[i]
        bent = replace(leg, last=leg.first + factor * (leg.last - leg.first))
        assert checked(MassPath(path.balance, (*path.legs[:i], bent, *path.legs[i + 1 :])), risk) == found


def test_too_far_a_balance_is_seen() -> None:
    risk = drawn(3, 2, 0.3)
    path = certified_decay(start("far", 4, 2), risk, lowest(risk), Rationals()).path
    units = path.balance.units
    beyond = replace(path.balance, units=replace(units, ratio=units.ratio * 0.5), stretch=path.balance.stretch * 2)
    back = replace(path.balance, units=replace(units, ratio=units.ratio * 2), stretch=path.balance.stretch / 2)
    found = [checked(MassPath(leg, ()), risk) for leg in (path.balance, beyond, back)]
    assert found[0] == "never rises" and "rises" in found[1:]


def test_several_outputs() -> None:
    """Width ``r m + 1`` suffices: from one network down to whatever another one reaches."""
    risk = drawn(4, 2, 0.3, m=2)
    rank = 2 * Span(risk.plain).dimension
    target = random_theta(2, 3, 2, stream(5, "target"))
    path = descend(random_theta(2, rank + 1, 2, stream(4, "start")), risk, rank, atoms_of(target), Rationals())
    assert checked(path, risk) == "never rises"
    assert exact_value(path.path().end, risk) <= exact_value(target, risk) * (1 + Fraction(1, 10**12))
    assert judge_path(path.path(), risk).relative_rise <= 1e-12


BAD = {
    "no decay": lambda: drawn(3, 2, 0.0),
    "negative decay": lambda: drawn(3, 2, -1.0),
    "not homogeneous": lambda: drawn(3, 2, 1.0, name="tanh"),
    "squares": lambda: drawn(3, 2, 1.0, name="z2"),
    "rank 4": lambda: lowest(drawn(5, 4, 1.0)),
    "two outputs": lambda: lowest(drawn(5, 2, 1.0, m=2)),
    "p = r": lambda: certified_decay(start("random", 4, 2), drawn(4, 2, 0.3), lowest(drawn(4, 2, 0.3))),
}


@pytest.mark.parametrize("action", BAD.values(), ids=list(BAD))
def test_bad_input(action: object) -> None:
    with pytest.raises(InputError):
        action()  # type: ignore[operator]


def test_parallel_points_count_once() -> None:
    X = [[1, 2], [2, 4], [-1, -2], [0, 0], [1, 0]]
    risk = risk_of(X, [1, -1, 2, 3, 1], 0.1)
    best = lowest(risk)
    assert best.rank == 3
    assert best.gap <= 1e-14
    done = certified_decay(start("random", 4, 2), risk, best)
    assert done.verdict.relative_rise <= 1e-12 and done.excess <= 1e-12


def test_a_callable_that_only_bears_the_name_of_relu_has_no_leak() -> None:
    def relu(z: torch.Tensor) -> torch.Tensor:
        return z.square()

    with pytest.raises(InputError, match="positively homogeneous"):
        leak_of(activation(relu))
