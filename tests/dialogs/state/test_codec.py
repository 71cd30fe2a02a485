"""The codec: what type hints and layouts call for; and that releases read what each other stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest

from dialogs.model.stored import Stored
from dialogs.state.codec import Layout, build_codec
from dialogs.state.conversation_json import state_from_json, state_to_json
from dialogs.state.json_fields import DecodeError
from dialogs.state.refusal_json import REFUSAL_CODEC
from dialogs.state.ticket_json import DRAFT_CODEC, TICKET_CODEC
from dialogs.state.value_codecs import Codec

STORED = json.loads(Path(__file__).with_name("stored_by_0_1_0.json").read_text("utf-8"))
"""Values with something in every field, as release 0.1.0 stored them."""
CODECS: dict[str, Codec[Any]] = {
    "state": Codec(state_to_json, state_from_json),
    "draft": DRAFT_CODEC,
    "ticket": TICKET_CODEC,
    "refusal": REFUSAL_CODEC,
}
NAMED_BY_CONTENT = {"facts", "values", "args", "answers"}
"""Objects whose keys are part of the value."""


def find_objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document whose keys are those of a layout."""
    if isinstance(value, dict):
        yield value
        for key, item in value.items():
            if key not in NAMED_BY_CONTENT:
                yield from find_objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from find_objects(item)


ADDED_SINCE = {
    # the refusal of a ticket is of the same type as that of a lookup
    "target": "",
    "subscriptions": [],
    # what broke, and the steps that belong to it
    "finding": (None, ""),
    "tool": "image-builder",
    "silent": "",
}
"""What later releases add to what 0.1.0 stored, with the values that mean nothing; 0.1.0 ignores the keys."""
DROPPED_SINCE = ("script",)
"""What 0.1.0 reads as missing: the finding says it better."""


def remove_additions(value: Any) -> Any:
    """Return a document without the keys that only one of the releases has, if they say nothing."""
    if isinstance(value, list):
        return [remove_additions(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: item for key, item in value.items() if key not in DROPPED_SINCE}
    return {
        key: remove_additions(item)
        for key, item in kept.items()
        if key not in ADDED_SINCE or not (item == ADDED_SINCE[key] or item in (ADDED_SINCE[key] or ()))
    }


@pytest.mark.parametrize("kind", STORED)
def test_what_0_1_0_stored_is_read_and_stored_again_as_it_was(kind: str) -> None:
    """So 0.1.0 also reads what this release stores."""
    codec = CODECS[kind]
    encoded = json.loads(json.dumps(codec.encode(codec.decode(STORED[kind]))))
    assert remove_additions(encoded) == remove_additions(STORED[kind])


@pytest.mark.parametrize("kind", STORED)
def test_what_a_later_release_adds_is_ignored(kind: str) -> None:
    later = deepcopy(STORED[kind])
    objects = list(find_objects(later))
    for found in objects:
        found["added-later"] = [{"id": "x"}]
    assert len(objects) > 20 or kind != "state"
    assert CODECS[kind].decode(later) == CODECS[kind].decode(STORED[kind])


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


@dataclass(frozen=True)
class Sample:
    name: str
    kind: Annotated[Literal["a", "b"], Stored("what")] = "a"
    place: Point | None = None
    origin: Point = Point(0)
    path: tuple[Point, ...] = ()
    pair: tuple[str, bool] = ("", False)
    values: Mapping[str, str | int | None] = field(default_factory=dict)
    words: Annotated[tuple[str, ...], Stored(max_chars=3, max_items=2)] = ()
    marks: frozenset[str] = frozenset()


FULL = Sample(
    "n",
    "b",
    Point(1, 2),
    Point(3),
    (Point(4), Point(5, 6)),
    ("x", True),
    {"a": "b", "c": 7, "d": None},
    ("w",),
    frozenset("m"),
)
CODEC = build_codec(Sample)


def test_a_value_comes_back_as_it_was() -> None:
    written = CODEC.encode(FULL)
    assert written["what"] == "b"
    assert written["path"] == [{"x": 4, "y": 0}, {"x": 5, "y": 6}]
    assert CODEC.decode(json.loads(json.dumps(written))) == FULL
    assert CODEC.decode({"name": "n"}) == Sample("n"), "what an older release stored lacks what has a default"
    assert CODEC.decode({"name": "n", "origin": None}) == Sample("n")


def test_a_row_is_a_list_of_exactly_its_fields() -> None:
    codec = build_codec(Sample, {Point: Layout(is_row=True)})
    written = codec.encode(FULL)
    assert (written["place"], written["path"]) == ([1, 2], [[4, 0], [5, 6]])
    assert codec.decode(written) == FULL
    for row in ([1], [1, 2, 3], {"x": 1, "y": 2}):
        with pytest.raises(DecodeError):
            codec.decode({"name": "n", "place": row})


class Spot(NamedTuple):
    name: Annotated[str, Stored(max_chars=3)]
    point: Point | None = None


def test_a_named_tuple_can_be_a_row() -> None:
    codec = build_codec(tuple[Spot, ...], {Spot: Layout(is_row=True)})
    assert codec.encode((Spot("abc", Point(1)), Spot("d"))) == [["abc", {"x": 1, "y": 0}], ["d", None]]
    read = codec.decode([["abcd", {"x": 1}], ["d", None]])
    assert read == (Spot("abc", Point(1)), Spot("d"))
    assert [type(spot) for spot in read] == [Spot, Spot]
    for row in (["d"], ["d", None, 1], {"name": "d", "point": None}):
        with pytest.raises(DecodeError):
            codec.decode([row])


def test_a_named_tuple_is_an_object_otherwise() -> None:
    codec = build_codec(Spot)
    assert codec.encode(Spot("abc", Point(1))) == {"name": "abc", "point": {"x": 1, "y": 0}}
    assert codec.decode({"name": "d", "added-later": 1}) == Spot("d")
    with pytest.raises(DecodeError):
        codec.decode(["d", None])


def test_texts_and_collections_are_cut_and_cleaned() -> None:
    read = CODEC.decode({"name": "x" * 500 + "y", "words": ["a\x00b\ud800c", "12345", "3"]})
    assert read.name == "x" * 400
    assert read.words == ("ab", "123")


@pytest.mark.parametrize(
    "altered",
    [
        {"name": None}, {"name": 1}, {"what": "c"}, {"what": ["a"]}, {"place": []}, {"place": {"y": 1}}, {"place": {"x": True}},
        {"place": {"x": -1}}, {"place": {"x": 10**9 + 1}}, {"place": {"x": 1.5}}, {"path": {"x": 1}}, {"path": [[[[[]]]]]},
        {"pair": ["x"]}, {"pair": ["x", 1]}, {"values": []}, {"values": {"a": True}}, {"values": {"a": {}}}, {"words": "word"},
        {"words": [["w"]]}, {"origin": 3},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(altered: dict[str, Any]) -> None:
    assert CODEC.decode(CODEC.encode(FULL)) == FULL
    with pytest.raises(DecodeError):
        CODEC.decode({**CODEC.encode(FULL), **altered})


@pytest.mark.parametrize("other", [None, [], "text", 7, {}])
def test_what_is_no_such_object_is_refused(other: Any) -> None:
    with pytest.raises(DecodeError):
        CODEC.decode(other)


def test_a_layout_can_limit_what_may_be_missing_and_leave_out_defaults() -> None:
    strict = build_codec(Sample, {Sample: Layout(optional=("words",)), Point: Layout(omits_defaults=True)})
    written = strict.encode(FULL)
    assert written["path"] == [{"x": 4}, {"x": 5, "y": 6}]
    assert strict.decode({key: item for key, item in written.items() if key != "words"}).words == ()
    with pytest.raises(DecodeError, match="pair"):
        strict.decode({key: item for key, item in written.items() if key != "pair"})


def test_a_field_can_have_choices_and_a_reader_of_its_own() -> None:
    fields = {"name": Stored(choices=("n", "m")), "words": Stored(decode=lambda value: (f"read {value}",))}
    codec = build_codec(Sample, {Sample: Layout(fields)})
    assert codec.decode({"name": "n", "words": 1}) == Sample("n", words=("read 1",))
    with pytest.raises(DecodeError):
        codec.decode({"name": "o"})


def test_a_layout_for_a_field_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="Sample has no field title"):
        build_codec(Sample, {Sample: Layout({"title": Stored("n")})})
