"""What a person reads about sharing a lookup: the preview, the outcome, and how it works."""

from __future__ import annotations

from dataclasses import replace

from dialogs.context import DialogContext
from dialogs.model.reply import Placement, Reply, RichText, Tone
from dialogs.model.share_refusal import LASTING_SHARE_REFUSALS, ShareRefusalReason
from dialogs.model.turn import Person
from dialogs.sharing.post import build_post, compute_post_id
from dialogs.state.json_fields import clean_text
from dialogs.state.share_state import AskedPlace, LookSummary
from dialogs.texts.catalog import TrustedText
from knowledge.redaction.redact import redact

EXAMPLE_NAME = "win11-golden"
MAX_NAME_CHARS = 100


def render_shared_by(context: DialogContext, person: Person, look: LookSummary) -> RichText:
    """Return the last line of a post, which says who shared it, in the language of the rest."""
    name = clean_text(redact(" ".join(person.name.split())), MAX_NAME_CHARS)
    if not name:
        return context.texts.format_runs("share.by-unnamed", look.language)
    return context.texts.format_runs("share.by", look.language, name=TrustedText(name))


def show_preview(context: DialogContext, place: AskedPlace, look: LookSummary, shared_by: RichText) -> Reply:
    """Show exactly what would be posted, and ask for confirmation."""
    post_id = compute_post_id(place, look, shared_by)
    reply = context.build_reply(
        context.build_heading(f"share.preview.title.{place.scope}"),
        context.build_paragraph("share.preview.what", place=_name_place(context, place)),
        *build_post(look, shared_by).blocks,
        buttons=(
            context.build_button("share-yes", "share-yes", primary=True, post=post_id),
            context.build_button("share-no", "share-no", post=post_id),
        ),
        placement="passing",
    )
    # line numbers are labeled as in the post
    return replace(reply, language=look.language)


def show_posted(context: DialogContext, place: AskedPlace) -> Reply:
    """Say that the lookup was posted."""
    return _show(context, "share.posted", place, tone="good")


def show_refusal(context: DialogContext, place: AskedPlace, post_id: str, reason: ShareRefusalReason) -> Reply:
    """Say why the lookup wasn't posted, or that it's unknown whether it was, and what to do."""
    retry = context.build_button("look-retry", "share-yes", primary=True, post=post_id)
    name = place.template_id.name if place.template_id else EXAMPLE_NAME
    return context.build_reply(
        context.build_paragraph(f"share.refused.{reason}", "warning", place=_name_place(context, place)),
        # Azure doesn't allow anything in a name that is special inside the command
        context.build_paragraph(f"share.refused.{reason}.next", name=TrustedText(name)),
        buttons=(*(() if reason in LASTING_SHARE_REFUSALS else (retry,)), context.build_button("help", "help")),
        placement="replaces",
    )


def show_already_posted(context: DialogContext, place: AskedPlace) -> Reply:
    """Say that nothing is posted twice."""
    return _show(context, "share.already", place)


def show_declined(context: DialogContext) -> Reply:
    """Acknowledge that the person doesn't want to share it."""
    return _show(context, "share.declined")


def show_outdated(context: DialogContext) -> Reply:
    """Say that a card or a preview is no longer valid, since another lookup followed or it was forgotten."""
    return _show(context, "share.outdated", placement="stays")


def show_off(context: DialogContext) -> Reply:
    """Say that the operator hasn't turned on sharing, and what to do instead."""
    return _show(context, "share.off", placement="stays")


def show_only_private(context: DialogContext) -> Reply:
    """Say, if others can read the chat, that sharing starts in the private chat."""
    return _show(context, "share.only-private", placement="stays")


def show_how(context: DialogContext, name: str = "") -> Reply:
    """Say how to share a lookup: by asking for it where it should be posted."""
    buttons = (context.build_button("help", "help"),)
    paragraph = context.build_paragraph("share.how", name=TrustedText(name or EXAMPLE_NAME))
    return context.build_reply(paragraph, buttons=buttons, placement="stays")


def _show(
    context: DialogContext,
    key: str,
    place: AskedPlace | None = None,
    tone: Tone = "default",
    placement: Placement = "replaces",
) -> Reply:
    values = {"place": _name_place(context, place)} if place else {}
    look_again = () if context.is_public else (context.build_button("look-again", "look-again"),)
    return context.build_reply(
        context.build_paragraph(key, tone, **values),
        buttons=(*look_again, context.build_button("help", "help")),
        placement=placement,
    )


def _name_place(context: DialogContext, place: AskedPlace) -> TrustedText:
    return TrustedText(context.format_text(f"share.place.{place.scope}"))
