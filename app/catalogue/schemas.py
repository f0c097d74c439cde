"""The shapes of the catalogue's part of /api/v1."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate


class AddressSchema(Schema):
    """Where a resource is served; ``state`` is what the probe saw."""

    url = fields.Url(schemes={"http", "https"}, require_tld=False, required=True)
    role = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["online", "stopped"]))


class CardSchema(Schema):
    """A resource as the public sees it."""

    id = fields.String(required=True, metadata={"description": "public id, e.g. R0042"})
    title = fields.String(required=True)
    kind = fields.String(required=True)
    subject = fields.String(required=True)
    grade = fields.String(required=True)
    description = fields.String(required=True)
    provider = fields.String(required=True)
    platform = fields.String(required=True)
    thumbnail = fields.String(required=True, allow_none=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf(["online", "partly_stopped", "stopped", "removed"]),
    )
    addresses = fields.List(fields.Nested(AddressSchema), required=True)


class CardsSchema(Schema):
    """A page of cards."""

    items = fields.List(fields.Nested(CardSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class SearchSchema(Schema):
    """What to look for."""

    q = fields.String(load_default="", validate=validate.Length(max=2_000))
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100))
    next = fields.Integer(load_default=0, validate=validate.Range(0, 10_000))
    platform = fields.String(load_default=None, metadata={"description": "platform code"})


class OutcomeSchema(Schema):
    """What a write did."""

    id = fields.String(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(["added", "changed", "same"]))


class LineErrorSchema(Schema):
    """One line that could not be taken."""

    line = fields.Integer(required=True)
    detail = fields.String(required=True)


class ReportSchema(Schema):
    """What an import did; bad lines are listed, good ones kept."""

    added = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    same = fields.Integer(required=True)
    errors = fields.List(fields.Nested(LineErrorSchema), required=True)


class UsageSchema(Schema):
    """One resource's figures of a period (Art. 18)."""

    class Meta:  # noqa: D106 - marshmallow's own word
        unknown = RAISE

    id = fields.String(required=True)
    period = fields.String(required=True, validate=validate.Regexp(r"\d{4}(-\d{2}(-\d{2})?)?\Z"))
    views_30d = fields.Integer(validate=validate.Range(0, 2**31 - 1), strict=True)
    views = fields.Integer(validate=validate.Range(0, 2**31 - 1), strict=True)
    uses = fields.Integer(validate=validate.Range(0, 2**31 - 1), strict=True)
    rating = fields.Float(validate=validate.Range(0, 5))
    ratings = fields.Integer(validate=validate.Range(0, 2**31 - 1), strict=True)
    complaints = fields.Integer(validate=validate.Range(0, 2**31 - 1), strict=True)


class UsagesSchema(Schema):
    """Usage figures of many resources."""

    items = fields.List(
        fields.Dict(), required=True, validate=validate.Length(1, 10_000)
    )  # each checked by UsageSchema, so that one bad line does not refuse the others
