"""The form of a support case: its fields, and the validation of what the person submits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Block, FactTable, FormField, Paragraph, TextRun
from dialogs.replies.plain_text import sanitize_text
from dialogs.state.case import (
    CLIENTS,
    FREQUENCIES,
    MAX_DESCRIPTION_CHARS,
    MAX_RESOURCE_ID_CHARS,
    MAX_SHORT_TEXT_CHARS,
    MAX_TITLE_CHARS,
    PRODUCTS,
    CaseForm,
)
from dialogs.state.conversation_state import ConversationState
from dialogs.state.json_fields import clean_text
from dialogs.support.case_text import apply_edits
from dialogs.support.draft_builder import build_draft
from dialogs.texts.catalog import TrustedText
from knowledge.redaction.redact import redact
from knowledge.template.template_id import TemplateId

SubmittedFields = Mapping[str, str]
_TEMPLATE_HINT = "/subscriptions/…/resourceGroups/…/providers/Microsoft.VirtualMachineImages/imageTemplates/…"
_ALWAYS_SENT = ("severity", "frequency", "client")
_MAX_TEXT_CHARS = {
    "last_good": MAX_SHORT_TEXT_CHARS,
    "changed": MAX_SHORT_TEXT_CHARS,
    "impact": MAX_SHORT_TEXT_CHARS,
    "template_id": MAX_RESOURCE_ID_CHARS,
    "title": MAX_TITLE_CHARS,
    "description": MAX_DESCRIPTION_CHARS,
}


def show_form(
    context: DialogContext, state: ConversationState, problems: Mapping[str, str] | None = None
) -> DialogResult:
    """Show the current form, or a new draft, below a notice if the case belongs to another team.

    `problems` has the error message of each field that is not valid.
    """
    form = state.form or build_draft(context, state)
    blocks: list[Block] = [context.build_heading("case.title")]
    owner = next((item for item in context.knowledge.support.owners if item.id == form.owner), None)
    if owner:
        who = TrustedText(owner.who.get(context.language))
        blocks.append(context.build_paragraph("case.owner", "warning", who=who))
        blocks.append(context.build_paragraph("case.owner-why", why=context.localize(owner.why)))
    blocks += [_render_destination(context), _render_own_product(context), _render_older_path(context)]
    blocks.append(
        context.build_paragraph("case.check" if problems else "case.intro", "attention" if problems else "default")
    )
    blocks += _build_fields(context, form, problems or {})
    buttons = [context.build_button("post", "post", primary=True), context.build_button("cancel-case", "cancel-case")]
    if state.form:
        buttons.append(replace(context.build_button("afresh", "afresh"), should_omit_fields=True))
        buttons.append(replace(context.build_button("discard-case", "discard-case"), should_omit_fields=True))
    if state.drafts:
        buttons.append(replace(context.build_button("drafts", "drafts"), should_omit_fields=True))
    return DialogResult(
        state, (context.build_reply(*blocks, buttons=tuple(buttons), summary=context.format_text("case.title")),)
    )


def apply_fields(
    context: DialogContext, state: ConversationState, fields: SubmittedFields
) -> tuple[ConversationState, dict[str, str]]:
    """Return the state with the submitted values, redacted, and the error message of each field that is not valid.

    A field that is missing, or whose value is not one of its choices, keeps its value.
    """
    form = state.form or build_draft(context, state)
    # Teams leaves out a text field that was emptied. Choices always have a value, so if they came, the form was sent.
    if all(name in fields for name in _ALWAYS_SENT):
        fields = {**dict.fromkeys(_MAX_TEXT_CHARS, ""), **fields}
    problems = {
        name: context.format_text("case.problem.long", most=max_chars)
        for name, max_chars in _MAX_TEXT_CHARS.items()
        if _is_too_long(fields, name)
    }
    texts = {
        name: _sanitize(fields.get(name), max_chars, getattr(form, name)) for name, max_chars in _MAX_TEXT_CHARS.items()
    }
    allowed_choices = {
        "product": PRODUCTS,
        "severity": tuple(severity.id for severity in context.knowledge.support.severities),
        "frequency": FREQUENCIES,
        "client": CLIENTS,
    }
    choices: dict[str, Any] = {
        name: fields[name] for name, allowed in allowed_choices.items() if fields.get(name) in allowed
    }
    title, description = " ".join(texts.pop("title").split()), texts.pop("description")
    short: dict[str, Any] = {name: " ".join(value.split()) for name, value in texts.items()}
    form = replace(apply_edits(form, title, description), **short, **choices)
    return replace(state, form=form), {**_validate(context, form), **problems}


def _validate(context: DialogContext, form: CaseForm) -> dict[str, str]:
    problems = {
        name: context.format_text("case.problem.empty")
        for name in ("title", "description")
        if not getattr(form, name).strip()
    }
    if form.product not in PRODUCTS:
        problems["product"] = context.format_text("case.problem.product")
    if form.template_id and not TemplateId.parse(form.template_id):
        problems["template_id"] = context.format_text("case.problem.template")
    return problems


def _is_too_long(fields: SubmittedFields, name: str) -> bool:
    value = fields.get(name)
    return isinstance(value, str) and len(value) > _MAX_TEXT_CHARS[name]


def _sanitize(value: object, max_chars: int, default: str) -> str:
    if not isinstance(value, str):
        return default
    # Redact before cutting: half a secret would not be recognized as one. The first cut only bounds the work.
    redacted = redact(clean_text(value, 4 * max_chars))
    return sanitize_text(clean_text(redacted, max_chars))[:max_chars]


def _render_destination(context: DialogContext) -> FactTable:
    routing = context.knowledge.support
    return FactTable(
        (
            (context.format_text("case.family"), (TextRun(routing.product_family),)),
            (context.format_text("case.topic"), (TextRun(routing.topic_path.topic),)),
            (context.format_text("case.subtopic"), (TextRun(routing.topic_path.subtopic),)),
        )
    )


def _render_own_product(context: DialogContext) -> Paragraph:
    own = context.knowledge.support.own_product
    return context.build_paragraph("case.own-product", "subtle", product=TrustedText(own.name))


def _render_older_path(context: DialogContext) -> Paragraph:
    older = context.knowledge.support.fallback
    return context.build_paragraph(
        "case.fallback", "subtle", topic=TrustedText(older.topic), subtopic=TrustedText(older.subtopic)
    )


def _build_fields(context: DialogContext, form: CaseForm, problems: Mapping[str, str]) -> list[FormField]:
    severities = tuple(
        (
            severity.id,
            context.format_text(
                "case.severity", letter=severity.letter, meaning=severity.meaning.get(context.language)
            ),
        )
        for severity in context.knowledge.support.severities
    )
    products = tuple((product, context.knowledge.support.get_product_name(product) or product) for product in PRODUCTS)
    frequencies = tuple((value, context.format_text(f"case.frequency.{value}")) for value in FREQUENCIES)
    clients = tuple((value, context.format_text(f"case.client.{value}")) for value in CLIENTS)

    def build_field(name: str, **attributes: object) -> FormField:
        limit = {"max_chars": _MAX_TEXT_CHARS[name]} if name in _MAX_TEXT_CHARS else {}
        options = {**limit, **attributes, "problem": problems.get(name, "")}
        return FormField(name, context.format_text(f"case.field.{name}"), getattr(form, name), **options)  # type: ignore[arg-type]

    # what only the person can answer comes first, since the other fields are far down on a phone
    return [
        build_field("product", choices=products),
        build_field("severity", choices=severities),
        build_field("frequency", choices=frequencies),
        build_field("client", choices=clients),
        build_field("last_good", hint=context.format_text("case.hint.last_good")),
        build_field("changed", hint=context.format_text("case.hint.changed")),
        build_field("impact", hint=context.format_text("case.hint.impact")),
        build_field("template_id", hint=_TEMPLATE_HINT),
        build_field("title", required=True),
        build_field("description", required=True, multiline=True),
    ]
