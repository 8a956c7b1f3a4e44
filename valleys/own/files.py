"""Files of a user: networks as .npz (``U, W``, perhaps ``b, c``) or as a state dict of torch; data as .csv or .npz."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from valleys.own.modules import Network, from_parts, from_state_dict
from valleys.problem.activations import Activation
from valleys.problem.network import read_npz
from valleys.run.errors import InputError


def load_network(file: str | Path, sigma: Activation, argument: str = "--model") -> Network:
    """The network in a file: .npz with ``U (m, p)``, ``W (p, n)``, perhaps ``b (p,)`` and ``c (m,)``; else a state dict.

    Raises:
        InputError: if the file is missing or foreign, or its arrays do not fit.
    """
    if Path(file).suffix == ".npz":
        arrays = read_npz(file, argument, ("U", "W"), ("b", "c"))
        parts = {key: torch.from_numpy(arrays[key]) for key in ("U", "W", "b", "c") if key in arrays}
        try:
            return from_parts(parts["U"], parts["W"], parts.get("b"), parts.get("c"), sigma, argument)
        except InputError as error:
            raise InputError(argument, f"{error.value} in {file}", error.allowed) from None
    if not Path(file).is_file():
        raise InputError(argument, file, "an existing file: .npz, or a state dict of torch")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception:  # zipfile, pickle and torch each have their own error for a foreign file
        raise InputError(argument, file, "a .npz file, or a state dict written by torch.save") from None
    if not isinstance(state, Mapping):
        raise InputError(argument, f"{type(state).__name__} in {file}", "a state dict")
    return from_state_dict(state, sigma, argument)
