"""The shapes of intake's part of /api/v1 (design page 3.4)."""

from __future__ import annotations

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from app.intake.schema import HINT_LIMIT, PLACES_LIMIT
from app.intake.values import LocatorKind

_KINDS = [kind.value for kind in LocatorKind]


class _Strict(Schema):
    class Meta:
        """Unknown fields are named, not swallowed."""

        unknown = RAISE


class ResourceIn(_Strict):
    """Which resource: one of id, url, title."""

    id = fields.String(validate=validate.Length(1, 80))
    url = fields.String(validate=validate.Length(1, 2_000))
    title = fields.String(validate=validate.Length(1, HINT_LIMIT))

    @validates_schema
    def one(self, data: dict[str, object], **_more: object) -> None:
        """At least one of them."""
        if not data:
            raise ValidationError("Give id, url or title.")


class LocatorIn(_Strict):
    """Where in it."""

    kind = fields.String(required=True, validate=validate.OneOf(_KINDS))
    start = fields.String(data_key="from", allow_none=True, validate=validate.Length(max=2_000))
    end = fields.String(data_key="to", allow_none=True, validate=validate.Length(max=2_000))


class ContactIn(_Strict):
    """How the complainant may be reached."""

    phone = fields.String(validate=validate.Length(max=40))
    email = fields.Email(validate=validate.Length(max=120))
    name = fields.String(validate=validate.Length(max=60))
    minor = fields.Boolean(load_default=False)
    guardian = fields.Boolean(load_default=False)


class ComplaintIn(_Strict):
    """One complaint; every door fills the same."""

    text = fields.String(required=True)
    resource = fields.Nested(ResourceIn, required=True)
    locators = fields.List(
        fields.Nested(LocatorIn), load_default=list, validate=validate.Length(max=PLACES_LIMIT)
    )
    kind = fields.String(allow_none=True, load_default=None)
    contact = fields.Nested(ContactIn, allow_none=True, load_default=None)
    lang = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=20))


class FiledOut(Schema):
    """The receipt; ``secret`` is shown once."""

    ref = fields.String(required=True)
    secret = fields.String(required=True)
    status_url = fields.String(required=True)
    received_at = fields.String(required=True)
    accept_by = fields.String(required=True)
    handle_by = fields.String(required=True)
    proof = fields.Dict(required=True)


class TextIn(_Strict):
    """Words of the complainant."""

    text = fields.String(required=True)


class WithdrawIn(_Strict):
    """撤回, perhaps with a reason."""

    reason = fields.String(load_default="")


class ConfirmIn(_Strict):
    """After the answer: is it still there?"""

    still_there = fields.Boolean(required=True)


class StepOut(Schema):
    """A line of the timeline."""

    at = fields.String(required=True)
    state = fields.String(required=True)
    text = fields.String(required=True)


class MessageOut(Schema):
    """A word between complainant and officer."""

    at = fields.String(required=True)
    direction = fields.String(required=True, validate=validate.OneOf(["in", "out"]))
    kind = fields.String(required=True)
    text = fields.String(required=True)


class ReceiptOut(Schema):
    """What the holder of the receipt code sees."""

    ref = fields.String(required=True)
    state = fields.String(required=True)
    text = fields.String(required=True, metadata={"description": "the state in plain words"})
    resource = fields.String(required=True)
    received_at = fields.String(required=True)
    accept_by = fields.String(required=True)
    handle_by = fields.String(required=True)
    outcome = fields.String(required=True, allow_none=True)
    timeline = fields.List(fields.Nested(StepOut), required=True)
    messages = fields.List(fields.Nested(MessageOut), required=True)
    may = fields.List(fields.String(), required=True)


class TurnIn(_Strict):
    """One turn of the dialogue: words, a button, or taking back."""

    text = fields.String()
    option = fields.String(validate=validate.Length(max=60))
    undo = fields.Boolean(load_default=False)
    redo = fields.Boolean(load_default=False)
    after = fields.Integer(
        validate=validate.Range(0, 999),
        metadata={"description": "how many turns the person saw; later ones are replaced"},
    )
    lang = fields.String()


class OptionOut(Schema):
    """A button."""

    value = fields.String(required=True)
    label = fields.String(required=True)


class TalkOut(Schema):
    """What the assistant says and asks now."""

    session = fields.String(required=True)
    say = fields.List(fields.String(), required=True)
    ask = fields.String(required=True, allow_none=True)
    options = fields.List(fields.Nested(OptionOut), required=True)
    taken = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "understood just now: answer ok:… or change:…"},
    )
    answers = fields.Dict(required=True, metadata={"description": "what is filled, in words"})
    officer = fields.List(
        fields.String(), required=True, metadata={"description": "what an officer answered"}
    )
    risk = fields.String(allow_none=True)
    n = fields.Integer(required=True)
    receipt = fields.Nested(FiledOut, allow_none=True)
