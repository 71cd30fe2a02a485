"""The text of a case: where it goes, the description, and what the person answered.

The preview, the file, and the commands all have this text, byte for byte. A ticket on the documented path leaves out
the line about the product that could be chosen instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.replies.plain_text import sanitize_line, sanitize_text
from dialogs.state.case import UNKNOWN, CaseForm


def render_case_text(context: DialogContext, form: CaseForm) -> str:
    """Render the whole case in the context's language. The form must be in that language or in English."""
    own_product = context.knowledge.support.own_product.name
    head, answers = _render_head(context, form, {"own-product": own_product}), _render_answers(context, form)
    known = [row for row, value in answers if value]
    asked = ["", context.format_text("case.asked"), *known] if known else []
    return sanitize_text("\n".join([*head, "", form.description, *asked]))


def render_routed_case_text(context: DialogContext, form: CaseForm) -> str:
    """Render the case for the documented path alone: the product that could be chosen instead isn't named.

    Previews and files of earlier versions have this text, so that their hashes stay valid.
    """
    rows = [row for row, _ in _render_answers(context, form)]
    asked = [context.format_text("case.asked"), *rows]
    return sanitize_text("\n".join([*_render_head(context, form, {}), "", *asked, "", form.description]))


def _render_head(context: DialogContext, form: CaseForm, other_product: Mapping[str, str]) -> list[str]:
    routing = context.knowledge.support
    severity = next((item for item in routing.severities if item.id == form.severity), routing.severities[0])
    meaning = context.format_text(
        "case.severity", letter=severity.letter, meaning=severity.meaning.get(context.language)
    )
    instruction = context.format_text("case.choose-product")
    all_products = f"{' / '.join(product.name for product in routing.products.values())} ({instruction})"
    head = {
        "family": routing.product_family,
        "product": routing.get_product_name(form.product) or all_products,
        "topic": routing.topic_path.topic,
        "subtopic": routing.topic_path.subtopic,
        **other_product,
        "severity": meaning,
        "title": form.title,
        "template": form.template_id,
    }
    return [_format_row(context, f"case.head.{key}", value) for key, value in head.items()]


def _render_answers(context: DialogContext, form: CaseForm) -> list[tuple[str, str]]:
    """Render what the form asks only the person for: each answer's row, and the answer, "" for none."""
    answers = {
        "frequency": "" if form.frequency == UNKNOWN else context.format_text(f"case.frequency.{form.frequency}"),
        "last_good": form.last_good,
        "changed": form.changed,
        "impact": form.impact,
        "client": "" if form.client == UNKNOWN else context.format_text(f"case.client.{form.client}"),
    }
    return [(_format_row(context, f"case.asked.{key}", value), sanitize_line(value)) for key, value in answers.items()]


def translate_to_english(context: DialogContext, form: CaseForm) -> tuple[DialogContext, CaseForm]:
    """Return the context and the form in English. What the person wrote stays in their language."""
    english = replace(context, language="en")
    if not form.english_description:
        return english, form
    return english, replace(
        form, title=form.english_title, description=form.english_description, english_title="", english_description=""
    )


def render_english_text(context: DialogContext, form: CaseForm) -> str:
    """Render the whole case in English, the language of the support engineers."""
    return render_case_text(*translate_to_english(context, form))


def render_case_texts(context: DialogContext, form: CaseForm) -> tuple[str, ...]:
    """Render the case in the context's language, and also in English if that is another one."""
    own = render_case_text(context, form)
    return (own,) if context.language == "en" else (own, render_english_text(context, form))


def apply_edits(form: CaseForm, title: str, description: str) -> CaseForm:
    """Return `form` with the edited title and description. An unchanged line keeps its English counterpart."""
    if not form.english_description:
        return replace(form, title=title, description=description)
    english_by_line = dict(zip(form.description.split("\n"), form.english_description.split("\n"), strict=False))
    english = "\n".join(english_by_line.get(line, line) for line in description.split("\n"))
    return replace(
        form,
        title=title,
        description=description,
        english_title=form.english_title if title == form.title else title,
        english_description=english,
    )


def _format_row(context: DialogContext, key: str, value: str) -> str:
    return context.format_text(key, value=sanitize_line(value) or context.format_text("case.unknown"))
