"""Run the benchmarks: ``python -m benchmarks [NAME ..]`` (all of them without a name)."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from valleys.run.threads import one_thread

one_thread()

import benchmarks


def main() -> int:
    """Run each ``bench_*`` module's ``main``, or those named on the command line."""
    found = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name.startswith("bench_")]
    names = [f"bench_{name}" for name in sys.argv[1:]] or found
    for name in names:
        if name not in found:
            print(f"error: NAME: got {name[6:]}; allowed: {', '.join(n[6:] for n in found)}", file=sys.stderr)
            return 2
        print(f"== {name[6:]}")
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
