"""``python -m check FILE.npz .. [--quiet | --json]``: does the loss never rise on the path? Exact, from the file alone."""

import json
import sys
from typing import Any

from flint import arb, ctx

from check.legs import judged, law_of
from check.reading import VERSION, RefusedError, read

LEG = ("leg", "kind", "argument", "verdict", "rise", "from", "to")
LINE = "leg {leg}: {kind}: {argument}: {verdict}"
RISE = {"never rises": "", "rises": ", by {rise} from t = {from} to {to}", "undecided": ", rises by {rise} at most"}
END = "{verdict}, from L = {start} to L = {end}; end: {attained}\nSHA-256 {sha256} of {file}"


def shown(value: Any) -> str:
    """A number for people: a short rational as it is, else its first digits with their error."""
    return str(value) if value is None or len(str(value)) < 24 else arb(value).str(12)


def checked(file: str) -> dict[str, Any]:
    """The verdict on a file, as ``--json`` prints it; amounts as digits with their error, places ``t`` as rationals."""
    arrays, digest = read(file)
    with ctx.workprec(256):  # for balls, and for digits
        found = judged(law_of(arrays), arrays)
        legs = [
            dict(zip(LEG, (i, kind, told, verdict, shown(rise), *map(str, places)), strict=True))
            for i, (kind, told, (verdict, rise, places)) in enumerate(found["legs"], 1)
        ]
        numbers = {key: shown(found[key]) for key in ("start", "end", "highest") if key in found}
    whole = {"file": file, "sha256": digest, "format": VERSION, "holds": found["verdict"][:5] == "never"}
    return whole | {"claim": "descent"} | found | numbers | {"legs": legs}


def main() -> int:
    """Exit code 0: every path shows what its file claims; 1: one does not, or is undecided; 2: one is not judged."""
    files, options = ([word for word in sys.argv[1:] if (word[:1] == "-") == flag] for flag in (False, True))
    if not files or set(options) - {"--quiet", "--json"}:
        asked = "--help" in options
        print(f"check: {__doc__}", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    code = 0
    for file in files:
        try:
            result = checked(file)
            code = max(code, int(not result["holds"]))
            legs = "".join((LINE + RISE[leg["verdict"]] + "\n").format(**leg) for leg in result["legs"])
            words = "{verdict}: {file}".format(**result) if "--quiet" in options else legs + END.format(**result)
            print(json.dumps(result) if "--json" in options else words, flush=True)
        except (RefusedError, OSError) as error:  # OSError: nobody takes what is printed
            print(f"check: {file}: {error}", file=sys.stderr)
            code, sys.stdout = 2, sys.stdout if isinstance(error, RefusedError) else sys.stderr
    return code


if __name__ == "__main__":
    sys.exit(main())
