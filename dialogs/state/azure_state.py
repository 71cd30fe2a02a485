"""What a conversation remembers about Azure: consent, the pending request, the last template, watched templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from dialogs.model.azure import AccessMode
from dialogs.state.json_fields import parse_bool, parse_choice, parse_list, parse_mapping, parse_text
from knowledge.template.template_id import TemplateId, TemplateQuery

LookupKind = Literal["template", "failing", "whole-log", "watch"]
PendingInput = Literal["", "consent", "sign-in", "name"]

MAX_WATCHED = 10
MAX_NAME_CHARS = 90
"""The length of the longest name that Azure allows: a resource group's."""


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


def azure_state_to_json(azure_state: AzureState) -> dict[str, Any]:
    """Return the state as plain JSON values."""
    request = azure_state.pending_request
    return {
        "consent": azure_state.has_consented,
        "what": request.kind if request else None,
        "wanted": asdict(request.query) if request else None,
        "waits": azure_state.pending_input,
        "whose": azure_state.consented_access_mode,
        "ref": azure_state.last_template_id.to_args() if azure_state.last_template_id else None,
        "watches": [template_id.to_args() for template_id in azure_state.watched_templates],
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
    return AzureRequest(parse_choice(kind, get_args(LookupKind)), TemplateQuery.from_names(**names))


def _parse_template_id(value: object) -> TemplateId | None:
    """Return the stored template, None when its names don't fit (any more)."""
    return TemplateId.from_args(parse_mapping(value))
