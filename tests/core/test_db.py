"""The database never tells the log what people wrote."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError


def test_a_database_error_does_not_carry_what_was_written(tx):
    with pytest.raises(DBAPIError) as failed:
        tx.execute(text("SELECT no_such_function(:words)"), {"words": "王老师电话是多少"})
    assert "王老师" not in str(failed.value)
