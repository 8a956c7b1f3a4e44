"""Random numbers: one seed, one stream for each purpose, no global state."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import torch


def stream(seed: int, *purpose: int | str) -> torch.Generator:
    """The stream of ``purpose`` (words, and integers >= 0) that belongs to ``seed``; streams are independent of one another.

    >>> bool(torch.rand(1, generator=stream(0, "start", 2)) == torch.rand(1, generator=stream(0, "start", 2)))
    True
    """
    key = tuple(part if isinstance(part, int) else _number(part) for part in purpose)
    word = np.random.SeedSequence(entropy=seed, spawn_key=key).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(word) >> 1)


def _number(word: str) -> int:
    """64 bits of the word's hash: the same in every process, unlike Python's ``hash``."""
    return int.from_bytes(sha256(word.encode()).digest()[:8], "big")
