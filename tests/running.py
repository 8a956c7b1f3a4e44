"""The project's programs as a user starts them: a process of its own, from any directory; or the same within this one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from valleys.judge.verify import main as judge

ROOT = Path(__file__).resolve().parents[1]


def python(*words: object, cwd: Path = ROOT, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=timeout)


def inside(main: Callable[[list[str]], int], *words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A program's ``main`` with these words, without the seconds that a process of its own spends on imports."""
    said, complained, command = StringIO(), StringIO(), [str(word) for word in words]
    with chdir(cwd), redirect_stdout(said), redirect_stderr(complained):
        code = main(command)
    return subprocess.CompletedProcess(command, code, said.getvalue(), complained.getvalue())


def verify(file: Path) -> subprocess.CompletedProcess[str]:
    """The public judge on a path file."""
    return inside(judge, file)


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
