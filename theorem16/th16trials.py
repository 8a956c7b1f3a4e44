"""Trials in two Python threads, kept in a file as they finish: Ctrl-C loses none, the same command resumes."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from theorem16.th16options import OUTPUTS, Config
from valleys.run.pictures import folder_for
from valleys.run.unfinished import keep, kept

WORKERS = 2
KEEP_EVERY = 20

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Store:
    """A file of finished trials.

    Attributes:
        file: where; removed once every trial is done.
        key: what the trials were computed from; a file with another key, or a broken one, is ignored.
    """

    file: Path
    key: str

    def load(self) -> dict[int, Arrays]:
        """The trials of an interrupted run with the same key."""
        done: dict[int, Arrays] = {}
        for name, value in kept(self.file, self.key).items():
            trial, _, part = name.partition("/")
            done.setdefault(int(trial), {})[part] = value
        return done

    def save(self, done: dict[int, Arrays]) -> None:
        """Write all finished trials, whole or not at all."""
        flat = {f"{trial}/{name}": value for trial, parts in done.items() for name, value in parts.items()}
        keep(self.file, self.key, flat)


def store_for(config: Config, label: str, *sizes: object) -> Store:
    """The store of a picture's trials in its output folder, known by the options and by what else they depend on."""
    facts = {**config.compared(), "label": label, "sizes": sizes}
    file = folder_for(config, OUTPUTS) / f"{label.replace(' ', '_')}.partial"
    return Store(file, json.dumps(facts, sort_keys=True, default=str))


def run_trials(
    task: Callable[[int], Arrays], count: int, label: str, store: Store | None = None, keep: bool = False
) -> tuple[list[Arrays], bool]:
    """Run trials 0 .. count-1.

    Args:
        task: trial -> arrays; must draw from a generator of its own.
        count: number of trials.
        label: for the progress bar.
        store: keeps finished trials; None keeps nothing.
        keep: whether the file stays when every trial is done (more of the same picture is to come).

    Returns:
        the finished trials in order, and whether all are there (False after Ctrl-C).

    Raises:
        KeyboardInterrupt: if Ctrl-C came before any trial was finished.
    """
    torch.set_num_threads(1)  # the trials share the processors; torch's own threads would fight over them
    done = store.load() if store else {}
    waiting = [trial for trial in range(count) if trial not in done]
    running: dict[Future[Arrays], int] = {}
    complete = True
    with ThreadPoolExecutor(WORKERS) as pool, tqdm(total=count, initial=len(done), desc=label, leave=False) as bar:
        try:
            while waiting or running:
                while waiting and len(running) < WORKERS:
                    trial = waiting.pop(0)
                    running[pool.submit(task, trial)] = trial
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done[running.pop(future)] = future.result()
                    bar.update()
                    if store and len(done) % KEEP_EVERY == 0:
                        store.save(done)
        except KeyboardInterrupt:
            complete = False
            for future in wait(running).done:
                done[running[future]] = future.result()
    if store and complete and not keep:
        store.file.unlink(missing_ok=True)
    elif store:
        store.save(done)
    if not done:
        raise KeyboardInterrupt
    return [done[trial] for trial in sorted(done)], complete
