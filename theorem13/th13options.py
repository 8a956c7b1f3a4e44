"""The options of Theorem 13; only the standard library, so that --help answers at once."""

from __future__ import annotations

from dataclasses import dataclass

from valleys.run.options import Common, option

ACTIVATIONS = "relu, z2, z4, softplus, sigmoid, erf01 (all >= 0; sigma(0) = 0 for the first three)"
#: The margin of inequalities (5) and (6) where none is asked for.
MARGIN = 1.0


@dataclass(frozen=True)
class Config(Common):
    """Options of theorem_13.py."""

    seed: int = option(42, "seed of every random draw", allowed="an integer >= 0", check=lambda v: v >= 0)
    n: int = option(10, "number of inputs", allowed="an integer >= 2", check=lambda v: v >= 2)
    p: int = option(
        9, "number of hidden units; above n-1 for relu only", allowed="an integer >= 1", check=lambda v: v >= 1
    )
    N: int = option(
        20000, "points of the sampled loss (dots)", allowed="an integer >= 1", check=lambda v: v >= 1, quick=2000
    )
    alpha: float = option(2.0, "strength of the first teacher", allowed="a number > 0", check=lambda v: 0 < v < 1e150)
    beta: float = option(
        3.0,
        "strength of the second teacher (gamma of the decoupled law)",
        allowed="a number > 0",
        check=lambda v: 0 < v < 1e150,
    )
    margin: float | None = option(
        None,
        "choose alpha and beta by the recipe for this margin M, instead of --alpha and --beta",
        type=float,
        metavar="M",
        allowed="a number > 0",
        check=lambda v: 0 < v < 1e150,
    )
    activation: str = option("relu", "one of " + ACTIVATIONS)
    law: str = option("theorem", "theorem (the paper's) or decoupled (made for sigma(0) != 0)")
    path_points: int = option(
        200, "points of a drawn path", allowed="an integer >= 10", check=lambda v: v >= 10, quick=80
    )
    runs: int = option(20, "perturbed starts", allowed="an integer >= 1", check=lambda v: v >= 1, quick=8)
    device: str = option("cpu", "device of the sampled loss: cpu or cuda")
    save_path: str | None = option(
        None, "write the best path's knots to this .npz", type=str, metavar="FILE.npz", compared=False
    )
    start: str | None = option(
        None, "path_between: .npz with U (m, p), W (p, n)", type=str, short="--from", metavar="A.npz"
    )
    to: str | None = option(None, "path_between: the other end", type=str, metavar="B.npz")
    data: str | None = option(
        None, "path_between: the sample, .csv or .npz with X, Y (default: the theorem's law)", type=str, metavar="FILE"
    )
    target: tuple[str, ...] = option((), "path_between: target columns of a .csv", metavar="COLUMN")
