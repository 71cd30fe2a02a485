"""The sandbox's Resource Manager: subscriptions, resource groups, image templates, run outputs, storage accounts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from bot.sandbox.arm_json import (
    build_resource_group_json,
    build_run_outputs_json,
    build_storage_account_json,
    build_subscription_json,
    build_template_json,
)
from bot.sandbox.azure_errors import FakeAzureError, build_resource_not_found_error, build_throttled_error
from bot.sandbox.azure_state import FakeAzureState

_PAGE_SIZE = 8
_RETRY_AFTER_SECONDS = 5  # seconds
_TAG_FILTER = re.compile(r"tagName eq '([^']*)'(?: and tagValue eq '([^']*)')?", re.IGNORECASE)
_IMAGE_BUILDER_NAMESPACE = "microsoft.virtualmachineimages"


class FakeResourceManager:
    """Answers readings; `base` is the sandbox's own address, for links that go on."""

    def __init__(self, state: FakeAzureState, base_url: str) -> None:
        self._state = state
        self._base_url = base_url

    def build_routes(self) -> list[web.RouteDef]:
        """One route for everything below subscriptions: names and types are compared without case, as Azure does."""
        return [web.get("/subscriptions{path:.*}", self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        segments = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")]
        # keywords stand at the even places, and a namespace behind `providers`; the rest are names
        keyed = tuple(
            part.lower() if place % 2 == 0 or segments[place - 1].lower() == "providers" else part
            for place, part in enumerate(segments)
        )
        return web.json_response(self._read_resource(request, keyed))

    def _read_resource(self, request: web.Request, segments: tuple[str, ...]) -> dict[str, Any]:
        world, now = self._state, self._state.clock()
        match segments:
            case ("subscriptions",):
                return self._paginate(request, [build_subscription_json(*item) for item in world.subscriptions.items()])
            case ("subscriptions", subscription):
                subscription = world.find_subscription(subscription)
                return build_subscription_json(subscription, world.subscriptions[subscription])
            case ("subscriptions", subscription, "resourcegroups"):
                return self._paginate(request, self._list_groups(request, world.find_subscription(subscription)))
            case ("subscriptions", subscription, "resourcegroups", group):
                return self._read_group(world.find_subscription(subscription), group)
            case ("subscriptions", subscription, "providers", "microsoft.virtualmachineimages", "imagetemplates"):
                found = world.list_templates(subscription)
                return self._paginate(request, [build_template_json(t, world.list_runs(t), now) for t in found])
            case ("subscriptions", subscription, "providers", "microsoft.storage", "storageaccounts"):
                owners = self._state.list_groups(self._state.find_subscription(subscription)).values()
                return self._paginate(
                    request, [build_storage_account_json(owner, self._base_url) for owner in owners if owner]
                )
            case ("subscriptions", subscription, "resourcegroups", group, "providers", namespace, kind, *rest):
                return self._read_group_resource(request, subscription, group, f"{namespace}/{kind}".lower(), rest)
        raise FakeAzureError(
            404,
            "InvalidResourceType",
            f"The sandbox shows no {'/'.join(segments[2:]) or 'such thing'}, only what a look asks for.",
        )

    def _read_group_resource(
        self, request: web.Request, subscription: str, group: str, resource_type: str, name_segments: list[str]
    ) -> dict[str, Any]:
        world, now = self._state, self._state.clock()
        if resource_type == "microsoft.storage/storageaccounts" and not name_segments:
            owner = world.check_group(
                world.find_subscription(subscription), group, "Microsoft.Storage/storageAccounts/read"
            )
            return self._paginate(request, [build_storage_account_json(owner, self._base_url)] if owner else [])
        if resource_type != f"{_IMAGE_BUILDER_NAMESPACE}/imagetemplates" or len(name_segments) > 2:
            world.check_group(
                world.find_subscription(subscription), group, "Microsoft.Resources/subscriptions/resourceGroups/read"
            )
            raise build_resource_not_found_error(resource_type, name_segments[0] if name_segments else "", group)
        if not name_segments:
            found = world.list_templates(subscription, group)
            return self._paginate(request, [build_template_json(t, world.list_runs(t), now) for t in found])
        template = world.find_template(subscription, group, name_segments[0])
        if len(name_segments) == 2 and name_segments[1].lower() == "runoutputs":
            return self._paginate(request, build_run_outputs_json(template, world.list_runs(template), now))
        if len(name_segments) == 2:
            raise build_resource_not_found_error(f"{template.name}/{name_segments[1]}", "", group)
        if world.should_throttle(template):
            raise build_throttled_error(template.subscription, _RETRY_AFTER_SECONDS)
        return build_template_json(template, world.list_runs(template), now)

    def _list_groups(self, request: web.Request, subscription: str) -> list[dict[str, Any]]:
        found = [
            build_resource_group_json(subscription, name, owner, "northeurope")
            for name, owner in self._state.list_groups(subscription).items()
        ]
        tag = _TAG_FILTER.fullmatch(request.query.get("$filter", ""))
        if tag is None:
            return found
        return [group for group in found if tag[1] in group["tags"] and tag[2] in (None, group["tags"][tag[1]])]

    def _read_group(self, subscription: str, group: str) -> dict[str, Any]:
        owner = self._state.check_group(subscription, group, "Microsoft.Resources/subscriptions/resourceGroups/read")
        name = owner.staging_group if owner else group
        return build_resource_group_json(subscription, name, owner, owner.location if owner else "northeurope")

    def _paginate(self, request: web.Request, items: Sequence[Any]) -> dict[str, Any]:
        skipped = request.query.get("$skipToken", "0")
        if not re.fullmatch(r"[0-9]{1,6}", skipped):
            raise FakeAzureError(400, "InvalidSkipToken", "The $skipToken is not one that the sandbox gave.")
        begin = int(skipped)
        answer: dict[str, Any] = {"value": items[begin : begin + _PAGE_SIZE]}
        if begin + _PAGE_SIZE < len(items):
            version = quote(request.query["api-version"])
            answer["nextLink"] = (
                f"{self._base_url}{request.path}?api-version={version}&%24skipToken={begin + _PAGE_SIZE}"
            )
        return answer
