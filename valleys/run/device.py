"""Where the numbers are computed: ``cpu``, or ``cuda`` where torch finds one."""

from __future__ import annotations

import torch

from valleys.run.errors import InputError


def device_for(name: str) -> torch.device:
    """The device of that name.

    Raises:
        InputError: for a device that is not there.

    >>> device_for("cpu")
    device(type='cpu')
    """
    allowed = "cpu" + (", cuda" if torch.cuda.is_available() else " (no CUDA device is there)")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError("--device", name, allowed) from None
    if device.type not in {"cpu", "cuda"} or (device.type == "cuda" and not torch.cuda.is_available()):
        raise InputError("--device", name, allowed)
    return device
