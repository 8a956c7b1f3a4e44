"""``python -m valleys.gallery``: run every entry script with ``--all``; say at the end what holds."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = (
    "theorem8/main.py",
    "theorem11/theorem_11.py",
    "theorem12/theorem_12.py",
    "theorem13/theorem_13.py",
    "theorem13/spurious_minima.py",
    "theorem16/theorem_16.py",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the scripts one after the other; exit code 1 if one of them did not end well."""
    parser = argparse.ArgumentParser(prog="python -m valleys.gallery", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, into a temporary folder")
    parser.add_argument("--force", action="store_true", help="run scripts whose record is current as well")
    options = parser.parse_args(argv)
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for i, script in enumerate(SCRIPTS, 1):
            print(f"[{i}/{len(SCRIPTS)}] {script}", flush=True)
            words = ["--quick", "--outdir", str(Path(folder) / Path(script).stem)] if options.quick else ["--all"]
            if subprocess.run([sys.executable, str(ROOT / script), *words]).returncode:
                failed.append(script)
    print("all scripts ended well" if not failed else f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
