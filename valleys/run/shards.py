"""A long computation in shards: each a pure function of config and number, computed anywhere, a file when finished.

``shards/<fingerprint>/000123.npz``: a killed run loses nothing that is finished, and the same command goes on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from tqdm import tqdm

from valleys.run.errors import InputError
from valleys.run.executors import opened
from valleys.run.provenance import fingerprints
from valleys.run.record import save_npz, versions, write_bytes

C = TypeVar("C")
Arrays = dict[str, np.ndarray]
KEY = "shard"


@dataclass(frozen=True)
class Shards(Generic[C]):
    """Shards 0 .. count-1 of a computation.

    Attributes:
        task: ``(config, number) -> arrays``, a function of a module, pure: it draws from the number's own stream.
        config: what every shard is computed from.
        count: number of shards.
        parent: folder of ``shards/``.
        entry: the script; its code is a part of the fingerprint, as the packages' versions are.
        facts: what the numbers depend on besides, fit for JSON.
    """

    task: Callable[[C, int], Arrays]
    config: C
    count: int
    parent: Path
    entry: Path
    facts: Mapping[str, object]

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

    def finished(self) -> Iterator[Arrays]:
        """The arrays of the finished shards in the order of their numbers, one at a time: all that a result may read."""
        return (arrays for number in range(self.count) if (arrays := self.read(number)) is not None)

    def compute(self, executor: str, label: str) -> bool:
        """Compute the shards that are not there.

        Args:
            executor: a name that ``valleys.run.executors.opened`` knows.
            label: of the progress bar.

        Returns:
            whether all are there: False after Ctrl-C, which is said.

        Raises:
            InputError: if the folder holds shards of another config or cannot be written, or the executor cannot be had;
                once the others are finished, for shards that raised or whose worker died twice (names them).
        """
        told = self.folder / "config.json"
        if told.exists() and told.read_text() != self.told:
            raise InputError("shards", self.folder, f"shards of this config; those of another lie there ({told.name})")
        write_bytes(told, self.told.encode())
        run = _Run(self, deque(number for number in range(self.count) if self.read(number) is None))
        with tqdm(total=self.count, initial=self.count - len(run.waiting), desc=label, leave=False) as bar:
            try:
                while run.waiting:
                    with opened(executor) as (pool, ahead):
                        run.on(pool, ahead, bar)
            except KeyboardInterrupt:
                bar.write(f"{label}: {bar.n} of {self.count} shards; what follows is from these")
                return False
        if run.failed:
            named = "; ".join(f"{number}: {error}" for number, error in sorted(run.failed.items())[:5])
            allowed = f"shards that can be computed; the other {self.count - len(run.failed)} are kept in {self.folder}"
            raise InputError("shards", f"{len(run.failed)} that failed ({named})", allowed)
        return True

    def remove(self) -> None:
        """Take the shards away."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # others may lie beside them
            self.folder.parent.rmdir()


@dataclass
class _Run:
    """The shards of one run: waiting, failed, and struck: in flight when a worker died, so tried once more, each alone."""

    shards: Shards[Any]
    waiting: deque[int]
    struck: set[int] = field(default_factory=set)
    failed: dict[int, str] = field(default_factory=dict)

    def on(self, pool: Executor, ahead: int, bar: Any) -> None:
        """Compute on one executor until nothing waits or a worker has died; Ctrl-C keeps what is running."""
        flying: dict[Future[Arrays | str], int] = {}
        broken = False
        try:
            while flying or (self.waiting and not broken):
                while self.waiting and not broken and len(flying) < (1 if self.waiting[0] in self.struck else ahead):
                    try:
                        future = pool.submit(_work, self.shards.task, self.shards.config, self.waiting[0])
                    except BrokenExecutor:
                        broken = True
                    else:
                        flying[future] = self.waiting.popleft()
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    broken |= self.take(future, flying.pop(future), bar)
        except BaseException:
            running = {future: number for future, number in flying.items() if not future.cancel()}
            with suppress(InputError):
                for future in wait(running).done:
                    self.take(future, running[future], bar)
            raise

    def take(self, future: Future[Arrays | str], number: int, bar: Any) -> bool:
        """Write a finished shard; whether its worker has died."""
        try:
            made = future.result()
        except Exception as error:  # the engine's: those of the shard are caught where it is computed
            if number in self.struck:
                self.failed[number] = f"its worker died ({type(error).__name__})"
            else:
                self.struck.add(number)
                self.waiting.append(number)
            return True
        if isinstance(made, str):
            self.failed[number] = made
        else:
            save_npz(self.shards.file(number), {**made, KEY: np.array(f"{self.shards.folder.name}/{number}")})
            bar.update()
        return False


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
