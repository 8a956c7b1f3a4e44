"""What several test files share: a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests import browser as checks

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")  # of the module: while it is open, no other event loop can run in its thread
def chromium() -> Iterator[Browser]:
    with checks.started() as started:
        yield started
