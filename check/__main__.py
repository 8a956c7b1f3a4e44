"""``python -m check FILE.npz``: does the loss never rise along the path? Exact, from the file alone."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from flint import arb, ctx

from check.decide import RANK
from check.path import judged
from check.reading import VERSION, RefusedError, read


def shown(value: Any) -> str:
    """A number for people: a short rational as it is, else its first digits with their error."""
    return str(value) if value is None or len(str(value)) < 24 else arb(value).str(12)


def checked(file: str) -> dict[str, Any]:
    """The verdict on a file, as ``--json`` prints it."""
    ctx.prec, ctx.cap = 256, 3
    arrays, digest = read(file)
    verdicts, start, end, attained = judged(arrays)
    legs = [
        {"leg": i, "kind": kind, "argument": argument, "verdict": found, "rise": shown(rise), "where": where}
        for i, (kind, argument, (found, rise, where)) in enumerate(verdicts, 1)
    ]
    worst = max((found for _, _, (found, _, _) in verdicts), key=RANK.__getitem__)
    losses = {"start": shown(start), "end": shown(end), "attained": attained}
    return {"file": file, "sha256": digest, "format": VERSION, "verdict": worst, **losses, "legs": legs}


def main() -> int:
    """Exit code 0: no file's loss rises; 1: one rises or is undecided; 2: one is not judged."""
    parser = argparse.ArgumentParser(prog="python -m check", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="path file (.npz); check/README.md states the format")
    parser.add_argument("--json", action="store_true", help="print each verdict as a line of JSON")
    options = parser.parse_args()
    code = 0
    for file in options.files:
        try:
            result = checked(file)
        except RefusedError as error:
            print(f"check: {file}: {error}", file=sys.stderr)
            code = 2
            continue
        code = max(code, int(result["verdict"] != "never rises"))
        if options.json:
            print(json.dumps(result))
            continue
        for leg in result["legs"]:
            print("leg {leg}: {kind}: {argument}: {verdict}, by {rise} {where}".format(**leg).rstrip())
        print("{verdict}, from L = {start} to L = {end}; end: {attained}\nSHA-256 {sha256} of {file}".format(**result))
    return code


if __name__ == "__main__":
    sys.exit(main())
