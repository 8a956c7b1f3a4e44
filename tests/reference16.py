"""The laws and teachers that the tests of Theorem 16 go through."""

from __future__ import annotations

import torch
from torch import Tensor

from theorem16.th16data import PROFILES
from theorem16.th16law import InputLaw

LAWS = {
    "bias": InputLaw(10, bias=True),
    "bias, D=2": InputLaw(2, bias=True),
    "sphere, d=3": InputLaw(3, bias=False),
    "sphere, d=11": InputLaw(11, bias=False),
}
CASES = [
    (law, name)
    for law in LAWS
    for name in PROFILES
    if not LAWS[law].bias or name == "smooth" or (law == "bias" and name != "sum")
]


def reals(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
