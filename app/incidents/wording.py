"""Words of the desk: what an entry of the log, an actor, an act is called for people."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.audit.wording import actor  # noqa: F401 - templates say wording.actor
from app.core import i18n
from app.incidents.values import DutyView
from app.norm.text import article_heading

ACTS = {
    "stop": _l("Stop now"),
    "confirm": _l("Confirm the finding"),
    "severe": _l("Find it severe"),
    "reclassify": _l("Change the category"),
    "mistaken": _l("Withdraw the finding as mistaken"),
    "agree": _l("Agree as second person"),
    "decline": _l("Do not agree"),
    "reject": _l("Reject as unfounded"),
    "release": _l("Release: unfounded"),
    "request_lift": _l("Request the lift"),
    "approve_lift": _l("Approve the lift"),
    "authority_decision": _l("Record the authority's decision"),
    "request_remove": _l("Request removal (出库)"),
    "approve_remove": _l("Approve removal (出库)"),
    "open_reentry": _l("Open the re-entry case"),
    "sign_reentry": _l("Sign a re-entry step"),
    "hold_elsewhere": _l("Stop it there too"),
    "close": _l("Close the incident"),
    "claim": _l("Take it for 15 minutes"),
    "unclaim": _l("Give it back"),
}

DONE = {
    "stop": _l("The stop is ordered; the addresses turn dark within seconds."),
    "confirm": _l("The finding is recorded; the article's letters are on their way."),
    "severe": _l("Recorded as severe; the second report goes where the article names one."),
    "reclassify": _l("The change is recorded."),
    "mistaken": _l("Recorded; a second person must agree."),
    "agree": _l("You agreed; it is in effect."),
    "decline": _l("You did not agree; everything stays as it was."),
    "reject": _l("Rejected as unfounded; the complainants are answered."),
    "release": _l("Released; the resource is served again within seconds."),
    "request_lift": _l("Requested; another person must approve."),
    "approve_lift": _l("Lifted; the resource is served again within seconds."),
    "authority_decision": _l("The authority's decision is on record."),
    "request_remove": _l("Requested; another person must approve."),
    "approve_remove": _l("Removed (出库)."),
    "open_reentry": _l("The re-entry case is open."),
    "sign_reentry": _l("The step is signed."),
    "hold_elsewhere": _l("The stop is ordered there too."),
    "close": _l("The incident is closed."),
    "claim": _l("It is yours for 15 minutes; the time renews while you work."),
    "unclaim": _l("Given back."),
}

ENTRIES = {
    "incident.open": _l("Incident opened"),
    "incident.join": _l("A complaint joined"),
    "incident.precaution": _l("Stopped as a precaution, review clock started"),
    "incident.review_ended": _l("Review clock ended without a decision"),
    "incident.dark": _l("Seen dark at every address"),
    "incident.light": _l("Seen served again"),
    "incident.spread": _l("Same content elsewhere looked for"),
    "incident.claim": _l("Taken by an officer"),
    "incident.unclaim": _l("Given back"),
    "incident.merge": _l("Merged into another incident"),
    "incident.stop": _l("Officer stopped it at once"),
    "incident.confirm": _l("Finding confirmed"),
    "incident.severe": _l("Found severe"),
    "incident.reject": _l("Rejected as unfounded"),
    "incident.release": _l("Released as unfounded"),
    "incident.reclassify": _l("Category changed"),
    "incident.reclassify_request": _l("Change of category requested"),
    "incident.mistaken_request": _l("Withdrawal of the finding requested"),
    "incident.mistaken": _l("Finding withdrawn as mistaken"),
    "incident.decline": _l("Second person did not agree"),
    "incident.lift_request": _l("Lift requested"),
    "incident.lift": _l("Lift approved"),
    "incident.remove_request": _l("Removal requested"),
    "incident.remove": _l("Removed (出库)"),
    "incident.authority_decision": _l("Authority's written decision recorded"),
    "incident.reentry_open": _l("Re-entry case opened"),
    "incident.reentry_step": _l("Re-entry step signed"),
    "incident.spread_hold": _l("Stopped at another resource too"),
    "incident.close": _l("Closed"),
    "incident.notice_stop": _l("Stopped on a complete copyright notice, forwarded to the provider"),
    "incident.restore": _l("Restored after the counter-notice"),
    "copyright.notice": _l("Copyright notice received"),
    "copyright.counter": _l("Counter-notice received and forwarded"),
    "copyright.court": _l("Right holder has gone to court"),
    "duty.settled": _l("A letter came to this state"),
    "hold.place": _l("Hold placed"),
    "hold.confirm": _l("Hold confirmed"),
    "hold.request_lift": _l("Lift of the hold requested"),
    "hold.release": _l("Hold released"),
    "hold.lift": _l("Hold lifted"),
    "evidence.ask": _l("Capture of every address asked for"),
    "evidence.seal": _l("Sealed as evidence"),
    "evidence.capture_failed": _l("An address could not be captured"),
    "evidence.read": _l("Evidence read"),
    "evidence.unsealed": _l("Evidence unsealed"),
    "evidence.verified": _l("Evidence re-hashed"),
    "evidence.exported": _l("Evidence exported"),
    "evidence.dossier": _l("Dossier built"),
    "notice.promise": _l("Letter to be drawn up"),
    "notice.render": _l("Letter drawn up"),
    "notice.rendered": _l("Letter drawn up"),
    "notice.send": _l("Letter sent"),
    "notice.sent": _l("Letter sent"),
    "notice.nudge": _l("Letter nudged (催签)"),
    "notice.read": _l("Letter opened by its recipient"),
    "notice.sign": _l("Letter signed for"),
    "notice.kept": _l("Letter kept in the vault"),
    "notice.cancel": _l("Letter called back"),
    "notice.refused": _l("Letter refused by the mail server"),
    "notice.returned": _l("Letter came back"),
    "notice.again": _l("Letter sent once more"),
    "notice.step": _l("Letter went to the next contact"),
    "notice.handover": _l("Letter handed over"),
    "precaution.placed": _l("The policy placed a precaution"),
    "precaution.proposed": _l("The policy proposed to an officer"),
    "resource.dark": _l("Probe: dark from outside at every address"),
    "resource.light": _l("Probe: served from outside"),
    "resource.served_again": _l("Probe: served again although stopped"),
    "resource.removed": _l("Removed from the catalogue"),
    "resource.readmit": _l("Back in the catalogue"),
    "complaint.outcome": _l("Complainant answered"),
    "complaint.added": _l("Complainant added something"),
    "complaint.corrected": _l("Complainant corrected something"),
    "complaint.appealed": _l("Complainant appealed"),
    "complaint.ping_on": _l("Complainant wants to be told by mail"),
    "complaint.ping_off": _l("Complainant no longer told by mail"),
    "complaint.asked": _l("Complainant asked"),
    "complaint.unsealed": _l("Complaint's original unsealed"),
    "attachment.opened": _l("Attachment opened"),
    "attachment.added": _l("A file was added"),
    "complaint.tied": _l("Complaint tied to the resource"),
    "page.call": _l("A person was called"),
    "page.answer": _l("The call was answered"),
}

WORDINGS = {
    "found": _l("as a finding"),
    "precaution": _l("as a precaution, to be verified"),
    "correct": _l("as a correction"),
}

NOTES = {
    "no_body": _l("No body holds this role; assign it."),
    "no_body_above": _l("No office one level up."),
    "bounced": _l("The letter came back; the next contact is tried."),
    "failed": _l("The letter failed; hand it over by phone or paper."),
    "reclassified": _l("Not demanded by the new category."),
    "unfounded": _l("The claim was unfounded."),
    "mistaken": _l("The finding was mistaken."),
    "not_named": _l("The new article does not name this role."),
    "other_article": _l("The letter quoted another article."),
    "restored": _l("Transmission resumed."),
    "in_court": _l("The right holder has gone to court; nothing is restored by rule."),
    "to_authority": _l("Infringement was found; the authority decides about the counter-notice."),
    "released": _l("Released."),
    "rejected": _l("Rejected."),
    "lifted": _l("Lifted."),
    "merged": _l("Merged."),
    "closed": _l("Closed."),
}

STEPS = {
    "correct": _l("Correct"),
    "restore": _l("Tell of restoring"),
    "forward": _l("Forward the copyright notice"),
    "forward_counter": _l("Forward the counter-notice"),
    "resume": _l("Restore after the counter-notice"),
    "self_review": _l("Provider's own review"),
    "content_review": _l("Content review"),
    "metadata": _l("Metadata"),
    "technical_review": _l("Technical review"),
    "the re-entry case": _l("Re-entry case"),
    "agreement": _l("Service agreement and right of dissemination"),
}

PLACES = {
    "page": _l("Page"),
    "media": _l("Audio, video or document"),
    "segment": _l("Media segments"),
    "attachment": _l("Attachment"),
    "listing": _l("Listing"),
    "own": _l("our host"),
    "connected": _l("connected platform"),
    "external": _l("foreign host"),
}

# Art. 2's own words for the types of resource.
RESOURCES = {
    "course": _l("Online course"),
    "textbook": _l("Digital textbook"),
    "book": _l("Digital book"),
    "slides": _l("Teaching slides"),
    "case": _l("Teaching case"),
    "experiment": _l("Virtual experiment"),
    "research_video": _l("Teaching research video"),
    "tool": _l("Teaching tool"),
}

LOCATORS = {
    "time": _l("at the time"),
    "page": _l("on page"),
    "slide": _l("on slide"),
    "exercise": _l("in exercise"),
    "link": _l("at the link"),
    "whole": _l("the whole of it"),
}

STATES = {
    "alleged": _l("Alleged, to be verified"),
    "precaution": _l("Stopped as a precaution"),
    "found": _l("Found"),
    "removed": _l("Removed"),
    "reentry": _l("In re-entry"),
    "released": _l("Released as unfounded"),
    "lifted": _l("Transmission restored"),
    "rejected": _l("Unfounded"),
    "merged": _l("Merged"),
    "closed": _l("Closed"),
}


def article(number: object) -> object:
    """``二十`` in Chinese, as the norm prints it; the figure in English."""
    if isinstance(number, int) and i18n.language() == i18n.DEFAULT:
        return article_heading(number)[1:-1]
    return number


def values(given: dict[str, object]) -> dict[str, object]:
    """What a refusal names, in people's words: states and steps are keys in the services."""
    said = dict(given)
    if "article" in said:
        said["article"] = article(said["article"])
    if "state" in said:
        said["state"] = STATES.get(str(said["state"]), said["state"])
    if "steps" in said:
        names = [str(STEPS.get(key, key)) for key in str(said["steps"]).split(", ")]
        said["steps"] = "、".join(names)
    return said


def note(duty: DutyView) -> Any:
    """What there is to say about a duty besides its state."""
    if duty.note is None:
        return ""
    if duty.note.startswith("captures_failed:"):
        return _l("Some addresses could not be captured: %(n)s", n=duty.note.partition(":")[2])
    if duty.note.startswith("held:"):
        held, proposed = (part.partition(":")[2] for part in duty.note.split())
        return _l("held elsewhere %(held)s, proposed %(n)s", held=held, n=proposed)
    return NOTES.get(duty.note, duty.note)
