"""A browser without scripts: follows redirects, keeps cookies, sends a page's own hidden fields."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_ONCE = re.compile(r'name="once" value="([^"]*)"')


class Browser:
    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.status = 0
        self.page = ""
        self.path = ""
        self.headers: Any = {}

    def get(self, path: str) -> str:
        return self._keep(self.client.get(path, follow_redirects=True))

    def post(self, path: str, /, **form: Any) -> str:
        token = _TOKEN.search(self.page)
        assert token, f"no form on {self.path}"
        data = {"csrf_token": token[1], **form}
        return self._keep(self.client.post(path, data=data, follow_redirects=True))

    def _keep(self, answer: Any) -> str:
        self.status, self.page = answer.status_code, answer.get_data(as_text=True)
        self.path, self.headers = answer.request.path, answer.headers
        return self.page

    @property
    def once(self) -> str:
        found = _ONCE.search(self.page)
        assert found
        return found[1]

    @property
    def code(self) -> str:
        found = re.search(r'id="code">([^<]+)<', self.page)
        assert found, self.page[:400]
        return unescape(found[1]).strip()
