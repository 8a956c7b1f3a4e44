"""``valleys.connect``: a path between two trained networks that never rises above the worse of the two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File
from typing import Any, overload

import torch

from valleys.construct.connect import Connection
from valleys.construct.connect import connect as construct
from valleys.judge.convex import JoinVerdict, judge_join
from valleys.judge.exact_convex import affordable, exact_connection
from valleys.own.answer import Answer
from valleys.own.decayed import DecayJoined, connect_decay
from valleys.own.exactly import verdict_of
from valleys.own.modules import Function, Network
from valleys.own.problem import Model, check_start, drawing, network_of, risk_of
from valleys.paths.convex_files import save_convex_path
from valleys.paths.path import Path
from valleys.problem.activations import Activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.run.claims import Claim
from valleys.run.errors import InputError


@dataclass(frozen=True, eq=False)
class Joined(Answer):
    """Two networks, the path between them and the judge's verdict on it.

    Attributes:
        network: the first network; it says activation and biases.
        risk: the loss.
        construction: what built the path, and its numbers.
        verdict: of the judge, who knows the path alone.
    """

    network: Network
    risk: ConvexRisk
    construction: Connection
    verdict: JoinVerdict

    @property
    def path(self) -> Path:
        """The path."""
        return self.construction.path

    @property
    def bound(self) -> float:
        """``max(L(a), L(b))``."""
        return self.verdict.bound

    @property
    def peak(self) -> float:
        """The largest loss on the path."""
        return self.verdict.peak

    @property
    def excess(self) -> float:
        """``peak - bound`` in units of ``max(L(a), L(b), L(0))``; 0 where the path stays below."""
        return self.verdict.excess

    @property
    def claims(self) -> list[Claim]:
        """``Phi`` is affine on every leg, no loss is above the worse end's: by the exact checker where it is quick."""
        return exact_connection(self.verdict.claims("connect"), "connect", self.exact, self.risk.at_zero)

    @cached_property
    def exact(self) -> dict[str, Any] | None:
        """What the exact checker says of the path; None where it does not judge it, or takes more than seconds."""
        return verdict_of(self.save) if affordable(self.path.knots, self.risk) else None

    def save(self, file: str | File) -> None:
        """Write the path for ``python -m valleys.verify``."""
        save_convex_path(file, self.path, self.risk, "connection")

    def figure(self) -> Any:
        """The loss along the path and along the straight line, and the worse end: a ``Figure`` of matplotlib."""
        title = f"{self.legs} straight legs, peak {self.peak:.4g}"
        return drawing().draw_loss(self.path, self.risk, self.bound, "the worse of the two", title, straight=True)

    def __repr__(self) -> str:
        word = "joined" if self.holds else "NOT joined"
        return (
            f"<{word}: {self.legs} legs, peak {self.peak:.6g}, worse end {self.bound:.6g}, "
            f"excess {self.excess:.1g}; width {self.network.width}, {self.risk.width_needed + 1} needed>"
        )


@overload
def connect(
    model_a: Model,
    model_b: Model,
    X: Any,
    y: Any,
    loss: Any = "square",
    activation: str | Activation | Function | None = None,
    weight_decay: None = None,
) -> Joined: ...


@overload
def connect(
    model_a: Model,
    model_b: Model,
    X: Any,
    y: Any,
    loss: Any = "square",
    activation: str | Activation | Function | None = None,
    *,
    weight_decay: float,
) -> DecayJoined: ...


def connect(
    model_a: Model,
    model_b: Model,
    X: Any,
    y: Any,
    loss: Any = "square",
    activation: str | Activation | Function | None = None,
    weight_decay: float | None = None,
) -> Joined | DecayJoined:
    """Join two networks by a path on which the loss is at most ``max(L(a), L(b))``.

    Any two networks of width ``dim* + 1`` or more are joined so, for every convex loss (theorem8/CONNECT.md).

    Args:
        model_a: ``nn.Sequential(nn.Linear, activation, nn.Linear)``, or a state dict.
        model_b: the other, of the same sizes.
        X: inputs, ``(N, n)``.
        y: targets: classes, or ``(N, m)``.
        loss: ``square``, ``cross_entropy``, ``logistic``, ``huber:DELTA``, ``hinge``, or a convex callable.
        activation: for state dicts.
        weight_decay: ``lam`` of ``L + lam (|U|^2 + |W|^2)``, as in ``certify`` (weight_decay/PROOF.md, Corollary A').

    Returns:
        the path and the verdict on it.

    Raises:
        InputError: for networks, data or a width that do not fit.

    >>> from torch import nn
    >>> generator = torch.Generator().manual_seed(0)
    >>> X = torch.randn(6, 2, generator=generator)
    >>> a, b = (nn.Sequential(nn.Linear(2, 7, bias=False), nn.ReLU(), nn.Linear(7, 1)) for _ in range(2))
    >>> connect(a, b, X, X[:, 0]).holds
    True
    """
    a, b = network_of(model_a, activation, "model_a"), network_of(model_b, activation, "model_b")
    kinds = [(x.inputs, x.outputs, x.hidden_bias, x.output_bias, x.sigma.name) for x in (a, b)]
    if kinds[0] != kinds[1]:
        raise InputError(
            "model_b", "(inputs, outputs, biases, activation) = " + str(kinds[1]), f"those of model_a, {kinds[0]}"
        )
    z = torch.linspace(-4, 4, 257, dtype=torch.float64)
    if not torch.equal(a.sigma(z), b.sigma(z)):
        raise InputError(
            "model_b", f"another {b.sigma.name}", f"the activation of model_a, {a.sigma.name}, entry by entry"
        )
    if weight_decay is not None:
        return connect_decay(a, b, X, y, loss, weight_decay)
    risk = risk_of(a, X, y, loss)
    check_start(risk, a.theta, "model_a")
    check_start(risk, b.theta, "model_b")
    found = construct(a.theta, b.theta, risk)
    return Joined(a, risk, found, judge_join(found.path, risk))
