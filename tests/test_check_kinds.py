"""The exact checker, kind by kind, each against a second route: float64, a dense grid of rationals, or a known answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from flint import arb, arb_series, ctx, fmpq, fmpq_mat, fmpq_poly

from check.balls.boxes import mirrored, smooth
from check.balls.functions import BALLS
from check.balls.kernels import kappa
from check.balls.precision import bits, signed
from check.kinds.polynomials import polynomial
from check.legs import FALLS, judged, law_of, parabola, told
from check.sample import ATTAINED, UNDECIDED, Sigma, rational
from valleys.problem.activations import activation
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk

Arrays = dict[str, Any]
NAMES = ["relu", "leaky_relu", "z", "z2", "poly:1,-1,0.5", "sigmoid", "tanh", "softplus", "erf", "erf01"]


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    """Balls of 256 bits here; whatever is decided, FLINT's settings, which are those of the process, stay as they were."""
    before = ctx.prec, ctx.cap
    with bits():
        yield
        assert (ctx.prec, ctx.cap) == (256, 3)
    assert (ctx.prec, ctx.cap) == before


def path(arrays: Arrays) -> dict[str, Any]:
    arrays = {k: np.asarray(v) if isinstance(v, str) else np.array(v, float) for k, v in arrays.items()}
    return judged(law_of(arrays), arrays)


def whole(arrays: Arrays) -> tuple[str, list[str], Any, str]:
    """Verdict, kinds, the largest rise, and what the end is."""
    found = path(arrays)
    worst = next(v for _, _, v in found["legs"] if v[0] == found["verdict"])
    return worst[0], [kind for kind, _, _ in found["legs"]], worst[1], found["attained"]


def sample(seed: int, name: str, N: int, p: int, n: int = 2, m: int = 1) -> tuple[Arrays, np.random.Generator]:
    g = np.random.default_rng(seed)
    return {"activation": name, "X": g.normal(size=(N, n)), "Y": g.normal(size=(N, m))}, g


def loss(arrays: Arrays, U: np.ndarray, W: np.ndarray) -> float:
    law = Sample(torch.from_numpy(arrays["X"]), torch.from_numpy(arrays["Y"]))
    risk = FeatureRisk(activation(arrays["activation"]), law)
    return float(risk.value(Theta(torch.from_numpy(U), torch.from_numpy(W))))


def grid_rise(arrays: Arrays, ends: list[np.ndarray]) -> float:
    U0, W0, U1, W1 = ends
    values = [loss(arrays, U0 + t * (U1 - U0), W0 + t * (W1 - W0)) for t in np.linspace(0, 1, 801)]
    return float(np.max(np.array(values) - np.minimum.accumulate(values)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("moves", ["U", "U, W"])
def test_the_rise_agrees_with_a_dense_grid(name: str, moves: str) -> None:
    arrays, g = sample(5, name, 4, 3)
    U, W = g.normal(size=(2, 1, 3)), g.normal(size=(2, 3, 2))
    if moves == "U":
        W[1] = W[0]
    expected = grid_rise(arrays, [U[0], W[0], U[1], W[1]])
    verdict, kinds, rise, _ = whole(arrays | {"U": U, "W": W})
    assert (verdict, kinds) == ("rises", [moves])
    # balls give a lower bound from 33 places, polynomials the largest rise itself
    slack = 0.05 if moves != "U" and name in BALLS else 1e-4
    assert expected * (1 - slack) - 1e-9 <= float(arb(rise)) <= expected * 1.001 + 1e-9


@pytest.mark.parametrize("name", ["leaky_relu", "z2", "sigmoid"])
def test_only_the_features_of_the_last_rows_and_bits_are_remembered(name: str) -> None:
    arrays, g = sample(7, name, 5, 3)
    both = [rational(g.normal(size=(3, 2))) for _ in range(2)]
    arrays["activation"] = np.asarray(name)
    U, law = rational(g.normal(size=(1, 3))), law_of(dict(arrays))
    found = []
    for precision, W in ((64, both[0]), (64, both[1]), (256, both[1]), (256, both[0])):
        with bits(precision):
            found.append(law.along(U, U, W)[2])
            assert str(found[-1]) == str(law_of(dict(arrays)).along(U, U, W)[2])
    assert found[0] != found[1]


@pytest.mark.parametrize("name", ["relu", "z2", "sigmoid", "softplus"])
def test_a_small_step_down_the_gradient_never_rises(name: str) -> None:
    arrays, g = sample(7, name, 5, 3)
    U, W = g.normal(size=(1, 3)), g.normal(size=(3, 2))
    law = Sample(torch.from_numpy(arrays["X"]), torch.from_numpy(arrays["Y"]))
    risk = FeatureRisk(activation(name), law)
    _, down = risk.value_and_gradient(Theta(torch.from_numpy(U), torch.from_numpy(W)))
    step = 1e-2
    ends = {"U": [U, U - step * down.U.numpy()], "W": [W, W - step * down.W.numpy()]}
    assert whole(arrays | ends)[0] == "never rises"
    back = {key: value[::-1] for key, value in ends.items()}
    assert whole(arrays | back)[0] == "rises"


@pytest.mark.parametrize(
    ("roots", "verdict"),
    [
        ([], "never rises"), ([(1, 3)] * 2, "never rises"), ([(0, 1)], "rises"), ([(1, 1)], "never rises"),
        ([(1, 2)], "rises"), ([(1, 2)] * 3, "rises"), ([(1, 3), (2, 3)], "rises"), ([(1, 3)] * 2 + [(1, 1)], "never rises"),
        ([(2**60 - 1, 2**60)], "rises"),
    ],
)  # fmt: skip
def test_polynomials_with_known_roots(roots: list[tuple[int, int]], verdict: str) -> None:
    """``L' = -prod (root - t)``: negative before the first root."""
    slope = fmpq_poly([-1])
    for p, q in roots:
        slope *= fmpq_poly([fmpq(p, q), -1])
    found = polynomial(slope.integral(), fmpq(0), fmpq(1))
    assert found is not None and found[0] == verdict
    assert verdict == "never rises" or found[1] > 0


@pytest.mark.parametrize(("s", "a", "rise"), [(-1, 2, 0), (0, 2, 0), (1, 4, fmpq(1, 4)), (3, 2, 4), (2, 2, 2)])
def test_parabolas(s: int, a: int, rise: Any) -> None:
    assert parabola(fmpq(s), fmpq(a))[1] == rise


def test_parabolas_are_undecided_in_balls_around_0() -> None:
    assert signed(arb(0, 1), arb(1)) is None and signed(arb(1), arb(1, 1)) is None
    assert signed(arb(-1), arb(1)) == FALLS


def mpkappa(w: list[Any], v: list[Any]) -> Any:
    A, B, c = (sum(x * y for x, y in zip(*pair, strict=True)) for pair in ((w, w), (v, v), (w, v)))
    s = mpmath.sqrt(abs(A * B - c * c))
    return (s + c * (mpmath.pi - mpmath.atan2(s, c))) / (2 * mpmath.pi)


@pytest.mark.parametrize("factor", [None, 2, -2], ids=["apart", "parallel at 0", "opposite at 0"])
def test_kappa_and_its_derivatives_against_mpmath(factor: int | None) -> None:
    g = np.random.default_rng(2)
    w0, dw, v0, dv = g.integers(-5, 6, size=(4, 3)).tolist()
    v0 = v0 if factor is None else [factor * x for x in w0]

    def dot(*rows: list[int]) -> fmpq_poly:
        return sum((fmpq_poly([x, p]) * fmpq_poly([y, q]) for x, p, y, q in zip(*rows, strict=True)), fmpq_poly([0]))

    def along(t: Any) -> Any:
        return mpkappa(*([a + t * b for a, b in zip(*row, strict=True)] for row in ((w0, dw), (v0, dv))))

    k = kappa(dot(w0, dw, w0, dw), dot(v0, dv, v0, dv), dot(w0, dw, v0, dv))
    box = k(arb_series([arb(fmpq(1, 8)) + arb(0, fmpq(1, 8)), 1]))  # [0, 1/4]
    with mpmath.workdps(60):
        for order, factor in enumerate((1, 1, 2)):
            for t in (1 / 4, 3 / 4):
                found = (k(arb_series([arb(t), 1]))[order] * factor).mid().str(50, radius=False)
                assert mpmath.almosteq(mpmath.mpf(found), mpmath.diff(along, t, order), 1e-25)
            for t in np.linspace(0.001, 0.249, 20):
                assert (box[order] * factor).overlaps(arb(float(mpmath.diff(along, t, order)), 1e-9))


@pytest.mark.parametrize("name", ["z", "z2", "z3", "z4", "poly:1,-2,0.5,1"])
def test_polynomials_under_the_normal_law(name: str) -> None:
    """Moments against the library's Hermite coordinates, and a leg of ``U`` against the polynomial of the same leg."""
    g = np.random.default_rng(8)
    U, W, T, V = g.normal(size=(2, 3)), g.normal(size=(3, 2)), g.normal(size=(2, 2)), g.normal(size=(2, 2))
    law: Arrays = {"law": "gaussian", "activation": name, "teacher_activation": "z2", "noise": 0.5}
    found = path(law | {"teacher_U": T, "teacher_W": V, "U": np.stack([U, -U]), "W": np.stack([W, W])})
    teacher = Theta(torch.from_numpy(T), torch.from_numpy(V))
    risk = FeatureRisk(activation(name), GaussianTeacher(teacher, activation("z2"), 0.5))
    for sign, value in ((1, found["start"]), (-1, found["end"])):
        assert float(arb(value)) == pytest.approx(
            float(risk.value(Theta(torch.from_numpy(sign * U), torch.from_numpy(W))))
        )


def test_smooth_decides_with_a_critical_start() -> None:
    curve = lambda x: -x * x - x * x * x  # noqa: E731
    assert smooth(curve, even=True) == FALLS
    found = smooth(curve, even=False)
    assert found is not None and (found[0] == "never rises" or found[1] < 1e-60)
    touching = smooth(lambda x: x * x - x - x * x * x / 3, even=False)  # L' = -(1 - t)^2: no ball can tell
    assert touching is not None and touching[0] == "undecided" and touching[1] < 1e-60
    assert smooth(lambda x: x * x - x, even=False)[0] == "rises"  # type: ignore[index]


def test_mirrored_needs_both_halves() -> None:
    U, W = fmpq_mat([[1, 1]]), fmpq_mat([[3, 4], [3, 4]])
    none, turn, same = fmpq_mat(1, 2), fmpq_mat([[1, 2], [-1, -2]]), fmpq_mat([[1, 2], [1, 2]])
    assert mirrored(U, none, W, turn) and not mirrored(U, none, W, same)
    assert not mirrored(fmpq_mat([[1, 2]]), none, W, turn)


@pytest.mark.parametrize("moved", [1, 2, 3])
def test_deep_linear_legs(moved: int) -> None:
    arrays, g = sample(3, "z", 5, 0, n=3, m=2)
    sizes = [(4, 3), (3, 4), (2, 3)]
    start = [g.normal(size=size) for size in sizes]
    end = [w + (g.normal(size=w.shape) if i < moved else 0) for i, w in enumerate(start)]
    deep = arrays | {f"W{k + 1}": np.stack([a, b]) for k, (a, b) in enumerate(zip(start, end, strict=True))}
    verdict, kinds, rise, _ = whole(deep)
    values = []
    for t in np.linspace(0, 1, 2001):
        A, B, C = (a + t * (b - a) for a, b in zip(start, end, strict=True))
        values.append(((arrays["X"] @ (C @ B @ A).T - arrays["Y"]) ** 2).sum(axis=1).mean())
    expected = float(np.max(np.array(values) - np.minimum.accumulate(values)))
    assert kinds == ["layers"] and (verdict == "rises") == (expected > 0)
    assert float(arb(rise)) == pytest.approx(expected, rel=1e-5)


def test_a_deep_leg_on_the_fibre_is_constant() -> None:
    arrays, g = sample(3, "z", 5, 0, n=3, m=2)
    W1, W2 = g.normal(size=(3, 3)), g.normal(size=(2, 3))
    W2[:, 2] = 0
    other = W1.copy()
    other[2] += 1.0
    assert whole(arrays | {"W1": [W1, other], "W2": [W2, W2]})[:2] == ("never rises", ["constant"])


@pytest.mark.parametrize("width", [1, 2, 3])
def test_how_far_linear_layers_end_above_the_minimum(width: int) -> None:
    """Eckart and Young in float64; the last input is the sum of two others, so that ``Sxx`` has no inverse."""
    arrays, g = sample(5, "z", 9, 0, n=3, m=3)
    X, Y = np.column_stack([arrays["X"], arrays["X"][:, 0] + arrays["X"][:, 1]]), arrays["Y"]
    basis = np.linalg.qr(arrays["X"])[0]
    least = ((Y**2).sum() - (np.linalg.svd(Y.T @ basis)[1][:width] ** 2).sum()) / 9
    W1, W2 = g.normal(size=(width, 4)), g.normal(size=(3, width))
    end = ((X @ W1.T @ W2.T - Y) ** 2).sum() / 9
    words = path(arrays | {"X": X, "W1": [W1, W1], "W2": [W2 * 2, W2]})["attained"].split()
    assert words[:2] == ["at", "most"] and end - least <= float(words[2]) <= 1.01 * (end - least)


def test_a_path_with_an_undecided_leg_is_undecided() -> None:
    assert told([("U", "", FALLS), ("U", "", ("undecided", None, FALLS[2]))], 1, 0, "")["verdict"] == "undecided"


ENDS: dict[str, Callable[[np.random.Generator], tuple[str, np.ndarray, np.ndarray, str]]] = {
    "interpolates": lambda g: ("relu", g.normal(size=(4, 3)), g.normal(size=(40, 3)), ATTAINED),
    "too narrow": lambda g: ("relu", g.normal(size=(4, 3)), g.normal(size=(3, 3)), UNDECIDED),
    "rays": lambda g: ("relu", np.array([[1.0, 1], [2, 2], [0, 0], [0, 1]]), np.array([[1.0, 0], [0, 1]]), ATTAINED),
    "no rays": lambda g: ("sigmoid", np.array([[1.0, 1], [2, 2]]), np.array([[1.0, 0], [1, 0]]), UNDECIDED),
    "sigmoid": lambda g: ("sigmoid", g.normal(size=(4, 3)), g.normal(size=(6, 3)), ATTAINED),
    "repeated": lambda g: ("tanh", np.array([[1.0, 1], [1, 1], [0, 1]]), g.normal(size=(2, 2)), ATTAINED),
    "linear": lambda g: ("z", g.normal(size=(9, 3)), g.normal(size=(3, 3)), ATTAINED),
    "linear, narrow": lambda g: ("z", g.normal(size=(9, 3)), g.normal(size=(2, 3)), UNDECIDED),
    "square": lambda g: ("z2", g.normal(size=(9, 2)), g.normal(size=(3, 2)), ATTAINED),
    "square, narrow": lambda g: ("z2", g.normal(size=(9, 2)), np.array([[1.0, 0], [0, 1], [2, 0]]), UNDECIDED),
}


@pytest.mark.parametrize("case", ENDS.values(), ids=ENDS.keys())
def test_ends(case: Callable[[np.random.Generator], tuple[str, np.ndarray, np.ndarray, str]]) -> None:
    name, X, W, end = case(np.random.default_rng(4))
    U = np.zeros((2, 1, len(W)))
    assert whole({"activation": name, "X": X, "Y": np.ones((len(X), 1)), "U": U, "W": np.stack([W, W])})[3] == end


@pytest.mark.parametrize(("rows", "end"), [(10, ATTAINED), (9, UNDECIDED)])
def test_ends_of_polynomials_under_the_normal_law(rows: int, end: str) -> None:
    """``z^3`` in three variables: 10 monomials."""
    g = np.random.default_rng(6)
    law: Arrays = {"law": "gaussian", "activation": "z3", "teacher_activation": "z3", "noise": 0.0}
    law |= {"teacher_U": [[1.0]], "teacher_W": [[1.0, 2.0, 0.0]]}
    assert whole(law | {"U": np.zeros((2, 1, rows)), "W": np.stack([g.normal(size=(rows, 3))] * 2)})[3] == end


def test_equal_rows_trade_weight_for_nothing() -> None:
    arrays, g = sample(1, "sigmoid", 3, 2)
    W = np.stack([g.normal(size=2)] * 2)
    assert whole(arrays | {"U": [[[0.5, 1.0]], [[1.5, 0.0]]], "W": [W, W]})[:2] == ("never rises", ["constant"])


@pytest.mark.parametrize("weight", [0.0, -0.0, 5e-324])
def test_a_dead_row_has_weight_exactly_0(weight: float) -> None:
    arrays, g = sample(1, "relu", 6, 2)
    W = g.normal(size=(2, 2, 2))
    W[1, 0] = W[0, 0]
    _, kinds, _, _ = whole(arrays | {"U": [[[1.0, weight]]] * 2, "W": W})
    assert kinds == (["constant"] if weight == 0 else ["U, W"])


def test_names_of_activations_are_float64() -> None:
    assert Sigma("poly:0.1").powers[0] == fmpq(*(0.1).as_integer_ratio())
    assert rational(np.array([[5e-324]]))[0, 0] == fmpq(1, 2**1074)


def test_float_and_exact_losses_agree(tmp_path: Path) -> None:
    for name in ("relu", "leaky_relu", "z3", "sigmoid", "tanh", "softplus", "erf", "erf01"):
        arrays, g = sample(9, name, 7, 4, m=2)
        U, W = g.normal(size=(2, 4)), g.normal(size=(4, 2))
        start = path(arrays | {"U": np.stack([U, U]), "W": np.stack([W, W])})["start"]
        assert float(arb(start)) == pytest.approx(loss(arrays, U, W), rel=1e-8 if name == "softplus" else 1e-13)
