"""The shapes of Open311 GeoReport v2 over the complaint schema. Pure.

Machines of cities and schools speak it (https://wiki.open311.org/GeoReport_v2/). Where it means a
spot on a map we mean a resource: ``address_id`` is its number, ``address_string`` its title or
web address. Services are the routing kinds in plain words; what GeoReport has no word for stands
in ``attribute[…]``. Beyond it we answer ``receipt_code``, with which its holder reads our answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring  # writes only; reads nothing

from werkzeug.datastructures import MultiDict

from app.intake import forms, schema
from app.intake.schema import N_
from app.intake.values import ReceiptView

PLACE = ("place", "place_from", "place_to")  # these three may come several times, in step
ATTRIBUTES = {
    "place": (N_("Where in the resource"), "singlevaluelist"),
    "place_from": (N_("From"), "string"),
    "place_to": (N_("To"), "string"),
    "name": (N_("How the person may be called"), "string"),
    "minor": (N_("Under 14 (yes or no)"), "string"),
    "guardian": (N_("A parent or guardian agrees (yes or no)"), "string"),
    "lang": (N_("Language of the words (zh or en)"), "string"),
}
OPEN, CLOSED = "open", "closed"


def services(language: str) -> list[dict[str, Any]]:
    """What may be complained about: GeoReport's service list."""
    return [
        {
            "service_code": key,
            "service_name": schema.kind_words(key, language),
            "description": schema.kind_words(key, language),
            "metadata": True,
            "type": "realtime",
            "keywords": key,
            "group": "complaint",
        }
        for key in schema.KINDS
    ]


def definition(code: str, words: Mapping[str, str]) -> dict[str, Any]:
    """A service's definition; ``words`` are the attributes' names in the caller's language."""
    return {
        "service_code": code,
        "attributes": [
            {
                "variable": True,
                "code": name,
                "datatype": kind,
                "required": False,
                "datatype_description": "may be sent several times" if name in PLACE else "",
                "order": number,
                "description": words[name],
                "values": [{"key": k, "name": k} for k in schema.LOCATOR_WORDS]
                if name == "place"
                else [],
            }
            for number, (name, (_, kind)) in enumerate(ATTRIBUTES.items(), start=1)
        ],
    }


def answers(form: forms.Form) -> tuple[dict[str, Any], forms.Errors]:
    """A request's arguments as answers of the schema, read as strictly as the form's."""
    errors: forms.Errors = {}
    filled: dict[str, Any] = {}
    number, said = form.get("address_id", "").strip(), form.get("address_string", "").strip()
    if number:
        filled["resource"] = {"ref": number}
    elif said:
        is_url = said.lower().startswith(("http://", "https://"))
        filled["resource"] = {"url" if is_url else "hint": said}
        if len(said) > (schema.URL_LIMIT if is_url else schema.HINT_LIMIT):
            errors["address_string"] = N_(
                "That is too long. A title and where you found it are enough."
            )
    else:
        errors["address_id"] = N_("Please say which resource: its number, title or address.")
    own = {"text": form.get("description", ""), "kind": form.get("service_code", "")}
    filled["text"], wrong = forms.text(MultiDict(own))
    errors |= {"description" if n == "text" else "service_code": t for n, t in wrong.items()}
    filled["places"], wrong = _places(form)
    errors |= wrong | _not_understood(form)
    filled["contact"], wrong = forms.contact(_reach(form))
    return filled, errors | wrong


def _places(form: forms.Form) -> tuple[list[list[str | None]], forms.Errors]:
    """Every place, the nth of each attribute together; the same one twice is once."""
    columns = [form.getlist(f"attribute[{name}]") for name in PLACE]
    found: list[list[str | None]] = []
    for kind, *ends in zip_longest(*columns, fillvalue=""):
        typed = {f"{kind.strip()}_{end}": t for end, t in zip(("from", "to"), ends, strict=True)}
        place, wrong = forms.place(MultiDict({"kind": kind.strip(), **typed}))
        if wrong or (place is None and any(ends)):
            sentence = next(iter(wrong.values()), N_("Please choose one of these."))
            return [], {"attribute[place]": sentence}
        if place is not None and place not in found:
            found.append(place)
    if len(found) > schema.PLACES_LIMIT:
        return [], {"attribute[place]": N_("These are too many places. Name the worst of them.")}
    return found, {}


def _not_understood(form: forms.Form) -> forms.Errors:
    """An attribute that no definition names would be lost in silence."""
    known = {f"attribute[{name}]" for name in ATTRIBUTES}
    return {
        name: N_("There is no such attribute. See the definition of the service.")
        for name in form
        if name.startswith("attribute") and name not in known
    }


def _attribute(form: forms.Form, name: str) -> str:
    return form.get(f"attribute[{name}]", "").strip()


def language(form: forms.Form) -> str:
    """``zh`` or ``en``: the language the complaint is written in."""
    return "en" if _attribute(form, "lang").startswith("en") else "zh"


def _reach(form: forms.Form) -> MultiDict[str, str]:
    phone, mail = form.get("phone", "").strip(), form.get("email", "").strip()
    whole = " ".join(part for n in ("first_name", "last_name") if (part := form.get(n, "").strip()))
    return MultiDict(
        {
            "way": "phone" if phone else "email" if mail else "none",
            "phone_address": phone,
            "email_address": mail,
            "name": _attribute(form, "name") or whole,
            "minor": _attribute(form, "minor"),
            "guardian": _attribute(form, "guardian"),
        }
    )


def status(state: str) -> str:
    """GeoReport's two states; ours stand in words in ``status_notes``."""
    return CLOSED if state in {"closed", "withdrawn"} else OPEN


def request_of(view: ReceiptView, *, kind: str | None, notes: str, lang: str) -> dict[str, Any]:
    """One request as its bringer may see it: never the words, never who complained."""
    last = max([step.at for step in view.steps], default=view.received_at)
    return {
        "service_request_id": view.ref,
        "status": status(view.state),
        "status_notes": notes,
        "service_name": schema.kind_words(kind, lang) if kind else "",
        "service_code": kind or "",
        "description": "",
        "agency_responsible": "",
        "service_notice": "",
        "requested_datetime": view.received_at.isoformat(),
        "updated_datetime": last.isoformat(),
        "expected_datetime": view.handle_by.isoformat(),
        "address": view.resource_title,
        "address_id": "",
        "zipcode": "",
        "lat": None,
        "long": None,
        "media_url": "",
    }


def xml(root: str, child: str, items: Iterable[Mapping[str, Any]]) -> bytes:
    """GeoReport's XML of the same items."""
    top = Element(root)
    for item in items:
        _fill(SubElement(top, child), item)
    return _written(top)


def definition_xml(item: Mapping[str, Any]) -> bytes:
    """The one document of GeoReport whose root is the item itself."""
    top = Element("service_definition")
    _fill(top, item)
    return _written(top)


def _written(top: Element) -> bytes:
    written: bytes = tostring(top, encoding="utf-8", xml_declaration=True)
    return written


def _fill(at: Element, item: Mapping[str, Any]) -> None:
    for name, value in item.items():
        inner = SubElement(at, name)
        if isinstance(value, Mapping):
            _fill(inner, value)
        elif isinstance(value, list):
            for one in value:
                _fill(SubElement(inner, name.removesuffix("s")), one)
        elif isinstance(value, bool):
            inner.text = "true" if value else "false"
        elif value not in (None, ""):
            inner.text = str(value)
