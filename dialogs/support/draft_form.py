"""The form of a support case: shown filled in, checked, kept as the person edits it."""

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
from dialogs.support import draft_builder as draft
from dialogs.support.case_lines import is_template_id
from dialogs.support.case_text import apply_edits
from dialogs.texts import TrustedText
from knowledge.redaction.redact import redact

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
    context: DialogContext,
    state: ConversationState,
    problems: Mapping[str, str] | None = None,
    leading_paragraphs: tuple[Paragraph, ...] = (),
) -> DialogResult:
    """The form, as the person left it or filled in from what is known; first of all, whose case it really is.

    `problems` says, by field, what is wrong with it.
    """
    form = state.form or draft.build_draft(context, state)
    blocks: list[Block] = [*leading_paragraphs, context.build_heading("case.title")]
    owner = next((one for one in context.support.owners if one.id == form.owner), None)
    if owner:
        who = TrustedText(owner.who.get(context.language))
        blocks.append(context.build_paragraph("case.owner", "warning", who=who))
        blocks.append(context.build_paragraph("case.owner-why", why=context.localize(owner.why)))
    blocks += [_render_destination(context), *_render_older_path(context)]
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
    return state, (context.build_reply(*blocks, buttons=tuple(buttons), summary=context.format_text("case.title")),)


def apply_fields(
    context: DialogContext, state: ConversationState, fields: SubmittedFields
) -> tuple[ConversationState, dict[str, str]]:
    """The state with what the person wrote, redacted, and what is wrong with it, by field.

    A field that did not come, or holds what its choices do not, keeps its value. Clients leave out a text that was
    emptied: where the choices came, which always hold something, such a text is empty.
    """
    form = state.form or draft.build_draft(context, state)
    if all(name in fields for name in _ALWAYS_SENT):
        fields = {**dict.fromkeys(_MAX_TEXT_CHARS, ""), **fields}
    problems = {
        name: context.format_text("case.problem.long", most=most)
        for name, most in _MAX_TEXT_CHARS.items()
        if _is_too_long(fields, name)
    }
    texts = {name: _sanitize(fields.get(name), most, getattr(form, name)) for name, most in _MAX_TEXT_CHARS.items()}
    chosen = {
        "product": PRODUCTS,
        "severity": tuple(severity.id for severity in context.support.severities),
        "frequency": FREQUENCIES,
        "client": CLIENTS,
    }
    choices: dict[str, Any] = {name: fields[name] for name, allowed in chosen.items() if fields.get(name) in allowed}
    title, description = " ".join(texts.pop("title").split()), texts.pop("description")
    short: dict[str, Any] = {name: " ".join(value.split()) for name, value in texts.items()}
    form = replace(apply_edits(form, title, description), **short, **choices)
    return replace(state, form=form), {**_validate(context, form), **problems}


def _validate(context: DialogContext, form: CaseForm) -> dict[str, str]:
    wrong = {
        name: context.format_text("case.problem.empty")
        for name in ("title", "description")
        if not getattr(form, name).strip()
    }
    if form.product not in PRODUCTS:
        wrong["product"] = context.format_text("case.problem.product")
    if form.template_id and not is_template_id(form.template_id):
        wrong["template_id"] = context.format_text("case.problem.template")
    return wrong


def _is_too_long(fields: SubmittedFields, name: str) -> bool:
    value = fields.get(name)
    return isinstance(value, str) and len(value) > _MAX_TEXT_CHARS[name]


def _sanitize(value: object, max_chars: int, default: str) -> str:
    # Cut only after redaction: half a secret would not be recognised as one.
    return (
        sanitize_text(clean_text(redact(clean_text(value, 4 * max_chars)), max_chars))[:max_chars]
        if isinstance(value, str)
        else default
    )


def _render_destination(context: DialogContext) -> FactTable:
    routing = context.support
    return FactTable(
        (
            (context.format_text("case.family"), (TextRun(routing.product_family),)),
            (context.format_text("case.topic"), (TextRun(routing.topic_path.topic),)),
            (context.format_text("case.subtopic"), (TextRun(routing.topic_path.subtopic),)),
        )
    )


def _render_older_path(context: DialogContext) -> tuple[Paragraph, ...]:
    older = context.support.fallback
    return (
        context.build_paragraph(
            "case.fallback", "subtle", topic=TrustedText(older.topic), subtopic=TrustedText(older.subtopic)
        ),
    )


def _build_fields(context: DialogContext, form: CaseForm, problems: Mapping[str, str]) -> list[FormField]:
    severities = tuple(
        (s.id, context.format_text("case.severity", letter=s.letter, meaning=s.meaning.get(context.language)))
        for s in context.support.severities
    )
    products = tuple((product, context.support.get_product_name(product) or product) for product in PRODUCTS)
    frequencies = tuple((one, context.format_text(f"case.frequency.{one}")) for one in FREQUENCIES)
    clients = tuple((one, context.format_text(f"case.client.{one}")) for one in CLIENTS)

    def build_field(name: str, **more: object) -> FormField:
        given = {"max_chars": _MAX_TEXT_CHARS[name]} if name in _MAX_TEXT_CHARS else {}
        options = {**given, **more, "problem": problems.get(name, "")}
        return FormField(name, context.format_text(f"case.field.{name}"), getattr(form, name), **options)  # type: ignore[arg-type]

    # What only the person can say comes first: on a phone the rest is a long way down.
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
