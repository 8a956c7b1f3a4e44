"""How bad input is reported, and a picture that cannot be made."""

from __future__ import annotations


class InputError(ValueError):
    """Bad input from a user: one line that names the argument, its value and what is allowed.

    Entry scripts print the line and exit with code 2.

    >>> str(InputError("--width", 0, "an integer >= 1"))
    '--width: got 0; allowed: an integer >= 1'
    """

    def __init__(self, argument: str, value: object, allowed: str) -> None:
        super().__init__(" ".join(f"{argument}: got {value}; allowed: {allowed}".split("\n")))
        self.argument = argument
        self.value = value
        self.allowed = allowed


class UnavailableError(InputError):
    """A picture that cannot be made at a valid setting: it is left out, with this line, and the others are made."""
