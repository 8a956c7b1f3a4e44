"""Options of ``weight_decay/main.py``: what each asks for. Only the standard library is imported here."""

from __future__ import annotations

from dataclasses import dataclass

from valleys.run.errors import InputError
from valleys.run.options import Common, option

DATA = "data"


@dataclass(frozen=True)
class Config(Common):
    """Options of this script; those from --data on are for your own data."""

    runs: int = option(
        6, "starts of each optimiser in training", quick=2, least=1, most=10_000, tried=(1, 2), unless=DATA
    )
    sets: int = option(
        40, "random data sets of two points in sharp_width (a third as many of three)", quick=3, least=3, most=100_000,
        tried=(3, 6), unless=DATA,
    )  # fmt: skip
    data: str | None = option(None, "your data: .csv (the last column is the target) or .npz (X, Y)", metavar="FILE")
    target: tuple[str, ...] = option((), "the target column of a .csv", metavar="COLUMN", needs=DATA)
    beta: float | None = option(
        None, "weight decay of |Phi(X) - Y|^2/2 + (B/2)(|U|^2 + |W|^2), summed over the data", type=float, above=0,
        most=1e30, tried=(0, 20), metavar="B", needs=DATA,
    )  # fmt: skip
    activation: str = option("relu", "positively homogeneous", among=("relu", "leaky_relu", "z"), needs=DATA)
    width: int | None = option(
        None, "hidden units (default: r + 1)", type=int, least=1, most=1_000_000_000, tried=(1, 30), needs=DATA
    )
    bias: bool = option(False, "append a column of ones to X: biases of hidden units, which decay too", needs=DATA)
    start: str | None = option(None, "your network: .npz with U (1, p), W (p, n)", metavar="FILE.npz", needs=DATA)
    save_path: str | None = option(
        None, "write points along the path, for python -m valleys.verify", metavar="FILE.npz", compared=False, needs=DATA
    )  # fmt: skip

    def check(self) -> None:
        """``--data`` asks for ``--beta``.

        Raises:
            InputError: without it.
        """
        if self.data is not None and self.beta is None:
            raise InputError("--beta", "nothing", "the weight decay, a number > 0, together with --data")
