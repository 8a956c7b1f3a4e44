"""The scripts' shards are the same from every executor, and docs/scale.md says what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bench_scale
from tests.running import ROOT
from theorem8 import th8options, th8transition
from theorem12 import th12options, th12training
from theorem13 import th13options, th13sandwich
from theorem13.census import cells
from theorem13.census import options as census
from theorem16 import th16options, th16widths
from valleys.run.shards import Shards

TASKS: dict[str, tuple[Any, Any]] = {
    "census": (cells.shard, census.Config(k=(3,), runs=8)),
    "width transition": (th8transition.trained, th8options.Config(quick=True)),
    "phase diagram": (th12training.descended, th12options.Config(n=3, runs=3, steps=30)),
    "sandwich": (th13sandwich.shard, th13options.Config(quick=True)),
    "trials": (th16widths.trial, th16options.Config(widths=(4, 16))),
}


@pytest.mark.parametrize("name", TASKS)
def test_every_script_s_shards_are_the_same_from_processes(name: str, tmp_path: Path) -> None:
    task, config = TASKS[name]
    here, there = (Shards(task, config, 2, tmp_path / where, ROOT / "tests" / "test_scale.py", {}) for where in "ab")
    here.compute("threads:1", "test")
    there.compute("processes:2", "test")
    assert here.cut is there.cut is None
    for number in (0, 1):
        assert here.file(number).read_bytes() == there.file(number).read_bytes()


def test_the_document_says_what_the_benchmark_found() -> None:
    assert bench_scale.block(json.loads(bench_scale.RECORD.read_text())) in bench_scale.DOCUMENT.read_text()
