"""What services raise; app/core/web.py turns them into pages, workers/run.py into retries."""

from __future__ import annotations


class AppError(Exception):
    """A refusal with a stable ``key`` and a sentence for the person who asked.

    ``message`` is an English message id; pages translate it with ``values`` filled in.
    """

    key = "error"
    status = 500

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class InvalidError(AppError):
    """The input cannot be taken; ``fields`` names what to mend."""

    key = "invalid"
    status = 422

    def __init__(
        self, message: str, *, fields: dict[str, str] | None = None, **values: object
    ) -> None:
        super().__init__(message, **values)
        self.fields = fields or {}


class NotFoundError(AppError):
    """Nothing under that name, or nothing this caller may know of."""

    key = "not-found"
    status = 404


class ForbiddenError(AppError):
    """The caller is known and may not."""

    key = "forbidden"
    status = 403


class ConflictError(AppError):
    """Somebody else was first, or the state does not allow it."""

    key = "conflict"
    status = 409


class TooManyError(AppError):
    """Over a limit; ``retry_after`` seconds. ``more`` tells a machine what it can do."""

    key = "too-many"
    status = 429

    def __init__(self, message: str, *, retry_after: int = 60, **values: object) -> None:
        super().__init__(message, **values)
        self.retry_after = retry_after
        self.more: dict[str, object] = {}


class UnavailableError(AppError):
    """A part that is needed does not answer; try again."""

    key = "unavailable"
    status = 503


class PermanentError(AppError):
    """A job that will never succeed: its outbox row is parked and shown on the desk."""

    key = "permanent"
