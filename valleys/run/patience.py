"""Minutes that a run on own data takes, told before it begins; with ``--quick`` they are refused."""

from __future__ import annotations

from valleys.run.errors import InputError

#: Seconds that are not worth a line, and seconds that ``--quick`` may take: rough, on one core of a machine of these days.
TOLD, QUICKEST = 20, 180


def patient(argument: str, value: object, seconds: float, quick: bool = False) -> None:
    """Say that a run takes long, and about how long.

    Args:
        argument: the option that asks for it.
        value: its size, in words.
        seconds: that it is expected to take.
        quick: whether the run should be quick.

    Raises:
        InputError: with ``quick``, for more than ``QUICKEST`` seconds; it names what the run would cost.

    >>> patient("--data", "3000 rows", 170.0)
    3000 rows: about 3 minutes
    >>> patient("--data", "3000 rows", 15.0, quick=True)
    """
    if quick and seconds > QUICKEST:
        allowed = f"with --quick at most {length(QUICKEST)}, and this takes about {length(seconds)}: fewer rows, or no --quick"
        raise InputError(argument, value, allowed)
    if seconds > TOLD:
        print(f"{value}: about {length(seconds)}", flush=True)


def length(seconds: float) -> str:
    """A time in words.

    >>> length(90.0), length(5000.0), length(1e6)
    ('2 minutes', '1.4 hours', '12 days')
    """
    if seconds < 3600:
        return f"{max(seconds / 60, 1):.0f} minutes" if seconds >= 90 else "a minute"
    return f"{seconds / 3600:.2g} hours" if seconds < 2 * 86400 else f"{seconds / 86400:.0f} days"
