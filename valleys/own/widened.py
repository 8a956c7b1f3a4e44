"""``valleys.widen``: dead units for a network that is too narrow."""

from __future__ import annotations

import torch
from torch import nn

from valleys.own.modules import from_module
from valleys.run.errors import InputError


def widen(model: nn.Module, width: int) -> nn.Sequential:
    """The network with dead units added: the same function, its own weights bit for bit, in its own dtype.

    New units have weights of zero in both layers and are the last ones. (What torch makes of the longer sums in floating
    point may differ in the last place.)

    Args:
        model: ``nn.Sequential(nn.Linear, activation, nn.Linear)``.
        width: hidden units, at least those of the network.

    Returns:
        a new module; the activation is shared with ``model``.

    Raises:
        InputError: for another module, or a smaller width.

    >>> narrow = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    >>> wide = widen(narrow, 5)
    >>> wide[0].weight.shape, torch.equal(wide[2].weight[:, :3], narrow[2].weight)
    (torch.Size([5, 2]), True)
    """
    from_module(model)
    assert isinstance(model, nn.Sequential)
    first, between, last = model
    assert isinstance(first, nn.Linear) and isinstance(last, nn.Linear)
    if not isinstance(width, int) or width < first.out_features:
        raise InputError("width", width, f"an integer >= {first.out_features}, the width of the network")
    wide = (
        _empty(first.in_features, width, first),
        _empty(width, last.out_features, last),
    )
    with torch.no_grad():
        for layer, old in zip(wide, (first, last), strict=True):
            for name, values in old.named_parameters():
                grown = layer.get_parameter(name).zero_()
                grown[tuple(slice(0, size) for size in values.shape)] = values
    return nn.Sequential(wide[0], between, wide[1])


def _empty(inputs: int, outputs: int, like: nn.Linear) -> nn.Linear:
    """A layer whose weights are still to be written, with the dtype, the device and the bias of another; nothing is drawn."""
    layer = nn.Linear(inputs, outputs, bias=like.bias is not None, device="meta", dtype=like.weight.dtype)
    return layer.to_empty(device=like.weight.device)
