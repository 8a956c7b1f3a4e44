"""Options of ``theorem11/theorem_11.py``: what each asks for. Only the standard library is imported here."""

from __future__ import annotations

from dataclasses import dataclass

from valleys.run.errors import InputError
from valleys.run.options import Common, option

COVARIANCES = ("identity", "ill", "singular")
STARTS = ("random", "zero", "repeated", "saddle", "scaled")
WIDTHS, QUICK_WIDTHS = (1, 2, 5, 9, 15), (1, 4, 8)
ARCHITECTURES = ((2, 8, 8), (8, 8, 3, 8, 8, 8), (12, 9, 6, 5))


@dataclass(frozen=True)
class Config(Common):
    """Options of this script."""

    n: int = option(10, "inputs", quick=6, least=1, most=2000, tried=(1, 12))
    m: int = option(10, "outputs", quick=6, least=1, most=2000, tried=(1, 12))
    widths: tuple[int, ...] = option(
        (), "hidden widths: one network each; with --depth K the K widths of one network (default 1 2 5 9 15)",
        type=int, least=1, most=20000, tried=(1, 20), metavar="P",
    )  # fmt: skip
    depth: int = option(1, "hidden layers", least=1, most=6)
    covariance: str = option(
        "identity", "of the inputs: identity, ill (condition 1e4) or singular", among=COVARIANCES,
    )  # fmt: skip
    data: str | None = option(None, "your data: .csv (the last column is the target) or .npz (X, Y)", metavar="FILE")
    target: tuple[str, ...] = option((), "target columns of a .csv", metavar="COLUMN", needs="data")
    start: str | None = option(
        None, "random, repeated, zero, saddle, scaled, or an .npz with U (m, p), W (p, n) (deep: W1 .. W{K+1})",
        among=STARTS, file=".npz",
    )  # fmt: skip
    save_path: str | None = option(None, "write the path (one start, the first width): .npz", metavar="FILE.npz")
    steps: int = option(1500, "steps of gradient descent", quick=200, least=1, most=10_000_000, tried=(1, 400))
    step: float = option(0.01, "step size of gradient descent", above=0, most=1e6, tried=(0, 20))

    @property
    def single(self) -> bool:
        """Whether only one path is wanted."""
        return self.save_path is not None or (self.start or "").endswith(".npz")

    @property
    def starts(self) -> tuple[str, ...]:
        """The starts to be shown."""
        if self.single or self.start:
            return (self.start or "random",)
        return STARTS[:4]

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
