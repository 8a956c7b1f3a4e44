"""What ``certify`` and ``connect`` answer has in common: a path of networks, and claims that a judge made of it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import nn

from valleys.own.modules import Network
from valleys.own.problem import in_unit
from valleys.paths.path import Path
from valleys.run.claims import Claim


class Answer(ABC):
    """A path of networks like ``network``, with the verdict on it."""

    network: Network

    @property
    @abstractmethod
    def path(self) -> Path:
        """The path; curved legs from knot to knot."""

    @property
    @abstractmethod
    def claims(self) -> list[Claim]:
        """What is said of the path, by a judge who knows the path alone."""

    @property
    def legs(self) -> int:
        """Legs of the path, straight where nothing else is said."""
        return len(self.path.pieces)

    @property
    def width(self) -> int:
        """Hidden units of the network."""
        return self.network.width

    @property
    def holds(self) -> bool:
        """The verdict: every claim holds."""
        return all(claim.holds for claim in self.claims)

    def model(self, t: float) -> nn.Sequential:
        """The network at ``t`` in ``[0, 1]`` as a module in float64; 0 and 1 are the path's own ends."""
        return self.network.module(self.path.at(in_unit(t)))
