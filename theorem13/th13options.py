"""The options of Theorem 13; only the standard library, so that --help answers at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from valleys.run.errors import InputError
from valleys.run.executors import executor_option
from valleys.run.options import Common, option

OUTPUTS = Path(__file__).resolve().parent / "outputs_t13"
#: All >= 0; sigma(0) = 0 for the first three.
ACTIVATIONS = ("relu", "z2", "z4", "softplus", "sigmoid", "erf01")
#: The margin of inequalities (5) and (6) where none is asked for.
MARGIN = 1.0


@dataclass(frozen=True)
class Config(Common):
    """Options of theorem_13.py."""

    seed: int = option(42, "seed of every random draw", least=0, tried=(0, 999))
    n: int = option(10, "number of inputs", least=2, most=500, tried=(2, 12), unless="data")
    p: int = option(
        9, "number of hidden units; above n-1 for relu only", least=1, most=500, tried=(1, 11), unless="data"
    )
    N: int = option(
        20000, "points of the sampled loss (dots)", least=1, most=2_000_000, tried=(1, 5000), quick=2000, unless="start"
    )
    alpha: float = option(
        2.0, "strength of the first teacher", least=1e-6, most=1e6, tried=(0.2, 10.0), unless="margin"
    )
    beta: float | None = option(
        None,
        "strength of the second teacher, gamma of the decoupled law (default 3, less for sigmoid and erf01)",
        type=float,
        least=1e-6,
        most=1e6,
        tried=(1.0, 30.0),
        unless="margin",
    )
    margin: float | None = option(
        None,
        "choose alpha and beta by the recipe for this margin M",
        type=float,
        metavar="M",
        least=1e-6,
        most=1e6,
        tried=(0.1, 10.0),
        unless="data",
    )
    activation: str = option(
        "relu",
        f"one of {', '.join(ACTIVATIONS)} (all >= 0; sigma(0) = 0 for the first three); any with --data",
        tried=ACTIVATIONS,
    )
    law: str = option(
        "theorem",
        "theorem: the paper's; decoupled: made for sigma(0) != 0",
        among=("theorem", "decoupled"),
        unless="data",
    )
    path_points: int = option(200, "points of a drawn path", least=10, most=20_000, tried=(10, 300), quick=80)
    runs: int = option(20, "perturbed starts", least=1, most=2000, tried=(1, 20), quick=8, unless="start")
    device: str = option("cpu", "device of the sampled loss", among=("cpu", "cuda"), tried=("cpu",))
    save_path: str | None = option(
        None, "write the best path's knots to this .npz", type=str, metavar="FILE.npz", compared=False
    )
    executor: str = executor_option()
    animate: bool = option(False, "also write units.gif: the way out for one unit", compared=False)
    start: str | None = option(
        None,
        "path_between: .npz with U (m, p), W (p, n), with --data perhaps b (p,), c (m,); or a state dict of torch",
        type=str,
        short="--from",
        metavar="A.npz",
    )
    to: str | None = option(None, "path_between: the other end", type=str, metavar="B.npz")
    data: str | None = option(
        None,
        "path_between: the sample, .csv or .npz with X, Y (default: the theorem's law)",
        type=str,
        metavar="FILE",
        needs="start",
    )
    target: tuple[str, ...] = option((), "path_between: target columns of a .csv", metavar="COLUMN", needs="data")

    @property
    def drawn(self) -> str:
        """The picture that computes a path."""
        return "path_loss" if self.start is None else "path_between"

    def check(self) -> None:
        """What no single option can see.

        Raises:
            InputError: if one of --from and --to is missing, or ``--save-path`` is given where no path is computed.
        """
        if (self.start is None) != (self.to is None):
            missing, given = ("--from", "--to") if self.start is None else ("--to", "--from")
            raise InputError(missing, "nothing", f"an .npz file with U (m, p) and W (p, n), since {given} is given")
        if self.save_path is None:
            return
        if not self.save_path.endswith(".npz"):
            raise InputError("--save-path", self.save_path, "a file name that ends in .npz")
        if self.redraw or self.missing or (self.only and self.drawn not in self.only):
            raise InputError("--save-path", self.save_path, f"together with a run that computes {self.drawn}")
