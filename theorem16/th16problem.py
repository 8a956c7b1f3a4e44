"""From the options of Theorem 16 to its problem: where it is computed, the law and the teacher."""

from __future__ import annotations

import torch

from theorem16.th16config import TEACHERS, Config
from theorem16.th16data import Law, Teacher, read_teacher, thesis_teacher, zonal_teacher
from valleys.problem.streams import stream
from valleys.run.errors import InputError


def place(config: Config) -> tuple[torch.dtype, torch.device]:
    """The dtype and device of the features.

    Raises:
        InputError: for a device that is not there.
    """
    allowed = "cpu" + (", cuda" if torch.cuda.is_available() else " (no CUDA device is there)")
    try:
        device = torch.device(config.device)
    except RuntimeError:
        raise InputError("--device", config.device, allowed) from None
    if device.type not in {"cpu", "cuda"} or (device.type == "cuda" and not torch.cuda.is_available()):
        raise InputError("--device", config.device, allowed)
    return getattr(torch, config.dtype), device


def problem(config: Config) -> tuple[Law, Teacher]:
    """The law and the teacher of the options; a teacher file that does not fit is an InputError."""
    torch.set_num_threads(1)
    law = Law(config.d_in, config.bias)
    if config.teacher == "thesis":
        return law, thesis_teacher(law, stream(config.seed, "thesis"))
    if config.teacher in TEACHERS:
        return law, zonal_teacher(config.teacher, law)
    return law, read_teacher(config.teacher, law)
