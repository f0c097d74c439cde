"""What one answer proves (page 2.7, 6-trust G6)."""

from __future__ import annotations

import pytest

from app.suspension.sight import Verdict, judge, reference

OURS = frozenset({"AAAA1111"})


@pytest.mark.parametrize(
    ("status", "ref", "mode", "verdict"),
    [
        (451, "AAAA1111", "exact", Verdict.DARK),
        (403, "AAAA1111", "exact", Verdict.DARK),
        (404, "AAAA1111", "exact", Verdict.DARK),
        (410, "AAAA1111", "prefix", Verdict.DARK),
        (451, None, "exact", Verdict.GONE),
        (451, "BBBB2222", "exact", Verdict.GONE),  # somebody else's reference
        (404, None, "exact", Verdict.GONE),
        (410, None, "exact", Verdict.GONE),
        (404, None, "prefix", Verdict.NOT_OURS),  # a folder has no page of its own
        (403, None, "prefix", Verdict.NOT_OURS),
        (451, None, "prefix", Verdict.GONE),
        (403, None, "exact", Verdict.OTHER),  # a login wall is no stop
        (401, None, "exact", Verdict.OTHER),
        (200, None, "exact", Verdict.SERVED),
        (200, "AAAA1111", "exact", Verdict.SERVED),  # says so, and serves
        (206, None, "exact", Verdict.SERVED),
        (302, None, "exact", Verdict.SERVED),  # a login page
        (500, None, "exact", Verdict.OTHER),
        (503, "AAAA1111", "exact", Verdict.OTHER),
    ],
)
def test_verdict(status, ref, mode, verdict) -> None:
    assert judge(status, ref=ref, ours=OURS, mode=mode) is verdict


def test_reference_is_read_from_header_or_link() -> None:
    link = '<https://portal.example/blocked/AAAA1111>; rel="blocked-by"'
    assert reference("AAAA1111", None) == "AAAA1111"
    assert reference(None, link) == "AAAA1111"
    assert reference(None, '<https://x.example/blocked/AAAA1111>; rel="next"') is None
    assert reference(None, None) is None
