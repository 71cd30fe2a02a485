"""The post that shares a lookup, and the id of its exact text, so that what's posted is what the preview showed."""

from __future__ import annotations

import hashlib

from dialogs.model.reply import Block, LogExcerpt, Paragraph, Reply, RichText
from dialogs.replies.plain_text import flatten_runs, render_plain_text
from dialogs.state.share_state import AskedPlace, LookSummary

ID_BYTES = 12


def build_post(look: LookSummary, shared_by: RichText) -> Reply:
    """Build the post: fixed fields, no buttons."""
    excerpt = (LogExcerpt(((look.line_number, look.line),), look.line_number),) if look.line else ()
    blocks: tuple[Block, ...] = (
        Paragraph(look.title, size="title"),
        Paragraph(look.run),
        *((Paragraph(look.finding),) if look.finding else ()),
        *excerpt,
        *((Paragraph(look.advice),) if look.advice else ()),
        *((Paragraph(shared_by, "subtle"),) if shared_by else ()),
    )
    return Reply(blocks, (), look.language, flatten_runs(look.title), "stays")


def compute_look_id(place: AskedPlace, look: LookSummary) -> str:
    """Compute the id of a shareable lookup, from what it says, and where and when it was requested."""
    return compute_post_id(place, look, ())


def compute_post_id(place: AskedPlace, look: LookSummary, shared_by: RichText) -> str:
    """Compute the id of a post, which a yes must name. It differs for any other text, place, or lookup."""
    text = "\0".join((place.conversation_id, look.looked_at, render_plain_text(build_post(look, shared_by))))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=ID_BYTES).hexdigest()
