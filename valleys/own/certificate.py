"""``valleys.certify``: from a user's network down to the minimum of its own convex loss, with the judge's verdict."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as File
from typing import Any, overload

from valleys.construct.convex_descent import ConvexDescent, descend_convex
from valleys.judge.certificate import Verdict
from valleys.judge.convex import judge_descent
from valleys.judge.convex_floor import Floor, floor_of
from valleys.judge.exact_convex import affordable, exact_descent
from valleys.judge.verify_convex import convex_claims
from valleys.own.answer import Answer
from valleys.own.decayed import DecayCertificate, certify_decay
from valleys.own.digits import few_digits
from valleys.own.exactly import verdict_of
from valleys.own.modules import Function, Network
from valleys.own.problem import Model, check_start, drawing, network_of, risk_of
from valleys.paths.convex_files import save_convex_path
from valleys.paths.path import Path
from valleys.problem.activations import Activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.network import Theta
from valleys.problem.streams import stream
from valleys.run.claims import Claim


@dataclass(frozen=True, eq=False)
class Certificate(Answer):
    """A network, its descent path and the judge's verdict on it.

    Attributes:
        network: the start; it says activation and biases.
        risk: the loss.
        construction: what built the path, and its numbers.
        verdict: of the judge, who knows the path alone.
        floor: a lower bound of the loss for networks of every width.
    """

    network: Network
    risk: ConvexRisk
    construction: ConvexDescent
    verdict: Verdict
    floor: Floor

    @property
    def path(self) -> Path:
        """The path."""
        return self.construction.path

    @property
    def start_loss(self) -> float:
        """The loss of the network."""
        return self.verdict.start

    @property
    def rise(self) -> float:
        """A bound on the largest rise of a leg; exactly 0 where the slope at the end of each is below its rounding."""
        return self.verdict.rise

    @property
    def end_loss(self) -> float:
        """The loss at the end."""
        return self.verdict.end

    @property
    def lower_bound(self) -> float:
        """No network of any width has a smaller loss (see ``floor.radius``)."""
        return self.floor.value

    @property
    def gap(self) -> float:
        """``end_loss - lower_bound``: the end is within it of the infimum."""
        return self.end_loss - self.lower_bound

    @property
    def attained(self) -> bool | None:
        """Whether the infimum is a minimum, as far as the lower bound tells; None where it does not."""
        return self.floor.attained

    @property
    def dimension(self) -> int:
        """``dim*``: hidden units that suffice (with an output bias: modulo constants)."""
        return self.risk.width_needed

    @property
    def rank(self) -> int:
        """Independent hidden units that the first leg keeps."""
        return self.construction.rank - self.risk.pinned

    @property
    def condition(self) -> float:
        """Condition of the live filters at the end, scaled to length 1."""
        return self.construction.condition

    @property
    def claims(self) -> list[Claim]:
        """The loss never rises, the end is within the gap of the infimum; the first by the exact checker where it is quick."""
        seen = convex_claims(self.verdict.relative_rise, self.gap, self.risk.at_zero, "certify")
        return exact_descent(seen, "certify", self.exact)

    @cached_property
    def exact(self) -> dict[str, Any] | None:
        """What the exact checker says of the path; None where it does not judge it, or takes more than seconds."""
        return verdict_of(self.save) if affordable(self.path.knots, self.risk) else None

    @property
    def reason(self) -> str | None:
        """Why a claim fails, as far as the data and the start alone say: too few digits; None where they do not."""
        found = None if self.holds else few_digits(self.risk, self.path.start, stream(0, "own", "digits"))
        return None if found is None else f"{found[0]}; needed: {found[1]}"

    def save(self, file: str | File) -> None:
        """Write the path for ``python -m valleys.verify``."""
        save_convex_path(file, self.path, self.risk)

    def figure(self) -> Any:
        """The loss along the path, above the lower bound: a ``Figure`` of matplotlib."""
        title = (
            f"{self.legs} straight legs down, rise {self.rise:.1g}, within {max(self.gap, 0.0):.1g} of the lowest loss"
        )
        return drawing().draw_loss(self.path, self.risk, self.lower_bound, "lower bound", title, straight=False)

    def __repr__(self) -> str:
        word = "certified" if self.holds else "NOT certified"
        least = "infimum, which is not attained" if self.attained is False else "minimum"
        because = f"; {self.reason}" if self.reason else ""
        return (
            f"<{word}: {self.legs} legs, rise {self.rise:.1g}, loss {self.start_loss:.6g} -> {self.end_loss:.6g}, "
            f"within {max(self.gap, 0.0):.1g} of the {least}; width {self.width}, dim* {self.dimension}{because}>"
        )


@overload
def certify(
    model: Model,
    X: Any,
    y: Any,
    loss: Any = "square",
    activation: str | Activation | Function | None = None,
    seed: int = 0,
    weight_decay: None = None,
) -> Certificate: ...


@overload
def certify(
    model: Model,
    X: Any,
    y: Any,
    loss: Any = "square",
    activation: str | Activation | Function | None = None,
    seed: int = 0,
    *,
    weight_decay: float,
) -> DecayCertificate: ...


def certify(
    model: Model,
    X: Any,
    y: Any,
    loss: Any = "square",
    activation: str | Activation | Function | None = None,
    seed: int = 0,
    weight_decay: float | None = None,
) -> Certificate | DecayCertificate:
    """The descent path of Theorem 8 from a network down to the minimum of its loss, and the verdict on it.

    Args:
        model: ``nn.Sequential(nn.Linear, activation, nn.Linear)``, or a state dict.
        X: inputs, ``(N, n)``.
        y: targets: classes, or ``(N, m)``.
        loss: ``square``, ``cross_entropy``, ``logistic``, ``huber:DELTA``, ``hinge``, or a convex callable.
        activation: for state dicts.
        seed: of the new rows that dead units get.
        weight_decay: ``lam`` of ``L + lam (|U|^2 + |W|^2)``, hidden biases among the weights: for ReLU and leaky ReLU, one
            output without bias, inputs of rank 3 at most. ``weight_decay=wd`` of torch's SGD and Adam with ``MSELoss`` is
            ``lam = wd/2``. The path is that of weight_decay/PROOF.md then.

    Returns:
        the path and the verdict on it.

    >>> from torch import nn
    >>> X = [[0.0, 1.0], [2.0, 1.0], [1.0, 3.0], [4.0, -1.0]]
    >>> certificate = certify(nn.Sequential(nn.Linear(2, 7), nn.ReLU(), nn.Linear(7, 3)), X, [0, 1, 2, 2], "cross_entropy")
    >>> certificate.holds, certificate.rise, certificate.attained
    (True, 0.0, False)
    """
    network = network_of(model, activation)
    if weight_decay is not None:
        return certify_decay(network, X, y, loss, weight_decay)
    risk = risk_of(network, X, y, loss)
    check_start(risk, network.theta, "model")
    return certified(network, risk, network.theta, seed)


def certified(network: Network, risk: ConvexRisk, start: Theta, seed: int) -> Certificate:
    """Construction, verdict and floor for a start of the kind of ``network``."""
    found = descend_convex(start, risk, stream(seed, "own", "rows"))
    end = found.path.end
    floor = floor_of(risk, end.U @ risk.features(end.W))
    return Certificate(network, risk, found, judge_descent(found.path, risk, floor.value), floor)
