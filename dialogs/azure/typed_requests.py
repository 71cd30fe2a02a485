"""What a typed message asks of Azure: a look at a template that it names, at all that fail, at a log; to sign out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

from dialogs.model.azure import Wanted
from dialogs.state.azure import checked
from dialogs.typed_commands import plain_words

Heard = Literal["look", "failing", "log", "whole-log", "sign-out", "watch", "unwatch"]

LONGEST = 600
"""Characters of a message that can be one of these; a portal link with a full id is the longest."""

_PHRASES: dict[Heard, str] = {
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
_HEARD: dict[str, Heard] = {
    plain_words(phrase): heard for heard, phrases in _PHRASES.items() for phrase in phrases.split(" | ")
}

_BEFORE_A_NAME = (
    "look at the template | look at template | look at image template | look at my template | look at | "
    "have a look at | check the template | check template | status of the template | status of template | status of | "
    "what's the status of | what is the status of | how is | show me the template | show template | open template | "
    "guarda il modello | guarda il template | guarda | dai un'occhiata al modello | dai un'occhiata a | "
    "controlla il modello | controlla il template | stato del modello | stato del template | stato di | "
    "com'è lo stato di | qual è lo stato di | qual è lo stato del modello | mostrami il modello | mostra il modello"
)
_BEFORE_A_WATCHED = (
    "watch the template | watch template | watch | keep an eye on | tell me when | osserva il modello | osserva | "
    "tieni d'occhio il modello | tieni d'occhio | avvisami quando finisce"
)
_BEFORE_AN_UNWATCHED = (
    "stop watching the template | stop watching | unwatch | smetti di osservare il modello | smetti di osservare"
)
_BEFORE_WHAT_LOOKS_LIKE_ONE = "template | image template | status | modello | stato"
_BETWEEN = (
    "in | in the resource group | in resource group | in the group | in group | nel gruppo di risorse | nel gruppo | "
    "in the rg | in rg"
)
_NEVER_NAMES = (
    "it | this | that | them | template | templates | log | logs | my | the | a | an | error | errors | azure | "
    "build | image | run | what | which | here | now | again | fails | failed | failing | questo | quello | lo | la | "
    "il | un | una | modello | modelli | errore | errori | immagine | compilazione | che | cosa | qui | fallito"
)
_NAMED: dict[Literal["unwatch", "watch", "look"], str] = {
    "unwatch": _BEFORE_AN_UNWATCHED,
    "watch": _BEFORE_A_WATCHED,
    "look": _BEFORE_A_NAME,
}
_YES = "yes | yes please | ok | okay | sure | y | go ahead | yes look | sì | si | sì grazie | va bene | certo | procedi"
_NO = "no | no thanks | no thank you | n | no grazie | meglio di no"
_TEMPLATES = "/providers/microsoft.virtualmachineimages/imagetemplates/"


@dataclass(frozen=True, slots=True)
class Naming:
    """A message that asks for a look at the template that it names, or for its watch to begin or end."""

    wanted: Wanted
    do: Literal["look", "watch", "unwatch"] = "look"


def heard(text: str) -> Heard | Naming | None:
    """What the whole of `text` asks for, or `None`."""
    if len(text) > LONGEST or "\n" in text.strip():
        return None
    words = plain_words(text)
    if words in _HEARD:
        return _HEARD[words]
    for do, before in _NAMED.items():
        rest = _after(text, before)
        if rest is not None:
            found = named(rest)
            return replace(found, do=do) if found else None
    if whole := by_id(text):
        return Naming(whole)
    rest = _after(text, _BEFORE_WHAT_LOOKS_LIKE_ONE)
    return named(rest) if rest is not None and _like_a_name(rest) else None


def named(text: str) -> Naming | None:
    """A template's name alone, with its resource group, its full id, or a link to it in the portal."""
    if whole := by_id(text):
        return Naming(whole)
    words = [word.strip(" ,;:!?*\"“”«»()[]'`") for word in text.split()]
    words[-1:] = [word.rstrip(".") for word in words[-1:]]
    if not words or words[0].casefold() in _listed(_NEVER_NAMES):
        return None
    between, group = " ".join(words[1:-1]).casefold(), words[-1] if len(words) > 1 else ""
    if len(words) > 1 and between not in _listed(_BETWEEN):
        return None
    wanted = checked(name=words[0], resource_group=group)
    return Naming(wanted) if wanted.name and bool(wanted.resource_group) == bool(group) else None


def answer_of(text: str) -> bool | None:
    """A yes or a no, or neither."""
    words = plain_words(text)
    return True if words in _listed(_YES) else False if words in _listed(_NO) else None


def by_id(text: str) -> Wanted | None:
    """The template whose full id, or link in the portal, `text` is; nothing else may stand in it."""
    token = text.strip().strip("<>\"'`.,;")
    if not token or len(token) > LONGEST or len(token.split()) != 1:
        return None
    if token.casefold().startswith(("https://portal.azure.", "https://ms.portal.azure.")):
        token = unquote(token)
    at = token.casefold().find("/subscriptions/")
    if at < 0 or (at > 0 and not token.casefold().startswith("https://")):
        return None
    place, _, name = _parted(token[at:], _TEMPLATES)
    parts = place.split("/")
    if len(parts) != 5 or parts[3].casefold() != "resourcegroups":
        return None
    wanted = checked(name=name.split("/")[0].split("?")[0], resource_group=parts[4], subscription=parts[2])
    return wanted if wanted.name and wanted.resource_group and wanted.subscription else None


def _like_a_name(text: str) -> bool:
    """Whether the first word is more than a word: with letters, and with something that words don't have."""
    word = text.split()[0].strip(" .,;:!?")
    return any(c.isalpha() for c in word) and any(c in "-_.0123456789" for c in word)


def _parted(text: str, between: str) -> tuple[str, str, str]:
    at = text.casefold().find(between)
    return (text[:at], between, text[at + len(between) :]) if at >= 0 else ("", "", "")


def _after(text: str, prefixes: str) -> str | None:
    """What follows the longest of `prefixes` that `text` begins with; `None` where it begins with none."""
    words = text.replace("’", "'").split()
    for prefix in sorted(_listed(prefixes), key=len, reverse=True):
        count = len(prefix.split())
        if len(words) > count and " ".join(words[:count]).casefold().strip("*_\"'") == prefix:
            return " ".join(words[count:])
    return None


def _listed(phrases: str) -> list[str]:
    return phrases.split(" | ")
