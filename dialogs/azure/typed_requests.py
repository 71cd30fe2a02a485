"""Recognizes typed requests about Azure: show a named template, list failures, read a log, watch, sign out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

from dialogs.typed_commands import normalize_phrase
from knowledge.template.template_id import TemplateId, TemplateQuery

AzureIntent = Literal["look", "failing", "log", "whole-log", "sign-out", "watch", "unwatch"]

MAX_TEXT_CHARS = 600
"""The longest message that can be a request: a portal link with a full resource id."""

_PHRASES: dict[AzureIntent, str] = {
    "look": "look at my template | look at the template | look at my image template | look | have a look | "
    "check my template | look at azure | template status | status | status of my template | show my template | "
    "guarda il mio modello | guarda il modello | dai un'occhiata | dai un'occhiata al modello | "
    "dai un'occhiata al mio modello | controlla il mio modello | controlla il modello | guarda su azure | "
    "stato | stato del modello | stato del mio modello | mostra il mio modello",
    "failing": "failing | what failed | what is failing | what's failing | which failed | which are failing | "
    "which ones failed | which templates failed | which templates fail | which templates are failing | "
    "which builds failed | which builds are failing | show failing templates | failed templates | failing templates | "
    "quali falliscono | cosa fallisce | che cosa fallisce | cosa è fallito | che cosa è fallito | quali sono falliti | "
    "quali sono fallite | quali modelli falliscono | quali modelli sono falliti | quali modelli non riescono | "
    "quali compilazioni sono fallite | quali compilazioni falliscono | quali non riescono | modelli falliti | "
    "modelli non riusciti",
    "log": "read the log | read its log | read my log | look at the log | look at its log | check the log | "
    "leggi il log | leggi il suo log | leggi il mio log | guarda il log | controlla il log",
    "whole-log": "read the whole log | read all of the log | read the full log | read the entire log | the whole log | "
    "leggi tutto il log | leggi l'intero log | leggi il log intero | leggi il log per intero | tutto il log",
    "watch": "watch | watch it | watch this run | watch the run | watch the next run | watch my template | "
    "keep an eye on it | tell me when it ends | tell me when it is done | notify me | tienilo d'occhio | avvisami | "
    "avvisami quando finisce | osserva | osservalo | osserva la prossima esecuzione | osserva questa esecuzione",
    "unwatch": "stop watching | stop the watch | unwatch | don't watch any more | smetti di osservare | "
    "non osservare più",
    "sign-out": "sign out | signout | log out | logout | sign me out | sign out of azure | log out of azure | "
    "disconnect | disconnect from azure | esci da azure | disconnetti | disconnettimi | disconnettiti da azure | "
    "disconnettimi da azure | esci dal mio account",
}
_INTENTS: dict[str, AzureIntent] = {
    normalize_phrase(phrase): intent for intent, phrases in _PHRASES.items() for phrase in phrases.split(" | ")
}

_LOOKUP_PREFIXES = (
    "look at the template | look at template | look at image template | look at my template | look at | "
    "have a look at | check the template | check template | status of the template | status of template | status of | "
    "what's the status of | what is the status of | how is | show me the template | show template | open template | "
    "guarda il modello | guarda il template | guarda | dai un'occhiata al modello | dai un'occhiata a | "
    "controlla il modello | controlla il template | stato del modello | stato del template | stato di | "
    "com'è lo stato di | qual è lo stato di | qual è lo stato del modello | mostrami il modello | mostra il modello"
)
_WATCH_PREFIXES = (
    "watch the template | watch template | watch | keep an eye on | tell me when | osserva il modello | osserva | "
    "tieni d'occhio il modello | tieni d'occhio | avvisami quando finisce"
)
_UNWATCH_PREFIXES = (
    "stop watching the template | stop watching | unwatch | smetti di osservare il modello | smetti di osservare"
)
# too common to trust: what follows must also look like a template's name
_WEAK_LOOKUP_PREFIXES = "template | image template | status | modello | stato"
_GROUP_PREPOSITIONS = (
    "in | in the resource group | in resource group | in the group | in group | nel gruppo di risorse | nel gruppo | "
    "in the rg | in rg"
)
# what may follow a prefix without being a template's name
_RESERVED_WORDS = (
    "it | this | that | them | template | templates | log | logs | my | the | a | an | error | errors | azure | "
    "build | image | run | what | which | here | now | again | fails | failed | failing | questo | quello | lo | la | "
    "il | un | una | modello | modelli | errore | errori | immagine | compilazione | che | cosa | qui | fallito"
)
_PREFIXES_BY_ACTION: dict[Literal["unwatch", "watch", "look"], str] = {
    "unwatch": _UNWATCH_PREFIXES,
    "watch": _WATCH_PREFIXES,
    "look": _LOOKUP_PREFIXES,
}
_YES_PHRASES = (
    "yes | yes please | ok | okay | sure | y | go ahead | yes look | sì | si | sì grazie | va bene | certo | procedi"
)
_NO_PHRASES = "no | no thanks | no thank you | n | no grazie | meglio di no"
_TEMPLATE_ID_SEGMENT = "/providers/microsoft.virtualmachineimages/imagetemplates/"


@dataclass(frozen=True, slots=True)
class TemplateRequest:
    """A typed request to show the template that it names, or to start or stop watching it."""

    query: TemplateQuery
    action_id: Literal["look", "watch", "unwatch"] = "look"


def parse_request(text: str) -> AzureIntent | TemplateRequest | None:
    """Return the request that `text` makes as a whole, or None."""
    if len(text) > MAX_TEXT_CHARS or "\n" in text.strip():
        return None
    phrase = normalize_phrase(text)
    if phrase in _INTENTS:
        return _INTENTS[phrase]  # first, since "watch it" also begins with the prefix "watch"
    for action_id, prefixes in _PREFIXES_BY_ACTION.items():
        rest = _strip_prefix(text, prefixes)
        if rest is not None:
            request = parse_template_name(rest)
            return replace(request, action_id=action_id) if request else None
    if template_id := parse_template_link(text):
        return TemplateRequest(TemplateQuery.for_template(template_id))
    # "status my-template" is a request, "template errors" is not: after a weak prefix, the name must look like one
    rest = _strip_prefix(text, _WEAK_LOOKUP_PREFIXES)
    return parse_template_name(rest) if rest is not None and _is_name_like(rest) else None


def parse_template_name(text: str) -> TemplateRequest | None:
    """Parse a template's name, alone or with its resource group, its resource id, or a link to it in the portal."""
    if template_id := parse_template_link(text):
        return TemplateRequest(TemplateQuery.for_template(template_id))
    words = [word.strip(" ,;:!?*\"“”«»()[]'`") for word in text.split()]
    # a period after the last word ends the sentence and is not part of the name
    words[-1:] = [word.rstrip(".") for word in words[-1:]]
    if not words or words[0].casefold() in _split_phrases(_RESERVED_WORDS):
        return None
    preposition, group = " ".join(words[1:-1]).casefold(), words[-1] if len(words) > 1 else ""
    if len(words) > 1 and preposition not in _split_phrases(_GROUP_PREPOSITIONS):
        return None
    query = TemplateQuery.from_names(name=words[0], resource_group=group)
    is_group_valid = bool(query.resource_group) == bool(group)
    return TemplateRequest(query) if query.name and is_group_valid else None


def parse_yes_no(text: str) -> bool | None:
    """Return whether `text` is a yes or a no; None when it is neither."""
    phrase = normalize_phrase(text)
    if phrase in _split_phrases(_YES_PHRASES):
        return True
    return False if phrase in _split_phrases(_NO_PHRASES) else None


def parse_template_link(text: str) -> TemplateId | None:
    """Parse a text that is nothing but a template's resource id, or a link to it in the Azure portal."""
    token = text.strip().strip("<>\"'`.,;")
    if not token or len(token) > MAX_TEXT_CHARS or len(token.split()) != 1:
        return None
    if token.casefold().startswith(("https://portal.azure.", "https://ms.portal.azure.")):
        token = unquote(token)
    start = token.casefold().find("/subscriptions/")
    if start < 0 or (start > 0 and not token.casefold().startswith("https://")):
        return None
    scope, segment, rest = _partition_ignoring_case(token[start:], _TEMPLATE_ID_SEGMENT)
    # a link goes on after the name, with a blade or a query string
    return TemplateId.parse(f"{scope}{segment}{rest.split('/')[0].split('?')[0]}")


def _is_name_like(text: str) -> bool:
    """Return whether the first word has letters and also something that ordinary words don't have."""
    word = text.split()[0].strip(" .,;:!?")
    return any(c.isalpha() for c in word) and any(c in "-_.0123456789" for c in word)


def _partition_ignoring_case(text: str, separator: str) -> tuple[str, str, str]:
    start = text.casefold().find(separator)
    return (text[:start], separator, text[start + len(separator) :]) if start >= 0 else ("", "", "")


def _strip_prefix(text: str, prefixes: str) -> str | None:
    """Return what follows the longest of `prefixes` that `text` begins with; None when it begins with none."""
    words = text.replace("’", "'").split()
    for prefix in sorted(_split_phrases(prefixes), key=len, reverse=True):
        count = len(prefix.split())
        if len(words) > count and " ".join(words[:count]).casefold().strip("*_\"'") == prefix:
            return " ".join(words[count:])
    return None


def _split_phrases(phrases: str) -> list[str]:
    return phrases.split(" | ")
