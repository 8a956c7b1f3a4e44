"""``python -m check FILE.npz``: does the loss never rise along the path? Exact, from the file alone."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from flint import arb, ctx, fmpq

from check.path import judged
from check.reading import VERSION, RefusedError, read


def shown(value: Any) -> str:
    """A number for people: a short rational as it is, else its first digits with their error."""
    return str(value) if value is None or len(str(value)) < 24 else arb(value).str(12)


def checked(file: str) -> dict[str, Any]:
    """The verdict on a file, as ``--json`` prints it; amounts as digits with their error, places as rationals."""
    ctx.prec, ctx.cap = 256, 3
    arrays, digest = read(file)
    path = judged(arrays)
    legs = [
        {
            "leg": i,
            "kind": kind,
            "argument": argument,
            "verdict": found,
            "rise": shown(rise),
            "from": str(a),
            "to": str(b),
        }
        for i, (kind, argument, (found, rise, (a, b))) in enumerate(path.legs, 1)
    ]
    losses = {"start": shown(path.start), "end": shown(path.end), "attained": path.attained}
    peak = {"highest": shown(path.highest[0]), "at_knot": path.highest[1]} if path.highest else {}
    return (
        {
            "file": file,
            "sha256": digest,
            "format": VERSION,
            "claim": path.claim,
            "holds": path.holds,
            "verdict": path.verdict,
        }
        | losses
        | peak
        | {"legs": legs}
    )


def place(told: str) -> str:
    """A time on a leg for people: a rational as digits, a ball as it is."""
    return told if told.startswith("[") else arb(fmpq(*map(int, told.split("/")))).str(12)


def printed(result: dict[str, Any]) -> None:
    """The verdict for people."""
    words = {"never rises": "", "rises": ", by {rise} from t = {a} to {b}", "undecided": ", rises by {rise} at most"}
    for leg in result["legs"]:
        places = {"a": place(leg["from"]), "b": place(leg["to"])}
        print("leg {leg}: {kind}: {argument}: {verdict}".format(**leg) + words[leg["verdict"]].format(**leg, **places))
    print("{verdict}, from L = {start} to L = {end}; end: {attained}".format(**result))
    if "highest" in result:
        print("highest: L = {highest}, at knot {at_knot} (the start is knot 0)".format(**result))
    print("SHA-256 {sha256} of {file}".format(**result))


def main() -> int:
    """Exit code 0: every path shows what its file claims; 1: one does not, or is undecided; 2: one is not judged."""
    parser = argparse.ArgumentParser(prog="python -m check", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE", help="path file (.npz); check/README.md states the format")
    parser.add_argument("--quiet", action="store_true", help="print one line a file")
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
        code = max(code, int(not result["holds"]))
        if options.quiet:
            print("{verdict}: {file}".format(**result))
        else:
            print(json.dumps(result)) if options.json else printed(result)
    return code


if __name__ == "__main__":
    sys.exit(main())
