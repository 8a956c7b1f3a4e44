"""The project's programs as a user starts them: a process of its own, from any directory."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def python(*words: object, cwd: Path = ROOT, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=timeout)


def verify(file: Path) -> subprocess.CompletedProcess[str]:
    """The public judge on a path file."""
    return python("-m", "valleys.verify", file)


@contextmanager
def interruptible(*words: object, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A running program that hears Ctrl-C, even where this process was told to ignore it (``nohup make test &``)."""

    def hear() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    command = [sys.executable, *map(str, words)]
    with subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=hear
    ) as process:
        try:
            yield process
        finally:
            process.kill()
