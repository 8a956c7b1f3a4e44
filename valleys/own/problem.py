"""A user's data and loss beside a user's network: the risk that the library works on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from math import inf
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from valleys.own.modules import Function, Network, from_module, from_state_dict
from valleys.problem.activations import Activation, activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample, with_bias
from valleys.problem.losses import Loss
from valleys.problem.named_losses import loss_named, targets
from valleys.problem.network import Theta
from valleys.run.errors import InputError
from valleys.run.limits import LOSS, START

Model = nn.Module | Mapping[str, Any] | Network


def network_of(model: Model, sigma: str | Activation | Function | None = None, argument: str = "model") -> Network:
    """The network in a module, a state dict (then with its activation) or a network that has been read already.

    Raises:
        InputError: for anything else.
    """
    if isinstance(model, Network):
        return model
    if isinstance(model, nn.Module):
        return from_module(model, argument)
    if isinstance(model, Mapping):
        if sigma is None:
            raise InputError("activation", None, "the activation of the network, which a state dict does not hold")
        return from_state_dict(model, activation(sigma), argument)
    raise InputError(argument, type(model).__name__, "a module of torch, or a state dict and its activation")


def tensor(values: Any, argument: str) -> Tensor:
    """Numbers of any kind (tensor, array, list, data frame) as a tensor on the CPU; integers stay integers.

    Raises:
        InputError: for what is no array of numbers, and for NaN or inf.
    """
    if isinstance(values, Tensor):
        found = values.detach().cpu()
    else:
        try:
            array = np.asarray(values)
            if array.dtype.kind not in "fiub":
                array = array.astype(np.float64)
            found = torch.from_numpy(np.ascontiguousarray(array))
        except (TypeError, ValueError):
            raise InputError(argument, type(values).__name__, "numbers: a tensor, an array or a data frame") from None
    if found.is_complex() or found.numel() == 0:
        raise InputError(argument, f"{found.dtype} {tuple(found.shape)}", "real numbers, at least one")
    if not torch.isfinite(found).all():
        raise InputError(argument, "NaN or inf", "finite numbers")
    return found


def check_start(risk: ConvexRisk, theta: Theta, argument: str) -> None:
    """Refuse a start from which rounding hides the minimum: of a loss ``L`` it leaves ``1e-32 L``, of which a claim is made.

    Raises:
        InputError: for a loss that is not finite, or out of all proportion to that of the network 0.
    """
    loss, features = float(risk.value(theta)), float(risk.features(theta.W).square().mean())
    if not loss + features < LOSS.most:
        got = f"losses of size {loss + features:.2g} with {risk.sigma.name}"
        raise InputError(argument, got, f"data and weights whose losses stay below {LOSS.most:g}: rescale the columns")
    unit = risk.at_zero if 0 < risk.at_zero < inf else 1.0
    if loss > START.most * unit:
        allowed = f"at most {START.most:g} times that of the network 0: rescale the columns, or the weights"
        raise InputError(argument, f"a start of the loss {loss:.3g}", allowed)


def in_unit(t: float) -> float:
    """``t`` itself.

    Raises:
        InputError: unless it lies in ``[0, 1]``.
    """
    if not 0.0 <= t <= 1.0:
        raise InputError("t", t, "a number in [0, 1]")
    return float(t)


def drawing() -> Any:
    """The module that draws, loaded when a picture is asked for: what computes imports nothing that draws."""
    return import_module("valleys.own.own_figure")


def risk_of(network: Network, X: Any, y: Any, loss: str | Loss | Any = "square") -> ConvexRisk:
    """The loss of networks like ``network`` on the data.

    Args:
        network: says activation, biases and sizes.
        X: inputs, ``(N, n)``.
        y: targets, ``(N,)`` or ``(N, m)``; integers are classes for a loss on classes.
        loss: a name, a convex callable or a pair (callable, gradient).

    Returns:
        the risk.

    Raises:
        InputError: if sizes do not fit.
    """
    chosen = loss_named(loss)
    inputs = tensor(X, "X").to(torch.float64)
    if inputs.dim() != 2 or inputs.shape[1] != network.inputs:
        raise InputError("X", f"shape {tuple(inputs.shape)}", f"(N, {network.inputs}), as the network has inputs")
    goals = targets(tensor(y, "y"), chosen, network.outputs)
    if len(goals) != len(inputs):
        raise InputError("y", f"{len(goals)} targets", f"one for each of the {len(inputs)} rows of X")
    law = Sample(with_bias(inputs) if network.hidden_bias else inputs, goals)
    return ConvexRisk(network.sigma, law, chosen, network.output_bias)
