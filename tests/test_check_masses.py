"""The exact checker on paths along masses, and on floors under every width: known answers, and the least rise that there is."""

from __future__ import annotations

from fractions import Fraction
from math import nextafter
from typing import Any

import numpy as np
import pytest

from check.kinds.floor import largest
from check.legs import judged, law_of
from check.reading import RefusedError
from check.sample import rational
from tests.test_check_kinds import precision
from valleys.judge.decay_floor import sup_squared
from valleys.problem.arrangement import faces

__all__ = ["precision"]

Arrays = dict[str, Any]
LEAST = Fraction(1, 10**60)
#: One unit on one point, ``L = (k - 1)^2 + 2 k/8``: least at ``k = 7/8``, where it is 15/64.
ONE: Arrays = {
    "X": [[1.0]],
    "Y": [[1.0]],
    "loss": "square+decay:1/8",
    "U": [[[1.0]]] * 2,
    "W": [[[1.0]]] * 2,
    "ratio": [[1.0]] * 2,
}
#: Two points, no width below ``f = 11/36``, so ``L`` below 11/36; a unit along the first axis attains it at the mass 5/18.
TWO: Arrays = {"X": [[3.0, 4.0], [3.0, -4.0]], "Y": [[1.0], [1.0]], "loss": "square+decay:0.5", "U": [[[1.0]]] * 2,
               "W": [[[1.0, 0.0]]] * 2, "ratio": [[1.0]] * 2, "mass": ["0", "5/18"], "nu": ["1", "1"]}  # fmt: skip


def told(arrays: Arrays) -> Arrays:
    """The verdict on a file of these arrays; masses of one unit may be a list."""
    whole = {"activation": "relu", "claim": "descent"} | arrays
    texts = {"mass": lambda v: np.array(v).reshape(len(v), -1), "nu": lambda v: np.array(v).reshape(1, -1)}
    plain = {key: np.array(value) for key, value in whole.items() if key not in texts}
    plain |= {key: make([str(x) for x in whole[key]]) if np.ndim(whole[key]) == 1 else np.array(whole[key])
              for key, make in texts.items() if key in whole}  # fmt: skip
    return judged(law_of(plain), plain)


@pytest.mark.parametrize(
    ("masses", "verdict", "rise"),
    [
        ([0, Fraction(7, 8)], "never rises", 0),
        ([0, Fraction(7, 8) + LEAST], "rises", LEAST**2),
        ([2, Fraction(7, 8)], "never rises", 0),
        ([2, Fraction(7, 8) - LEAST], "rises", LEAST**2),
        ([1, 2], "rises", Fraction(5, 4)),
        ([0, 0], "never rises", 0),
    ],
)
def test_masses_against_the_vertex(masses: list[Fraction], verdict: str, rise: Fraction) -> None:
    found = told(ONE | {"mass": masses})
    assert (found["verdict"], str(found["legs"][0][2][1])) == (verdict, str(rise))
    k = Fraction(masses[1])
    assert str(found["end"]) == str((k - 1) ** 2 + k / 4)


@pytest.mark.parametrize(("q", "verdict"), [(2.0, "never rises"), (nextafter(2.0, 3.0), "rises"), (0.5, "rises")])
@pytest.mark.parametrize("dead", [0, 1])
def test_ratios_against_the_balance(q: float, verdict: str, dead: int) -> None:
    """``|U| = 2, |W| = 1``: balanced at the ratio 2, beyond which the decay rises; of a unit without a mass nothing moves."""
    arrays = ONE | {"U": [[[2.0]]] * 2, "ratio": [[1.0], [q]], "mass": [1 - dead] * 2}
    found = told(arrays)
    assert found["verdict"] == ("never rises" if dead else verdict)
    if found["verdict"] == "rises":
        rise, places = found["legs"][0][2][1:]
        least = Fraction(q) if q < 1 else Fraction(2)
        expected = (4 / Fraction(q) + Fraction(q) - (5 if q < 1 else 4 / least + least)) / 8
        assert float(rise) == pytest.approx(float(expected), rel=1e-6) and places[0] < 1


def test_a_known_floor_is_attained_and_nothing_is_below() -> None:
    found = told(TWO)
    assert (found["verdict"], str(found["end"])) == ("never rises", "11/36")
    assert 0 <= abs(float(found["above_floor"].strip("[]").split()[0])) <= 1e-60
    worse = told(TWO | {"nu": ["1", "2"]})
    assert float(worse["above_floor"].strip("[]").split()[0]) > 1e-3
    short = told(TWO | {"mass": ["0", "5/19"]})
    assert float(short["above_floor"].strip("[]").split()[0]) > 1e-4


@pytest.mark.parametrize("leak", [0.0, 0.01, 1.0])
@pytest.mark.parametrize(
    ("N", "n", "whole"), [(4, 1, False), (6, 2, False), (5, 3, False), (6, 3, True), (6, 2, True), (5, 4, True)]
)
def test_the_largest_pull_agrees_with_another_route(N: int, n: int, whole: bool, leak: float) -> None:
    """Integers are often parallel, on common planes or zero; of rank 3 in four coordinates, too."""
    g = np.random.default_rng(N + n)
    for _ in range(3):
        X, nu = g.normal(size=(N, n)), g.normal(size=N)
        if whole:
            X, nu = g.integers(-1, 2, (N, n)).astype(float), g.integers(-2, 3, N).astype(float)
        X[:, 3:] = X[:, :1]
        if X.any():
            found = largest(rational(nu[None]).entries(), rational(X).tolist(), rational(np.array([[leak]]))[0, 0])
            assert str(found) == str(sup_squared(nu, faces(X), leak)[0])


@pytest.mark.parametrize(
    ("masses", "verdict", "highest"),
    [
        ([2, Fraction(7, 8), 1], "never above its higher end", 2),
        ([1, 2, 2], "never above its higher end", 2),
        ([2, 2 + LEAST, 1], "rises above its higher end", 2 + LEAST),
        ([0, 3, 1], "rises above its higher end", 3),
    ],
)
def test_a_connection(masses: list[Fraction], verdict: str, highest: Fraction) -> None:
    arrays = {key: [*ONE[key], ONE[key][0]] for key in ("U", "W", "ratio")}
    found = told(ONE | arrays | {"mass": masses, "claim": "connection"})
    assert (found["verdict"], str(found["highest"])) == (verdict, str((highest - 1) ** 2 + Fraction(highest) / 4))
    assert (found["above"] == "0") == (verdict[:5] == "never")


def test_two_units_on_a_leaky_side() -> None:
    """Two units on two points, one on the leaky side: residuals and decay by hand."""
    leak = Fraction(0.01)

    def L(a: int, b: int) -> Fraction:
        errors = a + b * -2 * (-3 * leak) - 2, a * -leak + b * -2 * 3 - 1
        return sum((e * e for e in errors), Fraction(0)) / 2 + (a * 2 + b * (Fraction(4, 2) + 2 * 9)) / 4

    found = told({"activation": "leaky_relu", "X": [[1.0], [-1.0]], "Y": [[2.0], [1.0]], "loss": "square+decay:1/4",
                  "U": [[[1.0, -2.0]]] * 2, "W": [[[1.0], [-3.0]]] * 2, "ratio": [[1.0, 2.0]] * 2,
                  "mass": [["1", "2"], ["3", "1"]]})  # fmt: skip
    assert (str(found["start"]), str(found["end"])) == (str(L(1, 2)), str(L(3, 1)))


def test_a_unit_without_a_mass_may_turn() -> None:
    """Down to 0, another direction, up again: at 0 it is the same network, whatever its direction there."""
    for W in (-1.0, 1.0, 5.0):
        arrays = {key: [*ONE[key], ONE[key][0]] for key in ("U", "ratio")} | {"W": [[[-1.0]], [[W]], [[1.0]]]}
        found = told(ONE | arrays | {"mass": [1, 0, Fraction(7, 8)]})
        assert found["verdict"] == "never rises" and str(found["start"]) == "5/4"


REFUSED = {
    "a unit with a mass turns": (ONE | {"mass": [1, 1], "W": [[[1.0]], [[2.0]]]}, "changes its U or W"),
    "masses and ratios at once": (ONE | {"mass": [2, 1], "ratio": [[1.0], [2.0]]}, "on one leg"),
    "a mass below 0": (ONE | {"mass": [1, -1]}, "mass < 0"),
    "a ratio of 0": (ONE | {"mass": [1, 1], "ratio": [[1.0], [0.0]]}, "ratio <= 0"),
    "no number": (ONE | {"mass": ["1", "0x1"]}, "no rational"),
    "one knot": ({**ONE, "mass": [1], "U": ONE["U"][:1], "W": ONE["W"][:1], "ratio": [[1.0]]}, "one knot"),
    "no decay": (ONE | {"mass": [1, 0], "loss": "square"}, "without weight decay"),
    "not homogeneous": (ONE | {"mass": [1, 0], "activation": "z2"}, "homogeneous"),
    "another claim": (ONE | {"mass": [1, 0], "claim": "ascent"}, "claim"),
    "an array too many": (ONE | {"mass": [1, 0], "t": [0.0, 1.0]}, "no meaning"),
    "decay of 1/0": (ONE | {"mass": [1, 0], "loss": "square+decay:1/0"}, "1/0"),
    "nu for two outputs": ({**ONE, "Y": [[1.0, 1.0]], "U": [[[1.0], [1.0]]] * 2, "mass": [1, 0], "nu": ["1"]}, "several outputs"),
    "nu for inputs of rank 4": (
        {**ONE, "X": np.eye(4), "Y": np.ones(4), "W": [[[1.0, 0, 0, 0]]] * 2, "mass": [1, 0], "nu": ["1"] * 4}, "rank 4",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arrays", "words"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_refused(arrays: Arrays, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        told(arrays)
