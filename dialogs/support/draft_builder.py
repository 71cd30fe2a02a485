"""The draft of a support case, filled in from the conversation, and the team that the case belongs to."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.replies.plain_text import sanitize_text
from dialogs.state.case import MAX_DESCRIPTION_CHARS, MAX_TITLE_CHARS, PRODUCTS, CaseForm
from dialogs.state.conversation_state import ConversationState
from dialogs.support.case_ids import find_template_id
from dialogs.support.case_lines import build_case_lines, find_leading_entry, render_case_headline, summarize_outcome
from knowledge.model.entry import Language
from knowledge.model.support_routing import Owner


def build_draft(context: DialogContext, state: ConversationState) -> CaseForm:
    """Build a form from what is known, with an English version if the person's language is another one."""
    diagnosis = state.diagnosis
    english_context = replace(context, language="en")
    lines, english_lines = build_case_lines(context, state), build_case_lines(english_context, state)
    fitting = _find_fitting_lines(lines, english_lines)
    owner = find_owner(context, state)
    form = CaseForm(
        product=_detect_product(context, state),
        severity=context.knowledge.support.severities[0].id,
        title=build_title(context, state),
        description=sanitize_text("\n".join(lines[index] for index in fitting)),
        client="devops" if diagnosis and diagnosis.kind == "task-log" else "unknown",
        template_id=find_template_id(state),
        owner=owner.id if owner else "",
        diagnosis_number=state.diagnosis_number,
    )
    if context.language == "en":
        return form
    return replace(
        form,
        english_title=build_title(english_context, state),
        english_description=sanitize_text("\n".join(english_lines[index] for index in fitting)),
    )


def rebuild_draft(context: DialogContext, state: ConversationState) -> CaseForm:
    """Build the form again, and keep the answers that only the person can give."""
    draft, form = build_draft(context, state), state.form
    if form is None:
        return draft
    return replace(
        draft,
        severity=form.severity,
        product=draft.product or form.product,
        frequency=form.frequency,
        client=form.client,
        last_good=form.last_good,
        changed=form.changed,
        impact=form.impact,
        template_id=draft.template_id or form.template_id,
    )


def switch_draft_language(context: DialogContext, state: ConversationState, language: Language) -> CaseForm | None:
    """Return the form for a conversation that switches to `language`.

    It is None if the person has edited nothing, since a new draft will then be built in that language.
    """
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
    """Build the title of the case from what broke and the name of the template."""
    default_key = f"case.default-title.{summarize_outcome(context, state)}"
    subject = render_case_headline(context, state) or context.format_text(default_key)
    template = state.diagnosis.facts.get("template") if state.diagnosis else None
    if template and str(template) not in subject:
        subject = f"{subject} ({template})"
    return sanitize_text(context.format_text("case.default-title", what=subject))[:MAX_TITLE_CHARS]


def find_owner(context: DialogContext, state: ConversationState) -> Owner | None:
    """Return the team that the case belongs to, or None if it is Image Builder's."""
    entry_id = find_leading_entry(context, state)
    return context.knowledge.support.find_owner(entry_id, context.entries[entry_id].area) if entry_id else None


def _detect_product(context: DialogContext, state: ConversationState) -> str:
    """Return the operating system of the build, or "" if it is unknown.

    If the text does not say it, an error that only exists on one operating system does, unless it's just a guess.
    """
    os = state.diagnosis.os if state.diagnosis else None
    if os in PRODUCTS:
        return str(os)
    entry_id = find_leading_entry(context, state)
    match = state.find_match(entry_id) if entry_id else None
    if entry_id is None or match is None or match.confidence == "possible":
        return ""
    supported = context.entries[entry_id].os
    return supported[0] if len(supported) == 1 else ""


def _find_fitting_lines(*lines_by_language: list[str]) -> list[int]:
    """Return the indexes of the lines that fit into the description in every language.

    Only whole lines are kept, because half an id would be a wrong id.
    """
    fitting, room = [], [MAX_DESCRIPTION_CHARS] * len(lines_by_language)
    for index, lines in enumerate(zip(*lines_by_language, strict=True)):
        room = [chars - len(sanitize_text(line)) - 1 for chars, line in zip(room, lines, strict=True)]
        if min(room) >= -1:  # the last line needs no line feed
            fitting.append(index)
    return fitting
