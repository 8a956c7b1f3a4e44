"""Options of ``theorem16/theorem_16.py``: what each asks for. Only the standard library is imported here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from valleys.run.errors import InputError
from valleys.run.options import Common, option

OUTPUTS = Path(__file__).resolve().parent / "outputs_t16"
WIDEST = 2048
ZONAL = ("smooth", "kinked", "discontinuous", "sum")
TEACHERS = (*ZONAL, "thesis")


def positive(value: float) -> bool:
    """Whether the value is at least 1."""
    return value >= 1


@dataclass(frozen=True)
class Config(Common):
    """What a run of ``theorem_16.py`` computes."""

    d_in: int = option(10, "inputs without the bias", allowed="an integer >= 1", check=positive, metavar="D")
    bias: bool = option(True, "append a constant 1 to x ~ N(0, I/D); with --no-bias x ~ N(0, I_D)")
    widths: tuple[int, ...] = option(
        (), f"record and draw these widths only (default: every width up to {WIDEST})", type=int,
        quick=(1, 2, 4, 8, 16, 32, 64, 128), allowed="integers >= 1, increasing", check=positive, metavar="P",
    )  # fmt: skip
    trials: int = option(100, "draws of the features", allowed="an integer >= 1", check=positive, quick=8)
    teacher: str = option("smooth", "f*: " + ", ".join(TEACHERS) + ", or an .npz file with W (q, d) and g (q,)")
    delta: float = option(
        0.05, "allowed probability of failure", allowed="a number in (0, 1)", check=lambda v: 0 < v < 1
    )
    dtype: str = option(
        "float64", "float64 or float32", allowed="float64, float32", check=lambda v: v in {"float64", "float32"}
    )
    device: str = option("cpu", "cpu or cuda", metavar="NAME")

    def all_widths(self) -> tuple[int, ...]:
        """The widths that are recorded."""
        return self.widths or tuple(range(1, WIDEST + 1))


def has_density(config: Config) -> bool:
    """Whether the teacher has a bounded density, hence a law with a constant and a guarantee."""
    return config.teacher in ZONAL


def check(config: Config) -> None:
    """Refuse what cannot be run, before anything is computed or loaded.

    Raises:
        InputError: names the option.
    """
    widths = config.all_widths()
    if any(a >= b for a, b in pairwise(widths)):
        raise InputError("--widths", " ".join(map(str, widths)), "integers >= 1, increasing")
    if not config.bias and config.d_in < 2:
        raise InputError("--d-in", config.d_in, "an integer >= 2 with --no-bias (the sphere of R^1 has two points)")
    if config.bias and config.teacher == "sum":
        raise InputError("--teacher", "sum", "the sum about several axes needs --no-bias")
    if config.bias and config.teacher in {"kinked", "discontinuous"} and config.d_in < 5:
        # f* is then too rough in |x| for tables good to rounding.
        raise InputError("--teacher", config.teacher, "with a bias it needs --d-in >= 5; or smooth, or --no-bias")
    if config.teacher not in TEACHERS and not config.teacher.endswith(".npz"):
        raise InputError("--teacher", config.teacher, ", ".join(TEACHERS) + ", or an .npz file")
    need, have = 6 * 8 * widths[-1] ** 2, memory()
    if need > have:
        raise InputError(
            "--widths",
            widths[-1],
            f"a width that fits: it needs {need / 1e9:.1f} GB, this machine has {have / 1e9:.1f} GB",
        )


def memory() -> int:
    """Bytes of this machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
