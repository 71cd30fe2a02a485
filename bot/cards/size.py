"""Keeps a card inside what Teams takes: shortens what is only read, splits what is to be copied."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile

from bot.cards.layout import CardElement, build_text_runs, lay_out_card
from bot.state.json_text import encode_json
from dialogs.model.reply import (
    Block,
    Command,
    CopyableText,
    DurationBars,
    FactTable,
    FormField,
    LogExcerpt,
    Paragraph,
    Reply,
    RichText,
    TextRun,
)
from dialogs.replies.plain_text import render_plain_text
from knowledge.model.entry import Language, LocalizedText

TARGET_BYTES = 25 * 1024
"""Bytes of UTF-16 that a card should stay under."""
MAX_CARD_BYTES = 80 * 1024
"""Bytes of UTF-16 that a card never exceeds; Teams refuses a message of 100 KB."""

_MAX_CHUNK_BYTES = (
    16 * 1024
)  # bytes that one chunk of a split text may add to a card, its copy in the fallback text included
_MAX_TITLE_CHARS = 80  # characters of a button
_MAX_FALLBACK_FIELD_CHARS = 200  # characters of an input that the fallback text of a large form holds
_RESERVED_BYTES = 2_000  # bytes that a card gets when it is sent: whose it is, on each of its buttons
_TEXT_RUN_BYTES = 200  # bytes that a further TextRun takes besides its text

_MORE_LINES = LocalizedText(en="… {count} more lines", it="… altre {count} righe")
_ONE_MORE_LINE = LocalizedText(en="… 1 more line", it="… un'altra riga")
_MORE_CHARACTERS = LocalizedText(en=" … {count} more characters", it=" … altri {count} caratteri")
_MORE_BLOCKS = LocalizedText(
    en="… The rest of this message ({count} parts) is too long for a card.",
    it="… Il resto del messaggio ({count} parti) è troppo lungo per una scheda.",
)
_PART_LABEL = LocalizedText(en="Part {number} of {count}", it="Parte {number} di {count}")


@dataclass(frozen=True, slots=True)
class _Allowance:
    """How much of each kind of block is shown: rows, characters a row, characters of a block or a run."""

    max_rows: float = math.inf
    max_row_chars: float = math.inf
    max_copyable_chars: float = math.inf
    max_command_chars: float = math.inf
    max_run_chars: float = math.inf
    max_blocks: float = math.inf


# What is only read gives way first, then what is copied, and our own sentences last of all.
_USUAL_ALLOWANCES = (
    _Allowance(),
    _Allowance(40, 600),
    _Allowance(20, 300),
    _Allowance(12, 200, 8000, 4000),
    _Allowance(8, 160, 4000, 2000),
    _Allowance(4, 120, 2000, 1000),
)
_LAST_RESORT_ALLOWANCES = (
    _Allowance(4, 120, 2000, 1000, 4000, 60),
    _Allowance(3, 100, 500, 300, 500, 40),
    _Allowance(2, 60, 120, 120, 100, 20),
    _Allowance(1, 40, 40, 40, 40, 8),
    _Allowance(1, 16, 16, 16, 16, 2),
)


def compute_size(card: CardElement) -> int:
    """The bytes that Teams counts for `card`: its JSON in UTF-16."""
    return _count_utf16_bytes(card)


def fit_card(reply: Reply) -> CardElement:
    """The card for `reply`, shortened with visible notes as far as its size demands. Buttons and fields always stay."""
    if any(len(button.label) > _MAX_TITLE_CHARS for button in reply.buttons):
        reply = replace(
            reply, buttons=tuple(replace(button, label=_truncate_title(button.label)) for button in reply.buttons)
        )
    smallest: CardElement | None = None
    for allowance in _USUAL_ALLOWANCES:
        card = _lay_out_sendable_card(_shorten_reply(reply, allowance))
        if (bytes_ := compute_size(card)) <= TARGET_BYTES:
            return card
        if bytes_ <= MAX_CARD_BYTES and smallest is None:
            smallest = card
    if smallest is not None:  # long in what can't be shortened without harm: over the target, within the limit
        return smallest
    for allowance in _LAST_RESORT_ALLOWANCES:
        card = _lay_out_sendable_card(_shorten_reply(reply, allowance))
        if compute_size(card) <= MAX_CARD_BYTES:
            break
    return card


def _lay_out_sendable_card(reply: Reply) -> CardElement:
    """The card for `reply`. Where it is large, the fallback text is brief: of what stands in its inputs the beginning,
    since they carry it twice already, and a client that shows no card has no use for a form.
    """
    card = lay_out_card(reply)
    if (
        any(isinstance(block, FormField | FactTable) for block in reply.blocks)
        and compute_size(card) > TARGET_BYTES - _RESERVED_BYTES
    ):
        card["fallbackText"] = render_plain_text(replace(reply, blocks=tuple(_select_fallback_blocks(reply))))
    return card


def _select_fallback_blocks(reply: Reply) -> Iterator[Block]:
    """What the fallback text of a large card holds: nothing that the card itself has folded."""
    before: Block | None = None
    for block in reply.blocks:
        folded = isinstance(block, FactTable) and block.folded_label
        another_shell = isinstance(block, Command) and isinstance(before, Command)
        if isinstance(block, FormField) and not block.choices:
            yield replace(block, value=_truncate_text(block.value, _MAX_FALLBACK_FIELD_CHARS, reply.language))
        elif not folded and not another_shell:
            yield block
        before = block


def split_reply(reply: Reply) -> list[Reply]:
    """`reply` as one or more replies whose copyable texts fit their cards whole.

    A long text is cut at line ends where it has any, and its pieces joined are the text. Everything else keeps its
    order; a form and the buttons stand together in the last part.
    """
    texts = [block for block in reply.blocks if isinstance(block, CopyableText)]
    if not texts or compute_size(lay_out_card(reply)) <= TARGET_BYTES:
        return [reply]
    form_at = next((at for at, block in enumerate(reply.blocks) if isinstance(block, FormField)), len(reply.blocks))
    form = tuple(block for block in reply.blocks[form_at:] if not isinstance(block, CopyableText))
    before_form = (
        *reply.blocks[:form_at],
        *(block for block in reply.blocks[form_at:] if isinstance(block, CopyableText)),
    )
    groups: list[tuple[Block, ...]] = [()]
    for unit in (*(unit for block in before_form for unit in _split_block(block, reply.language)), form):
        together = (*groups[-1], *unit)
        if groups[-1] and compute_size(lay_out_card(replace(reply, blocks=together))) > TARGET_BYTES:
            groups.append(unit)
        else:
            groups[-1] = together
    filled = [group for group in groups if group]
    return [replace(reply, blocks=group, buttons=()) for group in filled[:-1]] + [replace(reply, blocks=filled[-1])]


def _split_block(block: Block, language: Language) -> Iterator[tuple[Block, ...]]:
    """What must stay on one card: a block, or a numbered chunk of a long text."""
    if not isinstance(block, CopyableText):
        yield (block,)
        return
    chunks = list(_split_text(block.text))
    for number, chunk in enumerate(chunks, 1):
        words = _PART_LABEL.get(language).format(number=number, count=len(chunks))
        note = (Paragraph((TextRun(words),), tone="subtle"),) if len(chunks) > 1 else ()
        yield (*note, CopyableText(chunk))


def _split_text(text: str) -> Iterator[str]:
    if _compute_cost(text) <= _MAX_CHUNK_BYTES:
        yield text
        return
    chunk: list[str] = []
    cost = 0
    for piece in _split_lines(text):
        piece_cost = _compute_cost(piece)
        if chunk and cost + piece_cost > _MAX_CHUNK_BYTES:
            yield "".join(chunk)
            chunk, cost = [], 0
        chunk.append(piece)
        cost += piece_cost
    yield "".join(chunk)


def _split_lines(text: str) -> Iterator[str]:
    """The lines of `text` with their ends, halved until each fits a chunk."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    for line in lines:
        waiting = [line]
        while waiting:
            piece = waiting.pop()
            if len(piece) > 1 and _compute_cost(piece) > _MAX_CHUNK_BYTES:
                waiting += [piece[len(piece) // 2 :], piece[: len(piece) // 2]]
            elif piece:
                yield piece


def _compute_cost(text: str) -> int:
    """The bytes that `text` adds to a card: in its runs, and again in the fallback text."""
    runs = build_text_runs(text)
    return 2 * _count_utf16_bytes("".join(run["text"] for run in runs)) + _TEXT_RUN_BYTES * len(runs[1:])


def _count_utf16_bytes(value: object) -> int:
    return len(encode_json(value).decode().encode("utf-16-le"))


def _shorten_reply(reply: Reply, allowance: _Allowance) -> Reply:
    if allowance == _Allowance():
        return reply
    blocks: list[Block] = []
    shown = 0
    left_out = 0
    for block in reply.blocks:
        shown += not isinstance(block, FormField)
        if isinstance(block, FormField) or shown <= allowance.max_blocks:
            blocks.extend(_shorten_block(block, allowance, reply.language))
        else:
            left_out += 1
    if left_out:
        blocks.append(_build_note(_MORE_BLOCKS.get(reply.language).format(count=left_out)))
    return replace(reply, blocks=tuple(blocks))


def _shorten_block(block: Block, allowance: _Allowance, language: Language) -> Iterator[Block]:
    match block:
        case LogExcerpt(rows=rows):
            kept = rows[: len(rows) if len(rows) <= allowance.max_rows else int(allowance.max_rows)]
            yield LogExcerpt(
                tuple((number, _truncate_text(text, allowance.max_row_chars, language)) for number, text in kept)
            )
            if len(kept) < len(rows):
                yield _build_note(_format_more_lines(len(rows) - len(kept), language))
        case CopyableText(text=text):
            yield from _shorten_text(text, allowance.max_copyable_chars, language, block)
        case Command(text=text):
            yield from _shorten_text(text, allowance.max_command_chars, language, block)
        case Paragraph(text=text):
            yield replace(block, text=_shorten_runs(text, allowance, language))
        case FactTable(rows=facts):
            kept_facts = facts[: len(facts) if math.isinf(allowance.max_run_chars) else int(allowance.max_blocks)]
            yield FactTable(
                tuple(
                    (
                        _truncate_text(label, allowance.max_run_chars, language),
                        _shorten_runs(value, allowance, language),
                    )
                    for label, value in kept_facts
                ),
                _truncate_text(block.folded_label, allowance.max_run_chars, language),
            )
            if len(kept_facts) < len(facts):
                yield _build_note(_format_more_lines(len(facts) - len(kept_facts), language))
        case FormField():
            choices = tuple(
                (value, _truncate_text(label, allowance.max_run_chars, language)) for value, label in block.choices
            )
            value = block.value if choices else _truncate_text(block.value, allowance.max_run_chars, language)
            label, problem, hint = (
                _truncate_text(t, allowance.max_run_chars, language) for t in (block.label, block.problem, block.hint)
            )
            yield replace(block, label=label, value=value, choices=choices, problem=problem, hint=hint)
        case DurationBars(rows=bars):
            shown = bars[: len(bars) if math.isinf(allowance.max_run_chars) else int(allowance.max_blocks)]
            yield DurationBars(
                tuple(replace(bar, name=_truncate_text(bar.name, allowance.max_run_chars, language)) for bar in shown)
            )
            if len(shown) < len(bars):
                yield _build_note(_format_more_lines(len(bars) - len(shown), language))


def _shorten_text(text: str, max_chars: float, language: Language, block: Command | CopyableText) -> Iterator[Block]:
    """The first lines of a text to copy and a note; never part of a line, unless the first alone is too long."""
    if len(text) <= max_chars:
        yield block
        return
    lines = text.split("\n")
    ends = accumulate(len(line) + 1 for line in lines)
    kept = sum(1 for _ in takewhile(lambda end: end <= max_chars, ends))
    shown = "\n".join(lines[:kept]) if kept else _truncate_text(lines[0], max_chars, language)
    yield replace(block, text=shown)
    if left := len(lines) - max(kept, 1):
        yield _build_note(_format_more_lines(left, language))


def _shorten_runs(text: RichText, allowance: _Allowance, language: Language) -> RichText:
    kept = text if math.isinf(allowance.max_run_chars) else text[: int(allowance.max_blocks)]
    cut = tuple(replace(run, text=_truncate_text(run.text, allowance.max_run_chars, language)) for run in kept)
    return cut if len(kept) == len(text) else (*cut, TextRun(" …"))


def _truncate_title(label: str) -> str:
    return label if len(label) <= _MAX_TITLE_CHARS else f"{label[: _MAX_TITLE_CHARS - 1]}…"


def _truncate_text(text: str, max_chars: float, language: Language) -> str:
    if len(text) <= max_chars:
        return text
    count = f"{len(text) - int(max_chars):,}"
    shown = count.replace(",", ".") if language == "it" else count
    return text[: int(max_chars)] + _MORE_CHARACTERS.get(language).format(count=shown)


def _format_more_lines(count: int, language: Language) -> str:
    return _ONE_MORE_LINE.get(language) if count == 1 else _MORE_LINES.get(language).format(count=count)


def _build_note(text: str) -> Paragraph:
    return Paragraph((TextRun(text),), tone="subtle")
