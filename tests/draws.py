"""Random valid options from their declared ranges, for hypothesis: every entry script's Config can be tried with them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from valleys.run.options import UNCOMPARED, Common, flag
from valleys.run.ranges import Range

#: How far above its smallest value a number is drawn, where the option names no ``tried``.
SPAN = 20
#: Switches that take much longer than the rest of a run, and how many draws leave them out for each that has them.
SELDOM, LEFT_OUT = ("animate",), 9


def values(data: Any) -> st.SearchStrategy[Any]:
    """Values of one option with a range."""
    limits = data["range"]
    if limits is None or limits.among:  # names
        return st.sampled_from(data["tried"] or limits.among)
    low, high = data["tried"] or _ends(limits)
    drawn = st.integers(int(low), int(high)) if limits.whole else st.floats(low, high)
    return drawn.filter(limits.__contains__)


def _ends(limits: Range) -> tuple[float, float]:
    low = next((bound for bound in (limits.least, limits.above) if bound is not None), -SPAN)
    return low, min((bound for bound in (limits.most, limits.below) if bound is not None), default=low + SPAN)


def option_words(
    config: type[Common], skip: tuple[str, ...] = UNCOMPARED, beside: tuple[str, ...] = ()
) -> st.SearchStrategy[list[str]]:
    """Words of a command line: any of the switches and of the options that declare a range (lists: up to three values).

    Args:
        config: declares them.
        skip: fields that are not drawn.
        beside: fields that are given anyhow, as ``data``: what needs them is drawn, what they make idle is not.
    """
    drawn: dict[str, st.SearchStrategy[list[str]]] = {}
    for f in fields(config):
        data = f.metadata
        if f.name in (*skip, *beside) or (data["needs"] and data["needs"] not in beside) or data["unless"] in beside:
            continue
        if isinstance(f.default, bool):
            switch = [flag(f"no_{f.name}" if f.default else f.name)]
            drawn[f.name] = st.sampled_from([switch, *[[]] * (LEFT_OUT if f.name in SELDOM else 0)])
        if not data["range"] and not data["tried"]:
            continue
        single = values(data)
        several = st.lists(single, min_size=1, max_size=3) if data["many"] else single.map(lambda v: [v])
        drawn[f.name] = several.map(lambda found, name=f.name: [f"{flag(name)}", *map(str, found)])  # type: ignore[misc]
    idle_beside = {f.name: f.metadata["unless"] for f in fields(config)}
    return st.fixed_dictionaries({}, optional=drawn).map(
        lambda chosen: [word for name, words in chosen.items() if idle_beside[name] not in chosen for word in words]
    )
