"""What a conversation remembers of its looks at Azure: the leave, the look that waits, the template looked at last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from dialogs.model.azure import AccessMode, TemplateId, TemplateQuery
from dialogs.state.json_fields import parse_bool, parse_choice, parse_list, parse_mapping, parse_text
from knowledge.commands.placeholders import find_value

LookupKind = Literal["template", "failing", "whole-log", "watch"]
PendingInput = Literal["", "consent", "sign-in", "name"]

MAX_WATCHED = 10
MAX_NAME_CHARS = 90
"""Characters of the longest name that Azure gives: a resource group's."""
_PLACEHOLDER_BY_FIELD: Mapping[str, str] = {
    # a field of `Wanted`, and the placeholder whose strict pattern its value must fit
    "name": "template",
    "resource_group": "rg",
    "subscription": "sub",
    "staging_group": "stagingRg",
    "account": "account",
}
_FACT_BY_PLACEHOLDER: Mapping[str, str] = {
    "template": "template",
    "rg": "resource_group",
    "sub": "subscription",
    "stagingRg": "staging_resource_group",
    "account": "account",
}


@dataclass(frozen=True, slots=True)
class AzureRequest:
    """A look that was asked for, and what is known of the template that it is for."""

    kind: LookupKind = "template"
    query: TemplateQuery = field(default_factory=TemplateQuery)

    @property
    def template_id(self) -> TemplateId | None:
        """The template, when it is known for certain which one."""
        wanted = self.query
        if wanted.subscription and wanted.resource_group and wanted.name:
            return TemplateId(wanted.subscription, wanted.resource_group, wanted.name)
        return None


@dataclass(frozen=True, slots=True)
class AzureState:
    """The leave that the person gave (None: not asked yet) and for whose eyes; the look that waits and for what; the
    last template; the templates that are watched.
    """

    has_consented: bool | None = None
    pending_request: AzureRequest | None = None
    pending_input: PendingInput = ""
    last_template_id: TemplateId | None = None
    consented_access_mode: AccessMode = "off"
    watched_templates: tuple[TemplateId, ...] = ()

    def with_pending_request(self, request: AzureRequest, pending_input: PendingInput) -> AzureState:
        """The same with a look that waits."""
        return replace(self, pending_request=request, pending_input=pending_input)

    def expire_name_prompt(self, previous: AzureState) -> AzureState:
        """What is left of it after a turn: a name is only waited for until the next turn, whatever that was."""
        return replace(self, pending_input="") if self is previous and self.pending_input == "name" else self

    def without_pending_request(self) -> AzureState:
        """The same with nothing that waits."""
        return replace(self, pending_request=None, pending_input="")


def build_query(**names: object) -> TemplateQuery:
    """What may be looked for: each name that fits the strict pattern of its kind, "" for any other."""
    fitting = {}
    for name, placeholder in _PLACEHOLDER_BY_FIELD.items():
        value = names.get(name)
        fitting[name] = (
            find_value(placeholder, {_FACT_BY_PLACEHOLDER[placeholder]: value}) or "" if isinstance(value, str) else ""
        )
    return TemplateQuery(**fitting)


def build_query_from_facts(facts: Mapping[str, object]) -> TemplateQuery:
    """What the facts of a text say about the template."""
    staging = facts.get("staging_resource_group")
    return build_query(
        name=facts.get("template"),
        resource_group=facts.get("resource_group"),
        subscription=facts.get("subscription"),
        staging_group=staging.rstrip("/").rpartition("/")[2] if isinstance(staging, str) else None,
        account=facts.get("account"),
    )


def build_exact_query(template_id: TemplateId) -> TemplateQuery:
    """Exactly this template."""
    return TemplateQuery(template_id.name, template_id.resource_group, template_id.subscription)


def template_id_to_args(template_id: TemplateId) -> dict[str, str]:
    """The template as the arguments of a button."""
    return {"sub": template_id.subscription, "rg": template_id.resource_group, "name": template_id.name}


def build_query_from_args(args: Mapping[str, object]) -> TemplateQuery:
    """What a button's arguments, which anybody may have written, say about the template."""
    return build_query(name=args.get("name"), resource_group=args.get("rg"), subscription=args.get("sub"))


def azure_state_to_json(azure_state: AzureState) -> dict[str, Any]:
    """The memory as plain JSON values."""
    return {
        "consent": azure_state.has_consented,
        "what": azure_state.pending_request.kind if azure_state.pending_request else None,
        "wanted": {name: getattr(azure_state.pending_request.query, name) for name in _PLACEHOLDER_BY_FIELD}
        if azure_state.pending_request
        else None,
        "waits": azure_state.pending_input,
        "whose": azure_state.consented_access_mode,
        "ref": template_id_to_args(azure_state.last_template_id) if azure_state.last_template_id else None,
        "watches": [template_id_to_args(ref) for ref in azure_state.watched_templates],
    }


def azure_state_from_json(value: object) -> AzureState:
    """What `to_json` wrote; nothing for a state of a version that did not look. Raises `ShapeError`."""
    if value is None:
        return AzureState()
    held = parse_mapping(value)
    consent, what, ref = held.get("consent"), held.get("what"), held.get("ref")
    watches = held.get("watches", [])
    asked = None
    if what is not None:
        names = {key: parse_text(name, MAX_NAME_CHARS) for key, name in parse_mapping(held.get("wanted")).items()}
        asked = AzureRequest(parse_choice(what, get_args(LookupKind)), build_query(**names))
    return AzureState(
        has_consented=None if consent is None else parse_bool(consent),
        pending_request=asked,
        pending_input=parse_choice(held.get("waits"), get_args(PendingInput)),
        last_template_id=None
        if ref is None
        else AzureRequest(query=build_query_from_args(parse_mapping(ref))).template_id,
        consented_access_mode=parse_choice(held.get("whose"), get_args(AccessMode)),
        watched_templates=tuple(
            filter(
                None,
                (
                    AzureRequest(query=build_query_from_args(parse_mapping(item))).template_id
                    for item in parse_list(watches, MAX_WATCHED)
                ),
            )
        ),
    )
