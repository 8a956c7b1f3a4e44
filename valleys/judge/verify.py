"""The public judge: ``python -m valleys.verify FILE.npz`` recomputes a path from its file alone.

It prints one line a leg (closed-form parabola for legs that move only U, constant for legs of dead units, a stated grid
for any other), then the verdict: does the loss ever rise, and does the path end at the global minimum? Of a file of
points along a curve it says no more than it sees: the loss at the points, and on the straight lines between them. Of a
connection: is ``Phi`` affine on every leg, and does any knot lie above the worse end? Of another convex loss than the
square: does a leg of U end where its slope is positive, and how far is the end above a lower bound for all networks? Of a
path along masses (weight decay): what the exact checker says; so of straight legs that it decides quickly (kind *exact*).
Exit code 0: both claims hold; 1: one does not; 2: the file cannot be read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from valleys.run.options import OneLine

if TYPE_CHECKING:
    from valleys.run.claims import Claim


def verify(file: str) -> int:
    """Judge the path in ``file`` and print the verdict; the exit code."""
    from valleys.judge.certificate import judge_path, judge_points, path_claims
    from valleys.judge.exact_convex import exact_connection, exact_descent, told_of
    from valleys.judge.verify_convex import verify_convex
    from valleys.judge.verify_masses import verify_masses
    from valleys.paths.files import load_path
    from valleys.paths.mass_files import along_masses
    from valleys.paths.path import polygon
    from valleys.problem.convex_risk import ConvexRisk
    from valleys.problem.dimension import Span
    from valleys.problem.risk import FeatureRisk

    if along_masses(file):
        return closing(verify_masses(file))
    stored = load_path(file)
    points, risk = stored.points, stored.risk
    knots = [points[i] for i in range(len(points.U))]
    told = told_of(file, knots, risk) if stored.t is None else None
    if isinstance(risk, ConvexRisk):
        seen = verify_convex(polygon(knots), risk, stored.claim, stored.width)
        joined = stored.claim == "connection"
        return closing(
            exact_connection(seen, "path", told, risk.at_zero) if joined else exact_descent(seen, "path", told)
        )
    span = Span(risk) if isinstance(risk, FeatureRisk) else None
    end = points[-1]
    excess = span.excess(end) - span.unreachable(stored.width) if span else None
    verdict = judge_path(polygon(knots), risk, excess) if stored.t is None else judge_points(points, risk, excess)
    for i, leg in enumerate(verdict.legs, 1):
        print(f"leg {i}: {leg.kind:6s} L {leg.start:.10g} -> {leg.end:.10g}, rise {leg.rise:.3g}")
    if span:
        least = span.minimum + span.unreachable(stored.width)
        print(f"width {stored.width}, dim* {span.dimension}, minimum {least:.10g}")
    return closing(exact_descent(path_claims(verdict, "path", "P.1, p. 4"), "path", told))


def closing(claims: Sequence[Claim]) -> int:
    """Print the table of the claims; the exit code."""
    from valleys.run.claims import table

    print()
    print(table([claim.as_dict() for claim in claims]))
    return 0 if all(claim.holds for claim in claims) else 1


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of the judge."""
    parser = OneLine(
        prog="python -m valleys.verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "file",
        help="path file: U (K, m, p), W (K, p, n), activation, X, Y (or law and its numbers), perhaps c (K, m), loss, claim; "
        "deep linear: t, W1, W2, ..",
    )
    from valleys.run.script import guarded

    return guarded(lambda: verify(parser.parse_args(argv).file))
