"""What the checker tells becomes a claim of the kind exact: 0, a number, or undecided."""

from __future__ import annotations

from dataclasses import astuple
from fractions import Fraction
from math import inf, nextafter
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

from valleys.judge.decay_floor import rounded_up
from valleys.judge.exact import exact_claims, judged_exactly, judged_in_passing, left_of, lower, rise_of, upper
from valleys.judge.exact_join import excess_of, join_claims

LEG = {"rise": "0"}
CASES: dict[str, tuple[dict[str, Any], float, bool]] = {
    "never": ({"verdict": "never rises", "start": "1", "legs": [LEG]}, 0.0, True),
    "never, in balls": ({"verdict": "never rises", "start": "1", "legs": [{"rise": "[+/- 1e-9]"}]}, 0.0, True),
    "no slack": ({"verdict": "rises", "start": "[4.0 +/- 1e-9]", "legs": [LEG, {"rise": "[5.6e-31 +/- 1e-40]"}]}, 1.4e-31, True),
    "a small start": ({"verdict": "rises", "start": "1/4", "legs": [LEG, {"rise": "1e-31"}]}, 4e-31, True),
    "a rational": ({"verdict": "rises", "start": "2", "legs": [{"rise": "1/4"}]}, 0.125, False),
    "the worst of two": ({"verdict": "rises", "start": "2", "legs": [{"rise": "1/4"}, {"rise": "1/2"}, LEG]}, 0.25, False),
    "undecided": ({"verdict": "undecided", "start": "2", "legs": [{"rise": None}]}, inf, False),
    "a start that is not known": ({"verdict": "rises", "start": None, "legs": [{"rise": "1e-31"}]}, inf, False),
    "a start of 0": ({"verdict": "rises", "start": "0", "legs": [{"rise": "1e-31"}]}, inf, False),
    "a start that may be 0": ({"verdict": "undecided", "start": "[1.0 +/- 1]", "legs": [{"rise": "1e-31"}]}, inf, False),
    "relative to the least start": ({"verdict": "rises", "start": "[1.5 +/- 1]", "legs": [{"rise": "1"}]}, 2.0, False),
}  # fmt: skip


@pytest.mark.parametrize(("verdict", "rise", "holds"), CASES.values(), ids=list(CASES))
def test_rise_and_claim(verdict: dict[str, object], rise: float, holds: bool) -> None:
    assert rise_of(verdict) == pytest.approx(rise, rel=1e-6, abs=0)
    (claim,) = exact_claims("x", "", [verdict], ends=False)
    assert (claim.holds, claim.kind) == (holds, "exact")


@pytest.mark.parametrize(
    ("told", "most"),
    [("3", 3.0), ("-7/2", -3.5), ("1/3", 1 / 3 + 2**-54), ("1/10", 0.1), ("[0.5 +/- 0.25]", 0.75), ("[-1.5 +/- 0.25]", -1.25),
     ("[+/- 0.125]", 0.125), ("[1e+30 +/- 0]", 1e30), ("[1 +/- 1e-30]", nextafter(1, 2)), (None, inf), ("nan", inf),
     ("[+/- inf]", inf)],
)  # fmt: skip
def test_the_upper_end_of_what_is_told(told: str | None, most: float) -> None:
    assert upper(told) == most


def test_rounded_up() -> None:
    for value in (Fraction(1, 3), Fraction(2, 3), Fraction(1, 2), Fraction(-1, 3), Fraction(1 << 60 | 1)):
        assert Fraction(nextafter(rounded_up(value), -inf)) < value <= Fraction(rounded_up(value))


def test_claims_word_by_word() -> None:
    found = [
        CASES["never"][0] | {"attained": "not decided: x"},
        CASES["a rational"][0] | {"attained": "yes, not decided"},
    ]
    text = "largest rise on 2 paths, relative to L(start): 0 or a number, in integers or balls, from the file alone"
    ends = "paths (of 2) whose end is not known to be one convex leg of U before a global minimum"
    assert [astuple(claim) for claim in exact_claims("x", "p. 7", found)] == [
        ("x.never_rises_exactly", "p. 7", text, 0.125, "<=", 1e-30, "exact"),
        ("x.end_attained_exactly", "p. 7", ends, 1, "<=", 0, "exact"),
    ]


def test_no_path_is_no_claim_that_holds() -> None:
    never, ending = exact_claims("x", "", [], ends=False, gap=1.0)
    assert never.measured == ending.measured == inf and not (never.holds or ending.holds)
    assert [claim.measured for claim in join_claims("x", "", [], [])] == [inf, inf]


def test_claims_on_ends_and_connections_word_by_word() -> None:
    text = "loss at the end of 1 paths, at least what it is above the minimum, relative to L(start), at most"
    falls = {"verdict": "never rises", "start": "4", "end": "1", "attained": "yes", "legs": [LEG]}
    ending = exact_claims("x", "p. 7", [falls], gap=0.5)[2]
    assert astuple(ending) == ("x.ends_at_minimum", "p. 7", text, 0.25, "<=", 0.5, "exact")
    below: dict[str, Any] = {"holds": True, "start": "1", "end": "2", "legs": [{"kind": "U"}, {"kind": "constant"}]}
    above = below | {"holds": False, "above": "1", "legs": [{"kind": "U, W"}, {"kind": "grid"}, {"kind": "U"}]}
    straight = "legs {} on which the output is not affine, from the knots' bits"
    high = "largest excess {} over the worse end, relative to L(0): 0 or a number, in integers or balls, from the file alone"
    for found, of, others, excess in (
        ([below], "of the connection", 0, 0.0),
        ([below, above], "of 2 connections", 2, 0.25),
    ):
        affine, ending = join_claims("x", "here", found, [4.0] * len(found), 0.5)
        assert astuple(affine) == ("x.affine", "here", straight.format(of), others, "<=", 0, "exact")
        assert excess <= ending.measured <= excess * (1 + 2e-12)
        assert astuple(ending) == ("x.below_worse_end", "here", high.format(of), ending.measured, "<=", 0.5, "exact")
    assert join_claims("x", "", [below], [1.0])[1].bound == 0
    assert (excess_of(above), excess_of(below | {"holds": False})) == (1.0, inf)


def test_a_file_is_judged_under_its_own_name(tmp_path: File) -> None:
    one = np.ones((1, 1))

    def write(file: File) -> None:
        np.savez(file, U=np.array([0 * one, one]), W=np.array([one, one]), X=one, Y=one, activation="z")

    write(tmp_path / "p.npz")
    found = judged_exactly(tmp_path / "p.npz")
    assert (found["file"], found["verdict"], found["start"], found["end"]) == ("p.npz", "never rises", "1", "0")
    passing = judged_in_passing(write)
    assert (passing["file"], passing["verdict"]) == ("path.npz", "never rises")


@pytest.mark.parametrize(
    "told", ["0", "3", "1/3", "[5.6e-30 +/- 1e-40]", "[0.333333333333 +/- 3.34e-13]", "[1e-40 +/- 1e-40]"]
)
def test_both_ends_enclose_what_the_checker_tells(told: str) -> None:
    middle, _, radius = told.strip("[]").partition(" +/- ")
    low, high = (Fraction(middle) + sign * Fraction(radius or 0) for sign in (-1, 1))
    assert Fraction(lower(told)) <= low <= high <= Fraction(upper(told))
    assert upper(told) - lower(told) <= 2 * (float(radius or 0) + 4e-16 * float(high))


ENDS = {
    "just left": ("4", "[3.9e-18 +/- 1e-20]", True), "too high": ("4", "[4.1e-18 +/- 1e-20]", False),
    "maybe too high": ("4", "[3.999e-18 +/- 1e-20]", False), "at the bottom": ("0", "0", True),
    "up from the bottom": ("0", "1/7", False), "start unknown": ("[1e-30 +/- 1e-29]", "[1e-50 +/- 1e-60]", False),
}  # fmt: skip


@pytest.mark.parametrize(("start", "end", "holds"), ENDS.values(), ids=list(ENDS))
def test_what_is_left_at_the_end(start: str, end: str, holds: bool) -> None:
    verdict = {"verdict": "never rises", "start": start, "end": end, "attained": "a global minimum", "legs": [LEG]}
    *_, claim = exact_claims("x", "", [verdict], gap=1e-18)
    assert (claim.id, claim.holds, claim.kind) == ("x.ends_at_minimum", holds, "exact")
    assert claim.measured == left_of(verdict)
