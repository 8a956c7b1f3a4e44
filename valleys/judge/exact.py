"""Exact verdicts: what the checker in ``check/`` says of path files, as claims of the kind *exact*.

The checker shares no line with this library and imports nothing of it. It is called here in the scripts' own process all the
same: it reads nothing but the bytes of the file, whose SHA-256 it reports, so ``python -m check FILE`` says it again.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from math import inf
from multiprocessing import get_context
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Any

from valleys.judge.decay_floor import rounded_down, rounded_up
from valleys.run.claims import Claim, at_most

#: What a path without slack may rise by, relative to the loss at its start. Paths that are drawn by default rise by exactly 0.
NO_SLACK = 1e-30


def judged_exactly(file: File) -> dict[str, Any]:
    """The checker's verdict on a path file, as ``python -m check --json`` prints it."""
    from check.__main__ import checked

    return checked(str(file)) | {"file": file.name}


def judged_in_passing(write: Callable[[File], None]) -> dict[str, Any]:
    """The checker's verdict on a path file that is written for it alone, and not kept."""
    with TemporaryDirectory() as folder:
        file = File(folder) / "path.npz"
        write(file)
        return judged_exactly(file)


def if_judged(verdict: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """A verdict of the checker; None where it refuses the path, or is not installed beside this package."""
    try:
        from check.reading import RefusedError
    except ModuleNotFoundError:
        return None
    try:
        return verdict()
    except RefusedError:
        return None


@contextmanager
def exact_judges(processes: int = 2) -> Iterator[ProcessPoolExecutor]:
    """Processes for ``judged_exactly``, beside what is computed here.

    Ctrl-C is left to the parent, and what was not begun then is not begun.
    """
    ignore = (signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=signal.signal, initargs=ignore)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def ends(told: str | None) -> tuple[Fraction, Fraction] | None:
    """Lower and upper end of a number that the checker tells: an integer, a fraction, or a ball ``[middle +/- radius]``.

    None where it tells none, or a ball that may be anything.

    >>> ends("-1/4"), ends("[+/- 1e-2]"), ends("[+/- inf]")
    ((Fraction(-1, 4), Fraction(-1, 4)), (Fraction(-1, 100), Fraction(1, 100)), None)
    """
    if told is None or "n" in told:  # nan, inf
        return None
    middle, _, radius = told.strip("[]").partition("+/- ")
    centre, reach = Fraction(middle or 0), Fraction(radius or 0)
    return centre - reach, centre + reach


def upper(told: str | None) -> float:
    """The upper end of a number that the checker tells, rounded up; infinite where it tells none.

    >>> upper("0"), upper("1/4"), upper("[5.6e-30 +/- 1e-40]") > 5.6e-30, upper(None)
    (0.0, 0.25, True, inf)
    """
    found = ends(told)
    return inf if found is None else rounded_up(found[1])


def lower(told: str | None) -> float:
    """The lower end, rounded down.

    >>> lower("1/4"), lower("[5.6e-30 +/- 1e-40]") < 5.6e-30, lower(None)
    (0.25, True, -inf)
    """
    found = ends(told)
    return -inf if found is None else rounded_down(found[0])


def share(amount: float, *told: str | None) -> float:
    """``amount`` relative to the largest of numbers that the checker tells, at most; infinite where that may be 0.

    >>> share(1.0, "[3 +/- 1]", "1/2", None), share(0.0, "0"), share(1.0, "[1 +/- 1]")
    (0.5, 0.0, inf)
    """
    whole = max(map(lower, told))
    if amount <= 0:
        return 0.0
    return inf if whole <= 0 or amount == inf else rounded_up(Fraction(amount) / Fraction(whole))


def rise_of(verdict: dict[str, Any]) -> float:
    """The largest rise on a leg relative to the loss at the start, at most; infinite where it is not decided.

    0 where the checker decides that the path never rises.  A path may rise by less than its knots can say: where it starts
    at a critical point whose dead units depend on the live ones only to rounding, no slack is left, and the rise is a number,
    small by the knots' second float64 (``valleys.construct.low``).
    """
    if verdict["verdict"] == "never rises":
        return 0.0
    return share(max(upper(leg["rise"]) for leg in verdict["legs"]), verdict["start"])


def left_of(verdict: dict[str, Any]) -> float:
    """The loss at the end relative to that at the start, at most; no minimum is below 0, so no gap at the end is larger."""
    return share(upper(verdict["end"]), verdict["start"])


def exact_claims(
    prefix: str, source: str, found: Sequence[dict[str, Any]], *, ends: bool = True, gap: float | None = None
) -> list[Claim]:
    """That no path rises, that each ends at a global minimum after one more leg of ``U``, and how high above it: exact.

    Args:
        prefix: begins the ids.
        source: theorem and page.
        found: verdicts of ``judged_exactly``.
        ends: whether the paths are to end at a minimum.
        gap: where the least loss is to be 0: what may be left of the loss at the end, see ``left_of``.

    Returns:
        one claim to three.
    """
    of = f"largest rise on {len(found)} paths, relative to L(start): 0 or a number, in integers or balls, from the file alone"
    rising = max(map(rise_of, found), default=inf)
    claims = [at_most(f"{prefix}.never_rises_exactly", source, of, rising, NO_SLACK, "exact")]
    if ends:
        text = f"paths (of {len(found)}) whose end is not known to be one convex leg of U before a global minimum"
        open_ends = sum(verdict["attained"].startswith("not decided") for verdict in found)
        claims.append(at_most(f"{prefix}.end_attained_exactly", source, text, open_ends, 0, "exact"))
    if gap is not None:
        text = f"loss at the end of {len(found)} paths, at least what it is above the minimum, relative to L(start), at most"
        claims.append(
            at_most(f"{prefix}.ends_at_minimum", source, text, max(map(left_of, found), default=inf), gap, "exact")
        )
    return claims
