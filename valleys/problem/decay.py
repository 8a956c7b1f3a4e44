"""The square loss with weight decay, ``f(theta) = |Phi(X) - Y|^2/2 + (beta/2)(|U|^2 + |W|^2)``, summed over the data.

In the project's loss, the mean over ``N`` points without the 1/2: ``L + lam (|U|^2 + |W|^2) = (2/N) f`` with
``lam = beta/N``. A bias of a hidden unit is its last weight (``valleys.problem.laws.with_bias``) and decays with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from torch import Tensor, nn

from valleys.problem.activations import LEAK, TABLE, Activation
from valleys.problem.laws import Sample
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk
from valleys.run.errors import InputError

#: Slope on the left of the activations that are positively homogeneous and have slope 1 on the right.
LEAKS = {"relu": 0.0, "leaky_relu": LEAK, "z": 1.0}


def leak_of(sigma: Activation) -> float:
    """The slope of ``sigma`` on the left, for ``sigma(c z) = c sigma(z)``, ``c > 0``.

    Raises:
        InputError: for any other activation.

    >>> from valleys.problem.activations import activation
    >>> leak_of(activation("leaky_relu"))
    0.01
    """
    if isinstance(sigma.function, nn.LeakyReLU):
        return float(sigma.function.negative_slope)
    # Not by its name: a callable of the user may bear any.
    for name, leak in LEAKS.items():
        if sigma is TABLE.get(name) or (name == "z" and sigma.coefficients == (0.0, 1.0)):
            return leak
    allowed = "positively homogeneous, for weight decay: " + ", ".join(LEAKS)
    raise InputError("activation", sigma.name, allowed)


def checked_decay(value: float, argument: str = "--beta") -> float:
    """The weight decay.

    Raises:
        InputError: unless it is finite and above 0.
    """
    if not 0 < value < float("inf"):
        raise InputError(argument, value, "a number > 0: without weight decay see theorem8/main.py")
    return value


@dataclass(frozen=True, eq=False)
class DecayRisk:
    """``f`` on networks; leading dimensions are a batch.

    Attributes:
        sigma: positively homogeneous.
        sample: the data.
        beta: the weight decay, ``> 0``.

    Raises:
        InputError: for another activation, or ``beta <= 0``.

    >>> import torch
    >>> from valleys.problem.activations import activation
    >>> one = torch.ones(1, 1, dtype=torch.float64)
    >>> DecayRisk(activation("relu"), Sample(one, one), 0.5).value(Theta(one, one)).item()
    0.5
    """

    sigma: Activation
    sample: Sample
    beta: float
    plain: FeatureRisk = field(init=False)

    def __post_init__(self) -> None:
        leak_of(self.sigma)
        checked_decay(self.beta)
        object.__setattr__(self, "plain", FeatureRisk(self.sigma, self.sample))

    @property
    def exact_beta(self) -> Fraction:
        """The weight decay as a rational number: what is decided without rounding is decided for it."""
        return Fraction(self.beta)

    @property
    def n(self) -> int:
        """Number of inputs."""
        return self.sample.n

    @property
    def m(self) -> int:
        """Number of outputs."""
        return self.sample.m

    @property
    def leak(self) -> float:
        """Slope of the activation on the left."""
        return leak_of(self.sigma)

    def value(self, theta: Theta) -> Tensor:
        """``f(theta)``, one number a network."""
        error = theta.U @ self.sigma(theta.W @ self.sample.X.T) - self.sample.Y.T
        return (error.square().sum(dim=(-2, -1)) + self.beta * decay_of(theta)) / 2

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """``f`` and ``(df/dU, df/dW)``; 0 is taken for ReLU's slope at its kink."""
        half = len(self.sample.X) / 2
        value, gradient = self.plain.value_and_gradient(theta)
        return (
            half * value + self.beta / 2 * decay_of(theta),
            Theta(half * gradient.U + self.beta * theta.U, half * gradient.W + self.beta * theta.W),
        )


@dataclass(frozen=True, eq=False)
class MeanDecayRisk(DecayRisk):
    """``L + lam (|U|^2 + |W|^2) = (2/N) f``: the project's loss, a mean over the data, with weight decay ``lam = beta/N``.

    Attributes:
        beta: ``lam N``, to rounding; from ``mean_decay`` it is.
        lam: the weight decay, a double.
    """

    lam: float = field(kw_only=True)

    @property
    def per_point(self) -> Fraction:
        """``2/N``."""
        return Fraction(2, len(self.sample.X))

    @property
    def exact_beta(self) -> Fraction:
        """``lam N``."""
        return Fraction(self.lam) * len(self.sample.X)

    def value(self, theta: Theta) -> Tensor:
        """``L + lam (|U|^2 + |W|^2)``, one number a network."""
        return super().value(theta) * float(self.per_point)

    def value_and_gradient(self, theta: Theta) -> tuple[Tensor, Theta]:
        """The same, and its gradient."""
        scale = float(self.per_point)
        value, gradient = super().value_and_gradient(theta)
        return value * scale, gradient.map(lambda part: part * scale)


def mean_decay(sigma: Activation, sample: Sample, lam: float) -> MeanDecayRisk:
    """``L + lam (|U|^2 + |W|^2)``."""
    return MeanDecayRisk(sigma, sample, lam * len(sample.X), lam=lam)


def decay_of(theta: Theta) -> Tensor:
    """``|U|^2 + |W|^2``, one number a network."""
    return theta.U.square().sum(dim=(-2, -1)) + theta.W.square().sum(dim=(-2, -1))
