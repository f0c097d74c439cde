"""The pages of copyright notices; each group in the module of its reason."""

from __future__ import annotations

from app.copyright.counter_pages import counters
from app.copyright.notice_pages import pages

BLUEPRINTS = (counters, pages)
