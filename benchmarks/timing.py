"""How long something takes: one clock for all benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable

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
