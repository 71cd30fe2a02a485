"""The ticket to be sent, built from a case and the contact answers, and a hash that identifies its content.

The hash ties a confirmation to the preview: a ticket is only filed if it is still what the person confirmed.
"""

from __future__ import annotations

import hashlib
import json

from dialogs.context import DialogContext
from dialogs.model.support import MAX_ATTACHMENT_CHARS, MAX_CASE_CHARS, SEVERITIES, TicketAttachment, TicketDraft
from dialogs.state.case import CaseForm
from dialogs.state.ticket_json import DRAFT_CODEC
from dialogs.state.ticket_state import TicketInProgress
from dialogs.support.case_text import render_case_text, render_routed_case_text, translate_to_english
from dialogs.support.case_values import extract_start_time
from dialogs.support.ticket.contact import ContactAnswers
from knowledge.redaction.redact import redact

ENGLISH_FILE_NAME = "image-medic-case-english.md"


def build_ticket_draft(
    context: DialogContext, form: CaseForm, under_way: TicketInProgress, answers: ContactAnswers
) -> TicketDraft:
    """Build everything that is sent when the person confirms.

    The text names Image Builder's own product only if the ticket goes there. It is in the person's language only if
    they want support in it. The English text is then an attachment.
    """
    english_context, english_form = translate_to_english(context, form)
    assert under_way.classification_options is not None
    service = under_way.classification_options.service
    is_own = context.knowledge.support.is_own_product(service.name)
    render_text = render_case_text if is_own else render_routed_case_text
    attachments: tuple[TicketAttachment, ...] = ()
    header = context.language_header
    if answers.contact.language == header.support_language and not header.is_support_in_english:
        text_context, text_form = context, form
        english_text = redact(render_text(english_context, english_form))[:MAX_ATTACHMENT_CHARS]
        attachments = (TicketAttachment(ENGLISH_FILE_NAME, english_text),)
    else:
        text_context, text_form = english_context, english_form
    return TicketDraft(
        id=under_way.draft_id,
        subscription=answers.subscription,
        service=service,
        classification=under_way.classification_options.classifications[under_way.chosen_index],
        title=redact(text_form.title),
        description=redact(render_text(text_context, text_form))[:MAX_CASE_CHARS],
        severity=next((severity for severity in SEVERITIES if severity == form.severity), SEVERITIES[0]),
        contact=answers.contact,
        can_collect_diagnostics=answers.can_collect_diagnostics,
        problem_started_at=extract_start_time(context, form),
        attachments=attachments,
    )


def compute_preview_hash(draft: TicketDraft) -> str:
    """Compute a hash over everything that is sent."""
    serialized = json.dumps(DRAFT_CODEC.encode(draft), sort_keys=True)
    return hashlib.sha256(serialized.encode("utf-8", "surrogatepass")).hexdigest()[:24]
