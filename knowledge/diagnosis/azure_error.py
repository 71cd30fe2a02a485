"""Find the innermost error in Azure's answer: the code and message that matter, not the wrappers around them.

Azure reports an error as JSON in JSON, as `Code: … Message: …`, or as the CLI's `(Code) Message`. Resource Manager
wraps the error of a resource provider several times, with codes that say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from knowledge.redaction.patterns import BytePattern
from knowledge.text.indexed_text import IndexedText
from knowledge.text.lines import LogLine

_WRAPPER_CODES = frozenset(
    code.lower()
    for code in (
        "DeploymentFailed", "ResourceDeploymentFailure", "InvalidTemplateDeployment", "MultipleErrorsOccurred",
        "Conflict", "BadRequest", "NotFound", "Forbidden", "Unauthorized", "Failed", "OperationFailed", "Error",
        "InternalServerError", "InternalOperationError", "ProvisioningFailed", "ValidationFailed", "None", "Null",
        "Terminal", "Fault",
    )
)  # fmt: skip
"""Codes that only say that something inside them failed."""
_NO_ERROR_CODES = frozenset({"healthy", "succeeded", "ok"})
"""Codes with which Azure reports that all is well, such as a trigger's."""
_POINTS_INSIDE = "see inner error"
_MAX_ERRORS = 40
_MAX_LINES = 3
_MIN_WRAPPED_CHARS = 60  # a shorter line wasn't wrapped
_MAX_ANSWER_BYTES = 6_000
_CODE = r"[A-Za-z][\w.]{2,80}"
_CODE_FORMS = (
    (
        b"message",
        rf'"?code"?\s*[:=]\s*"(?P<code>{_CODE})"\s*,?\s*"?message"?\s*[:=]\s*"(?P<message>[^"{{][^"]{{3,900}})',
    ),
    (
        b"message",
        rf'\b(?:error ?)?code ?[:=] ?(?P<code>{_CODE})\W{{1,4}}(?:error ?)?message ?[:=] ?"?(?P<message>[^"]{{4,600}})',
    ),
    (b"-> ", rf"ERROR:\s+-> (?P<code>{_CODE})(?:\.\.\.)? ?: (?P<message>.{{4,600}})"),
    (
        b") ",
        r"(?:^|\s)(?:ERROR: )?\((?P<code>(?-i:[A-Z][a-z]+[A-Z]|Conflict|Forbidden|Failed|Unauthorized)[\w.]{0,80})\) "
        r"(?P<message>[A-Z\x80-\xff].{4,600})",
    ),
    (
        b"original error: ",
        rf"StatusCode=\d+ -- Original Error: Code=\"(?P<code>{_CODE})\" Message=\"(?P<message>[^\"]{{4,600}})",
    ),
)
_CODE_ENDS = (
    r"Failed|Failure|NotFound|NotAvailable|NotAllowed|NotSupported|NotRegistered|NotPermitted|NotEnabled|NotInAllowedState|"
    r"Exceeded|Reached|Conflict|Denied|Forbidden|Mismatch|Deprecated|Locked|InUse|IsFull|Throttled|TimedOut|Timeout|Unavailable|"
    r"Restricted|Disallowed\w*|Exists|AlreadyTaken|Required|Unauthorized|Expired|Request|Parameter|Content|Reference"
)
"""How Azure's codes before a colon end. Names of programs and exceptions don't end like this."""
_MESSAGE_FORMS = (
    (
        b"message",
        rf'"?message"?\s*[:=]\s*"(?P<message>[^"{{][^"]{{3,900}})"\s*,\s*"?code"?\s*[:=]\s*"(?P<code>{_CODE})"',
    ),
    (b"(code:", rf"(?:message|error): (?P<message>[^()]{{4,400}}) \(code: ?(?P<code>{_CODE})\)"),
)
_FORMS: tuple[tuple[bytes, BytePattern], ...] = tuple(
    (literal, BytePattern(f"(?i){form}"))
    for literal, form in (
        *_CODE_FORMS,
        (
            b": ",
            rf"(?:^|\s)(?P<code>(?-i:[A-Z][a-z]+\w{{0,60}}?(?:{_CODE_ENDS}))) ?: (?P<message>[A-Z][^\n]{{14,600}})",
        ),
        *_MESSAGE_FORMS,
    )
)
"""The forms, each with a lowercase literal that every text in that form has."""
_MESSAGE_END = BytePattern(
    r"(?i)\s(?:ERROR:|(?:target|exception details|code|message|tracking ?id|correlation ?id|request ?id|timestamp): )"
)
"""Where the next error or the next field begins, since the text no longer has line breaks."""


_MESSAGE_ONLY = BytePattern(r'(?i)"message"\s*:\s*"(?P<message>[^"{][^"]{3,900})')


class AzureError(NamedTuple):
    """An Azure error: its code, its message, and its lines.

    `is_specific` is false if it only says that something inside it failed, or if it has no code.
    """

    code: str
    message: str
    lines: tuple[LogLine, ...]
    is_specific: bool


def find_innermost_error(indexed_text: IndexedText) -> AzureError | None:
    """Return the error that matters in a text; `None` if it has none in a form that Azure uses."""
    answers = sorted(_find_errors(indexed_text))
    found = [answer for answer in answers if answer[2].lower() not in _NO_ERROR_CODES]
    if answers and not found:
        return None
    specific = [item for item in found if not _is_wrapper(*item[2:])]
    # The last of the errors nested in one answer is the innermost; later ones belong to another answer.
    near = [item for item in specific if item[0] <= specific[0][0] + _MAX_ANSWER_BYTES]
    if near or found:
        begin, end, code, message = near[-1] if near else found[-1]
    else:
        match = _MESSAGE_ONLY.search(indexed_text.flat) if b'"message"' in indexed_text.lower else None
        if match is None:
            return None
        begin, end, code, message = match.start(), match.end(), "", match.decode_groups()["message"]
    lines = tuple(indexed_text.lines[index] for index in indexed_text.find_line_range(begin, end))
    return AzureError(code, " ".join(message.split()), lines[:_MAX_LINES], bool(near))


def _is_wrapper(code: str, message: str) -> bool:
    return is_wrapper_code(code) or _POINTS_INSIDE in message.lower()


def _find_errors(indexed_text: IndexedText) -> Iterator[tuple[int, int, str, str]]:
    """Yield the start, the end, the code, and the message of each error."""
    flat = indexed_text.flat
    for literal, form in _FORMS:
        if literal not in indexed_text.lower:
            continue
        position = 0
        for _ in range(_MAX_ERRORS):
            match = form.search(flat, position)
            if match is None:
                break
            code_begin, position = match.span("code")  # another error may be in this one's message
            begin, end = match.span("message")
            end = _find_message_end(indexed_text, begin, end)
            code, message = flat[code_begin:position], flat[begin:end]
            yield min(code_begin, begin), end, code.decode().rstrip("."), message.decode("utf-8", "replace")


def _find_message_end(indexed_text: IndexedText, begin: int, end: int) -> int:
    """Return where a message ends, at most at `end`: before the next field, or at the end of its line.

    A quoted message continues until the quotes close, and a plain line can be the rest of a long, wrapped one.
    """
    flat, lines = indexed_text.flat, indexed_text.lines
    next_field = _MESSAGE_END.search(flat, begin, end)
    end = next_field.start() if next_field else end
    if flat[begin - 1 : begin] == b'"':
        return end
    _, *further = indexed_text.find_line_range(begin, end)
    for index in further:
        if lines[index].source != "plain" or len(lines[index - 1].body) < _MIN_WRAPPED_CHARS:
            return min(end, indexed_text.get_line_start(index))
    return end


def is_wrapper_code(code: str) -> bool:
    """Return whether an error with this code only says that something inside failed."""
    return code.lower() in _WRAPPER_CODES
