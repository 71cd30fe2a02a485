"""What would leave, made from a draft and the answers of its contact form; and a seal that tells one from another."""

from __future__ import annotations

import hashlib
import json

from dialogs.context import DialogContext
from dialogs.model.support import SEVERITIES, TicketAttachment, TicketDraft
from dialogs.state.case import CaseForm
from dialogs.state.ticket_json import MAX_ATTACHMENT_CHARS, MAX_CASE_CHARS, to_json
from dialogs.state.ticket_state import TicketInProgress
from dialogs.support.case_text import render_case_text, translate_to_english
from dialogs.support.case_values import extract_start_time
from dialogs.support.ticket.contact import ContactAnswers
from knowledge.redaction.redact import redact

ENGLISH_FILE_NAME = "image-medic-case-english.md"


def build_ticket_draft(
    context: DialogContext, form: CaseForm, under_way: TicketInProgress, answers: ContactAnswers
) -> TicketDraft:
    """Everything that leaves with a yes. In Italian only for support in Italian, and with the English as a file."""
    italian = context.language == "it" and answers.contact.language == "it-it"
    english_scene, english = translate_to_english(context, form)
    own_scene, own = (context, form) if italian else (english_scene, english)
    files = (
        (TicketAttachment(ENGLISH_FILE_NAME, redact(render_case_text(english_scene, english))[:MAX_ATTACHMENT_CHARS]),)
        if italian
        else ()
    )
    assert under_way.classification_options is not None
    return TicketDraft(
        id=under_way.draft_id,
        subscription=answers.subscription,
        service=under_way.classification_options.service,
        classification=under_way.classification_options.classifications[under_way.chosen_index],
        title=redact(own.title),
        description=redact(render_case_text(own_scene, own))[:MAX_CASE_CHARS],
        severity=next((one for one in SEVERITIES if one == form.severity), SEVERITIES[0]),
        contact=answers.contact,
        can_collect_diagnostics=answers.can_collect_diagnostics,
        problem_started_at=extract_start_time(context, form),
        attachments=files,
    )


def compute_preview_hash(draft: TicketDraft) -> str:
    """A short text that is another one whenever anything of what leaves is."""
    written = json.dumps(to_json(draft), sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:24]
