"""The choice of where a ticket goes: a problem type, of Image Builder's own product or of the documented path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dialogs.context import MAX_BUTTONS, DialogContext, shorten_label
from dialogs.model.reply import Block, Button, FactTable, Reply, build_literal
from dialogs.model.support import MAX_CLASSIFICATIONS, ClassificationOptions, TicketProduct

MAX_OWN_CLASSIFICATIONS = MAX_BUTTONS - 2
"""How many problem types of Image Builder's own product are offered: two more buttons lead elsewhere."""


def limit_options(context: DialogContext, options: ClassificationOptions) -> ClassificationOptions:
    """Return `options` with no more classifications than a person is asked to choose from."""
    is_own = context.knowledge.support.is_own_product(options.service.name)
    limit = MAX_OWN_CLASSIFICATIONS if is_own else MAX_CLASSIFICATIONS
    return replace(options, classifications=options.classifications[:limit])


def render_choice(context: DialogContext, options: ClassificationOptions, product: TicketProduct) -> Reply | None:
    """Render the choice, or return None if there is only one place for the ticket."""
    offered = limit_options(context, options)
    if context.knowledge.support.is_own_product(options.service.name):
        return _render_own_product(context, offered, product, has_more=offered != options)
    return _render_problem_types(context, offered) if len(offered.classifications) > 1 else None


def _render_problem_types(context: DialogContext, options: ClassificationOptions) -> Reply:
    return context.build_reply(
        context.build_paragraph("ticket.choose", service=build_literal(options.service.name)),
        _build_name_table([classification.name for classification in options.classifications]),
        buttons=(*_build_buttons(options), context.build_button("ticket-change", "ticket-change"))[:MAX_BUTTONS],
    )


def _render_own_product(
    context: DialogContext, options: ClassificationOptions, product: TicketProduct, has_more: bool
) -> Reply:
    """Render the problem types of Image Builder's own product, and after them the documented path.

    `has_more`: Azure lists more problem types than `options` has.
    """
    routing = context.knowledge.support
    path = f"{routing.get_product_name(product)} / {routing.topic_path.topic} / {routing.topic_path.subtopic}"
    names = [f"{options.service.name} / {classification.name}" for classification in options.classifications]
    blocks: list[Block] = [context.build_paragraph("ticket.own-product", service=build_literal(options.service.name))]
    if has_more:
        blocks.append(context.build_paragraph("ticket.own-product.more", "subtle"))
    buttons = (
        *_build_buttons(options),
        context.build_button("ticket-documented", "ticket-documented"),
        context.build_button("ticket-change", "ticket-change"),
    )
    return context.build_reply(*blocks, _build_name_table([*names, path]), buttons=buttons)


def _build_buttons(options: ClassificationOptions) -> list[Button]:
    return [
        Button(shorten_label(classification.name), "ticket-kind", {"kind": index}, primary=index == 0)
        for index, classification in enumerate(options.classifications)
    ]


def _build_name_table(names: Sequence[str]) -> FactTable:
    """Return a table of the full names, since the labels of buttons are short."""
    return FactTable(tuple((str(number), build_literal(name)) for number, name in enumerate(names, 1)))
