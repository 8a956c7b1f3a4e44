"""Options of ``theorem8/main.py``: what each asks for. Only the standard library is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from valleys.run.executors import executor_option
from valleys.run.options import Common, option

OUTPUTS = Path(__file__).resolve().parent / "outputs_t8"


@dataclass(frozen=True)
class Config(Common):
    """Options of this script; those from --data on are for your own data."""

    data: str | None = option(None, "your data: .csv (the last column is the target) or .npz (X, Y)", metavar="FILE")
    target: tuple[str, ...] = option((), "target columns of a .csv", metavar="COLUMN", needs="data")
    activation: str = option(
        "relu", "z z2 z3 .. poly:a0,a1,.. relu leaky_relu tanh sigmoid softplus erf erf01", needs="data",
        tried=("z", "z2", "z3", "poly:1,0,2", "relu", "leaky_relu", "tanh", "sigmoid", "softplus", "erf", "erf01"),
    )  # fmt: skip
    width: int | None = option(
        None, "hidden units (default: dim*)", type=int, least=1, most=1_000_000_000, tried=(1, 30), needs="data"
    )
    bias: bool = option(False, "append a column of ones to X", needs="data")
    loss: str = option("square", "square, cross_entropy, logistic, huber:DELTA or hinge", needs="data")
    start: str | None = option(
        None,
        "start of the path: .npz with U (m, p), W (p, n), perhaps b (p,), c (m,); or a state dict of torch",
        metavar="FILE",
        needs="data",
    )
    save_path: str | None = option(
        None, "write the knots, for python -m valleys.verify", metavar="FILE.npz", compared=False, needs="data"
    )
    executor: str = executor_option()
    animate: bool = option(False, "also write units.gif: a descent path with its hidden units", compared=False)
