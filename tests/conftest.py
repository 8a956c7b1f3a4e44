"""What several test files share: a browser, and pictures that are quickly drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import browser as checks
from valleys.run import savefigure

if TYPE_CHECKING:
    from playwright.sync_api import Browser

settings.register_profile("patient", deadline=None)  # a machine that has other things to do is no failure
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def coarse() -> Iterator[None]:
    """Pictures of a third of the resolution: what a script in a process of its own writes is in full."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(savefigure, "DPI", 100)
        yield


@pytest.fixture(scope="module")  # of the module: while it is open, no other event loop can run in its thread
def chromium() -> Iterator[Browser]:
    with checks.started() as started:
        yield started
