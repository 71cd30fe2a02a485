"""The store's rules for one turn and for one card: each returns what breaks it, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from knowledge.catalog.howtos import load_howtos
from knowledge.model.entry import Language
from tests.shipped_texts import TEXTS
from tests.store_rules.talking import Json, Turned, buttons, elements, inputs

TARGET, LIMIT = 25 * 1024, 80 * 1024  # bytes of UTF-16
MOST_BUTTONS = 6
LONGEST_LABEL = 40
LONGEST_SUMMARY = 120

SHAPES_OF_1_2 = {
    "AdaptiveCard", "RichTextBlock", "TextRun", "Container", "ColumnSet", "Column", "ActionSet",
    "Input.Text", "Input.ChoiceSet", "Action.Submit", "Action.OpenUrl", "Action.ToggleVisibility",
}  # fmt: skip
WITH_FALLBACK = {"CodeBlock"}
"""What only newer clients know; the others get its fallback."""
TONES = {"default", "emphasis", "good", "attention", "warning", "accent", "positive", "dark", "light"}
ELSEWHERE = re.compile(r"Azure portal|portale di Azure|browser")

_ENGLISH = """the and of is are with this that your you from not was were has have which when what does for to by be can
will must only where there their then than an"""
_ITALIAN = "il gli che della del di una sono è nel nella dei delle più questo questa non con per ti tuo"
FOREIGN: dict[Language, set[str]] = {"it": set(_ENGLISH.split()), "en": set(_ITALIAN.split())}
_WORD = re.compile(r"[^\W\d_]+")
_SLOT = re.compile(r"\{\w*\}|\$\{|%\(|%[sd]\b")
_LEFT_OVER = re.compile(r"\bNone\b(?! of these)|\b(?:undefined|NaN|LocalText)\b|\bRun\(")
_QUOTED = re.compile(r'"[^"]*(?:"|…)|“[^“”"]*”')
_MARKDOWN = re.compile(r"\*\*|__|`|\]\(|^#{1,6} |^[-*] |</?[a-z]+>", re.MULTILINE)
_KEYS = set(TEXTS["en"])
_PAGES = {reference.title for guide in load_howtos().by_id.values() for reference in guide.references}


def faults(turned: Turned, language: Language, most_messages: int = 1) -> list[str]:
    """What breaks a rule in a turn; nothing for a good one."""
    found = []
    if not 1 <= len(turned.messages) <= most_messages:
        found.append(f"{len(turned.messages)} messages, {most_messages} expected at most")
    if not turned.buttons and turned.cards:
        found.append("a dead end: no button")
    if len(set(map(json.dumps, turned.cards))) < len(turned.cards):
        found.append("the same card twice in a turn")
    for message in turned.messages:
        if "card" in message:
            found += _of_message(message, language)
        elif not message["text"].strip():
            found.append("an empty message")
    return found


def _of_message(message: Json, language: Language) -> Iterator[str]:
    card, summary = message["card"], message["summary"]
    if not 0 < len(summary) <= LONGEST_SUMMARY or "\n" in summary:
        yield f"a summary of {len(summary)} characters: {summary!r}"
    if not card.get("fallbackText", "").strip():
        yield "no fallbackText"
    if not any(run["text"].strip() for run in elements(card["body"]) if run.get("type") == "TextRun"):
        yield "a card without text"
    yield from _shape(card)
    yield from _colours_and_widths(card)
    yield from _buttons(card)
    yield from _labels(card)
    for text in (summary, *prose(card)):
        yield from _wording(text, language)


def _shape(card: Json) -> Iterator[str]:
    if _size(card) > LIMIT:
        yield f"{_size(card)} bytes, more than Teams takes"
    bare = json.loads(json.dumps(card), object_hook=_emptied)  # a person's own words are as long as they are
    if _size(bare) > TARGET:
        yield f"{_size(bare)} bytes without what stands in its inputs"
    if card["version"] != "1.2":
        yield f"version {card['version']}"
    for element in elements({key: value for key, value in card.items() if key != "msteams"}):
        kind = element.get("type")
        if kind == "Image" and not element.get("altText"):
            yield "a picture without alternative text"
        has_fallback = kind in WITH_FALLBACK and element.get("fallback", {}).get("type") in SHAPES_OF_1_2
        if kind is not None and kind not in SHAPES_OF_1_2 and not has_fallback:
            yield f"{kind} is not known to wrap and to show in 1.2"


def _size(card: Json) -> int:
    return len(json.dumps(card, ensure_ascii=False).encode("utf-16-le"))


def _emptied(element: Json) -> Json:
    return {**element, "value": ""} if element.get("type") == "Input.Text" else element


def _colours_and_widths(card: Json) -> Iterator[str]:
    for element in elements(card):
        data = element.get("type") is None
        for key, value in element.items() if not data else ():
            if key in ("color", "style") and value not in TONES:
                yield f"{key} {value!r} is no tone of the client's theme"
            if key in ("backgroundColor", "backgroundImage", "minHeight", "height", "pixelWidth", "pixelHeight"):
                yield f"{key} does not follow the client's width or theme"
            if key == "width" and not (isinstance(value, int) or value in ("auto", "stretch")):
                yield f"a fixed width, {value!r}"


def _buttons(card: Json) -> Iterator[str]:
    pressed = buttons(card)
    labels = [button["title"] for button in pressed]
    beside = [element["selectAction"] for element in elements(card) if "selectAction" in element]
    in_rows = [button for button in pressed if button not in beside]
    if len(in_rows) > MOST_BUTTONS:
        yield f"{len(in_rows)} buttons"
    if sum(button.get("style") == "positive" for button in pressed) > 1:
        yield "more than one primary button"
    for label in labels:
        if not 0 < len(label) <= LONGEST_LABEL:
            yield f"a label of {len(label)} characters: {label!r}"
    if len(set(labels)) < len(labels):
        yield f"two buttons with one label: {labels}"
    for action in elements(card):
        leaves = action.get("type") == "Action.OpenUrl"
        if leaves and not ELSEWHERE.search(action.get("title", "")):
            yield f"{action.get('title')!r} leaves Teams without saying so"


def _labels(card: Json) -> Iterator[str]:
    labelled = {item["id"] for item in inputs(card) if item["label"].strip()}
    for item in elements(card["body"]):
        if str(item.get("type")).startswith("Input.") and item["id"] not in labelled:
            yield f"the input {item['id']} has no label"


def prose(card: Json) -> Iterator[str]:
    """Our own words in a card: what is not monospaced, and what inputs and buttons are called."""
    for block in elements(card["body"]):
        if block.get("type") == "RichTextBlock":
            yield "".join("…" if run.get("fontType") == "monospace" else run["text"] for run in block["inlines"])
        for choice in block.get("choices", ()):
            yield choice["title"]
        if "label" in block:
            yield block["label"]
    yield from (button["title"] for button in buttons(card))


def _wording(text: str, language: Language) -> Iterator[str]:
    if text in _KEYS:
        yield f"a text's key instead of the text: {text!r}"
    if _SLOT.search(text) or _LEFT_OVER.search(text):
        yield f"something that was to be filled in: {text!r}"
    if _MARKDOWN.search(text):
        yield f"markup that is not shown as such: {text!r}"
    for page in _PAGES:  # the names of pages and what is quoted are not translated
        text = text.replace(page, "")
    text = _QUOTED.sub("", text)
    strange = {word.casefold() for word in _WORD.findall(text)} & FOREIGN[language]
    if len(strange) > 1:
        yield f"another language ({', '.join(sorted(strange))}): {text!r}"
