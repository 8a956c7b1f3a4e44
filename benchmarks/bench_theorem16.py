"""Theorem 16: every width at once against one Cholesky, blocks against the plain Owen's-T table, growth; one thread.

The first ratio has a floor: the table of kernels has to be made, and an arcsine, a root and six passes for each of its
``p^2/2`` entries are a seventh to a fifth of one Cholesky at p = 4096 (measured).
"""

from __future__ import annotations

import torch

from benchmarks.timing import in_turn, seconds
from theorem16.th16data import zonal_teacher
from theorem16.th16law import InputLaw
from theorem16.th16readout import readout
from theorem16.th16sphere import draw_features

ROUNDS = 6


def main(widest: int = 4096, device: str = "cpu") -> None:
    """Print the ratios, and how time grows from p = 1024 to twice `widest`."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    sphere, biased = InputLaw(11, bias=False), InputLaw(10, bias=True)
    teacher = zonal_teacher("smooth", sphere)
    W = draw_features(2 * widest, 11, generator).to(device)
    symmetric = sphere.kernel_symmetric(W[:widest])
    ways = {
        "one": lambda: torch.linalg.cholesky(symmetric),
        "every": lambda: readout(sphere, teacher, W[:widest]),
    }
    one, every = in_turn(ways, ROUNDS).values()
    print(f"no bias, every width to {widest}: {every:.2f} s, one Cholesky {one:.2f} s, ratio {every / one:.2f}")
    half = widest // 2
    blocks = seconds(lambda: biased.gram(W[:half]))
    plain = seconds(lambda: biased.kernel_by_owen(W[:half], W[:half]), 1)
    print(f"bias, K at p = {half}: blocks {blocks:.2f} s, plain Owen's T {plain:.2f} s, ratio {plain / blocks:.1f}")
    p = 1024
    while p <= 2 * widest:
        without = seconds(lambda: readout(sphere, teacher, W[:p]), 1)  # noqa: B023
        table = seconds(lambda: biased.gram(W[:p]), 1)  # noqa: B023
        print(f"p = {p}: every width without bias {without:.2f} s, K with bias {table:.2f} s")
        p *= 2
