"""Find out which template is meant: ask for its name, choose among several, none found; and consent to read Azure."""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.context import DialogContext, shorten_label
from dialogs.model.azure import TemplateSearchResult
from dialogs.model.reply import Block, Button, Paragraph, Reply, TextRun, build_literal
from dialogs.replies.azure_refusal import render_names, shorten_value
from dialogs.state.azure_state import AzureRequest
from dialogs.texts.catalog import TrustedText
from knowledge.template.template_id import TemplateId

MAX_CHOICES = 5
MAX_SIMILAR = 3


def ask_consent(context: DialogContext) -> Reply:
    """Say whose credentials would be used to read Azure, and ask for consent."""
    return context.build_reply(
        context.build_heading("look.consent.title"),
        context.build_paragraph(f"look.consent.{context.access_mode}"),
        context.build_paragraph("look.consent.what"),
        buttons=(
            context.build_button("look-yes", "look-yes", primary=True),
            context.build_button("look-no", "look-no"),
        ),
        placement="passing",
    )


def ask_template_name(context: DialogContext, leading_blocks: tuple[Block, ...] = ()) -> Reply:
    """Ask for the template's name."""
    return context.build_reply(
        *leading_blocks,
        context.build_heading("look.which.title"),
        context.build_paragraph("look.which.how"),
        buttons=(context.build_button("failing", "failing"), context.build_button("guided-questions", "guided")),
        placement="stays",
    )


def find_only_match(request: AzureRequest, search_result: TemplateSearchResult) -> TemplateId | None:
    """Return the only template that can be meant: the one that matches, or the one whose name contains the word."""
    exact, similar = search_result.exact_matches, search_result.similar_matches
    if exact:
        return exact[0] if len(exact) == 1 else None
    name = request.query.name.casefold()
    is_only = request.kind == "template" and len(similar) == 1 and not search_result.has_more and len(name) > 2
    return similar[0] if is_only and name in similar[0].name.casefold() and similar[0].is_valid else None


def ask_for_choice(context: DialogContext, request: AzureRequest, search_result: TemplateSearchResult) -> Reply:
    """Ask which template is meant: one of those that match, or one with a similar name."""
    if search_result.exact_matches:
        return _ask_which_template(context, request, search_result)
    return _show_no_template(context, request, search_result)


def _ask_which_template(context: DialogContext, request: AzureRequest, search_result: TemplateSearchResult) -> Reply:
    """Ask which of the matching templates is meant."""
    offered = search_result.exact_matches[:MAX_CHOICES]
    blocks: list[Block] = [
        context.build_heading("look.several.title"),
        *(_render_candidate(template_id, search_result) for template_id in offered),
    ]
    if search_result.has_more or len(search_result.exact_matches) > len(offered):
        blocks.append(context.build_paragraph("look.several.more"))
    blocks += build_subscription_blocks(
        context, search_result.searched_subscriptions, search_result.denied_subscriptions
    )
    buttons = (
        *_build_template_buttons(request, offered),
        context.build_button("look-other", "look-other"),
    )
    return context.build_reply(*blocks, buttons=buttons, placement="passing")


def _show_no_template(context: DialogContext, request: AzureRequest, search_result: TemplateSearchResult) -> Reply:
    """Say that no template matches, where we searched, and which templates have similar names."""
    name = request.query.name or request.query.staging_group or request.query.account
    similar = search_result.similar_matches[:MAX_SIMILAR]
    blocks: list[Block] = [context.build_paragraph("look.none.title", "warning", name=name)]
    blocks += build_subscription_blocks(
        context, search_result.searched_subscriptions, search_result.denied_subscriptions
    )
    if search_result.has_more:
        blocks.append(context.build_paragraph("look.none.more"))
    if similar:
        blocks.append(context.build_paragraph("look.none.near"))
        blocks += [_render_candidate(template_id, search_result) for template_id in similar]
    blocks.append(context.build_paragraph("look.none.how"))
    buttons = (
        *_build_template_buttons(request, similar),
        context.build_button("look-retry", "look-retry"),
        context.build_button("failing", "failing"),
    )
    return context.build_reply(*blocks, buttons=buttons, placement="passing")


def build_subscription_blocks(context: DialogContext, searched: Sequence[str], denied: Sequence[str]) -> list[Block]:
    """Build the lines about which subscriptions were searched, and which couldn't be read."""
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


def build_template_button(template_id: TemplateId, candidates: Sequence[TemplateId], action_id: str = "look") -> Button:
    """Build a template's button; its label includes the resource group if another candidate has the same name."""
    same_name_count = sum(other.name.casefold() == template_id.name.casefold() for other in candidates)
    label = f"{template_id.name} ({template_id.resource_group})" if same_name_count > 1 else template_id.name
    return Button(shorten_label(shorten_value(label)), action_id, template_id.to_args())


def render_template_line(template_id: TemplateId, *details: str, age: str = "") -> Paragraph:
    """Render a template on one line: its name, resource group, details from Azure, and how long ago they applied."""
    runs = [
        run
        for part in (template_id.name, template_id.resource_group, *details)
        if part
        for run in (TextRun(" · "), *build_literal(shorten_value(part)))
    ]
    return Paragraph((*runs[1:], *((TextRun(f" · {age}"),) if age else ())))


def _build_template_buttons(request: AzureRequest, template_ids: Sequence[TemplateId]) -> tuple[Button, ...]:
    action_id = "preflight" if request.checks else "look"
    valid = [template_id for template_id in template_ids if template_id.is_valid]
    return tuple(build_template_button(template_id, template_ids, action_id) for template_id in valid)


def _render_candidate(template_id: TemplateId, search_result: TemplateSearchResult) -> Paragraph:
    return render_template_line(
        template_id, search_result.subscription_names.get(template_id.subscription, template_id.subscription)
    )


def show_signed_out(context: DialogContext, was_signed_in: bool) -> Reply:
    """Say that the user was signed out, or was not signed in."""
    return context.build_reply(
        context.build_paragraph("look.signed-out" if was_signed_in else "look.not-signed-in"),
        buttons=(context.build_button("look", "look"), context.build_button("help", "help")),
        placement="stays",
    )


def show_declined(context: DialogContext, buttons: tuple[Button, ...]) -> Reply:
    """Acknowledge that the user declined consent; the same button asks again later."""
    label = TrustedText(context.format_text("button.look"))
    return context.build_reply(
        context.build_paragraph("look.declined", button=label), buttons=buttons, placement="stays"
    )
