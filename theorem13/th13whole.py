"""The whole landscape of p = 1, n = 2, ReLU: two sheets glued at one point.

theta = (u, w) acts through q = |u| w and s = sign(u) alone, and

    L = 1/4 [(s q1+ - alpha)^2 + (q1-)^2 + (s q2+ + beta)^2 + (q2-)^2].

All parameters with u = 0 or w = 0 are the one point q = 0, where the sheets meet: the gate, (alpha^2 + beta^2) / 4.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from theorem13.th13data import Setting, risk
from theorem13.th13options import Config
from theorem13.th13problem import setting_of
from valleys.problem.network import Theta
from valleys.run.claims import Claim, at_most
from valleys.run.pictures import Part

#: Half the window's side over the larger of alpha and beta: both basins lie inside.
WINDOW = 2.2
SOURCE = "Theorem 13, p. 10, with p = 1, n = 2"


def sheet(q1: Tensor, q2: Tensor, s: float, alpha: float, beta: float) -> Tensor:
    """The closed form of L on the sheet of sign s, at q = (q1, q2).

    >>> zero = torch.zeros((), dtype=torch.float64)
    >>> float(sheet(zero, zero, 1.0, 2.0, 3.0))
    3.25
    """
    first = (s * q1.clamp_min(0) - alpha) ** 2 + q1.clamp_max(0) ** 2
    second = (s * q2.clamp_min(0) + beta) ** 2 + q2.clamp_max(0) ** 2
    return (first + second) / 4


def joining_level(sheets: np.ndarray) -> float:
    """Flood the grid from below: the level at which the minima of the two sheets become connected.

    Neighbours are the eight around a point of the same sheet; the two centres are one point.

    Args:
        sheets: L on both grids, shape (2, K, K), K odd.

    Returns:
        The level.
    """
    _, K, _ = sheets.shape
    L = sheets.reshape(-1)
    centre = [K * K // 2, K * K + K * K // 2]
    parent, flooded = np.arange(len(L)), np.zeros(len(L), dtype=bool)

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    lowest = [int(sheets[k].argmin()) + k * K * K for k in (0, 1)]
    for i in np.argsort(L, kind="stable").tolist():
        flooded[i] = True
        k, rest = divmod(i, K * K)
        row, column = divmod(rest, K)
        near = [
            k * K * K + r * K + c
            for r in range(max(row - 1, 0), min(row + 2, K))
            for c in range(max(column - 1, 0), min(column + 2, K))
        ]
        for j in near + (centre if i in centre else []):
            if flooded[j]:
                parent[root(i)] = root(j)
        if flooded[lowest].all() and root(lowest[0]) == root(lowest[1]):
            return float(L[i])
    return float("nan")


def whole_landscape(config: Config) -> Part:
    """Compute whole_landscape.png; of the setting only alpha and beta are used, the activation is ReLU."""
    given = setting_of(config)
    alpha, beta = given.alpha, given.beta
    K = 81 if config.quick else 161
    side = torch.linspace(-1, 1, K, dtype=torch.float64) * WINDOW * max(alpha, beta)
    q2, q1 = torch.meshgrid(side, side, indexing="ij")
    grids = torch.stack([sheet(q1, q2, s, alpha, beta) for s in (1.0, -1.0)])
    exact = risk(Setting("relu", "theorem", 2, 1, alpha, beta))
    sign = torch.tensor([1.0, -1.0], dtype=torch.float64).reshape(2, 1, 1, 1, 1).expand(2, K, K, 1, 1)
    rows = torch.stack([q1, q2], dim=-1).unsqueeze(-2).expand(2, K, K, 1, 2)
    apart = float((exact.value(Theta(sign, rows)) - grids).abs().max())
    floor, good, gate = beta**2 / 4, alpha**2 / 4, (alpha**2 + beta**2) / 4
    joined = joining_level(grids.numpy())
    values = {"whole_landscape": {"gate": gate, "floor": floor, "good": good, "alpha": alpha, "beta": beta}}
    arrays = {"side": side.numpy(), "sheets": grids.numpy()}
    text = (
        "One ReLU unit, p = 1, n = 2: the network depends on q = |u| w and the sign of u alone, so these two sheets are all of "
        f"parameter space, here in the window |q_i| <= {WINDOW * max(alpha, beta):.3g}. They meet in one point, q = 0 (crosses). "
        f"Numbers on the lines are losses. Floor over u > 0 {floor:.6g}, minimum over u < 0 {good:.6g}, gate {gate:.6g}: "
        "coloured is what lies below the gate, two pieces that touch there only, as the tree says."
    )
    return Part(values, arrays, landscape_claims(grids, apart, joined, floor, good, gate), text)


def landscape_claims(grids: Tensor, apart: float, joined: float, floor: float, good: float, gate: float) -> list[Claim]:
    """The closed form is the exact risk; the grid joins at the gate; no grid point is below the two minima.

    Args:
        grids: L on both sheets.
        apart: largest difference of closed form and exact risk.
        joined: level at which the flood joins the sheets.
        floor: minimum of the sheet u > 0.
        good: minimum of the sheet u < 0.
        gate: L at q = 0.

    Returns:
        The claims.
    """
    size = max(1.0, float(grids.max()))
    below = max(floor - float(grids[0].min()), good - float(grids[1].min()))
    return [
        at_most("sheets_exact", SOURCE, "closed form against the exact risk, largest difference", apart,
                1e-12 * size, "verified"),
        at_most("sheets_join_at_gate", SOURCE, "level at which the flooded sheets join, less the gate: no difference",
                abs(joined - gate), 1e-15 * size, "verified"),
        at_most("sheets_minima", SOURCE, "how far a grid point lies below the minimum of its sheet", below,
                1e-15 * size, "verified"),
    ]  # fmt: skip
