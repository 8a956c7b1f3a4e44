"""The loss as a path file holds it, in numbers: how each law is written and read. ``files`` documents the format."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from valleys.problem.activations import Activation, activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.decay import DecayRisk, checked_decay, mean_decay
from valleys.problem.kernels import KERNELS
from valleys.problem.laws import GaussianTeacher, Sample
from valleys.problem.mixture import Component, MixtureRisk, gaussian_part, point_part
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta
from valleys.problem.population import PopulationRisk
from valleys.problem.risk import FeatureRisk, Risk
from valleys.run.errors import InputError

Arrays = dict[str, np.ndarray]
#: What a path may be written down to show.
CLAIMS = ("descent", "connection")
#: How a loss with weight decay begins.
DECAY = "square+decay:"
#: Weights of a mixture add up to 1 to this.
ROUNDING = 1e-12


def law_arrays(risk: FeatureRisk) -> Arrays:
    """What a path file says of the loss; a callable as activation is refused (``Activation.stored``)."""
    return {"activation": np.array(risk.sigma.stored), **risk.law.stored()}


def decay_arrays(risk: DecayRisk) -> Arrays:
    """What a path file says of ``L + lam (|U|^2 + |W|^2)``: ``loss`` is ``square+decay:lam``, a float64 or a fraction."""
    lam = risk.exact_beta / len(risk.sample.X)
    loss = DECAY + (repr(float(lam)) if float(lam) == lam else str(lam))
    return {"activation": np.array(risk.sigma.stored), "loss": np.array(loss), **risk.sample.stored()}


def teacher_arrays(teacher: Theta) -> Arrays:
    """What a path file says of the loss of ReLU students of a ReLU teacher under ``N(0, I_n)``."""
    relu = np.array("relu")
    return {
        "law": np.array("gaussian"), "activation": relu, "teacher_U": teacher.U.numpy(),
        "teacher_W": teacher.W.numpy(), "teacher_activation": relu, "noise": np.array(0.0),
    }  # fmt: skip


def mixture_arrays(
    sigma: Activation,
    weights: list[float],
    moving: Tensor,
    teacher: Theta,
    point: Tensor | None = None,
    target: Tensor | None = None,
) -> Arrays:
    """What a path file says of a mixture with ``K`` parts, see ``valleys.paths.files``.

    Args:
        sigma: of the networks and of the teacher.
        weights: probabilities of the parts.
        moving: ``(K, n)``, 1 where a part's coordinate is standard normal.
        teacher: ``U (K, q)`` (its output weights in each part, 0 in a point) and ``W (q, n)``.
        point: ``(K, n)``, where a part is a point, else 0; default 0.
        target: ``(K,)``, ``Y`` in a part that is a point, else 0; default 0.

    Returns:
        the arrays.
    """
    K = len(weights)
    return {
        "law": np.array("mixture"), "activation": np.array(sigma.stored), "weights": np.array(weights),
        "moving": moving.double().numpy(), "teacher_U": teacher.U.numpy(), "teacher_W": teacher.W.numpy(),
        "point": (torch.zeros(moving.shape) if point is None else point).double().numpy(),
        "target": (torch.zeros(K) if target is None else target).double().numpy(),
    }  # fmt: skip


def read_law(arrays: Arrays, file: object, argument: str) -> Risk:
    """The loss of a path file.

    Raises:
        InputError: for a missing or misshapen array, an unknown law or activation.
    """
    try:
        loss, name = text(arrays, "loss", "square"), text(arrays, "law", "sample")
        claim = text(arrays, "claim", "descent")
        if claim not in CLAIMS:
            raise InputError("claim", claim, "one of: " + ", ".join(CLAIMS))
        decayed = loss.startswith(DECAY)
        if decayed and (name != "sample" or "c" in arrays or claim != "descent"):
            raise InputError("loss", loss, "with weight decay a descent on a sample, without output bias")
        convex = (loss != "square" and not decayed) or "c" in arrays or claim != "descent"
        if convex and (name != "sample" or "t" in arrays):
            got = name if name != "sample" else "a curve (t)"
            raise InputError(
                "law", got, "sample and straight legs, where there is c, a connection or a loss but square"
            )
        if name not in READERS:
            raise InputError("law", name, "one of: " + ", ".join(READERS))
        keys, reader = READERS[name]
        if any(key not in arrays for key in keys):
            raise InputError("keys", ", ".join(sorted(arrays)), "also " + ", ".join(keys))
        risk = reader(arrays, text(arrays, "activation"))
        if decayed and isinstance(risk, FeatureRisk) and isinstance(risk.law, Sample):
            return mean_decay(risk.sigma, risk.law, decay_named(loss))
        if convex and isinstance(risk, FeatureRisk) and isinstance(risk.law, Sample):
            return ConvexRisk(risk.sigma, risk.law, loss_named(loss), "c" in arrays)
        return risk
    except InputError as error:  # none of these knows the file
        raise InputError(argument, f"{error.argument} {error.value} in {file}", error.allowed) from None


def decay_named(loss: str) -> float:
    """``lam`` of ``square+decay:lam``.

    Raises:
        InputError: if it is no number above 0.
    """
    try:
        told = loss.removeprefix(DECAY)
        return checked_decay(float(Fraction(told) if "/" in told else told), "loss")
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InputError("loss", loss, f"{DECAY}LAM with a number LAM > 0") from None


def text(arrays: Arrays, key: str, default: str = "") -> str:
    """A single text of the file.

    Raises:
        InputError: if it is none.
    """
    value = arrays.get(key, np.array(default))
    if value.dtype.kind != "U" or value.shape != ():
        raise InputError(key, f"{value.dtype} {value.shape}", "one text")
    return str(value)


def numbers(arrays: Arrays, key: str, *shape: int | None) -> Tensor:
    """Numbers of a stated shape (None: any size of 1 or more).

    Raises:
        InputError: if they have another.
    """
    value = arrays[key]
    fits = value.ndim == len(shape) and all(k > 0 and n in (None, k) for k, n in zip(value.shape, shape, strict=True))
    if value.dtype.kind != "f" or not fits:
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise InputError(key, f"{value.dtype} {value.shape}", f"numbers ({wanted})")
    return torch.from_numpy(value)


def _sample(arrays: Arrays, name: str) -> Risk:
    X = numbers(arrays, "X", None, None)
    Y = numbers(arrays, "Y", len(X), *[None] * (arrays["Y"].ndim == 2))
    return FeatureRisk(activation(name), Sample(X, Y.reshape(len(X), -1)))


def _gaussian(arrays: Arrays, name: str) -> Risk:
    U = numbers(arrays, "teacher_U", None, None)
    teacher = Theta(U, numbers(arrays, "teacher_W", U.shape[1], None))
    noise, other = float(numbers(arrays, "noise")), text(arrays, "teacher_activation")
    if name == other == "relu" and noise == 0:
        return PopulationRisk(teacher)
    return FeatureRisk(activation(name), GaussianTeacher(teacher, activation(other), noise))


def _mixture(arrays: Arrays, name: str) -> Risk:
    moving = numbers(arrays, "moving", None, None)
    K, n = moving.shape
    W = numbers(arrays, "teacher_W", None, n)
    U, point = numbers(arrays, "teacher_U", K, len(W)), numbers(arrays, "point", K, n)
    weights, target = numbers(arrays, "weights", K), numbers(arrays, "target", K)
    if (weights < 0).any() or abs(float(weights.sum()) - 1) > ROUNDING:
        raise InputError("weights", weights.tolist(), "probabilities that add up to 1")
    if not ((moving == 0) | (moving == 1)).all():
        raise InputError("moving", "other numbers", "1 where a coordinate is standard normal, else 0")
    if name not in KERNELS:
        raise InputError("activation", name, "one of: " + " ".join(KERNELS))
    parts: list[Component] = []
    for k in range(K):
        columns = moving[k].nonzero()[:, 0]
        if not len(columns):
            if U[k].any():
                raise InputError(
                    "teacher_U", f"not 0 in part {k + 1}", "0 in a part that is a point: its target says Y"
                )
            parts.append(point_part(name, slice(0, n), point[k], float(target[k])))
        elif point[k].any() or target[k] != 0:
            raise InputError("point, target", f"not 0 in part {k + 1}", "0 in a part that has a coordinate that moves")
        else:
            parts.append(gaussian_part(name, columns, W[:, columns], U[k]))
    return MixtureRisk(parts, weights.tolist(), n, activation(name))


#: How a loss is read, and the arrays it needs: by ``law``.
READERS: dict[str, tuple[tuple[str, ...], Callable[[Arrays, str], Risk]]] = {
    "sample": (("activation", "X", "Y"), _sample),
    "gaussian": (("activation", "teacher_U", "teacher_W", "teacher_activation", "noise"), _gaussian),
    "mixture": (("activation", "weights", "moving", "point", "teacher_U", "teacher_W", "target"), _mixture),
}
