"""Which template: asked, chosen among several, or not found; and what is said where looks need leave first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dialogs.azure.refusals import render_names, shorten_value
from dialogs.context import DialogContext, shorten_label
from dialogs.model.azure import TemplateId, TemplateSearchResult
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun, build_literal
from dialogs.state.azure_state import AzureRequest, build_query_from_args, template_id_to_args
from dialogs.texts import TrustedText

MAX_CHOICES = 5
MAX_SIMILAR = 3


def ask_consent(context: DialogContext) -> Reply:
    """Whose eyes would be used, and the question whether they may."""
    asked = context.build_reply(
        context.build_heading("look.consent.title"),
        context.build_paragraph(f"look.consent.{context.access_mode}"),
        context.build_paragraph("look.consent.what"),
        buttons=(
            context.build_button("look-yes", "look-yes", primary=True),
            context.build_button("look-no", "look-no"),
        ),
        beside=True,
    )
    return replace(asked, passing=True)


def ask_template_name(context: DialogContext, leading_blocks: tuple[Block, ...] = ()) -> Reply:
    """The question for the template's name."""
    return context.build_reply(
        *leading_blocks,
        context.build_heading("look.which.title"),
        context.build_paragraph("look.which.how"),
        buttons=(context.build_button("failing", "failing"), context.build_button("guided-questions", "guided")),
        beside=True,
    )


def ask_which_template(context: DialogContext, search_result: TemplateSearchResult) -> Reply:
    """Templates that fit, to choose from."""
    chosen = search_result.exact_matches[:MAX_CHOICES]
    blocks: list[Block] = [
        context.build_heading("look.several.title"),
        *(_render_candidate(ref, search_result) for ref in chosen),
    ]
    if search_result.has_more or len(search_result.exact_matches) > len(chosen):
        blocks.append(context.build_paragraph("look.several.more"))
    blocks += build_subscription_blocks(
        context, search_result.searched_subscriptions, search_result.denied_subscriptions
    )
    picks = tuple(build_template_button(ref, chosen) for ref in chosen if can_be_picked(ref))
    buttons = (*picks, context.build_button("look-other", "look-other"))
    return replace(context.build_reply(*blocks, buttons=buttons, beside=True), passing=True)


def show_no_template(context: DialogContext, request: AzureRequest, search_result: TemplateSearchResult) -> Reply:
    """Nothing fits: where was looked, what has a similar name, which subscriptions could not be read."""
    name = request.query.name or request.query.staging_group or request.query.account
    near = search_result.similar_matches[:MAX_SIMILAR]
    blocks: list[Block] = [context.build_paragraph("look.none.title", "warning", name=name)]
    blocks += build_subscription_blocks(
        context, search_result.searched_subscriptions, search_result.denied_subscriptions
    )
    if search_result.has_more:
        blocks.append(context.build_paragraph("look.none.more"))
    if near:
        blocks += [context.build_paragraph("look.none.near"), *(_render_candidate(ref, search_result) for ref in near)]
    blocks.append(context.build_paragraph("look.none.how"))
    again = context.build_button("look-retry", "look-retry")
    buttons = (
        *(build_template_button(ref, near) for ref in near if can_be_picked(ref)),
        again,
        context.build_button("failing", "failing"),
    )
    return replace(context.build_reply(*blocks, buttons=buttons, beside=True), passing=True)


def build_subscription_blocks(context: DialogContext, searched: Sequence[str], denied: Sequence[str]) -> list[Block]:
    """Which subscriptions were read, and which could not be."""
    blocks: list[Block] = []
    if searched:
        blocks.append(
            context.build_paragraph("look.looked-in", "subtle", count=len(searched), names=render_names(searched))
        )
    elif not denied:
        blocks.append(context.build_paragraph("look.looked-nowhere", "warning"))
    if denied:
        blocks.append(
            context.build_paragraph("look.denied-in", "warning", count=len(denied), names=render_names(denied))
        )
    return blocks


def build_template_button(template_id: TemplateId, candidates: Sequence[TemplateId]) -> Button:
    """The button of one template; with its group where another one has its name."""
    twins = sum(other.name.casefold() == template_id.name.casefold() for other in candidates)
    label = f"{template_id.name} ({template_id.resource_group})" if twins > 1 else template_id.name
    return Button(shorten_label(shorten_value(label)), "look", template_id_to_args(template_id))


def can_be_picked(template_id: TemplateId) -> bool:
    """Whether its names can stand in a button and be believed when they come back."""
    return AzureRequest(query=build_query_from_args(template_id_to_args(template_id))).template_id is not None


def render_template_line(template_id: TemplateId, *details: str, age: str = "") -> Paragraph:
    """A template's name, its group, what else Azure says of it, and how long ago that was, on one line."""
    runs = [
        run
        for part in (template_id.name, template_id.resource_group, *details)
        if part
        for run in (TextRun(" · "), *build_literal(shorten_value(part)))
    ]
    return Paragraph((*runs[1:], *((TextRun(f" · {age}"),) if age else ())))


def _render_candidate(template_id: TemplateId, search_result: TemplateSearchResult) -> Paragraph:
    return render_template_line(
        template_id, search_result.subscription_names.get(template_id.subscription, template_id.subscription)
    )


def show_signed_out(context: DialogContext, was_signed_in: bool) -> Reply:
    """What came of signing out."""
    return context.build_reply(
        context.build_paragraph("look.signed-out" if was_signed_in else "look.not-signed-in"),
        buttons=(context.build_button("look", "look"), context.build_button("help", "help")),
        beside=True,
    )


def show_declined(context: DialogContext, buttons: tuple[Button, ...]) -> Reply:
    """A refusal costs nothing."""
    said = TrustedText(context.format_text("button.look"))
    return context.build_reply(context.build_paragraph("look.declined", button=said), buttons=buttons, beside=True)
