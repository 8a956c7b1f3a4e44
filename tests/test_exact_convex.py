"""The exact checker's verdict in what ``certify``, ``connect`` and ``verify`` say: 0, the least rise, or another kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from valleys.judge import exact_convex
from valleys.judge.verify import verify
from valleys.own.certificate import certify
from valleys.own.joined import connect

X = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(6, 2) ** 3
Y = torch.tensor([1.0, -1.0, 0.5, 2.0, 0.0, 1.5])


def model(seed: int, between: nn.Module | None = None) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 9), between or nn.ReLU(), nn.Linear(9, 1)).double()


@pytest.mark.parametrize("loss", ["square", "huber:1", "logistic"])
@pytest.mark.parametrize("between", [nn.ReLU(), nn.Softplus()], ids=["relu", "softplus"])
def test_paths_rise_by_exactly_0(loss: str, between: nn.Module) -> None:
    y = Y.sign() + (Y == 0) if loss == "logistic" else Y
    down, joined = certify(model(0, between), X, y, loss), connect(model(1, between), model(2, between), X, y, loss)
    assert [(c.kind, c.measured) for c in down.claims if c.id != "certify.ends_at_minimum"] == [("exact", 0.0)] * 2
    assert [(c.kind, c.measured) for c in joined.claims] == [("exact", 0.0)] * 2


def test_what_no_file_can_hold_stays_with_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {c.kind for c in certify(model(0, nn.LeakyReLU(0.3)), X, Y).claims} == {"verified"}
    monkeypatch.setattr(exact_convex, "INTEGERS", 10.0)  # nor what would take long
    assert {c.kind for c in certify(model(0), X, Y).claims + connect(model(1), model(2), X, Y).claims} == {"verified"}


def told(file: Path, arrays: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[str]]]:
    """Exit code and rows of the table: measured, relation, bound, kind, verdict."""
    np.savez(file, **arrays)
    code = verify(str(file))
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("path.")]
    return code, {row[0]: row[1:] for row in rows}


LINE: dict[str, Any] = {"activation": "z", "X": [[1.0]], "Y": [[1.0]], "W": [[[1.0]]] * 2}


@pytest.mark.parametrize(
    ("end", "rise"),
    [(1.0, "0"), (1.0 + 2.0**-52, "4.930e-32"), (1.0 - 2.0**-53, "0"), (1.0 + 2.0**-20, "9.095e-13"), (1.1, "0.01")],
)
def test_the_least_rise_is_a_number(end: float, rise: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``(u - 1)^2`` from 0 past 1 by one unit in the last place: floats see 0 there, or its rounding."""
    code, rows = told(tmp_path / "p.npz", LINE | {"U": [[[0.0]], [[end]]]}, capsys)
    assert (code, rows["path.never_rises"][0], rows["path.never_rises"][3]) == (int(end > 1.001), rise, "exact")


@pytest.mark.parametrize(("knot", "above"), [(2.0, "0"), (2.0 + 2.0**-51, "8.882e-16"), (3.0, "3")])
def test_the_least_excess_is_a_number(
    knot: float, above: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From 1/2 over ``knot`` to 2, where ``(u - 1)^2`` is 1."""
    arrays = LINE | {"W": [[[1.0]]] * 3, "U": [[[0.5]], [[knot]], [[2.0]]], "claim": "connection"}
    code, rows = told(tmp_path / "p.npz", arrays, capsys)
    assert (code, rows["path.below_worse_end"][0], rows["path.below_worse_end"][3]) == (
        int(knot > 2.001),
        above,
        "exact",
    )
