"""The contact form of a ticket: its fields, the values to start with, and the validation of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.context import DialogContext
from dialogs.model.reply import FormField
from dialogs.model.support import CONTACT_METHODS, SUPPORT_LANGUAGES, TicketContact
from dialogs.model.turn import Person
from dialogs.replies.plain_text import sanitize_text
from dialogs.state.json_fields import clean_text
from dialogs.state.ticket_state import MAX_ANSWER_CHARS
from dialogs.support.ticket.countries import ALPHA3_BY_ALPHA2, parse_country
from dialogs.support.ticket.time_zones import TIME_ZONES, find_time_zone
from knowledge.azure_names import is_guid
from knowledge.redaction.redact import redact

MAX_NAME_CHARS, MAX_EMAIL_CHARS, MAX_PHONE_CHARS = 60, 120, 30
"""The limits of the Support API. Longer values are refused, since a cut address would reach somebody else."""
FIELD_CHOICES: Mapping[str, tuple[str, ...]] = {
    "by": CONTACT_METHODS,
    "time_zone": tuple(TIME_ZONES),
    "language": SUPPORT_LANGUAGES,
    "diagnostics": ("no", "yes"),
}
FIELD_NAMES = (
    "subscription",
    "first",
    "last",
    "email",
    "by",
    "phone",
    "country",
    "time_zone",
    "language",
    "diagnostics",
)
_PHONE_CHARS = frozenset("0123456789 +()-./")
_EMAIL_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-")
_HINTS: Mapping[str, str] = {
    "subscription": "00000000-0000-0000-0000-000000000000",
    "email": "name@example.com",
    "phone": "+39 055 123456",
    "country": "ITA",
}


@dataclass(frozen=True, slots=True)
class ContactAnswers:
    """The validated answers: the subscription, the contact, and the consent to collect diagnostics."""

    subscription: str
    contact: TicketContact
    can_collect_diagnostics: bool


def prefill_answers(context: DialogContext, person: Person, locale: str | None, subscription: str) -> dict[str, str]:
    """Return the values that the form starts with. The consent to collect diagnostics always starts with no."""
    first, _, last = " ".join(person.name.split()).partition(" ")
    _, has_region, region = (locale or "").replace("_", "-").rpartition("-")
    country = ALPHA3_BY_ALPHA2.get(region.upper(), "") if has_region else ""
    return {
        "subscription": subscription if is_guid(subscription) else "",
        "first": _sanitize(first),
        "last": _sanitize(last),
        "email": "",
        "by": "email",
        "phone": "",
        "country": country,
        "time_zone": find_time_zone(country),
        "language": context.language_header.support_language,
        "diagnostics": "no",
    }


def merge_answers(answers: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """Return the answers updated with the submitted fields.

    Texts are redacted and put on one line. An unknown choice is ignored.
    """
    merged = dict(answers)
    for name in FIELD_NAMES:
        value = fields.get(name)
        if value is None:
            continue
        if name in FIELD_CHOICES:
            merged[name] = value if value in FIELD_CHOICES[name] else merged.get(name, "")
        else:
            merged[name] = _sanitize(value)
    return merged


def validate_answers(
    context: DialogContext, answers: Mapping[str, str]
) -> tuple[ContactAnswers | None, dict[str, str]]:
    """Validate the answers. Return them typed, or None and the error message of each field that is not valid."""
    country = parse_country(answers.get("country", ""))
    phone = answers.get("phone", "")
    is_invalid = {
        "subscription": not is_guid(answers.get("subscription", "")),
        "first": not 0 < len(answers.get("first", "")) <= MAX_NAME_CHARS,
        "last": not 0 < len(answers.get("last", "")) <= MAX_NAME_CHARS,
        "email": not is_email(answers.get("email", "")),
        "phone": not is_phone(phone) if phone or answers.get("by") == "phone" else False,
        "country": country is None,
        **{name: answers.get(name) not in allowed for name, allowed in FIELD_CHOICES.items()},
    }
    problems = {
        name: context.format_text(f"ticket.problem.{'choice' if name in FIELD_CHOICES else name}")
        for name, invalid in is_invalid.items()
        if invalid
    }
    if problems or country is None:
        return None, problems
    contact = TicketContact(
        first_name=answers["first"],
        last_name=answers["last"],
        email=answers["email"],
        country=country,
        time_zone=answers["time_zone"],
        language=answers["language"],
        contact_method="phone" if answers["by"] == "phone" else "email",
        phone=phone,
    )
    return ContactAnswers(answers["subscription"].lower(), contact, answers["diagnostics"] == "yes"), {}


def build_form_fields(
    context: DialogContext, answers: Mapping[str, str], problems: Mapping[str, str]
) -> list[FormField]:
    """Build the input fields of the form, with their error messages."""
    labels: dict[str, dict[str, str]] = {
        "by": {method: context.format_text(f"ticket.by.{method}") for method in CONTACT_METHODS},
        "time_zone": {name: _format_zone_label(name, cities) for name, cities in TIME_ZONES.items()},
        "language": {language: context.format_text(f"ticket.language.{language}") for language in SUPPORT_LANGUAGES},
        "diagnostics": {
            consent: context.format_text(f"ticket.diagnostics.{consent}") for consent in FIELD_CHOICES["diagnostics"]
        },
    }
    return [
        FormField(
            name,
            context.format_text(f"ticket.field.{name}"),
            answers.get(name, ""),
            choices=tuple(labels[name].items()) if name in labels else (),
            max_chars=MAX_ANSWER_CHARS if name not in FIELD_CHOICES else 0,
            required=name != "phone",
            problem=problems.get(name, ""),
            hint=_HINTS.get(name, ""),
        )
        for name in FIELD_NAMES
    ]


def _format_zone_label(name: str, cities: str) -> str:
    return name if name == cities else f"{cities} ({name})"


def is_email(value: str) -> bool:
    """Tell whether `value` looks like a single email address."""
    name, at, host = value.lower().rpartition("@")
    labels = host.split(".")
    return (
        len(value) <= MAX_EMAIL_CHARS
        and bool(at and name and set(name) <= _EMAIL_CHARS and not name.startswith(".") and not name.endswith("."))
        and len(labels) > 1
        and all(label and label.replace("-", "").isalnum() and label.isascii() for label in labels)
        and len(labels[-1]) > 1
    )


def is_phone(value: str) -> bool:
    """Tell whether `value` looks like a phone number."""
    return (
        len(value) <= MAX_PHONE_CHARS
        and set(value) <= _PHONE_CHARS
        and sum(character.isdigit() for character in value) >= 5
    )


def _sanitize(value: str) -> str:
    # Redact before cutting: half a secret would not be recognized as one. The first cut only bounds the work.
    return " ".join(sanitize_text(redact(clean_text(value, 4 * MAX_ANSWER_CHARS))).split())[:MAX_ANSWER_CHARS]
