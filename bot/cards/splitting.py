"""Split a reply whose copyable texts are too long for one card, so that nothing of them is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.cards.layout import lay_out_card
from bot.cards.size import TARGET_BYTES, compute_size
from bot.cards.text_runs import build_text_runs
from dialogs.model.reply import Block, CopyableText, FormField, Paragraph, Reply, TextRun
from dialogs.texts.catalog import get_texts
from knowledge.model.entry import Language

_MAX_CHUNK_BYTES = 16 * 1024  # that one chunk of a split text adds to a card, its copy in the fallback text included
_TEXT_RUN_BYTES = 200  # that a further TextRun takes besides its text


def split_reply(reply: Reply) -> list[Reply]:
    """Split `reply` into replies whose copyable texts fit their cards whole; most replies are returned alone.

    A long text is cut at line ends where it has any, and its parts joined are the text. Everything else keeps its
    order; a form and the buttons stay together in the last reply.
    """
    # what is only read may be shortened; a text to copy must be whole
    has_copyable_text = any(isinstance(block, CopyableText) for block in reply.blocks)
    if not has_copyable_text or compute_size(lay_out_card(reply)) <= TARGET_BYTES:
        return [reply]
    groups: list[tuple[Block, ...]] = [()]
    for unit in _iterate_units(reply):
        together = (*groups[-1], *unit)
        if groups[-1] and compute_size(lay_out_card(replace(reply, blocks=together))) > TARGET_BYTES:
            groups.append(unit)
        else:
            groups[-1] = together
    *earlier, last = [group for group in groups if group]
    return [*(replace(reply, blocks=group, buttons=()) for group in earlier), replace(reply, blocks=last)]


def _iterate_units(reply: Reply) -> Iterator[tuple[Block, ...]]:
    """Yield the blocks in groups that must stay on one card; the last one is the form with all that follows it."""
    blocks = reply.blocks
    form_start = next((at for at, block in enumerate(blocks) if isinstance(block, FormField)), len(blocks))
    texts_in_form = (block for block in blocks[form_start:] if isinstance(block, CopyableText))
    for block in (*blocks[:form_start], *texts_in_form):
        yield from _split_block(block, reply.language)
    yield tuple(block for block in blocks[form_start:] if not isinstance(block, CopyableText))


def _split_block(block: Block, language: Language) -> Iterator[tuple[Block, ...]]:
    """Yield a block alone, or the numbered chunks of a long text."""
    if not isinstance(block, CopyableText):
        yield (block,)
        return
    chunks = list(_split_text(block.text))
    for number, chunk in enumerate(chunks, 1):
        label = get_texts().format_text("reply.part", language, number=number, count=len(chunks))
        note = (Paragraph((TextRun(label),), tone="subtle"),) if len(chunks) > 1 else ()
        yield (*note, CopyableText(chunk))


def _split_text(text: str) -> Iterator[str]:
    if _compute_cost(text) <= _MAX_CHUNK_BYTES:
        yield text
        return
    chunk: list[str] = []
    chunk_cost = 0
    for line in _split_lines(text):
        cost = _compute_cost(line)
        if chunk and chunk_cost + cost > _MAX_CHUNK_BYTES:
            yield "".join(chunk)
            chunk, chunk_cost = [], 0
        chunk.append(line)
        chunk_cost += cost
    yield "".join(chunk)


def _split_lines(text: str) -> Iterator[str]:
    """Yield the lines of `text` with their ends; a line that is too long for a chunk is halved until it fits."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    for line in lines:
        parts = [line]
        while parts:
            part = parts.pop()
            if len(part) > 1 and _compute_cost(part) > _MAX_CHUNK_BYTES:
                parts += [part[len(part) // 2 :], part[: len(part) // 2]]
            elif part:
                yield part


def _compute_cost(text: str) -> int:
    """Return the bytes that `text` adds to a card: in its runs, and again in the fallback text."""
    runs = build_text_runs(text)
    return 2 * compute_size("".join(run["text"] for run in runs)) + _TEXT_RUN_BYTES * len(runs[1:])
