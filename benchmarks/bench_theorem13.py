"""Figures of speed and strength of Theorem 13, as ratios within one run: `python -m benchmarks theorem13`.

- Exact risk with gradient for 1,000 networks (n = 10, p = 9) against the risk of 20,000 samples, batched over the same
  networks and in a loop over them.
- The attack: 10,000 random and optimised tries to get under the floor of every path.
"""

from __future__ import annotations

import torch

from benchmarks.timing import seconds
from theorem13.th13attack import attack, random_paths
from theorem13.th13data import Setting, risk
from theorem13.th13proof import barrier
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk

SETTING = Setting("relu", "theorem", 10, 9, 2.0, 3.0)


def speed(networks: int, points: int) -> None:
    """Print the three times and their ratios."""
    g = torch.Generator().manual_seed(0)
    exact = risk(SETTING)
    U = torch.randn(networks, 1, SETTING.p, generator=g, dtype=torch.float64)
    theta = Theta(U, torch.randn(networks, SETTING.p, SETTING.n, generator=g, dtype=torch.float64))
    sampled = FeatureRisk(exact.sigma, exact.sample(points, g))
    size = max(1, networks // 100)

    def batched() -> None:
        for i in range(0, networks, size):
            sampled.value_and_gradient(theta[i : i + size])

    def loop() -> None:
        for i in range(networks):
            sampled.value_and_gradient(theta[i])

    once = seconds(lambda: exact.value_and_gradient(theta), 5)
    print(f"exact risk and gradient, {networks} networks: {1e3 * once:.1f} ms")
    for name, work in (("batched", batched), ("loop", loop)):
        took = seconds(work, 1)
        print(f"{points} samples, {name}: {took:.2f} s, {took / once:.0f} times the exact risk")


def strength(tries: int) -> None:
    """Print how far above the floor the best of all tries stays."""
    b, L, g = barrier(SETTING), risk(SETTING), torch.Generator().manual_seed(1)
    found = attack(SETTING, L, tries // 10, 600, g)
    print(f"{tries // 10} descents in {{u >= 0}}: lowest L - valley floor {found.valley - b.valley_floor:.3e}")
    print(f"{tries // 10} descents in the crossing set: lowest L - floor {found.crossing - b.floor:.3e}")
    peaks = []
    for noise in (0.3, 0.1, 0.03):
        peaks.append(random_paths(b.path.start, b.path.end, L, tries * 3 // 10, 20, noise, g).min())
    print(f"{3 * (tries * 3 // 10)} random paths: lowest peak - floor {float(min(peaks)) - b.floor:.3e}")


def main(networks: int = 1000, points: int = 20000, tries: int = 10000) -> None:
    """Run both parts."""
    torch.set_num_threads(1)
    speed(networks, points)
    strength(tries)
