"""What a computation would need of this machine's memory, asked before anything is allocated."""

from __future__ import annotations

import os

from valleys.run.errors import InputError


def memory() -> int:
    """Bytes of this machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def afford(argument: str, value: object, numbers: float) -> None:
    """Refuse a size whose float64 numbers do not fit.

    Args:
        argument: the option that asks for the size.
        value: its value.
        numbers: how many numbers are held at once.

    Raises:
        InputError: names what they would need, and what is there.
    """
    need, have = 8 * numbers, memory()
    if need > have:
        gigabytes = f"it needs {need / 1e9:.3g} GB, this machine has {have / 1e9:.3g} GB"
        raise InputError(argument, value, f"a size that fits: {gigabytes}")
