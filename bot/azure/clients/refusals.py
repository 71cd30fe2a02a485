"""Translate whatever an Azure SDK raises into a refusal that the conversation can explain."""

from __future__ import annotations

import asyncio
from typing import Literal

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from bot.azure.arm.request_policy import ForeignAddressError
from bot.azure.arm.retry_after import get_response_headers, parse_retry_after
from bot.azure.credentials.scoped_credential import NoTokenError
from bot.azure.credentials.sign_in_errors import build_token_refusal
from dialogs.model.azure import AzureRefusal, AzureRefusalReason
from dialogs.model.errors import AzureRefusedError
from knowledge.patterns import compile_pattern
from knowledge.redaction.redact import redact

AzureService = Literal["resource-manager", "storage"]

READER_ROLE = "Reader"
BLOB_READER_ROLE = "Storage Blob Data Reader"
READ_BLOBS_ACTION = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"

_MAX_MESSAGE_BYTES = 8_000
_NOT_AUTHORIZED = compile_pattern(
    r"(?:does not|doesn't) have authorization to perform action '([\w./*-]{3,200})'"
    r"(?: over scope '([\w./()%@ -]{1,600})')?"
)
_RESOURCE_MANAGER_REASONS: dict[str, AzureRefusalReason] = {
    "InvalidAuthenticationTokenTenant": "other-tenant",
    "AuthorizationFailed": "denied",
    "LinkedAuthorizationFailed": "denied",
    "MissingSubscriptionRegistration": "conflict",
}
_STORAGE_REASONS: dict[str, AzureRefusalReason] = {
    "AuthorizationPermissionMismatch": "no-data-role",
    "InsufficientAccountPermissions": "no-data-role",
    "AuthorizationFailure": "firewall",
    "AuthorizationSourceIPMismatch": "firewall",
    "KeyBasedAuthenticationNotPermitted": "keys-disabled",
    "AuthenticationFailed": "unauthorized",
    "InvalidAuthenticationInfo": "unauthorized",
    "NoAuthenticationInformation": "unauthorized",
    "ContainerNotFound": "no-log",
    "ContainerBeingDeleted": "log-gone",
    "BlobNotFound": "no-log",
    "ServerBusy": "busy",
}
_STATUS_REASONS: dict[int, AzureRefusalReason] = {
    401: "unauthorized", 403: "denied", 404: "not-found", 408: "too-slow", 409: "conflict", 429: "busy",
}  # fmt: skip


def build_refused_error(
    error: BaseException, target: str, service: AzureService = "resource-manager", scope: str = ""
) -> AzureRefusedError:
    """Build the refusal for `error`, raised while `target` (a resource id or a name) was read from `service`.

    `scope` is the resource id on which a missing data role would have to be assigned. An `AzureRefusedError` is
    returned unchanged.
    """
    if isinstance(error, AzureRefusedError):
        return error
    if (
        isinstance(error, HttpResponseError)
        and error.response is not None
        and not isinstance(error, IncompleteReadError)
    ):
        return AzureRefusedError(_build_response_refusal(error, target, service, scope))
    if isinstance(error, NoTokenError):
        return AzureRefusedError(build_token_refusal(error.cause, target))
    reason: AzureRefusalReason = "unexpected"
    if isinstance(error, ForeignAddressError):
        reason = "suspicious"
    elif isinstance(error, (asyncio.TimeoutError, ServiceRequestTimeoutError, ServiceResponseTimeoutError)):
        reason = "too-slow"
    elif isinstance(error, (ServiceRequestError, ServiceResponseError, IncompleteReadError)):
        reason = "no-network"
    elif isinstance(error, ClientAuthenticationError):
        return AzureRefusedError(build_token_refusal(error, target))
    code = type(error).__name__ if isinstance(error, AzureError) and reason == "unexpected" else ""
    return AzureRefusedError(AzureRefusal(reason, redact(target), code=code))


def _build_response_refusal(error: HttpResponseError, target: str, service: AzureService, scope: str) -> AzureRefusal:
    """Build the refusal for an error response of Resource Manager or Storage."""
    status = error.status_code or 0
    code, message = _extract_code_and_message(error)
    codes = _STORAGE_REASONS if service == "storage" else _RESOURCE_MANAGER_REASONS
    reason: AzureRefusalReason = (
        codes.get(code) or _STATUS_REASONS.get(status) or ("azure-trouble" if status >= 500 else "unexpected")
    )
    if status == 401 and "claims=" in get_response_headers(error).get("WWW-Authenticate", ""):
        reason = "conditional-access"
    action = role = ""
    if reason == "no-data-role":
        action, role = READ_BLOBS_ACTION, BLOB_READER_ROLE
    elif reason == "denied":
        match = _NOT_AUTHORIZED.search(message.encode()[:_MAX_MESSAGE_BYTES])
        action = match[1].decode() if match else ""
        scope = (match[2] or b"").decode() if match else scope
        role = READER_ROLE if action.lower().endswith("/read") else ""
    else:
        scope = ""
    is_transient = reason in ("busy", "azure-trouble")
    return AzureRefusal(
        reason,
        redact(target),
        action=redact(action),
        scope=redact(scope),
        role=role,
        code=redact(code),
        retry_after=parse_retry_after(get_response_headers(error)) if is_transient else None,
    )


def _extract_code_and_message(error: HttpResponseError) -> tuple[str, str]:
    """Return Azure's error code and message, from the body's `error` or, if there is no body, from a header."""
    odata_error = error.error
    code = getattr(error, "error_code", None) or getattr(odata_error, "code", None)
    code = code or get_response_headers(error).get("x-ms-error-code")
    code = str(getattr(code, "value", code) or "")
    message = str(getattr(odata_error, "message", None) or error.message or "")
    # the code is shown to people: anything that isn't a plain identifier is dropped
    return code[:100] if code.replace(".", "").replace("_", "").isalnum() else "", message
