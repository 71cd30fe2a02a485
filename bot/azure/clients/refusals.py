"""One place that turns whatever an Azure SDK raises into a refusal that the conversation has words for."""

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

from bot.azure.arm.read_only_policy import ForeignAddressError
from bot.azure.arm.retry_after import get_response_headers, parse_retry_after
from bot.azure.credentials.scoped_credential import NoTokenError
from bot.azure.credentials.sign_in_errors import build_token_refusal
from dialogs.model.azure import AzureRefusal, AzureRefusalReason
from dialogs.model.errors import AzureRefusedError
from knowledge.redaction.redact import redact
from knowledge.text.patterns import compile_pattern

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
    """The refusal behind `error`, which was met while `what` (a resource id or a name) was looked at.

    `scope`: the resource id that a missing data role would have to be given on. A `LookRefused` is returned as it is.
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
    """The refusal behind an answer that Resource Manager or Storage gave."""
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
        found = _NOT_AUTHORIZED.search(message.encode()[:_MAX_MESSAGE_BYTES])
        action = found[1].decode() if found else ""
        scope = (found[2] or b"").decode() if found else scope
        role = READER_ROLE if action.lower().endswith("/read") else ""
    else:
        scope = ""
    waits = reason in ("busy", "azure-trouble")
    return AzureRefusal(
        reason,
        redact(target),
        action=redact(action),
        scope=redact(scope),
        role=role,
        code=redact(code),
        retry_after=parse_retry_after(get_response_headers(error)) if waits else None,
    )


def _extract_code_and_message(error: HttpResponseError) -> tuple[str, str]:
    """Azure's error code and message: of the body's `error`, or of the header where an answer has no body."""
    said = error.error
    code = getattr(error, "error_code", None) or getattr(said, "code", None)
    code = code or get_response_headers(error).get("x-ms-error-code")
    code = str(getattr(code, "value", code) or "")
    message = str(getattr(said, "message", None) or error.message or "")
    return code[:100] if code.replace(".", "").replace("_", "").isalnum() else "", message
