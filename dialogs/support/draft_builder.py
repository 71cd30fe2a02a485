"""A support case filled in from what is known, and whose case it is. `case_text` makes the text of it that leaves."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.replies.plain_text import sanitize_text
from dialogs.state.case import MAX_DESCRIPTION_CHARS, MAX_TITLE_CHARS, PRODUCTS, CaseForm
from dialogs.state.conversation_state import ConversationState
from dialogs.support.case_lines import build_case_lines, find_leading_entry, find_template_id, summarize_outcome
from knowledge.catalog.support import Owner
from knowledge.model.entry import Language


def build_draft(context: DialogContext, state: ConversationState) -> CaseForm:
    """The form filled in from what is known, with its English where the person's language is another."""
    diagnosis = state.diagnosis
    english = replace(context, language="en")
    ours, theirs = build_case_lines(context, state), build_case_lines(english, state)
    kept = _find_fitting_lines(ours, theirs)
    form = CaseForm(
        product=_detect_product(context, state),
        severity=context.support.severities[0].id,
        title=build_title(context, state),
        description=sanitize_text("\n".join(ours[at] for at in kept)),
        client="devops" if diagnosis and diagnosis.kind == "task-log" else "unknown",
        template_id=find_template_id(state),
        owner=whose.id if (whose := find_owner(context, state)) else "",
        diagnosis_number=state.diagnosis_number,
    )
    if context.language == "en":
        return form
    return replace(
        form,
        english_title=build_title(english, state),
        english_description=sanitize_text("\n".join(theirs[at] for at in kept)),
    )


def rebuild_draft(context: DialogContext, state: ConversationState) -> CaseForm:
    """The form filled in anew; what only the person could say of the circumstances stays."""
    new, old = build_draft(context, state), state.form
    if old is None:
        return new
    return replace(
        new,
        severity=old.severity,
        product=new.product or old.product,
        frequency=old.frequency,
        client=old.client,
        last_good=old.last_good,
        changed=old.changed,
        impact=old.impact,
        template_id=new.template_id or old.template_id,
    )


def switch_draft_language(context: DialogContext, state: ConversationState, language: Language) -> CaseForm | None:
    """The form of a conversation that goes on in `language`: what nobody edited is filled in anew later."""
    form = state.form
    if form is None or form == build_draft(context, state):
        return None
    if language == "en" and form.english_description:
        return replace(
            form,
            title=form.english_title,
            description=form.english_description,
            english_title="",
            english_description="",
        )
    return form


def build_title(context: DialogContext, state: ConversationState) -> str:
    """What the case is called: the diagnosed or chosen entry, and the template if it is known."""
    entry = find_leading_entry(context, state)
    what = (
        str(context.get_entry_title(entry))
        if entry
        else context.format_text(f"case.default-title.{summarize_outcome(context, state)}")
    )
    template = state.diagnosis.facts.get("template") if state.diagnosis else None
    named = f"{what} ({template})" if template else what
    return sanitize_text(context.format_text("case.default-title", what=named))[:MAX_TITLE_CHARS]


def find_owner(context: DialogContext, state: ConversationState) -> Owner | None:
    """Whose case it really is when it is not Image Builder's."""
    entry = find_leading_entry(context, state)
    return context.support.find_owner(entry, context.entries[entry].area) if entry else None


def _detect_product(context: DialogContext, state: ConversationState) -> str:
    """The operating system that the text speaks of; else the only one that the error is known on, when it is sure."""
    named = state.diagnosis.os if state.diagnosis else None
    if named in PRODUCTS:
        return str(named)
    entry = find_leading_entry(context, state)
    match = state.find_match(entry) if entry else None
    if entry is None or match is None or match.confidence == "possible" or len(context.entries[entry].os) != 1:
        return ""
    return context.entries[entry].os[0]


def _find_fitting_lines(*lines_by_language: list[str]) -> list[int]:
    """The numbers of the lines that fit in every language, whole: half of an id would be another id."""
    kept, room = [], [MAX_DESCRIPTION_CHARS] * len(lines_by_language)
    for at, twins in enumerate(zip(*lines_by_language, strict=True)):
        room = [left - len(sanitize_text(line)) - 1 for left, line in zip(room, twins, strict=True)]
        if min(room) >= -1:
            kept.append(at)
    return kept
