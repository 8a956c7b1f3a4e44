"""Trials as shards, each a file when it is finished: Ctrl-C loses none, the same command resumes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from theorem16.th16data import AtomTeacher, Teacher
from theorem16.th16law import InputLaw
from theorem16.th16options import OUTPUTS, WIDEST, Config
from theorem16.th16own import problem, thesis_of
from valleys.run.provenance import given_data
from valleys.run.shards import Arrays, Shards, handed_out

SCRIPT = Path(__file__).with_name("theorem_16.py")

#: Of one trial up to the largest width.
SECONDS = 1.0

Task = Callable[[Config, int], Arrays]


class Trials(NamedTuple):
    """Finished trials, and the shards that hold them."""

    done: list[Arrays]
    shards: Shards[Config]


def run_trials(task: Task, config: Config, count: int, label: str, seconds: float = SECONDS) -> Trials:
    """Run trials 0 .. count-1 on ``--executor``.

    Args:
        task: (config, trial) -> arrays, a function of a module; must draw from a generator of its own.
        config: the options.
        count: number of trials.
        label: for the progress bar.
        seconds: of a trial, at the largest width of all.

    Returns:
        the finished trials in order, and their shards, which say whether these are all.
    """
    shards = handed_out(task, config, count, OUTPUTS, SCRIPT, seconds * (config.all_widths()[-1] / WIDEST) ** 2)
    shards.compute(config.executor, label)
    return Trials([arrays for _, arrays in shards.finished()], shards)


def problem_of(config: Config) -> tuple[InputLaw, Teacher]:
    """The law and the teacher of the options, remembered: every trial on a worker asks for them."""
    return _problem(config, given_data(config.compared()))


@lru_cache(maxsize=4)
def _problem(config: Config, data: str) -> tuple[InputLaw, Teacher]:
    """The problem; ``data`` tells two contents of one teacher file apart."""
    return problem(config)


@lru_cache(maxsize=4)
def thesis_problem(config: Config) -> tuple[InputLaw, AtomTeacher]:
    """The law of the options with the thesis' own teacher, remembered."""
    law = InputLaw(config.d_in, config.bias)
    return law, thesis_of(config, law)
