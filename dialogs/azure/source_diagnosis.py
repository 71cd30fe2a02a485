"""Diagnoses of the two things that Azure has about a run: the messages of its status, and its build log."""

from __future__ import annotations

import json
from dataclasses import dataclass

from dialogs.context import DialogContext
from dialogs.model.azure import LogTail, TemplateStatus
from dialogs.model.ports import DiagnoseText
from knowledge.diagnosis.excerpt import MAX_LINE_CHARS, shorten_around
from knowledge.model.diagnosis import Diagnosis, ExcerptLine
from knowledge.model.entry import Language
from knowledge.redaction.redact import redact

_FOCUS_CHARS = 40
_LOG_LOCATION_FACTS = frozenset({"account", "log_folder", "log_url"})


@dataclass(frozen=True, slots=True)
class DiagnosedLog:
    """The diagnosis of a build log, or of its end. `bytes_read` of `size` bytes were read."""

    diagnosis: Diagnosis
    bytes_read: int
    size: int
    growing: bool = False
    file: str = "customization.log"
    folder: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the log was read from its first byte."""
        return self.bytes_read >= self.size


async def diagnose_log_tail(
    context: DialogContext, diagnose: DiagnoseText, tail: LogTail | None
) -> DiagnosedLog | None:
    """Diagnose the end of a log; None if there's no text to diagnose."""
    if tail is None or not tail.text.strip():
        return None
    diagnosis = await diagnose(tail.text, context.language)
    if not tail.is_whole:
        diagnosis = downgrade_partial(diagnosis)
    return DiagnosedLog(diagnosis, tail.bytes_read, tail.size, tail.growing, tail.file, tail.folder)


def downgrade_partial(diagnosis: Diagnosis) -> Diagnosis:
    """Mark a diagnosis as partial: nothing in it is certain, since the cause may be in the part that wasn't read."""
    matches = tuple(m._replace(confidence="likely") if m.confidence == "certain" else m for m in diagnosis.matches)
    return diagnosis._replace(partial=True, matches=matches)


def remove_log_location(diagnosis: Diagnosis) -> Diagnosis:
    """Return the diagnosis without the location of an untrusted log, so that no command points there."""
    matches = tuple(
        m._replace(values={key: value for key, value in m.values.items() if key not in _LOG_LOCATION_FACTS})
        for m in diagnosis.matches
    )
    facts = {key: value for key, value in diagnosis.facts.items() if key not in _LOG_LOCATION_FACTS}
    return diagnosis._replace(facts=facts, matches=matches)


async def diagnose_status(diagnose: DiagnoseText, status: TemplateStatus, language: Language) -> Diagnosis | None:
    """Diagnose what the status itself says; None if it has neither a message nor an error code."""
    run, provisioning = status.run, status.template.provisioning
    if not (run.message.strip() or provisioning.message.strip() or provisioning.code):
        return None
    # shaped like the template's JSON, so that it's recognized as a status, not a log
    document = {
        "provisioningState": provisioning.state,
        "provisioningError": {"provisioningErrorCode": provisioning.code, "message": provisioning.message}
        if provisioning.code or provisioning.message
        else None,
        "lastRunStatus": {
            "runState": run.state,
            "runSubState": run.sub_state,
            "message": run.message,
        }
        if run.state
        else None,
    }
    text = json.dumps({key: value for key, value in document.items() if value}, indent=1)
    return _unwrap_json(await diagnose(text, language))


def _unwrap_json(diagnosis: Diagnosis) -> Diagnosis:
    """Return the diagnosis with lines that show the status's texts, without the JSON that we wrapped around them."""
    deciding = [line for line in diagnosis.excerpt if diagnosis.is_deciding(line)]
    shown = [*deciding, *(line for match in diagnosis.matches for line in match.evidence)]
    unwrapped = {
        # redact again: escaping may have hidden a secret that is readable only now
        number: ExcerptLine(new_number, " ".join(redact(_unwrap_json_line(text)).split()))
        for new_number, (number, text) in enumerate(sorted({line.line: line.text for line in shown}.items()), 1)
    }
    matches = tuple(
        match._replace(evidence=tuple(unwrapped[line.line] for line in match.evidence)) for match in diagnosis.matches
    )
    finding = diagnosis.finding
    if finding is not None:
        finding = finding._replace(line=unwrapped[finding.line].line if finding.line in unwrapped else 0)
    excerpt = tuple(_shorten_as(line.text, unwrapped[line.line]) for line in deciding)
    excerpt = excerpt or (matches[0].evidence if matches else ())
    return diagnosis._replace(matches=matches, finding=finding, excerpt=excerpt)


def _shorten_as(shown: str, line: ExcerptLine) -> ExcerptLine:
    """Return the part of a line that its JSON showed: Azure puts the error that counts at the end of a message."""
    focus = shown.lstrip("…")[:_FOCUS_CHARS].replace('\\"', '"') if shown.startswith("…") else ""
    return ExcerptLine(line.line, shorten_around(line.text, focus, MAX_LINE_CHARS))


def _unwrap_json_line(line: str) -> str:
    """Return the value in a line such as `"message": "…",`; a truncated line has lost its closing quote."""
    text = line.strip().rstrip(",")
    if text.startswith('"') and not text.endswith('"'):
        text = text.partition('": "')[2] or text
    try:
        return ", ".join(str(value) for value in json.loads(f"{{{text}}}").values())
    except (ValueError, AttributeError, RecursionError):
        # the escapes within may be undone already, which leaves only the closing quote
        return text.partition('": "')[2].removesuffix('"') or text
