"""Recognizes short messages that are a command as a whole; anything else is text to diagnose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from dialogs.state.conversation_state import OfferedButton

Intent = Literal[
    "help",
    "cancel",
    "restart",
    "english",
    "italian",
    "next",
    "no-help",
    "worked",
    "others",
    "draft",
    "drafts",
    "guided",
    "guides",
    "back",
    "example",
    "thanks",
    "hello",
    "right",
    "wrong",
    "forget",
]

MAX_COMMAND_CHARS = 60
MAX_LABEL_TEXT_CHARS = 200

# separated by " | ", in both languages at once: a user may type in the other one
_PHRASES: dict[Intent, str] = {
    "help": "help | what can you do | aiuto | aiutami | che cosa sai fare | cosa sai fare | cosa puoi fare",
    "cancel": (
        "cancel | stop | never mind | nevermind | quit | exit | annulla | lascia stare | lascia perdere | basta | esci"
    ),
    "restart": "start over | start again | restart | reset | ricomincia | ricominciamo | da capo | riparti",
    "english": "english | in english | in english please | speak english | english please | inglese | in inglese",
    "italian": (
        "italiano | in italiano | in italiano per favore | parla italiano | italian | in italian | italian please"
    ),
    "next": "next | next step | continue | go on | avanti | prossimo | prossimo passo | prossimo passaggio | "
    "passaggio successivo | vai avanti | prosegui | continua | poi",
    "no-help": "it didn't help | didn't help | it did not help | it didn't work | didn't work | it does not work | "
    "doesn't work | it doesn't work | not working | still fails | still failing | same error | no luck | "
    "non è servito | non funziona | non ha funzionato | non ha risolto | non va | "
    "fallisce ancora | stesso errore | non è cambiato nulla",
    "worked": "it worked | it works | worked | works | that worked | solved | fixed | it's fixed | resolved | "
    "funziona | ha funzionato | risolto | ho risolto | a posto | problema risolto",
    "others": "other candidates | others | other | alternatives | altri | altri candidati | altre | altre ipotesi | "
    "altre possibilità",
    "draft": "draft | draft a case | draft a support case | open a case | support case | support | case | "
    "apri un caso | apri un ticket | apri una richiesta | richiesta di supporto | prepara una richiesta di supporto | "
    "prepara un caso | supporto | caso | open a ticket | ticket",
    "drafts": "drafts | my drafts | my cases | show my drafts | list of drafts | bozze | le mie bozze | "
    "mostrami le bozze | mostrami le mie bozze | elenco delle bozze",
    "guided": "guided | guide | guide me | guided questions | i have no error text | no error text | guidami | "
    "guidata | domande guidate | domande | non ho un testo di errore | non ho testo",
    "guides": "guides | how-to | how to | howto | how-to guides | how to guides | other guides | list of guides | "
    "show me the guides | le guide | guide pratiche | altre guide | elenco delle guide | mostrami le guide",
    "back": "back | go back | indietro | torna indietro",
    "example": "example | show me an example | esempio | mostrami un esempio",
    "forget": "forget me | forget everything | delete my data | erase my data | what do you keep | dimenticami | "
    "dimentica tutto | cancella i miei dati | elimina i miei dati | che cosa conservi | cosa conservi",
    "right": "that was right | that's right | right | you were right | correct | good diagnosis | giusto | esatto | "
    "era giusto | è giusto | avevi ragione | diagnosi giusta | corretto",
    "wrong": "that was wrong | that's wrong | wrong | that's not it | not it | wrong diagnosis | incorrect | "
    "sbagliato | è sbagliato | era sbagliato | non è questo | non è quello | diagnosi sbagliata | non è corretto",
    "thanks": "thanks | thank you | thanks a lot | thank you very much | many thanks | thx | grazie | grazie mille | "
    "grazie tante | ok grazie | ti ringrazio | molte grazie",
    "hello": "hi | hello | hey | hi there | hello there | good morning | good afternoon | good evening | "
    "ciao | salve | buongiorno | buon giorno | buonasera | buona sera | buon pomeriggio",
}


def normalize_phrase(text: str) -> str:
    """Normalize `text` for comparison: case-folded, straight quotes, single spaces, no punctuation at the ends."""
    return " ".join(text.casefold().replace("’", "'").replace("‘", "'").split()).strip(" .,;:!?…\"“”«»()[]*`'-")


_INTENT_BY_PHRASE: dict[str, Intent] = {
    normalize_phrase(phrase): intent for intent, phrases in _PHRASES.items() for phrase in phrases.split(" | ")
}


def parse_intent(text: str) -> Intent | None:
    """Return the command that `text` is as a whole, or None."""
    if len(text) > MAX_COMMAND_CHARS or "\n" in text.strip():
        return None
    return _INTENT_BY_PHRASE.get(normalize_phrase(text))


def find_typed_button(text: str, buttons: Sequence[OfferedButton]) -> OfferedButton | None:
    """Return the button whose number (from 1) or whole label was typed, or None."""
    if len(text) > MAX_LABEL_TEXT_CHARS or "\n" in text.strip():
        return None
    typed = normalize_phrase(text)
    if typed.isascii() and typed.isdecimal() and len(typed) <= 2:
        number = int(typed)
        return buttons[number - 1] if 1 <= number <= len(buttons) else None
    return next((button for button in buttons if typed and normalize_phrase(button.label) == typed), None)
