"""The duty desk: the queue, one incident on one screen, calls to people, the parts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import guard
from app.accounts import queries as accounts
from app.accounts import service as calls
from app.authorities import queries as authorities
from app.catalogue import queries as catalogue
from app.copyright import queries as copyright_notices
from app.core import clock, i18n
from app.core.access import requires
from app.core.db import db
from app.core.errors import AppError, ForbiddenError, InvalidError
from app.core.transaction import transaction
from app.evidence import queries as evidence
from app.evidence import wording as evidence_words
from app.incidents import acts, decisions, forms, places, queries, wording
from app.incidents.values import IncidentView, Recorded
from app.norm import titles
from app.norm.book import BOOK
from app.norm.decisions import lift_needs
from app.notices import queries as notices
from app.suspension import queries as stops
from app.triage import queries as triage

desk = Blueprint("desk", __name__)
BLUEPRINTS = (desk,)

_PAGE = 50


@desk.context_processor
def _words() -> dict[str, Any]:
    """The norm's terms in the visitor's language, and what the log's words mean."""
    language = i18n.language()
    return {
        "category_title": partial(titles.category_title, language=language),
        "kind_title": _kind_title,
        "role_title": partial(titles.role_title, language=language),
        "step_title": _step_title,
        "reason_title": partial(titles.reason_title, language=language),
        "wording": wording,
        "evidence_kinds": evidence_words.KINDS,
    }


def _kind_title(kind: str) -> str:
    try:
        return titles.kind_title(kind, i18n.language())
    except ValueError:
        return kind  # Art. 24: free words of the authority


def _step_title(step: str) -> str:
    if step in wording.STEPS:
        return str(wording.STEPS[step])
    return titles.step_title(step, i18n.language())


def _mine(permission: str = "queue.read") -> list[int]:
    return guard.current().platforms(permission)


def _seen(ref: str) -> IncidentView:
    """The incident, if this person may see its platform's."""
    found = queries.incident(db.session(), ref)
    guard.demand("incident.read", found.platform_id)
    return found


@desk.get("/desk/")
@requires("queue.read")
def queue() -> str:
    """What is due first stands first; calls to a person above everything."""
    session, mine = db.session(), _mine()
    page = queries.queue(session, after=request.args.get("after"), limit=_PAGE, platform_ids=mine)
    return render_template(
        "desk/queue.html",
        page=page,
        cards=catalogue.cards(session, {one.resource_id for one in page.items}),
        states=stops.states(session, {one.resource_id for one in page.items}),
        names=_names(session, [one.claimed_by for one in page.items]),
        pages=accounts.open_pages(session, mine),
        may_release=guard.current().may("incident.release"),
        errors={},
        sentence="",
    )


@desk.get("/desk/closed")
@requires("queue.read")
def closed() -> str:
    """Every incident, newest first, with a state to look for."""
    session, mine = db.session(), _mine()
    state = request.args.get("state") or None
    page = queries.listing(
        session, state=state, after=request.args.get("after"), limit=_PAGE, platform_ids=mine
    )
    return render_template(
        "desk/all.html",
        page=page,
        state=state,
        cards=catalogue.cards(session, {one.resource_id for one in page.items}),
    )


@desk.get("/desk/incidents/<ref>")
@requires("incident.read")
def incident(ref: str) -> str:
    """Everything about one incident on one screen."""
    return _screen(_seen(ref))


def _screen(
    one: IncidentView,
    *,
    errors: dict[str, str] | None = None,
    sentence: str = "",
    typed: dict[str, str] | None = None,
    act: str = "",
) -> str:
    session, person = db.session(), guard.current()
    refs = queries.held_refs(session, one.ref)
    holds = [hold for ref in refs for hold in stops.holds(session, incident=ref)]
    cases = queries.reentry_cases(session, one.ref)
    story = queries.timeline(session, one.ref)
    case = cases[0] if cases else None
    offered = [
        name
        for name in acts.offered(one, holds, case)
        if person.may(acts.ACTS[name].permission, one.platform_id)
    ]
    told = triage.told(session, one.resource_id, one.complaint_ids)
    actors = [e.actor for e in story] + [h.placed_by for h in holds] + [one.claimed_by]
    return render_template(
        "desk/incident.html",
        incident=one,
        card=catalogue.card(session, one.resource_id),
        platform=authorities.platform(session, one.platform_id),
        problems=told,
        suggestions=triage.suggestions(session, [again.first.complaint_id for again in told]),
        proposals=triage.proposals(session, one.ref),
        stop=stops.stop_state(session, one.resource_id),
        addresses=stops.address_states(session, one.resource_id),
        opens=places.opens,
        other_holds=[
            hold for hold in stops.standing(session, one.resource_id) if hold.incident not in refs
        ],
        holds=holds,
        siblings=queries.same_content_elsewhere(session, one.ref),
        duties=queries.duties(session, one.ref),
        letters=[letter for ref in refs for letter in notices.for_incident(session, ref)],
        items=[item for ref in refs for item in evidence.items(session, ref)],
        decisions=queries.decisions(session, one.ref),
        notices=copyright_notices.of_incident(session, refs, at=clock.now()),
        may_restore=person.may("incident.release", one.platform_id),
        may_record=person.may("notice.record", one.platform_id),
        case=case,
        story=_runs(story),
        names=_names(session, actors),
        pages=[p for p in accounts.open_pages(session, _mine()) if p.incident == one.ref],
        offered=offered,
        fields=forms.FIELDS,
        categories=forms.categories(i18n.language()),
        kinds=forms.kinds(i18n.language()),
        needs=lift_needs(one.category, one.kind),
        article=BOOK.category(one.category).article,
        may_claim=person.may("incident.decide", one.platform_id),
        errors=errors or {},
        sentence=sentence,
        typed=typed or {},
        act=act,
    )


def _runs(story: list[Recorded]) -> list[tuple[Recorded, int]]:
    """Newest first; what the same actor did several times within a minute is one line."""
    groups = groupby(
        reversed(story), key=lambda e: (e.action, e.actor, e.at.replace(second=0, microsecond=0))
    )
    runs = [list(same) for _, same in groups]
    return [(run[0], len(run)) for run in runs]


def _names(session: Any, actors: Iterable[str | None]) -> dict[int, str]:
    ids = {int(a[8:]) for a in actors if a and a.startswith("account:") and a[8:].isdigit()}
    return accounts.names(session, ids)


@desk.post("/desk/incidents/<ref>/<action>")
@requires("incident.read")
def act(ref: str, action: str) -> Any:
    """One act of a person; a refusal shows the page as it is now with what was typed kept."""
    one = _seen(ref)
    try:
        chosen = acts.find(action)
        guard.demand(chosen.permission, one.platform_id)
        if chosen.lets_go and not guard.current().step_up_fresh:
            return redirect(f"/desk/step-up?next=/desk/incidents/{ref}", 303)
        given, kept = forms.read(
            _named(request.form, action), _named(request.files, action), kind=chosen.file
        )
        db.session.rollback()
        at = clock.now()
        with transaction() as tx:
            given = forms.keep(tx, kept, given, incident=ref, by=guard.current().actor, at=at)
            done = chosen.run(tx, ref, given, guard.current().actor, at)
    except ForbiddenError:
        raise
    except AppError as error:
        return _refused(ref, action, error)
    flash(str(wording.DONE[action]), "good")
    return redirect(f"/desk/incidents/{done.ref}", 303)


def _named(fields: Any, action: str) -> dict[str, Any]:
    """Names on the page carry the act (``confirm-reason``), so that ids are unique there."""
    return {name.removeprefix(f"{action}-"): value for name, value in fields.items()}


def _refused(ref: str, action: str, error: AppError) -> Response:
    db.session.rollback()
    fields = error.fields if isinstance(error, InvalidError) else {}
    page = _screen(
        queries.incident(db.session(), ref),
        errors={f"{action}-{name}": gettext(text) for name, text in fields.items()},
        sentence=gettext(error.message, **wording.values(error.values)),
        typed=request.form.to_dict(),
        act=action,
    )
    return Response(page, status=error.status, mimetype="text/html")


@desk.post("/desk/release")
@requires("incident.release")
def release_many() -> BaseResponse:
    """After a brigade: release several machine precautions with one reason."""
    refs = request.form.getlist("ref")
    for ref in refs:
        guard.demand("incident.release", queries.incident(db.session(), ref).platform_id)
    db.session.rollback()
    with transaction() as tx:
        results = decisions.release_many(
            tx,
            refs=refs,
            reason=request.form.get("reason", ""),
            by=guard.current().actor,
            at=clock.now(),
        )
    for ref, refusal in results.items():
        text = gettext("Released; the resource is served again within seconds.")
        if refusal is not None:
            text = gettext(refusal.message, **wording.values(refusal.values))
        flash(f"{ref}: {text}", "error" if refusal else "good")
    if not refs:
        flash(gettext("Choose at least one incident."), "error")
    return redirect("/desk/", 303)


@desk.get("/desk/calls")
@requires("queue.read")
def open_calls() -> str:
    """Who was called about what, until somebody answers."""
    return render_template("desk/calls.html", pages=accounts.open_pages(db.session(), _mine()))


@desk.post("/desk/calls/<int:page_id>")
@requires("incident.decide")
def answer_call(page_id: int) -> BaseResponse:
    """I look."""
    open_now = accounts.open_pages(db.session(), _mine("incident.decide"))
    found = next((page for page in open_now if page.id == page_id), None)
    db.session.rollback()
    if found is None:
        flash(gettext("Somebody else has answered this call."), "error")
        return redirect("/desk/calls", 303)
    with transaction() as tx:
        calls.answer_page(tx, page_id=page_id, by=guard.current().actor, at=clock.now())
    return redirect(f"/desk/incidents/{found.incident}" if found.incident else "/desk/calls", 303)
