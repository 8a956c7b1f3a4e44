"""Spurious valleys: descent paths, floors under every path, and the judges that check them.

The table of contents below is the public face; each name is loaded when it is first used, so that importing this costs
nothing.  The rooms behind it: ``run``, ``problem``, ``paths``, ``construct``, ``judge``, ``search``, ``own``, ``page``.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from valleys.run.version import __version__ as __version__

if TYPE_CHECKING:
    from valleys.judge.certificate import judge_path as judge_path
    from valleys.own.certificate import certify as certify
    from valleys.own.certified import certified_descent as certified_descent
    from valleys.own.decay import certified_decay as certified_decay
    from valleys.own.decay import lowest as lowest
    from valleys.own.joined import connect as connect
    from valleys.own.widened import widen as widen
    from valleys.paths.files import load_path as load_path
    from valleys.paths.files import save_path as save_path
    from valleys.paths.path import polygon as polygon
    from valleys.problem.activations import activation as activation
    from valleys.problem.decay import DecayRisk as DecayRisk
    from valleys.problem.dimension import Span as Span
    from valleys.problem.laws import GaussianTeacher as GaussianTeacher
    from valleys.problem.laws import Sample as Sample
    from valleys.problem.laws import read_sample as read_sample
    from valleys.problem.laws import with_bias as with_bias
    from valleys.problem.network import Theta as Theta
    from valleys.problem.network import load_theta as load_theta
    from valleys.problem.network import random_theta as random_theta
    from valleys.problem.risk import FeatureRisk as FeatureRisk
    from valleys.problem.streams import stream as stream
    from valleys.run.errors import InputError as InputError
    from valleys.search.lowest_pass import find_pass as find_pass
    from valleys.search.training import train as train

_CONTENTS = {
    # the problem: an activation, a law of the data, a loss, parameters
    "activation": "problem.activations",
    "Sample": "problem.laws",
    "GaussianTeacher": "problem.laws",
    "read_sample": "problem.laws",
    "with_bias": "problem.laws",
    "FeatureRisk": "problem.risk",
    "DecayRisk": "problem.decay",
    "Span": "problem.dimension",
    "Theta": "problem.network",
    "random_theta": "problem.network",
    "load_theta": "problem.network",
    "stream": "problem.streams",
    # your own nn.Sequential: a path down, a path to another one, dead units
    "certify": "own.certificate",
    "connect": "own.joined",
    "widen": "own.widened",
    # a path down, with its verdict
    "certified_descent": "own.certified",
    "certified_decay": "own.decay",
    "lowest": "own.decay",
    # any path, judged and kept
    "polygon": "paths.path",
    "judge_path": "judge.certificate",
    "save_path": "paths.files",
    "load_path": "paths.files",
    # training, and the lowest pass between two networks
    "train": "search.training",
    "find_pass": "search.lowest_pass",
    # what bad input raises
    "InputError": "run.errors",
}

__all__ = list(_CONTENTS)


def __getattr__(name: str) -> object:
    if name not in _CONTENTS:
        raise AttributeError(f"module 'valleys' has no attribute {name!r}")
    value = getattr(import_module(f"valleys.{_CONTENTS[name]}"), name)
    globals()[name] = value
    return value


class _Face(ModuleType):
    """``valleys.certify`` and ``valleys.connect`` are functions, also after ``import valleys.certify`` (the command)."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _CONTENTS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face


def __dir__() -> list[str]:
    return sorted({*globals(), *_CONTENTS})
