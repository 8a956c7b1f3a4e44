"""Networks of a user: ``nn.Sequential(Linear, activation, Linear)`` with or without biases, state dicts, .npz files.

``theta`` is what the library works on: a hidden bias is the last column of ``W`` (``X`` then ends in a column of ones), an output
bias the last unit, pinned (``valleys.problem.convex_risk``). Everything is copied up to float64.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from valleys.problem.activations import TABLE, Activation, activation
from valleys.problem.network import Theta
from valleys.run.errors import InputError
from valleys.run.limits import WEIGHT

ALLOWED = "nn.Sequential(nn.Linear, activation, nn.Linear)"
NAMED: dict[type[nn.Module], str] = {
    nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.Identity: "z",
}  # fmt: skip

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Network:
    """A network of a user.

    Attributes:
        theta: ``([U, c], [W, b; 0])``, float64.
        sigma: the activation.
        hidden_bias, output_bias: whether there are ``b`` and ``c``.
        dtype: of the original.
    """

    theta: Theta
    sigma: Activation
    hidden_bias: bool
    output_bias: bool
    dtype: torch.dtype = torch.float64

    @property
    def width(self) -> int:
        """Hidden units."""
        return self.theta.p - self.output_bias

    @property
    def inputs(self) -> int:
        """Numbers of an input."""
        return self.theta.n - self.hidden_bias

    @property
    def outputs(self) -> int:
        """Numbers of an output."""
        return self.theta.m

    def parts(self, theta: Theta | None = None) -> dict[str, Tensor]:
        """``U (m, p)``, ``W (p, n)`` and, where they are, ``b (p,)``, ``c (m,)``; of ``theta`` or of the network itself."""
        theta = theta or self.theta
        W = theta.W[..., : self.width, :]
        found = {"U": theta.U[..., : self.width], "W": W[..., : self.inputs]}
        if self.hidden_bias:
            found["b"] = W[..., -1]
        if self.output_bias:
            found["c"] = theta.U[..., -1]
        return found

    def module(self, theta: Theta | None = None) -> nn.Sequential:
        """``nn.Sequential`` in float64 with the weights of ``theta`` or of the network itself; it loads back as it is."""
        parts = self.parts(theta)
        first = _empty(self.inputs, self.width, self.hidden_bias)
        last = _empty(self.width, self.outputs, self.output_bias)
        with torch.no_grad():
            for layer, weight, bias in ((first, "W", "b"), (last, "U", "c")):
                layer.weight.copy_(parts[weight])
                if bias in parts:
                    layer.bias.copy_(parts[bias])
        return nn.Sequential(first, activation_module(self.sigma), last)

    def with_theta(self, theta: Theta) -> Network:
        """The same kind of network with other weights."""
        return replace(self, theta=theta)


def _empty(inputs: int, outputs: int, bias: bool) -> nn.Linear:
    """A layer whose weights are still to be written; nothing is drawn."""
    return nn.Linear(inputs, outputs, bias=bias, device="meta", dtype=torch.float64).to_empty(device="cpu")


class Pointwise(nn.Module):
    """An activation of this library as a module."""

    def __init__(self, sigma: Activation) -> None:
        super().__init__()
        self.sigma = sigma

    def forward(self, z: Tensor) -> Tensor:
        """``sigma(z)``."""
        return self.sigma(z)


def activation_module(sigma: Activation) -> nn.Module:
    """The activation as a module of torch where there is one: a state dict and a saved model then need nothing of ours."""
    if isinstance(sigma.function, nn.Module):
        return sigma.function
    if sigma.name == "leaky_relu":
        return nn.LeakyReLU(0.01)
    if sigma.name == "softplus":
        return nn.Softplus()
    for kind, name in NAMED.items():
        if name == sigma.name:
            return kind()
    return Pointwise(sigma)


def from_parts(
    U: Tensor, W: Tensor, b: Tensor | None, c: Tensor | None, sigma: Activation, argument: str = "model"
) -> Network:
    """The network with these weights, copied up to float64.

    Raises:
        InputError: if shapes do not fit, or a weight is NaN, inf, beyond ``WEIGHT``, complex or sparse.
    """
    shapes = ", ".join(f"{k} {tuple(v.shape)}" for k, v in (("U", U), ("W", W), ("b", b), ("c", c)) if v is not None)
    fits = (
        U.dim() == W.dim() == 2
        and U.shape[1] == len(W) > 0
        and (b is None or b.shape == (len(W),))
        and (c is None or c.shape == (len(U),))
        and U.numel() > 0
        and W.numel() > 0
    )
    if not fits:
        raise InputError(argument, shapes, "U (m, p), W (p, n), b (p,), c (m,) that fit together")
    given = {k: v.detach() for k, v in (("U", U), ("W", W), ("b", b), ("c", c)) if v is not None}
    for key, value in given.items():
        if value.is_complex() or value.layout != torch.strided:
            raise InputError(argument, f"{key} of type {value.dtype}, {value.layout}", "dense real weights")
    up = {k: v.to("cpu", torch.float64) for k, v in given.items()}
    for key, value in up.items():
        if not torch.isfinite(value).all():
            raise InputError(argument, f"NaN or inf in {key}", "finite weights")
        if value.numel() and (largest := float(value.abs().max())) > WEIGHT.most:
            raise InputError(argument, f"{largest:.3g} in {key}", f"weights up to {WEIGHT.most:g}")
    rows = torch.cat([up["W"], up["b"][:, None]], dim=1) if b is not None else up["W"].clone()
    out = up["U"].clone()
    if c is not None:
        out = torch.cat([out, up["c"][:, None]], dim=1)
        rows = torch.cat([rows, torch.zeros_like(rows[:1])])
    return Network(Theta(out, rows), sigma, b is not None, c is not None, U.dtype)


def from_module(model: nn.Module, argument: str = "model") -> Network:
    """The network in a module.

    Raises:
        InputError: for any other module than ``ALLOWED``; it names the layer that does not belong.
    """
    layers = list(model) if isinstance(model, nn.Sequential) else []
    first, between, last = layers if len(layers) == 3 else [model] * 3
    if type(first) is not nn.Linear or type(last) is not nn.Linear:
        names = ", ".join(type(layer).__name__ for layer in layers) if layers else type(model).__name__
        strange = [type(x).__name__ for x in layers if re.search("Dropout|Norm", type(x).__name__)]
        raise InputError(argument, strange[0] if strange else names, ALLOWED)
    return from_parts(last.weight, first.weight, first.bias, last.bias, from_activation(between, argument), argument)


def from_activation(module: nn.Module, argument: str = "model") -> Activation:
    """The activation in a module of torch: by its name where it is a known one, else as a callable.

    Raises:
        InputError: if it has parameters, is random, or does not act entry by entry.
    """
    name = type(module).__name__
    if type(module) in NAMED:
        return TABLE.get(NAMED[type(module)]) or activation(NAMED[type(module)])
    if isinstance(module, nn.LeakyReLU):
        if module.negative_slope == 0.01:
            return TABLE["leaky_relu"]
        return replace(
            TABLE["leaky_relu"], name=f"LeakyReLU({module.negative_slope:g})", function=_frozen(module), slope=None
        )
    if isinstance(module, nn.Softplus) and (module.beta, module.threshold) == (1.0, 20.0):
        return TABLE["softplus"]
    if isinstance(module, Pointwise):
        return module.sigma
    if any(True for _ in module.parameters()) or re.search("Dropout|Norm|RReLU", name):
        raise InputError(argument, name, f"an activation that has no parameters and no randomness, in {ALLOWED}")
    frozen = _frozen(module)
    z = torch.linspace(-2, 2, 12, dtype=torch.float64).reshape(3, 4)
    try:
        with torch.no_grad():
            together, apart = frozen(z), torch.stack([frozen(x.reshape(1, 1))[0, 0] for x in z.flatten()]).reshape(3, 4)
    except Exception:  # whatever a foreign module raises
        together, apart = z, z + 1
    if together.shape != z.shape or not torch.allclose(together, apart, rtol=1e-12, atol=1e-12):
        raise InputError(argument, name, f"an activation that acts entry by entry, in {ALLOWED}")
    return Activation(name, frozen)


def _frozen(module: nn.Module) -> nn.Module:
    """A copy of its own in float64: what the user does with the module later changes nothing."""
    return copy.deepcopy(module).to("cpu", torch.float64).eval()


def from_state_dict(state: Mapping[str, Any], sigma: Activation, argument: str = "model") -> Network:
    """The network in a state dict: two matrices in the order of the layers, ``<layer>.weight``, and their ``<layer>.bias``.

    Raises:
        InputError: if there are more or fewer layers, or other entries.
    """
    matrices = [key for key, value in state.items() if isinstance(value, Tensor) and value.dim() == 2]
    layers = [key.removesuffix("weight") for key in matrices]
    known = set(matrices) | {layer + "bias" for layer in layers}
    strange = [key for key in state if key not in known]
    if len(matrices) != 2 or strange or not all(key.endswith("weight") for key in matrices):
        raise InputError(argument, f"keys {sorted(state)[:8]}", "the state dict of " + ALLOWED)
    first, last = layers
    b, c = (state.get(layer + "bias") for layer in layers)
    return from_parts(state[last + "weight"], state[first + "weight"], b, c, sigma, argument)
