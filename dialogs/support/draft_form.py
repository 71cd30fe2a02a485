"""The form of a support case: shown filled in, checked, kept as the person edits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialogs.context import Outcome, Scene
from dialogs.model.reply import Block, Facts, Field, Paragraph, Run
from dialogs.replies.plain_text import visible
from dialogs.state.case import CLIENTS, DESCRIPTION, FREQUENCIES, PRODUCTS, RESOURCE, SHORT, TITLE, CaseForm
from dialogs.state.json_fields import clean
from dialogs.state.state import State
from dialogs.support import draft
from dialogs.support.case_lines import is_template_id
from dialogs.support.case_text import edited
from dialogs.texts import Own
from knowledge.redaction.redact import redact

Fields = Mapping[str, str]
_TEMPLATE_HINT = "/subscriptions/…/resourceGroups/…/providers/Microsoft.VirtualMachineImages/imageTemplates/…"
_ALWAYS_SENT = ("severity", "frequency", "client")
_TEXTS = {
    "last_good": SHORT,
    "changed": SHORT,
    "impact": SHORT,
    "template_id": RESOURCE,
    "title": TITLE,
    "description": DESCRIPTION,
}


def show(
    scene: Scene,
    state: State,
    problems: Mapping[str, str] | None = None,
    before: tuple[Paragraph, ...] = (),
) -> Outcome:
    """The form, as the person left it or filled in from what is known; first of all, whose case it really is.

    `problems` says, by field, what is wrong with it.
    """
    form = state.form or draft.fresh(scene, state)
    blocks: list[Block] = [*before, scene.heading("case.title")]
    owner = next((one for one in scene.support.owners if one.id == form.owner), None)
    if owner:
        who = Own(owner.who.in_(scene.language))
        blocks.append(scene.say("case.owner", "warning", who=who))
        blocks.append(scene.say("case.owner-why", why=scene.text(owner.why)))
    blocks += [_destination(scene), *_older_path(scene)]
    blocks.append(scene.say("case.check" if problems else "case.intro", "attention" if problems else "default"))
    blocks += _fields(scene, form, problems or {})
    buttons = [scene.button("post", "post", primary=True), scene.button("cancel-case", "cancel-case")]
    if state.form:
        buttons.append(replace(scene.button("afresh", "afresh"), bare=True))
        buttons.append(replace(scene.button("discard-case", "discard-case"), bare=True))
    if state.drafts:
        buttons.append(replace(scene.button("drafts", "drafts"), bare=True))
    return state, (scene.reply(*blocks, buttons=tuple(buttons), summary=scene.word("case.title")),)


def taken(scene: Scene, state: State, fields: Fields) -> tuple[State, dict[str, str]]:
    """The state with what the person wrote, redacted, and what is wrong with it, by field.

    A field that did not come, or holds what its choices do not, keeps its value. Clients leave out a text that was
    emptied: where the choices came, which always hold something, such a text is empty.
    """
    form = state.form or draft.fresh(scene, state)
    if all(name in fields for name in _ALWAYS_SENT):
        fields = {**dict.fromkeys(_TEXTS, ""), **fields}
    problems = {
        name: scene.word("case.problem.long", most=most) for name, most in _TEXTS.items() if _long(fields, name)
    }
    texts = {name: _safe(fields.get(name), most, getattr(form, name)) for name, most in _TEXTS.items()}
    chosen = {
        "product": PRODUCTS,
        "severity": tuple(severity.id for severity in scene.support.severities),
        "frequency": FREQUENCIES,
        "client": CLIENTS,
    }
    choices: dict[str, Any] = {name: fields[name] for name, allowed in chosen.items() if fields.get(name) in allowed}
    title, description = " ".join(texts.pop("title").split()), texts.pop("description")
    short: dict[str, Any] = {name: " ".join(value.split()) for name, value in texts.items()}
    form = replace(edited(form, title, description), **short, **choices)
    return replace(state, form=form), {**_wrong(scene, form), **problems}


def _wrong(scene: Scene, form: CaseForm) -> dict[str, str]:
    wrong = {
        name: scene.word("case.problem.empty") for name in ("title", "description") if not getattr(form, name).strip()
    }
    if form.product not in PRODUCTS:
        wrong["product"] = scene.word("case.problem.product")
    if form.template_id and not is_template_id(form.template_id):
        wrong["template_id"] = scene.word("case.problem.template")
    return wrong


def _long(fields: Fields, name: str) -> bool:
    value = fields.get(name)
    return isinstance(value, str) and len(value) > _TEXTS[name]


def _safe(value: object, most: int, otherwise: str) -> str:
    # Cut only after redaction: half a secret would not be recognised as one.
    return visible(clean(redact(clean(value, 4 * most)), most))[:most] if isinstance(value, str) else otherwise


def _destination(scene: Scene) -> Facts:
    routing = scene.support
    return Facts(
        (
            (scene.word("case.family"), (Run(routing.product_family),)),
            (scene.word("case.topic"), (Run(routing.path.topic),)),
            (scene.word("case.subtopic"), (Run(routing.path.subtopic),)),
        )
    )


def _older_path(scene: Scene) -> tuple[Paragraph, ...]:
    older = scene.support.fallback
    return (scene.say("case.fallback", "subtle", topic=Own(older.topic), subtopic=Own(older.subtopic)),)


def _fields(scene: Scene, form: CaseForm, problems: Mapping[str, str]) -> list[Field]:
    severities = tuple(
        (s.id, scene.word("case.severity", letter=s.letter, meaning=s.meaning.in_(scene.language)))
        for s in scene.support.severities
    )
    products = tuple((product, scene.support.product(product) or product) for product in PRODUCTS)
    frequencies = tuple((one, scene.word(f"case.frequency.{one}")) for one in FREQUENCIES)
    clients = tuple((one, scene.word(f"case.client.{one}")) for one in CLIENTS)

    def field(name: str, **more: object) -> Field:
        given = {"most": _TEXTS[name]} if name in _TEXTS else {}
        options = {**given, **more, "problem": problems.get(name, "")}
        return Field(name, scene.word(f"case.field.{name}"), getattr(form, name), **options)  # type: ignore[arg-type]

    # What only the person can say comes first: on a phone the rest is a long way down.
    return [
        field("product", choices=products),
        field("severity", choices=severities),
        field("frequency", choices=frequencies),
        field("client", choices=clients),
        field("last_good", hint=scene.word("case.hint.last_good")),
        field("changed", hint=scene.word("case.hint.changed")),
        field("impact", hint=scene.word("case.hint.impact")),
        field("template_id", hint=_TEMPLATE_HINT),
        field("title", required=True),
        field("description", required=True, multiline=True),
    ]
