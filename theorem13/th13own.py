"""The lowest pass between two networks of the user, on the user's data or on the theorem's law."""

from __future__ import annotations

from collections.abc import Callable

from theorem13 import th13data
from theorem13.th13options import Config
from theorem13.th13problem import setting_of
from valleys.own.files import load_network
from valleys.own.modules import Network
from valleys.paths.convex_files import save_convex_path
from valleys.paths.files import save_path
from valleys.paths.heights import profile, straight_peak
from valleys.paths.law_files import law_arrays
from valleys.paths.path import Path, polygon
from valleys.problem.activations import activation
from valleys.problem.convex_risk import ConvexRisk
from valleys.problem.laws import Sample, read_sample, with_bias
from valleys.problem.named_losses import loss_named
from valleys.problem.network import Theta
from valleys.problem.risk import FeatureRisk, Risk
from valleys.problem.streams import stream
from valleys.run.claims import at_most
from valleys.run.errors import InputError
from valleys.run.pictures import Part
from valleys.search.lowest_pass import find_pass

#: Units times data times steps that a quick search takes, and its fewest steps.
QUICK_WORK, FEWEST = 1_500_000, 20


def ends_of(config: Config) -> tuple[Network, Network]:
    """The networks of --from and --to: .npz files with ``U, W`` and perhaps ``b, c``, or state dicts of torch.

    Raises:
        InputError: if one has a bias that the other, or the law, has not.
    """
    sigma = activation(config.activation)
    a, b = (load_network(file or "", sigma, name) for file, name in ((config.start, "--from"), (config.to, "--to")))
    biases = [(network.hidden_bias, network.output_bias) for network in (a, b)]
    if biases[0] != biases[1]:
        raise InputError("--to", f"(hidden bias, output bias) = {biases[1]}", f"those of --from, {biases[0]}")
    if config.data is None and any(biases[0]):
        raise InputError(
            "--from", f"a network with biases: {config.start}", "one without b and c, or together with --data FILE"
        )
    return a, b


def risk_of(config: Config, network: Network) -> tuple[Risk, Callable[[str, Path], None]]:
    """The loss on the user's data, or the theorem's exact risk where no data is given; and how its paths are written."""
    if config.data is None:
        setting = setting_of(config)
        law = th13data.law_arrays(setting)
        return th13data.risk(setting), lambda file, path: save_path(file, path, law)
    sample = read_sample(config.data, config.target)
    sample = Sample(with_bias(sample.X), sample.Y) if network.hidden_bias else sample
    if network.output_bias:
        biased = ConvexRisk(network.sigma, sample, loss_named("square"), pinned=True)
        return biased, lambda file, path: save_convex_path(file, path, biased)
    risk = FeatureRisk(network.sigma, sample)
    return risk, lambda file, path: save_path(file, path, law_arrays(risk))


def steps_for(config: Config, theta: Theta) -> int:
    """Steps of the search, fewer where a step is dear: its work is units times data, or pairs of units under the law."""
    most, work = (300, QUICK_WORK) if config.quick else (2000, 20 * QUICK_WORK)
    points = len(read_sample(config.data, config.target).X) if config.data else theta.p + config.p
    steps = max(FEWEST, min(most, work // (theta.p * points)))
    if steps < most:
        print(f"{theta.p} units, {points} points: {steps} steps of the search, not {most}", flush=True)
    return steps


def path_between(config: Config) -> Part:
    """Compute path_between.png: the path found, against the straight line.

    Args:
        config: the options, with --from and --to.

    Returns:
        The part.
    """
    first, last = ends_of(config)
    risk, write = risk_of(config, first)
    a, b = first.theta, last.theta
    steps = steps_for(config, a)
    found = find_pass(risk, a, b, stream(config.seed, "pass"), steps=steps, progress="lowest pass")
    if config.save_path is not None:
        write(config.save_path, found.path)
    print(f"L(from) = {float(risk.value(a)):.10g}, L(to) = {float(risk.value(b)):.10g}", flush=True)
    line = straight_peak(risk, a, b)
    found_t, found_L = profile(risk, found.path, max(20, config.path_points // len(found.path.pieces)))
    line_t, line_L = profile(risk, polygon([a, b]), config.path_points)
    values = {
        "path_between": {
            "from": float(found_L[0]), "to": float(found_L[-1]), "peak": found.peak, "straight_line_peak": line,
            "saddle": found.level, "saddle_gradient": found.gradient_norm, "legs": len(found.path.pieces),
        }
    }  # fmt: skip
    arrays = {"found_t": found_t, "found_L": found_L, "line_t": line_t, "line_L": line_L}
    text = (
        f"Loss between two networks: the straight line peaks at {line:.6g}, the path found at {found.peak:.6g} (ends "
        f"{float(found_L[0]):.6g} and {float(found_L[-1]):.6g}). An upper bound of the barrier: nothing here proves that "
        "no lower path exists."
    )
    statement = "peak of the path found, evaluated again on its profile; bound: the peak reported"
    claims = [at_most("path_between", "search", statement, float(found_L.max()), found.peak * (1 + 1e-9), "verified")]
    return Part(values, {k: v.numpy() for k, v in arrays.items()}, claims, text)
