"""The form of a support case: shown filled in, kept as the person edits it, posted as a text to copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs import draft
from dialogs.case import DESCRIPTION, PRODUCTS, TITLE, CaseForm
from dialogs.scene import Outcome, Scene
from dialogs.shape import clean
from dialogs.state import State
from dialogs.texts import Own
from dialogs.view import Block, Copyable, Facts, Field, Run
from dialogs.walk import where_we_are
from knowledge.redaction import redact


def show(scene: Scene, state: State) -> Outcome:
    """The form, as the person left it or filled in from what is known; first of all, whose case it really is."""
    form = state.form or draft.fresh(scene, state)
    blocks: list[Block] = [scene.heading("case.title")]
    owner = draft.owner(scene, state)
    if owner:
        who = Own(owner.who.in_(scene.language))
        blocks.append(scene.say("case.owner", "warning", who=who))
        blocks.append(scene.say("case.owner-why", why=scene.text(owner.why)))
    routing = scene.support
    blocks += [
        Facts(
            (
                (scene.word("case.family"), (Run(routing.product_family),)),
                (scene.word("case.topic"), (Run(routing.path.topic),)),
                (scene.word("case.subtopic"), (Run(routing.path.subtopic),)),
            )
        ),
        scene.say(
            "case.fallback", "subtle", topic=Own(routing.fallback.topic), subtopic=Own(routing.fallback.subtopic)
        ),
        scene.say("case.intro"),
        *_fields(scene, form),
    ]
    buttons = [scene.button("post", "post", primary=True)]
    if state.form:
        buttons.append(scene.button("afresh", "afresh"))
    buttons.append(scene.button("cancel-case", "cancel-case"))
    return state, (scene.reply(*blocks, buttons=tuple(buttons), summary=scene.word("case.title")),)


def post(scene: Scene, state: State, fields: Mapping[str, str]) -> Outcome:
    """The case as a text to copy, and in English too where the person's language is another."""
    form = _edited(scene, state, fields)
    state = replace(state, form=form)
    buttons = (
        scene.button("edit-case", "draft"),
        *((scene.button("step", "step"),) if where_we_are(scene, state) else ()),
        scene.button("restart", "restart"),
    )
    first = (scene.say("case.posted"), Copyable(draft.post(scene, form)))
    if scene.language == "en":
        return state, (scene.reply(*first, buttons=buttons, beside=True),)
    english = draft.post(replace(scene, language="en"), draft.in_english(scene, state, form))
    second = scene.reply(scene.say("case.posted-english"), Copyable(english), buttons=buttons, beside=True)
    return state, (scene.reply(*first, beside=True), second)


def afresh(scene: Scene, state: State) -> Outcome:
    """The form filled in anew from what is known now."""
    return show(scene, replace(state, form=None))


def cancel(scene: Scene, state: State, fields: Mapping[str, str]) -> Outcome:
    """Puts the case aside; what was written is kept."""
    if fields:
        state = replace(state, form=_edited(scene, state, fields))
    said = scene.say("case.canceled")
    here = where_we_are(scene, state, (said,))
    buttons = (scene.button("draft", "draft"), scene.button("restart", "restart"))
    return state, (here or scene.reply(said, buttons=buttons),)


def _edited(scene: Scene, state: State, fields: Mapping[str, str]) -> CaseForm:
    """The form with the fields that came back, redacted; a field that is missing or not allowed keeps its value."""
    form = state.form or draft.fresh(scene, state)
    severities = [severity.id for severity in scene.support.severities]
    product, severity = fields.get("product"), fields.get("severity")
    return CaseForm(
        product=product if product in PRODUCTS else form.product,
        severity=severity if severity in severities else form.severity,
        title=" ".join(_safe(fields.get("title"), TITLE, form.title).split()) or form.title,
        description=_safe(fields.get("description"), DESCRIPTION, form.description),
    )


def _safe(value: object, most: int, otherwise: str) -> str:
    # Cut only after redaction: half a secret would not be recognised as one.
    return clean(redact(clean(value, 4 * most)), most) if isinstance(value, str) else otherwise


def _fields(scene: Scene, form: CaseForm) -> tuple[Field, ...]:
    severities = tuple(
        (s.id, scene.word("case.severity", letter=s.letter, meaning=s.meaning.in_(scene.language)))
        for s in scene.support.severities
    )
    products = tuple((product, scene.support.product(product) or product) for product in PRODUCTS)
    return (
        Field("product", scene.word("case.field.product"), form.product, choices=products),
        Field("severity", scene.word("case.field.severity"), form.severity, choices=severities),
        Field("title", scene.word("case.field.title"), form.title, most=TITLE),
        Field("description", scene.word("case.field.description"), form.description, multiline=True, most=DESCRIPTION),
    )
