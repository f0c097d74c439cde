"""What several files of intake's tests begin with."""

from __future__ import annotations

from typing import Any

import pytest

from app.core import clock
from app.core.transaction import transaction
from tests.catalogue.make import make_catalogue
from tests.intake.officers import sign_in


@pytest.fixture
def officer(app: Any, client: Any) -> Any:
    """A client at which an officer of the first platform is signed in."""
    app.config["WTF_CSRF_ENABLED"] = False
    with transaction() as tx:
        make_catalogue(tx, clock.now())
    sign_in(client)
    return client
