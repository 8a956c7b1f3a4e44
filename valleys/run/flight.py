"""Shards in the air: handed to a pool a few ahead, landed as they finish, brought down when a run stops or a worker dies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from valleys.run.errors import InputError

R = TypeVar("R")


@dataclass
class Flight(Generic[R]):
    """Numbers computed on one pool.

    Attributes:
        pool: where.
        ahead: numbers handed to it at a time; no more are lost with a worker.
        work: number -> result, a function that another process can load.
        landed: called with each number and its result, here, as it is there.
        struck: numbers that were in the air when a worker died: one of them may have killed it.
    """

    pool: Executor
    ahead: int
    work: Callable[[int], R]
    landed: Callable[[int, R], None]
    struck: list[int] = field(default_factory=list, init=False)
    flying: dict[Future[R], int] = field(default_factory=dict, init=False)

    def fly(self, waiting: deque[int]) -> list[int]:
        """Compute until nothing waits or a worker has died; returns ``struck``. Ctrl-C: what is running is landed first."""
        try:
            while self.flying or (waiting and not self.struck):
                self._start(waiting)
                self._land(wait(self.flying, return_when=FIRST_COMPLETED).done)
        except BaseException:  # no space left, too: what is running is kept, where it can be
            self._come_down()
            raise
        return self.struck

    def _start(self, waiting: deque[int]) -> None:
        while waiting and not self.struck and len(self.flying) < self.ahead:
            number = waiting.popleft()
            try:
                self.flying[self.pool.submit(self.work, number)] = number
            except BrokenExecutor:
                self.struck.append(number)

    def _land(self, futures: Iterable[Future[R]]) -> None:
        for future in futures:
            number = self.flying.pop(future)
            if future.exception() is None:
                self.landed(number, future.result())
            else:  # the engine's: what the work raises is caught where it is computed
                self.struck.append(number)

    def _come_down(self) -> None:
        for future in [future for future in self.flying if future.cancel()]:
            del self.flying[future]
        with suppress(InputError):
            self._land(wait(self.flying).done)
