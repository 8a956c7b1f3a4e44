"""What the exact checker tells of paths along masses becomes claims: exact where it tells all of it, else by floats."""

from __future__ import annotations

from dataclasses import astuple, replace
from math import inf, isnan, nan
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

from valleys.judge.decay_claims import Judged, connection_claims, decay_claims, share_above
from valleys.judge.exact import share
from valleys.judge.verify import main as judge
from valleys.judge.verify_masses import descent

FALLS = {"verdict": "never rises", "start": "4", "end": "2", "above_floor": "1/4", "legs": [{"rise": "0"}]}
RISES: dict[str, Any] = {"verdict": "rises", "start": "4", "end": "2", "legs": [{"rise": "1"}]}
ONE = Judged(FALLS, 0.5, 0.25, 2.0**-60)
WORDS = "largest rise on a leg, relative to the loss at the start"
ENDS = "loss at the end less the rational floor under every width, relative"
EXACT = ": 0 or a number, in rationals, from the path's file alone"


@pytest.mark.parametrize(
    ("amount", "told", "value"),
    [(1.0, ["4"], 0.25), (1.0, ["1/4", "8"], 0.125), (1.0, ["[+/- 1]", "2"], 0.5), (1.0, [None, "2"], 0.5), (1.0, ["1/8"], 8.0),
     (0.0, ["0"], 0.0), (-1.0, [None], 0.0), (1.0, ["0"], inf), (1.0, [None], inf), (inf, ["2"], inf), (1.0, ["[3 +/- 1]"], 0.5)],
)  # fmt: skip
def test_shares(amount: float, told: list[str | None], value: float) -> None:
    assert share(amount, *told) == value


def test_a_share_is_rounded_up() -> None:
    assert share(1.0, "3") == 1 / 3 + 2**-54 and share(1.0, "10") == 0.1


@pytest.mark.parametrize(
    ("gap", "end", "value"),
    [("1/4", "2", 0.125), ("0", "0", 0.0), ("1/4", "0", inf), ("[-2 +/- 1]", "2", nan), (None, "2", inf)],
)
def test_the_end_above_the_floor(gap: str | None, end: str, value: float) -> None:
    found = share_above({"above_floor": gap, "end": end})
    assert found == value or (isnan(found) and isnan(value))


def claims(*paths: Judged) -> list[tuple[Any, ...]]:
    return [astuple(claim)[2:] for claim in decay_claims("x", "here", paths)]


def test_claims_word_by_word() -> None:
    bound = 1e-12 + 2.0**-60
    (never, ending) = decay_claims("x", "here", [ONE])
    assert (never.id, never.source, ending.id, ending.source) == ("x.never_rises", "here", "x.ends_at_floor", "here")
    assert claims(ONE) == [(WORDS + EXACT, 0.0, "<=", 1e-30, "exact"), (ENDS, 0.125, "<=", bound, "exact")]
    of = " (worst of 2 paths)"
    up = Judged(RISES | {"above_floor": "1"}, 0.0, 0.0, 2.0**-50)
    assert claims(ONE, up) == [
        (WORDS + of + EXACT, 0.25, "<=", 1e-30, "exact"), (ENDS + of, 0.5, "<=", 1e-12 + 2.0**-50, "exact"),
    ]  # fmt: skip
    assert claims(ONE, replace(ONE, exact=None, rise=0.75, gap=0.125)) == [
        (WORDS + of, 0.75, "<=", 1e-12, "verified"), (ENDS + of, 0.25, "<=", bound, "proved"),
    ]  # fmt: skip
    assert claims(replace(ONE, exact=RISES)) == [
        (WORDS + EXACT, 0.25, "<=", 1e-30, "exact"), (ENDS, 0.25, "<=", bound, "proved"),
    ]  # fmt: skip
    floats = decay_claims("x", "here", [replace(ONE, exact=None)])
    assert [(claim.id, claim.source) for claim in floats] == [(never.id, "here"), (ending.id, "here")]
    assert not any(claim.holds for claim in decay_claims("x", "", [replace(ONE, exact=None, rise=nan, gap=nan), ONE]))


@pytest.mark.parametrize(
    ("told", "share", "holds"),
    [({"verdict": "never rises"}, 0.0, True), ({"verdict": "never above its higher end", "above": "0"}, 0.0, True),
     ({"verdict": "rises above its higher end", "above": "1/2"}, 0.125, False),
     ({"verdict": "rises above its higher end", "above": "1/2", "start": "1", "end": "2"}, 0.25, False),
     ({"verdict": "rises above its higher end", "above": "1e-60", "start": "0", "end": "0"}, inf, False)],
)  # fmt: skip
def test_connections(told: dict[str, str], share: float, holds: bool) -> None:
    (claim,) = connection_claims("x", {"start": "4", "end": "2"} | told)
    words = "largest loss over that at the higher end, less 1: in rationals, from the path's file alone"
    source = "weight_decay/PROOF.md, Corollary A'"
    assert astuple(claim) == ("x.below_worse_end", source, words, share, "<=", 1e-30, "exact")
    assert claim.holds is holds


#: One unit on ``x = y = 1``: ``L = (k - 1)^2 + k/4``, least at 7/8; ``nu`` of the best network is 1/8.
FILE: dict[str, Any] = {
    "X": np.ones((1, 1)), "Y": np.ones((1, 1)), "activation": "relu", "loss": "square+decay:1/8", "U": np.ones((2, 1, 1)),
    "W": np.ones((2, 1, 1)), "ratio": np.ones((2, 1)), "mass": np.array([["0"], ["7/8"]]),
}  # fmt: skip
FALLEN = "leg 1: masses never rises, rise 0\nL 1 -> 15/64; end: {}\n\n"
OPEN = "not decided: with weight decay filters that span all are not enough"
FILES = {
    "descent": ({}, FALLEN.format(OPEN), ["path.never_rises"], 0),
    "with a floor": (
        {"nu": np.array([["1/8"]])}, FALLEN.format("within 0 of a floor under the networks of every width"),
        ["path.never_rises", "path.ends_at_floor"], 0,
    ),
    "connection": ({"claim": "connection"}, FALLEN.format(OPEN), ["path.below_worse_end"], 0),
    "upwards": (
        {"mass": np.array([["7/8"], ["0"]])}, f"leg 1: masses rises, rise 49/64\nL 15/64 -> 1; end: {OPEN}\n\n",
        ["path.never_rises"], 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("more", "said", "ids", "code"), FILES.values(), ids=list(FILES))
def test_a_file_word_by_word(
    more: dict[str, Any], said: str, ids: list[str], code: int, tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "p.npz", **(FILE | more))
    assert judge([str(tmp_path / "p.npz")]) == code
    told = capsys.readouterr().out
    assert told.startswith(said)
    assert [row.split()[0] for row in told.splitlines() if row.startswith("path.")] == ids


def test_a_file_that_the_checker_refuses_is_one_line(tmp_path: File, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.npz"
    np.savez(file, **(FILE | {"ratio": np.zeros((2, 1))}))
    assert judge([str(file)]) == 2
    line = f"FILE: got a ratio <= 0, or a mass < 0 in {file}; allowed: a path along masses, as check/README.md says\n"
    assert capsys.readouterr().err.endswith(line)


def test_where_the_paper_says_it() -> None:
    source = "weight_decay/PROOF.md, Theorem A"
    assert [(claim.source, claim.bound) for claim in descent(FALLS)] == [(source, 1e-30), (source, 1e-12)]
    told = {key: value for key, value in FALLS.items() if key != "above_floor"}
    assert [claim.id for claim in descent(told)] == ["path.never_rises"]
