"""Errors as Azure words and shapes them: JSON from Resource Manager, XML and a header from Storage."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from aiohttp import web

from bot.sandbox.scenario import TENANT

CLIENT = "newcomer@sandbox.example"
OBJECT_ID = "6b1d5e0c-47a2-4f39-8c60-d2f913ab7e54"


class Refused(Exception):
    """A request that Azure would refuse: status, error code, sentence, further headers."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def not_permitted(action: str, scope: str) -> Refused:
    """A right of the control plane is missing."""
    return Refused(
        403,
        "AuthorizationFailed",
        f"The client '{CLIENT}' with object id '{OBJECT_ID}' does not have authorization to perform action '{action}' "
        f"over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials.",
    )


def no_subscription(subscription: str) -> Refused:
    """There is no such subscription, or nothing of it may be seen."""
    return Refused(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def other_tenant(tenant: str) -> Refused:
    """The subscription belongs to another tenant than the token."""
    return Refused(
        401,
        "InvalidAuthenticationTokenTenant",
        f"The access token is from the wrong issuer 'https://sts.windows.net/{TENANT}/'. It must match the tenant "
        f"'https://sts.windows.net/{tenant}/' associated with this subscription. Please use the authority (URL) "
        f"'https://login.windows.net/{tenant}' to get the token.",
        {"WWW-Authenticate": f'Bearer authorization_uri="https://login.windows.net/{tenant}", error="invalid_token"'},
    )


def no_group(group: str) -> Refused:
    """The resource group is not there."""
    return Refused(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def no_resource(kind: str, name: str, group: str) -> Refused:
    """The resource is not in its group. `kind` is its type with the provider's namespace."""
    return Refused(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def too_many(subscription: str, seconds: int) -> Refused:
    """Image templates of the subscription are read too often."""
    return Refused(
        429,
        "SubscriptionRequestsThrottled",
        f"Number of requests for subscription '{subscription}' and operation 'GET/SUBSCRIPTIONS/RESOURCEGROUPS/"
        "PROVIDERS/MICROSOFT.VIRTUALMACHINEIMAGES/IMAGETEMPLATES' exceeded the backend storage limit. "
        f"Please try again after '{seconds}' seconds.",
        {"Retry-After": str(seconds)},
    )


def as_json(refused: Refused) -> web.Response:
    """The refusal as Resource Manager answers."""
    body = json.dumps({"error": {"code": refused.code, "message": refused.message}})
    headers = {"x-ms-request-id": str(uuid.uuid4()), "x-ms-failure-cause": "gateway"} | refused.headers
    return web.Response(text=body, status=refused.status, content_type="application/json", headers=headers)


def as_xml(refused: Refused) -> web.Response:
    """The refusal as Storage answers; a 304 has no body."""
    request_id = str(uuid.uuid4())
    headers = {"x-ms-error-code": refused.code, "x-ms-request-id": request_id} | refused.headers
    if refused.status == 304:
        return web.Response(status=304, headers=headers)
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    text = (
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{escape(refused.code)}</Code>'
        f"<Message>{escape(refused.message)}\nRequestId:{request_id}\nTime:{stamp}</Message></Error>"
    )
    return web.Response(text=text, status=refused.status, content_type="application/xml", headers=headers)
