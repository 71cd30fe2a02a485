"""Values taken from a case and checked, so that they are safe in a link, a command, or a file name."""

from __future__ import annotations

import hashlib
from typing import Literal

import re2

from dialogs.context import DialogContext
from dialogs.state.case import CaseForm
from dialogs.support.case_text import render_routed_case_text, translate_to_english
from knowledge.azure_clouds import detect_cloud
from knowledge.azure_names import is_guid
from knowledge.template.template_id import TemplateId

FileKind = Literal["text", "markdown", "json"]

FILE_EXTENSIONS: dict[FileKind, str] = {"text": "txt", "markdown": "md", "json": "json"}
_TIME = re2.compile(r"^20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$")
_MAX_NAME_CHARS = 40
"""The longest template name that a file's name has."""
_UNSAFE_CHARS = re2.compile(r"[^A-Za-z0-9 .,:_/-]+")


def extract_subscription(context: DialogContext, form: CaseForm) -> str:
    """Return the GUID of the case's subscription, or "".

    It comes from the template id or the description. If the person deleted it there, it is not used.
    """
    if template_id := TemplateId.parse(form.template_id):
        return template_id.subscription
    value = _extract_value(context, form, "subscription")
    return value.lower() if is_guid(value) else ""


def extract_start_time(context: DialogContext, form: CaseForm) -> str:
    """Return when the build started (UTC, ISO 8601), or ""."""
    value = _extract_value(context, form, "started")
    return value if _TIME.match(value) else ""


def detect_case_cloud(form: CaseForm) -> str:
    """Return the name of the Azure cloud whose regions or addresses the case mentions."""
    return detect_cloud(f"{form.description}\n{form.template_id}")


def build_safe_title(context: DialogContext, form: CaseForm) -> str:
    """Build an English title for a command: letters, digits, spaces, and a few harmless characters."""
    _, english = translate_to_english(context, form)
    title = " ".join(_UNSAFE_CHARS.sub(" ", english.title).split()).lstrip("-./: ").strip()
    return title or "Azure VM Image Builder"


def compute_case_hash(context: DialogContext, form: CaseForm) -> str:
    """Compute a hash of the case's text, eight hexadecimal digits. It tells whether a file is still current."""
    text = render_routed_case_text(*translate_to_english(context, form))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()


def build_file_name(context: DialogContext, form: CaseForm, kind: FileKind) -> str:
    """Build the name of the case's file, with the name of the template if it is known."""
    template_id = TemplateId.parse(form.template_id)
    name = template_id.name.strip(".-") if template_id and len(template_id.name) <= _MAX_NAME_CHARS else ""
    template = f"{name}-" if name else ""
    return f"image-medic-case-{template}{compute_case_hash(context, form)}.{FILE_EXTENSIONS[kind]}"


def _extract_value(context: DialogContext, form: CaseForm, key: str) -> str:
    english_context, form = translate_to_english(context, form)
    label = english_context.format_text(f"case.id.{key}", value="")
    lines = (line for line in form.description.split("\n") if line.startswith(label))
    return next(lines, label).removeprefix(label).strip()
