"""What the norm package refuses; standard library only, so it stands apart from app.core.errors."""


class NormError(ValueError):
    """Something was asked of the norm that it cannot answer; the message says what to do."""


class BrokenBookError(NormError):
    """A rules file says something the product does not understand; the message names the place."""


class UnknownCategoryError(NormError):
    """No such category."""


class UnknownKindError(NormError):
    """No such kind, or a kind of another category."""
