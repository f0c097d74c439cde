"""Role → permissions, as data. Adding a permission = one row here.

System, security and audit administration are never one person (GB/T 22239 level 3):
``EXCLUSIVE`` is checked when a membership is given.
"""

from __future__ import annotations

_READ = frozenset({"queue.read", "incident.read", "complaint.read", "notice.read", "evidence.read"})
_OFFICER = _READ | {
    "incident.stop",
    "incident.decide",
    "incident.release",
    "lift.request",
    "lift.approve",
    "authority.record",
    "complaint.answer",
    "complaint.take",
    "complaint.unseal",
    "notice.record",
    "evidence.export",
    "reentry.sign",
}

ROLES: dict[str, frozenset[str]] = {
    "officer": _OFFICER,
    "supervisor": _OFFICER | {"page.answer", "target.manage", "corrections.export"},
    "catalogue_editor": frozenset({"catalogue.edit"}),
    "privacy_approver": _READ | {"complaint.approve_unseal"},
    "system_admin": frozenset({"target.manage", "account.manage"}),
    "security_admin": frozenset({"key.manage"}),
    "auditor": frozenset({"audit.read", "queue.read", "incident.read", "evidence.read"}),
    "authority_user": _READ | {"authority.record"},
    "regulator_user": _READ,
    "provider_user": frozenset({"provider.read"}),
}

EXCLUSIVE = frozenset({"system_admin", "security_admin", "auditor"})
PERMISSIONS = frozenset().union(*ROLES.values())
