"""The laws and teachers that the tests of Theorem 16 go through."""

from __future__ import annotations

import torch
from torch import Tensor

from theorem16.th16data import PROFILES, Law

LAWS = {
    "bias": Law(10, bias=True),
    "bias, D=2": Law(2, bias=True),
    "sphere, d=3": Law(3, bias=False),
    "sphere, d=11": Law(11, bias=False),
}
CASES = [
    (law, name)
    for law in LAWS
    for name in PROFILES
    if not LAWS[law].bias or name == "smooth" or (law == "bias" and name != "sum")
]


def reals(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
