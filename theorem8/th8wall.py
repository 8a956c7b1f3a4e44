"""How many legs a connection takes, by width; and the wall at ``p = dim*`` that it cannot pass."""

from __future__ import annotations

from functools import partial
from pathlib import Path as File
from typing import Any

import numpy as np
import scipy.ndimage
import torch

from theorem8.th8floor import three_units
from theorem8.th8options import Config
from valleys.construct.connect import connect
from valleys.judge.exact import exact_judges, judged_exactly, judged_in_passing
from valleys.judge.exact_join import join_claims
from valleys.paths.convex_files import save_convex_path
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample, with_bias
from valleys.problem.named_losses import loss_named, targets
from valleys.problem.network import Theta, random_theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim, at_least, at_most
from valleys.run.pictures import Part
from valleys.run.words import tex

SOURCE = "theorem8/CONNECT.md"
#: Slope of the leaky ReLU of the landscape with one unit, half its side, and points along it (odd: the axes are on it).
SLOPE, SIDE, GRID = 0.3, 2.5, 251
#: What connections between minimisers may be above the worse end, of ``L(0)``: rounding of the knots, squared.
EXCESS = 1e-18


def legs_by_formula(q: int, p: int) -> int:
    """``2 ceil(q/(p - q)) + 3``: rounds of ``p - q`` exchanges, with no step aside."""
    return 2 * -(-q // (p - q)) + 3


def legs_by_width(config: Config) -> tuple[list[dict[str, Any]], list[Claim]]:
    """Paths between minimisers of a leaky network on ``q`` points in ``q`` dimensions: legs, and the exact checker's verdicts."""
    q = 12 if config.quick else 60
    draw = stream(config.seed, "wall", "data")
    X, Y = (torch.randn(q, k, generator=draw, dtype=torch.float64) for k in (q, 3))
    risk = ConvexRisk(activation("leaky_relu"), Sample(X, Y), loss_named("square"))
    widths = sorted({
        q + 1,
        q + 2,
        q + q // 12,
        q + q // 6,
        q + q // 4,
        3 * q // 2,
        7 * q // 4,
        2 * q,
        5 * q // 2,
        3 * q,
    })
    rows, found = [], []
    for p in widths:
        for k in range(1 if config.quick else 3):
            a, b = (minimiser(risk, p, stream(config.seed, "wall", p, k, end)) for end in "ab")
            joined = connect(a, b, risk)
            found.append(judged_in_passing(partial(save_convex_path, path=joined.path, risk=risk, claim="connection")))
            rows.append({
                "q": q, "p": p, "legs": len(found[-1]["legs"]), "formula": legs_by_formula(q, p), "temps": joined.temps,
            })  # fmt: skip
    return rows, join_claims("width", SOURCE, found, [risk.at_zero] * len(found), EXCESS)


def minimiser(risk: ConvexRisk, p: int, generator: torch.Generator) -> Theta:
    """Random rows with the output weights that fit the data."""
    theta = random_theta(risk.m, p, risk.n, generator)
    return Theta(risk.target @ torch.linalg.pinv(risk.features(theta.W), rtol=1e-13), theta.W)


def one_unit() -> tuple[np.ndarray, np.ndarray, list[int]]:
    """``L(u, w) = (1 - u sigma(w))^2``, leaky ReLU: axis, losses ``(w, u)``, components of ``{L <= 1 -+ 1e-6}``."""
    axis = np.linspace(-SIDE, SIDE, GRID)
    filters = np.where(axis > 0, axis, SLOPE * axis)
    losses = (1 - axis[None, :] * filters[:, None]) ** 2
    return axis, losses, [scipy.ndimage.label(losses <= level)[1] for level in (1 - 1e-6, 1 + 1e-6)]


def small_connection(config: Config, folder: File) -> dict[str, Any]:
    """``paths/connection.npz``: two random classifiers of 12 points at the least width, with both biases, cross-entropy.

    Returns:
        the exact checker's verdict on the file.
    """
    draw = stream(config.seed, "wall", "small")
    X, loss = torch.randn(12, 3, generator=draw, dtype=torch.float64), loss_named("cross_entropy")
    y = targets(torch.randint(0, 3, (12,), generator=draw), loss, 3)
    risk = ConvexRisk(activation("relu"), Sample(with_bias(X), y), loss, pinned=True)
    pinned = torch.ones(13, 1, dtype=X.dtype)
    pinned[-1] = 0.0
    a, b = (Theta(theta.U, theta.W * pinned) for theta in (random_theta(3, 13, 4, draw), random_theta(3, 13, 4, draw)))
    file = folder / "connection.npz"
    save_convex_path(file, connect(a, b, risk).path, risk, "connection")
    with exact_judges(1) as judges:
        return judges.submit(judged_exactly, file).result()


def connected_width(folder: File, config: Config) -> Part:
    """``connected_width.png``: legs against width, and the wall at ``p = dim*``."""
    small = small_connection(config, folder)
    rows, below = legs_by_width(config)
    axis, losses, components = one_unit()
    curves, wall = three_units(config)
    floor, peaks = wall["floor"], wall["peaks"]
    claims = [
        at_most("width.exactly_below", SOURCE, "connections in paths/ with a loss above the higher end somewhere, or where this "
                "is undecided: balls, from the file alone", int(not small["holds"]), 0, "exact"),
        *below,
        at_most("width.seven_legs", SOURCE, "A2: most legs at p >= 2 dim*",
                max(row["legs"] for row in rows if row["p"] >= 2 * row["q"]), 7, "exact"),
        at_most("width.legs", SOURCE, "A1: most legs over 4 dim* + 3", max(row["legs"] / (4 * row["q"] + 3) for row in rows),
                1, "exact"),
        at_least("wall.two_valleys", SOURCE, "A4, one unit: components of {L <= 1 - 1e-6} on a grid", components[0], 2,
                 "measured"),
        at_most("wall.joined", SOURCE, "A4, one unit: components of {L <= 1 + 1e-6} on a grid", components[1], 1, "measured"),
        at_least("wall.floor", SOURCE, "A4, three units: lowest peak of the paths on which det F changes sign, over the floor: "
                 "a lower end, in rationals and balls", wall["over"], 1, "proved"),
        at_most("wall.sharp", SOURCE, "lowest peak found over the floor", min(peaks.values()) / floor, 1.05, "measured"),
    ]  # fmt: skip
    q = rows[0]["q"]
    values = {"rows": rows, "components": components, "slope": SLOPE, "exact": small, **wall}
    caption = (
        f"(a) Legs of certified paths between minimisers (leaky ReLU, $\\dim^* = q = {q}$) against the width: one unit more than "
        "$\\dim^*$ is enough, $2q$ units take five legs, or seven. (b) At $p = q$ it can be impossible: all of the landscape "
        f"of one leaky ReLU unit on one data point; $\\{{L < 1\\}}$ is two valleys, which meet at $L = 1$. (c) Three ReLU units "
        "on three points: between minimisers whose filters have determinants of opposite signs, as after a swap of two units, "
        f"every path takes the determinant through 0, where no network lies below {tex(floor, 3)}; "
        f"the lowest pass found reaches {tex(min(peaks.values()), 5)}."
    )
    arrays = {"axis": axis, "losses": losses, **curves}
    return Part({"connected_width": values}, arrays, claims, caption)
