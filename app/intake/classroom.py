"""A lesson: a code that an officer makes lifts the soft limit for a class and its resources.

The code is signed and holds everything, so making one needs no table. It is opened by the teacher
from the classroom: only then is its network known, as a tag of today's key and not beside any
complaint. What was opened is kept in limits.py alone; with it gone, pupils just work or wait.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core import limits
from app.core.errors import InvalidError
from app.core.keystore import keys

RESOURCES = 12
MINUTES = (10, 180)
NETWORKS = 3  # one school over IPv4, IPv6 and a telephone; a code that got loose helps no botnet
_CODE = re.compile(r"(\d{10,11})\.([\w-]{8})\.([0-9A-Za-z~]{1,200})\.([\w-]{24})", re.ASCII)


@dataclass(frozen=True)
class Lesson:
    """What a believed code says."""

    code: str
    salt: str
    resources: tuple[str, ...]
    until: datetime


def make(resources: Sequence[str], *, minutes: int, at: datetime) -> Lesson:
    """A code for a lesson about these resources that begins now.

    Raises:
        InvalidError: no or too many resources, or no lesson lasts that long.
    """
    wanted = tuple(dict.fromkeys(resources))
    if not 0 < len(wanted) <= RESOURCES:
        raise InvalidError("Name one to %(most)s resources.", most=RESOURCES)
    if not MINUTES[0] <= minutes <= MINUTES[1]:
        raise InvalidError(
            "A lesson lasts %(least)s to %(most)s minutes.", least=MINUTES[0], most=MINUTES[1]
        )
    until = int((at + timedelta(minutes=minutes)).timestamp())
    body = f"{until}.{secrets.token_urlsafe(6)}.{'~'.join(wanted)}"
    found = read(f"{body}.{_mac(body)}", at=at)
    if found is None:
        raise InvalidError("Name one to %(most)s resources.", most=RESOURCES)
    return found


def read(code: str, *, at: datetime) -> Lesson | None:
    """The lesson of a code; None when it is forged or over."""
    shape = _CODE.fullmatch(code)
    if shape is None or not hmac.compare_digest(shape[4], _mac(code.rpartition(".")[0])):
        return None
    until = datetime.fromtimestamp(int(shape[1]), UTC)
    return Lesson(code, shape[2], tuple(shape[3].split("~")), until) if at < until else None


def _mac(body: str) -> str:
    digest = hmac.digest(keys().secret("classroom"), body.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:18]).decode()


def open_for(address: str, lesson: Lesson, *, at: datetime) -> bool:
    """Lift the soft limit for this network; False when the code is used up by other networks."""
    seconds = int((lesson.until - at).total_seconds()) + 1
    network = limits.tag(address, "lesson")
    places = (f"lesson:{lesson.salt}:{n}" for n in range(NETWORKS))
    if not any(limits.claim(place, network, seconds=seconds) for place in places):
        return False
    for resource in lesson.resources:
        name, end = _opened(address, resource, at), str(int(lesson.until.timestamp()))
        limits.note(name, end, seconds=seconds)
    return True


def is_open(address: str, resource: str, *, at: datetime) -> bool:
    """Whether a lesson about this resource goes on in this network."""
    days = {day.date(): day for day in (at, at - timedelta(minutes=MINUTES[1]))}
    ends = (limits.noted(_opened(address, resource, day)) for day in days.values())
    return any(end is not None and at.timestamp() < int(end) for end in ends)


def _opened(address: str, resource: str, day: datetime) -> str:
    """Under the key of the day it was opened: keys change at eight in Shanghai, amid a lesson."""
    return f"class:{limits.tag(address, 'lesson', resource, at=day)}"
