"""From the options to the problem: where it is computed, the law, and the teacher by name or from a file of the user."""

from __future__ import annotations

import math

import torch

from theorem16.th16data import (
    QUICK_ATOMS,
    THESIS_ATOMS,
    AtomTeacher,
    Teacher,
    atom_teacher,
    thesis_teacher,
    zonal_teacher,
)
from theorem16.th16law import InputLaw
from theorem16.th16options import TEACHERS, Config
from valleys.problem.network import read_npz
from valleys.problem.streams import stream
from valleys.run.device import device_for
from valleys.run.errors import InputError


def place(config: Config) -> tuple[torch.dtype, torch.device]:
    """The dtype and device of the features; a device that is not there is an InputError."""
    return getattr(torch, config.dtype), device_for(config.device)


def problem(config: Config) -> tuple[InputLaw, Teacher]:
    """The law and the teacher of the options; a teacher file that does not fit is an InputError."""
    law = InputLaw(config.d_in, config.bias)
    if config.teacher == "thesis":
        return law, thesis_of(config, law)
    if config.teacher in TEACHERS:
        return law, zonal_teacher(config.teacher, law)
    return law, read_teacher(config.teacher, law)


def thesis_of(config: Config, law: InputLaw) -> AtomTeacher:
    """The thesis' own teacher; with ``--quick`` of fewer atoms."""
    return thesis_teacher(law, stream(config.seed, "thesis"), QUICK_ATOMS if config.quick else THESIS_ATOMS)


def read_teacher(file: str, law: InputLaw) -> AtomTeacher:
    """Read atoms W (q, d) on the unit sphere and g (q,) from an .npz file.

    Raises:
        InputError: for wrong shapes, numbers that are not finite, or an atom off the sphere (names the row),
            or a function that is 0.
    """
    arrays = read_npz(file, "--teacher", ("W", "g"))
    W, g = arrays["W"], arrays["g"]
    if W.ndim != 2 or W.shape[1] != law.d or g.shape != (len(W),) or not len(W):
        raise InputError("--teacher", f"W {W.shape}, g {g.shape} in {file}", f"W (q, {law.d}) and g (q,), q >= 1")
    off = abs((W * W).sum(1) - 1)
    if off.max() > 1e-9:
        row = int(off.argmax())
        raise InputError(
            "--teacher", f"row {row} of W in {file} of length {(W[row] ** 2).sum() ** 0.5:.6g}", "unit rows"
        )
    teacher = atom_teacher(torch.from_numpy(W), torch.from_numpy(g), law)
    longest = math.sqrt(float(law.norm2(teacher.atoms).max()))
    if not teacher.norm2 > 1e-12 * (float(teacher.weights.abs().sum()) * longest) ** 2:
        raise InputError("--teacher", f"a function that is 0 to rounding in {file}", "a teacher f* that is not 0")
    return teacher
