"""``python -m check FILE.npz``: does the loss never rise along the path? Exact, from the file alone."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from flint import arb, ctx

from check.decide import RANK
from check.laws import rational
from check.legs import judge
from check.problem import law_of
from check.reading import VERSION, RefusedError, read, shaped


def shown(value: Any) -> str:
    """A number for people: a short rational as it is, else its first digits with their error."""
    return str(value) if value is None or len(str(value)) < 24 else arb(value).str(12)


def checked(file: str) -> dict[str, Any]:
    """The verdict on a file, as ``--json`` prints it.

    Raises:
        RefusedError: for a file that is not judged.
    """
    arrays, digest = read(file)
    law, m, n = law_of(arrays)
    U = shaped(arrays, "U", None, m, None)
    W = shaped(arrays, "W", len(U), U.shape[2], n)
    if arrays or len(U) < 2:
        raise RefusedError(f"arrays {sorted(arrays)} have no meaning here" if arrays else "one knot is no path")
    legs = []
    for i in range(len(U) - 1):
        kind, argument, (verdict, rise, where) = judge(law, U[i], W[i], U[i + 1], W[i + 1])
        legs.append({
            "leg": i + 1,
            "kind": kind,
            "argument": argument,
            "verdict": verdict,
            "rise": shown(rise),
            "where": where,
        })
    worst = max((str(leg["verdict"]) for leg in legs), key=RANK.__getitem__)
    start, end = (law.along(rational(U[i]), rational(U[i] * 0), rational(W[i]))[2] for i in (0, -1))
    ends = {"start": shown(start), "end": shown(end)}
    return {"file": file, "sha256": digest, "format": VERSION, "verdict": worst, **ends, "legs": legs}


def main() -> int:
    """Exit code 0: never rises; 1: rises or undecided; 2: not judged."""
    parser = argparse.ArgumentParser(prog="python -m check", description=__doc__)
    parser.add_argument("file", help="path file (.npz); check/README.md states the format")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    options = parser.parse_args()
    ctx.prec, ctx.cap = 256, 3
    try:
        result = checked(options.file)
    except RefusedError as error:
        print(f"check: {options.file}: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        for leg in result["legs"]:
            print("leg {leg}: {kind}: {argument}: {verdict}, by {rise} {where}".format(**leg))
        print("{verdict}, from L = {start} to L = {end}\nSHA-256 {sha256} of {file}".format(**result))
    return 0 if result["verdict"] == "never rises" else 1


if __name__ == "__main__":
    sys.exit(main())
