"""Theorem 11: linear networks of any depth and any widths have no spurious valleys.

For Phi(x) = W_{K+1} .. W_1 x, any widths and any law of (X, Y), the square loss has from every parameter a path to a
global minimum on which it never rises.

Certified here: such a path from every start shown, leg by leg, by a judge that recomputes the loss from the parameters
(exact parabolas where one layer moves on a line, a closed form for the geodesic, a refined grid elsewhere).
Not certified: anything about gradient descent, which is drawn beside it.

  python theorem11/theorem_11.py                               one hidden layer, five widths, four starts
  python theorem11/theorem_11.py --depth 3 --widths 12 3 9     a deep network with its bottleneck in the middle
  python theorem11/theorem_11.py --data FILE.csv --widths 3    your data
  python theorem11/theorem_11.py --start FILE.npz --save-path PATH.npz   the path from your network, written out
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from valleys.cli import Common, option
from valleys.errors import InputError
from valleys.script import Picture, run

OUTDIR = Path(__file__).resolve().parent / "outputs_t11"
COVARIANCES = ("identity", "ill", "singular")
NAMED = ("random", "zero", "repeated", "saddle", "scaled")
WIDTHS, QUICK_WIDTHS = (1, 2, 5, 9, 15), (1, 4, 8)
ARCHITECTURES = ((2, 8, 8), (8, 8, 3, 8, 8, 8), (12, 9, 6, 5))


def positive(value: int) -> bool:
    """Whether a size is allowed."""
    return value >= 1


@dataclass(frozen=True)
class Config(Common):
    """Options of this script."""

    n: int = option(10, "inputs", quick=6, allowed="an integer >= 1", check=positive)
    m: int = option(10, "outputs", quick=6, allowed="an integer >= 1", check=positive)
    widths: tuple[int, ...] = option(
        (), "hidden widths: one network each; with --depth K the K widths of one network (default 1 2 5 9 15)",
        type=int, allowed="integers >= 1", check=positive, metavar="P",
    )  # fmt: skip
    depth: int = option(1, "hidden layers", allowed="an integer from 1 to 6", check=lambda v: 1 <= v <= 6)
    covariance: str = option(
        "identity", "of the inputs: identity, ill (condition 1e4) or singular", allowed=", ".join(COVARIANCES),
        check=lambda v: v in COVARIANCES,
    )  # fmt: skip
    data: str | None = option(None, "your data: .csv (header; last column is the target) or .npz (X, Y)", metavar="FILE")
    target: tuple[str, ...] = option((), "target columns of a .csv", metavar="COLUMN")
    start: str | None = option(
        None, "random, repeated, zero, saddle, scaled, or an .npz with U (m, p), W (p, n) (deep: W1 .. W{K+1})",
        allowed=", ".join(NAMED) + " or FILE.npz", check=lambda v: v in NAMED or v.endswith(".npz"),
    )  # fmt: skip
    save_path: str | None = option(None, "write the path (one start, the first width): .npz", metavar="FILE.npz")
    steps: int = option(1500, "steps of gradient descent", quick=200, allowed="an integer >= 1", check=positive)
    step: float = option(0.01, "step size of gradient descent", allowed="a number > 0", check=lambda v: v > 0)

    @property
    def single(self) -> bool:
        """Whether only one path is wanted."""
        return self.save_path is not None or (self.start or "").endswith(".npz")

    @property
    def starts(self) -> tuple[str, ...]:
        """The starts to be shown."""
        if self.single or self.start:
            return (self.start or "random",)
        return NAMED[:4]

    @property
    def single_widths(self) -> tuple[int, ...]:
        """Widths of the networks with one hidden layer."""
        return (self.widths or (QUICK_WIDTHS if self.quick else WIDTHS))[: 1 if self.single else None]

    @property
    def architectures(self) -> tuple[tuple[int, ...], ...]:
        """Hidden widths of the deep networks.

        Raises:
            InputError: if ``--widths`` does not name one width a layer.
        """
        if self.depth == 1:
            return ARCHITECTURES
        if self.widths and len(self.widths) != self.depth:
            raise InputError("--widths", " ".join(map(str, self.widths)), f"{self.depth} widths, one a hidden layer")
        return (self.widths or (8,) * (self.depth - 1) + (3,),)


def pictures(config: Config) -> Sequence[Picture[Config]]:
    """The pictures that these options make.

    Raises:
        InputError: for a target column without data.
    """
    from theorem11 import th11deeppictures, th11figure, th11pictures

    if config.target and config.data is None:
        raise InputError("--target", " ".join(config.target), "only together with --data FILE.csv")
    deep = Picture("deep_linear_path", th11deeppictures.deep_linear_path, th11figure.draw_deep, config.depth > 1)
    if config.depth > 1:
        return [deep]
    paths = Picture("linear_path", th11pictures.linear_path, th11figure.draw_paths)
    if config.single or config.data is not None:
        return [paths]
    return [paths, Picture("whole_landscape", th11pictures.whole_landscape, th11figure.draw_landscape), deep]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; the exit code: 0 all claims hold, 1 one does not, 2 bad input."""
    return run(Config, pictures, "theorem_11", OUTDIR, __doc__ or "", argv)


if __name__ == "__main__":
    sys.exit(main())
