"""How the texts that people are shown are written: idiomatic American English, and Microsoft's own terms in Italian.

Each table says why, and what to write instead. An exception needs a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.reporting import failures_together
from tests.shown_texts import ShownText, read_chat_texts, read_knowledge_texts

LONGEST_SENTENCE = 30
"""Words, of which code is one."""

_NEGATED = "do|does|did|is|are|was|were|has|have|had|can|could|would|should|will|must"
ENGLISH_PATTERNS: dict[str, str] = {
    r"(?:^|[.:] )There (?:the|a|an|it|you|what|no|that|one|only|in)\b": "'there' is a place: in that case, or the subject",
    r"\bstands?\b(?! out\b)|\bstood\b|\bstanding (?:in|above|behind)\b": "texts don't stand: is in, follows, is shown above",
    r"\brights\b|\b(?:a|no|lacks?|missing|own) right\b": "Azure has permissions and roles",
    r"(?<!may or )\bmay not\b": "ambiguous: can't, isn't allowed to, or might not",
    r"\bsome (?:minutes|hours|days|seconds)\b": "a few",
    r"\bmostly\b": "usually, most often",
    r"\banew\b|\bafresh\b": "again, from the start",
    r"(?<!instead )\bof (?:your|its|their|my|our|his) own\b": "before the noun: your own, its own",
    r"\b(?:it|they|this|that|file|log|reason|cause) lies?\b|\blies (?:in|beside|behind|with)\b|\blay in\b": "is",
    r"\bonce unchanged\b": "not a sentence: retry once without changes",
    r"\bsee (?:whether|if)\b": "vague: check whether",
    r"\ball the same\b": "literary: anyway",
    r"(?<!private )\blook at (?!my template)": "vague: check, read",
    r"\btakes? (?:it |this |that )?up\b": "resumes, comes back to",
    r"\b(?:leaves|leave) (?:here|yet)\b|\bwhat leaves\b|\bwould leave\b": "is sent",
    r"\bfor ever\b": "forever",
    r"\b(?:can|could)(?: not|n't) be had\b": "couldn't be downloaded, isn't available",
    r"\bwhat it comes to\b|\bfor your eyes\b|\bin disguise\b|\bunder way\b|\bput aside\b": "say it plainly",
    r"\bgoes (?:with|by itself)\b": "is deleted with it, is deleted automatically",
    r"\bwhoever\b": "stiff: the owner, the team that, anyone who",
    r"\bnobody (?:can|could)\b": "say what is missing: unattended, without an answer",
    r"\bshall (?:I|we)\b": "should I, or the bare question",
    r"\b(?:cancell(?:ed|ing)|organis\w+|recognis\w+|authoris\w+|misspelt|colou?r(?<=our)s?|behaviour|whilst|amongst|towards|"
    r"afterwards|learnt|licence|centre|catalogue|analyse\w*|favourite|grey)\b": "American: one l, -ize, -or, toward",
    rf"\b(?:{_NEGATED}) not\b|\bcannot\b": "contract it: don't, isn't, can't",
}  # fmt: skip
CHAT_PATTERNS: dict[str, str] = {
    r"\b(?:I am|I will|I have (?=\w+(?:ed|en)\b)|we are|we will|you will|you are|there is|let us)\b(?![.,?!])":
        "contract it: I'm, I'll, I've, we're, there's",
}  # fmt: skip
ITALIAN_TERMS: dict[str, str] = {
    r"\bdiritt[oi]\b": "autorizzazione, ruolo",
    r"\bguard(?:a|i|o|are|arlo|arla|iamo|ato)\b": "verifica, esamina, leggi",
    r"\bosserv(?:a|o|are|arlo|ando|ato)\b": "monitora",
    r"\b(?:chi gestisce|gestore di) (?:questo|il) bot\b": "l'operatore del bot",
    r"\bruolo dati\b": "ruolo sui dati",
    r"\boperatore di identità gestita\b": "Operatore identità gestita",
    r"\bregion[ei]\b": "area",
    r"\babbonament[oi]\b": "sottoscrizione",
    r"\bgruppo (?:delle )?risorse\b": "gruppo di risorse",
    r"\binterfaccia della riga di comando\b": "Azure CLI",
    r"\bpause crescenti\b": "intervalli crescenti",
    r"\bistanze di contenitore\b": "gruppi di contenitori",
    r"\bsottoargomento\b": "argomento secondario",
    r"\bverdetto\b": "errore finale",
    r"\bsul posto\b": "nel modello esistente",
    r"\bcolpevole\b|\bper colpa\b": "causa, a causa di",
    r"\bfatti (?:dire|aiutare)\b|\bfagli dire\b": "say what to do",
    r"\bspari(?:sce|scono)\b": "viene eliminato",
    r"\bpartirebbe\b": "verrà inviato",
    r"\b(?:ripeti (?:la compilazione|l'esecuzione)|avvia di nuovo l'esecuzione)\b": "esegui di nuovo il modello",
    r"\b(?-i:sysprep)\b": "Sysprep, with a capital where it isn't code",
}  # fmt: skip
EXCEPTIONS: dict[tuple[str, str], str] = {}
"""The end of a text's place, and what is found in it, with the reason why it may stay."""

_CODE = re.compile(r"`[^`]*`")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")
_SENTENCE_END = re.compile(r"(?<=[.!?:;])[)\"”*]*\s+|\n")


def find_faults(text: str, patterns: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each unwanted wording outside code and quotations, with what to write instead."""
    prose = _QUOTED.sub("“…”", _CODE.sub("`…`", text))
    for pattern, instead in patterns.items():
        for found in re.finditer(pattern, prose, re.IGNORECASE):
            yield found[0].strip(), instead


def find_long_sentences(text: str) -> Iterator[str]:
    """Yield the sentences and the parts between colons or semicolons that have too many words."""
    for sentence in _SENTENCE_END.split(_CODE.sub("`…`", text)):
        if len(sentence.split()) > LONGEST_SENTENCE:
            yield sentence


def is_exception(shown: ShownText, found: str) -> bool:
    return any(shown.place.endswith(place) and found == wording for place, wording in EXCEPTIONS)


def test_english_is_idiomatic() -> None:
    with failures_together(at_least=2000) as failures:
        for shown in chain(read_chat_texts("en"), read_knowledge_texts("en")):
            with failures.check(shown.place):
                found = [fault for fault in find_faults(shown.text, ENGLISH_PATTERNS) if not is_exception(shown, fault[0])]
                assert found == [], shown.text


def test_the_chat_contracts() -> None:
    with failures_together(at_least=700) as failures:
        for shown in read_chat_texts("en"):
            with failures.check(shown.place):
                found = [fault for fault in find_faults(shown.text, CHAT_PATTERNS) if not is_exception(shown, fault[0])]
                assert found == [], shown.text


def test_english_sentences_are_short() -> None:
    with failures_together(at_least=2000) as failures:
        for shown in chain(read_chat_texts("en"), read_knowledge_texts("en")):
            with failures.check(shown.place):
                assert list(find_long_sentences(shown.text)) == []


def test_italian_has_the_terms_of_microsoft() -> None:
    with failures_together(at_least=2000) as failures:
        for shown in chain(read_chat_texts("it"), read_knowledge_texts("it")):
            with failures.check(shown.place):
                found = [fault for fault in find_faults(shown.text, ITALIAN_TERMS) if not is_exception(shown, fault[0])]
                assert found == [], shown.text
