"""Error responses with Azure's codes and wording: JSON from Resource Manager, XML and a header from Storage."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from aiohttp import web

from bot.errors import BotError
from bot.sandbox.builds.scenario import TENANT_ID

CLIENT_NAME = "newcomer@sandbox.example"
CLIENT_OBJECT_ID = "6b1d5e0c-47a2-4f39-8c60-d2f913ab7e54"


class FakeAzureError(BotError):
    """A request that Azure would refuse: HTTP status, error code, message, and additional headers."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def build_not_authorized_error(action: str, scope: str) -> FakeAzureError:
    """Build the error (403) for a caller whose roles don't include `action` at `scope`, a resource id."""
    return FakeAzureError(
        403,
        "AuthorizationFailed",
        f"The client '{CLIENT_NAME}' with object id '{CLIENT_OBJECT_ID}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials.",
    )


def build_subscription_not_found_error(subscription: str) -> FakeAzureError:
    """Build the error (404) for a subscription that doesn't exist or that the caller can't see."""
    return FakeAzureError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def build_wrong_tenant_error(tenant: str) -> FakeAzureError:
    """Build the error (401) for a subscription of `tenant`, which isn't the tenant of the caller's token."""
    return FakeAzureError(
        401,
        "InvalidAuthenticationTokenTenant",
        f"The access token is from the wrong issuer 'https://sts.windows.net/{TENANT_ID}/'. It must match the tenant "
        f"'https://sts.windows.net/{tenant}/' associated with this subscription. Please use the authority (URL) "
        f"'https://login.windows.net/{tenant}' to get the token.",
        {"WWW-Authenticate": f'Bearer authorization_uri="https://login.windows.net/{tenant}", error="invalid_token"'},
    )


def build_group_not_found_error(group: str) -> FakeAzureError:
    """Build the error (404) for a resource group that doesn't exist."""
    return FakeAzureError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def build_resource_not_found_error(resource_type: str, name: str, group: str) -> FakeAzureError:
    """Build the error (404) for a resource that isn't in its group; `resource_type` includes the namespace."""
    return FakeAzureError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def build_throttled_error(subscription: str, retry_after_seconds: int) -> FakeAzureError:
    """Build the error (429) for a subscription whose image templates are read too often."""
    return FakeAzureError(
        429,
        "SubscriptionRequestsThrottled",
        f"Number of requests for subscription '{subscription}' and operation 'GET/SUBSCRIPTIONS/RESOURCEGROUPS/"
        "PROVIDERS/MICROSOFT.VIRTUALMACHINEIMAGES/IMAGETEMPLATES' exceeded the backend storage limit. "
        f"Please try again after '{retry_after_seconds}' seconds.",
        {"Retry-After": str(retry_after_seconds)},
    )


def render_json_error(error: FakeAzureError) -> web.Response:
    """Render the error the way Resource Manager does."""
    body = json.dumps({"error": {"code": error.code, "message": error.message}})
    headers = {"x-ms-request-id": str(uuid.uuid4()), "x-ms-failure-cause": "gateway"} | error.headers
    return web.Response(text=body, status=error.status, content_type="application/json", headers=headers)


def render_xml_error(error: FakeAzureError) -> web.Response:
    """Render the error the way Storage does; a 304 has no body."""
    request_id = str(uuid.uuid4())
    headers = {"x-ms-error-code": error.code, "x-ms-request-id": request_id} | error.headers
    if error.status == 304:  # HTTP allows no body here
        return web.Response(status=304, headers=headers)
    timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    # real Storage starts its XML with a byte order mark too
    text = (
        f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}\nRequestId:{request_id}\nTime:{timestamp}</Message></Error>"
    )
    return web.Response(text=text, status=error.status, content_type="application/xml", headers=headers)
