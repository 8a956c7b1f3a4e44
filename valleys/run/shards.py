"""A long computation in shards: each a pure function of config and number, computed anywhere, a file when finished.

``shards/<fingerprint>/000123.npz``: a killed run loses nothing that is finished, and the same command goes on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from tqdm import tqdm

from valleys.run.errors import InputError
from valleys.run.executors import close_all, opened
from valleys.run.flight import Flight
from valleys.run.options import Common
from valleys.run.pictures import folder_for
from valleys.run.provenance import fingerprints, given_data
from valleys.run.record import save_npz, versions, write_bytes

C = TypeVar("C")
S = TypeVar("S", bound=Common)
Arrays = dict[str, np.ndarray]
KEY = "shard"
#: Seconds of one worker from which on ``auto`` starts processes. Threads hardly scale where matrices are small, but processes
#: load torch first: 8 trials of Theorem 16 took one thread 1.6 s, two threads 1.6 s, two processes 11 s (two cores, both busy).
LONG = 30


@dataclass
class Shards(Generic[C]):
    """Shards 0 .. count-1 of a computation.

    Attributes:
        task: ``(config, number) -> arrays``, a function of a module, pure: it draws from the number's own stream.
        config: what every shard is computed from.
        count: number of shards.
        parent: folder of ``shards/``.
        entry: the script; its code is a part of the fingerprint, as the packages' versions are.
        facts: what the numbers depend on besides, fit for JSON.
        seconds: what a shard takes, about; ``auto`` goes by it.
        cut: what cut the last ``compute`` short (Ctrl-C, or an InputError that names the shards that failed), else None.
    """

    task: Callable[[C, int], Arrays]
    config: C
    count: int
    parent: Path
    entry: Path
    facts: Mapping[str, object]
    seconds: float = 0.0
    cut: BaseException | None = field(default=None, init=False)

    @cached_property
    def told(self) -> str:
        """All that the numbers depend on, as JSON."""
        packages = {name: number for name, number in versions().items() if name != "matplotlib"}
        facts = {**self.facts, "task": self.task.__name__, "count": self.count, "versions": packages}
        return json.dumps({**facts, "code": _code(self.entry)}, sort_keys=True, default=str)

    @property
    def folder(self) -> Path:
        """``shards/<fingerprint>``."""
        return self.parent / "shards" / hashlib.sha256(self.told.encode()).hexdigest()[:12]

    def file(self, number: int) -> Path:
        """The file of a shard."""
        return self.folder / f"{number:06d}.npz"

    def read(self, number: int) -> Arrays | None:
        """The arrays of a finished shard; None where its file is missing, broken or of another shard."""
        try:
            with self.file(number).open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except Exception:  # numpy, zipfile and zlib each have their own error for a broken file
            return None
        return arrays if str(arrays.pop(KEY, "")) == f"{self.folder.name}/{number}" else None

    def finished(self) -> Iterator[tuple[int, Arrays]]:
        """Number and arrays of the finished shards in order, one at a time: all that a result may read."""
        return ((number, arrays) for number in range(self.count) if (arrays := self.read(number)) is not None)

    def compute(self, executor: str, label: str) -> None:
        """Compute the shards that are not there; ``cut`` says why some still are not, after Ctrl-C or where they failed.

        Args:
            executor: ``auto`` (by ``seconds``), ``none`` (compute nothing), or a name that ``executors.opened`` knows.
            label: of the progress bar.

        Raises:
            InputError: if the folder holds shards of another config or cannot be written, the executor cannot be had, or
                no shard at all could be computed (KeyboardInterrupt: before the first was finished).
        """
        told = self.folder / "config.json"
        if told.exists() and told.read_text() != self.told:
            raise InputError("shards", self.folder, f"shards of this config; those of another lie there ({told.name})")
        write_bytes(told, self.told.encode())
        waiting = deque(number for number in range(self.count) if self.read(number) is None)
        if executor == "auto":
            executor = "processes" if self.seconds * len(waiting) >= LONG else "threads"
        failed: dict[int, str] = {}
        self.cut = None
        with tqdm(total=self.count, initial=self.count - len(waiting), desc=label, leave=False) as bar:
            try:
                struck: list[int] = []
                while waiting and executor != "none":
                    struck += self._on(executor, waiting, failed, bar)
                for number in struck:  # each alone, so that the one that kills its worker is known
                    if self._on(executor, deque([number]), failed, bar):
                        failed[number] = "its worker died"
            except KeyboardInterrupt as error:
                self.cut = error
            done = bar.n
        failed |= dict.fromkeys(waiting if executor == "none" else (), "left out")
        if failed and self.cut is None:
            named = "; ".join(f"{number}: {error}" for number, error in sorted(failed.items())[:5])
            allowed = f"shards that can be computed; the {done} others are kept in {self.folder}"
            self.cut = InputError("shards", f"{len(failed)} that failed ({named})", allowed)
        if self.cut is not None:
            if done == 0:
                raise self.cut
            print(f"{label}: {done} of {self.count} shards; what follows is from these", flush=True)

    def _on(self, executor: str, waiting: deque[int], failed: dict[int, str], bar: Any) -> list[int]:
        """Compute until nothing waits or a worker has died; returns the shards that were in flight then."""
        pool, ahead, _ = opened(executor)

        def landed(number: int, made: Arrays | str) -> None:
            if isinstance(made, str):
                failed[number] = made
            else:
                save_npz(self.file(number), {**made, KEY: np.array(f"{self.folder.name}/{number}")})
                bar.update()

        flight = Flight(pool, ahead, partial(_work, self.task, self.config), landed)
        try:
            return flight.fly(waiting)
        finally:
            if flight.struck:
                close_all()

    def remove(self) -> None:
        """Take the shards away."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # others may lie beside them
            self.folder.parent.rmdir()


def handed_out(
    task: Callable[[S, int], Arrays], config: S, count: int, default: Path, entry: Path, seconds: float
) -> Shards[S]:
    """The shards of a script's picture in its output folder, known by the options and by what else they depend on."""
    options = config.compared()
    facts = {"quick": config.quick, "device": getattr(config, "device", "cpu"), "data": given_data(options)}
    return Shards(task, config, count, folder_for(config, default), entry, {**options, **facts}, seconds)


def _work(task: Callable[[C, int], Arrays], config: C, number: int) -> Arrays | str:
    """A shard, on a worker: its arrays, or the line of its error."""
    torch.set_num_threads(1)
    try:
        return task(config, number)
    except Exception as error:  # whatever it is, it belongs to this shard
        return " ".join(f"{type(error).__name__}: {error}".split())


@cache
def _code(entry: Path) -> str:
    return fingerprints(entry).computing
