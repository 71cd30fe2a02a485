"""What a conversation remembers of its looks at Azure: the leave, the look that waits, the template looked at last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from dialogs.model.azure import LookMode, TemplateRef, Wanted
from dialogs.state.json_fields import keyed, one_of, rows, text, truth
from knowledge.commands.placeholders import value_of

What = Literal["template", "failing", "whole-log", "watch"]
Waits = Literal["", "consent", "sign-in", "name"]

MOST_WATCHED = 10
LONGEST = 90
"""Characters of the longest name that Azure gives: a resource group's."""
_FIELDS: Mapping[str, str] = {
    # a field of `Wanted`, and the placeholder whose strict pattern its value must fit
    "name": "template",
    "resource_group": "rg",
    "subscription": "sub",
    "staging_group": "stagingRg",
    "account": "account",
}
_NAMES: Mapping[str, str] = {
    "template": "template",
    "rg": "resource_group",
    "sub": "subscription",
    "stagingRg": "staging_resource_group",
    "account": "account",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A look that was asked for, and what is known of the template that it is for."""

    what: What = "template"
    wanted: Wanted = field(default_factory=Wanted)

    @property
    def ref(self) -> TemplateRef | None:
        """The template, when it is known for certain which one."""
        wanted = self.wanted
        if wanted.subscription and wanted.resource_group and wanted.name:
            return TemplateRef(wanted.subscription, wanted.resource_group, wanted.name)
        return None


@dataclass(frozen=True, slots=True)
class Looks:
    """The leave that the person gave (None: not asked yet) and for whose eyes; the look that waits and for what; the
    last template; the templates that are watched.
    """

    consent: bool | None = None
    asked: Asked | None = None
    waits: Waits = ""
    ref: TemplateRef | None = None
    whose: LookMode = "off"
    watches: tuple[TemplateRef, ...] = ()

    def waiting(self, asked: Asked, waits: Waits) -> Looks:
        """The same with a look that waits."""
        return replace(self, asked=asked, waits=waits)

    def answered(self, before: Looks) -> Looks:
        """What is left of it after a turn: a name is only waited for until the next turn, whatever that was."""
        return replace(self, waits="") if self is before and self.waits == "name" else self

    def settled(self) -> Looks:
        """The same with nothing that waits."""
        return replace(self, asked=None, waits="")


def checked(**names: object) -> Wanted:
    """What may be looked for: each name that fits the strict pattern of its kind, "" for any other."""
    fitting = {}
    for name, placeholder in _FIELDS.items():
        value = names.get(name)
        fitting[name] = value_of(placeholder, {_NAMES[placeholder]: value}) or "" if isinstance(value, str) else ""
    return Wanted(**fitting)


def wanted_of(facts: Mapping[str, object]) -> Wanted:
    """What the facts of a text say about the template."""
    staging = facts.get("staging_resource_group")
    return checked(
        name=facts.get("template"),
        resource_group=facts.get("resource_group"),
        subscription=facts.get("subscription"),
        staging_group=staging.rstrip("/").rpartition("/")[2] if isinstance(staging, str) else None,
        account=facts.get("account"),
    )


def of_ref(ref: TemplateRef) -> Wanted:
    """Exactly this template."""
    return Wanted(ref.name, ref.resource_group, ref.subscription)


def args_of(ref: TemplateRef) -> dict[str, str]:
    """The template as the arguments of a button."""
    return {"sub": ref.subscription, "rg": ref.resource_group, "name": ref.name}


def of_args(args: Mapping[str, object]) -> Wanted:
    """What a button's arguments, which anybody may have written, say about the template."""
    return checked(name=args.get("name"), resource_group=args.get("rg"), subscription=args.get("sub"))


def to_json(looks: Looks) -> dict[str, Any]:
    """The memory as plain JSON values."""
    return {
        "consent": looks.consent,
        "what": looks.asked.what if looks.asked else None,
        "wanted": {name: getattr(looks.asked.wanted, name) for name in _FIELDS} if looks.asked else None,
        "waits": looks.waits,
        "whose": looks.whose,
        "ref": args_of(looks.ref) if looks.ref else None,
        "watches": [args_of(ref) for ref in looks.watches],
    }


def from_json(value: object) -> Looks:
    """What `to_json` wrote; nothing for a state of a version that did not look. Raises `ShapeError`."""
    if value is None:
        return Looks()
    held = keyed(value)
    consent, what, ref = held.get("consent"), held.get("what"), held.get("ref")
    watches = held.get("watches", [])
    asked = None
    if what is not None:
        names = {key: text(name, LONGEST) for key, name in keyed(held.get("wanted")).items()}
        asked = Asked(one_of(what, get_args(What)), checked(**names))
    return Looks(
        consent=None if consent is None else truth(consent),
        asked=asked,
        waits=one_of(held.get("waits"), get_args(Waits)),
        ref=None if ref is None else Asked(wanted=of_args(keyed(ref))).ref,
        whose=one_of(held.get("whose"), get_args(LookMode)),
        watches=tuple(filter(None, (Asked(wanted=of_args(keyed(item))).ref for item in rows(watches, MOST_WATCHED)))),
    )
