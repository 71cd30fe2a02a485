"""The corrected template as a file: what can be corrected automatically is, and secrets are replaced by a mark."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialogs.context import DialogContext, DialogResult
from dialogs.model.effects import OfferFile
from dialogs.preflight.check_view import can_be_saved
from dialogs.replies.general_replies import show_problem
from dialogs.state.conversation_state import ConversationState
from dialogs.state.template_check import KeptCheck

FILE_KIND = "template"
"""Tells the file from the others that a conversation offers."""
_UNUSUAL = re.compile(r"[^\w.-]+", re.ASCII)


def offer_corrected_template(context: DialogContext, state: ConversationState, kept: KeptCheck) -> DialogResult:
    """Offer the corrected template, and say what to fill in again."""
    check = kept.check
    if not can_be_saved(check):
        return DialogResult(state, (show_problem(context, "check.gone"),))
    name = _build_file_name(check.name)
    blocks = [context.build_paragraph("check.file.offer", name=name)]
    if check.hides_secrets:
        blocks.append(context.build_paragraph("check.file.hides", "warning"))
    back = context.build_button("preflight-list", "preflight-list", check=kept.number)
    reply = context.build_reply(*blocks, buttons=(back,), placement="stays")
    args = {"as": FILE_KIND, "language": context.language, "check": kept.number}
    size = len(check.corrected.encode("utf-8", "replace"))
    return DialogResult(state, (reply,), (OfferFile(name, context.format_text("check.file.what"), size, args),))


def read_corrected_template(state: ConversationState, args: Mapping[str, object]) -> bytes | None:
    """Return the content of the file that was offered with `args`; None if another template was checked since."""
    kept = state.kept_check
    if kept is None or args.get("check") != kept.number or not kept.check.corrected:
        return None
    return kept.check.corrected.encode("utf-8", "replace")


def _build_file_name(name: str) -> str:
    stem = _UNUSUAL.sub("-", name.removesuffix(".json"))[:60].strip(".-")
    return f"{stem or 'template'}-corrected.json"
