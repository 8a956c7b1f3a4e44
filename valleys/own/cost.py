"""What an answer on own data costs, before it begins: said where it is much, refused where memory or ``--quick`` forbids it.

Fits to runs of up to 3000 rows (2000 and 3000 ReLU units; weight decay: 60 to 120 rows), good to a factor of three.
"""

from __future__ import annotations

import torch
from torch import Tensor

from valleys.problem.arrangement import RANK
from valleys.run.memory import afford
from valleys.run.patience import patient

#: Seconds for each of ``N p min(N, p)``: pivoted factorisations of the filters.
FACTOR = 5e-9
#: With weight decay, for each of ``N^4`` (legs of rationals) and, for inputs of rank 3, of ``N^3`` (faces, of which there are
#: ``FACES N^2``, each with numbers for every row, ``HELD`` times).
LEGS, ORACLE, FACES, HELD = 4e-8, 1.5e-5, 4, 9


def expect_path(rows: int, width: int, quick: bool = False) -> None:
    """The path of ``certify`` or ``connect``; an InputError of ``patient`` with ``quick``."""
    patient("--data", f"{rows} rows, {width} units", FACTOR * rows * width * min(rows, width), quick)


def expect_decay(X: Tensor, quick: bool = False) -> None:
    """The floor under every width with weight decay, and the path; an InputError of ``afford``, of ``patient`` with ``quick``."""
    rows, rank = len(X), int(torch.linalg.matrix_rank(X))
    seconds = LEGS * rows**4
    if rank > RANK:
        return  # no floor is known there, which is said elsewhere
    if rank == RANK:
        afford("--data", f"{rows} rows with inputs of rank 3", HELD * FACES * rows**3)
        seconds += ORACLE * rows**3
    patient("--data", f"{rows} rows with weight decay", seconds, quick)
