"""A case as a file: text in English, Markdown in both languages, or JSON. Made anew from the state when it is taken.

The JSON has these keys, always all of them, `null` where nobody knows; `text` and `text_en` are what the preview shows:

    {"schema": 1, "language": "en|it", "title": …, "title_en": …,
     "severity": {"id": "minimal|moderate|critical", "letter": "C|B|A"},
     "product_family": …, "product": …, "topic": …, "subtopic": …,
     "older_path": {"topic": …, "subtopic": …},
     "owner": {"id": …, "who": …, "why": …},          # whose case it is when it is not Image Builder's
     "service_id": …, "problem_classification_id": …, # hints: list them again before use
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

from dialogs.context import Scene
from dialogs.model.reply import FileOffer
from dialogs.state.case import UNKNOWN, CaseForm
from dialogs.state.state import State
from dialogs.support.case_commands import bash, powershell
from dialogs.support.case_text import case_text, english_text, in_english, texts
from dialogs.support.case_values import ENDINGS, FileKind, cloud_of, file_name, mark_of, started_of, subscription_of
from knowledge.model.diagnosis import Diagnosis

SCHEMA = 1


def offer(scene: Scene, form: CaseForm, kind: FileKind) -> FileOffer:
    """The case as a file that the person may have."""
    name = file_name(scene, form, kind)
    args = {"as": kind, "language": scene.language, "mark": mark_of(scene, form)}
    return FileOffer(name, scene.word(f"case.file.{kind}"), len(file_bytes(scene, form, kind)), args)


def taken(scene: Scene, state: State, args: Mapping[str, Any]) -> bytes | None:
    """The file that was offered with `args`, or None when the case has been changed or let go since."""
    kind: Any = args.get("as")
    if not isinstance(kind, str) or kind not in ENDINGS:
        return None
    forms = (state.form, *(one.form for one in reversed(state.drafts)))
    chosen = next((form for form in forms if form and mark_of(scene, form) == args.get("mark")), None)
    return file_bytes(scene, chosen, kind) if chosen else None


def file_bytes(scene: Scene, form: CaseForm, kind: FileKind) -> bytes:
    """The file's content, UTF-8."""
    if kind == "text":
        content = english_text(scene, form)
    elif kind == "markdown":
        content = markdown(scene, form)
    else:
        content = json.dumps(as_json(scene, form), ensure_ascii=False, indent=2) + "\n"
    return content.encode("utf-8", "replace")


def markdown(scene: Scene, form: CaseForm) -> str:
    """Both languages, each in a fence that nothing in it can end: text of people and logs is no markup."""
    headings = (scene.word("case.file.heading"), scene.word("case.file.heading-english"))
    parts = []
    for heading, text in zip(headings, texts(scene, form), strict=False):
        fence = "```"
        while fence in text:
            fence += "`"
        parts.append(f"# {heading}\n\n{fence}text\n{text}\n{fence}\n")
    return "\n".join(parts)


def as_json(scene: Scene, form: CaseForm, diagnosis: Diagnosis | None = None) -> dict[str, Any]:
    """The case as the module says."""
    routing = scene.support
    product = routing.products.get(form.product)
    severity = next((one for one in routing.severities if one.id == form.severity), routing.severities[0])
    owner = next((one for one in routing.owners if one.id == form.owner), None)
    who = (
        {"id": owner.id, "who": owner.who.in_(scene.language), "why": owner.why.in_(scene.language)} if owner else None
    )
    return {
        "schema": SCHEMA,
        "language": scene.language,
        "title": form.title,
        "title_en": in_english(scene, form)[1].title,
        "severity": {"id": severity.id, "letter": severity.letter},
        "product_family": routing.product_family,
        "product": product.name if product else None,
        "topic": routing.path.topic,
        "subtopic": routing.path.subtopic,
        "older_path": {"topic": routing.fallback.topic, "subtopic": routing.fallback.subtopic},
        "owner": who,
        "service_id": product.service if product else None,
        "problem_classification_id": product.topic if product else None,
        "template_id": form.template_id or None,
        "subscription": subscription_of(scene, form) or None,
        "started": started_of(scene, form) or None,
        "frequency": None if form.frequency == UNKNOWN else form.frequency,
        "client": None if form.client == UNKNOWN else form.client,
        "last_good": form.last_good or None,
        "changed": form.changed or None,
        "impact": form.impact or None,
        "portal_url": routing.new_request(form.product, subscription_of(scene, form), cloud_of(form)),
        "commands": {"bash": bash(scene, form), "powershell": powershell(scene, form)} if product else None,
        "text": case_text(scene, form),
        "text_en": english_text(scene, form),
        "diagnosis": diagnosis.as_json() if diagnosis else None,
    }
