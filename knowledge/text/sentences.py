"""Extract the sentence that names an error from a message: without the code around it, short enough for a headline."""

from __future__ import annotations

from knowledge.patterns import define_text_pattern

MAX_SENTENCE_CHARS = 140
_MIN_SENTENCE_CHARS = 8
_MAX_WRAPPED_CHARS = 600
_MIN_INNER_CHARS = 20
# `C:\Windows\Temp\script-4.ps1 : `, `/tmp/script_9.sh: line 9: `, a time, a level, or a command's name and a colon
_HEADS = define_text_pattern(
    r"(?i)^(?:\s*(?:"
    r"[A-Z]:\\\S{1,200}\.psm?1 ?: |(?:\S*/)?script_\S{1,60}: (?:line )?\d+: |"
    r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[\d.,:Z+]*\]?[ :-]*|\[?\d\d:\d\d:\d\d[\d.,]*\]?[ :-]*|"
    r"Build '[^']{1,80}' errored(?: after [^:]{1,60})?: |machine readable: \S{1,60},error \[\]string\{\"|"
    r"polling after \w+: polling failed: |the Azure API returned the following error:? ?|"
    r"errored: |##\[error\]|::error::|\[(?:error|err|fatal|critical|fail(?:ed)?|!)\][ :-]*|"
    r"(?:error|err|fatal|critical|failure)(?: exception)? ?[:!-] ?(?:-> )?|"
    r"(?:an )?(?:unexpected |unhandled )?(?:error|exception) occurred[:,] |"
    r"exception: |unhandled exception[.:] |write-error ?: |\[x\] |[✖✗❌×] |\*+ |-+> |>+ "
    r"))+"
)
_TAIL = define_text_pattern(
    r"(?i)\s*(?:\+ CategoryInfo|\+ FullyQualifiedErrorId|At [A-Z]:\\|At line:\d|for more information,? see).*$"
)
_TAIL_MARKS = ("+ categoryinfo", "+ fullyqualifiederrorid", "at line:", ":\\", "for more information")
_URL = define_text_pattern(
    r" ?(?:\(https?://[^\s)]*\)|<https?://[^\s>]*>|'https?://[^\s']*'|\"https?://[^\s\"]*\"|"
    r"https?://[^\s\"'<>)]*[^\s\"'<>).,;:])"
)
_SENTENCE_END = define_text_pattern(r"[.!?](?:\s+[A-Z\"'(\[]|$)|。")


def extract_sentence(message: str, max_chars: int = MAX_SENTENCE_CHARS) -> str:
    """Return the first sentence of `message` without any prefix; cut at a word if it's too long."""
    text = " ".join(message.encode("utf-8", "replace").decode().split())
    text = text.removesuffix('"}') if '[]string{"' in text else text  # Packer's machine-readable form
    lower = text.lower()
    if any(mark in lower for mark in _TAIL_MARKS):
        text = _TAIL.sub("", text)
    if "://" in text:
        text = _URL.sub("", text)
    head = _HEADS.match(text)
    text = text[head.end() if head else 0 :].strip(" \t:;-") or text
    # If errors wrap each other, the last one says what broke.
    inner = text.rfind("ERROR: ", 0, _MAX_WRAPPED_CHARS) if "ERROR: " in text else text.rfind("Last err: ")
    if inner >= 0 and len(text) - inner > _MIN_INNER_CHARS:
        text = text[text.index(": ", inner) + 2 :]
    end = _find_sentence_end(text)
    sentence = text[:end].strip()
    if len(sentence) > max_chars:
        sentence = _cut_at_word(sentence, max_chars - 1) + "…"
    return sentence.rstrip(" .。")


def _cut_at_word(text: str, max_chars: int) -> str:
    cut = text[:max_chars]
    whole_words = cut.rpartition(" ")[0].rstrip(" ,.;:")
    return whole_words if 2 * len(whole_words) > max_chars else cut  # a long path or hash isn't a reason to drop it


def _find_sentence_end(text: str) -> int:
    match = _SENTENCE_END.search(text, _MIN_SENTENCE_CHARS)
    return int(match.start()) + 1 if match else len(text)
