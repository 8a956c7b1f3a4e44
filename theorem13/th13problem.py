"""From the options of Theorem 13 to its problem: the checked setting, what is known of it, and its exact risk."""

from __future__ import annotations

import torch

from theorem13 import th13data, th13proof
from theorem13.th13data import Setting
from theorem13.th13options import Config
from theorem13.th13proof import Barrier
from valleys.problem.mixture import MixtureRisk
from valleys.run.errors import InputError


def setting_of(config: Config) -> Setting:
    """The checked setting that the options describe."""
    given = Setting(config.activation, config.law, config.n, config.p, config.alpha, config.beta)
    given = th13proof.checked(given)
    return given if config.margin is None else th13proof.with_margin(given, config.margin)


def problem(setting: Setting) -> tuple[Barrier, MixtureRisk]:
    """What is proved and built for a setting, and the exact risk that judges it."""
    return th13proof.barrier(setting), th13data.risk(setting)


def problem_of(config: Config) -> tuple[Barrier, MixtureRisk]:
    """``problem`` of the setting that the options describe."""
    return problem(setting_of(config))


def check(config: Config) -> None:
    """Check the options that need more than a glance.

    Args:
        config: the options.

    Raises:
        InputError: for a setting without a known floor, a device that is not there, or ``--save-path`` where no path is
            computed.
    """
    torch.set_num_threads(1)  # the matrices are small: a second thread costs more than it brings
    if config.data is None:
        setting_of(config)
    if config.device not in ("cpu", "cuda") or (config.device == "cuda" and not torch.cuda.is_available()):
        raise InputError("--device", config.device, "cpu, or cuda where torch finds one")
    if config.save_path is None:
        return
    if not config.save_path.endswith(".npz"):
        raise InputError("--save-path", config.save_path, "a file name that ends in .npz")
    path = "path_loss" if config.start is None else "path_between"
    if config.redraw or config.missing or (config.only and path not in config.only):
        raise InputError("--save-path", config.save_path, f"together with a run that computes {path}")
