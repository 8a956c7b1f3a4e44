"""Options of the census. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from valleys.run.executors import executor_option
from valleys.run.options import Common, option

OUTPUTS = Path(__file__).resolve().parents[1] / "outputs_t13"


@dataclass(frozen=True)
class Config(Common):
    """Options of the census."""

    k: tuple[int, ...] | None = option(
        None, "teacher units, as 6 8 or 6 .. 14 (default 6 .. 9)", many=True, type=int, quick=(6, 7), least=1, most=40,
        tried=(1, 9), unless="data",
    )  # fmt: skip
    runs: int | None = option(
        None, "runs of each k (default 300)", type=int, quick=100, least=1, most=100_000, tried=(1, 30)
    )
    extra_units: tuple[int, ...] = option(
        (0, 1), "student units beyond k", least=0, most=40, tried=(0, 3), unless="data", short="--extra"
    )
    full: bool = option(False, "k = 6 .. 15 with 1000 runs each (minutes)", unless="data")
    step: float | None = option(
        None, "step of gradient descent: STEP/max(n, 6) (default 5), with --data STEP itself (default: found)",
        type=float, above=0, most=1e6, tried=(0.5, 5.5),
    )  # fmt: skip
    steps: int = option(40000, "most steps of a run", least=0, most=10_000_000, tried=(0, 40000))
    data: str | None = option(None, "census of your own data: .csv or .npz", type=str, metavar="FILE")
    target: tuple[str, ...] = option((), "target columns of a .csv (default: the last)", metavar="COLUMN", needs="data")
    activation: str = option(
        "relu", "activation of the networks trained on --data", metavar="NAME", needs="data",
        tried=("z", "z2", "z3", "poly:1,0,2", "relu", "leaky_relu", "tanh", "sigmoid", "softplus", "erf", "erf01"),
    )  # fmt: skip
    width: int = option(4, "their hidden units", least=1, most=10_000, tried=(1, 9), needs="data")
    bias: bool = option(False, "give them a bias: a column of ones is added to the inputs of --data", needs="data")

    device: str = option("cpu", "cpu or cuda", among=("cpu", "cuda"), tried=("cpu",))
    executor: str = executor_option()

    @property
    def teacher_units(self) -> tuple[int, ...]:
        """The k to run, ascending."""
        return tuple(sorted(set(self.k or (range(6, 16) if self.full else range(6, 10)))))

    @property
    def starts(self) -> int:
        """Runs of each k, or networks trained on ``--data``."""
        return self.runs or (1000 if self.full else 300)
