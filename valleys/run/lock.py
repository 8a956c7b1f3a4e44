"""One run at a time writes a record: a lock that the system takes back when the process ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valleys.run.errors import InputError

if sys.platform != "win32":
    import fcntl


@contextmanager
def alone(folder: Path, script: str) -> Iterator[None]:
    """Hold ``folder/.<script>.lock`` for the time of a run.

    Raises:
        InputError: if another run of the script holds it.
    """
    if sys.platform == "win32":  # no such lock there
        yield
        return
    file = folder / f".{script}.lock"
    while True:
        handle = os.open(file, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise InputError("--outdir", folder, f"a folder that no other run of {script} is writing now") from None
        if file.exists() and os.path.samestat(os.fstat(handle), file.stat()):
            break
        os.close(handle)  # the run that held it took the file away: begin again with a new one
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(handle)
