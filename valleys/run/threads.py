"""One thread inside each operation, decided in one place, before numpy and torch are loaded."""

from __future__ import annotations

import os

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread() -> None:
    """Ask numpy and torch for one thread, whatever the user's variables say.

    A sum that is split rounds otherwise, and a record would differ from machine to machine. The matrices are small: a second
    thread inside an operation costs more than it gives, a hundred times on a busy machine. ``--executor`` takes all cores.
    """
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
