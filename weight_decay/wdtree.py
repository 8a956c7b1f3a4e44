"""Theorem C: the merge tree of ``f`` for small data in the plane, every valley and every barrier.

Modulo permutations of the units, ``{f <= c}`` has the components of a graph: a node for each multiset of ``p`` cells whose convex
program has a value ``<= c``, an edge where one unit moves to a neighbouring cell through their common ray, or to 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from weight_decay.wdcells import Cells, Solved, solve

Node = tuple[int, ...]
#: A valley counts where its barrier is higher than its floor by this part of it.
DEPTH = 1e-7


@dataclass(frozen=True)
class Bar:
    """One valley that is not the global one.

    Attributes:
        birth: its lowest value.
        death: the level at which it joins a lower one.
        lowest: the cells of its lowest network.
        gate: the program (cells, and the ray or 0 that a unit crosses) at the barrier.
        inside: the programs of all cells that the valley lies in.
        cut: all programs through which the valley can be left below the barrier's own level and at it.
    """

    birth: float
    death: float
    lowest: Node
    gate: Node
    inside: tuple[Node, ...]
    cut: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Tree:
    """The merge tree.

    Attributes:
        cells: the data.
        p: the width.
        programs: the convex programs, each a sorted tuple of distinct types other than 0.
        solved: their solutions.
        nodes: how many multisets of cells there are.
        minimum: the global minimum at this width.
        lowest: the program that attains it.
        bars: the valleys that hold no global minimum, the deepest first.
    """

    cells: Cells
    p: int
    programs: dict[Node, int]
    solved: Solved
    nodes: int
    minimum: float
    lowest: Node
    bars: tuple[Bar, ...]

    def units(self, program: Node) -> tuple[np.ndarray, np.ndarray]:
        """Signs and ``v (q, n)`` of the network that a program found, units above rounding only."""
        v = self.solved.v[self.programs[program]][: len(program)]
        kept = np.linalg.norm(v, axis=1) > 1e-6 * max(1e-300, float(np.linalg.norm(v, axis=1).max(initial=0)))
        return np.array([self.cells.live[t - 1][0] for t in program])[kept], v[kept]


def program_of(units: Node) -> Node:
    """The program of a multiset: units of one closed cell merge, those at 0 add nothing."""
    return tuple(sorted({t for t in units if t}))


def edges_of(cells: Cells, nodes: list[Node]) -> list[tuple[Node, Node, Node]]:
    """``(node, node, program on the face between them)``: a unit crosses a ray, or dies."""
    found = []
    beside: dict[int, list[tuple[int, int]]] = {}
    for a, b, ray in cells.across:
        beside.setdefault(a, []).append((b, ray))
    for node in nodes:
        for t in {*node} - {0}:
            rest = list(node)
            rest.remove(t)
            for other, face in [(0, 0), *beside.get(t, [])]:
                found.append((node, tuple(sorted([*rest, other])), program_of((*rest, face))))
    return found


def merge_tree(cells: Cells, p: int) -> Tree:
    """All valleys of networks of width ``p``, by Kruskal's algorithm.

    Args:
        cells: the data.
        p: the width.

    Returns:
        the tree.
    """
    nodes = list(combinations_with_replacement(range(cells.count), p))
    edges = edges_of(cells, nodes)
    programs = {key: i for i, key in enumerate(sorted({*map(program_of, nodes), *(face for _, _, face in edges)}))}
    padded = np.array([key + (0,) * (p - len(key)) for key in programs])
    solved = solve(cells, padded)
    level = {key: float(solved.value[i]) for key, i in programs.items()}
    value = {node: level[program_of(node)] for node in nodes}
    parent = {node: node for node in nodes}
    members = {node: [node] for node in nodes}

    def root(node: Node) -> Node:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    touching: dict[Node, list[tuple[Node, Node]]] = {node: [] for node in nodes}
    for a, b, face in edges:
        touching[a].append((b, face))
        touching[b].append((a, face))
    bars = []
    for a, b, face in sorted(edges, key=lambda edge: level[edge[2]]):
        low, high = sorted((root(a), root(b)), key=value.__getitem__)
        if low == high:
            continue
        if level[face] > value[high] * (1 + DEPTH):
            inside = set(members[high])
            cut = {way for node in inside for other, way in touching[node] if other not in inside}
            held = tuple(sorted({program_of(node) for node in inside}))
            bars.append(Bar(value[high], level[face], program_of(high), face, held, tuple(sorted(cut))))
        parent[high] = low
        members[low] += members.pop(high)
    best = min(nodes, key=value.__getitem__)
    bars.sort(key=lambda bar: bar.birth - bar.death)
    return Tree(cells, p, programs, solved, len(nodes), value[best], program_of(best), tuple(bars))
