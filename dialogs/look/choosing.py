"""Which template: asked, chosen among several, or not found; and what is said where looks need leave first."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.look.memory import Asked, args_of
from dialogs.look.refusals import listed
from dialogs.looks import Found, TemplateRef
from dialogs.scene import Scene, short
from dialogs.texts import Own
from dialogs.view import Block, Button, Paragraph, Reply, Run

MOST_CHOICES = 5
MOST_NEAR = 3


def consent(scene: Scene) -> Reply:
    """Whose eyes would be used, and the question whether they may."""
    return scene.reply(
        scene.heading("look.consent.title"),
        scene.say(f"look.consent.{scene.looks}"),
        scene.say("look.consent.what"),
        buttons=(scene.button("look-yes", "look-yes", primary=True), scene.button("look-no", "look-no")),
        beside=True,
    )


def which(scene: Scene, before: tuple[Block, ...] = ()) -> Reply:
    """The question for the template's name."""
    return scene.reply(
        *before,
        scene.heading("look.which.title"),
        scene.say("look.which.how"),
        buttons=(scene.button("failing", "failing"), scene.button("guided-questions", "guided")),
        beside=True,
    )


def several(scene: Scene, found: Found) -> Reply:
    """Templates that fit, to choose from."""
    chosen = found.exact[:MOST_CHOICES]
    blocks: list[Block] = [scene.heading("look.several.title"), *_lines(chosen)]
    if found.more or len(found.exact) > len(chosen):
        blocks.append(scene.say("look.several.more"))
    blocks += where(scene, found.looked_in, found.denied)
    return scene.reply(*blocks, buttons=tuple(pick(scene, ref, chosen) for ref in chosen), beside=True)


def none(scene: Scene, asked: Asked, found: Found) -> Reply:
    """Nothing fits: where was looked, what has a similar name, which subscriptions could not be read."""
    name = asked.wanted.name or asked.wanted.staging_group or asked.wanted.account
    near = found.near[:MOST_NEAR]
    blocks: list[Block] = [scene.say("look.none.title", "warning", name=name)]
    blocks += where(scene, found.looked_in, found.denied)
    if found.more:
        blocks.append(scene.say("look.none.more"))
    if near:
        blocks += [scene.say("look.none.near"), *_lines(near)]
    blocks.append(scene.say("look.none.how"))
    again = scene.button("look-retry", "look-retry")
    buttons = (*(pick(scene, ref, near) for ref in near), again, scene.button("failing", "failing"))
    return scene.reply(*blocks, buttons=buttons, beside=True)


def where(scene: Scene, looked_in: Sequence[str], denied: Sequence[str]) -> list[Block]:
    """Which subscriptions were read, and which could not be."""
    blocks: list[Block] = []
    if looked_in:
        blocks.append(scene.say("look.looked-in", "subtle", count=len(looked_in), names=listed(looked_in)))
    elif not denied:
        blocks.append(scene.say("look.looked-nowhere", "warning"))
    if denied:
        blocks.append(scene.say("look.denied-in", "warning", count=len(denied), names=listed(denied)))
    return blocks


def pick(scene: Scene, ref: TemplateRef, among: Sequence[TemplateRef]) -> Button:
    """The button of one template; with its group where another one has its name."""
    twins = sum(other.name.casefold() == ref.name.casefold() for other in among)
    label = f"{ref.name} ({ref.resource_group})" if twins > 1 else ref.name
    return Button(short(label), "look", args_of(ref))


def _lines(refs: Sequence[TemplateRef]) -> list[Block]:
    return [
        Paragraph(
            (
                Run(ref.name, "code"),
                Run(" · "),
                Run(ref.resource_group, "code"),
                Run(" · "),
                Run(ref.subscription, "code"),
            )
        )
        for ref in refs
    ]


def signed_out(scene: Scene, was_in: bool) -> Reply:
    """What came of signing out."""
    return scene.reply(
        scene.say("look.signed-out" if was_in else "look.not-signed-in"),
        buttons=(scene.button("look", "look"), scene.button("help", "help")),
        beside=True,
    )


def declined(scene: Scene, buttons: tuple[Button, ...]) -> Reply:
    """A refusal costs nothing."""
    said = Own(scene.word("button.look"))
    return scene.reply(scene.say("look.declined", button=said), buttons=buttons, beside=True)
