"""Exact verdicts: what the checker in ``check/`` says of path files, as claims of the kind *exact*.

The checker shares no line with this library and imports nothing of it. It is called here in the scripts' own process all the
same: it reads nothing but the bytes of the file, whose SHA-256 it reports, so ``python -m check FILE`` says it again.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path as File
from typing import Any

from valleys.run.claims import Claim, at_most


def judged_exactly(file: File) -> dict[str, Any]:
    """The checker's verdict on a path file, as ``python -m check --json`` prints it."""
    from check.__main__ import checked

    return checked(str(file)) | {"file": file.name}


@contextmanager
def exact_judges(processes: int = 2) -> Iterator[ProcessPoolExecutor]:
    """Processes for ``judged_exactly``, beside what is computed here: the checker's precision is a setting of its process.

    Ctrl-C is left to the parent, and what was not begun then is not begun.
    """
    ignore = (signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=signal.signal, initargs=ignore)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def exact_claims(prefix: str, source: str, found: Sequence[dict[str, Any]], *, ends: bool = True) -> list[Claim]:
    """That no path rises, and (``ends``) that each ends at a global minimum after one more leg of ``U``: counts, exact.

    Args:
        prefix: begins the ids.
        source: theorem and page.
        found: verdicts of ``judged_exactly``.
        ends: whether the paths are to end at a minimum.

    Returns:
        one claim or two.
    """
    from check.kinds.ends import UNDECIDED

    of = f"paths (of {len(found)}) on which the loss rises, or this is undecided: integers, or balls, from the file alone"
    rising = sum(verdict["verdict"] != "never rises" for verdict in found)
    claims = [at_most(f"{prefix}.never_rises_exactly", source, of, rising, 0, "exact")]
    if ends:
        text = f"paths (of {len(found)}) whose end is not known to be one convex leg of U before a global minimum"
        open_ends = sum(verdict["attained"] == UNDECIDED for verdict in found)
        claims.append(at_most(f"{prefix}.end_attained_exactly", source, text, open_ends, 0, "exact"))
    return claims
