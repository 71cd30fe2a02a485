"""The lines of a case that identify the build: subscription, template, times, correlation ids, and every other fact."""

from __future__ import annotations

from collections.abc import Iterable

from dialogs.context import DialogContext
from dialogs.replies.durations import format_duration
from dialogs.state.conversation_state import ConversationState
from dialogs.texts.catalog import TrustedText
from knowledge.model.diagnosis import Diagnosis, ProvisionerSummary
from knowledge.template.template_id import TemplateId

_LEADING_FACTS = ("subscription", "resource_group", "template", "region")
_TRAILING_FACTS = ("correlation_id", "operation_id", "log_url")
_STARTED_FACT, _ENDED_FACT = "run_started", "run_ended"
_RENDERED_FACTS = {*_LEADING_FACTS, *_TRAILING_FACTS, _STARTED_FACT, _ENDED_FACT, "run_state", "exit_code"}
_OS_NAMES = {"windows": "Windows", "linux": "Linux"}


def find_template_id(state: ConversationState) -> str:
    """Return the template's resource id if the text contains a complete one, else "".

    An id is never put together from parts, since parts from different places may belong to different templates.
    """
    if state.diagnosis is None:
        return ""
    name = str(state.diagnosis.facts.get("template") or "").lower()
    template_ids = (value for _, value in state.diagnosis.ids if TemplateId.parse(value))
    return next((value for value in template_ids if not name or value.lower().endswith(f"/{name}")), "")


def build_id_lines(context: DialogContext, state: ConversationState) -> list[str]:
    """Build the identifying lines. The last one names what should be there and is unknown."""
    diagnosis = state.diagnosis
    facts = diagnosis.facts if diagnosis else {}
    runs = diagnosis.timeline if diagnosis else ()
    failed_run = next((run for run in reversed(runs) if run.state in ("failed", "stopped")), None)
    values: dict[str, str | int | None] = {
        **{name: facts.get(name) for name in _LEADING_FACTS},
        "os": _OS_NAMES.get(diagnosis.os or "") if diagnosis else None,
        "started": facts.get(_STARTED_FACT) or next((run.started for run in runs if run.started), None),
        "ended": facts.get(_ENDED_FACT),
        **{name: facts.get(name) for name in _TRAILING_FACTS},
        "run_state": facts.get("run_state") or _format_outcome(context, diagnosis),
        "phase": _format_phase(context, diagnosis),
        "provisioner": failed_run.provisioner if failed_run else None,
        "exit_code": _find_exit_code(diagnosis, failed_run),
    }
    known = {key: value for key, value in values.items() if value not in (None, "")}
    lines = [_format_id_line(context, key, value) for key, value in known.items()]
    lines += [_format_other_line(context, name, value) for name, value in _collect_other_facts(state)]
    if diagnosis and (gap := diagnosis.longest_gap):
        took = format_duration(gap.seconds)
        lines.append(context.format_text("case.id.silence", took=TrustedText(took), line=gap.line))
    if missing := [_format_label(context, key) for key in values if key not in known and key != "exit_code"]:
        lines.append(context.format_text("case.id.missing", labels=", ".join(missing)))
    return lines


def build_resource_lines(context: DialogContext, state: ConversationState) -> list[str]:
    """Build the lines of the other ids and names in the text, such as of resources that a build creates for itself."""
    return [_format_other_line(context, name, value) for name, value in _collect_resources(context, state)]


def collapse_whitespace(text: str) -> str:
    """Return `text` on one line with single spaces."""
    return " ".join(text.split())


def _format_outcome(context: DialogContext, diagnosis: Diagnosis | None) -> str | None:
    if diagnosis is None or diagnosis.outcome == "unknown":
        return None
    return context.format_text(f"outcome.{diagnosis.outcome}")


def _format_phase(context: DialogContext, diagnosis: Diagnosis | None) -> str | None:
    phase = diagnosis.phase if diagnosis else None
    return context.format_text(f"reached.{phase}") if phase and context.texts.has(f"reached.{phase}") else phase


def _find_exit_code(diagnosis: Diagnosis | None, failed_run: ProvisionerSummary | None) -> str | int | None:
    exit_code = diagnosis.facts.get("exit_code") if diagnosis else None
    if exit_code is None and failed_run:
        # a provisioner that was stopped or timed out reports 0, which is not how it ended
        return failed_run.exit_code or None
    return exit_code


def _format_id_line(context: DialogContext, key: str, value: str | int | None) -> str:
    return collapse_whitespace(context.format_text(f"case.id.{key}", value=value))


def _format_label(context: DialogContext, key: str) -> str:
    """Return what a line of `key` begins with."""
    return _format_id_line(context, key, "").rstrip(": ")


def _format_other_line(context: DialogContext, name: str, value: str) -> str:
    label = context.format_text(f"fact.{name}") if context.texts.has(f"fact.{name}") else name.replace("_", " ")
    return collapse_whitespace(context.format_text("case.id.other", name=label, value=value))


def _collect_other_facts(state: ConversationState) -> list[tuple[str, str]]:
    """Collect every fact that doesn't have its own line, each value once."""
    facts = state.diagnosis.facts if state.diagnosis else {}
    rendered = {str(facts[name]) for name in _RENDERED_FACTS if name in facts}
    return _drop_repeated(facts.items(), rendered)


def _collect_resources(context: DialogContext, state: ConversationState) -> list[tuple[str, str]]:
    """Collect the ids, and the captured values that have a name, unless another line shows them.

    The template's id is above the description. Values without a name only fill headlines.
    """
    diagnosis = state.diagnosis
    if diagnosis is None:
        return []
    rendered = {find_template_id(state), *map(str, diagnosis.facts.values())}
    sources = (*(match.values for match in diagnosis.matches), diagnosis.finding.values if diagnosis.finding else {})
    captured = [
        (name, value)
        for values in sources
        for name, value in values.items()
        if context.texts.has(f"fact.{name}") and not value.endswith("…")
    ]
    return _drop_repeated((*diagnosis.ids, *captured), rendered)


def _drop_repeated(pairs: Iterable[tuple[str, object]], rendered: set[str]) -> list[tuple[str, str]]:
    """Return the pairs with a value that hasn't been rendered and isn't empty, each value once."""
    kept: list[tuple[str, str]] = []
    for name, value in pairs:
        if value is not None and str(value).strip() and str(value) not in rendered:
            rendered.add(str(value))
            kept.append((name, str(value)))
    return kept
