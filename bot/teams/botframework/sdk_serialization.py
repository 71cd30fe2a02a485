"""Activities past the SDK's serialiser, which looks at each of a card's thousand values, and at every field by name."""

from __future__ import annotations

from functools import cache
from typing import Any


class FrozenJson(dict[str, Any]):
    """A card that is not changed any more, so that the SDK's deep copy of its activity is the card itself."""

    def __deepcopy__(self, _: dict[int, Any]) -> FrozenJson:
        return self


def serialize_activity(activity: Any) -> dict[str, Any]:
    """`activity`, or another object of the SDK, as the JSON that the SDK would make of it.

    Values that are JSON already are taken as they are, a card above all. An object with anything else in it, such as a
    date, is left to the SDK.
    """
    names = _map_json_names(activity.__class__)
    written: dict[str, Any] = {}
    for field, value in vars(activity).items():
        if value is None or (field not in names and not value):
            continue
        if isinstance(value, str):
            value = str.__str__(value)  # of an enumeration its value
        elif isinstance(value, list):
            value = [serialize_activity(item) if hasattr(item, "_attribute_map") else item for item in value]
        elif hasattr(value, "_attribute_map"):
            value = serialize_activity(value)
        elif field not in names or not isinstance(value, int | float | dict):
            return dict(activity.serialize())
        written[names[field]] = value
    return written


@cache
def _map_json_names(model_type: type[Any]) -> dict[str, str]:
    """The name in JSON of each field of a kind of object, as the SDK lists them."""
    return {field: known["key"] for field, known in model_type._attribute_map.items()}
