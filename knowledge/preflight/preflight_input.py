"""Find the image templates in a file, whatever wrote it: a person, Bicep, the portal, or Azure CLI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from knowledge.model.errors import KnowledgeError
from knowledge.preflight.bicep_reader import InvalidBicepError, read_bicep
from knowledge.preflight.expressions import ExpressionScope, mark_elsewhere, read_parameter_values
from knowledge.preflight.positioned_json import JsonNode, parse_json
from knowledge.preflight.source_text import SourceText
from knowledge.template.image_template import ImageTemplate
from knowledge.template.parsing import parse_template

_TYPES = frozenset({"microsoft.virtualmachineimages/imagetemplates", "microsoft.virtualmachineimages"})
TRIGGER_TYPE = "microsoft.virtualmachineimages/imagetemplates/triggers"
DEFINITION_TYPE = "microsoft.compute/galleries/images"
_DEPLOYMENT_TYPE = "microsoft.resources/deployments"
_MAX_NESTING = 8
MAX_TEMPLATES = 50
_MAX_NEIGHBORS = 200
_HCL = re.compile(r'(?m)^[ \t]*(?:source|build|packer|variable|locals|data)\b(?:\s+"[^"\n]*"){0,2}\s*\{')
_BICEP = re.compile(r"(?m)^[ \t]*(?:param|resource|module|targetScope|var)\s+\w+")
_EMPTY: dict[str, JsonNode] = {}


class UnsuitableInputError(KnowledgeError):
    """A file has no image template that could be checked. The message says what it is instead, and what to do."""


class FileResource(NamedTuple):
    """A resource that isn't an image template: its type in lower case, its JSON path, and itself, evaluated."""

    kind: str
    path: str
    node: JsonNode


@dataclass(frozen=True)
class CheckedTemplate:
    """An image template in a file, with the values that its expressions have.

    Attributes:
        path: The JSON path of the resource, such as `$.resources[0]`.
        resource: The resource, evaluated.
        is_deployed: Whether Azure printed it: then it has been accepted once, and has fields that nobody writes.
        neighbors: The triggers and image definitions in the same file.
        is_alone: Whether the file has no other image template.
        is_bicep: Whether it's written in Bicep, so that edits of JSON don't fit.
    """

    source: SourceText
    path: str
    resource: JsonNode
    is_deployed: bool
    neighbors: tuple[FileResource, ...] = ()
    is_alone: bool = True
    is_bicep: bool = False

    @cached_property
    def parsed(self) -> ImageTemplate:
        """The template as the rest of the program reads it."""
        return parse_template(self.resource.to_plain(), self.path)

    @property
    def name(self) -> str:
        """Its name as written; "" if it's an expression, or missing."""
        node = self.resource.get("name")
        return node.text if node else ""

    @property
    def api_version(self) -> str | None:
        """Its API version; None if it's unknown, as it always is for what Azure printed."""
        node = self.resource.get("apiVersion")
        return node.text or None if node else None

    @property
    def properties(self) -> JsonNode:
        """The object with the properties, which Azure CLI flattens into the resource."""
        return self.resource.get("properties") or self.resource

    @property
    def properties_path(self) -> str:
        """The JSON path of `properties`."""
        return self.path if self.properties is self.resource else f"{self.path}.properties"


def read_checked_templates(source: SourceText, parameters: SourceText | None = None) -> list[CheckedTemplate]:
    """Read every image template in a file, with a file of parameter values if there is one.

    Raises:
        InvalidJsonError: A file isn't JSON.
        UnsuitableInputError: The file is something else.
    """
    if reason := _describe_other_language(source.text):
        raise UnsuitableInputError(reason)
    if is_bicep(source.text):
        return _read_bicep_templates(source, parameters)
    root = parse_json(source.text)
    if reason := _describe_other_json(root):
        raise UnsuitableInputError(reason)
    values = _read_parameter_file(parameters) if parameters else _EMPTY
    scope = ExpressionScope(root, values)
    found = list(islice(_find_resources(root, "$", scope, 0, ""), MAX_TEMPLATES))
    if not found:
        raise UnsuitableInputError("it has no resource of the type Microsoft.VirtualMachineImages/imageTemplates")
    neighbors, is_alone = tuple(islice(_find_neighbors(root, scope), _MAX_NEIGHBORS)), len(found) == 1
    return [CheckedTemplate(source, path, node, _is_deployed(node), neighbors, is_alone) for path, node in found]


def is_bicep(text: str) -> bool:
    """Tell whether a text is Bicep, and not JSON."""
    return text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "[") and _BICEP.search(text) is not None


def _read_bicep_templates(source: SourceText, parameters: SourceText | None) -> list[CheckedTemplate]:
    values = _read_parameter_file(parameters) if parameters else _EMPTY
    try:
        resources = read_bicep(source.text, values)
    except InvalidBicepError as error:
        raise UnsuitableInputError(str(error)) from None
    found = [
        CheckedTemplate(source, symbol, node, is_deployed=False, is_bicep=True)
        for symbol, node in resources
        if node.members["type"].text.lower() in _TYPES
    ]
    if not found:
        raise UnsuitableInputError("it has no resource of the type Microsoft.VirtualMachineImages/imageTemplates")
    return found[:MAX_TEMPLATES]


def is_parameter_file(text: str) -> bool:
    """Tell whether a text looks like a deployment's parameters, and not like its template."""
    head = text[:2000]
    return "deploymentParameters.json" in head and "deploymentTemplate.json" not in head


def _read_parameter_file(source: SourceText) -> dict[str, JsonNode]:
    values = read_parameter_values(parse_json(source.text).get("parameters"))
    if not values:
        raise UnsuitableInputError(f"{source.name} has no parameters with values")
    return {name: mark_elsewhere(node) for name, node in values.items()}


def _find_resources(
    node: JsonNode, path: str, scope: ExpressionScope, depth: int, container: str
) -> Iterator[tuple[str, JsonNode]]:
    if depth > _MAX_NESTING:
        return
    if node.items:
        for index, item in enumerate(node.items):
            yield from _find_resources(item, f"{path}[{index}]", scope, depth, container)
        return
    kind = node.get("type")
    name = kind.text.lower() if kind else ""
    if name in _TYPES or (name == "" and _has_shape_of_template(node)):
        yield path, scope.evaluate(node)
        return
    if name == _DEPLOYMENT_TYPE:
        yield from _find_nested(node, path, scope, depth)
        return
    if container == "resources" and name == "":  # resources by symbolic names
        for key, item in node.members.items():
            yield from _find_resources(item, f"{path}.{key}", scope, depth + 1, "")
        return
    for key in ("value", "resources", "properties", "template"):
        inner = node.get(key)
        if inner is not None:
            own = ExpressionScope(inner, _EMPTY) if key == "template" else scope
            yield from _find_resources(inner, f"{path}.{key}", own, depth + 1, key)


def _find_nested(node: JsonNode, path: str, scope: ExpressionScope, depth: int) -> Iterator[tuple[str, JsonNode]]:
    """Search a deployment within a deployment. Its expressions see the outer values, unless it says otherwise."""
    properties = node.get("properties")
    template = properties.get("template") if properties else None
    if properties is None or template is None:
        return
    options = properties.get("expressionEvaluationOptions")
    evaluation = options.get("scope") if options else None
    if evaluation is not None and evaluation.text.lower() == "inner":
        passed = properties.get("parameters")
        scope = ExpressionScope(template, read_parameter_values(scope.evaluate(passed) if passed else None))
    yield from _find_resources(template, f"{path}.properties.template", scope, depth + 1, "template")


def _find_neighbors(root: JsonNode, scope: ExpressionScope) -> Iterator[FileResource]:
    resources = root.get("resources") or root
    named = [(f"[{index}]", node) for index, node in enumerate(resources.items)]
    named += [(f".{key}", node) for key, node in resources.members.items()]  # by symbolic names
    for suffix, node in named:
        kind = node.get("type")
        name = kind.text.lower() if kind else ""
        if name in (TRIGGER_TYPE, DEFINITION_TYPE):
            yield FileResource(name, f"$.resources{suffix}", scope.evaluate(node))


def _has_shape_of_template(node: JsonNode) -> bool:
    properties = node.get("properties") or node
    return properties.get("source") is not None and properties.get("distribute") is not None


def _is_deployed(resource: JsonNode) -> bool:
    properties = resource.get("properties") or resource
    return resource.get("id") is not None and properties.get("provisioningState") is not None


def _describe_other_language(text: str) -> str:
    """Return what a text in another language than JSON is; "" if it may be JSON."""
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return ""
    if not text.strip():
        return "it's empty"
    if _HCL.search(text):
        return "it's a Packer template, not an image template; check it with: packer validate"
    return ""


def _describe_other_json(root: JsonNode) -> str:
    schema = root.get("$schema")
    address = schema.text.lower() if schema else ""
    view = root.get("view")
    if view is not None and view.get("kind") is not None:
        return "it's a form of the portal, not an image template"
    if "createuidefinition" in address or "uiformdefinition" in address:
        return "it's a form of the portal, not an image template"
    if "deploymentparameters" in address:
        return "it has only parameters; give it with --parameters, and the template as the file"
    if root.get("builders") is not None and root.get("resources") is None:
        return "it's a Packer template, not an image template; check it with: packer validate"
    return ""
