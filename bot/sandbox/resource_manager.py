"""The sandbox's Resource Manager: subscriptions, resource groups, image templates, run outputs, storage accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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
from bot.sandbox.builds.scenario import TemplateSpec

_PAGE_SIZE = 8  # small, so that a client has to follow `nextLink`
_RETRY_AFTER_SECONDS = 5
_DEFAULT_LOCATION = "northeurope"
_READ_GROUP_ACTION = "Microsoft.Resources/subscriptions/resourceGroups/read"
_TAG_FILTER = re.compile(r"tagName eq '([^']*)'(?: and tagValue eq '([^']*)')?", re.IGNORECASE)
_TEMPLATE_TYPE = "microsoft.virtualmachineimages/imagetemplates"
_STORAGE_ACCOUNT_TYPE = "microsoft.storage/storageaccounts"


class FakeResourceManager:
    """Serves the resources as JSON; `base_url` is the sandbox's own address, for links to the next page."""

    def __init__(self, state: FakeAzureState, base_url: str) -> None:
        self._state = state
        self._base_url = base_url

    def build_routes(self) -> list[web.RouteDef]:
        """Build the one route for all subscriptions; aiohttp can't ignore the case of names, as Azure does."""
        return [web.get("/subscriptions{path:.*}", self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        segments = [unquote(segment) for segment in request.rel_url.raw_path.strip("/").split("/")]
        # keywords are at even positions, and a namespace follows `providers`; everything else is a name
        normalized = tuple(
            segment.lower() if index % 2 == 0 or segments[index - 1].lower() == "providers" else segment
            for index, segment in enumerate(segments)
        )
        return web.json_response(self._read_resource(request, normalized))

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
            case ("subscriptions", subscription, "providers", "microsoft.virtualmachineimages", "imagetemplates"):
                return self._paginate_templates(request, state.list_templates(subscription))
            case ("subscriptions", subscription, "providers", "microsoft.storage", "storageaccounts"):
                return self._paginate_accounts(
                    request, state.list_groups(state.find_subscription(subscription)).values()
                )
            case ("subscriptions", subscription, "resourcegroups", group, "providers", namespace, kind, *names):
                return self._read_group_resource(request, subscription, group, f"{namespace}/{kind}".lower(), names)
        raise FakeAzureError(
            404,
            "InvalidResourceType",
            f"The sandbox has no {'/'.join(segments[2:]) or 'such resource'}, only what the bot reads.",
        )

    def _read_group_resource(
        self, request: web.Request, subscription: str, group: str, resource_type: str, names: list[str]
    ) -> dict[str, Any]:
        state = self._state
        if resource_type == _STORAGE_ACCOUNT_TYPE and not names:
            owner = state.check_group(
                state.find_subscription(subscription), group, "Microsoft.Storage/storageAccounts/read"
            )
            return self._paginate_accounts(request, [owner])
        if resource_type != _TEMPLATE_TYPE or len(names) > 2:
            # Azure says first that a group is missing or can't be read, and only then that it has no such resource
            state.check_group(state.find_subscription(subscription), group, _READ_GROUP_ACTION)
            raise build_resource_not_found_error(resource_type, names[0] if names else "", group)
        if not names:
            return self._paginate_templates(request, state.list_templates(subscription, group))
        template = state.find_template(subscription, group, names[0])
        if len(names) == 2:
            if names[1].lower() != "runoutputs":
                raise build_resource_not_found_error(f"{template.name}/{names[1]}", "", group)
            outputs = build_run_outputs_json(template, state.list_runs(template), state.clock())
            return self._paginate(request, outputs)
        if state.should_throttle(template):
            raise build_throttled_error(template.subscription, _RETRY_AFTER_SECONDS)
        return self._build_template_json(template)

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

    def _build_template_json(self, template: TemplateSpec) -> dict[str, Any]:
        return build_template_json(template, self._state.list_runs(template), self._state.clock())

    def _paginate_templates(self, request: web.Request, templates: Iterable[TemplateSpec]) -> dict[str, Any]:
        return self._paginate(request, [self._build_template_json(template) for template in templates])

    def _paginate_accounts(self, request: web.Request, owners: Iterable[TemplateSpec | None]) -> dict[str, Any]:
        return self._paginate(request, [build_storage_account_json(owner, self._base_url) for owner in owners if owner])

    def _paginate(self, request: web.Request, items: Sequence[Any]) -> dict[str, Any]:
        skip_token = request.query.get("$skipToken", "0")
        if not re.fullmatch(r"[0-9]{1,6}", skip_token):
            raise FakeAzureError(400, "InvalidSkipToken", "The $skipToken does not come from the sandbox.")
        start = int(skip_token)
        page: dict[str, Any] = {"value": items[start : start + _PAGE_SIZE]}
        if start + _PAGE_SIZE < len(items):
            version = quote(request.query["api-version"])
            page["nextLink"] = f"{self._base_url}{request.path}?api-version={version}&%24skipToken={start + _PAGE_SIZE}"
        return page
