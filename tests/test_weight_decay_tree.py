"""Theorems B and C: levels in closed form, the merge tree against them, against a flood fill, and what breaks it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from flint import arb
from scipy.optimize import minimize

from valleys.construct.decay_algebra import Rationals
from valleys.construct.decay_optimum import network
from valleys.judge.decay_floor import exact_value, floor
from valleys.judge.exact import lower, upper
from valleys.own.decay import certified_decay, lowest
from valleys.problem.network import Theta, widened
from valleys.run.errors import InputError
from weight_decay import wdballs
from weight_decay.wdcells import Cells
from weight_decay.wddata import COPIES, MIRROR, PLANE, THREE, Example, equiangular, random_integers
from weight_decay.wdmodel import cost, levels
from weight_decay.wdpictures import barrier_claims, cells_of, cut_floor, loss_on, rows_of, theta_of
from weight_decay.wdtree import merge_tree

#: Data, width: global minimum, and for each spurious valley its lowest value and its barrier.
TREES = {
    "plane, p = 1": (PLANE, 1, 11 / 8, [(19 / 8, 5 / 2)]),
    "plane, p = 2": (PLANE, 2, 5 / 4, []),
    "copies, p = 1": (COPIES, 1, 11 / 36, [(17 / 25, 1 / 2 + 215 / 1152)] * 2),
    "copies, p = 2": (COPIES, 2, 11 / 36, [(9 / 25, 9 / 50 + 215 / 1152)]),
    "copies, p = 3": (COPIES, 3, 11 / 36, []),
    "mirror, p = 1": (MIRROR, 1, 255 / 784, [(0.5 + cost(53, 1, 10), 0.5 + cost(2520 / 53, 1, 10))] * 2),
    "mirror, p = 2": (MIRROR, 2, 255 / 784, [(2 * cost(53, 1, 10), cost(53, 1, 10) + cost(2520 / 53, 1, 10))]),
    "mirror, p = 3": (MIRROR, 3, 255 / 784, []),
    "Theorem B, N = 2": (equiangular(2, 0.4), 2, 0.17424085250172205, [(0.19, levels(2, 0.4).exit)]),
}


@pytest.mark.parametrize(("data", "p", "least", "bars"), TREES.values(), ids=list(TREES))
def test_tree_against_closed_forms(data: Example, p: int, least: float, bars: list[tuple[float, float]]) -> None:
    tree = merge_tree(cells_of(data), p)
    assert tree.minimum == pytest.approx(least, rel=1e-12)
    assert [(bar.birth, bar.death) for bar in tree.bars] == [pytest.approx(bar, rel=1e-12) for bar in bars]
    for row in rows_of(tree, data):
        assert row["proved"]
        assert row["floor"] == pytest.approx(row["barrier"], rel=1e-11)
        assert row["floor"] <= row["barrier"] * (1 + 1e-15)


def test_three_points_at_width_three() -> None:
    """A spurious valley at ``p = r = 3`` in the plane; the numbers are of an independent implementation with a conic solver."""
    tree = merge_tree(cells_of(THREE), 3)
    assert tree.nodes == 455 and tree.minimum == pytest.approx(0.14530883, abs=5e-9)
    known = [(0.1729579, 0.1740072), (0.1767305, 0.1775220)]
    assert [(bar.birth, bar.death) for bar in tree.bars] == [pytest.approx(bar, abs=5e-8) for bar in known]
    assert len(merge_tree(cells_of(THREE), 2).bars) == 7


def test_a_face_left_out_of_a_cut_is_seen() -> None:
    """The floor over fewer faces than a unit may use is no floor: it lies above a network on the cut."""
    cells = cells_of(MIRROR)
    tree = merge_tree(cells, 2)
    bar = tree.bars[0]
    chosen = cells.chosen(bar.gate)
    honest = floor(tree.solved.nu[tree.programs[bar.gate]], cells.y, cells.beta, cells.faces, 0.0, chosen)
    fewer = floor(MIRROR.y / 100, cells.y, cells.beta, cells.faces, 0.0, 0 * chosen)
    assert honest <= exact_value(theta_of(tree, bar.gate), MIRROR.risk) < fewer


def test_one_unit_in_closed_form() -> None:
    """At width 1 the barrier is ``|y|^2/2 - (a . y - beta)_+^2/(2 |a|^2)`` on one of the rays, ``a = s (X e)_+``."""
    data = random_integers(3, 5, "closed form")
    cells = cells_of(data)
    tree = merge_tree(cells, 1)
    ends = [cells.outputs[t][:, 0] for t in range(cells.count, len(cells.live) + 1)]
    levels_ = [data.y @ data.y / 2]
    levels_ += [levels_[0] - max(a @ data.y - data.beta, 0) ** 2 / (2 * a @ a) for a in ends]
    for bar in tree.bars:
        assert min(abs(bar.death / level - 1) for level in levels_) < 1e-11


def flooded(values: np.ndarray, source: tuple[int, int], target: tuple[int, int]) -> float:
    """The lowest level at which two points of a grid are joined, a point having eight neighbours."""
    columns = values.shape[1]
    padded = np.pad(values, 1, constant_values=np.inf).ravel()
    width = columns + 2
    a, b = ((i + 1) * width + j + 1 for i, j in (source, target))
    parent, wet = np.arange(padded.size), np.zeros(padded.size, dtype=bool)

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i in np.argsort(padded, kind="stable"):
        wet[i] = True
        for j in i + np.array([1, width - 1, width, width + 1, -1, 1 - width, -width, -1 - width]):
            if wet[j]:
                parent[root(j)] = root(i)
        if wet[a] and wet[b] and root(a) == root(b):
            return float(padded[i])
    return float("inf")


def test_the_plane_by_a_flood_fill() -> None:
    """All of parameter space on a grid with the origin on it."""
    axis = np.linspace(-2, 2, 161)
    field = loss_on(PLANE, *np.meshgrid(axis, axis, indexing="ij"))
    here, there = (
        (int(np.abs(axis - u).argmin()), int(np.abs(axis - w).argmin())) for u, w in ((1.22, 1.22), (0.71, -0.71))
    )
    assert flooded(field, here, there) == 2.5


def single_network(data: Example) -> Theta:
    """The valley's lowest network: one unit along each point, mass ``Y - beta``."""
    return network(np.ones(len(data.y)), (data.y - data.beta)[:, None] * data.X, len(data.y))


@pytest.mark.parametrize("N", [2, 3, 5, 8])
def test_theorem_b(N: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doubles against balls; the networks attain the levels, and do not where a unit is longer by ``1e-25``."""
    eps = 0.4 if N == 2 else 1 / N
    data, known, balls = equiangular(N, eps), levels(N, eps), wdballs.levels_in_balls(N)
    for name, ball in vars(balls).items():
        assert getattr(known, name) == pytest.approx(wdballs.below(ball), rel=1e-14)
        assert wdballs.below(ball) <= wdballs.above(ball) <= np.nextafter(wdballs.below(ball), 1)
    assert known.lower < known.valley < known.exit
    assert float(exact_value(single_network(data), data.risk)) == pytest.approx(known.valley, rel=1e-14)
    with wdballs.ctx.workprec(wdballs.BITS):
        found = wdballs.points(N, arb(wdballs.angle(N))).tolist()
    assert np.array([[float(v) for v in row] for row in found]) == pytest.approx(data.X, abs=1e-15)
    assert np.linalg.matrix_rank(data.X) == N
    assert wdballs.attained(N) <= 1e-70
    kept = wdballs.mixed
    monkeypatch.setattr(
        wdballs,
        "mixed",
        lambda X, rows: kept(
            X, [{0: arb(10) ** -25 + rows[0][0], **{j: v for j, v in rows[0].items() if j}}, *rows[1:]]
        ),
    )
    assert 1e-60 < wdballs.attained(N) < 1e-20


KNOWN_B = {2: (0.19, 0.198157, 0.174241), 3: (0.285, 0.290441, 0.260705), 4: (0.38, 0.382946, 0.346633),
           6: (0.57, 0.571276, 0.528919), 8: (0.76, 0.760711, 0.715471)}  # fmt: skip


@pytest.mark.parametrize(("N", "known"), KNOWN_B.items())
def test_theorem_b_numbers(N: int, known: tuple[float, float, float]) -> None:
    found = levels(N, 0.4 if N == 2 else 1 / N)
    assert (found.valley, found.exit, found.lower) == pytest.approx(known, abs=6e-7)


def test_exit_level_by_constrained_minimisation() -> None:
    """Second route for ``N = 3``: the least cost of one unit in the plane ``x_2 . v = 0``, by a general solver."""
    data = equiangular(3, 1 / 3)
    x, other = data.X[0], data.X[1]
    found = minimize(
        lambda v: (max(x @ v, 0) - 1) ** 2 / 2 + 0.1 * np.linalg.norm(v), x + 0.3 * other, method="SLSQP",
        constraints={"type": "eq", "fun": lambda v: other @ v}, options={"ftol": 1e-14},
    )  # fmt: skip
    assert 2 * cost(1, 1, 0.1) + found.fun == pytest.approx(levels(3, 1 / 3).exit, abs=1e-9)


def test_orthogonal_points_have_no_strict_valley() -> None:
    """A hypothesis of Theorem B broken: at ``eps = 0`` the exit is at the valley's own level."""
    found = levels(3, 0.0)
    assert found.exit == found.valley


def test_no_valleys_from_r_plus_1() -> None:
    for k in range(4):
        cells = cells_of(random_integers(2, 0, "test", k))
        counts = [len(merge_tree(cells, p).bars) for p in (1, 2, 3)]
        assert counts[2] == 0
        assert all(a >= b for a, b in pairwise(counts))


def test_barrier_and_valley_are_networks() -> None:
    """The valley's value is that of a network, exactly evaluated, and the cut's floor is above it."""
    tree = merge_tree(cells_of(THREE), 3)
    for bar in tree.bars:
        assert float(exact_value(theta_of(tree, bar.lowest), THREE.risk)) == pytest.approx(bar.birth, rel=1e-9)
        assert exact_value(theta_of(tree, bar.lowest), THREE.risk) < cut_floor(tree, bar)
    assert [claim.holds for claim in barrier_claims(rows_of(tree, THREE), "x")] == [True, True, True]
    # a valley with the cells of the minimum is none, and a way out less is not closed at the barrier
    bars = [replace(bar, inside=(*bar.inside, tree.lowest), cut=(*bar.cut, bar.lowest)) for bar in tree.bars]
    broken = replace(tree, bars=tuple(bars))
    assert [claim.holds for claim in barrier_claims(rows_of(broken, THREE), "x")] == [False, False, False]


def test_inputs_that_have_no_cells() -> None:
    with pytest.raises(InputError):
        Cells(np.ones((3, 2)), np.ones(3), 1.0)
    with pytest.raises(InputError):
        Cells(np.eye(3), np.ones(3), 1.0)


def test_width_r_is_not_enough_and_r_plus_1_is() -> None:
    """From Theorem B's valley no path is promised at ``p = r``; with one unit more it leads below the valley, exactly."""
    data, known = equiangular(3, 1 / 3), levels(3, 1 / 3)
    best, theta = lowest(data.risk), single_network(data)
    with pytest.raises(InputError, match=r"r \+ 1 = 4"):
        certified_decay(theta, data.risk, best)
    exact = certified_decay(widened(theta, 4), data.risk, best, Rationals()).exact
    assert exact is not None and exact["verdict"] == "never rises"
    assert lower(exact["start"]) * 3 / 2 == pytest.approx(known.valley, rel=1e-14)  # f = (N/2) L
    assert upper(exact["end"]) * 3 / 2 < known.lower
