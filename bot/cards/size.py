"""Keeps a card inside what Teams takes: shortens what is only read, splits what is to be copied."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile

from bot.cards.layout import Element, layout, text_runs
from bot.state.json_text import json_bytes
from dialogs.model.reply import Bars, Block, Command, Copyable, Facts, Field, Lines, Paragraph, Reply, RichText, Run
from dialogs.replies.plain_text import plain
from knowledge.model.entry import Language, LocalText

TARGET = 25 * 1024
"""Bytes of UTF-16 that a card should stay under."""
LIMIT = 80 * 1024
"""Bytes of UTF-16 that a card never exceeds; Teams refuses a message of 100 KB."""

_CHUNK = 16 * 1024  # bytes that one chunk of a split text may add to a card, its copy in the fallback text included
_LONGEST_TITLE = 80  # characters of a button
_FIELD = 200  # characters of an input that the fallback text of a large form holds
_ROOM = 2_000  # bytes that a card gets when it is sent: whose it is, on each of its buttons
_RUN = 200  # bytes that a further TextRun takes besides its text

_MORE_LINES = LocalText(en="… {count} more lines", it="… altre {count} righe")
_ONE_MORE_LINE = LocalText(en="… 1 more line", it="… un'altra riga")
_MORE_CHARACTERS = LocalText(en=" … {count} more characters", it=" … altri {count} caratteri")
_MORE_BLOCKS = LocalText(
    en="… The rest of this message ({count} parts) is too long for a card.",
    it="… Il resto del messaggio ({count} parti) è troppo lungo per una scheda.",
)
_PART = LocalText(en="Part {number} of {count}", it="Parte {number} di {count}")


@dataclass(frozen=True, slots=True)
class _Allowance:
    """How much of each kind of block is shown: rows, characters a row, characters of a block or a run."""

    rows: float = math.inf
    row: float = math.inf
    copyable: float = math.inf
    command: float = math.inf
    run: float = math.inf
    blocks: float = math.inf


# What is only read gives way first, then what is copied, and our own sentences last of all.
_SHORTER = (
    _Allowance(),
    _Allowance(40, 600),
    _Allowance(20, 300),
    _Allowance(12, 200, 8000, 4000),
    _Allowance(8, 160, 4000, 2000),
    _Allowance(4, 120, 2000, 1000),
)
_SHORTEST = (
    _Allowance(4, 120, 2000, 1000, 4000, 60),
    _Allowance(3, 100, 500, 300, 500, 40),
    _Allowance(2, 60, 120, 120, 100, 20),
    _Allowance(1, 40, 40, 40, 40, 8),
    _Allowance(1, 16, 16, 16, 16, 2),
)


def size(card: Element) -> int:
    """The bytes that Teams counts for `card`: its JSON in UTF-16."""
    return _bytes(card)


def fitted_layout(reply: Reply) -> Element:
    """The card for `reply`, shortened with visible notes as far as its size demands. Buttons and fields always stay."""
    if any(len(button.label) > _LONGEST_TITLE for button in reply.buttons):
        reply = replace(reply, buttons=tuple(replace(button, label=_title(button.label)) for button in reply.buttons))
    smallest: Element | None = None
    for allowance in _SHORTER:
        card = _laid_out(_shortened(reply, allowance))
        if (bytes_ := size(card)) <= TARGET:
            return card
        if bytes_ <= LIMIT and smallest is None:
            smallest = card
    if smallest is not None:  # long in what can't be shortened without harm: over the target, within the limit
        return smallest
    for allowance in _SHORTEST:
        card = _laid_out(_shortened(reply, allowance))
        if size(card) <= LIMIT:
            break
    return card


def _laid_out(reply: Reply) -> Element:
    """The card for `reply`. Where it is large, the fallback text is brief: of what stands in its inputs the beginning,
    since they carry it twice already, and a client that shows no card has no use for a form.
    """
    card = layout(reply)
    if any(isinstance(block, Field | Facts) for block in reply.blocks) and size(card) > TARGET - _ROOM:
        card["fallbackText"] = plain(replace(reply, blocks=tuple(_brief(reply))))
    return card


def _brief(reply: Reply) -> Iterator[Block]:
    """What the fallback text of a large card holds: nothing that the card itself has folded."""
    before: Block | None = None
    for block in reply.blocks:
        folded = isinstance(block, Facts) and block.folded
        another_shell = isinstance(block, Command) and isinstance(before, Command)
        if isinstance(block, Field) and not block.choices:
            yield replace(block, value=_cut(block.value, _FIELD, reply.language))
        elif not folded and not another_shell:
            yield block
        before = block


def parts(reply: Reply) -> list[Reply]:
    """`reply` as one or more replies whose copyable texts fit their cards whole.

    A long text is cut at line ends where it has any, and its pieces joined are the text. Everything else keeps its
    order; a form and the buttons stand together in the last part.
    """
    texts = [block for block in reply.blocks if isinstance(block, Copyable)]
    if not texts or size(layout(reply)) <= TARGET:
        return [reply]
    form_at = next((at for at, block in enumerate(reply.blocks) if isinstance(block, Field)), len(reply.blocks))
    form = tuple(block for block in reply.blocks[form_at:] if not isinstance(block, Copyable))
    before_form = (*reply.blocks[:form_at], *(block for block in reply.blocks[form_at:] if isinstance(block, Copyable)))
    groups: list[tuple[Block, ...]] = [()]
    for unit in (*(unit for block in before_form for unit in _units(block, reply.language)), form):
        together = (*groups[-1], *unit)
        if groups[-1] and size(layout(replace(reply, blocks=together))) > TARGET:
            groups.append(unit)
        else:
            groups[-1] = together
    filled = [group for group in groups if group]
    return [replace(reply, blocks=group, buttons=()) for group in filled[:-1]] + [replace(reply, blocks=filled[-1])]


def _units(block: Block, language: Language) -> Iterator[tuple[Block, ...]]:
    """What must stay on one card: a block, or a numbered chunk of a long text."""
    if not isinstance(block, Copyable):
        yield (block,)
        return
    chunks = list(_chunks(block.text))
    for number, chunk in enumerate(chunks, 1):
        words = _PART.in_(language).format(number=number, count=len(chunks))
        note = (Paragraph((Run(words),), tone="subtle"),) if len(chunks) > 1 else ()
        yield (*note, Copyable(chunk))


def _chunks(text: str) -> Iterator[str]:
    if _cost(text) <= _CHUNK:
        yield text
        return
    chunk: list[str] = []
    cost = 0
    for piece in _pieces(text):
        piece_cost = _cost(piece)
        if chunk and cost + piece_cost > _CHUNK:
            yield "".join(chunk)
            chunk, cost = [], 0
        chunk.append(piece)
        cost += piece_cost
    yield "".join(chunk)


def _pieces(text: str) -> Iterator[str]:
    """The lines of `text` with their ends, halved until each fits a chunk."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    for line in lines:
        waiting = [line]
        while waiting:
            piece = waiting.pop()
            if len(piece) > 1 and _cost(piece) > _CHUNK:
                waiting += [piece[len(piece) // 2 :], piece[: len(piece) // 2]]
            elif piece:
                yield piece


def _cost(text: str) -> int:
    """The bytes that `text` adds to a card: in its runs, and again in the fallback text."""
    runs = text_runs(text)
    return 2 * _bytes("".join(run["text"] for run in runs)) + _RUN * len(runs[1:])


def _bytes(value: object) -> int:
    return len(json_bytes(value).decode().encode("utf-16-le"))


def _shortened(reply: Reply, allowance: _Allowance) -> Reply:
    if allowance == _Allowance():
        return reply
    blocks: list[Block] = []
    shown = 0
    left_out = 0
    for block in reply.blocks:
        shown += not isinstance(block, Field)
        if isinstance(block, Field) or shown <= allowance.blocks:
            blocks.extend(_shorter(block, allowance, reply.language))
        else:
            left_out += 1
    if left_out:
        blocks.append(_note(_MORE_BLOCKS.in_(reply.language).format(count=left_out)))
    return replace(reply, blocks=tuple(blocks))


def _shorter(block: Block, allowance: _Allowance, language: Language) -> Iterator[Block]:
    match block:
        case Lines(rows=rows):
            kept = rows[: len(rows) if len(rows) <= allowance.rows else int(allowance.rows)]
            yield Lines(tuple((number, _cut(text, allowance.row, language)) for number, text in kept))
            if len(kept) < len(rows):
                yield _note(_more_lines(len(rows) - len(kept), language))
        case Copyable(text=text):
            yield from _shorter_text(text, allowance.copyable, language, block)
        case Command(text=text):
            yield from _shorter_text(text, allowance.command, language, block)
        case Paragraph(text=text):
            yield replace(block, text=_shorter_runs(text, allowance, language))
        case Facts(rows=facts):
            kept_facts = facts[: len(facts) if math.isinf(allowance.run) else int(allowance.blocks)]
            yield Facts(
                tuple(
                    (_cut(label, allowance.run, language), _shorter_runs(value, allowance, language))
                    for label, value in kept_facts
                ),
                _cut(block.folded, allowance.run, language),
            )
            if len(kept_facts) < len(facts):
                yield _note(_more_lines(len(facts) - len(kept_facts), language))
        case Field():
            choices = tuple((value, _cut(label, allowance.run, language)) for value, label in block.choices)
            value = block.value if choices else _cut(block.value, allowance.run, language)
            label, problem, hint = (_cut(t, allowance.run, language) for t in (block.label, block.problem, block.hint))
            yield replace(block, label=label, value=value, choices=choices, problem=problem, hint=hint)
        case Bars(rows=bars):
            shown = bars[: len(bars) if math.isinf(allowance.run) else int(allowance.blocks)]
            yield Bars(tuple(replace(bar, name=_cut(bar.name, allowance.run, language)) for bar in shown))
            if len(shown) < len(bars):
                yield _note(_more_lines(len(bars) - len(shown), language))


def _shorter_text(text: str, most: float, language: Language, block: Command | Copyable) -> Iterator[Block]:
    """The first lines of a text to copy and a note; never part of a line, unless the first alone is too long."""
    if len(text) <= most:
        yield block
        return
    lines = text.split("\n")
    ends = accumulate(len(line) + 1 for line in lines)
    kept = sum(1 for _ in takewhile(lambda end: end <= most, ends))
    shown = "\n".join(lines[:kept]) if kept else _cut(lines[0], most, language)
    yield replace(block, text=shown)
    if left := len(lines) - max(kept, 1):
        yield _note(_more_lines(left, language))


def _shorter_runs(text: RichText, allowance: _Allowance, language: Language) -> RichText:
    kept = text if math.isinf(allowance.run) else text[: int(allowance.blocks)]
    cut = tuple(replace(run, text=_cut(run.text, allowance.run, language)) for run in kept)
    return cut if len(kept) == len(text) else (*cut, Run(" …"))


def _title(label: str) -> str:
    return label if len(label) <= _LONGEST_TITLE else f"{label[: _LONGEST_TITLE - 1]}…"


def _cut(text: str, most: float, language: Language) -> str:
    if len(text) <= most:
        return text
    count = f"{len(text) - int(most):,}"
    shown = count.replace(",", ".") if language == "it" else count
    return text[: int(most)] + _MORE_CHARACTERS.in_(language).format(count=shown)


def _more_lines(count: int, language: Language) -> str:
    return _ONE_MORE_LINE.in_(language) if count == 1 else _MORE_LINES.in_(language).format(count=count)


def _note(words: str) -> Paragraph:
    return Paragraph((Run(words),), tone="subtle")
