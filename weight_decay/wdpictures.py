"""What is computed for ``whole_landscape`` and ``merge_tree``: small data whose every valley and barrier is known."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from valleys.construct.decay_optimum import network
from valleys.judge.decay_floor import exact_value, floor, rounded_down, rounded_up
from valleys.problem.network import Theta
from valleys.run.claims import Claim, at_least, at_most
from valleys.run.pictures import Part
from weight_decay.wdcells import Cells
from weight_decay.wddata import MIRROR, PLANE, Example
from weight_decay.wdmodel import cost
from weight_decay.wdoptions import Config
from weight_decay.wdtour import planar_tour
from weight_decay.wdtree import Bar, Node, Tree, merge_tree

SOURCE = "weight_decay/PROOF.md, Theorem C"
#: Of a value that a program found: held against its closed form, or against the rational floor.
TIGHT = 1e-11
#: The window of the landscape and its grid.
WINDOW, GRID = 2.4, 241
INPUTS = 121


def cells_of(data: Example) -> Cells:
    """The cells of a data set."""
    return Cells(data.X, data.y, data.beta)


def least(tree: Tree, programs: Sequence[Node]) -> Fraction:
    """A rational floor under every network whose units lie in the closed cells, or on the rays, of one of these programs."""
    cells = tree.cells
    nus = [tree.solved.nu[tree.programs[program]] for program in programs]
    return min(
        floor(nu, cells.y, cells.beta, cells.faces, 0.0, cells.chosen(program))
        for nu, program in zip(nus, programs, strict=True)
    )


def cut_floor(tree: Tree, bar: Bar) -> Fraction:
    """A rational floor under every network on the cut around a valley: below it no path leaves the valley."""
    return least(tree, bar.cut)


def theta_of(tree: Tree, program: tuple[int, ...]) -> Theta:
    """The network that a program found."""
    signs, V = tree.units(program)
    return network(signs, V, tree.p)


def rows_of(tree: Tree, data: Example) -> list[dict[str, Any]]:
    """The valleys: exact values of networks, rational floors under the barrier and under all of the valley."""

    def value(program: Node) -> Fraction:
        return exact_value(theta_of(tree, program), data.risk)

    best = value(tree.lowest)
    rows = []
    for bar in tree.bars:
        below, gate = cut_floor(tree, bar), value(bar.gate)
        rows.append({
            "valley": bar.birth, "barrier": bar.death, "floor": rounded_down(below), "cut": len(bar.cut),
            "apart": rounded_up(abs(gate - below) / gate), "proved": below > value(bar.lowest),
            "spurious": least(tree, bar.inside) > best,
        })  # fmt: skip
    return rows


def barrier_claims(rows: list[dict[str, Any]], name: str) -> list[Claim]:
    """Each valley is closed below its barrier and holds no global minimum, by rational floors and exact values of networks."""
    return [
        at_most(f"{name}.barrier", SOURCE, "exact value of a network at the barrier and the rational floor on every way out: "
                "distance, relative, the worst", max(row["apart"] for row in rows), TIGHT, "proved"),
        at_least(f"{name}.closed", SOURCE, "valleys whose floor on every way out is above the exact value of a network inside",
                 sum(row["proved"] for row in rows), len(rows), "proved"),
        at_least(f"{name}.spurious", SOURCE, "valleys whose floor on all of their cells is above a network elsewhere, exactly",
                 sum(row["spurious"] for row in rows), len(rows), "proved"),
    ]  # fmt: skip


def loss_on(data: Example, u: np.ndarray, w: np.ndarray) -> np.ndarray:
    """``f`` for one unit and one input, on arrays."""
    W, U = (torch.from_numpy(a.reshape(-1, 1, 1)) for a in (w, u))
    return data.risk.value(Theta(U, W)).numpy().reshape(u.shape)


def whole_landscape(config: Config) -> Part:
    """``whole_landscape``: one unit, one input; the plane of ``(w, u)`` is all there is."""
    data, axis = PLANE, np.linspace(-WINDOW, WINDOW, GRID)
    tree = merge_tree(cells_of(data), 1)
    rows = rows_of(tree, data)
    w = np.linspace(-1.7, 1.9, 721)
    gate = float(loss_on(data, np.zeros(1), np.zeros(1))[0])
    names = ("minimum", "valley", "barrier")
    found = dict(zip(names, (tree.minimum, tree.bars[0].birth, tree.bars[0].death), strict=True))
    known = dict(zip(names, (11 / 8, 19 / 8, 5 / 2), strict=True))
    values = {**found, "gate_at_zero": gate, "rows": rows}
    error = max(abs(found[name] / known[name] - 1) for name in names)
    claims = [
        at_most("plane.levels", SOURCE, "minimum 11/8, valley 19/8, barrier 5/2: largest relative error of the convex programs",
                error, TIGHT, "computed"),
        *barrier_claims(rows, "plane"),
    ]  # fmt: skip
    arrays = {
        "axis": axis, "field": loss_on(data, *np.meshgrid(axis, axis, indexing="ij")),
        "w": w, "along": loss_on(data, np.abs(w), w),
        "minima": np.array([[1.5**0.5, 1.5**0.5], [-(0.5**0.5), 0.5**0.5]]),
    }  # fmt: skip
    caption = (
        "One ReLU unit, points x = 1, -1 with targets 2, 1, weight decay 1/2: nothing is cut or projected. The spurious "
        f"minimum ({found['valley']:g}) is closed off from the global one ({found['minimum']:g}) below the level "
        f"{found['barrier']:g}, that of the zero network, where the level set is a figure of eight."
    )
    return Part({"whole_landscape": values}, arrays, claims, caption)


def levels_of(p: int) -> list[tuple[float, float]]:
    """Valleys and barriers of ``MIRROR`` in closed form: ``phi(53)`` a point, ``phi(2520/53)`` where a unit has to turn."""
    alone, turned = cost(53, 1, 10), cost(2520 / 53, 1, 10)
    return {1: [(0.5 + alone, 0.5 + turned)] * 2, 2: [(2 * alone, alone + turned)], 3: []}[p]


def functions(tree: Tree, program: tuple[int, ...], x: np.ndarray) -> np.ndarray:
    """The network of a program on the inputs ``(28, x)``."""
    signs, V = tree.units(program)
    Z = np.stack([np.full_like(x, MIRROR.X[0, 0]), x], axis=1) @ V.T
    return np.maximum(Z, 0) @ signs


def tree_of_examples(config: Config) -> Part:
    """``merge_tree``: the two mirror points at widths 1, 2, 3."""
    x = np.linspace(-75, 75, INPUTS)
    arrays: dict[str, np.ndarray] = {"x": x, "points": MIRROR.X[:, 1], "targets": MIRROR.y}
    values: dict[str, Any] = {"widths": {}}
    claims, errors = [], []
    for p in (1, 2, 3):
        tree = merge_tree(cells_of(MIRROR), p)
        rows = rows_of(tree, MIRROR)
        values["widths"][str(p)] = {
            "minimum": tree.minimum, "nodes": tree.nodes, "programs": len(tree.programs), "bars": rows,
        }  # fmt: skip
        errors += [abs(tree.minimum / (255 / 784) - 1)]
        for row, known in zip(rows, levels_of(p), strict=True):
            errors += [abs(row["valley"] / known[0] - 1), abs(row["barrier"] / known[1] - 1)]
        arrays[f"best_{p}"] = functions(tree, tree.lowest, x)
        for i, bar in enumerate(tree.bars):
            arrays[f"valley_{p}_{i}"], arrays[f"gate_{p}_{i}"] = (
                functions(tree, bar.lowest, x),
                functions(tree, bar.gate, x),
            )
        claims += barrier_claims(rows, f"tree.p{p}") if rows else []
        if p == 2:
            told, watched = planar_tour(theta_of(tree, tree.bars[0].lowest), tree.bars[0].death)
    widths = values["widths"]
    counted = [len(widths[str(p)]["bars"]) for p in (1, 2, 3)]
    claims += [
        at_most("tree.levels", SOURCE, "valleys and barriers against their closed forms, largest relative error",
                max(errors), TIGHT, "computed"),
        at_most("tree.none_at_r_plus_1", "weight_decay/PROOF.md, Theorem A", "spurious valleys at width r + 1 = 3",
                counted[2], 0, "computed"),
    ]  # fmt: skip
    one = widths["2"]["bars"][0]
    caption = (
        f"Points (28, 45), (28, -45) with targets 1, weight decay 10: {counted[0]}, {counted[1]} and {counted[2]} spurious "
        f"valleys at widths 1, 2 and 3. At width 2 the valley's lowest value is {one['valley']:.6f}, its barrier "
        f"{one['barrier']:.6f} (proved: {one['floor']:.9f}), {one['barrier'] / one['valley'] - 1:.0%} above; the minimum is "
        f"{widths['2']['minimum']:.6f}."
    )
    return Part({"merge_tree": values, **told}, arrays | watched, claims, caption)
