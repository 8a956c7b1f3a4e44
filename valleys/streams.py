"""Random numbers: one seed, one stream for each purpose, no global state."""

from __future__ import annotations

import numpy as np
import torch


def stream(seed: int, *purpose: int) -> torch.Generator:
    """The stream of ``purpose`` (any integers >= 0) that belongs to ``seed``; streams are independent of one another.

    >>> bool(torch.rand(1, generator=stream(0, 1, 2)) == torch.rand(1, generator=stream(0, 1, 2)))
    True
    """
    word = np.random.SeedSequence(entropy=seed, spawn_key=purpose).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(word) >> 1)
