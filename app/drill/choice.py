"""Which resource may go dark for a minute, and whether the parts run that would make it so."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.authorities import queries as authorities
from app.catalogue import queries as catalogue
from app.catalogue.values import ResourceView
from app.core.errors import AppError
from app.incidents import queries as incidents
from app.outbox import queries as outbox
from app.suspension import queries as stops
from app.suspension.values import ResourceState

QUIET = timedelta(seconds=60)  # an edge asks every 20 s, periodic work is done every 15 s
_MANY = 1_000


class DrillError(AppError):
    """The exercise cannot begin, or a step of it did not happen."""

    key = "drill"


def need_parts(session: Session, *, at: datetime) -> None:
    """See that somebody will do the work.

    Raises:
        DrillError: no worker has finished anything lately, or an edge does not ask.
    """
    done = outbox.last_done(session)
    if done is None or at - done > QUIET:
        raise DrillError(
            "The parts are not running: no worker has finished anything for a minute. "
            "Start them with: chuku up --demo"
        )
    for target in stops.targets(session):
        if target.kind != "edge" or not target.must or target.disabled_at is not None:
            continue
        if target.seen_at is None or at - target.seen_at > QUIET:
            raise DrillError(
                "The edge %(name)s has not asked for the feed for a minute: start it first.",
                name=target.name,
            )


def choose(session: Session, ref: str | None, *, demo: bool, at: datetime) -> ResourceView:
    """The resource that is named, or the demo's least watched one that suits.

    Raises:
        DrillError: it does not suit, or none is named outside the demo.
        NotFoundError: there is no resource of that number.
    """
    if ref is not None:
        named = catalogue.resource(session, ref)
        against = _against(session, named, at)
        if against:
            raise DrillError("%(ref)s does not suit: %(why)s.", ref=ref, why=against)
        return named
    if not demo:
        raise DrillError(
            "The resource really goes dark for the time of the exercise: name it with --resource."
        )
    cards = catalogue.search(session, "", limit=_MANY)
    found = [catalogue.resource(session, card.id) for card in cards]
    for one in sorted(found, key=lambda r: (r.views_30d, r.id)):
        if _against(session, one, at) is None:
            return one
    raise DrillError("No resource suits: each is stopped, shared or under work.")


def _against(session: Session, one: ResourceView, at: datetime) -> str | None:
    """Why an exercise may not touch it; None if it may."""
    places = catalogue.resource_addresses(session, one.id)
    reasons = {
        "it left the catalogue": one.removed_at is not None,
        "it is protected": one.protected_until is not None and one.protected_until > at,
        "its platform is not operated here": not _operated(session, one),
        "it has an address that is not ours": any(p.hosting != "own" for p in places),
        "it has no address": not places,
        "it is stopped already": stops.states(session, [one.id])[one.id] != ResourceState.ONLINE
        or bool(stops.standing(session, one.id)),
        "an incident about it is open": bool(incidents.open_for(session, one.id)),
        "its content is served by other resources too": bool(
            catalogue.same_content(session, one.version_id)
        ),
    }
    return next((why for why, true in reasons.items() if true), None)


def _operated(session: Session, one: ResourceView) -> bool:
    return authorities.platform(session, one.platform_id).operated
