"""The census in shards: at most 250 runs of a cell each; every 1000 runs of a cell have a stream of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import torch

from theorem13.census.options import OUTPUTS, Config
from theorem13.census.training import BLOCK, Ends, Setting, run, starts
from valleys.run.device import device_for
from valleys.run.shards import Arrays, Shards, handed_out

#: Gradient descent on half the loss has step STEP/n for n >= 6, as published in 2021.
STEP = 5.0
#: Runs of a shard (a divisor of BLOCK); a card takes a whole block.
PIECE = 250
#: Seconds of a run are about this much times (n k)^2.
COST = 1e-6
SCRIPT = Path(__file__).resolve().parents[1] / "spurious_minima.py"


class Piece(NamedTuple):
    """Runs ``first .. last - 1`` of a cell."""

    setting: Setting
    first: int
    last: int


def settings(config: Config) -> list[Setting]:
    """The cells that the options ask for, small k first."""
    return [
        Setting(k, extra, config.starts, config.seed, config.step or STEP, config.steps)
        for k in config.teacher_units
        for extra in sorted(set(config.extra_units))
    ]


@lru_cache(maxsize=4)
def plan(config: Config) -> tuple[Piece, ...]:
    """The shards in their order: cell by cell."""
    size = PIECE if config.device == "cpu" else BLOCK
    return tuple(
        Piece(setting, first, min(first + size, setting.runs))
        for setting in settings(config)
        for first in range(0, setting.runs, size)
    )


def shard(config: Config, number: int) -> Arrays:
    """The end points of a piece, by the names of ``Ends``."""
    setting, first, last = plan(config)[number]
    block, begin = divmod(first, BLOCK)
    W = starts(setting, block)[begin : begin + last - first].to(device_for(config.device))
    ends = run(setting, W)
    return {name: getattr(ends, name).cpu().numpy() for name in ("W", "steps", "diverged")}


def shards_of(config: Config) -> Shards[Config]:
    """The shards of the census."""
    cost = sum(COST * (piece.last - piece.first) * (piece.setting.n * piece.setting.k) ** 2 for piece in plan(config))
    return handed_out(shard, config, len(plan(config)), OUTPUTS, SCRIPT, cost / len(plan(config)))


def cells_of(config: Config, shards: Shards[Config]) -> Iterator[tuple[Setting, Ends]]:
    """The cells of which runs are finished, one at a time; where not all are, the setting counts those that are."""
    for setting, found in groupby(shards.finished(), key=lambda pair: plan(config)[pair[0]].setting):
        parts = [arrays for _, arrays in found]
        ends = Ends(*(torch.cat([torch.from_numpy(a[name]) for a in parts]) for name in ("W", "steps", "diverged")))
        yield replace(setting, runs=len(ends.W)), ends
