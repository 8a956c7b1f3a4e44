"""Trials as shards, each a file when it is finished: Ctrl-C loses none, the same command resumes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from theorem16.th16data import AtomTeacher, Teacher
from theorem16.th16law import InputLaw
from theorem16.th16options import OUTPUTS, Config
from theorem16.th16own import problem, thesis_of
from valleys.run.pictures import folder_for
from valleys.run.provenance import given_data
from valleys.run.shards import Arrays, Shards

SCRIPT = Path(__file__).with_name("theorem_16.py")

Task = Callable[[Config, int], Arrays]


def trials_of(task: Task, config: Config, count: int) -> Shards[Config]:
    """The trials of a picture in its output folder, known by the options and by what else they depend on."""
    options = config.compared()
    facts = {**options, "quick": config.quick, "device": config.device, "data": given_data(options)}
    return Shards(task, config, count, folder_for(config, OUTPUTS), SCRIPT, facts)


def run_trials(task: Task, config: Config, count: int, label: str, keep: bool = False) -> tuple[list[Arrays], bool]:
    """Run trials 0 .. count-1 on ``--executor``.

    Args:
        task: (config, trial) -> arrays, a function of a module; must draw from a generator of its own.
        config: the options.
        count: number of trials.
        label: for the progress bar.
        keep: whether the files stay when every trial is done (more of the same picture is to come).

    Returns:
        the finished trials in order, and whether all are there (False after Ctrl-C).

    Raises:
        KeyboardInterrupt: if Ctrl-C came before any trial was finished.
    """
    shards = trials_of(task, config, count)
    complete = shards.compute(config.executor, label)
    done = list(shards.finished())
    if complete and not keep:
        shards.remove()
    if not done:
        raise KeyboardInterrupt
    return done, complete


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
