"""A descent path with its verdict: the construction, then the judge that did not build it."""

from __future__ import annotations

import torch

from valleys.construct.descent import Descent, descend
from valleys.judge.certificate import Verdict, judge_path
from valleys.problem.dimension import Span
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk


def certified_descent(theta: Theta, risk: FeatureRisk, generator: torch.Generator) -> tuple[Descent, Verdict, Span]:
    """The library call: the path, the judge's verdict on it, and the filters' space (``dim*``, minimum).

    >>> from valleys.problem.activations import activation
    >>> from valleys.problem.laws import Sample
    >>> X = torch.tensor([[1.0, 1.0], [2.0, 1.0], [4.0, 1.0]], dtype=torch.float64)
    >>> risk = FeatureRisk(activation("relu"), Sample(X, torch.tensor([[1.0], [0.0], [1.0]], dtype=torch.float64)))
    >>> start = Theta(torch.zeros(1, 3, dtype=torch.float64), torch.zeros(3, 2, dtype=torch.float64))
    >>> descent, verdict, span = certified_descent(start, risk, torch.Generator().manual_seed(0))
    >>> span.dimension, verdict.rise, verdict.excess < 1e-20
    (3, 0.0, True)
    """
    span = Span(risk)
    descent = descend(theta, risk, generator, span.dimension)
    return descent, judge_path(descent.path, risk, span.excess(descent.path.end)), span
