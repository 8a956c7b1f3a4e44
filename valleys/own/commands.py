"""Command lines of ``python -m valleys.certify`` and ``python -m valleys.connect``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from valleys.run.errors import InputError
from valleys.run.limits import told
from valleys.run.options import OneLine

if TYPE_CHECKING:
    from valleys.own.certificate import Certificate
    from valleys.own.decayed import DecayCertificate, DecayJoined
    from valleys.own.joined import Joined
    from valleys.own.modules import Network
    from valleys.problem.laws import Sample

MODEL = ".npz with U (m, p), W (p, n), perhaps b (p,), c (m,); or the state dict of nn.Sequential(Linear, activation, Linear)"


def _parser(prog: str, description: str) -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = OneLine(prog=prog, description=description, epilog=told(), formatter_class=layout, allow_abbrev=False)
    parser.add_argument(
        "--data", required=True, metavar="FILE", help=".csv (the last column is the target) or .npz (X, Y)"
    )
    parser.add_argument("--target", nargs="+", default=[], metavar="COLUMN", help="target columns of a .csv")
    parser.add_argument(
        "--activation", default="relu", help="z z2 z3 .. poly:a0,a1,.. relu leaky_relu tanh sigmoid softplus .."
    )
    parser.add_argument(
        "--loss", default="square", help="square, cross_entropy, logistic, huber:DELTA, hinge (default square)"
    )
    parser.add_argument("--save-path", metavar="FILE.npz", help="write the knots, for python -m valleys.verify")
    parser.add_argument(
        "--weight-decay", type=float, metavar="LAM", help="of L + LAM (|U|^2 + |W|^2): relu or leaky_relu, one output"
    )
    return parser


def certify_command(argv: Sequence[str] | None = None) -> int:
    """``python -m valleys.certify``; the exit code: 0 both claims hold, 1 one does not, 2 bad input."""
    text = "From your network down to the minimum of its loss: a path on which the loss never rises, and the judge's verdict."
    parser = _parser("python -m valleys.certify", text)
    parser.add_argument("--model", required=True, metavar="FILE", help=MODEL)
    parser.add_argument("--seed", type=int, default=0, help="of the new rows that dead units get")
    from valleys.run.script import guarded

    return guarded(lambda: _certify(parser.parse_args(argv)))


def _certify(options: argparse.Namespace) -> int:
    """The command.

    Raises:
        InputError: for a seed below 0.
    """
    from valleys.own.certificate import certify
    from valleys.own.cost import expect_path
    from valleys.own.files import load_network
    from valleys.problem.activations import activation
    from valleys.problem.laws import read_sample

    if options.seed < 0:
        raise InputError("--seed", options.seed, "an integer >= 0")
    network = load_network(options.model, activation(options.activation))
    sample = read_sample(options.data, tuple(options.target))
    if options.weight_decay is not None:
        return _certify_decay(network, sample, options)
    expect_path(len(sample.X), network.width)
    found = certify(network, sample.X, sample.Y, options.loss, seed=options.seed)
    for i, leg in enumerate(found.verdict.legs, 1):
        print(f"leg {i}: {leg.kind:6s} L {leg.start:.10g} -> {leg.end:.10g}, rise {leg.rise:.3g}")
    print(f"width {found.width}, dim* {found.dimension}, rank {found.rank}, condition {found.condition:.3g}")
    least = "infimum, which is not attained" if found.attained is False else "minimum"
    print(f"no network is below {found.lower_bound:.10g}; the end is within {found.gap:.3g} of the {least}")
    if found.reason:
        print(f"not certified: {found.reason}")
    return _close(found, options.save_path)


def _certify_decay(network: Network, sample: Sample, options: argparse.Namespace) -> int:
    from valleys.own.certificate import certify
    from valleys.own.cost import expect_decay
    from valleys.problem.laws import with_bias

    expect_decay(with_bias(sample.X) if network.hidden_bias else sample.X)
    found = certify(network, sample.X, sample.Y, options.loss, weight_decay=options.weight_decay)
    for i, (name, leg) in enumerate(zip(found.found.path.names, found.verdict.legs, strict=True), 1):
        print(f"leg {i}: {name:12s} {leg.start:.10g} -> {leg.end:.10g}, rise {leg.rise:.3g}")
    print(f"width {found.width}, r {found.dimension}; loss with weight decay {found.start_loss:.10g}")
    print(f"no network of any width is below {found.lower_bound:.10g}; the end is within {found.gap:.3g} of it")
    return _close(found, options.save_path)


def connect_command(argv: Sequence[str] | None = None) -> int:
    """``python -m valleys.connect``; the exit code: 0 both claims hold, 1 one does not, 2 bad input."""
    text = "A path between two networks on which the loss is never above the worse of the two, and the judge's verdict."
    parser = _parser("python -m valleys.connect", text)
    parser.add_argument("--from", dest="start", required=True, metavar="A", help=MODEL)
    parser.add_argument("--to", dest="to", required=True, metavar="B", help="the other network")
    from valleys.run.script import guarded

    return guarded(lambda: _connect(parser.parse_args(argv)))


def _connect(options: argparse.Namespace) -> int:
    from valleys.own.comparison import compare
    from valleys.own.cost import expect_path
    from valleys.own.files import load_network
    from valleys.own.joined import connect
    from valleys.problem.activations import activation
    from valleys.problem.laws import read_sample

    sigma = activation(options.activation)
    a, b = load_network(options.start, sigma, "--from"), load_network(options.to, sigma, "--to")
    sample = read_sample(options.data, tuple(options.target))
    if options.weight_decay is not None:
        return _connect_decay(a, b, sample, options)
    expect_path(len(sample.X), a.width)
    found = connect(a, b, sample.X, sample.Y, options.loss)
    losses = found.verdict.losses
    print(
        f"L(a) = {losses[0]:.10g}, L(b) = {losses[-1]:.10g}; width {found.network.width}, dim* {found.risk.width_needed}"
    )
    print(f"the path: {found.legs} legs, peak {found.peak:.10g}")
    print("; ".join(f"{name}: peak {peak:.6g}" for name, peak in compare(found, curve=False).peaks.items()))
    return _close(found, options.save_path)


def _connect_decay(a: Network, b: Network, sample: Sample, options: argparse.Namespace) -> int:
    """The same with weight decay."""
    from valleys.own.cost import expect_decay
    from valleys.own.joined import connect
    from valleys.problem.laws import with_bias

    expect_decay(with_bias(sample.X) if a.hidden_bias else sample.X)
    found = connect(a, b, sample.X, sample.Y, options.loss, weight_decay=options.weight_decay)
    print(f"loss with weight decay: a {found.verdict.start:.10g}, b {found.verdict.end:.10g}")
    print(f"the path: {found.legs} legs, peak {found.peak:.10g}")
    return _close(found, options.save_path)


def _close(found: Certificate | Joined | DecayCertificate | DecayJoined, save_path: str | None) -> int:
    """Write the path, print the claims; the exit code: 0 every claim holds, 1 one does not."""
    from valleys.run.claims import table

    if save_path is not None:
        found.save(save_path)
    print()
    print(table([claim.as_dict() for claim in found.claims]))
    return 0 if found.holds else 1
