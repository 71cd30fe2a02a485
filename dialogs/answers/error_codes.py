"""The meaning of a code that somebody asks about: an exit code, or an error code of Azure or a tool."""

from __future__ import annotations

import asyncio
import re

from dialogs.context import DialogContext, DialogResult
from dialogs.model.reply import Block, FactTable, Paragraph, RichText, build_literal, emphasize, parse_markup
from dialogs.replies.general_replies import build_default_buttons
from dialogs.resources import DialogResources
from dialogs.solution.candidate_view import build_choose_button
from dialogs.solution.howtos import build_back_to_step_buttons
from dialogs.state.conversation_state import ConversationState
from dialogs.texts.catalog import TrustedText
from knowledge.catalog.error_codes import find_error_code
from knowledge.catalog.exit_codes import find_program, list_meanings
from knowledge.diagnosis.azure_error import is_wrapper_code

_MAX_CANDIDATES = 3
_NUMBER = re.compile(r"-?\d+|0x[0-9a-fA-F]+")


async def explain_code(
    context: DialogContext, state: ConversationState, resources: DialogResources, code: str, program: str = ""
) -> DialogResult:
    """Say what a code means, and which failures it belongs to. `program` is what ended with it, if that was said."""
    os = state.diagnosis.os if state.diagnosis else None
    program = program or (find_program(state.diagnosis) if state.diagnosis else "")
    number = int(code, 0) if _NUMBER.fullmatch(code) else None
    meanings = list_meanings(number, os, context.language, program) if number is not None else {}
    diagnosis = await resources.diagnose(code, context.language)
    found = [match.entry for match in diagnosis.matches if match.entry in context.entries]
    entries = [entry_id for entry_id in found if not context.entries[entry_id].shows_script_output]
    known = find_error_code(code)
    if known is not None:
        entries = [*entries, *(entry for entry in known.entries if entry in context.entries and entry not in entries)]
    is_wrapper = is_wrapper_code(code)
    if not entries and number is None and not is_wrapper and known is None:
        hits = await asyncio.to_thread(lambda: context.knowledge.keyword_search.search(code))
        entries = [hit.entry for hit in hits if not hit.finding]
    entries = entries[:_MAX_CANDIDATES]
    blocks: list[Block] = [Paragraph(build_literal(code), size="title")]
    if meanings:
        blocks.append(FactTable(tuple(_build_row(context, *item) for item in meanings.items())))
    elif known is not None:
        blocks.append(Paragraph(context.localize(known.meaning)))
    elif is_wrapper:
        blocks.append(context.build_paragraph("code.wrapper"))
    elif not entries:
        blocks.append(context.build_paragraph("code.unknown"))
    blocks += [Paragraph(emphasize(context.build_paragraph("code.belongs").text))] if entries else []
    blocks.append(context.build_paragraph("code.alone", "subtle"))
    if known is not None:
        page = TrustedText(f"{known.reference.title}: {known.reference.url}")
        blocks.append(context.build_paragraph("guides.references", "subtle", pages=page))
    buttons = (
        *(build_choose_button(context, entry, 0) for entry in entries),
        *(build_back_to_step_buttons(context, state) or build_default_buttons(context)),
    )
    return DialogResult(state, (context.build_reply(*blocks, buttons=buttons, placement="stays"),))


def _build_row(context: DialogContext, scope: str, meaning: str) -> tuple[str, RichText]:
    """Build the row of one meaning: on a system, from a program, or anywhere."""
    return scope or context.format_text("code.meaning"), parse_markup(meaning)
