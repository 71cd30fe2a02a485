"""How the texts that people are shown are written: idiomatic American English, and Microsoft's own terms in Italian.

Each table says why, and what to write instead. An exception needs a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

import pytest

from knowledge.text.value_slots import list_slots
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
    r"\bof (?:your|its|their|my|our|his) own\b": "before the noun: your own, its own",
    r"\b(?:it|they|this|that|file|log|reason|cause) lies?\b|\blies (?:in|beside|behind|with)\b|\blay in\b": "is",
    r"\bonce unchanged\b": "not a sentence: retry once without changes",
    r"\bsee (?:whether|if)\b": "vague: check whether",
    r"\ball the same\b": "literary: anyway",
    r"\blook at ": "vague: check, read",
    r"\btakes? (?:it |this |that )?up\b": "resumes, comes back to",
    r"\b(?:leaves|leave) (?:here|yet)\b|\bwhat leaves\b|\bwould leave\b": "is sent",
    r"\bfor ever\b": "forever",
    r"\b(?:can|could)(?: not|n't) be had\b": "couldn't be downloaded, isn't available",
    r"\bwhat it comes to\b|\bfor your eyes\b|\bin disguise\b|\bunder way\b|\bput aside\b": "say it plainly",
    r"\bgoes (?:with|by itself)\b": "is deleted with it, is deleted automatically",
    r"\bwhoever\b": "stiff: the owner, the team that, anyone who",
    r"\bnobody (?:can|could)\b": "say what is missing: unattended, without an answer",
    r"\bshall (?:I|we)\b": "should I, or the bare question",
    r"\b(?:cancell(?:ed|ing)|organis\w+|recognis\w+|authoris\w+|misspelt|colours?|behaviour|whilst|amongst|towards|"
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
    r"\bargomento secondario\b": "sottoargomento",
    r"\bverdetto\b": "errore finale",
    r"\bsul posto\b": "nel modello esistente",
    r"\bcolpevole\b|\bper colpa\b": "causa, a causa di",
    r"\bfatti (?:dire|aiutare)\b|\bfagli dire\b": "say what to do",
    r"\bspari(?:sce|scono)\b": "viene eliminato",
    r"\bpartirebbe\b": "verrà inviato",
    r"\b(?:ripeti (?:la compilazione|l'esecuzione)|avvia di nuovo l'esecuzione)\b": "esegui di nuovo il modello",
    r"\b(?-i:sysprep)\b": "Sysprep, with a capital where it isn't code",
}  # fmt: skip
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("azure.yaml button.look", "Look at"): "the label is what people also type",
    ("share.yaml share.by", "look at"): "a look, the noun",
    ("share.yaml share.by-unnamed", "look at"): "a look, the noun",
}
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
                found = [
                    fault for fault in find_faults(shown.text, ENGLISH_PATTERNS) if not is_exception(shown, fault[0])
                ]
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


ENGLISH_VALUES = {
    "managed-image-exists.yaml/signatures/3/headline": {"kind"},
    "system.yaml/21/title": {"kind"},
    "system.yaml/22/title": {"state"},
}
"""Values that a log has in English words, which Italian says itself."""


def test_italian_keeps_the_values_of_the_english() -> None:
    """The slots of the chat are compared in `tests/dialogs/texts`, the code in `tests/knowledge/catalog`."""
    english, italian = list(read_knowledge_texts("en")), list(read_knowledge_texts("it"))
    assert [shown.place for shown in english] == [shown.place for shown in italian]
    with failures_together(at_least=2000) as failures:
        for original, translation in zip(english, italian, strict=True):
            with failures.check(original.place):
                said = next((names for place, names in ENGLISH_VALUES.items() if original.place.endswith(place)), set())
                assert set(list_slots(original.text)) - said == set(list_slots(translation.text))


BAD_ENGLISH = [
    ("There the package manager is busy.", "There the"),
    ("The reason stands further up.", "stands"),
    ("You have no rights there.", "rights"),
    ("You may not read it.", "may not"),
    ("Wait some minutes.", "some minutes"),
    ("The last 100 lines are mostly enough.", "mostly"),
    ("Sign in anew.", "anew"),
    ("We start afresh.", "afresh"),
    ("Use a subnet of your own.", "of your own"),
    ("If the log lies there, read it.", "log lies"),
    ("Once unchanged is reasonable.", "Once unchanged"),
    ("See whether it runs.", "See whether"),
    ("You can draft it all the same.", "all the same"),
    ("Look at the lines before it.", "Look at"),
    ("“Look again” takes this up.", "takes this up"),
    ("Nothing leaves yet.", "leaves yet"),
    ("It waits for ever.", "for ever"),
    ("One of them could not be had.", "could not be had"),
    ("No run is under way.", "under way"),
    ("Its group goes with it.", "goes with"),
    ("Tell whoever runs it.", "whoever"),
    ("It asked, and nobody could answer.", "nobody could"),
    ("Shall I go on?", "Shall I"),
    ("The run was cancelled.", "cancelled"),
    ("Move it towards the end.", "towards"),
    ("The colours of the behaviour.", "colours"),
    ("It does not start.", "does not"),
    ("It cannot be read.", "cannot"),
]
BAD_CHAT = [("I am reading it.", "I am"), ("There is no draft.", "There is"), ("I will post it here.", "I will")]
BAD_ITALIAN = [
    ("Manca un diritto.", "diritto"),
    ("Guarda il log.", "Guarda"),
    ("Sto osservando il modello.", "osservando"),
    ("Avvisa chi gestisce questo bot.", "chi gestisce questo bot"),
    ("Serve un ruolo dati.", "ruolo dati"),
    ("Assegna Operatore di identità gestita.", "Operatore di identità gestita"),
    ("In un'altra regione.", "regione"),
    ("Il tuo abbonamento.", "abbonamento"),
    ("Il gruppo risorse.", "gruppo risorse"),
    ("L'interfaccia della riga di comando di Azure.", "interfaccia della riga di comando"),
    ("Riprova con pause crescenti.", "pause crescenti"),
    ("Troppe istanze di contenitore.", "istanze di contenitore"),
    ("Scegli l'argomento secondario.", "argomento secondario"),
    ("Cerca il verdetto.", "verdetto"),
    ("Modificalo sul posto.", "sul posto"),
    ("Fallisce per colpa di un'app.", "per colpa"),
    ("Fatti dire il motivo.", "Fatti dire"),
    ("I log spariscono.", "spariscono"),
    ("Ciò che partirebbe.", "partirebbe"),
    ("Ripeti la compilazione.", "Ripeti la compilazione"),
    ("Esegui di nuovo sysprep.", "sysprep"),
]
GOOD = [
    "There's no log yet. If there were one, I'd read it.",
    "Run `sysprep`, or say `look at win11`: the text says “it does not exist”.",
    "It may or may not be there. Use your own network.",
    "Choose the right size; nothing stands out.",
    "Esegui Sysprep nell'area giusta e verifica l'autorizzazione; riguarda il gruppo di risorse.",
]


@pytest.mark.parametrize(
    ("patterns", "bad"),
    [(ENGLISH_PATTERNS, BAD_ENGLISH), (CHAT_PATTERNS, BAD_CHAT), (ITALIAN_TERMS, BAD_ITALIAN)],
)
def test_each_pattern_finds_its_bad_sentence(patterns: dict[str, str], bad: list[tuple[str, str]]) -> None:
    for sentence, found in bad:
        assert found in [wording for wording, _ in find_faults(sentence, patterns)], sentence
    for pattern, instead in patterns.items():
        assert any(list(find_faults(sentence, {pattern: instead})) for sentence, _ in bad), (
            f"no bad sentence for {pattern}"
        )


@pytest.mark.parametrize("sentence", GOOD)
def test_no_pattern_finds_a_good_sentence(sentence: str) -> None:
    for patterns in (ENGLISH_PATTERNS, CHAT_PATTERNS, ITALIAN_TERMS):
        assert list(find_faults(sentence, patterns)) == []


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        ("word " * 30 + ".", True),
        ("word " * 29 + "word.", False),
        ("word " * 20 + "word. " + "word " * 20 + "word.", False),
        ("word " * 20 + "word; " + "word " * 20 + "word.", False),
        ("word " * 29 + "`az vm list --query id -o tsv`.", False),
        ("word " * 20 + "(word " + "word " * 10 + "word).", True),
    ],
)
def test_a_long_sentence_is_found(text: str, is_long: bool) -> None:
    assert bool(list(find_long_sentences(text))) == is_long


def test_exceptions_are_needed() -> None:
    shown = [*read_chat_texts("en"), *read_knowledge_texts("en"), *read_chat_texts("it"), *read_knowledge_texts("it")]
    for (place, wording), reason in EXCEPTIONS.items():
        assert reason
        assert any(text.place.endswith(place) and wording in text.text for text in shown), (
            f"{place} no longer says {wording}"
        )
