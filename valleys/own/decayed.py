"""``valleys.certify`` and ``valleys.connect`` with ``weight_decay``: a user's network on ``L + lam (|U|^2 + |W|^2)``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from valleys.construct.decay_algebra import Doubles
from valleys.construct.decay_connect import MassJoin, join
from valleys.construct.decay_path import atoms_of
from valleys.judge.certificate import Verdict
from valleys.judge.decay_claims import connection_claims, decay_claims
from valleys.judge.decay_floor import rounded_down, rounded_up
from valleys.judge.decay_peak import Peak, judge_peak
from valleys.own.answer import Answer
from valleys.own.decay import DecayDescent, Lowest, algebra_for, certified_decay, check_weights, lowest
from valleys.own.exactly import verdict_of
from valleys.own.modules import Network
from valleys.own.problem import risk_of
from valleys.paths.mass_files import join_knots, save_masses
from valleys.paths.path import Path
from valleys.problem.decay import MeanDecayRisk, checked_decay, mean_decay
from valleys.run.claims import Claim
from valleys.run.errors import InputError

SOURCE = "weight_decay/PROOF.md, Theorem A"


def decay_risk(network: Network, X: Any, y: Any, loss: Any, weight_decay: float) -> MeanDecayRisk:
    """``L + lam (|U|^2 + |W|^2)`` of networks like ``network`` on the data; hidden biases decay with the weights.

    Args:
        network: says activation, biases and sizes.
        X: inputs, ``(N, n)``.
        y: targets.
        loss: ``square``.
        weight_decay: ``lam``.

    Returns:
        the risk.

    Raises:
        InputError: for another loss, an output bias, or an activation that is not positively homogeneous.
    """
    checked_decay(weight_decay, "weight_decay")
    if loss != "square":
        raise InputError("loss", loss, "square, with weight decay")
    if network.output_bias:
        raise InputError(
            "model", "an output bias", "with weight decay a last layer without bias, nn.Linear(p, 1, bias=False)"
        )
    law = risk_of(network, X, y).law
    return mean_decay(network.sigma, law, weight_decay)


@dataclass(frozen=True, eq=False)
class DecayCertificate(Answer):
    """A network, its path down to the best network of any width, and the judge's verdict; losses are ``L + lam (..)``.

    Attributes:
        network: the start; it says activation and biases.
        risk: the loss.
        best: the floor under every width, in units of ``f = (N/2)(L + lam (..))``, and the best network.
        found: the path and its verdict, in the same units.
    """

    network: Network
    risk: MeanDecayRisk
    best: Lowest
    found: DecayDescent

    @property
    def path(self) -> Path:
        """The path, curved legs from knot to knot."""
        return self.found.path.path()

    @property
    def verdict(self) -> Verdict:
        """Of the judge."""
        return self.found.verdict

    @property
    def legs(self) -> int:
        """Legs of the path."""
        return len(self.found.path.names)

    @property
    def start_loss(self) -> float:
        """The loss of the network."""
        return self.verdict.start

    @property
    def end_loss(self) -> float:
        """The loss at the end."""
        return self.verdict.end

    @property
    def rise(self) -> float:
        """The largest rise on a leg."""
        return self.verdict.rise

    @property
    def lower_bound(self) -> float:
        """No network of any width has a smaller loss: a rational number, rounded down."""
        return rounded_down(self.best.floor * self.risk.per_point)

    @property
    def gap(self) -> float:
        """How far the end is above the floor, at least 0: its loss is evaluated in rationals for that."""
        return rounded_up(self.found.excess * self.risk.per_point)

    @property
    def dimension(self) -> int:
        """``r``; a path is promised from ``r + 1`` hidden units on."""
        return self.best.rank

    @property
    def claims(self) -> list[Claim]:
        """The two claims: the loss never rises, the end is at the floor."""
        return decay_claims("certify", SOURCE, [self.found.judged])

    def save(self, file: str | File) -> None:
        """Write the path for ``python -m valleys.verify`` and ``python -m check``."""
        self.found.save(file)

    def __repr__(self) -> str:
        word = "certified" if self.holds else "NOT certified"
        return (
            f"<{word}: {self.legs} legs, rise {self.rise:.1g}, loss with weight decay {self.start_loss:.6g} -> "
            f"{self.end_loss:.6g}, within {self.gap:.1g} of the floor under every width; width {self.width}, "
            f"r {self.dimension}>"
        )  # fmt: skip


def certify_decay(network: Network, X: Any, y: Any, loss: Any, weight_decay: float) -> DecayCertificate:
    """Theorem A from a user's network."""
    risk = decay_risk(network, X, y, loss, weight_decay)
    best = lowest(risk)
    return DecayCertificate(network, risk, best, certified_decay(network.theta, risk, best))


@dataclass(frozen=True, eq=False)
class DecayJoined(Answer):
    """Two networks, the path between them and the judge's verdict on it; losses are ``L + lam (..)``.

    Attributes:
        network: the first network; it says activation and biases.
        risk: the loss.
        construction: what built the path.
        verdict: of the judge in doubles.
        exact: what the exact checker says of the path's file; None where it does not judge it.
    """

    network: Network
    risk: MeanDecayRisk
    construction: MassJoin
    verdict: Peak
    exact: dict[str, Any] | None

    @property
    def path(self) -> Path:
        """The path, curved legs from knot to knot."""
        return self.construction.path()

    @property
    def legs(self) -> int:
        """Legs of the path."""
        return len(self.construction.names)

    @property
    def bound(self) -> float:
        """The loss of the worse network."""
        return self.verdict.bound

    @property
    def peak(self) -> float:
        """The largest loss on the path."""
        return self.verdict.peak

    @property
    def excess(self) -> float:
        """``peak/bound - 1``."""
        return self.verdict.excess

    @property
    def claims(self) -> list[Claim]:
        """The path is never above the worse end: exact, or seen on a grid in doubles."""
        if self.exact is not None:
            return connection_claims("connect", self.exact)
        return self.verdict.claims("connect")

    def save(self, file: str | File) -> None:
        """Write the path for ``python -m valleys.verify`` and ``python -m check``."""
        save_join(file, self.construction, self.risk)

    def __repr__(self) -> str:
        word = "joined" if self.holds else "NOT joined"
        return (
            f"<{word}: {self.legs} legs, peak {self.peak:.6g}, worse end {self.bound:.6g}, excess {self.excess:.1g}, with weight "
            f"decay; width {self.network.width}>"
        )


def connect_decay(a: Network, b: Network, X: Any, y: Any, loss: Any, weight_decay: float) -> DecayJoined:
    """Corollary A' for two networks of a user.

    Raises:
        InputError: for networks of different widths.
    """
    if a.width != b.width:
        raise InputError("model_b", f"{b.width} hidden units", f"{a.width}, as model_a (valleys.widen adds dead units)")
    risk = decay_risk(a, X, y, loss, weight_decay)
    best = lowest(risk)
    for network in (a, b):
        check_weights(network.theta)
    algebra = algebra_for(risk, a.width)
    found = join(a.theta, b.theta, risk, best.rank, atoms_of(best.theta), algebra)
    exact = None if isinstance(algebra, Doubles) else verdict_of(lambda file: save_join(file, found, risk))
    return DecayJoined(a, risk, found, judge_peak(found.path(), risk), exact)


def save_join(file: str | File, found: MassJoin, risk: MeanDecayRisk) -> None:
    """Write a connection along masses."""
    save_masses(file, join_knots(found.down, found.flat, found.up), risk, "connection")
