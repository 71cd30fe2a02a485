"""The contact form of a ticket: its fields filled in from what is known, and what was typed checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.context import Scene
from dialogs.model.reply import Field
from dialogs.model.support import CONTACT_BY, SUPPORT_LANGUAGES, Contact
from dialogs.model.turn import Person
from dialogs.replies.plain_text import visible
from dialogs.state.json_fields import clean
from dialogs.state.ticket import ANSWER
from dialogs.support.ticket.countries import THREE_LETTERS, country_of
from dialogs.support.ticket.time_zones import TIME_ZONES, zone_of
from knowledge.redaction.redact import redact

NAME, EMAIL, PHONE = 60, 120, 30
"""Characters that support takes; what is longer is not cut, since it would be somebody else's."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "by": CONTACT_BY,
    "time_zone": tuple(TIME_ZONES),
    "language": SUPPORT_LANGUAGES,
    "diagnostics": ("no", "yes"),
}
FIELDS = ("subscription", "first", "last", "email", "by", "phone", "country", "time_zone", "language", "diagnostics")
_GUID_PARTS = (8, 4, 4, 4, 12)
_HEX = frozenset("0123456789abcdef")
_PHONE = frozenset("0123456789 +()-./")
_MAIL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-")
_HINTS: Mapping[str, str] = {
    "subscription": "00000000-0000-0000-0000-000000000000",
    "email": "name@example.com",
    "phone": "+39 055 123456",
    "country": "ITA",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the form came to: where the ticket is filed, whom support reaches, whether diagnostics may be collected."""

    subscription: str
    contact: Contact
    diagnostics: bool


def prefilled(scene: Scene, person: Person, locale: str | None, subscription: str) -> dict[str, str]:
    """The fields as they are shown first. Consent is never filled in with yes."""
    first, _, last = " ".join(person.name.split()).partition(" ")
    region = (locale or "").replace("_", "-").rpartition("-")[2].upper()
    country = THREE_LETTERS.get(region, "") if "-" in (locale or "").replace("_", "-") else ""
    return {
        "subscription": subscription if is_guid(subscription) else "",
        "first": _safe(first),
        "last": _safe(last),
        "email": "",
        "by": "email",
        "phone": "",
        "country": country,
        "time_zone": zone_of(country),
        "language": "it-it" if scene.language == "it" else "en-us",
        "diagnostics": "no",
    }


def typed(before: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """The fields after what came back: redacted, in one line; a choice that there is not keeps its value."""
    after = dict(before)
    for name in FIELDS:
        value = fields.get(name)
        if value is None:
            continue
        if name in CHOICES:
            after[name] = value if value in CHOICES[name] else after.get(name, "")
        else:
            after[name] = _safe(value)
    return after


def checked(scene: Scene, answers: Mapping[str, str]) -> tuple[Answers | None, dict[str, str]]:
    """What the answers come to, and what is wrong with them, by field; None where something is."""
    country = country_of(answers.get("country", ""))
    phone = answers.get("phone", "")
    faults = {
        "subscription": not is_guid(answers.get("subscription", "")),
        "first": not 0 < len(answers.get("first", "")) <= NAME,
        "last": not 0 < len(answers.get("last", "")) <= NAME,
        "email": not is_email(answers.get("email", "")),
        "phone": not is_phone(phone) if phone or answers.get("by") == "phone" else False,
        "country": country is None,
        **{name: answers.get(name) not in allowed for name, allowed in CHOICES.items()},
    }
    said = {name: "choice" if name in CHOICES else name for name in FIELDS}
    problems = {name: scene.word(f"ticket.problem.{said[name]}") for name, wrong in faults.items() if wrong}
    if problems or country is None:
        return None, problems
    contact = Contact(
        first=answers["first"],
        last=answers["last"],
        email=answers["email"],
        country=country,
        time_zone=answers["time_zone"],
        language=answers["language"],
        by="phone" if answers["by"] == "phone" else "email",
        phone=phone,
    )
    return Answers(answers["subscription"].lower(), contact, answers["diagnostics"] == "yes"), {}


def form_fields(scene: Scene, answers: Mapping[str, str], problems: Mapping[str, str]) -> list[Field]:
    """The inputs of the form, each with what is wrong with it."""
    labels: dict[str, dict[str, str]] = {
        "by": {one: scene.word(f"ticket.by.{one}") for one in CONTACT_BY},
        "time_zone": {name: _labelled(name, cities) for name, cities in TIME_ZONES.items()},
        "language": {one: scene.word(f"ticket.language.{one}") for one in SUPPORT_LANGUAGES},
        "diagnostics": {one: scene.word(f"ticket.diagnostics.{one}") for one in CHOICES["diagnostics"]},
    }
    return [
        Field(
            name,
            scene.word(f"ticket.field.{name}"),
            answers.get(name, ""),
            choices=tuple(labels[name].items()) if name in labels else (),
            most=ANSWER if name not in CHOICES else 0,
            required=name not in ("phone",),
            problem=problems.get(name, ""),
            hint=_HINTS.get(name, ""),
        )
        for name in FIELDS
    ]


def _labelled(name: str, cities: str) -> str:
    return name if name == cities else f"{cities} ({name})"


def is_guid(value: str) -> bool:
    """Whether `value` is a GUID, in any case."""
    parts = value.lower().split("-")
    return tuple(map(len, parts)) == _GUID_PARTS and all(set(part) <= _HEX for part in parts)


def is_email(value: str) -> bool:
    """Whether `value` looks like one e-mail address."""
    name, at, host = value.lower().rpartition("@")
    labels = host.split(".")
    return (
        len(value) <= EMAIL
        and bool(at and name and set(name) <= _MAIL and not name.startswith(".") and not name.endswith("."))
        and len(labels) > 1
        and all(label and label.replace("-", "").isalnum() and label.isascii() for label in labels)
        and len(labels[-1]) > 1
    )


def is_phone(value: str) -> bool:
    """Whether `value` looks like a telephone number."""
    return len(value) <= PHONE and set(value) <= _PHONE and sum(character.isdigit() for character in value) >= 5


def _safe(value: str) -> str:
    # cut only after redaction: half a secret would not be recognised as one
    return " ".join(visible(redact(clean(value, 4 * ANSWER))).split())[:ANSWER]
