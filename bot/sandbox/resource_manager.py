"""The sandbox's Resource Manager: what the bot reads, and what people read with the commands in its answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote, urlencode

from aiohttp import web

from bot.sandbox.arm_json import (
    build_resource_group_json,
    build_run_outputs_json,
    build_storage_account_json,
    build_subscription_json,
    build_template_json,
    build_triggers_json,
)
from bot.sandbox.arm_operation import build_run_operation_json, build_submission_operation_json
from bot.sandbox.azure_errors import FakeAzureError, build_resource_not_found_error, build_throttled_error
from bot.sandbox.azure_state import FakeAzureState
from bot.sandbox.builds.scenario import TemplateSpec
from bot.sandbox.cloud_metadata import build_cloud_metadata_json
from bot.sandbox.generic_resources import (
    build_generic_resource_json,
    build_provider_json,
    filter_resources,
    list_providers_json,
)
from bot.sandbox.neighbor_catalog import read_neighbors
from bot.sandbox.neighbor_resources import NeighborResources
from bot.sandbox.request_guard import METADATA_PATH
from knowledge.azure_clouds import AzureCloud

_PAGE_SIZE = 8  # small, so that a client has to follow `nextLink`
_RETRY_AFTER_SECONDS = 5
_DEFAULT_LOCATION = "northeurope"
_READ_GROUP_ACTION = "Microsoft.Resources/subscriptions/resourceGroups/read"
_TAG_FILTER = re.compile(r"tagName eq '([^']*)'(?: and tagValue eq '([^']*)')?", re.IGNORECASE)
_TEMPLATE_TYPE = "microsoft.virtualmachineimages/imagetemplates"
_STORAGE_ACCOUNT_TYPE = "microsoft.storage/storageaccounts"


class FakeResourceManager:
    """Serves the resources as JSON; `cloud` has the sandbox's own addresses."""

    def __init__(self, state: FakeAzureState, cloud: AzureCloud) -> None:
        self._state = state
        self._cloud = cloud
        self._base_url = cloud.resource_manager
        self._neighbors = NeighborResources(read_neighbors(), state)

    def build_routes(self) -> list[web.RouteDef]:
        """Build the routes: just one for all subscriptions, since aiohttp can't ignore the case of names."""
        return [web.get("/subscriptions{path:.*}", self._handle), web.get(METADATA_PATH, self._handle_metadata)]

    async def _handle_metadata(self, request: web.Request) -> web.Response:
        return web.json_response(build_cloud_metadata_json(self._cloud, request.query["api-version"]))

    async def _handle(self, request: web.Request) -> web.Response:
        segments = [unquote(segment) for segment in request.rel_url.raw_path.strip("/").split("/")]
        # keywords are at even positions, and a namespace follows `providers`; everything else is a name
        normalized = tuple(
            segment.lower() if index % 2 == 0 or segments[index - 1].lower() == "providers" else segment
            for index, segment in enumerate(segments)
        )
        resource = self._read_neighbor(request, normalized)
        if resource is None:
            resource = self._read_resource(request, normalized)
        if request.method == "HEAD" and normalized[2:3] == ("resourcegroups",) and len(normalized) == 4:
            return web.Response(status=204)  # how Resource Manager says that a group exists
        return web.json_response(resource)

    def _read_neighbor(self, request: web.Request, segments: tuple[str, ...]) -> Any | None:
        """Read what surrounds the templates; None for everything else."""
        match segments:
            case ("subscriptions", subscription, "providers", "microsoft.compute", "locations", *path):
                return self._neighbors.read_platform_image(self._state.find_subscription(subscription), path)
            case ("subscriptions", subscription, "resourcegroups", group, *path):
                return self._neighbors.read(self._state.find_subscription(subscription), group, path, request.query)
        return None

    def _read_resource(self, request: web.Request, segments: tuple[str, ...]) -> dict[str, Any]:
        state = self._state
        match segments:
            case ("subscriptions",):
                return self._paginate(request, [build_subscription_json(*item) for item in state.subscriptions.items()])
            case ("subscriptions", subscription):
                subscription = state.find_subscription(subscription)
                return build_subscription_json(subscription, state.subscriptions[subscription])
            case ("subscriptions", subscription, "resourcegroups"):
                return self._paginate(request, self._list_groups(request, state.find_subscription(subscription)))
            case ("subscriptions", subscription, "resourcegroups", group):
                return self._read_group(state.find_subscription(subscription), group)
            case ("subscriptions", subscription, "resources"):
                return self._paginate(request, self._list_resources(request, subscription))
            case ("subscriptions", subscription, "resourcegroups", group, "resources"):
                state.check_group(state.find_subscription(subscription), group, _READ_GROUP_ACTION)
                return self._paginate(request, self._list_resources(request, subscription, group))
            case ("subscriptions", subscription, "providers", *path):
                return self._read_subscription_resource(request, state.find_subscription(subscription), path)
            case ("subscriptions", subscription, "resourcegroups", group, "providers", namespace, kind, *names):
                return self._read_group_resource(request, subscription, group, f"{namespace}/{kind}".lower(), names)
        raise _build_unknown_error(segments[2:])

    def _read_subscription_resource(
        self, request: web.Request, subscription: str, path: Sequence[str]
    ) -> dict[str, Any]:
        """Read what is below `providers` of a subscription rather than of a group."""
        match path:
            case []:
                return self._paginate(request, list_providers_json(subscription))
            case [namespace]:
                return build_provider_json(subscription, namespace)
            case ["microsoft.virtualmachineimages", "imagetemplates"]:
                return self._paginate_templates(request, self._state.list_templates(subscription))
            case ["microsoft.virtualmachineimages", "locations", _, "operations", operation_id]:
                return self._read_operation(subscription, operation_id)
            case ["microsoft.storage", "storageaccounts"]:
                return self._paginate_accounts(request, self._state.list_groups(subscription).values())
        raise _build_unknown_error(path)

    def _read_group_resource(
        self, request: web.Request, subscription: str, group: str, resource_type: str, names: list[str]
    ) -> dict[str, Any]:
        state = self._state
        if resource_type == _STORAGE_ACCOUNT_TYPE and len(names) < 2:
            owner = state.check_group(
                state.find_subscription(subscription), group, "Microsoft.Storage/storageAccounts/read"
            )
            if not names:
                return self._paginate_accounts(request, [owner])
            if owner and owner.storage_account == names[0].lower():
                return build_storage_account_json(owner, self._base_url)
        if resource_type != _TEMPLATE_TYPE or len(names) > 3:
            # Azure first says that a group is missing or can't be read, and only then that it has no such resource
            state.check_group(state.find_subscription(subscription), group, _READ_GROUP_ACTION)
            raise build_resource_not_found_error(resource_type, names[0] if names else "", group)
        if not names:
            return self._paginate_templates(request, state.list_templates(subscription, group))
        template = state.find_template(subscription, group, names[0])
        if len(names) > 1:
            return self._read_child(request, template, *names[1:])
        if state.should_throttle(template):
            raise build_throttled_error(template.subscription, _RETRY_AFTER_SECONDS)
        return self._build_template_json(request, template)

    def _read_child(self, request: web.Request, template: TemplateSpec, kind: str, name: str = "") -> dict[str, Any]:
        """Read the run outputs or the triggers of a template, or the one called `name`."""
        state = self._state
        if kind.lower() == "runoutputs":
            children = build_run_outputs_json(template, state.list_runs(template), state.clock())
        elif kind.lower() == "triggers":
            children = build_triggers_json(template, state.started_at)
        else:
            raise build_resource_not_found_error(f"{template.name}/{kind}", "", template.group)
        if not name:
            return self._paginate(request, children)
        child = next((child for child in children if child["name"].lower() == name.lower()), None)
        if child is None:
            child_type = f"Microsoft.VirtualMachineImages/imageTemplates/{template.name}/{kind}"
            raise build_resource_not_found_error(child_type, name, template.group)
        return child

    def _read_operation(self, subscription: str, operation_id: str) -> dict[str, Any]:
        state = self._state
        for template in state.list_templates(subscription):
            if run := state.find_run(template, operation_id.lower()):
                return build_run_operation_json(run, state.clock())
            if template.derive_guid("submission") == operation_id.lower():
                return build_submission_operation_json(template, state.started_at)
        raise FakeAzureError(404, "NotFound", f"The operation '{operation_id}' was not found.")

    def _list_resources(self, request: web.Request, subscription: str, group: str | None = None) -> list[Any]:
        state = self._state
        owners = state.list_groups(state.find_subscription(subscription)).values()
        resources = [
            *(self._build_template_json(request, template) for template in state.list_templates(subscription)),
            *(build_storage_account_json(owner, self._base_url) for owner in owners if owner),
        ]
        selected = filter_resources(resources, request.query.get("$filter", ""))
        expand = request.query.get("$expand", "")
        return [
            build_generic_resource_json(resource, expand)
            for resource in selected
            if group is None or resource["id"].split("/")[4].lower() == group.lower()
        ]

    def _list_groups(self, request: web.Request, subscription: str) -> list[dict[str, Any]]:
        groups = [
            build_resource_group_json(subscription, name, owner, _DEFAULT_LOCATION)
            for name, owner in self._state.list_groups(subscription).items()
        ]
        tag = _TAG_FILTER.fullmatch(request.query.get("$filter", ""))
        if tag is None:
            return groups
        return [group for group in groups if tag[1] in group["tags"] and tag[2] in (None, group["tags"][tag[1]])]

    def _read_group(self, subscription: str, group: str) -> dict[str, Any]:
        owner = self._state.check_group(subscription, group, _READ_GROUP_ACTION)
        name = owner.staging_group if owner else group
        return build_resource_group_json(subscription, name, owner, owner.location if owner else _DEFAULT_LOCATION)

    def _build_template_json(self, request: web.Request, template: TemplateSpec) -> dict[str, Any]:
        runs = self._state.list_runs(template)
        return build_template_json(template, runs, self._state.clock(), request.query["api-version"])

    def _paginate_templates(self, request: web.Request, templates: Iterable[TemplateSpec]) -> dict[str, Any]:
        return self._paginate(request, [self._build_template_json(request, template) for template in templates])

    def _paginate_accounts(self, request: web.Request, owners: Iterable[TemplateSpec | None]) -> dict[str, Any]:
        return self._paginate(request, [build_storage_account_json(owner, self._base_url) for owner in owners if owner])

    def _paginate(self, request: web.Request, items: Sequence[Any]) -> dict[str, Any]:
        skip_token = request.query.get("$skipToken", "0")
        if not re.fullmatch(r"[0-9]{1,6}", skip_token):
            raise FakeAzureError(400, "InvalidSkipToken", "The $skipToken does not come from the sandbox.")
        start = int(skip_token)
        page: dict[str, Any] = {"value": items[start : start + _PAGE_SIZE]}
        if start + _PAGE_SIZE < len(items):
            # a filter holds for all pages
            query = urlencode({**request.query, "$skipToken": start + _PAGE_SIZE})
            page["nextLink"] = f"{self._base_url}{request.path}?{query}"
        return page


def _build_unknown_error(path: Sequence[str]) -> FakeAzureError:
    what = "/".join(path) or "such resource"
    return FakeAzureError(404, "InvalidResourceType", f"The sandbox has no {what}, only what the bot reads.")
