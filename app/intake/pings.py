"""The mail that says only that there is news. Pure.

Whoever reads along in a mailbox, a parent or a head teacher, learns from it neither that somebody
complained nor where: no address, no name of a platform, no reference, the same words every time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

_SUBJECT = "新消息 / News"
_TEXT = """您好：

您此前要求我们在有新消息时提醒您。现在有了新消息，请您在方便、安全的时候查看。
本邮件不含其他内容，请勿回复。

Hello,

you asked to be told when there is news. There is; look when it is convenient and safe.
This mail says nothing else. Please do not reply.
"""


def mail(address: str, *, sender: str, about: str, n: int, at: datetime) -> EmailMessage:
    """The message; sent again it is the same message, so that a mailbox shows it once."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(addr_spec=sender)
    made["To"] = Address(addr_spec=address)
    made["Subject"] = _SUBJECT
    made["Date"] = at
    same = hashlib.sha256(f"{about}:{n}".encode()).hexdigest()[:32]
    made["Message-ID"] = f"<{same}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(_TEXT, cte="base64")
    return made
