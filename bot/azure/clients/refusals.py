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

from bot.azure.arm.read_only_policy import ForeignAddress
from bot.azure.arm.retry_after import headers_of, retry_after_of
from bot.azure.credentials.scoped_credential import NoToken
from bot.azure.credentials.sign_in_errors import refusal_of_token
from dialogs.model.azure import Reason, Refusal
from dialogs.model.errors import LookRefused
from knowledge.redaction.redact import redact
from knowledge.text.patterns import compiled

Service = Literal["resource-manager", "storage"]

READER = "Reader"
BLOB_READER = "Storage Blob Data Reader"
READ_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"

_MOST_MESSAGE = 8_000
_NOT_AUTHORIZED = compiled(
    r"(?:does not|doesn't) have authorization to perform action '([\w./*-]{3,200})'"
    r"(?: over scope '([\w./()%@ -]{1,600})')?"
)
_RESOURCE_MANAGER: dict[str, Reason] = {
    "InvalidAuthenticationTokenTenant": "other-tenant",
    "AuthorizationFailed": "denied",
    "LinkedAuthorizationFailed": "denied",
    "MissingSubscriptionRegistration": "conflict",
}
_STORAGE: dict[str, Reason] = {
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
_STATUS: dict[int, Reason] = {
    401: "unauthorized", 403: "denied", 404: "not-found", 408: "too-slow", 409: "conflict", 429: "busy",
}  # fmt: skip


def refused(error: BaseException, what: str, service: Service = "resource-manager", scope: str = "") -> LookRefused:
    """The refusal behind `error`, which was met while `what` (a resource id or a name) was looked at.

    `scope`: the resource id that a missing data role would have to be given on. A `LookRefused` is returned as it is.
    """
    if isinstance(error, LookRefused):
        return error
    if (
        isinstance(error, HttpResponseError)
        and error.response is not None
        and not isinstance(error, IncompleteReadError)
    ):
        return LookRefused(_of_answer(error, what, service, scope))
    if isinstance(error, NoToken):
        return LookRefused(refusal_of_token(error.cause, what))
    reason: Reason = "unexpected"
    if isinstance(error, ForeignAddress):
        reason = "suspicious"
    elif isinstance(error, (asyncio.TimeoutError, ServiceRequestTimeoutError, ServiceResponseTimeoutError)):
        reason = "too-slow"
    elif isinstance(error, (ServiceRequestError, ServiceResponseError, IncompleteReadError)):
        reason = "no-network"
    elif isinstance(error, ClientAuthenticationError):
        return LookRefused(refusal_of_token(error, what))
    code = type(error).__name__ if isinstance(error, AzureError) and reason == "unexpected" else ""
    return LookRefused(Refusal(reason, redact(what), code=code))


def _of_answer(error: HttpResponseError, what: str, service: Service, scope: str) -> Refusal:
    """The refusal behind an answer that Resource Manager or Storage gave."""
    status = error.status_code or 0
    code, message = _code_and_message(error)
    codes = _STORAGE if service == "storage" else _RESOURCE_MANAGER
    reason: Reason = codes.get(code) or _STATUS.get(status) or ("azure-trouble" if status >= 500 else "unexpected")
    if status == 401 and "claims=" in headers_of(error).get("WWW-Authenticate", ""):
        reason = "conditional-access"
    action = role = ""
    if reason == "no-data-role":
        action, role = READ_BLOBS, BLOB_READER
    elif reason == "denied":
        found = _NOT_AUTHORIZED.search(message.encode()[:_MOST_MESSAGE])
        action = found[1].decode() if found else ""
        scope = (found[2] or b"").decode() if found else scope
        role = READER if action.lower().endswith("/read") else ""
    else:
        scope = ""
    waits = reason in ("busy", "azure-trouble")
    return Refusal(
        reason,
        redact(what),
        action=redact(action),
        scope=redact(scope),
        role=role,
        code=redact(code),
        retry_after=retry_after_of(headers_of(error)) if waits else None,
    )


def _code_and_message(error: HttpResponseError) -> tuple[str, str]:
    """Azure's error code and message: of the body's `error`, or of the header where an answer has no body."""
    said = error.error
    code = getattr(error, "error_code", None) or getattr(said, "code", None)
    code = code or headers_of(error).get("x-ms-error-code")
    code = str(getattr(code, "value", code) or "")
    message = str(getattr(said, "message", None) or error.message or "")
    return code[:100] if code.replace(".", "").replace("_", "").isalnum() else "", message
