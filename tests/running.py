"""The project's programs as a user starts them: a process of its own, from any directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def python(*words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=300)


def verify(file: Path) -> subprocess.CompletedProcess[str]:
    """The public judge on a path file."""
    return python("-m", "valleys.verify", file)
