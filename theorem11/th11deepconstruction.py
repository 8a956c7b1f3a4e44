"""Theorem 11 at any depth, without the induction of Lemma 22: the product moved as one hidden layer of width ``min p_k``.

1. *forget*: ``W_1 -> W_1 - Pi_N W_1``, ``N = ker(W_{K+1} .. W_2)``: the function stays, and what ``W_1`` reaches is
   carried on without loss: ``R_1 = N^perp``, ``R_k = W_k R_{k-1}``, all of one dimension;
2. *widen*: for ``k = 2 .. K`` at once ``W_k -> W_k Pi_{k-1} + c_k Q_k J Q_{k-1}^T``, ``Pi`` the projection on
   ``R_{k-1}``, ``Q_k`` a basis of ``R_k^perp``, ``J`` a truncated identity: unchanged on what is reached, so the function
   stays; then the middle product has rank ``p_s = min_k p_k``: ``Bm = W_s .. W_2`` is onto, ``Cm = W_K .. W_{s+1}`` one
   to one;
3. the legs of one hidden layer for ``(W_{K+1} Cm, Bm W_1)``, lifted: ``W_1(t) = W_1 + Bm^+ (What1(t) - What1(0))``,
   ``W_{K+1}(t) = W_{K+1} + (What2(t) - What2(0)) Cm^+``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from theorem11.th11construction import EPS, descent_path
from theorem11.th11model import DeepPath, LayerCurve, LayerLine, Layers, product
from theorem11.th11risk import LinearRisk
from valleys.paths.curves import Curve, points_of
from valleys.paths.path import Line, Piece
from valleys.problem.network import Theta


def deep_descent_path(start: Layers, risk: LinearRisk) -> DeepPath:
    """The path from ``start`` to a global minimum; one hidden layer is the case without steps 1 and 2.

    Args:
        start: ``(W_1, .., W_{K+1})``, any values.
        risk: the loss of the product.

    Returns:
        the path, two legs more than the path of one hidden layer.
    """
    first, *middle, last = start.weights
    reached = reached_spaces(start)
    keep = reached[0]
    forgotten = Layers((keep @ (keep.T @ first), *middle, last))
    wide = [widened(w, reached[k], reached[k + 1]) for k, w in enumerate(middle)]
    ready = Layers((forgotten.weights[0], *wide, last))
    legs: list[LayerCurve] = [LayerLine(a, b) for a, b in ((start, forgotten), (forgotten, ready)) if not a.equal(b)]
    legs += lifted_legs(ready, risk)
    return DeepPath(tuple(legs))


def reached_spaces(layers: Layers) -> list[Tensor]:
    """Orthonormal bases ``(p_k, d)`` of ``R_1, .., R_K``, ``R_1 = ker(W_{K+1} .. W_2)^perp``."""
    first, *middle, last = layers.weights
    onward = product((*middle, last), len(first))
    _, s, Vt = torch.linalg.svd(onward)
    # what rounding leaves of a product is measured against the product of norms
    size = EPS * max(onward.shape) * float(torch.stack([w.norm() for w in (*middle, last)]).prod())
    spaces = [Vt[: int((s > size).sum())].T]
    for w in middle:
        spaces.append(torch.linalg.qr(w @ spaces[-1]).Q)
    return spaces


def complement(basis: Tensor) -> Tensor:
    """An orthonormal basis ``(n, n - d)`` of the space orthogonal to the columns of ``basis (n, d)``."""
    if basis.shape[1] == 0:
        return torch.eye(len(basis), dtype=basis.dtype)
    return torch.linalg.svd(basis).U[:, basis.shape[1] :]


def widened(w: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """``W_k Pi + c Q_k J Q_{k-1}^T``: ``W_k`` on what is reached, an isometry of size ``c`` as far as there is room."""
    rest, room = complement(before), complement(after)
    shared = min(rest.shape[1], room.shape[1])
    on_reached = (w @ before) @ before.T
    size = torch.linalg.matrix_norm(on_reached, 2) if before.shape[1] else torch.ones((), dtype=w.dtype)
    return on_reached + size * room[:, :shared] @ rest[:, :shared].T


def lifted_legs(layers: Layers, risk: LinearRisk) -> list[LayerCurve]:
    """Step 3: the one-hidden-layer path of ``(W_{K+1} Cm, Bm W_1)``, carried out by ``W_1`` and ``W_{K+1}`` alone."""
    first, *middle, last = layers.weights
    s = min(range(len(layers.widths)), key=lambda k: layers.widths[k])
    Bm, Cm = product(tuple(middle[:s]), len(first)), product(tuple(middle[s:]), layers.widths[s])
    below, above = torch.linalg.pinv(Bm), torch.linalg.pinv(Cm)
    base = Theta(last @ Cm, Bm @ first)
    # what the product does not see stays; a sum of products, since a difference of large layers would lose digits
    apart = torch.eye(len(first), dtype=first.dtype) - below @ Bm
    beside = torch.eye(last.shape[1], dtype=last.dtype) - Cm @ above
    still_first, still_last = apart @ (apart @ first), (last @ beside) @ beside

    def lift(theta: Theta) -> Layers:
        W1, Wlast = still_first + below @ theta.W, still_last + theta.U @ above
        batch = theta.U.shape[:-2]
        return Layers((W1, *(w.expand(*batch, *w.shape) for w in middle), Wlast))

    def lifted(piece: Piece, start: Layers) -> LayerCurve:
        end = lift(piece.end)
        return (
            LayerLine(start, end) if isinstance(piece, Line) else Curve(start, end, lambda t: lift(points_of(piece, t)))
        )

    legs: list[LayerCurve] = []
    for piece in descent_path(base, risk).pieces:
        legs.append(lifted(piece, legs[-1].end if legs else layers))
    return legs
