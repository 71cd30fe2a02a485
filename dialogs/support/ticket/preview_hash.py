"""What would leave, made from a draft and the answers of its contact form; and a seal that tells one from another."""

from __future__ import annotations

import hashlib
import json

from dialogs.context import Scene
from dialogs.model.support import SEVERITIES, Attachment, TicketDraft
from dialogs.state.case import CaseForm
from dialogs.state.ticket import Preparing
from dialogs.state.ticket_json import MOST_DESCRIPTION, MOST_FILE_TEXT, to_json
from dialogs.support.case_text import case_text, in_english
from dialogs.support.case_values import started_of
from dialogs.support.ticket.contact import Answers
from knowledge.redaction.redact import redact

ENGLISH_FILE = "image-medic-case-english.md"


def ticket_draft(scene: Scene, form: CaseForm, under_way: Preparing, answers: Answers) -> TicketDraft:
    """Everything that leaves with a yes. In Italian only for support in Italian, and with the English as a file."""
    italian = scene.language == "it" and answers.contact.language == "it-it"
    english_scene, english = in_english(scene, form)
    own_scene, own = (scene, form) if italian else (english_scene, english)
    files = (Attachment(ENGLISH_FILE, redact(case_text(english_scene, english))[:MOST_FILE_TEXT]),) if italian else ()
    assert under_way.routes is not None
    return TicketDraft(
        id=under_way.draft,
        subscription=answers.subscription,
        service=under_way.routes.service,
        classification=under_way.routes.classifications[under_way.chosen],
        title=redact(own.title),
        description=redact(case_text(own_scene, own))[:MOST_DESCRIPTION],
        severity=next((one for one in SEVERITIES if one == form.severity), SEVERITIES[0]),
        contact=answers.contact,
        diagnostics=answers.diagnostics,
        started=started_of(scene, form),
        attachments=files,
    )


def seal_of(draft: TicketDraft) -> str:
    """A short text that is another one whenever anything of what leaves is."""
    written = json.dumps(to_json(draft), sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:24]
