"""Options of ``theorem12/theorem_12.py``: what each asks for. Only the standard library is imported here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from valleys.run.errors import InputError
from valleys.run.executors import executor_option
from valleys.run.options import Common, option

OUTPUTS = Path(__file__).resolve().parent / "outputs_t12"
TARGETS, METHODS = ("psd", "indefinite", "theorem13"), ("sharp", "paper")
STARTS = ("random", "repeated", "zero", "saddle", "scaled", "opposite")


@dataclass(frozen=True)
class Config(Common):
    """Options of this script."""

    n: int | None = option(None, "inputs (default: 4 and 8)", type=int, least=1, most=500, tried=(1, 6))
    m: int = option(1, "outputs", allowed="1: Theorem 12 is for one output", check=lambda v: v == 1)
    activation: str = option("z2", "of the hidden units", among=("z2",))
    p: tuple[int, ...] = option(
        (), "hidden units (default: n, n+1, 2n-1, 2n, 2n+1)", type=int, least=1, most=2000, tried=(1, 13),
        metavar="P",
    )  # fmt: skip
    method: str | None = option(None, "paper (p >= 2n+1) or sharp (p >= n); default both", among=METHODS)
    target: str | None = option(
        None, "by name, or an .npz with A (n, n), symmetric; default all", among=TARGETS, file=".npz"
    )
    start: str | None = option(
        None, "by name, or an .npz with U (1, p), W (p, n); default all", among=STARTS, file=".npz"
    )
    save_path: str | None = option(None, "write the path (one start, the first of --p): .npz", metavar="FILE.npz")
    runs: int = option(100, "runs of gradient descent a cell", quick=20, least=1, most=10_000, tried=(1, 40))
    steps: int = option(6000, "steps of gradient descent", quick=300, least=1, most=10_000_000, tried=(1, 600))
    step: float = option(0.01, "step size of gradient descent", above=0, most=1e6, tried=(1e-4, 1.0))
    escapes: int = option(
        5, "stuck runs a cell from which the path is judged", quick=1, least=1, most=10_000, tried=(1, 3)
    )

    executor: str = executor_option()
    animate: bool = option(False, "also write units.gif: the sharp path with its hidden units", compared=False)

    @property
    def single(self) -> bool:
        """Whether only one path is wanted."""
        return self.save_path is not None or (self.start or "").endswith(".npz")

    def size_for(self, other: int | None = None) -> int:
        """``n`` from the target's file, ``--n`` or the start.

        Raises:
            InputError: if they differ.
        """
        from theorem12.th12own import size_of_target

        found = {"--target": size_of_target(self.target)} if self.target and self.target.endswith(".npz") else {}
        found |= {"--n": self.n} if self.n else {}
        found |= {"--start": other} if other else {}
        if len(set(found.values())) > 1:
            raise InputError(next(iter(found)), found, "one n for all of them")
        return next(iter(found.values()), 4)

    @property
    def ns(self) -> tuple[int, ...]:
        """Dimensions of the paths."""
        if self.n is None and not (self.target or "").endswith(".npz") and not self.single:
            return (3,) if self.quick else (4, 8)
        return (self.size_for(),)

    @property
    def phase_ns(self) -> tuple[int, ...]:
        """Dimensions of the phase diagram."""
        return (4, 6) if len(self.ns) > 1 and self.all else self.ns[:1]

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets to be shown; the law of Corollary 14 needs two inputs."""
        if self.target or self.single:
            return (self.target or TARGETS[0],)
        return TARGETS if min(self.ns) > 1 else TARGETS[:-1]

    @property
    def starts(self) -> tuple[str, ...]:
        """The starts to be shown."""
        return (self.start or STARTS[0],) if self.start or self.single else STARTS

    @property
    def methods(self) -> tuple[str, ...]:
        """The constructions to be shown."""
        return (self.method,) if self.method else METHODS

    def widths_for(self, n: int, method: str) -> tuple[int, ...]:
        """Widths of the paths of ``method``; where both methods are shown, those of ``--p`` that this one can do."""
        least = n if method == "sharp" else 2 * n + 1
        if not self.p:
            shown = {n, 2 * n + 1} if self.quick else {n, n + 1, 2 * n - 1, 2 * n, 2 * n + 1}
            return tuple(sorted(shown)) if method == "sharp" else (least,)
        able = tuple(p for p in self.p if p >= least)
        # a width that no method can do goes to the construction, which says why
        return self.p if self.method or (method == "sharp" and not able) else able

    def phase_widths(self, n: int) -> Sequence[int]:
        """Widths of the phase diagram."""
        return tuple(sorted(set(self.p))) or (range(max(n - 1, 1), n + 2) if self.quick else range(1, 2 * n + 3))
