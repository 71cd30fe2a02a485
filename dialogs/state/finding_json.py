"""What broke, as it's stored: in the keys that the first release had for what its diagnoses and steps were about.

A diagnosis has a row of two texts, `script`: an id, and a sentence for people. The first release fills it with a
script's advice, and shows the second text. Here the first text may hold all that is known of the finding, as JSON, and
how the build went. A
step of a solution names its finding, and the tool, after its entry: `script-nonzero-exit+npm-native-build@packer`. How
a step went, if the first release doesn't know it, comes last: `…!skipped`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson

from dialogs.state.json_fields import DecodeError, parse_list, parse_mapping, parse_text
from dialogs.state.value_codecs import Codec, check_mapping
from knowledge.model.diagnosis import Diagnosis

MAX_SENTENCE_CHARS = 2_000
_MAX_ID_CHARS = 120
_MAX_KNOWN_CHARS = 20_000
_ROW_KEY = "script"
_DEFAULTS = {"finding": None, "tool": "image-builder", "silent": "", "course": None}
"""The keys of a diagnosis that are stored in its row."""
_ADVICE = {"owner": "script", "retry": "after-fix"}
"""What the first release's advice was about, though it didn't say so."""
_FINDING_MARK, _TOOL_MARK, _OUTCOME_MARK = "+", "@", "!"
_KNOWN_OUTCOME = "no-help"
"""How a step went, for the first release, where it knows no word for it."""
_NEW_OUTCOMES = ("done", "skipped")

T = TypeVar("T")


def store_finding_in_row(codec: Codec[Diagnosis]) -> Codec[Diagnosis]:
    """Return the codec of a diagnosis that stores what is known of its finding in one row."""

    def encode(diagnosis: Diagnosis) -> dict[str, Any]:
        document = codec.encode(diagnosis)
        known = {key: document.pop(key) for key in _DEFAULTS}
        return {**document, _ROW_KEY: _write_row(known)}

    def decode(value: Any) -> Diagnosis:
        document = check_mapping(value)
        return codec.decode({**document, **_DEFAULTS, **_read_row(document.get(_ROW_KEY))})

    return Codec(encode, decode)


def store_solution_in_entry(codec: Codec[T]) -> Codec[T]:
    """Return the codec of a walkthrough or of a tried step that stores its finding and tool with its entry."""

    def encode(step: T) -> dict[str, Any]:
        document = codec.encode(step)
        finding, tool = document.pop("finding"), document.pop("tool")
        solution = document["entry"]
        solution += f"{_FINDING_MARK}{finding}" if finding else ""
        solution += f"{_TOOL_MARK}{tool}" if tool != _DEFAULTS["tool"] else ""
        if (outcome := document.get("outcome")) in _NEW_OUTCOMES:
            return {**document, "entry": f"{solution}{_OUTCOME_MARK}{outcome}", "outcome": _KNOWN_OUTCOME}
        return {**document, "entry": solution}

    def decode(value: Any) -> T:
        document = dict(check_mapping(value))
        solution = parse_text(document.get("entry"), 4 * _MAX_ID_CHARS)
        solution, _, outcome = solution.partition(_OUTCOME_MARK)
        if outcome in _NEW_OUTCOMES:
            document["outcome"] = outcome
        solution, _, tool = solution.partition(_TOOL_MARK)
        entry, _, finding = solution.partition(_FINDING_MARK)
        return codec.decode({**document, "entry": entry, "finding": finding, "tool": tool or _DEFAULTS["tool"]})

    return Codec(encode, decode)


def _write_row(known: Mapping[str, Any]) -> list[str] | None:
    changed = {key: value for key, value in known.items() if value != _DEFAULTS[key]}
    if "finding" not in changed:  # the first release would show advice without words
        changed.pop("course", None)
    if not changed:
        return None
    finding = dict(changed.get("finding") or {})
    sentence = finding.pop("title", "")
    if changed.keys() == {"finding"} and finding == {"id": finding.get("id", ""), **_ADVICE}:
        return [finding["id"], sentence]
    if finding:
        changed["finding"] = finding
    return [_encode(changed), sentence]


def _encode(known: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(known).decode()
    except TypeError:  # half of a surrogate pair, which orjson refuses
        return json.dumps(known, ensure_ascii=False, separators=(",", ":"))


def _decode(known: str) -> Any:
    try:
        return orjson.loads(known)
    except ValueError:  # half of a surrogate pair
        return json.loads(known)


def _read_row(row: Any) -> dict[str, Any]:
    """Return the keys that a row holds; none if another release has cut it."""
    if row is None:
        return {}
    items = parse_list(row, 3)
    if len(items) != 2:
        raise DecodeError(f"expected 2 items, found {len(items)}")
    known, sentence = parse_text(items[0], _MAX_KNOWN_CHARS), parse_text(items[1], MAX_SENTENCE_CHARS)
    if not known.startswith("{"):
        return {"finding": {"id": known[:_MAX_ID_CHARS], "title": sentence, **_ADVICE}}
    try:
        document = parse_mapping(_decode(known))
    except (ValueError, RecursionError, DecodeError):
        return {}
    if document.get("finding") is not None:
        document["finding"] = {**parse_mapping(document["finding"]), "title": sentence}
    return {key: document[key] for key in _DEFAULTS if key in document}
