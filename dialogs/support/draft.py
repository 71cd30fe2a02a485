"""A support case filled in from what is known, and whose case it is. `case_text` makes the text of it that leaves."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import Scene
from dialogs.replies.plain_text import visible
from dialogs.state.case import DESCRIPTION, PRODUCTS, TITLE, CaseForm
from dialogs.state.state import State
from dialogs.support.case_lines import case_lines, leading_entry, template_id, what_happened
from knowledge.catalog.support import Owner
from knowledge.model.entry import Language


def fresh(scene: Scene, state: State) -> CaseForm:
    """The form filled in from what is known, with its English where the person's language is another."""
    diagnosis = state.diagnosis
    english = replace(scene, language="en")
    ours, theirs = case_lines(scene, state), case_lines(english, state)
    kept = _that_fit(ours, theirs)
    form = CaseForm(
        product=_product(scene, state),
        severity=scene.support.severities[0].id,
        title=title(scene, state),
        description=visible("\n".join(ours[at] for at in kept)),
        client="devops" if diagnosis and diagnosis.kind == "task-log" else "unknown",
        template_id=template_id(state),
        owner=whose.id if (whose := owner(scene, state)) else "",
        paste=state.paste,
    )
    if scene.language == "en":
        return form
    return replace(form, english_title=title(english, state), english=visible("\n".join(theirs[at] for at in kept)))


def afresh(scene: Scene, state: State) -> CaseForm:
    """The form filled in anew; what only the person could say of the circumstances stays."""
    new, old = fresh(scene, state), state.form
    if old is None:
        return new
    return replace(
        new,
        severity=old.severity,
        product=new.product or old.product,
        frequency=old.frequency,
        client=old.client,
        last_good=old.last_good,
        changed=old.changed,
        impact=old.impact,
        template_id=new.template_id or old.template_id,
    )


def turned(scene: Scene, state: State, language: Language) -> CaseForm | None:
    """The form of a conversation that goes on in `language`: what nobody edited is filled in anew later."""
    form = state.form
    if form is None or form == fresh(scene, state):
        return None
    if language == "en" and form.english:
        return replace(form, title=form.english_title, description=form.english, english_title="", english="")
    return form


def title(scene: Scene, state: State) -> str:
    """What the case is called: the diagnosed or chosen entry, and the template if it is known."""
    entry = leading_entry(scene, state)
    what = str(scene.title(entry)) if entry else scene.word(f"case.default-title.{what_happened(scene, state)}")
    template = state.diagnosis.facts.get("template") if state.diagnosis else None
    named = f"{what} ({template})" if template else what
    return visible(scene.word("case.default-title", what=named))[:TITLE]


def owner(scene: Scene, state: State) -> Owner | None:
    """Whose case it really is when it is not Image Builder's."""
    entry = leading_entry(scene, state)
    return scene.support.owner_of(entry, scene.entries[entry].area) if entry else None


def _product(scene: Scene, state: State) -> str:
    """The operating system that the text speaks of; else the only one that the error is known on, when it is sure."""
    named = state.diagnosis.os if state.diagnosis else None
    if named in PRODUCTS:
        return str(named)
    entry = leading_entry(scene, state)
    match = state.match_of(entry) if entry else None
    if entry is None or match is None or match.confidence == "possible" or len(scene.entries[entry].os) != 1:
        return ""
    return scene.entries[entry].os[0]


def _that_fit(*languages: list[str]) -> list[int]:
    """The numbers of the lines that fit in every language, whole: half of an id would be another id."""
    kept, room = [], [DESCRIPTION] * len(languages)
    for at, twins in enumerate(zip(*languages, strict=True)):
        room = [left - len(visible(line)) - 1 for left, line in zip(room, twins, strict=True)]
        if min(room) >= -1:
            kept.append(at)
    return kept
