"""What kinds of evidence and links of the custody chain are called for people."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

KINDS = {
    "capture": _l("Web capture"),
    "complaint": _l("Complaint original"),
    "attachment": _l("Attachment of a complaint"),
    "decision": _l("Signed decision"),
    "probe": _l("Probe record"),
    "letter": _l("Letter"),
    "authority_document": _l("Document of the authority"),
    "reentry": _l("Re-entry document"),
}
ACTS = {
    "sealed": _l("Sealed"),
    "read": _l("Read"),
    "unsealed": _l("Unsealed"),
    "exported": _l("Exported"),
    "verified": _l("Hash checked"),
}
