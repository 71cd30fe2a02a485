"""Serialize the SDK's activities without its serializer, which visits each of a card's thousand values."""

from __future__ import annotations

from functools import cache
from typing import Any

from bot.state.json_text import EncodedJson


def serialize_activity(activity: Any) -> dict[str, Any]:
    """Return an activity, or another object of the SDK, as the JSON that the SDK would make of it.

    Values that are already JSON, above all cards, are shared. An object that holds anything else, such as a date, is
    left to the SDK.
    """
    json_names = _map_json_names(activity.__class__)
    written: dict[str, Any] = {}
    for field, value in vars(activity).items():
        if value is None or (field not in json_names and not value):
            continue
        if isinstance(value, str):
            value = str.__str__(value)  # an enumeration becomes its value
        elif isinstance(value, list):
            value = [serialize_activity(item) if hasattr(item, "_attribute_map") else item for item in value]
        elif hasattr(value, "_attribute_map"):
            value = serialize_activity(value)
        elif field not in json_names or not isinstance(value, int | float | dict | EncodedJson):
            return dict(activity.serialize())
        written[json_names[field]] = value
    return written


@cache
def _map_json_names(model_type: type[Any]) -> dict[str, str]:
    """Map each field of an SDK class to its name in JSON."""
    return {field: attributes["key"] for field, attributes in model_type._attribute_map.items()}
