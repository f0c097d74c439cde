"""What fault tests stand on: one running product, its database read directly, people at the desk.

It remembers everything that was filed and every checkpoint that was seen, so that the oracles can
ask afterwards whether anything was lost.
"""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import redis
import requests
from sqlalchemy import Engine, create_engine, text

from app.core import settings
from app.core.keystore import KeyStore
from app.intake import sealing
from tests.faults.hook import Hook
from tests.running import GAMBLING, Product, eventually

REVIEW_MINUTES = 30
_version = re.compile(r'name="[a-z_-]*version"[^>]*value="(\d+)"')


@dataclass
class Told:
    """One complaint as its sender remembers it."""

    answer: dict[str, Any]
    text: str
    identity: tuple[str, ...]
    word: str
    resolved: bool = False


@dataclass
class Ground:
    """A product under fault, and everything the test did to it."""

    product: Product
    hook: Hook
    filed: list[Told] = field(default_factory=list)
    checkpoints: dict[int, dict[str, Any]] = field(default_factory=dict)
    expected_crashes: int = 0
    log_read: dict[str, int] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    digests: dict[tuple[str, int, int], str] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _seats: dict[tuple[str, int], requests.Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # --- the database, read beside the product ---------------------------------------------

    def __post_init__(self) -> None:
        url = self.product.env.get("CHUKU_DATABASE_URL")
        file = self.product.folder / "chuku.db"
        self.engine: Engine = create_engine(url or f"sqlite:///file:{file}?mode=ro&uri=true")
        self.settings = settings.load({}, data=str(self.product.folder))
        self.keystore = KeyStore(self.settings)

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a query; moments are aware, JSON is parsed."""
        with self.engine.connect() as link:
            found = link.execute(text(query), values).mappings().all()
        return [{name: _plain(name, value) for name, value in row.items()} for row in found]

    def one(self, query: str, **values: Any) -> Any:
        """The first column of the first row; None without rows."""
        found = self.rows(query, **values)
        return next(iter(found[0].values())) if found else None

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.product.now(), UTC)

    # --- the public ------------------------------------------------------------------------

    def number(self) -> int:
        with self._lock:
            return next(self._numbers)

    def source(self) -> str:
        """A network nobody used yet (the product trusts our X-Forwarded-For)."""
        n = self.number()
        return f"198.18.{n // 250}.{n % 250 + 1}"

    def letter(self, words: str = GAMBLING) -> tuple[dict[str, Any], Told]:
        """A complaint's body with marks that must never come out again, and what was told."""
        n = self.number()
        phone, mail, name = f"1390{n:07d}", f"canary-{n}@families.example", f"Zhou Canary {n:05d}"
        word = f"qz{n:05d}zq"
        body = {"text": f"{words}（{word}），请回电 {phone}", "locators": [],
                "contact": {"email": mail, "name": name}}  # fmt: skip
        return body, Told({}, str(body["text"]), (phone, mail, name), word)

    def complain(
        self, resource: str, words: str = GAMBLING, *, source: str | None = None, key: str = ""
    ) -> Told:
        """File over the API; what was answered is remembered for the oracles."""
        body, told = self.letter(words)
        headers = {"X-Forwarded-For": source or self.source()}
        headers |= {"Idempotency-Key": key} if key else {}
        return self.send(body, told, resource, headers)

    def send(
        self, body: dict[str, Any], told: Told, resource: str, headers: dict[str, str]
    ) -> Told:
        answer = requests.post(
            f"{self.product.portal}/api/v1/complaints",
            json={**body, "resource": {"id": resource}},
            headers=headers,
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        told.answer = answer.json()
        with self._lock:
            self.filed.append(told)
        return told

    def original(self, row: dict[str, Any]) -> dict[str, Any]:
        """What was sent, unsealed beside the product with its own key store."""
        key = self.keystore.data_key(row["kid"])
        opened = sealing.open_json(key, row["sealed_text"], place=f"complaint.text:{row['ref']}")
        assert isinstance(opened, dict)
        return opened

    # --- resources -------------------------------------------------------------------------

    def fresh(self, platform: int | None = None) -> str:
        """A resource that nobody complained about and that the policy may stop just now.

        The policy's caps (page 2.7) are real here: another provider each time, and when the
        platform's window is used up the clock moves past it.
        """
        found = self._stoppable(platform)
        if found is None:
            self.product.move_clock(11 * 60)
            found = self._stoppable(platform)
        if found is None:
            self.product.move_clock(25 * 3600)
            found = self._stoppable(platform)
        assert found is not None, "no resource is left that a precaution may stop"
        self._used.add(found)
        return found

    def _stoppable(self, platform: int | None) -> str | None:
        now = self.now().timestamp()
        placed = self.rows("SELECT platform_id, provider_id, at FROM precaution")
        windows = {p["platform_id"] for p in placed if now - p["at"].timestamp() < 601}
        day = [p["provider_id"] for p in placed if now - p["at"].timestamp() < 86_401]
        held = {
            row["provider_id"]
            for row in self.rows(
                "SELECT r.provider_id FROM hold h JOIN resource r ON r.id = h.resource_id "
                "WHERE h.kind = 'precaution' AND h.lifted_at IS NULL"
            )
        }
        held |= {  # a provider that lies were told about: the machine leaves it alone for a month
            row["provider_id"]
            for row in self.rows(
                "SELECT r.provider_id FROM incident i JOIN resource r ON r.id = i.resource_id "
                "JOIN incident_complaint j ON j.incident_id = i.id "
                "JOIN complaint c ON c.id = j.complaint_id "
                "WHERE i.state IN ('released', 'rejected') GROUP BY r.provider_id "
                "HAVING count(DISTINCT c.source_tag) >= 3"
            )
        }
        for row in self.rows(
            "SELECT ref, platform_id, provider_id FROM resource r WHERE removed_at IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM complaint c WHERE c.resource_id = r.id) "
            "AND NOT EXISTS (SELECT 1 FROM address a JOIN address b ON b.digest = a.digest "
            "  AND b.resource_id <> a.resource_id WHERE a.resource_id = r.id) "
            "AND NOT EXISTS (SELECT 1 FROM address a WHERE a.resource_id = r.id "
            "  AND a.hosting = 'external') ORDER BY id"
        ):
            fits = platform in {None, row["platform_id"]} and row["platform_id"] not in windows
            provider = row["provider_id"]
            free = provider not in held and day.count(provider) < 2
            if fits and free and row["ref"] not in self._used:
                return str(row["ref"])
        return None

    def untouched(self) -> str:
        """A resource that nobody complained about; no precaution is needed."""
        for row in self.rows(
            "SELECT ref FROM resource r WHERE removed_at IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM complaint c WHERE c.resource_id = r.id) "
            "AND NOT EXISTS (SELECT 1 FROM address a JOIN address b ON b.digest = a.digest "
            "  AND b.resource_id <> a.resource_id WHERE a.resource_id = r.id) ORDER BY id DESC"
        ):
            if row["ref"] not in self._used:
                self._used.add(str(row["ref"]))
                return str(row["ref"])
        raise AssertionError("no resource is left")

    def leave_out(self, resource: str) -> None:
        """No test gets it: the catalogue has it, the edge has no files of it."""
        self._used.add(resource)

    def incident(self, resource: str) -> dict[str, Any]:
        """The newest incident of the resource; empty when there is none yet."""
        found = self.rows(
            "SELECT i.* FROM incident i JOIN resource r ON r.id = i.resource_id "
            "WHERE r.ref = :ref ORDER BY i.id DESC LIMIT 1",
            ref=resource,
        )
        return found[0] if found else {}

    def holds(self, resource: str) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT h.* FROM hold h JOIN resource r ON r.id = h.resource_id "
            "WHERE r.ref = :ref ORDER BY h.id",
            ref=resource,
        )

    def edge_answers(self, resource: str) -> dict[str, int]:
        """What the serving edge says to anybody at each own address of the resource."""
        return {
            row["url"]: self.edge_status(row)
            for row in self.rows(
                "SELECT a.* FROM address a JOIN resource r ON r.id = a.resource_id "
                "WHERE r.ref = :ref AND a.hosting <> 'external'",
                ref=resource,
            )
        }

    def edge_status(self, address: dict[str, Any]) -> int:
        """One request to the edge under the address's own host; 0 when nobody answers."""
        where, edge = urlsplit(address["url"]), urlsplit(self.product.edge)
        path = where.path
        if address["mode"] == "prefix":
            path += "index.m3u8" if address["role"] == "segment" else "index.html"
        link = http.client.HTTPConnection(str(edge.hostname), edge.port, timeout=10)
        try:
            link.request("GET", quote(path, safe="/%"), headers={"Host": where.netloc})
            return link.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            link.close()

    def dark(self, resource: str) -> bool:
        """Whether all own addresses answer 451."""
        seen = self.edge_answers(resource)
        return bool(seen) and set(seen.values()) == {451}

    def served(self, resource: str) -> bool:
        """Whether all own addresses answer 200."""
        seen = self.edge_answers(resource)
        return bool(seen) and set(seen.values()) == {200}

    def stopped(self, resource: str, *, within: float = 60) -> None:
        """Dark at the edge, and stopped by the probe's own word."""
        eventually(lambda: self.dark(resource), within=within)
        eventually(lambda: self.state(resource) == "stopped", within=within)

    def state(self, resource: str) -> str:
        return str(self.product.card(resource)["state"])

    def stopped_at(self, resource: str) -> datetime | None:
        """Law 3: when every must target had it and the probe saw every own address dark."""
        found: datetime | None = self.one(
            "SELECT stopped_at FROM stop_state s JOIN resource r ON r.id = s.resource_id "
            "WHERE r.ref = :ref",
            ref=resource,
        )
        return found

    # --- the desk --------------------------------------------------------------------------

    def seat(self, role: str = "officer", n: int = 0) -> requests.Session:
        """A signed-in desk session; signs in anew when the moved clock ended it."""
        known = self._seats.get((role, n))
        if known is not None:
            page = known.get(f"{self.product.portal}/desk/", timeout=30)
            if "/desk/sign-in" not in page.url:
                return known
        self._seats[(role, n)] = self.product.sign_in(role, n)
        return self._seats[(role, n)]

    def act(
        self, incident: str, action: str, *, who: requests.Session | None = None, **form: str
    ) -> requests.Response:
        """One act at the desk as the page would send it, with the version it showed."""
        who = who or self.seat()
        page = f"/desk/incidents/{incident}"
        shown = who.get(f"{self.product.portal}{page}", timeout=30).text
        version = _version.search(shown)
        given = {"version": version.group(1)} if version else {}
        return self.product.act(who, page, f"{page}/{action}", **{**given, **form})

    def confirm(self, incident: str, **form: str) -> requests.Response:
        """核实 as gambling, Art. 20."""
        fields = {"category": "legal", "kind": "gambling", "reason": "经核实属实。",
                  "summary": "课件末页二维码指向违法网站。", **form}  # fmt: skip
        return self.act(incident, "confirm", **fields)

    # --- letters ---------------------------------------------------------------------------

    def notices(self, incident: str) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM notice WHERE incident = :ref ORDER BY id", ref=incident)

    def all_sent(self, incident: str, n: int) -> Callable[[], bool]:
        """Whether exactly ``n`` letters of the incident are out, and none waits."""

        def asked() -> bool:
            states = [row["state"] for row in self.notices(incident) if not row["nudges_id"]]
            return len(states) == n and set(states) <= {"sent", "delivered", "signed"}

        return asked

    def behave(self, how: str) -> None:
        """Tell the mail server: ok, 451, 550 or hang."""
        (self.product.folder / "mailbox" / "behaviour").write_text(how)

    # --- parts -----------------------------------------------------------------------------

    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.product.folder / "redis.sock"))

    def part_back(self, *words: str, gone: set[int]) -> None:
        """Another process than those stands in the part's place."""
        eventually(lambda: set(self.product.pids(*words)) - gone, within=90)

    def calls(self, incident: str) -> list[str]:
        """Keys of the calls to persons about this incident, as they were made."""
        found = self.rows("SELECT key FROM officer_page WHERE incident = :ref", ref=incident)
        return [row["key"] for row in found]


def checkpoint(row: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint as somebody outside would have kept it."""
    base64.b64decode(row["signature"], validate=True)
    return {"size": row["size"], "root": row["root"], "at": row["at"].isoformat(),
            "kid": row["kid"], "signature": row["signature"]}  # fmt: skip


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if name in {"roles", "facts", "seen", "payload", "data"} and isinstance(value, str):
        return json.loads(value)
    return value
