"""The text of a case as it leaves: where it goes, what only the person could say, the description. The same everywhere.

What is shown as a preview, downloaded, named in a command or filed is this text, byte for byte.
"""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.replies.plain_text import sanitize_line, sanitize_text
from dialogs.state.case import UNKNOWN, CaseForm


def render_case_text(context: DialogContext, form: CaseForm) -> str:
    """The whole case in the language of the context; the form must be in it, or in English."""
    routing = context.support
    severity = next((s for s in routing.severities if s.id == form.severity), routing.severities[0])
    meaning = context.format_text(
        "case.severity", letter=severity.letter, meaning=severity.meaning.get(context.language)
    )
    choose = context.format_text("case.choose-product")
    no_product = f"{' / '.join(product.name for product in routing.products.values())} ({choose})"
    head = {
        "family": routing.product_family,
        "product": routing.get_product_name(form.product) or no_product,
        "topic": routing.topic_path.topic,
        "subtopic": routing.topic_path.subtopic,
        "severity": meaning,
        "title": form.title,
        "template": form.template_id,
    }
    asked = {
        "frequency": "" if form.frequency == UNKNOWN else context.format_text(f"case.frequency.{form.frequency}"),
        "last_good": form.last_good,
        "changed": form.changed,
        "impact": form.impact,
        "client": "" if form.client == UNKNOWN else context.format_text(f"case.client.{form.client}"),
    }
    rows = [
        *(_format_row(context, f"case.head.{key}", value) for key, value in head.items()),
        "",
        context.format_text("case.asked"),
        *(_format_row(context, f"case.asked.{key}", value) for key, value in asked.items()),
        "",
        form.description,
    ]
    return sanitize_text("\n".join(rows))


def translate_to_english(context: DialogContext, form: CaseForm) -> tuple[DialogContext, CaseForm]:
    """The context and the form in English: our own lines in their twins' words, what the person wrote as it is."""
    english = replace(context, language="en")
    if not form.english_description:
        return english, form
    return english, replace(
        form, title=form.english_title, description=form.english_description, english_title="", english_description=""
    )


def render_english_text(context: DialogContext, form: CaseForm) -> str:
    """The whole case in English, which is what engineers read."""
    return render_case_text(*translate_to_english(context, form))


def render_case_texts(context: DialogContext, form: CaseForm) -> tuple[str, ...]:
    """The case in the language of the context, and in English where that is another one."""
    own = render_case_text(context, form)
    return (own,) if context.language == "en" else (own, render_english_text(context, form))


def apply_edits(form: CaseForm, title: str, description: str) -> CaseForm:
    """`form` with a title and a description that were edited; a line that stayed keeps its English twin."""
    if not form.english_description:
        return replace(form, title=title, description=description)
    twins = dict(zip(form.description.split("\n"), form.english_description.split("\n"), strict=False))
    english = "\n".join(twins.get(line, line) for line in description.split("\n"))
    return replace(
        form,
        title=title,
        description=description,
        english_title=form.english_title if title == form.title else title,
        english_description=english,
    )


def _format_row(context: DialogContext, key: str, value: str) -> str:
    return context.format_text(key, value=sanitize_line(value) or context.format_text("case.unknown"))
