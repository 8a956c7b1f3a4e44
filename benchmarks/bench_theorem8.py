"""Path construction against one LAPACK pivoted QR of the same matrix, interleaved, one thread."""

from __future__ import annotations

import resource
import time
from functools import partial

import numpy as np
import torch

from benchmarks.timing import in_turn
from valleys.construct.descent import descend
from valleys.construct.filters import pivoted_qr
from valleys.problem.activations import activation
from valleys.problem.laws import Sample, with_bias
from valleys.problem.network import Theta, random_theta
from valleys.problem.risk import FeatureRisk

ROUNDS = 4


def problem(N: int, generator: torch.Generator) -> FeatureRisk:
    """ReLU with a bias on ``N`` Gaussian points in ten dimensions."""
    X = with_bias(torch.randn(N, 10, generator=generator, dtype=torch.float64) / 10**0.5)
    return FeatureRisk(activation("relu"), Sample(X, torch.randn(N, 1, generator=generator, dtype=torch.float64)))


def _copied_qr(F: np.ndarray) -> object:
    return pivoted_qr(F.copy(order="F"))


def main(sizes: tuple[int, ...] = (1000, 2000), large: int = 4000) -> None:
    """Print the ratios, and the memory at ``N = p = large``."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    for N in sizes:
        risk = problem(N, generator)
        theta = random_theta(1, N, risk.n, generator)
        repeated = Theta(theta.U, torch.cat([theta.W[:1].expand(N // 2, -1), theta.W[N // 2 :]]))
        F = np.asfortranarray(risk.features(theta.W).T.numpy())
        starts = {"half the rows repeated": repeated, "random": theta, "all zero": theta.map(torch.zeros_like)}
        paths = {name: partial(descend, start, risk, generator, N) for name, start in starts.items()}
        times = in_turn({"QR": partial(_copied_qr, F), **paths}, ROUNDS)
        qr = times["QR"]
        for name in starts:
            print(f"N = p = {N}, {name}: path {times[name]:.2f} s, pivoted QR {qr:.2f} s, ratio {times[name] / qr:.2f}")
    risk = problem(large, generator)
    began = time.perf_counter()
    descend(random_theta(1, large, risk.n, generator).map(torch.zeros_like), risk, generator, large)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"N = p = {large}, all zero: {time.perf_counter() - began:.1f} s, peak memory {peak:.2f} GiB")
