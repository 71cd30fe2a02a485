"""What a conversation remembers about Azure: consent, the pending request, the last template, watched templates."""

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
"""The length of the longest name that Azure allows: a resource group's."""
_PLACEHOLDER_BY_FIELD: Mapping[str, str] = {
    # field of `TemplateQuery` -> the command placeholder whose strict pattern its value must match
    "name": "template",
    "resource_group": "rg",
    "subscription": "sub",
    "staging_group": "stagingRg",
    "account": "account",
}
_FACT_BY_PLACEHOLDER: Mapping[str, str] = {
    # placeholder -> the fact that `find_value` reads for it
    "template": "template",
    "rg": "resource_group",
    "sub": "subscription",
    "stagingRg": "staging_resource_group",
    "account": "account",
}


@dataclass(frozen=True, slots=True)
class AzureRequest:
    """A request to read Azure, and what is known about the template that it is for."""

    kind: LookupKind = "template"
    query: TemplateQuery = field(default_factory=TemplateQuery)

    @property
    def template_id(self) -> TemplateId | None:
        """The template, when the query identifies exactly one."""
        return self.query.template_id


@dataclass(frozen=True, slots=True)
class AzureState:
    """Consent to read Azure, the pending request, the last template, and the watched templates.

    `has_consented` is None until the user was asked; it holds for `consented_access_mode` only. `pending_input` is what
    `pending_request` waits for.
    """

    has_consented: bool | None = None
    pending_request: AzureRequest | None = None
    pending_input: PendingInput = ""
    last_template_id: TemplateId | None = None
    consented_access_mode: AccessMode = "off"
    watched_templates: tuple[TemplateId, ...] = ()

    def with_pending_request(self, request: AzureRequest, pending_input: PendingInput) -> AzureState:
        """Return this state with `request` waiting for `pending_input`."""
        return replace(self, pending_request=request, pending_input=pending_input)

    def expire_name_prompt(self, previous: AzureState) -> AzureState:
        """Return the state after a turn: a prompt for a template name lapses unless the turn renewed it."""
        return replace(self, pending_input="") if self is previous and self.pending_input == "name" else self

    def without_pending_request(self) -> AzureState:
        """Return this state with no pending request."""
        return replace(self, pending_request=None, pending_input="")


def build_query(**names: object) -> TemplateQuery:
    """Build a query from untrusted names: each name that matches the strict pattern of its field, "" otherwise."""
    valid = {}
    for name, placeholder in _PLACEHOLDER_BY_FIELD.items():
        value = names.get(name)
        valid[name] = (
            find_value(placeholder, {_FACT_BY_PLACEHOLDER[placeholder]: value}) or "" if isinstance(value, str) else ""
        )
    return TemplateQuery(**valid)


def build_query_from_facts(facts: Mapping[str, object]) -> TemplateQuery:
    """Build a query from the facts of a diagnosis."""
    staging = facts.get("staging_resource_group")
    return build_query(
        name=facts.get("template"),
        resource_group=facts.get("resource_group"),
        subscription=facts.get("subscription"),
        staging_group=staging.rstrip("/").rpartition("/")[2] if isinstance(staging, str) else None,
        account=facts.get("account"),
    )


def build_exact_query(template_id: TemplateId) -> TemplateQuery:
    """Build the query that identifies exactly this template."""
    return TemplateQuery(template_id.name, template_id.resource_group, template_id.subscription)


def template_id_to_args(template_id: TemplateId) -> dict[str, str]:
    """Return the template as the arguments of a button or a job."""
    return {"sub": template_id.subscription, "rg": template_id.resource_group, "name": template_id.name}


def template_query_to_args(query: TemplateQuery) -> dict[str, str]:
    """Return a query as the arguments of a button."""
    return {"sub": query.subscription, "rg": query.resource_group, "name": query.name}


def build_query_from_args(args: Mapping[str, object]) -> TemplateQuery:
    """Build a query from a button's arguments, which are untrusted."""
    return build_query(name=args.get("name"), resource_group=args.get("rg"), subscription=args.get("sub"))


def azure_state_to_json(azure_state: AzureState) -> dict[str, Any]:
    """Return the state as plain JSON values."""
    request = azure_state.pending_request
    return {
        "consent": azure_state.has_consented,
        "what": request.kind if request else None,
        "wanted": {name: getattr(request.query, name) for name in _PLACEHOLDER_BY_FIELD} if request else None,
        "waits": azure_state.pending_input,
        "whose": azure_state.consented_access_mode,
        "ref": template_id_to_args(azure_state.last_template_id) if azure_state.last_template_id else None,
        "watches": [template_id_to_args(template_id) for template_id in azure_state.watched_templates],
    }


def azure_state_from_json(value: object) -> AzureState:
    """Read what `azure_state_to_json` wrote; an empty state for None, which older versions stored.

    Raise `DecodeError` for any other shape.
    """
    if value is None:
        return AzureState()
    document = parse_mapping(value)
    consent, last_template = document.get("consent"), document.get("ref")
    watched = (_parse_template_id(item) for item in parse_list(document.get("watches", []), MAX_WATCHED))
    return AzureState(
        has_consented=None if consent is None else parse_bool(consent),
        pending_request=_parse_request(document),
        pending_input=parse_choice(document.get("waits"), get_args(PendingInput)),
        last_template_id=None if last_template is None else _parse_template_id(last_template),
        consented_access_mode=parse_choice(document.get("whose"), get_args(AccessMode)),
        watched_templates=tuple(template_id for template_id in watched if template_id is not None),
    )


def _parse_request(document: Mapping[str, Any]) -> AzureRequest | None:
    kind = document.get("what")
    if kind is None:
        return None
    names = {key: parse_text(name, MAX_NAME_CHARS) for key, name in parse_mapping(document.get("wanted")).items()}
    return AzureRequest(parse_choice(kind, get_args(LookupKind)), build_query(**names))


def _parse_template_id(value: object) -> TemplateId | None:
    """Return the stored template, None when its names don't fit (any more)."""
    return build_query_from_args(parse_mapping(value)).template_id
