"""A WARC file of one capture: warcinfo, then request and response of every hop.

The library writes SHA-1 digests only, so SHA-256 stands beside them in a field of our own and in
the item's facts.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from app.core import crypto
from app.core.http import Response

FIELD = "X-Chuku-Payload-SHA256"
# The body is stored as received after the transfer coding; saying otherwise would misread it.
_UNTRUE = {"transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Digests:
    """Of one response's body: ours and the library's."""

    url: str
    status: int
    size: int
    sha256: str
    library: str


def _date(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _head(answer: Response) -> StatusAndHeaders:
    headers = [
        (f"X-Archive-Orig-{name}" if name.lower() in _UNTRUE else name, value)
        for name, value in answer.headers
    ]
    headers.append(("Content-Length", str(len(answer.body))))
    return StatusAndHeaders(f"{answer.status} {answer.reason}", headers, protocol="HTTP/1.1")


def write(
    hops: Iterable[Response], *, at: datetime, info: dict[str, str]
) -> tuple[bytes, list[Digests]]:
    """The gzipped WARC of the hops in order, and the digests of each body."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    date = _date(at)
    writer.write_record(writer.create_warcinfo_record("capture.warc.gz", info))
    digests = []
    for hop in hops:
        ours = crypto.sha256_hex(hop.body)
        more = {"WARC-Date": date, "WARC-IP-Address": hop.remote, FIELD: ours}
        if hop.truncated:
            more["WARC-Truncated"] = "length"
        response = writer.create_warc_record(
            hop.url,
            "response",
            payload=io.BytesIO(hop.body),
            http_headers=_head(hop),
            warc_headers_dict=more,
        )
        first, *rest = hop.request_head.decode("latin-1").strip().split("\r\n")
        request = writer.create_warc_record(
            hop.url,
            "request",
            payload=io.BytesIO(b""),
            http_headers=StatusAndHeaders(
                first, [tuple(line.split(": ", 1)) for line in rest], is_http_request=True
            ),
            warc_headers_dict={"WARC-Date": date},
        )
        writer.write_request_response_pair(request, response)
        library = str(response.rec_headers.get_header("WARC-Payload-Digest"))
        digests.append(Digests(hop.url, hop.status, len(hop.body), ours, library))
    return out.getvalue(), digests
