"""Theorem 11 at any depth, without the induction of Lemma 22: make the layers between ready, then move the outer two.

The layers between are ready when ``Bm = W_s .. W_2`` is onto and ``Cm = W_K .. W_{s+1}`` one to one, ``s`` the narrowest
layer: then ``(W_{K+1} Cm, Bm W_1)`` is any network of one hidden layer of that width (``th11lift``). Random layers are.
Otherwise

1. *forget*: ``W_1`` goes to the least squares, and loses what ``N = ker(W_{K+1} .. W_2)`` hides, so that what it reaches is
   carried on without loss: ``R_1 = N^perp``, ``R_k = W_k R_{k-1}``, all of one dimension;
2. *widen*: for ``k = K .. 2`` in turn ``W_k -> W_k Pi + c Q_k J Q_{k-1}^T``, ``Pi`` the projection on what ``W_{k-1} .. W_1``
   reach, ``Q`` bases of the complements, ``J`` a truncated identity, plus half the way to the least squares of this layer.

Each of these legs moves one layer alone, so the loss is a convex parabola on it; it falls where the layer is not at its least
squares, and is constant where nothing is reached (a layer of zeros). Only if a start is critical and its middle layers lack
rank, and not in exact zeros, does rounding decide: then the leg rises by some 1e-32 of the loss.
"""

from __future__ import annotations

import torch
from torch import Tensor

from theorem11.th11construction import SHORT, down
from theorem11.th11lift import Lift
from theorem11.th11model import DeepPath, Layers, Walk, product
from theorem11.th11risk import LinearRisk

EPS = torch.finfo(torch.float64).eps
#: The least singular value of a product that is onto, or one to one, relative to its largest.
READY = 1e-7


def descent_path(start: Layers, risk: LinearRisk) -> DeepPath:
    """The path from ``start`` to a global minimum, at any depth.

    Args:
        start: ``(W_1, .., W_{K+1})``, any values.
        risk: the loss of the product.

    Returns:
        the path.
    """
    walk = Walk(start)
    if not ready(start):
        forget(walk, risk.in_units)
        for k in range(len(start.weights) - 2, 0, -1):
            widen(walk, k, risk.in_units)
    down(walk, risk)
    return walk.path()


def ready(layers: Layers) -> bool:
    """Whether the layers between the outer two have the rank of the narrowest hidden layer."""
    lift = Lift(layers)
    spectra = [torch.linalg.svdvals(M) for M in (lift.below, lift.above)]
    return all(bool(s[-1] > READY * s[0]) for s in spectra)


def forget(walk: Walk, risk: LinearRisk) -> None:
    """Step 1."""
    first, *others = walk.here.weights
    onward = product(tuple(others), len(first))
    T = seen_space(onward, others)
    seen = T.T @ first  # what is carried on, (d, n)
    best = torch.linalg.pinv(onward @ T) @ risk.C @ risk.inverse + risk.unseen(seen)
    walk.go("forget", walk.here.with_layer(0, T @ (best + SHORT * (seen - best))))


def seen_space(onward: Tensor, layers: list[Tensor]) -> Tensor:
    """An orthonormal basis ``(p_1, d)`` of ``ker(W_{K+1} .. W_2)^perp``."""
    _, s, Vt = torch.linalg.svd(onward)
    # what rounding leaves of a product is measured against the product of norms
    size = EPS * max(onward.shape) * float(torch.stack([w.norm() for w in layers]).prod())
    return Vt[: int((s > size).sum())].T


def widen(walk: Walk, k: int, risk: LinearRisk) -> None:
    """Step 2 for the layer ``weights[k]``."""
    weights = walk.here.weights
    w = weights[k]
    onward, before = product(weights[k + 1 :], len(w)), product(weights[:k], risk.n) @ risk.K
    here, there = span(before, weights[:k]), span(w @ before, weights[: k + 1])
    rest, room = complement(here), complement(there)
    shared = min(rest.shape[1], room.shape[1])
    on_reached = (w @ here) @ here.T
    size = torch.linalg.matrix_norm(on_reached, 2) if here.shape[1] else torch.ones((), dtype=w.dtype)
    wider = on_reached + size * room[:, :shared] @ rest[:, :shared].T
    if here.shape[1] and onward.any():
        best = torch.linalg.pinv(onward, rtol=READY) @ -risk.residual(walk.here) @ torch.linalg.pinv(before, rtol=READY)
        wider = wider + best @ here @ here.T / 2
    walk.go("widen", walk.here.with_layer(k, wider))


def span(M: Tensor, layers: tuple[Tensor, ...]) -> Tensor:
    """An orthonormal basis of the columns of a product of layers."""
    U, s, _ = torch.linalg.svd(M, full_matrices=False)
    return U[:, : int((s > EPS * max(M.shape) * float(torch.stack([w.norm() for w in layers]).prod())).sum())]


def complement(basis: Tensor) -> Tensor:
    """An orthonormal basis ``(n, n - d)`` of the space orthogonal to the columns of ``basis (n, d)``."""
    if basis.shape[1] == 0:
        return torch.eye(len(basis), dtype=basis.dtype)
    return torch.linalg.svd(basis).U[:, basis.shape[1] :]
