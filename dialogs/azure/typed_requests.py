"""Recognizes typed requests about a template in Azure: its name, alone or after words such as "look at"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from urllib.parse import unquote

from dialogs.texts.typed_phrases import TypedPhrases, normalize_phrase
from knowledge.template.template_id import TemplateId, TemplateQuery

MAX_TEXT_CHARS = 600
"""The longest message that can be a request: a portal link with a full resource id."""
_TEMPLATE_ID_SEGMENT = "/providers/microsoft.virtualmachineimages/imagetemplates/"


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A typed request to show the template that it names, or to start or stop watching it."""

    query: TemplateQuery
    action_id: str = "look"


def parse_request(text: str, phrases: TypedPhrases) -> TemplateRequest | None:
    """Return the request that `text` as a whole makes, or None."""
    if len(text) > MAX_TEXT_CHARS or "\n" in text.strip():
        return None
    if found := _split_prefix(text, phrases.template_prefixes):
        prefix, rest = found
        request = parse_template_name(rest, phrases)
        return replace(request, action_id=phrases.template_prefixes[prefix]) if request else None
    if template_id := parse_template_link(text):
        return TemplateRequest(TemplateQuery.for_template(template_id))
    # "status my-template" is a request, "template errors" is not: after a weak prefix, the name must look like one
    found = _split_prefix(text, phrases.weak_template_prefixes)
    return parse_template_name(found[1], phrases) if found and _is_name_like(found[1]) else None


def parse_template_name(text: str, phrases: TypedPhrases) -> TemplateRequest | None:
    """Parse a template's name, alone or with its resource group, its resource id, or a link to it in the portal."""
    if template_id := parse_template_link(text):
        return TemplateRequest(TemplateQuery.for_template(template_id))
    words = [word.strip(" ,;:!?*\"“”«»()[]'`") for word in text.split()]
    # a period after the last word ends the sentence and isn't part of the name
    words[-1:] = [word.rstrip(".") for word in words[-1:]]
    if not words or words[0].casefold() in phrases.reserved_words:
        return None
    preposition, group = " ".join(words[1:-1]).casefold(), words[-1] if len(words) > 1 else ""
    if len(words) > 1 and preposition not in phrases.group_prepositions:
        return None
    query = TemplateQuery.from_names(name=words[0], resource_group=group)
    is_group_valid = bool(query.resource_group) == bool(group)
    return TemplateRequest(query) if query.name and is_group_valid else None


def parse_yes_no(text: str, phrases: TypedPhrases) -> bool | None:
    """Return whether `text` is a yes or a no; None if it's neither."""
    # a pasted log isn't worth normalizing
    if len(text) > MAX_TEXT_CHARS:
        return None
    phrase = normalize_phrase(text)
    if phrase in phrases.agreements:
        return True
    return False if phrase in phrases.refusals else None


def parse_template_link(text: str) -> TemplateId | None:
    """Parse a text that is just a template's resource id, or a link to it in the Azure portal."""
    token = text.strip().strip("<>\"'`.,;")
    if not token or len(token) > MAX_TEXT_CHARS or len(token.split()) != 1:
        return None
    if token.casefold().startswith(("https://portal.azure.", "https://ms.portal.azure.")):
        token = unquote(token)
    start = token.casefold().find("/subscriptions/")
    if start < 0 or (start > 0 and not token.casefold().startswith("https://")):
        return None
    scope, segment, rest = _partition_ignoring_case(token[start:], _TEMPLATE_ID_SEGMENT)
    # in a link, the name is followed by a blade or a query string
    return TemplateId.parse(f"{scope}{segment}{rest.split('/')[0].split('?')[0]}")


def _is_name_like(text: str) -> bool:
    """Return whether the first word has letters and also something that ordinary words don't."""
    word = text.split()[0].strip(" .,;:!?")
    return any(c.isalpha() for c in word) and any(c in "-_.0123456789" for c in word)


def _partition_ignoring_case(text: str, separator: str) -> tuple[str, str, str]:
    start = text.casefold().find(separator)
    return (text[:start], separator, text[start + len(separator) :]) if start >= 0 else ("", "", "")


def _split_prefix(text: str, prefixes: Collection[str]) -> tuple[str, str] | None:
    """Return the longest of `prefixes` that `text` begins with, and what follows; None when it begins with none."""
    words = text.replace("’", "'").split()
    for count in range(len(words) - 1, 0, -1):
        prefix = " ".join(words[:count]).casefold().strip("*_\"'")
        if prefix in prefixes:
            return prefix, " ".join(words[count:])
    return None
