"""Recognizes what kind of text an input is, and whether it's about an image build at all."""

from __future__ import annotations

from knowledge.catalog.word_lexicon import join_alternatives
from knowledge.model.diagnosis import InputKind
from knowledge.patterns import LazyPattern, compile_pattern, decode_groups, define_pattern
from knowledge.text.indexed_text import IndexedText
from knowledge.text.line_reading import read_lines
from knowledge.text.lines import LogLine
from knowledge.text.normalization import normalize_text

_STATUS = define_pattern(
    r"lastRunStatus|\brunState\b|\brunSubState\b|\bprovisioningState\b|provisioningError|"
    r"image build log location|Packer build logs are at location|Microservice has failed|waiting for packerizer|"
    r"Failed in (?:building|customizing|distributing|optimizing|validating)"
)
_TASK = define_pattern(
    r"##\[(?:error|section|warning|debug|command)\]|starting (?:put|run|post) template|"
    r"template call failed for template|"
    r"Task\s+: Azure VM Image Builder|::error::"
)
_DEPLOYMENT = define_pattern(
    r'"?code"?\s*[:=]\s*"?[A-Z]\w+|StatusCode=\d|\bStatus=\d{3}\b|^\(\w+\) |Correlation ID:|Deployment failed|'
    r"\b(?:New|Get|Set|Remove|Start|Stop|Update|Invoke)-Az\w+\s*:|\bThe client '|\bERROR: |Code: [A-Z]\w+|"
    r"RequestDisallowedByPolicy|/subscriptions/|Validation failed:|Not authorized to access|\bfailed with message\b"
)
_MAX_QUESTION_CHARS = 1_500
_BUILD_LINE_SOURCES = frozenset(("output", "verdict", "debug"))


def detect_kind(indexed_text: IndexedText) -> InputKind:
    """Return the kind of a text: a build log by the form of its lines, any other by words unique to that kind."""
    if not _BUILD_LINE_SOURCES.isdisjoint(indexed_text.sources):
        return "build-log"
    flat = indexed_text.flat
    if _TASK.search(flat):
        return "task-log"
    if _STATUS.search(flat):
        return "status"
    if _DEPLOYMENT.search(flat):
        return "deployment-error"
    return "question" if _is_prose(flat) else "unknown"


def can_be_prose(indexed_text: IndexedText) -> bool:
    """Whether a text of unknown kind may be a person's own words: it's short and most of it is letters."""
    return _is_prose(indexed_text.flat, min_letter_share=0.6)


def _is_prose(flat: bytes, min_letter_share: float = 0.8) -> bool:
    """Whether a text is short, with at least `min_letter_share` of letters and plain punctuation."""
    if not 0 < len(flat) <= _MAX_QUESTION_CHARS:
        return False
    text = flat.decode("utf-8", "replace")
    letters = sum(character.isalpha() or character in " '?,.!-" for character in text)
    return letters >= min_letter_share * len(text)


PACKER_SCRIPT = r"\btmp/script_\d{1,6}\.sh\b|windows[\\/]temp[\\/](?:script-[0-9a-f]{2,8}\b|packer-ps-env)"
"""The file name under which Packer runs a script on the build VM."""
_ENGLISH_BUILD_TERMS = (
    r"azure-arm|VirtualMachineImages|imageTemplates?\b|packer|customization\.log|azvmimagebuilder|image[ _-]?builder|"
    r"image[ -]?templates?|\bimage build|build\w* (?:(?:an?|the|our|my|your) )?(?:\w+ )?image|(?:custom|golden) image|"
    r"\bAIB|lastRunStatus|runSubState|run ?Output|provisioningErrorCode|\bIT_[\w.()-]{3,}|"
    r"\bpkr(?:vm|dp|kv|os|ni|ip|sn|vn|sg)\w+|\baibpls|proxyVm|staging ?(?:resource ?)?group|"
    r"(?:run|put|post) template|\[Distribute \d|customizer|sysprep|syspr|AVD_IMAGE|"
    r"Azure VM Image|Azure Compute Gallery|shared image gallery|gallery image version|publishing profile|"
    r"provisioners?(?:[^.\w]|$)|"
    r"Build '[\w.-]{1,60}' errored|packer-provisioner|provisioning step|gallery replication|"
    r"Script exited with|Allowed exit codes|ERROR:\s+-> |artifacttypes/vmimage|winrmcp|packer-\w+-\w+ plugin|"
    r"golden image|\.pkr\.hcl|builds didn't complete successfully|Failed to (?:initialize|prepare) build:? \"|"
    r"Error initializing core:|\bSharedImageVersion\b|"
    r"\bvirtual_network_(?:name|resource_group_name|subnet_name)|"
    r"\b(?:managed_image|shared_image_gallery|shared_gallery)_\w+|\bbuild_(?:resource_group|key_vault)_name|"
    r"\b(?:temp_resource_group|temp_compute|capture_container)_name|\bcapture_name_prefix|"
    rf"{PACKER_SCRIPT}"
)
_BUILD_TERMS = LazyPattern(lambda: compile_pattern(f"{_ENGLISH_BUILD_TERMS}|{join_alternatives('build_terms')}"))
_ANY_VM_PHRASE = b"sourcedfromamarketplaceimage"
"""How Azure's message about creating any virtual machine continues after "a custom image", without blanks."""
_SENTENCE_WINDOW_BYTES = 50


def is_about_build(indexed_text: IndexedText) -> bool:
    """Whether a text mentions an image build in any way: the service, Packer, or the resources they create."""
    lower = indexed_text.lower
    return any(
        not lower[term.end() : term.end() + _SENTENCE_WINDOW_BYTES].replace(b" ", b"").startswith(_ANY_VM_PHRASE)
        for term in _BUILD_TERMS.finditer(lower)
    )


PERSONAL_WORDS = LazyPattern(lambda: compile_pattern(rf"\b(?:{join_alternatives('personal')})\b|\?"))
_SPEAKERS = LazyPattern(lambda: compile_pattern(rf"\b(?:{join_alternatives('speakers')})\b|\?"))
_PROGRAM_OUTPUT = define_pattern(
    r"^\W*(?-i:[A-Z])[\s\S]*(?:\.\W*$|'[^']{1,80}'|\"[^\"]{1,80}\"|(?-i:\b[A-Z][a-z]+[A-Z][a-z]+)|: )|"
    r"^\W*\"|^\W*(?:error|warning|fatal)\b[^:]{0,60}:"
)
_MESSAGE_START = define_pattern(r"^\s*(?:[^\w\s]|[\w./-]{1,40}: |(?:error|warning|fatal)\b)")
"""What a person's sentence never starts with: a bracket, a quote, or the name of a program or a field."""
_QUOTED = (
    define_pattern(
        r"^[^:\n]{3,160}?\b(?:says?|said|prints?|shows?|gets?|got|errors?|message|with|dice|errore|messaggio|con)"
        r" ?: ?(?P<quoted>\S.{18,400})$"
    ),
    define_pattern(r"[\"`](?P<quoted>[^\"`]{30,400})[\"`]"),
)
_PROGRAM_NAME = define_pattern(r"^\s*(?:npm (?:ERR!|error)|[\w./+-]{2,60} ?: )")
_ERROR_MARK = define_pattern(r"\s*(?:##\[error\]|::error\b)")
_DEFINITION_QUESTION = LazyPattern(lambda: compile_pattern(rf"\b(?:{join_alternatives('definitions')})\b"))
_FAILURE_WORDS = LazyPattern(lambda: compile_pattern(rf"\b(?:{join_alternatives('failures')})\b"))


_FAILURE_SIGN = LazyPattern(
    lambda: compile_pattern(
        f"{join_alternatives('failure_signs')}|"
        r"exit (?:code|status)|code \d|0x[0-9a-f]{4,}|\b[45]\d\d\b|\b\d{4,}\b|(?-i:[A-Z][a-z]+[A-Z][a-z]{2,})"
    )
)
_MIN_DESCRIPTION_WORDS = 8


def has_failure_sign(text: str) -> bool:
    """Whether a person's words say that something went wrong."""
    return _FAILURE_SIGN.search(text.encode("utf-8", "replace")) is not None


def is_description(text: str) -> bool:
    """Whether a text is a person's own words rather than something pasted."""
    if len(text) > _MAX_QUESTION_CHARS:
        return False
    indexed_text = IndexedText(read_lines(normalize_text(text)))
    return detect_kind(indexed_text) == "question" and not is_program_output(indexed_text)


def list_pasted_lines(indexed_text: IndexedText) -> list[LogLine]:
    """Return the lines of a short text that a program printed, without a person's words about them."""
    if len(indexed_text.lines) == 1:
        flat = indexed_text.flat
        is_output = is_program_output(indexed_text) or _is_program_message(flat) or _ERROR_MARK.match(flat) is not None
        return list(indexed_text.lines) if is_output else []
    return [line for line in indexed_text.lines if _is_pasted(line.body.encode("utf-8", "replace"))]


def has_speaker(indexed_text: IndexedText) -> bool:
    """Whether a person speaks or asks in a text, in words that no program prints."""
    return _SPEAKERS.search(indexed_text.flat) is not None


def list_quoted_messages(indexed_text: IndexedText) -> list[LogLine]:
    """Return what a person quotes within a line: what follows a colon, or is in quotation marks."""
    return [
        line._replace(body=text)
        for line in indexed_text.lines
        for pattern in _QUOTED
        for match in pattern.finditer(line.body.encode("utf-8", "replace"))
        if not is_spoken(text := decode_groups(match)["quoted"])
    ]


def is_spoken(body: str) -> bool:
    """Whether somebody speaks or asks in a line, in words that no program prints."""
    return _SPEAKERS.search(body.encode("utf-8", "replace")) is not None


def _is_program_message(flat: bytes) -> bool:
    """Return whether a single line starts with the name of the program that printed it, and no person speaks in it."""
    return _PROGRAM_NAME.search(flat) is not None and PERSONAL_WORDS.search(flat) is None


def _is_pasted(body: bytes) -> bool:
    return _MESSAGE_START.search(body) is not None or PERSONAL_WORDS.search(body) is None


def is_small_talk(indexed_text: IndexedText) -> bool:
    """Whether a text is just a few words with no sign that something went wrong, so there's nothing to diagnose."""
    flat = indexed_text.flat
    return len(flat.split()) < _MIN_DESCRIPTION_WORDS and _FAILURE_SIGN.search(flat) is None


def is_definition_question(indexed_text: IndexedText) -> bool:
    """Whether a text only asks what something means and mentions no failure."""
    return (
        _DEFINITION_QUESTION.search(indexed_text.flat) is not None and _FAILURE_WORDS.search(indexed_text.flat) is None
    )


def is_program_output(indexed_text: IndexedText) -> bool:
    """Whether a short text reads like a program's message rather than a person's own words."""
    return _PROGRAM_OUTPUT.search(indexed_text.flat) is not None and PERSONAL_WORDS.search(indexed_text.flat) is None
