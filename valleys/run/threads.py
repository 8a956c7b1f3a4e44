"""One thread inside each operation, decided in one place, before numpy and torch are loaded."""

from __future__ import annotations

import os

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread() -> None:
    """Ask numpy and torch for one thread, unless the user has asked for another number.

    The matrices are small: a second thread inside an operation costs more than it gives, a hundred times on a busy machine.
    """
    for name in VARIABLES:
        os.environ.setdefault(name, "1")
