"""Theorem 13's paths as the record holds them: made again, but for the attack, whose lowest losses are the record's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.replay import record_of, replayed
from theorem13 import th13paths
from theorem13.th13attack import Attack
from theorem13.th13options import Config
from valleys.problem.streams import stream
from valleys.run.record import Record


@pytest.fixture(scope="module")
def thirteenth() -> Record:
    return record_of("theorem13/outputs_t13", "theorem_13")


def attacked(thirteenth: Record, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """The attack's lowest losses from the record; what was asked of it."""
    asked: list[tuple[int, int, int]] = []

    def attack(setting: Any, risk: Any, tries: int, steps: int, generator: torch.Generator) -> Attack:
        asked.append((tries, steps, generator.initial_seed()))
        return Attack(**thirteenth.values["attack"])

    monkeypatch.setattr(th13paths, "attack", attack)
    return asked


def test_the_way_through_the_gate(thirteenth: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = attacked(thirteenth, monkeypatch)
    config = Config(seed=thirteenth.seed, save_path=str(tmp_path / "p.npz"))
    part = th13paths.path_loss(config)
    ids = tuple(claim.id for claim in part.claims)
    replayed(part, thirteenth, "path_loss", ids)
    assert asked == [(64, 400, stream(thirteenth.seed, "attack").initial_seed())]
    with np.load(tmp_path / "p.npz") as path:
        assert path["U"].shape == (4, 1, 9) and {"U", "W", "activation"} <= set(path.files)


def test_straight_lines_out_of_the_valley(thirteenth: Record) -> None:
    part = th13paths.path_multi_runs(Config(seed=thirteenth.seed))
    replayed(part, thirteenth, "path_multi_runs", ("straight_lines",))


@pytest.mark.parametrize(
    ("name", "quick", "wanted"),
    [("relu", True, (16, 150)), ("z4", False, (64, 400)), ("sigmoid", True, (4, 30)), ("softplus", False, (8, 60))],
)
def test_effort(name: str, quick: bool, wanted: tuple[int, int]) -> None:
    assert th13paths.effort(th13paths.Setting(name, "theorem", 4, 2, 2.0, 3.0), quick) == wanted


def test_a_path_under_the_decoupled_law_is_told_so(thirteenth: Record) -> None:
    told = thirteenth.values | {"law": "decoupled"}
    assert th13paths.caption(told).startswith("Exact population loss under the decoupled law, relu, n = 10, p = 9. ")
