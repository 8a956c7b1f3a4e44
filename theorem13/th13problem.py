"""From the options of Theorem 13 to its problem: the checked setting, what is known of it, and its exact risk."""

from __future__ import annotations

from pathlib import Path

import torch

from theorem13 import th13data, th13proof
from theorem13.th13config import Config
from theorem13.th13data import Setting, law_arrays
from theorem13.th13proof import Barrier
from valleys.problem.mixture import MixtureRisk
from valleys.problem.network import stack
from valleys.run.errors import InputError
from valleys.run.record import save_npz


def setting_of(config: Config) -> Setting:
    """The checked setting that the options describe."""
    given = Setting(config.activation, config.law, config.n, config.p, config.alpha, config.beta)
    given = th13proof.checked(given)
    return given if config.margin is None else th13proof.with_margin(given, config.margin)


def problem(setting: Setting) -> tuple[Barrier, MixtureRisk]:
    """What is proved and built for a setting, and the exact risk that judges it."""
    return th13proof.barrier(setting), th13data.risk(setting)


def prepare(config: Config) -> None:
    """Check the options that need more than a glance, and write the best path's knots where they are asked for.

    Raises:
        InputError: for a setting without a known floor, or a device that is not there.
    """
    torch.set_num_threads(1)  # the matrices are small: a second thread costs more than it brings
    setting = setting_of(config)
    if config.device not in ("cpu", "cuda") or (config.device == "cuda" and not torch.cuda.is_available()):
        raise InputError("--device", config.device, "cpu, or cuda where torch finds one")
    if config.save_path is not None:
        if not config.save_path.endswith(".npz"):
            raise InputError("--save-path", config.save_path, "a file name that ends in .npz")
        knots = stack(th13proof.barrier(setting).path.knots)
        save_npz(Path(config.save_path), {"U": knots.U.numpy(), "W": knots.W.numpy(), **law_arrays(setting)})
