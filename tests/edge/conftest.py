"""One serving host and one centre per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.centre import Centre
from tests.edge.host import Host


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host({"media.example": "media", "alias.example": "plain"})
    yield made
    made.close()


@pytest.fixture
def centre() -> Iterator[Centre]:
    made = Centre()
    made.start()
    yield made
    made.stop()
