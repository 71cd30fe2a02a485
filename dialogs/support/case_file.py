"""A case as a file: text in English, Markdown also in the language of the person, or JSON.

A file is not stored. It is rendered again from the state when the person accepts it.

The JSON always has all of these keys, with `null` for what is unknown. `text` and `text_en` equal the preview:

    {"schema": 1, "language": …, "title": …, "title_en": …,
     "severity": {"id": "minimal|moderate|critical", "letter": "C|B|A"},
     "product_family": …, "product": …, "topic": …, "subtopic": …,
     "own_product": {"name": …, "service_id": …},     # to choose instead where Azure lists it
     "older_path": {"topic": …, "subtopic": …},
     "owner": {"id": …, "who": …, "why": …},          # who is responsible, if not Image Builder
     "service_id": …, "problem_classification_id": …, # hints: list them before use
     "template_id": …, "subscription": …, "started": …,
     "frequency": "always|intermittent|once", "client": "cli|powershell|bicep|devops|avd|portal|other",
     "last_good": …, "changed": …, "impact": …,
     "portal_url": …, "commands": {"bash": …, "powershell": …},
     "text": …, "text_en": …,
     "diagnosis": …}                                  # the object of `app.py diagnose`; `null` in a file from the chat
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dialogs.context import DialogContext
from dialogs.model.effects import OfferFile
from dialogs.state.case import UNKNOWN, CaseForm
from dialogs.state.conversation_state import ConversationState
from dialogs.support.case_commands import render_bash_commands, render_powershell_commands
from dialogs.support.case_text import render_case_text, render_case_texts, render_english_text, translate_to_english
from dialogs.support.case_values import (
    FILE_EXTENSIONS,
    FileKind,
    build_file_name,
    compute_case_hash,
    detect_case_cloud,
    extract_start_time,
    extract_subscription,
)
from knowledge.model.diagnosis import Diagnosis

SCHEMA_VERSION = 1


def build_file_offer(context: DialogContext, form: CaseForm, kind: FileKind) -> OfferFile:
    """Build the offer of the case as a file."""
    name = build_file_name(context, form, kind)
    args = {"as": kind, "language": context.language, "mark": compute_case_hash(context, form)}
    return OfferFile(name, context.format_text(f"case.file.{kind}"), len(render_file(context, form, kind)), args)


def read_offered_file(context: DialogContext, state: ConversationState, args: Mapping[str, Any]) -> bytes | None:
    """Render the file that was offered with `args`, or return None if the case has changed or is gone."""
    kind: Any = args.get("as")
    if not isinstance(kind, str) or kind not in FILE_EXTENSIONS:
        return None
    forms = (state.form, *(draft.form for draft in reversed(state.drafts)))
    offered = next((form for form in forms if form and compute_case_hash(context, form) == args.get("mark")), None)
    return render_file(context, offered, kind) if offered else None


def render_file(context: DialogContext, form: CaseForm, kind: FileKind) -> bytes:
    """Render the content of the file, in UTF-8."""
    if kind == "text":
        content = render_english_text(context, form)
    elif kind == "markdown":
        content = render_markdown(context, form)
    else:
        content = json.dumps(case_to_json(context, form), ensure_ascii=False, indent=2) + "\n"
    return content.encode("utf-8", "replace")


def render_markdown(context: DialogContext, form: CaseForm) -> str:
    """Render the case in the language of the person and in English, each in a code fence that its text cannot close."""
    headings = (context.format_text("case.file.heading"), context.format_text("case.file.heading-english"))
    parts = []
    for heading, text in zip(headings, render_case_texts(context, form), strict=False):
        fence = "```"
        while fence in text:
            fence += "`"
        parts.append(f"# {heading}\n\n{fence}text\n{text}\n{fence}\n")
    return "\n".join(parts)


def case_to_json(context: DialogContext, form: CaseForm, diagnosis: Diagnosis | None = None) -> dict[str, Any]:
    """Build the JSON object that the module describes."""
    routing = context.knowledge.support
    product = routing.products.get(form.product)
    severity = next((item for item in routing.severities if item.id == form.severity), routing.severities[0])
    owner = next((item for item in routing.owners if item.id == form.owner), None)
    subscription = extract_subscription(context, form)
    return {
        "schema": SCHEMA_VERSION,
        "language": context.language,
        "title": form.title,
        "title_en": translate_to_english(context, form)[1].title,
        "severity": {"id": severity.id, "letter": severity.letter},
        "product_family": routing.product_family,
        "product": product.name if product else None,
        "topic": routing.topic_path.topic,
        "subtopic": routing.topic_path.subtopic,
        "own_product": {"name": routing.own_product.name, "service_id": routing.own_product.service},
        "older_path": {"topic": routing.fallback.topic, "subtopic": routing.fallback.subtopic},
        "owner": {"id": owner.id, "who": owner.who.get(context.language), "why": owner.why.get(context.language)}
        if owner
        else None,
        "service_id": product.service if product else None,
        "problem_classification_id": product.topic if product else None,
        "template_id": form.template_id or None,
        "subscription": subscription or None,
        "started": extract_start_time(context, form) or None,
        "frequency": None if form.frequency == UNKNOWN else form.frequency,
        "client": None if form.client == UNKNOWN else form.client,
        "last_good": form.last_good or None,
        "changed": form.changed or None,
        "impact": form.impact or None,
        "portal_url": routing.build_request_url(form.product, subscription, detect_case_cloud(form)),
        "commands": {
            "bash": render_bash_commands(context, form),
            "powershell": render_powershell_commands(context, form),
        }
        if product
        else None,
        "text": render_case_text(context, form),
        "text_en": render_english_text(context, form),
        "diagnosis": diagnosis.to_json() if diagnosis else None,
    }
