"""Which template: asked, chosen among several, or not found; and what is said where looks need leave first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dialogs.azure.refusals import brief, listed
from dialogs.context import Scene, short
from dialogs.model.azure import Found, TemplateRef
from dialogs.model.reply import Block, Button, Paragraph, Reply, Run, literal
from dialogs.state.azure import Asked, args_of, of_args
from dialogs.texts import Own

MOST_CHOICES = 5
MOST_NEAR = 3


def consent(scene: Scene) -> Reply:
    """Whose eyes would be used, and the question whether they may."""
    asked = scene.reply(
        scene.heading("look.consent.title"),
        scene.say(f"look.consent.{scene.looks}"),
        scene.say("look.consent.what"),
        buttons=(scene.button("look-yes", "look-yes", primary=True), scene.button("look-no", "look-no")),
        beside=True,
    )
    return replace(asked, passing=True)


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
    blocks: list[Block] = [scene.heading("look.several.title"), *(_named(ref, found) for ref in chosen)]
    if found.more or len(found.exact) > len(chosen):
        blocks.append(scene.say("look.several.more"))
    blocks += where(scene, found.looked_in, found.denied)
    picks = tuple(pick(ref, chosen) for ref in chosen if pickable(ref))
    buttons = (*picks, scene.button("look-other", "look-other"))
    return replace(scene.reply(*blocks, buttons=buttons, beside=True), passing=True)


def none(scene: Scene, asked: Asked, found: Found) -> Reply:
    """Nothing fits: where was looked, what has a similar name, which subscriptions could not be read."""
    name = asked.wanted.name or asked.wanted.staging_group or asked.wanted.account
    near = found.near[:MOST_NEAR]
    blocks: list[Block] = [scene.say("look.none.title", "warning", name=name)]
    blocks += where(scene, found.looked_in, found.denied)
    if found.more:
        blocks.append(scene.say("look.none.more"))
    if near:
        blocks += [scene.say("look.none.near"), *(_named(ref, found) for ref in near)]
    blocks.append(scene.say("look.none.how"))
    again = scene.button("look-retry", "look-retry")
    buttons = (*(pick(ref, near) for ref in near if pickable(ref)), again, scene.button("failing", "failing"))
    return replace(scene.reply(*blocks, buttons=buttons, beside=True), passing=True)


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


def pick(ref: TemplateRef, among: Sequence[TemplateRef]) -> Button:
    """The button of one template; with its group where another one has its name."""
    twins = sum(other.name.casefold() == ref.name.casefold() for other in among)
    label = f"{ref.name} ({ref.resource_group})" if twins > 1 else ref.name
    return Button(short(brief(label)), "look", args_of(ref))


def pickable(ref: TemplateRef) -> bool:
    """Whether its names can stand in a button and be believed when they come back."""
    return Asked(wanted=of_args(args_of(ref))).ref is not None


def place(ref: TemplateRef, *more: str, ago: str = "") -> Paragraph:
    """A template's name, its group, what else Azure says of it, and how long ago that was, on one line."""
    runs = [
        run for part in (ref.name, ref.resource_group, *more) if part for run in (Run(" · "), *literal(brief(part)))
    ]
    return Paragraph((*runs[1:], *((Run(f" · {ago}"),) if ago else ())))


def _named(ref: TemplateRef, found: Found) -> Paragraph:
    return place(ref, found.names.get(ref.subscription, ref.subscription))


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
