"""What a conversation remembers about Azure: consent, the pending request, templates, and what may be shared."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

from dialogs.model.azure import AccessMode
from dialogs.model.stored import Stored
from dialogs.state.codec import Layouts, build_codec
from dialogs.state.json_fields import DecodeError, parse_list, parse_mapping
from dialogs.state.share_state import ShareState, build_share_layouts
from dialogs.state.value_codecs import Codec
from knowledge.template.template_id import TemplateId, TemplateQuery

LookupKind = Literal["template", "failing", "whole-log", "watch"]
PendingInput = Literal["", "consent", "sign-in", "name"]

MAX_WATCHED = 10

_NAMES_CODEC = build_codec(TemplateQuery)


def _parse_query(value: object) -> TemplateQuery:
    return TemplateQuery.from_names(**asdict(_NAMES_CODEC.decode(value)))


def _parse_template_id(value: object) -> TemplateId:
    template_id = TemplateId.from_args(parse_mapping(value))
    if template_id is None:
        raise DecodeError("expected the names of a template")
    return template_id


def _parse_last_template_id(value: object) -> TemplateId | None:
    """Return the stored template, None when its names don't fit (any more)."""
    return None if value is None else TemplateId.from_args(parse_mapping(value))


def _parse_watched_templates(value: object) -> tuple[TemplateId, ...]:
    return tuple(filter(None, map(_parse_last_template_id, parse_list(value, MAX_WATCHED))))


@dataclass(frozen=True, slots=True)
class AzureRequest:
    """A request to read Azure, and what is known about the template that it is for.

    `checks`: the template is to be checked, not its last run shown.
    """

    kind: Annotated[LookupKind, Stored("what")] = "template"
    query: Annotated[TemplateQuery, Stored("wanted", decode=_parse_query)] = field(default_factory=TemplateQuery)
    checks: Annotated[bool, Stored(omits_default=True)] = False

    @property
    def template_id(self) -> TemplateId | None:
        """The template, when the query identifies exactly one."""
        return self.query.template_id


@dataclass(frozen=True, slots=True)
class AzureState:
    """Consent to read Azure, the pending request, the last template, the watched templates, and what may be shared.

    `has_consented` is None until the user was asked; it holds for `consented_access_mode` only. `pending_input` is what
    `pending_request` waits for.
    """

    has_consented: Annotated[bool | None, Stored("consent")] = None
    pending_request: AzureRequest | None = None
    pending_input: Annotated[PendingInput, Stored("waits")] = ""
    last_template_id: Annotated[TemplateId | None, Stored("ref", decode=_parse_last_template_id)] = None
    consented_access_mode: Annotated[AccessMode, Stored("whose")] = "off"
    watched_templates: Annotated[tuple[TemplateId, ...], Stored("watches", decode=_parse_watched_templates)] = ()
    sharing: Annotated[ShareState, Stored("share")] = field(default_factory=ShareState)

    def with_pending_request(self, request: AzureRequest, pending_input: PendingInput) -> AzureState:
        """Return this state with `request` waiting for `pending_input`."""
        return replace(self, pending_request=request, pending_input=pending_input)

    def expire_name_prompt(self, previous: AzureState) -> AzureState:
        """Return the state after a turn: a prompt for a template name lapses unless the turn renewed it."""
        return replace(self, pending_input="") if self is previous and self.pending_input == "name" else self

    def for_new_start(self) -> AzureState:
        """Return the state after starting over: the consent, which is asked for once, and what is being watched."""
        return AzureState(
            self.has_consented,
            consented_access_mode=self.consented_access_mode,
            watched_templates=self.watched_templates,
        )

    def without_pending_request(self) -> AzureState:
        """Return this state with no pending request."""
        return replace(self, pending_request=None, pending_input="")


_NOTHING_SHARED = ShareState()
TEMPLATE_ID_CODEC = Codec(TemplateId.to_args, _parse_template_id)
_TEMPLATE_LAYOUTS: Layouts = {TemplateId: TEMPLATE_ID_CODEC}
_STATE_CODEC = build_codec(AzureState, {**_TEMPLATE_LAYOUTS, **build_share_layouts(_TEMPLATE_LAYOUTS)})


def azure_state_to_json(azure_state: AzureState) -> dict[str, Any]:
    """Return the state as plain JSON values; those of the pending request lie beside the others."""
    return dict(_UNUSED_JSON) if azure_state == _UNUSED else _encode(azure_state)


def _encode(azure_state: AzureState) -> dict[str, Any]:
    document = _STATE_CODEC.encode(azure_state)
    request = document.pop("pending_request") or {"what": None, "wanted": None}
    if azure_state.sharing == _NOTHING_SHARED:  # most conversations never share anything
        del document["share"]
    return {**document, **request}


def azure_state_from_json(value: object) -> AzureState:
    """Read what `azure_state_to_json` wrote. Raise `DecodeError` for another shape."""
    if value == _UNUSED_JSON:
        return _UNUSED
    document = parse_mapping(value)
    request = None if document.get("what") is None else document
    return _STATE_CODEC.decode({**document, "pending_request": request})


# most conversations never use Azure
_UNUSED = AzureState()
_UNUSED_JSON = _encode(_UNUSED)
AZURE_LAYOUTS = {AzureState: Codec(azure_state_to_json, azure_state_from_json)}
