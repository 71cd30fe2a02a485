"""The text of a case as it leaves: where it goes, what only the person could say, the description. The same everywhere.

What is shown as a preview, downloaded, named in a command or filed is this text, byte for byte.
"""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Scene
from dialogs.replies.plain_text import one_line, visible
from dialogs.state.case import UNKNOWN, CaseForm


def case_text(scene: Scene, form: CaseForm) -> str:
    """The whole case in the language of the scene; the form must be in it, or in English."""
    routing = scene.support
    severity = next((s for s in routing.severities if s.id == form.severity), routing.severities[0])
    meaning = scene.word("case.severity", letter=severity.letter, meaning=severity.meaning.in_(scene.language))
    choose = scene.word("case.choose-product")
    no_product = f"{' / '.join(product.name for product in routing.products.values())} ({choose})"
    head = {
        "family": routing.product_family,
        "product": routing.product(form.product) or no_product,
        "topic": routing.path.topic,
        "subtopic": routing.path.subtopic,
        "severity": meaning,
        "title": form.title,
        "template": form.template_id,
    }
    asked = {
        "frequency": "" if form.frequency == UNKNOWN else scene.word(f"case.frequency.{form.frequency}"),
        "last_good": form.last_good,
        "changed": form.changed,
        "impact": form.impact,
        "client": "" if form.client == UNKNOWN else scene.word(f"case.client.{form.client}"),
    }
    rows = [
        *(_row(scene, f"case.head.{key}", value) for key, value in head.items()),
        "",
        scene.word("case.asked"),
        *(_row(scene, f"case.asked.{key}", value) for key, value in asked.items()),
        "",
        form.description,
    ]
    return visible("\n".join(rows))


def in_english(scene: Scene, form: CaseForm) -> tuple[Scene, CaseForm]:
    """The scene and the form in English: our own lines in their twins' words, what the person wrote as it is."""
    english = replace(scene, language="en")
    if not form.english:
        return english, form
    return english, replace(form, title=form.english_title, description=form.english, english_title="", english="")


def english_text(scene: Scene, form: CaseForm) -> str:
    """The whole case in English, which is what engineers read."""
    return case_text(*in_english(scene, form))


def texts(scene: Scene, form: CaseForm) -> tuple[str, ...]:
    """The case in the language of the scene, and in English where that is another one."""
    own = case_text(scene, form)
    return (own,) if scene.language == "en" else (own, english_text(scene, form))


def edited(form: CaseForm, title: str, description: str) -> CaseForm:
    """`form` with a title and a description that were edited; a line that stayed keeps its English twin."""
    if not form.english:
        return replace(form, title=title, description=description)
    twins = dict(zip(form.description.split("\n"), form.english.split("\n"), strict=False))
    english = "\n".join(twins.get(line, line) for line in description.split("\n"))
    return replace(
        form,
        title=title,
        description=description,
        english_title=form.english_title if title == form.title else title,
        english=english,
    )


def _row(scene: Scene, key: str, value: str) -> str:
    return scene.word(key, value=one_line(value) or scene.word("case.unknown"))
