"""What an animation of a path shows: few hidden units in the plane, the network's output, the loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Watched:
    """A path of a network with two inputs and one output, point by point.

    Attributes:
        title: what is shown.
        W: hidden weights, ``(K, p, 2)``.
        u: output weights, ``(K, p)``.
        loss: at each point, ``(K,)``.
        leg: on which leg each point lies, ``(K,)``, from 0.
        words: what each leg does.
        x: where the output is drawn, ``(G,)``.
        outputs: there, ``(K, G)``.
        targets: ``x`` and ``y`` of the targets, two arrays ``(N,)``; a dense line of them is drawn as one.
        x_is: the name of ``x``.
        ticks: of ``x``; by default matplotlib's.
        level: a loss to be marked, with its name (the minimum, a floor); None for none.
    """

    title: str
    W: np.ndarray
    u: np.ndarray
    loss: np.ndarray
    leg: np.ndarray
    words: tuple[str, ...]
    x: np.ndarray
    outputs: np.ndarray
    targets: tuple[np.ndarray, np.ndarray]
    x_is: str
    ticks: tuple[float, ...] = ()
    level: tuple[float, str] | None = None
