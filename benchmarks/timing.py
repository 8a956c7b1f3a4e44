"""How long something takes: one clock for all benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import torch


def seconds(action: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of several wall-clock times, the device's queue emptied, after one run that is not counted."""
    action()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        action()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return min(times)


def in_turn(actions: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The shortest processor time of each action over several rounds of all: for ratios on a machine that others use."""
    times = dict.fromkeys(actions, float("inf"))
    for _ in range(rounds):
        for name, action in actions.items():
            began = time.process_time()
            action()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times[name] = min(times[name], time.process_time() - began)
    return times
