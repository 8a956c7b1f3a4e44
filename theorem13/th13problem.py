"""From the options of Theorem 13 to its problem: the checked setting, what is known of it, and its exact risk."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from theorem13 import th13data, th13proof
from theorem13.th13data import Setting
from theorem13.th13options import Config
from theorem13.th13proof import Barrier
from valleys.problem.mixture import MixtureRisk
from valleys.run.device import device_for
from valleys.run.errors import InputError

#: The strength of the second teacher where none is given; but above the lowest that makes a valley, and below the
#: largest for which a good end is known, by these factors.
BETA, ABOVE, BELOW = 3.0, 1.5, 0.75


def setting_of(config: Config) -> Setting:
    """The checked setting that the options describe.

    Args:
        config: the options.

    Returns:
        The setting.

    Raises:
        InputError: for a setting without a known floor, or a beta that makes no spurious valley.
    """
    given = Setting(config.activation, config.law, config.n, config.p, config.alpha, config.beta or BETA)
    given = th13proof.checked(given)
    if config.margin is not None:
        return th13proof.with_margin(given, config.margin)
    lowest, largest = th13proof.beta_range(given)
    if config.beta is None:
        return replace(given, beta=min(max(BETA, ABOVE * lowest), BELOW * largest))
    if not lowest < config.beta < largest:
        why = f"more than {lowest:.4g} (below, the set u > 0 is no spurious valley: the way out ends no lower)"
        why += f" and less than {largest:.4g} (beyond, no good end is known)" if largest < math.inf else ""
        raise InputError("--beta", config.beta, why)
    return given


def problem(setting: Setting) -> tuple[Barrier, MixtureRisk]:
    """What is proved and built for a setting, and the exact risk that judges it."""
    return th13proof.barrier(setting), th13data.risk(setting)


def problem_of(config: Config) -> tuple[Barrier, MixtureRisk]:
    """``problem`` of the setting that the options describe."""
    return problem(setting_of(config))


def check(config: Config) -> None:
    """Check the options that need more than a glance.

    A setting without a known floor or without a spurious valley, or a device that is not there, is an InputError.
    """
    torch.set_num_threads(1)  # the matrices are small: a second thread costs more than it brings
    device_for(config.device)
    if config.data is None:
        setting_of(config)
