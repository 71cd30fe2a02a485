"""Find the image templates in a JSON document, which may be an answer, a list, a deployment template, or a paste."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from knowledge.template.image_template import ImageTemplate
from knowledge.template.parsing import MAX_ITEMS, NoTemplateError, lower_keys, parse_template, read_text
from knowledge.template.template_id import TemplateId

_TYPES = frozenset({"microsoft.virtualmachineimages", "microsoft.virtualmachineimages/imagetemplates"})
"""The second is the type; samples from 2019 left out the namespace."""
_MAX_DEPTH = 8
"""How deep resources may be nested: a deployment within a deployment."""
_CONTAINERS = ("value", "resources", "properties", "template")
"""Where resources may be: Resource Manager's lists have them in `value`, nested deployments in a template."""
_JSON_START = r"(?m)^[ \t]*[\[{]"
_MAX_STARTS = 3
"""How many places in a text to try: a command before the JSON may have braces too."""


def find_templates(document: object) -> tuple[ImageTemplate, ...]:
    """Read every template in a JSON document: a template, a list of them, or a deployment template.

    Raise `NoTemplateError` if there is none.
    """
    templates = tuple(parse_template(resource, path) for path, resource in _find_resources(document, "", 0))
    if not templates:
        raise NoTemplateError("no resource of type Microsoft.VirtualMachineImages/imageTemplates")
    return templates


def read_pasted_template(text: str) -> ImageTemplate | None:
    """Return the first template in the first JSON document of a text, None if there is none.

    A document that was truncated, or wrapped within a string, can't be read.
    """
    text = text.replace("\xa0", " ")  # the indentation of text pasted into a chat
    for start in islice(re.finditer(_JSON_START, text), _MAX_STARTS):
        try:
            document, _ = json.JSONDecoder().raw_decode(text, start.end() - 1)
        except (ValueError, RecursionError):
            continue
        for path, resource in _find_resources(document, "", 0):
            return parse_template(resource, path)
    return None


def _find_resources(value: object, path: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for index, item in enumerate(value[:MAX_ITEMS]):
            yield from _find_resources(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, Mapping):
        keys = {str(key).lower(): key for key in value}
        if _is_template({key: value[written] for key, written in keys.items()}):
            yield path, value
            return
        # resources may have symbolic names instead of being a list
        has_names = path.lower().endswith("resources")
        for name in value if has_names else [keys[key] for key in _CONTAINERS if key in keys]:
            yield from _find_resources(value[name], f"{path}.{name}".lstrip("."), depth + 1)


def _is_template(resource: Mapping[str, Any]) -> bool:
    if read_text(resource.get("type")).lower() in _TYPES or TemplateId.parse(read_text(resource.get("id"))):
        return True
    nested = resource.get("properties")
    properties = lower_keys(nested) if isinstance(nested, Mapping) else resource
    return "source" in properties and "distribute" in properties
