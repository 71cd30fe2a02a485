"""The sandbox's Resource Manager: subscriptions, resource groups, image templates, run outputs, storage accounts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from aiohttp import web

from bot.sandbox.refusals import Refused, no_resource, too_many
from bot.sandbox.shapes import account_json, group_json, outputs_json, subscription_json, template_json
from bot.sandbox.world import World

_PAGE = 8
_RETRY_AFTER = 5  # seconds
_TAG = re.compile(r"tagName eq '([^']*)'(?: and tagValue eq '([^']*)')?", re.IGNORECASE)
_IMAGES = "microsoft.virtualmachineimages"


class ResourceManager:
    """Answers readings; `base` is the sandbox's own address, for links that go on."""

    def __init__(self, world: World, base: str) -> None:
        self._world = world
        self._base = base

    def routes(self) -> list[web.RouteDef]:
        """One route for everything below subscriptions: names and types are compared without case, as Azure does."""
        return [web.get("/subscriptions{path:.*}", self._read)]

    async def _read(self, request: web.Request) -> web.Response:
        segments = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")]
        # keywords stand at the even places, and a namespace behind `providers`; the rest are names
        keyed = tuple(
            part.lower() if place % 2 == 0 or segments[place - 1].lower() == "providers" else part
            for place, part in enumerate(segments)
        )
        return web.json_response(self._answer(request, keyed))

    def _answer(self, request: web.Request, segments: tuple[str, ...]) -> dict[str, Any]:
        world, now = self._world, self._world.clock()
        match segments:
            case ("subscriptions",):
                return self._page(request, [subscription_json(*item) for item in world.subscriptions.items()])
            case ("subscriptions", subscription):
                subscription = world.subscription(subscription)
                return subscription_json(subscription, world.subscriptions[subscription])
            case ("subscriptions", subscription, "resourcegroups"):
                return self._page(request, self._groups(request, world.subscription(subscription)))
            case ("subscriptions", subscription, "resourcegroups", group):
                return self._group(world.subscription(subscription), group)
            case ("subscriptions", subscription, "providers", "microsoft.virtualmachineimages", "imagetemplates"):
                found = world.templates(subscription)
                return self._page(request, [template_json(t, world.runs(t), now) for t in found])
            case ("subscriptions", subscription, "providers", "microsoft.storage", "storageaccounts"):
                owners = self._world.groups(self._world.subscription(subscription)).values()
                return self._page(request, [account_json(owner, self._base) for owner in owners if owner])
            case ("subscriptions", subscription, "resourcegroups", group, "providers", namespace, kind, *rest):
                return self._within(request, subscription, group, f"{namespace}/{kind}".lower(), rest)
        raise Refused(
            404,
            "InvalidResourceType",
            f"The sandbox shows no {'/'.join(segments[2:]) or 'such thing'}, only what a look asks for.",
        )

    def _within(
        self, request: web.Request, subscription: str, group: str, kind: str, rest: list[str]
    ) -> dict[str, Any]:
        world, now = self._world, self._world.clock()
        if kind == "microsoft.storage/storageaccounts" and not rest:
            owner = world.check_group(world.subscription(subscription), group, "Microsoft.Storage/storageAccounts/read")
            return self._page(request, [account_json(owner, self._base)] if owner else [])
        if kind != f"{_IMAGES}/imagetemplates" or len(rest) > 2:
            world.check_group(
                world.subscription(subscription), group, "Microsoft.Resources/subscriptions/resourceGroups/read"
            )
            raise no_resource(kind, rest[0] if rest else "", group)
        if not rest:
            found = world.templates(subscription, group)
            return self._page(request, [template_json(t, world.runs(t), now) for t in found])
        template = world.template(subscription, group, rest[0])
        if len(rest) == 2 and rest[1].lower() == "runoutputs":
            return self._page(request, outputs_json(template, world.runs(template), now))
        if len(rest) == 2:
            raise no_resource(f"{template.name}/{rest[1]}", "", group)
        if world.throttles(template):
            raise too_many(template.subscription, _RETRY_AFTER)
        return template_json(template, world.runs(template), now)

    def _groups(self, request: web.Request, subscription: str) -> list[dict[str, Any]]:
        found = [
            group_json(subscription, name, owner, "northeurope")
            for name, owner in self._world.groups(subscription).items()
        ]
        tag = _TAG.fullmatch(request.query.get("$filter", ""))
        if tag is None:
            return found
        return [group for group in found if tag[1] in group["tags"] and tag[2] in (None, group["tags"][tag[1]])]

    def _group(self, subscription: str, group: str) -> dict[str, Any]:
        owner = self._world.check_group(subscription, group, "Microsoft.Resources/subscriptions/resourceGroups/read")
        name = owner.staging if owner else group
        return group_json(subscription, name, owner, owner.location if owner else "northeurope")

    def _page(self, request: web.Request, items: Sequence[Any]) -> dict[str, Any]:
        skipped = request.query.get("$skipToken", "0")
        if not re.fullmatch(r"[0-9]{1,6}", skipped):
            raise Refused(400, "InvalidSkipToken", "The $skipToken is not one that the sandbox gave.")
        begin = int(skipped)
        answer: dict[str, Any] = {"value": items[begin : begin + _PAGE]}
        if begin + _PAGE < len(items):
            version = quote(request.query["api-version"])
            answer["nextLink"] = f"{self._base}{request.path}?api-version={version}&%24skipToken={begin + _PAGE}"
        return answer
