"""Imports every feature's tables, so that the metadata is whole for migrations and workers."""

from __future__ import annotations

from app.accounts import models as accounts
from app.audit import models as audit
from app.authorities import models as authorities
from app.catalogue import models as catalogue
from app.copyright import models as copyright_notices
from app.core.db import Base
from app.evidence import models as evidence
from app.incidents import models as incidents
from app.intake import models as intake
from app.notices import models as notices
from app.outbox import models as outbox
from app.oversight import models as oversight
from app.suspension import models as suspension
from app.triage import models as triage

FEATURES = (
    accounts,
    audit,
    authorities,
    catalogue,
    copyright_notices,
    evidence,
    incidents,
    intake,
    notices,
    outbox,
    oversight,
    suspension,
    triage,
)
METADATA = Base.metadata
