"""Options of ``theorem16/theorem_16.py``: what each asks for. Only the standard library is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from valleys.run.errors import InputError
from valleys.run.executors import executor_option
from valleys.run.memory import afford
from valleys.run.options import Common, option

OUTPUTS = Path(__file__).resolve().parent / "outputs_t16"
WIDEST = 2048
#: Square matrices of the largest width that are held at once, about.
HELD = 6
ZONAL = ("smooth", "kinked", "discontinuous", "sum")
TEACHERS = (*ZONAL, "thesis")


@dataclass(frozen=True)
class Config(Common):
    """What a run of ``theorem_16.py`` computes."""

    d_in: int = option(10, "inputs without the bias", least=1, most=1000, tried=(1, 30), metavar="D")
    bias: bool = option(True, "append a constant 1 to x ~ N(0, I/D); with --no-bias x ~ N(0, I_D)")
    widths: tuple[int, ...] = option(
        (), f"record and draw these widths only, increasing (default: every width up to {WIDEST})", type=int,
        quick=(1, 2, 4, 8, 16, 32, 64, 128), least=1, most=1_000_000, tried=(1, 200), metavar="P",
    )  # fmt: skip
    trials: int = option(100, "draws of the features", least=1, most=100_000, tried=(1, 20), quick=8)
    teacher: str = option("smooth", "f*, by name, or an .npz with W (q, d) and g (q,)", among=TEACHERS, file=".npz")
    delta: float = option(0.05, "allowed probability of failure", above=0, below=1, tried=(1e-6, 0.9))
    dtype: str = option("float64", "of the features", among=("float64", "float32"))
    device: str = option("cpu", "cpu or cuda", metavar="NAME")
    executor: str = executor_option()

    def all_widths(self) -> tuple[int, ...]:
        """The widths that are recorded."""
        return self.widths or tuple(range(1, WIDEST + 1))

    def check(self) -> None:
        """Refuse what cannot be run, before anything is computed or loaded.

        Raises:
            InputError: names the option.
        """
        widths = self.all_widths()
        if any(a >= b for a, b in pairwise(widths)):
            raise InputError("--widths", " ".join(map(str, widths)), "integers >= 1, increasing")
        if not self.bias and self.d_in < 2:
            raise InputError("--d-in", self.d_in, "an integer >= 2 with --no-bias (the sphere of R^1 has two points)")
        if self.bias and self.teacher == "sum":
            raise InputError("--teacher", "sum", "the sum about several axes needs --no-bias")
        if self.bias and self.teacher in {"kinked", "discontinuous"} and self.d_in < 5:
            # f* is then too rough in |x| for tables good to rounding.
            raise InputError("--teacher", self.teacher, "with a bias it needs --d-in >= 5; or smooth, or --no-bias")
        afford("--widths", widths[-1], HELD * widths[-1] ** 2)


def has_density(config: Config) -> bool:
    """Whether the teacher has a bounded density, hence a law with a constant and a guarantee."""
    return config.teacher in ZONAL
