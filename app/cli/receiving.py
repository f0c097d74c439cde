"""How the web process receives: a body larger than a page of text never lies in clear on a disk.

Waitress collects a request before it hands it over, large ones in a temporary file; here that file
is sealed under a key which only the receiving object knows.
"""

from __future__ import annotations

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from app.core.sealed import Spool


class _Body:
    """What waitress asks of a buffer for a body."""

    def __init__(self) -> None:
        self._spool = Spool()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        self._spool.write(data)
        self._size += len(data)

    def getfile(self) -> Spool:
        self._spool.seek(0)
        return self._spool

    def close(self) -> None:
        self._spool.close()


class Parser(HTTPRequestParser):
    """Waitress's own, with sealed bodies."""

    def parse_header(self, header_plus: bytes) -> None:
        """Where waitress has decided how the body comes."""
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = _Body()


class Channel(HTTPChannel):
    """A connection whose requests are received so."""

    parser_class = Parser
